//! Components that make the host hold memory for waiting calls: streams, stacks, results of other skills.

use std::fmt::Write as _;

/// One inner component sends another a list of so many flags of 26, in a stream or a future.
pub(crate) fn sends(kind: &str, count: u32) -> Vec<u8> {
    let flags: Vec<_> = ('a'..='z').map(|letter| format!("\"{letter}\"")).collect();
    let flags = flags.join(" ");
    let (pages, amount) = (
        count / 16_384 + 2,
        if kind == "stream" {
            "(i32.const 1)"
        } else {
            ""
        },
    );
    let length = if kind == "stream" { "i32" } else { "" };
    parsed(&format!(
        r#"(component
          (component $reader
            (type $f' (flags {flags})) (export $f "f" (type $f')) (type $l (list $f)) (type $t ({kind} $l))
            (core module $heap (memory (export "memory") 1)
              (func (export "realloc") (param i32 i32 i32 i32) (result i32)
                (if (i32.gt_u (local.get 3) (i32.const 60000)) (then (loop (br 0)))) (i32.const 1024)))
            (core instance $heap (instantiate $heap))
            (core func $return (canon task.return))
            (core func $set (canon waitable-set.new))
            (core func $read (canon {kind}.read $t async
              (memory (core memory $heap "memory")) (realloc (core func $heap "realloc"))))
            (core module $m
              (import "" "return" (func $return)) (import "" "set" (func $set (result i32)))
              (import "" "read" (func $read (param i32 i32 {length}) (result i32)))
              (func (export "take") (param i32) (result i32)
                (drop (call $read (local.get 0) (i32.const 0) {amount})) (call $return)
                (i32.or (i32.const 2) (i32.shl (call $set) (i32.const 4))))
              (func (export "back") (param i32 i32 i32) (result i32) unreachable))
            (core instance $i (instantiate $m (with "" (instance (export "return" (func $return))
              (export "set" (func $set)) (export "read" (func $read))))))
            (func (export "take") async (param "s" $t)
              (canon lift (core func $i "take") async (callback (core func $i "back")))))
          (instance $r (instantiate $reader))
          (alias export $r "f" (type $flags))
          (component $writer
            (import "f" (type $f (eq $flags))) (type $l (list $f)) (type $t ({kind} $l))
            (import "take" (func $taken async (param "s" $t)))
            (core module $heap (memory (export "memory") {pages}))
            (core instance $heap (instantiate $heap))
            (core func $new (canon {kind}.new $t))
            (core func $take (canon lower (func $taken) async))
            (core func $write (canon {kind}.write $t async (memory (core memory $heap "memory"))))
            (core module $m
              (import "" "memory" (memory 1)) (import "" "new" (func $new (result i64)))
              (import "" "take" (func $take (param i32) (result i32)))
              (import "" "write" (func $write (param i32 i32 {length}) (result i32)))
              (func (export "f") (local i64)
                (memory.fill (i32.const 65536) (i32.const 255) (i32.const {}))
                (i32.store (i32.const 0) (i32.const 65536)) (i32.store (i32.const 4) (i32.const {count}))
                (local.set 0 (call $new))
                (drop (call $take (i32.wrap_i64 (local.get 0))))
                (drop (call $write
                  (i32.wrap_i64 (i64.shr_u (local.get 0) (i64.const 32))) (i32.const 0) {amount}))))
            (core instance $i (instantiate $m (with "" (instance (export "memory" (memory $heap "memory"))
              (export "new" (func $new)) (export "take" (func $take)) (export "write" (func $write))))))
            (func (export "f") async (canon lift (core func $i "f"))))
          (instance $w (instantiate $writer (with "f" (type $flags)) (with "take" (func $r "take"))))
          (export "f" (func $w "f")))"#,
        4 * count
    ))
}

