//! The texts of hostile components: for tests that run them through the library, and for the resource harness, which
//! runs them through the program.

/// The component of this text.
pub(crate) fn component(wat: &str) -> Vec<u8> {
    wat::parse_str(wat).unwrap()
}

/// A component that exports `f`, a function of one core module. `module` may use `(memory $m ...)` of its own.
pub(crate) fn with_function(module: &str) -> Vec<u8> {
    component(&format!(
        "(component
            (core module $m {module})
            (core instance $i (instantiate $m))
            (func (export \"f\") (canon lift (core func $i \"f\"))))"
    ))
}

/// Does nothing.
pub(crate) fn nothing() -> Vec<u8> {
    with_function("(func (export \"f\"))")
}

/// Computes without end.
pub(crate) fn spins() -> Vec<u8> {
    with_function("(func (export \"f\") (loop (br 0)))")
}

/// Moves 64 times 64 MiB with this instruction.
pub(crate) fn moves(bulk: &str) -> Vec<u8> {
    with_function(&format!(
        "(memory 2048)
         (func (export \"f\") (local i32)
           (loop {bulk}
             (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 64)))))"
    ))
}

pub(crate) const FILL: &str = "(memory.fill (i32.const 0) (i32.const 7) (i32.const 0x4000000))";
pub(crate) const COPY: &str =
    "(memory.copy (i32.const 0) (i32.const 0x4000000) (i32.const 0x4000000))";

pub(crate) fn recurses() -> Vec<u8> {
    with_function("(func $f (export \"f\") (param) (local i64 i64 i64 i64) (call $f) (call $f))")
}

/// Takes all memory that it can get, touches it, and spins.
pub(crate) fn takes_memory() -> Vec<u8> {
    with_function(
        "(memory 1)
         (func (export \"f\")
           (loop (br_if 0 (i32.ne (i32.const -1) (memory.grow (i32.const 16)))))
           (memory.fill (i32.const 0) (i32.const 7) (i32.mul (memory.size) (i32.const 0x10000)))
           (loop (br 0)))",
    )
}

/// The same with a table.
pub(crate) fn takes_tables() -> Vec<u8> {
    with_function(
        "(table $t 1 funcref)
         (func $f (export \"f\")
           (loop (br_if 0 (i32.ne (i32.const -1) (table.grow $t (ref.func $f) (i32.const 10000)))))
           (loop (br 0)))
         (elem declare func $f)",
    )
}

/// Grows a table until it is refused, and traps.
pub(crate) fn grows_a_table() -> Vec<u8> {
    with_function(
        "(table $t 1 funcref)
         (func (export \"f\")
           (loop (br_if 0 (i32.ne (i32.const -1) (table.grow $t (ref.null func) (i32.const 1000)))))
           (unreachable))",
    )
}

/// Sixty instances of a module of these contents.
pub(crate) fn instances(contents: &str) -> Vec<u8> {
    let instances = "(core instance (instantiate $bomb))".repeat(60);
    component(&format!(
        "(component
            (core module $bomb {contents})
            {instances}
            (core module $m (func (export \"f\")))
            (core instance $i (instantiate $m))
            (func (export \"f\") (canon lift (core func $i \"f\"))))"
    ))
}

/// Makes this many of what `canon` makes, and keeps them.
pub(crate) fn makes(
    kind: &str,
    canon: &str,
    signature: &str,
    argument: &str,
    count: u32,
) -> Vec<u8> {
    component(&format!(
        "(component
            (type $t {kind})
            (core func $new (canon {canon} $t))
            (core module $m
              (import \"\" \"new\" (func $new {signature}))
              (func (export \"f\") (local i32)
                (loop
                  (drop (call $new {argument}))
                  (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const {count}))))))
            (core instance $i (instantiate $m (with \"\" (instance (export \"new\" (func $new))))))
            (func (export \"f\") (canon lift (core func $i \"f\"))))"
    ))
}

/// Makes this many handles of a resource.
pub(crate) fn handles(count: u32) -> Vec<u8> {
    makes(
        "(resource (rep i32))",
        "resource.new",
        "(param i32) (result i32)",
        "(i32.const 1)",
        count,
    )
}

/// Makes this many streams or futures.
pub(crate) fn streams(kind: &str, count: u32) -> Vec<u8> {
    let (ty, canon) = (format!("({kind} u8)"), format!("{kind}.new"));
    makes(&ty, &canon, "(result i64)", "", count)
}

/// Calls `log` once with a message and fields of these places in its memory.
pub(crate) fn logs(pages: u32, prepare: &str, message: (u32, u32), fields: (u32, u32)) -> Vec<u8> {
    component(&format!(
        "(component
            (import \"mcp:tools/log@0.1.0\" (instance $log
              (type $l (enum \"trace\" \"debug\" \"info\" \"warn\" \"error\"))
              (export \"level\" (type $level (eq $l)))
              (export \"log\" (func
                (param \"level\" $level) (param \"message\" string)
                (param \"fields\" (list (tuple string string)))))))
            (core module $memory (memory (export \"memory\") {pages}))
            (core instance $memory (instantiate $memory))
            (core func $log (canon lower (func $log \"log\") (memory (core memory $memory \"memory\"))))
            (core module $m
              (import \"\" \"log\" (func $log (param i32 i32 i32 i32 i32)))
              (import \"\" \"memory\" (memory {pages}))
              (func (export \"f\")
                {prepare}
                (call $log (i32.const 2)
                  (i32.const {}) (i32.const {}) (i32.const {}) (i32.const {}))))
            (core instance $i (instantiate $m (with \"\" (instance
              (export \"log\" (func $log))
              (export \"memory\" (memory $memory \"memory\"))))))
            (func (export \"f\") (canon lift (core func $i \"f\"))))",
        message.0, message.1, fields.0, fields.1
    ))
}

/// Returns a string of this many brackets and no end.
pub(crate) fn returns_brackets(pages: u32, brackets: u32) -> Vec<u8> {
    component(&format!(
        "(component
            (core module $m
              (memory (export \"memory\") {pages})
              (func (export \"realloc\") (param i32 i32 i32 i32) (result i32) (i32.const 0x20000))
              (func (export \"f\") (result i32)
                (memory.fill (i32.const 16) (i32.const 0x5b) (i32.const {brackets}))
                (i32.store (i32.const 0) (i32.const 16))
                (i32.store (i32.const 4) (i32.const {brackets}))
                (i32.const 0)))
            (core instance $i (instantiate $m))
            (func (export \"f\") (result string)
              (canon lift (core func $i \"f\") (memory (core memory $i \"memory\")) (realloc (core func $i \"realloc\")))))"
    ))
}

/// Returns a list of this many small records, of which the guest has one byte each.
pub(crate) fn returns_records(records: u32) -> Vec<u8> {
    let pages = records / 0x10000 + 2;
    component(&format!(
        "(component
            (type $r' (record (field \"first\" bool)))
            (export $r \"record\" (type $r'))
            (core module $m
              (memory (export \"memory\") {pages})
              (func (export \"realloc\") (param i32 i32 i32 i32) (result i32) (unreachable))
              (func (export \"f\") (result i32)
                (i32.store (i32.const 0) (i32.const 16))
                (i32.store (i32.const 4) (i32.const {records}))
                (i32.const 0)))
            (core instance $i (instantiate $m))
            (func (export \"f\") (result (list $r))
              (canon lift (core func $i \"f\") (memory (core memory $i \"memory\")) (realloc (core func $i \"realloc\")))))"
    ))
}

/// Returns a list of this many sets of 32 flags, all of them set: four bytes each in the guest.
pub(crate) fn returns_flags(sets: u32) -> Vec<u8> {
    let pages = sets / 0x4000 + 2;
    let names: String = (0..32).map(|name| format!(" \"f{name}\"")).collect();
    component(&format!(
        "(component
            (type $f' (flags{names}))
            (export $f \"many\" (type $f'))
            (core module $m
              (memory (export \"memory\") {pages})
              (func (export \"realloc\") (param i32 i32 i32 i32) (result i32) (unreachable))
              (func (export \"f\") (result i32)
                (memory.fill (i32.const 16) (i32.const 0xff) (i32.mul (i32.const {sets}) (i32.const 4)))
                (i32.store (i32.const 0) (i32.const 16))
                (i32.store (i32.const 4) (i32.const {sets}))
                (i32.const 0)))
            (core instance $i (instantiate $m))
            (func (export \"f\") (result (list $f))
              (canon lift (core func $i \"f\") (memory (core memory $i \"memory\")) (realloc (core func $i \"realloc\")))))"
    ))
}

/// Asks for this many random bytes at once, in a loop.
pub(crate) fn asks_for_random(bytes: u32) -> Vec<u8> {
    component(&format!(
        "(component
            (import \"wasi:random/random@0.2.0\" (instance $random
              (export \"get-random-bytes\" (func (param \"len\" u64) (result (list u8))))))
            (core module $memory {MEMORY})
            (core instance $memory (instantiate $memory))
            (core func $get (canon lower (func $random \"get-random-bytes\")
              (memory (core memory $memory \"memory\")) (realloc (core func $memory \"realloc\"))))
            (core module $m
              (import \"\" \"get\" (func $get (param i64 i32)))
              (func (export \"f\") (loop (call $get (i64.const {bytes}) (i32.const 0)) (br 0))))
            (core instance $i (instantiate $m (with \"\" (instance (export \"get\" (func $get))))))
            (func (export \"f\") (canon lift (core func $i \"f\"))))"
    ))
}

/// A memory with a `realloc` that takes more pages for each call, and never gives one back.
const MEMORY: &str = "
    (memory (export \"memory\") 1)
    (func (export \"realloc\") (param i32 i32 i32 i32) (result i32) (local i32)
      (local.set 4 (memory.grow (i32.shr_u (i32.add (local.get 3) (i32.const 0xffff)) (i32.const 16))))
      (if (i32.eq (local.get 4) (i32.const -1)) (then (unreachable)))
      (i32.shl (local.get 4) (i32.const 16)))";

/// Provides `take` and `give` of the interface `test:parts/bytes`.
pub(crate) fn part(given: u32) -> Vec<u8> {
    component(&format!(
        "(component
            (core module $m {MEMORY}
              (func (export \"take\") (param i32 i32))
              (func (export \"give\") (result i32) (local i32)
                (local.set 0 (i32.shl (memory.grow (i32.shr_u (i32.const {given}) (i32.const 16))) (i32.const 16)))
                (i32.store (i32.const 0) (local.get 0))
                (i32.store (i32.const 4) (i32.const {given}))
                (i32.const 0)))
            (core instance $i (instantiate $m))
            (func $take (param \"bytes\" (list u8)) (canon lift (core func $i \"take\")
              (memory (core memory $i \"memory\")) (realloc (core func $i \"realloc\"))))
            (func $give (result (list u8)) (canon lift (core func $i \"give\")
              (memory (core memory $i \"memory\"))))
            (instance $bytes (export \"take\" (func $take)) (export \"give\" (func $give)))
            (export \"test:parts/bytes@1.0.0\" (instance $bytes)))"
    ))
}

/// Passes this many bytes to a dependency, this many times, and takes bytes from it as often.
pub(crate) fn hands_on(bytes: u32, takes: u32, gives: u32) -> Vec<u8> {
    let pages = bytes / 0x10000 + 1;
    let calls = |call: &str, times: u32| call.repeat(usize::try_from(times).unwrap());
    let takes = calls(
        &format!("(call $take (i32.const 0) (i32.const {bytes}))"),
        takes,
    );
    let gives = calls("(call $give (i32.const 0))", gives);
    component(&format!(
        "(component
            (import \"test:parts/bytes@1.0.0\" (instance $bytes
              (export \"take\" (func (param \"bytes\" (list u8))))
              (export \"give\" (func (result (list u8))))))
            (core module $own (memory (export \"memory\") {pages}))
            (core instance $own (instantiate $own))
            (core module $memory {MEMORY})
            (core instance $memory (instantiate $memory))
            (core func $take (canon lower (func $bytes \"take\") (memory (core memory $own \"memory\"))))
            (core func $give (canon lower (func $bytes \"give\")
              (memory (core memory $memory \"memory\")) (realloc (core func $memory \"realloc\"))))
            (core module $m
              (import \"\" \"take\" (func $take (param i32 i32)))
              (import \"\" \"give\" (func $give (param i32)))
              (func (export \"f\") {takes} {gives}))
            (core instance $i (instantiate $m (with \"\" (instance
              (export \"take\" (func $take)) (export \"give\" (func $give))))))
            (func (export \"f\") (canon lift (core func $i \"f\"))))"
    ))
}

/// Bytes that begin like a component, up to this length.
pub(crate) fn zeroes(length: usize) -> Vec<u8> {
    let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
    bytes.resize(length, 0);
    bytes
}

/// This many functions more than the one that it exports.
pub(crate) fn functions(count: usize) -> Vec<u8> {
    with_function(&format!("(func (export \"f\")) {}", "(func)".repeat(count)))
}

/// A skill that computes without end as soon as it is instantiated: to describe itself, and to run.
pub(crate) fn spins_at_its_start() -> Vec<u8> {
    component(
        "(component
            (core module $m (func $spin (loop (br 0))) (start $spin) (func (export \"f\")))
            (core instance $i (instantiate $m))
            (func (export \"describe\") (canon lift (core func $i \"f\")))
            (func (export \"run\") (canon lift (core func $i \"f\"))))",
    )
}

/// A component inside of another with so many functions, each with a tuple of so many times two as its type.
pub(crate) fn uses_types(levels: usize, functions: usize) -> Vec<u8> {
    let types: String = (1..=levels)
        .map(|level| format!("(type $t{level} (tuple $t{0} $t{0}))", level - 1))
        .collect();
    let lift = format!(
        "(func (param \"p\" $t{levels}) (canon lift (core func $i \"g\")
           (memory (core memory $i \"memory\")) (realloc (core func $i \"realloc\"))))"
    );
    component(&format!(
        "(component
            (component $inner (type $t0 (tuple u8 u8)) {types}
              (core module $m (memory (export \"memory\") 1)
                (func (export \"realloc\") (param i32 i32 i32 i32) (result i32) unreachable)
                (func (export \"g\") (param i32)))
              (core instance $i (instantiate $m))
              {})
            (instance (instantiate $inner))
            (core module $m (func (export \"f\")))
            (core instance $i (instantiate $m))
            (func (export \"f\") (canon lift (core func $i \"f\"))))",
        lift.repeat(functions)
    ))
}

/// A list of lists of lists, this deep, as the type of a parameter.
pub(crate) fn deep_type(depth: usize) -> Vec<u8> {
    let mut wat = String::from("(component (type $t0 u8)");
    for depth in 1..=depth {
        wat.push_str(&format!("(type $t{depth} (list $t{}))", depth - 1));
    }
    wat.push_str(&format!(
        "(core module $m (memory (export \"memory\") 1)
           (func (export \"realloc\") (param i32 i32 i32 i32) (result i32) (i32.const 0))
           (func (export \"f\") (param i32 i32)))
         (core instance $i (instantiate $m))
         (func (export \"f\") (param \"a\" $t{depth})
           (canon lift (core func $i \"f\") (memory (core memory $i \"memory\")) (realloc (core func $i \"realloc\")))))"
    ));
    component(&wat)
}
