//! Runs `initialize` of the engine's module, and writes its memory and globals into the module: a run begins there.
//!
//! Not by `wasmtime-wizer`, which depends on Wasmtime: all of it would be compiled a second time, for build scripts.

use wasm_encoder::{
    ConstExpr, DataSection, ExportKind, ExportSection, GlobalSection, MemorySection, MemoryType,
    Module,
    reencode::{Reencode, utils},
};
use wasmi::{Caller, Engine, Extern, Instance, Linker, Store, Val};
use wasmparser::{ExternalKind, Parser, Payload};

use crate::Result;

/// The stack in linear memory, which begins at address 0. `script-engine/src/engine.rs` lets a script use three
/// quarters.
pub(crate) const STACK: usize = 4 << 20;

/// Data between which there are so many zero bytes stays one segment: a segment costs about as much.
const GAP: usize = 64;

const PAGE: usize = 65_536;

/// Functions whose answer is written to memory, and its size: the answer is 0.
const ZEROS: [(&str, &str, usize); 2] = [
    ("wasi:clocks/wall-clock@0.2.0", "now", 12),
    ("wasi:random/insecure-seed@0.2.4", "insecure-seed", 16),
];
const MONOTONIC_CLOCK: &str = "wasi:clocks/monotonic-clock@0.2.0";

/// Whether this is the module with the engine, not one that joins it to its imports.
pub(crate) fn is_engine(module: &[u8]) -> Result<bool> {
    for payload in Parser::new(0).parse_all(module) {
        let Payload::ExportSection(exports) = payload.map_err(|error| error.to_string())? else {
            continue;
        };
        for export in exports {
            let export = export.map_err(|error| error.to_string())?;
            if export.name == "initialize" && export.kind == ExternalKind::Func {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// The module as it is after `initialize`.
pub(crate) fn initialized(module: &[u8]) -> Result<Vec<u8>> {
    let globals = mutable_globals(module)?;
    let state = run(
        &encode(module, &mut Exported { globals: &globals })?,
        &globals,
    )?;
    encode(
        module,
        &mut Kept {
            globals: &globals,
            state: &state,
        },
    )
}

/// What a module is after it ran.
struct State {
    memory: Vec<u8>,
    /// Of the mutable globals, in their order.
    values: Vec<Val>,
}

fn run(module: &[u8], globals: &[u32]) -> Result<State> {
    let text = |error: wasmi::Error| format!("the engine cannot be initialized: {error}");
    let engine = Engine::default();
    let module = wasmi::Module::new(&engine, module).map_err(text)?;
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::<()>::new(&engine);
    // When QuickJS seeds its random numbers, which the prelude replaces, and a hash map of rquickjs: equal for equal
    // builds.
    for (interface, function, size) in ZEROS {
        let answer = move |caller: Caller<'_, ()>, at: i32| zeros(caller, at, size);
        linker
            .func_wrap(interface, function, answer)
            .map_err(|error| error.to_string())?;
    }
    linker
        .func_wrap(MONOTONIC_CLOCK, "now", || 0_i64)
        .map_err(|error| error.to_string())?;
    for import in module.imports() {
        let name = format!(
            "the engine calls `{}` of `{}` before it has a script",
            import.name(),
            import.module()
        );
        if import.module() == MONOTONIC_CLOCK
            || ZEROS
                .iter()
                .any(|(interface, ..)| *interface == import.module())
        {
            continue;
        }
        if let Some(function) = import.ty().func() {
            linker
                .func_new(
                    import.module(),
                    import.name(),
                    function.clone(),
                    move |_, _, _| Err(wasmi::Error::new(name.clone())),
                )
                .map_err(|error| error.to_string())?;
        }
    }
    let instance = linker
        .instantiate_and_start(&mut store, &module)
        .map_err(text)?;
    let initialize = instance
        .get_typed_func::<(), ()>(&store, "initialize")
        .map_err(text)?;
    initialize.call(&mut store, ()).map_err(text)?;
    state(&store, &instance, globals)
}

fn zeros(
    mut caller: Caller<'_, ()>,
    at: i32,
    size: usize,
) -> std::result::Result<(), wasmi::Error> {
    let memory = caller
        .get_export("memory")
        .and_then(Extern::into_memory)
        .ok_or_else(|| wasmi::Error::new("no memory"))?;
    let at = usize::try_from(at).map_err(|error| wasmi::Error::new(error.to_string()))?;
    memory
        .write(&mut caller, at, &vec![0; size])
        .map_err(|error| wasmi::Error::new(error.to_string()))
}

fn state(store: &Store<()>, instance: &Instance, globals: &[u32]) -> Result<State> {
    let memory = instance
        .get_memory(store, "memory")
        .ok_or("the engine exports no memory")?;
    let mut memory = memory.data(store).to_vec();
    // What is left on the stack has no meaning.
    memory
        .get_mut(..STACK)
        .ok_or("the memory is smaller than the stack")?
        .fill(0);
    let value = |at: &u32| {
        instance
            .get_global(store, &exported(*at))
            .map(|global| global.get(store))
    };
    let values = globals
        .iter()
        .map(value)
        .collect::<Option<_>>()
        .ok_or("a global is not exported")?;
    Ok(State { memory, values })
}

fn mutable_globals(module: &[u8]) -> Result<Vec<u32>> {
    let mut mutable = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload.map_err(|error| error.to_string())? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    if !matches!(
                        import.map_err(|error| error.to_string())?.ty,
                        wasmparser::TypeRef::Func(_)
                    ) {
                        return Err("the engine imports something that is no function".to_owned());
                    }
                }
            }
            Payload::GlobalSection(globals) => {
                for (at, global) in (0..).zip(globals) {
                    if global.map_err(|error| error.to_string())?.ty.mutable {
                        mutable.push(at);
                    }
                }
            }
            Payload::StartSection { .. } => {
                return Err("the engine has a start function, which would run again".to_owned());
            }
            // An instruction may use a segment after the snapshot, which has other segments.
            Payload::DataCountSection { .. } => {
                return Err("the engine copies data segments as it runs".to_owned());
            }
            _ => {}
        }
    }
    Ok(mutable)
}

