const count = 3, names = ["a"];
{ count, names }
