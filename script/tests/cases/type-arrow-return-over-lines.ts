export default async (
  a: number, // the first
): Promise<{
  x: number;
}> => ({ x: a });
