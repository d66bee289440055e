//! Components whose calls the user decides about, through the library: what was asked is what is sent, once.

use std::fs::{File, OpenOptions};
use std::future::pending;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use futures_util::future::BoxFuture;
use mcp_bridge::{Answer, CallError, JsonObject, Tool};
use mcp_host::{
    Decided, Determinism, Ledger, Linked, Outcome, Question, Report, Request, Scope, ToolServer,
    execute_ledger,
};
use mcp_tests::{Fake, Setup, guest, structured, text};
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// A run of a component with a ledger.
struct Run {
    linked: Linked,
    setup: Setup,
    dir: tempfile::TempDir,
}

impl Run {
    fn new(setup: Setup, skill: &str) -> Self {
        Self {
            linked: setup.linked(&guest(skill)).unwrap(),
            setup,
            dir: tempfile::tempdir().unwrap(),
        }
    }

    /// The first part of the run.
    async fn begin(&self, input: &str) -> Report {
        let request = Request::Input(input);
        let limits = self.setup.its_limits();
        let file = new(&self.path());
        let ledger = Ledger::create(
            file,
            &self.linked,
            &request,
            &limits,
            Determinism::default(),
        );
        self.part(ledger.unwrap()).await
    }

    async fn resume(&self) -> Report {
        self.part(Ledger::open(&self.path()).unwrap()).await
    }

    async fn part(&self, ledger: Ledger) -> Report {
        let limits = self.setup.its_limits();
        execute_ledger(&self.linked, ledger, &limits, pending())
            .await
            .unwrap()
    }

    /// What the run waits for, all of it allowed.
    fn allow(&self) -> Vec<Question> {
        let mut ledger = Ledger::open(&self.path()).unwrap();
        let open = ledger.questions();
        for question in &open {
            ledger.decide(question, allowed()).unwrap();
        }
        open
    }

    fn path(&self) -> std::path::PathBuf {
        self.dir.path().join("ledger")
    }
}

fn new(path: &Path) -> File {
    let mut options = OpenOptions::new();
    let file = options.read(true).write(true).create_new(true).open(path);
    file.unwrap()
}

fn allowed() -> Decided {
    Decided {
        allow: true,
        scope: Scope::Once,
        because: None,
        by: "test".to_owned(),
        at: SystemTime::UNIX_EPOCH,
    }
}

/// The server `fake`, which never answers `dropped`.
fn waits() -> Fake {
    Fake::new("fake", Fake::standard_tools(), |_, arguments| {
        Box::pin(async move {
            if arguments["name"] == "dropped" {
                pending::<()>().await;
            }
            Ok(structured(Value::Object(arguments)))
        })
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_the_guest_dropped_is_not_sent_again() {
    let fake = waits();
    let calls = fake.calls();
    let rules = "ask = [{ tool = \"fake/wait\", where = { \"/name\" = { equals = \"b\" } } }]";
    let run = Run::new(Setup::default().server(fake).policy(rules), "typed-async");
    let paused = run.begin("{\"drops\":true}").await;
    assert_eq!(paused.outcome, Outcome::Paused);
    // No person is asked about the call that has no answer, because the guest does not want one.
    let asked: Vec<_> = run
        .allow()
        .into_iter()
        .map(|question| question.arguments)
        .collect();
    assert_eq!(asked, [json!({ "name": "b" })]);
    let done = run.resume().await;
    assert_eq!(done.result.as_deref(), Some("{\"names\":[\"a\",\"b\"]}"));
    let calls = calls.lock().unwrap();
    let names: Vec<_> = calls
        .iter()
        .map(|(_, arguments)| &arguments["name"])
        .collect();
    assert_eq!(names, ["dropped", "a", "b"]);
}

/// A server `plain` that takes arguments as text, and keeps the bytes that it gets.
struct Plain {
    tools: Vec<Tool>,
    seen: Mutex<Vec<String>>,
}

impl Plain {
    fn new() -> Arc<Self> {
        let tools = json!([{ "name": "go", "inputSchema": { "type": "object" } }]);
        Arc::new(Self {
            tools: serde_json::from_value(tools).unwrap(),
            seen: Mutex::default(),
        })
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    fn takes(&self, arguments: String) -> BoxFuture<'_, Result<Answer, CallError>> {
        self.seen.lock().unwrap().push(arguments);
        Box::pin(async { Ok(text("done").into()) })
    }
}

impl ToolServer for Plain {
    fn name(&self) -> &'static str {
        "plain"
    }

    fn tools(&self) -> &[Tool] {
        &self.tools
    }

    fn call<'a>(
        &'a self,
        _tool: &'a str,
        arguments: JsonObject,
    ) -> BoxFuture<'a, Result<Answer, CallError>> {
        self.takes(Value::Object(arguments).to_string())
    }

    fn call_text<'a>(
        &'a self,
        _tool: &'a str,
        arguments: Box<RawValue>,
    ) -> Result<BoxFuture<'a, Result<Answer, CallError>>, Box<RawValue>> {
        Ok(self.takes(arguments.get().to_owned()))
    }
}

