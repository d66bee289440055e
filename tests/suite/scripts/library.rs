//! Scripts in this process: one engine, and servers of the test.

use std::future::pending;
use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};

use mcp_host::{
    Catalog, Determinism, Environment, Grants, Limits, LinkError, Linked, Policy, Recording,
    ReplayError, Report, Request, ScriptEngine, ScriptError, ScriptText, Skill, StateStore,
    ToolServer, execute, link, record, replay,
};
use mcp_tests::{Fake, cache, engine};

/// The engine of scripts, loaded once in this process.
pub(super) fn scripts() -> &'static ScriptEngine {
    static ENGINE: OnceLock<ScriptEngine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let bytes = mcp_script_engine_image::engine().unwrap();
        ScriptEngine::load(engine(), &bytes.into(), Some(cache())).unwrap()
    })
}

/// The script as a skill, or what is wrong with its text.
pub(super) fn skill(source: &str) -> Result<Arc<Skill>, ScriptError> {
    let text = ScriptText::read("script.ts", source)?;
    Ok(Arc::new(scripts().skill(Arc::new(text))))
}

/// What a script is linked to.
#[derive(Clone, Default)]
pub(super) struct World {
    pub(super) catalog: Arc<Catalog>,
    grants: Arc<Grants>,
    state: Option<(Arc<StateStore>, String)>,
    pub(super) limits: Limits,
}

/// A recorded run: its report, and the bytes of its recording.
pub(super) struct Recorded {
    pub(super) report: Report,
    pub(super) bytes: Vec<u8>,
}

impl World {
    pub(super) fn of(server: Fake) -> Self {
        let server: Arc<dyn ToolServer> = Arc::new(server);
        Self {
            catalog: Arc::new(Catalog::of([server]).unwrap()),
            ..Self::default()
        }
    }

    /// With a store of state in this directory.
    pub(super) fn state(mut self, dir: &std::path::Path) -> Self {
        let store = StateStore::at(dir.to_owned());
        self.state = Some((Arc::new(store), "script".to_owned()));
        self
    }

    /// Under the policy for agents: the user decides about each call that may change something.
    pub(super) fn asking(mut self) -> Self {
        let policy = Policy::for_agents(None, "mcp-host.toml".into());
        self.grants = Arc::new(Grants {
            policy: Some(Arc::new(policy)),
            ..Grants::default()
        });
        self
    }

    /// With another limit of memory.
    pub(super) fn memory(mut self, bytes: usize) -> Self {
        self.limits.memory = bytes;
        self
    }

    pub(super) fn linked(&self, source: &str) -> Result<Linked, LinkError> {
        let skill = skill(source).unwrap_or_else(|error| panic!("{error}\n{source}"));
        let environment = Environment {
            catalog: Arc::clone(&self.catalog),
            grants: Arc::clone(&self.grants),
            state: self.state.clone(),
            ..Environment::default()
        };
        link(&skill, &environment)
    }

    /// Runs a script that links.
    pub(super) async fn run(&self, source: &str) -> Report {
        let linked = self.linked(source);
        let linked = linked.unwrap_or_else(|error| panic!("{error}\n{source}"));
        execute(&linked, "null", &self.limits).await.unwrap()
    }

    /// Runs and records it.
    pub(super) async fn recorded(&self, source: &str, input: &str) -> Recorded {
        let linked = self.linked(source);
        let linked = linked.unwrap_or_else(|error| panic!("{error}\n{source}"));
        let out = Kept::default();
        let fixed = Determinism::default();
        let request = Request::Input(input);
        let report = record(
            &linked,
            &request,
            &self.limits,
            fixed,
            out.clone(),
            pending(),
        );
        let report = report.await.unwrap();
        let bytes = out.0.lock().unwrap().clone();
        Recorded { report, bytes }
    }

    /// Replays a recording of this script, without a server, a file or a store.
    pub(super) async fn replayed(
        &self,
        source: &str,
        recording: Recording,
    ) -> Result<Report, ReplayError> {
        let skill = skill(source).unwrap();
        let environment = Environment {
            catalog: recording.catalog(&skill).unwrap(),
            ..Environment::default()
        };
        let linked = link(&skill, &environment).unwrap();
        let fixed = recording.fixed();
        replay(&linked, &Arc::new(recording), &self.limits, fixed).await
    }
}

/// Keeps what is written to it.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
