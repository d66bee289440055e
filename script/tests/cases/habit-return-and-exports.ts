export const limit = 5;
export interface Row { a: string }
if (limit > 4) return "many";
export default "few";
