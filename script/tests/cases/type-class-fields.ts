class A {
  get: string
  set?: number
  static: boolean
  async!: string
  a = 1
  private ["b"] = 2
  readonly c
  public in = 3
  declare d: string
  [key: string]: unknown
  readonly static
  e?
}
export default new A().a
