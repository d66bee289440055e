namespace Types { export interface A {} export type B = string; }
declare namespace Other { const x: number; }
export default 1;