/// A batch of one call, whose arguments are this text.
fn by_name(arguments: &str) -> String {
    json!([{ "server": "plain", "tool": "go", "text": arguments }]).to_string()
}

fn granted(server: &Arc<Plain>, rules: &str) -> Setup {
    let server: Arc<dyn ToolServer> = Arc::clone(server) as _;
    Setup::default().own(server).policy(rules).allow("plain/go")
}

/// One parser takes the first member, another one the last.
const TWICE: &str = "{\"path\":\"/etc/passwd\",\"path\":\"/srv/a\"}";

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_occurs_twice_is_sent_as_it_was_shown() {
    let server = Plain::new();
    let run = Run::new(granted(&server, "ask = [\"plain/go\"]"), "batch");
    assert_eq!(run.begin(&by_name(TWICE)).await.outcome, Outcome::Paused);
    let asked = run.allow();
    assert_eq!(asked[0].arguments, json!({ "path": "/srv/a" }));
    assert_eq!(run.resume().await.outcome, Outcome::Finished);
    assert_eq!(server.seen(), ["{\"path\":\"/srv/a\"}"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_on_an_argument_decides_about_the_member_that_is_sent() {
    let server = Plain::new();
    let rules = "deny = [{ tool = \"plain/go\", where = { \"/path\" = { under = \"/etc\", if-absent = false } } }]";
    let report = granted(&server, rules).run("batch", &by_name(TWICE)).await;
    assert_eq!(report.outcome, Outcome::Finished);
    assert_eq!(server.seen(), ["{\"path\":\"/srv/a\"}"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn arguments_that_no_person_can_be_shown_are_not_sent() {
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(127), "]".repeat(127));
    for hidden in ["{\"a\":\"\\ud800\"}", deep.as_str()] {
        let server = Plain::new();
        let run = Run::new(granted(&server, "ask = [\"plain/go\"]"), "batch");
        let result = run.begin(&by_name(hidden)).await.result.unwrap_or_default();
        assert!(
            result.contains("cannot be compared with the policy"),
            "{hidden}: {result}"
        );
        assert!(server.seen().is_empty(), "{hidden}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_denies_comes_before_what_the_user_allowed_earlier() {
    let fake = waits();
    let calls = fake.calls();
    let asks = "ask = [{ tool = \"fake/wait\", where = { \"/name\" = { equals = \"b\" } } }]";
    let setup = |rules: &str, fake: Fake| Setup::default().server(fake).policy(rules);
    let run = Run::new(setup(asks, fake), "two-calls");
    assert_eq!(run.begin("{}").await.outcome, Outcome::Paused);
    assert_eq!(run.allow().len(), 1);
    // Meanwhile the user writes another rule.
    let other = waits();
    let later = other.calls();
    let denies = setup(&asks.replace("ask =", "deny ="), other);
    let run = Run {
        linked: denies.linked(&guest("two-calls")).unwrap(),
        setup: denies,
        ..run
    };
    let report = run.resume().await;
    let (Outcome::Failed { message } | Outcome::Denied { message }) = &report.outcome else {
        panic!("{:?}", report.outcome);
    };
    assert!(
        message.contains("policy denies this call of `fake/wait`"),
        "{message}"
    );
    assert_eq!(calls.lock().unwrap().len(), 1);
    assert!(later.lock().unwrap().is_empty());
}
