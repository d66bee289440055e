function f() { return await g(); }
export default f();
