@sealed
class A {
  @log method(@inject a: string) {}
  accessor b = 1;
}
export default A;
