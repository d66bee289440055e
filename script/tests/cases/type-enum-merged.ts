enum A { X }
enum A { Y = 5 }
export default [A.X, A.Y];
