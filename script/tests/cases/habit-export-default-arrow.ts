export default async (input: Record<string, unknown>): Promise<unknown> => input;
