//! `compile` makes the engine ready ahead of a run; `dev` runs a script at each edit.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use super::host;
use crate::cli::Host;

#[test]
fn compile_names_each_script_and_keeps_none() {
    let host = host("export default 1;");
    let digest = |script: &str| {
        host.file("script.ts", script);
        let ran = host.run(&["compile", "script.ts"]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        ran.stdout.trim_end().to_owned()
    };
    let scripts = [digest("export default 1;"), digest("export default 2;")];
    assert_ne!(scripts[0], scripts[1]);
    let listed = host.run(&["cache", "list", "--format", "json"]).stdout;
    for script in scripts {
        assert_eq!(script.len(), 64, "{script}");
        assert!(!listed.contains(&script), "{script} in {listed}");
    }
}

#[test]
fn compile_refuses_a_text_that_is_no_script() {
    let host = host("const = 1;");
    host.run(&["compile", "script.ts"])
        .fails_with(5, &["script.ts:1:7"]);
}

/// Long enough for a busy machine.
const LONG: Duration = Duration::from_secs(120);

struct Watched {
    child: Child,
    lines: Receiver<String>,
}

impl Watched {
    fn start(host: &Host) -> Self {
        let mut child = host
            .command(&["dev", "script.ts", "--input", r#"{"n":20}"#])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (send, lines) = channel();
        let streams: [Box<dyn std::io::Read + Send>; 2] = [
            Box::new(child.stdout.take().unwrap()),
            Box::new(child.stderr.take().unwrap()),
        ];
        for stream in streams {
            let send = send.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    let _ = send.send(line);
                }
            });
        }
        Self { child, lines }
    }

    /// Waits for a line that contains this text.
    #[track_caller]
    fn says(&self, part: &str) {
        let end = Instant::now() + LONG;
        let mut seen = Vec::new();
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let Ok(line) = self.lines.recv_timeout(left) else {
                panic!("no `{part}` in {seen:#?}");
            };
            if line.contains(part) {
                return;
            }
            seen.push(line);
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn dev_runs_a_script_at_each_edit_and_outlives_a_mistake() {
    let host = host("export default (input) => `first ${input.n + 1}`;");
    let dev = Watched::start(&host);
    dev.says("first 21");
    host.file(
        "script.ts",
        "export default (input) => `second ${input.n + 2",
    );
    dev.says("script.ts:1:");
    host.file(
        "script.ts",
        "export default (input) => `third ${input.n + 3}`;",
    );
    dev.says("third 23");
    host.file("script.ts", "throw new Error('fourth');");
    dev.says("fourth");
    host.file("script.ts", "export default 'fifth';");
    dev.says("fifth");
}
