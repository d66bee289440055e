namespace Counter { export let n = 0; export function up() { n++; } }
export default Counter.n;
