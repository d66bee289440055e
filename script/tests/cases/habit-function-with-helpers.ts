function helper(n: number) { return n * 2; }
async function handler(input: any) { return helper(input.n); }
