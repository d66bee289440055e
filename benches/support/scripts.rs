//! Scripts as the benches run them: linked to the servers of a catalog, with the engine that the programs have.

use std::sync::Arc;

use mcp_host::{
    Catalog, Engine, Environment, Grants, Limits, Linked, Outcome, ScriptEngine, ScriptImage,
    ScriptText, ToolServer, execute, link,
};

/// The engine that runs scripts, in its compiled form.
///
/// # Panics
///
/// Where the build could not make it.
#[must_use]
pub fn script_engine(engine: &Engine) -> ScriptEngine {
    let image = ScriptImage::from(mcp_script_engine_image::engine().unwrap());
    #[allow(
        unsafe_code,
        reason = "the build script of that crate compiled this very component"
    )]
    // SAFETY: its build script writes what Wasmtime compiled, and nothing else.
    let image = unsafe { image.with_code(mcp_script_engine_code::code().unwrap()) };
    ScriptEngine::load(engine, &image, None).unwrap()
}

/// A script, linked to these servers.
#[must_use]
pub fn scripted(scripts: &ScriptEngine, source: &str, catalog: Arc<Catalog>) -> Linked {
    scripted_under(scripts, source, catalog, Arc::default())
}

/// The same under these grants.
#[must_use]
pub fn scripted_under(
    scripts: &ScriptEngine,
    source: &str,
    catalog: Arc<Catalog>,
    grants: Arc<Grants>,
) -> Linked {
    let text = ScriptText::read("bench.ts", source).unwrap();
    let skill = Arc::new(scripts.skill(Arc::new(text)));
    let environment = Environment {
        catalog,
        grants,
        ..Environment::default()
    };
    link(&skill, &environment).unwrap()
}

/// The catalog of one server.
#[must_use]
pub fn catalog_of(server: Arc<dyn ToolServer>) -> Arc<Catalog> {
    Arc::new(Catalog::of([server]).unwrap())
}

/// Runs a script, or a skill, once, and checks its result.
pub async fn run_script(linked: &Linked, limits: &Limits, result: &str) {
    let report = execute(linked, "{}", limits).await.unwrap();
    assert_eq!(report.outcome, Outcome::Finished);
    assert_eq!(report.result.as_deref(), Some(result));
}
