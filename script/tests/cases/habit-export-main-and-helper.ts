export function helper() { return 1; }
export async function main() { return helper(); }
