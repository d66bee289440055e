let a!: string;
const f = (x?: number, y?: string, ...rest: number[]): void => {};
function g({ a, b }: { a: string; b?: number } = { a: "x" }, [c]: [number] = [1]) {}
try { f(); } catch (e: any) {}
for (const x of [] as string[]) {}
for (let i: number = 0; i < 1; i++) {}
export default a!?.length!.toString()!;
