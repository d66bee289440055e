import { get_me } from "mcp:github";
const a = eval("get_me()");
const b = new Function("return 1")();
const c = (() => {}).constructor("return 2")();
export default a instanceof Function;
