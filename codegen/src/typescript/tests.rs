//! Declarations for JavaScript skills: names, and the type of each shape.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::*;

#[test]
fn no_name_is_read_as_a_word_of_the_language() {
    let mut resolve = Resolve::default();
    let package = resolve
        .push_str(
            "x.wit",
            "package a:b;
                interface class {
                  record new-params { new: string, default: string }
                  new: func(params: new-params);
                  get: func(default: string, in: string);
                }
                world w { import class; }",
        )
        .unwrap();
    let world = resolve.select_world(&[package], None).unwrap();
    let declared = declarations(&resolve, world);
    let expected = r#"
  export interface NewParams {
    new: string;
    default: string;
  }
  const class_: {
    "new"(params: NewParams): void;
    get(default_: string, in_: string): void;
  };
  export default class_;
"#;
    assert!(declared.contains(expected), "{declared}");
}

#[test]
fn every_shape_has_its_type() {
    let mut resolve = Resolve::default();
    let package = resolve
            .push_str(
                "x.wit",
                "package a:b;
                interface types { record point { x: u64, y: option<f64> } }
                interface tools {
                  use types.{point};
                  /// What there is. */ no more
                  enum status { to-do, done }
                  variant shape { nothing, dot(point), text(string) }
                  type names = list<string>;
                  record ask-params { at-first: list<option<u8>>, raw: list<u8>, pairs: list<tuple<string, s64>>, twice: option<option<bool>> }
                  ask: func(params: ask-params) -> result<list<shape>, string>;
                  get-status: func() -> status;
                }
                world w { import tools; }",
            )
            .unwrap();
    let world = resolve.select_world(&[package], None).unwrap();
    let expected = r#"// What the skill imports, written by `mcp-host build` from the WIT beside it. Do not edit.

declare module "a:b/tools" {
  import type { Point } from "a:b/types";
  /** What there is. * / no more */
  export type Status = "to-do" | "done";
  export type Shape =
    | { tag: "nothing" }
    | { tag: "dot"; val: Point }
    | { tag: "text"; val: string };
  export type Names = string[];
  export interface AskParams {
    atFirst: (number | null)[];
    raw: Uint8Array;
    pairs: ([string, number])[];
    twice: { tag: "some"; val: boolean | null } | { tag: "none" };
  }
  const tools: {
    ask(params: AskParams): Shape[];
    getStatus(): Status;
  };
  export default tools;
}

declare module "a:b/types" {
  export interface Point {
    x: number;
    y: number | null;
  }
}
"#;
    assert_eq!(declarations(&resolve, world), expected);
}
