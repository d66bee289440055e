declare const a: string;
declare let b: number, c: string;
declare function f(): void;
declare class A { b: string }
declare enum E { A }
declare namespace N { const a: number }
declare module "x" { export const a: number }
declare module "y";
declare global { var z: number }
export declare const g: number;
export default 1;