/// So many inner components, each of which recurses this deep and then waits without end, while `f` computes.
pub(crate) fn stacks(count: usize, depth: u32) -> Vec<u8> {
    let mut each = [const { String::new() }; 6];
    for n in 0..count {
        let _ = write!(
            each[0],
            "(import \"g{n}\" (func $g{n} async)) (core func $c{n} (canon lower (func $g{n}) async))"
        );
        let _ = write!(each[1], "(import \"\" \"g{n}\" (func $g{n} (result i32)))");
        let _ = write!(each[2], "(drop (call $g{n}))");
        let _ = write!(each[3], "(export \"g{n}\" (func $c{n}))");
        let _ = write!(
            each[4],
            "(instance $in{n} (instantiate $inner (with \"wait\" (func $w \"go\"))))"
        );
        let _ = write!(each[5], "(with \"g{n}\" (func $in{n} \"go\"))");
    }
    let [imports, functions, calls, given, instances, with] = each;
    parsed(&format!(
        r#"(component
          (component $waits
            (core func $set (canon waitable-set.new))
            (core module $m
              (import "" "set" (func $set (result i32))) (global $made (mut i32) (i32.const 0))
              (func (export "go") (result i32)
                (if (i32.eqz (global.get $made)) (then (global.set $made (call $set))))
                (i32.or (i32.const 2) (i32.shl (global.get $made) (i32.const 4))))
              (func (export "back") (param i32 i32 i32) (result i32) unreachable))
            (core instance $i (instantiate $m (with "" (instance (export "set" (func $set))))))
            (func (export "go") async (canon lift (core func $i "go") async (callback (core func $i "back")))))
          (component $inner
            (import "wait" (func $wait async))
            (core func $wait (canon lower (func $wait))) (core func $return (canon task.return))
            (core module $m
              (import "" "wait" (func $wait)) (import "" "return" (func $return))
              (func $deep (param i32) (result i32)
                (if (i32.eqz (local.get 0)) (then (call $wait) (return (i32.const 1))))
                (i32.add (local.get 0) (call $deep (i32.sub (local.get 0) (i32.const 1)))))
              (func (export "go") (result i32)
                (drop (call $deep (i32.const {depth}))) (call $return) (i32.const 0))
              (func (export "back") (param i32 i32 i32) (result i32) unreachable))
            (core instance $i (instantiate $m (with "" (instance
              (export "wait" (func $wait)) (export "return" (func $return))))))
            (func (export "go") async (canon lift (core func $i "go") async (callback (core func $i "back")))))
          (component $outer
            {imports}
            (core module $m {functions} (func (export "f") {calls} (loop (br 0))))
            (core instance $i (instantiate $m (with "" (instance {given}))))
            (func (export "f") async (canon lift (core func $i "f"))))
          (instance $w (instantiate $waits))
          {instances}
          (instance $o (instantiate $outer {with}))
          (export "f" (func $o "f")))"#
    ))
}

/// Starts so many calls of [`gives`], and computes while their results come.
pub(crate) fn asks_and_computes(calls: u32) -> Vec<u8> {
    parsed(&format!(
        r#"(component
          (import "test:parts/bytes@1.0.0" (instance $b (export "give" (func async (result (list u8))))))
          (core module $heap (memory (export "memory") 1)
            (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable))
          (core instance $heap (instantiate $heap))
          (core func $give (canon lower (func $b "give") async
            (memory (core memory $heap "memory")) (realloc (core func $heap "realloc"))))
          (core module $m (import "" "give" (func $give (param i32) (result i32)))
            (func (export "f") (local i32)
              (loop (drop (call $give (i32.const 0)))
                (br_if 0 (i32.lt_u
                  (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const {calls}))))
              (loop (br 0))))
          (core instance $i (instantiate $m (with "" (instance (export "give" (func $give))))))
          (func (export "f") async (canon lift (core func $i "f"))))"#
    ))
}

/// Gives so many bytes, each of which is a value of its own in the host.
pub(crate) fn gives(bytes: u32) -> Vec<u8> {
    let pages = bytes / 65_536 + 2;
    parsed(&format!(
        r#"(component
          (core module $m (memory (export "memory") {pages})
            (func (export "give") (result i32)
              (i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const {bytes}))
              (i32.const 0)))
          (core instance $i (instantiate $m))
          (func $give async (result (list u8)) (canon lift (core func $i "give") (memory (core memory $i "memory"))))
          (instance $b (export "give" (func $give)))
          (export "test:parts/bytes@1.0.0" (instance $b)))"#
    ))
}

/// Calls [`computes`].
pub(crate) fn calls() -> Vec<u8> {
    parsed(
        r#"(component
          (import "test:parts/x@1.0.0" (instance $x (export "f" (func))))
          (core func $f (canon lower (func $x "f")))
          (core module $m (import "" "f" (func $f)) (func (export "f") (call $f)))
          (core instance $i (instantiate $m (with "" (instance (export "f" (func $f))))))
          (func (export "f") (canon lift (core func $i "f"))))"#,
    )
}

