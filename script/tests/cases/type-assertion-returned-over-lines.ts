function f(a: unknown) {
  return <{
    x: number
  }>a;
}
export default f({ x: 1 });