fn exported(global: u32) -> String {
    format!("snapshot-global-{global}")
}

fn encode(module: &[u8], reencode: &mut impl Reencode<Error = String>) -> Result<Vec<u8>> {
    let mut made = Module::new();
    reencode
        .parse_core_module(&mut made, Parser::new(0), module)
        .map_err(|error| error.to_string())?;
    Ok(made.finish())
}

/// Exports the globals, so that they can be read.
struct Exported<'a> {
    globals: &'a [u32],
}

type Reencoded = std::result::Result<(), wasm_encoder::reencode::Error<String>>;

impl Reencode for Exported<'_> {
    type Error = String;

    fn parse_export_section(
        &mut self,
        made: &mut ExportSection,
        section: wasmparser::ExportSectionReader<'_>,
    ) -> Reencoded {
        utils::parse_export_section(self, made, section)?;
        for global in self.globals {
            made.export(&exported(*global), ExportKind::Global, *global);
        }
        Ok(())
    }
}

/// Writes the state in the place of the initial values.
struct Kept<'a> {
    globals: &'a [u32],
    state: &'a State,
}

impl Reencode for Kept<'_> {
    type Error = String;

    fn parse_memory_section(
        &mut self,
        made: &mut MemorySection,
        section: wasmparser::MemorySectionReader<'_>,
    ) -> Reencoded {
        for memory in section {
            let memory = self.memory_type(memory?)?;
            let pages = self.state.memory.len() / PAGE;
            made.memory(MemoryType {
                minimum: u64::try_from(pages)
                    .map_err(|error| error.to_string())
                    .map_err(user)?,
                ..memory
            });
        }
        Ok(())
    }

    fn parse_global_section(
        &mut self,
        made: &mut GlobalSection,
        section: wasmparser::GlobalSectionReader<'_>,
    ) -> Reencoded {
        for (at, global) in (0..).zip(section) {
            let global = global?;
            let Some(value) = self.globals.iter().position(|global| *global == at) else {
                self.parse_global(made, global)?;
                continue;
            };
            let value = match &self.state.values[value] {
                Val::I32(value) => ConstExpr::i32_const(*value),
                Val::I64(value) => ConstExpr::i64_const(*value),
                _ => return Err(user("a mutable global is no integer".to_owned())),
            };
            made.global(self.global_type(global.ty)?, &value);
        }
        Ok(())
    }

    fn parse_data_section(
        &mut self,
        made: &mut DataSection,
        _: wasmparser::DataSectionReader<'_>,
    ) -> Reencoded {
        for (start, end) in runs(&self.state.memory) {
            let offset = i32::try_from(start).map_err(|error| user(error.to_string()))?;
            made.active(
                0,
                &ConstExpr::i32_const(offset),
                self.state.memory[start..end].iter().copied(),
            );
        }
        Ok(())
    }
}

fn user(error: String) -> wasm_encoder::reencode::Error<String> {
    wasm_encoder::reencode::Error::UserError(error)
}

/// Where the memory is not zero, in runs without long gaps.
fn runs(memory: &[u8]) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (at, _) in memory.iter().enumerate().filter(|(_, byte)| **byte != 0) {
        match runs.last_mut() {
            Some((_, end)) if at - *end <= GAP => *end = at + 1,
            _ => runs.push((at, at + 1)),
        }
    }
    runs
}