/// Computes without end.
pub(crate) fn computes() -> Vec<u8> {
    parsed(
        r#"(component
          (core module $m (func (export "f") (loop (br 0))))
          (core instance $i (instantiate $m))
          (func $f (canon lift (core func $i "f")))
          (instance $e (export "f" (func $f)))
          (export "test:parts/x@1.0.0" (instance $e)))"#,
    )
}

/// Provides interface `p{at}`, and imports all from `p{at + 1}` to `p{count - 1}`.
pub(crate) fn one_of_a_chain(at: usize, count: usize) -> Vec<u8> {
    let mut imports = String::new();
    for later in at + 1..count {
        let _ = write!(
            imports,
            "(import \"test:parts/p{later}@1.0.0\" (instance (export \"f\" (func))))"
        );
    }
    parsed(&format!(
        "(component
          {imports}
          (core module $m (func (export \"f\")))
          (core instance $i (instantiate $m))
          (func $f (canon lift (core func $i \"f\")))
          (instance $e (export \"f\" (func $f)))
          (export \"test:parts/p{at}@1.0.0\" (instance $e)))"
    ))
}

/// Calls one inner component from another, again and again, without waiting. Each call has returned when it begins.
pub(crate) fn calls_that_return_at_once() -> Vec<u8> {
    parsed(
        r#"(component
          (component $callee
            (core func $return (canon task.return))
            (core module $m (import "" "return" (func $return))
              (func (export "go") (result i32) (call $return) (i32.const 0))
              (func (export "back") (param i32 i32 i32) (result i32) unreachable))
            (core instance $i (instantiate $m (with "" (instance (export "return" (func $return))))))
            (func (export "go") async (canon lift (core func $i "go") async (callback (core func $i "back")))))
          (component $caller
            (import "go" (func $go async))
            (core func $go (canon lower (func $go) async))
            (core module $m (import "" "go" (func $go (result i32)))
              (func (export "f") (loop (drop (call $go)) (br 0))))
            (core instance $i (instantiate $m (with "" (instance (export "go" (func $go))))))
            (func (export "f") async (canon lift (core func $i "f"))))
          (instance $callee (instantiate $callee))
          (instance $caller (instantiate $caller (with "go" (func $callee "go"))))
          (export "f" (func $caller "f")))"#,
    )
}

/// Begins calls of [`yields`] by the steps in `f`: `$t` is a place for a call.
pub(crate) fn begins_calls(f: &str) -> Vec<u8> {
    parsed(&format!(
        r#"(component
          (import "test:parts/x@1.0.0" (instance $x (export "f" (func async))))
          (core func $call (canon lower (func $x "f") async))
          (core func $cancel (canon subtask.cancel)) (core func $drop (canon subtask.drop))
          (core func $yield (canon thread.yield))
          (core module $m
            (import "" "call" (func $call (result i32))) (import "" "cancel" (func $cancel (param i32) (result i32)))
            (import "" "drop" (func $drop (param i32))) (import "" "yield" (func $yield (result i32)))
            (func $begin (result i32) (i32.shr_u (call $call) (i32.const 4)))
            (func $end (param i32) (drop (call $cancel (local.get 0))) (call $drop (local.get 0)))
            (func $wait (drop (call $yield)) (drop (call $yield)))
            (func (export "f") (local $t i32) {f}))
          (core instance $i (instantiate $m (with "" (instance (export "call" (func $call))
            (export "cancel" (func $cancel)) (export "drop" (func $drop)) (export "yield" (func $yield))))))
          (func (export "f") async (canon lift (core func $i "f"))))"#
    ))
}

/// Cancels each call of a linked skill as soon as it has made it.
pub(crate) fn cancels_calls() -> Vec<u8> {
    begins_calls("(loop (call $end (call $begin)) (br 0))")
}

/// The same once: a run with a linked skill that does nothing else.
pub(crate) fn cancels_one_call() -> Vec<u8> {
    begins_calls("(call $end (call $begin))")
}

/// Yields without end.
pub(crate) fn yields() -> Vec<u8> {
    parsed(
        r#"(component
          (core module $m (func (export "f") (result i32) (i32.const 1))
            (func (export "back") (param i32 i32 i32) (result i32) (i32.const 1)))
          (core instance $i (instantiate $m))
          (func $f async (canon lift (core func $i "f") async (callback (core func $i "back"))))
          (instance $e (export "f" (func $f)))
          (export "test:parts/x@1.0.0" (instance $e)))"#,
    )
}

fn parsed(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}
