export default /(a/.test("a");
