import { get_issue } from "mcp:github";

export function load(id: number): Promise<unknown>;
export function load(id: string): Promise<unknown>;
export function load(id: number | string): Promise<unknown> {
  return get_issue({ number: Number(id) });
}

export default load(1);
