const count = 3;
{ total: count }
