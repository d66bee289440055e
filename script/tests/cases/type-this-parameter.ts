function a(this: Window, b: number) {}
function c(this: Window) {}
const d = { e(this: any, /* kept? */ b: string) {} };
export default 1;
