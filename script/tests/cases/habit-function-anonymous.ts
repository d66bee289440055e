async function (input: { a: number }): Promise<number> {
  return input.a;
}
