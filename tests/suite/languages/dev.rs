//! `mcp-host dev`: an edit is built and run, a broken one keeps the last component, Ctrl-C ends it.

use std::fs;
use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use mcp_tests::binary;

use super::{is_here, kept};
use crate::cli::Host;
use crate::install::{done, lock};

/// Long enough for a first build that installs its tools, on a busy machine.
const LONG: Duration = Duration::from_secs(300);

struct Watched {
    child: Child,
    lines: Receiver<String>,
    /// Lines that no test step has waited for yet: the order of stdout and stderr lines is not fixed.
    pending: Vec<String>,
}

impl Watched {
    fn start(host: &Host, dir: &Path) -> Self {
        let mut child = host
            .command(&[
                "dev",
                dir.to_str().unwrap(),
                "--input",
                r#"{"name": "Ada"}"#,
            ])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (send, lines) = channel();
        let streams: [Box<dyn Read + Send>; 2] = [
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
        Self {
            child,
            lines,
            pending: Vec::new(),
        }
    }

    /// Waits for a line that contains this text.
    #[track_caller]
    fn says(&mut self, part: &str) {
        let end = Instant::now() + LONG;
        loop {
            if let Some(at) = self.pending.iter().position(|line| line.contains(part)) {
                self.pending.remove(at);
                return;
            }
            let left = end.saturating_duration_since(Instant::now());
            let Ok(line) = self.lines.recv_timeout(left) else {
                panic!("no `{part}` in {:#?}", self.pending);
            };
            self.pending.push(line);
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
fn an_edit_is_built_and_run_with_the_same_input() {
    if !is_here("an_edit_is_built_and_run_with_the_same_input", "js") {
        return;
    }
    let _lock = lock("dev-js");
    let dir = kept("dev-js");
    let host = Host::new();
    done(Command::new(binary("mcp-codegen")).args([
        "new",
        dir.to_str().unwrap(),
        "--lang",
        "js",
        "--force",
    ]));
    let work = dir.join("src/work.js");
    let source = fs::read_to_string(&work).unwrap();

    let mut dev = Watched::start(&host, &dir);
    dev.says("hello Ada, this is run 1");
    dev.says("watching");

    fs::write(&work, source.replace("hello", "welcome")).unwrap();
    dev.says("welcome Ada, this is run 2");
    dev.says("watching");

    // A file that is written again as it is, and one that no build reads, change nothing.
    fs::write(&work, source.replace("hello", "welcome")).unwrap();
    fs::write(dir.join("build/note.txt"), "x").unwrap();
    let component = fs::read(dir.join("build/skill.wasm")).unwrap();
    fs::write(&work, "export const = 1;\n").unwrap();
    dev.says("failed to build skill");
    dev.says("watching");
    let rest = &dev.pending;
    assert!(
        !rest.iter().any(|line| line.contains("this is run")),
        "{rest:?}"
    );
    assert_eq!(fs::read(dir.join("build/skill.wasm")).unwrap(), component);

    fs::write(&work, source.replace("hello", "goodbye")).unwrap();
    dev.says("goodbye Ada, this is run 3");
    dev.says("watching");

    done(Command::new("kill").args(["-INT", &dev.child.id().to_string()]));
    assert_eq!(dev.child.wait().unwrap().code(), Some(0));
}
