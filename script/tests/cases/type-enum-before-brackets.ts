enum A { X }[A.X]
