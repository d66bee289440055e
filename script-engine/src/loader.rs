//! The modules that a script can import: those of its manifest and `mcp-host`. Nothing else resolves, also at run time.

use std::{cell::RefCell, collections::BTreeMap};

use rquickjs::{
    Ctx, Error, Module, Persistent, Result, Value,
    loader::{ImportAttributes, Loader, Resolver},
    module::{Declarations, Declared, Exports, ModuleDef},
};

use crate::{
    bindings::mcp::script::types::{Contents, Module as Given_, Tool},
    calls, engine,
};

const HOST: &str = "mcp-host";
const HOST_EXPORTS: [&str; 7] = [
    "ToolError",
    "listDir",
    "log",
    "readFile",
    "readTextFile",
    "state",
    "writeFile",
];
const INPUT: &str = "input";

thread_local! {
    static MODULES: RefCell<BTreeMap<String, Contents>> = const { RefCell::new(BTreeMap::new()) };
    static INPUT_VALUE: RefCell<Option<Persistent<Value<'static>>>> = const { RefCell::new(None) };
}

/// Sets what can be imported.
pub(crate) fn give(modules: Vec<Given_>, input: Persistent<Value<'static>>) {
    MODULES.set(
        modules
            .into_iter()
            .map(|module| (module.specifier, module.contents))
            .collect(),
    );
    INPUT_VALUE.set(Some(input));
}

/// Resolves and loads the modules that were given.
pub(crate) struct Given;

impl Resolver for Given {
    fn resolve<'js>(
        &mut self,
        _: &Ctx<'js>,
        base: &str,
        name: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> Result<String> {
        if name == HOST || MODULES.with_borrow(|modules| modules.contains_key(name)) {
            return Ok(name.to_owned());
        }
        Err(Error::new_resolving_message(
            base,
            name,
            "the script does not import it",
        ))
    }
}

impl Loader for Given {
    fn load<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        name: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> Result<Module<'js, Declared>> {
        Module::declare_def::<Given, _>(ctx.clone(), name)
    }
}

impl ModuleDef for Given {
    fn declare(module: &Declarations<'_>) -> Result<()> {
        let name: String = module.module().name()?;
        if name == HOST {
            for export in HOST_EXPORTS {
                module.declare(export)?;
            }
            module.declare(INPUT)?;
            return Ok(());
        }
        match contents(&name)? {
            Contents::Tools(tools) => tools
                .iter()
                .try_for_each(|tool| module.declare(tool.name.as_str()).map(|_| ())),
            Contents::Json(_) => module.declare("default").map(|_| ()),
        }
    }

    fn evaluate<'js>(ctx: &Ctx<'js>, module: &Exports<'js>) -> Result<()> {
        let name: String = module.module().name()?;
        if name == HOST {
            let exports = engine::host_exports(ctx)?;
            for export in HOST_EXPORTS {
                module.export(export, exports.get::<_, Value>(export)?)?;
            }
            let input = INPUT_VALUE
                .with_borrow(Clone::clone)
                .ok_or(Error::Unknown)?;
            module.export(INPUT, input.restore(ctx)?)?;
            return Ok(());
        }
        match contents(&name)? {
            Contents::Tools(tools) => {
                for Tool { name, number } in tools {
                    module.export(name.as_str(), calls::tool(ctx, &name, number)?)?;
                }
                Ok(())
            }
            Contents::Json(text) => module.export("default", ctx.json_parse(text)?).map(|_| ()),
        }
    }
}

fn contents(name: &str) -> Result<Contents> {
    MODULES
        .with_borrow(|modules| modules.get(name).cloned())
        .ok_or_else(|| Error::new_loading(name))
}
