const a: number = 1;
return { a, b: 2 };
