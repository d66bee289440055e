import type { A } from "mcp:github";
import type B from "./types";
import { type C, get_me, type D as E } from "mcp:github";
import { type F } from "anything";
import { G, H } from "elsewhere";
import { Issue, get_issue } from "mcp:github";
type I = G | H | Issue;
interface J {}
export type { A, B };
export { type C, I, get_me };
export { J };
export type * from "types";
export interface K {}
export type L = string;
export default await get_issue({ owner: "o" });
