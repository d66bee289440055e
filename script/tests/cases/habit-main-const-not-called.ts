const run = async (input: { a: string }) => input.a;
