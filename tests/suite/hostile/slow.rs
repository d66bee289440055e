//! The texts of components that take much time for little fuel.

use super::components::{component, with_function};

/// Takes all memory that it can get, and writes to each of its pages for the first time.
pub(crate) fn first_accesses() -> Vec<u8> {
    with_function(
        "(memory 1)
         (func (export \"f\") (local $at i32)
           (loop $more
             (br_if $more (i32.ne (i32.const -1) (memory.grow (i32.const 16)))))
           (loop $write
             (i32.store (local.get $at) (i32.const 1))
             (local.set $at (i32.add (local.get $at) (i32.const 4096)))
             (br_if $write
               (i32.lt_u (local.get $at) (i32.shl (memory.size) (i32.const 16)))))
           (loop $for_ever (br $for_ever)))",
    )
}

/// Follows a chain of places through 64 MiB: nearly each load misses all caches.
pub(crate) fn cache_misses() -> Vec<u8> {
    let chain = (0..64).fold("(local.get $at)".to_owned(), |at, _| {
        format!("(i32.load {at})")
    });
    with_function(&format!(
        "(memory 1024)
         (func $place (param i32) (result i32)
           (i32.and (i32.mul (local.get 0) (i32.const 0x9e3779b1)) (i32.const 0x3fffff0)))
         (func (export \"f\") (local $at i32) (local $step i32)
           (loop $link
             (i32.store
               (call $place (local.get $step))
               (call $place (i32.add (local.get $step) (i32.const 1))))
             (local.set $step (i32.add (local.get $step) (i32.const 1)))
             (br_if $link (i32.lt_u (local.get $step) (i32.const 1000000))))
           (loop $follow (local.set $at {chain}) (br $follow)))"
    ))
}

/// Asks for memory that it does not get.
pub(crate) fn growth_in_vain() -> Vec<u8> {
    with_function(
        "(memory 1) (func (export \"f\") (loop (drop (memory.grow (i32.const 60000))) (br 0)))",
    )
}

/// Throws exceptions from deep in the stack and catches them there.
pub(crate) fn exceptions() -> Vec<u8> {
    with_function(
        "(tag $t)
         (func $throws (loop $again (block $caught (try_table (catch $t $caught) (throw $t))) (br $again)))
         (func $after)
         (func $deep (param i32)
           (if (i32.eqz (local.get 0)) (then (call $throws)))
           (call $deep (i32.sub (local.get 0) (i32.const 1)))
           (call $after))
         (func (export \"f\") (call $deep (i32.const 5000)))",
    )
}

/// Two inner components, one of which passes a text of 16 MB to the other one without end.
pub(crate) fn strings_between_inner_components() -> Vec<u8> {
    component(
        "(component
           (component $takes
             (core module $m
               (memory (export \"memory\") 256)
               (func (export \"realloc\") (param i32 i32 i32 i32) (result i32) (i32.const 0))
               (func (export \"take\") (param i32 i32)))
             (core instance $i (instantiate $m))
             (func (export \"take\") (param \"text\" string)
               (canon lift (core func $i \"take\") (memory (core memory $i \"memory\"))
                 (realloc (core func $i \"realloc\")))))
           (component $gives
             (import \"take\" (func $take (param \"text\" string)))
             (core module $libc (memory (export \"memory\") 256))
             (core instance $libc (instantiate $libc))
             (core func $take (canon lower (func $take) (memory (core memory $libc \"memory\"))))
             (core module $m
               (import \"\" \"take\" (func $take (param i32 i32)))
               (func (export \"f\") (loop (call $take (i32.const 0) (i32.const 16000000)) (br 0))))
             (core instance $i (instantiate $m (with \"\" (instance (export \"take\" (func $take))))))
             (func (export \"f\") (canon lift (core func $i \"f\"))))
           (instance $takes (instantiate $takes))
           (instance $gives (instantiate $gives (with \"take\" (func $takes \"take\"))))
           (export \"f\" (func $gives \"f\")))",
    )
}

/// Logs a text of 4 MB without end.
pub(crate) fn long_log_lines() -> Vec<u8> {
    component(
        "(component
           (import \"mcp:tools/log@0.1.0\" (instance $log
             (type $cases (enum \"trace\" \"debug\" \"info\" \"warn\" \"error\"))
             (export \"level\" (type $level (eq $cases)))
             (export \"log\" (func (param \"level\" $level) (param \"message\" string)
               (param \"fields\" (list (tuple string string)))))))
           (core module $libc (memory (export \"memory\") 64))
           (core instance $libc (instantiate $libc))
           (core func $log (canon lower (func $log \"log\") (memory (core memory $libc \"memory\"))))
           (core module $m
             (import \"\" \"log\" (func $log (param i32 i32 i32 i32 i32)))
             (func (export \"f\")
               (loop
                 (call $log (i32.const 0) (i32.const 0) (i32.const 4000000) (i32.const 0) (i32.const 0))
                 (br 0))))
           (core instance $i (instantiate $m (with \"\" (instance (export \"log\" (func $log))))))
           (func (export \"f\") (canon lift (core func $i \"f\"))))",
    )
}
