//! Who gets in: one browser by a link, which the user alone is shown, and no request of another page.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use serde_json::json;

use super::harness::{Browser, Odd, Remote, asking, borrowed, cookie_of, link, path_of, serve};
use crate::serve::approvals::{host, run_of};
use crate::serve::http::Served;

const PAGES: [&str; 5] = ["/", "/runs", "/runs/r_7f3k2m9q", "/servers", "/audit"];

#[test]
fn a_link_works_once_and_a_wrong_one_never() {
    let host = host();
    let served = serve(&host);
    let link = path_of(&link(&host));
    let stranger = Browser {
        address: served.address().to_owned(),
        cookie: String::new(),
    };
    for path in PAGES {
        let answer = stranger.get(path);
        assert_eq!(answer.status, 403, "{path}");
        assert!(answer.body.contains("sign-in link"), "{}", answer.body);
        assert!(!answer.body.contains("scripted"), "{}", answer.body);
    }
    let wrong = format!("{}0", &link[..link.len() - 1]);
    let longer = format!("{link}0");
    for wrong in [
        "/sign-in",
        "/sign-in?token=",
        &wrong,
        &longer,
        &format!("{link}&token=1"),
    ] {
        let answer = stranger.get(wrong);
        assert_eq!(answer.status, 403, "{wrong}");
        assert!(!answer.head.contains("set-cookie"), "{}", answer.head);
    }
    let answer = stranger.get(&link);
    assert_eq!(answer.status, 303);
    for part in ["httponly", "samesite=strict", "path=/"] {
        assert!(answer.head.contains(part), "{}", answer.head);
    }
    let again = stranger.get(&link);
    assert_eq!(again.status, 403, "{}", again.body);
    assert!(!again.head.contains("set-cookie"), "{}", again.head);
    let signed = Browser {
        address: served.address().to_owned(),
        cookie: cookie_of(&answer),
    };
    assert_eq!(signed.get("/").status, 200);
    // The cookie of another port or of a guess.
    let (name, _) = signed.cookie.split_once('=').unwrap();
    for cookie in [
        format!("{name}=0"),
        format!("{name}="),
        "mcp-host-1=x".to_owned(),
    ] {
        let other = Browser {
            address: served.address().to_owned(),
            cookie,
        };
        assert_eq!(other.get("/").status, 403);
    }
}

#[test]
fn what_a_browser_fetches_ahead_does_not_use_the_link_up() {
    let host = host();
    let served = serve(&host);
    let link = path_of(&link(&host));
    assert_eq!(served.request("HEAD", &link, &[], "").status, 403);
    for purpose in ["Sec-Purpose: prefetch", "Purpose: prefetch"] {
        let answer = served.get(&link, &[purpose]);
        assert_eq!(answer.status, 403, "{purpose}");
        assert!(!answer.head.contains("set-cookie"), "{}", answer.head);
    }
    assert_eq!(served.get(&link, &[]).status, 303);
}

#[test]
fn every_answer_forbids_other_scripts_frames_and_caches() {
    let host = host();
    let served = serve(&host);
    let browser = Browser::open(&host, served.address());
    for path in PAGES {
        let head = browser.get(path).head;
        let (_, policy) = head.split_once("content-security-policy: ").unwrap();
        let policy = policy.lines().next().unwrap();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self'; "),
            "{policy}"
        );
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        for part in ["x-content-type-options: nosniff", "cache-control: no-store"] {
            assert!(head.contains(part), "{path}: {head}");
        }
    }
    // No page has a script or a style of its own.
    let page = browser.get("/").body;
    assert!(!page.contains("style="), "{page}");
    assert_eq!(page.matches("<script").count(), 1, "{page}");
    for (tag, until) in [("src=\"", "\""), ("rel=\"stylesheet\" href=\"", "\"")] {
        let (_, file) = page.split_once(tag).unwrap();
        let file = browser.get(file.split(until).next().unwrap());
        assert_eq!(file.status, 200);
        assert!(file.head.contains("immutable"), "{}", file.head);
    }
}

#[test]
fn a_name_that_was_bound_to_this_machine_gets_no_page() {
    let host = host();
    let served = serve(&host);
    let browser = Browser::open(&host, served.address());
    for host in ["evil.example", "127.0.0.1.evil.example:80", ""] {
        let odd = Odd {
            host: Some(host),
            ..Odd::default()
        };
        let answer = browser.ask("GET", "/", None, &odd);
        assert!(
            matches!(answer.status, 400 | 403),
            "{host}: {}",
            answer.body
        );
        assert!(
            !answer.body.contains("Waiting for your decision"),
            "{}",
            answer.body
        );
    }
}

#[test]
fn a_form_needs_the_session_the_origin_and_its_own_token() {
    let host = host();
    let served = serve(&host);
    let agent = Remote::open(&served);
    let run = run_of(&agent.run(&asking(&json!({ "n": 1 }))));
    let other = run_of(&agent.run(&asking(&json!({ "n": 2 }))));
    let browser = Browser::open(&host, served.address());
    let (_, fields) = browser.run(&run);
    let (_, of_other) = browser.run(&other);
    let at = format!("/runs/{run}/decide");
    let decision = ("decision", "once");
    let right = [borrowed(&fields), vec![decision]].concat();
    let odd = Odd::default;
    let foreign = [
        Odd {
            no_cookie: true,
            ..odd()
        },
        Odd {
            no_origin: true,
            ..odd()
        },
        Odd {
            origin: Some("null"),
            ..odd()
        },
        Odd {
            origin: Some("https://evil.example"),
            ..odd()
        },
        Odd {
            origin: Some("http://127.0.0.1:1"),
            ..odd()
        },
        Odd {
            host: Some("evil.example"),
            origin: Some("http://evil.example"),
            ..odd()
        },
    ];
    for odd in &foreign {
        let answer = browser.post(&at, &right, odd);
        assert_eq!(answer.status, 403, "{}", answer.body);
    }
    let digest = ("digest", fields[1].1.as_str());
    let swapped = ("csrf", of_other[0].1.as_str());
    for wrong in [
        vec![digest, decision],
        vec![("csrf", ""), digest, decision],
        vec![("csrf", "0000"), digest, decision],
        vec![swapped, digest, decision],
        vec![right[0], right[0], digest, decision],
    ] {
        let answer = browser.post(&at, &wrong, &odd());
        assert_eq!(answer.status, 403, "{wrong:?}: {}", answer.body);
    }
    // A form of 64 KiB and more is not read.
    let long = "x".repeat(70_000);
    let long = [right.clone(), vec![("because", long.as_str())]].concat();
    assert_eq!(browser.post(&at, &long, &odd()).status, 413);
    // And a link decides nothing.
    assert_eq!(browser.get(&at).status, 303);
    assert!(agent.resume(&run).starts_with("paused"));
    assert_eq!(browser.post(&at, &right, &odd()).status, 303);
}

#[test]
fn signing_out_ends_the_session() {
    let host = host();
    let served = serve(&host);
    let browser = Browser::open(&host, served.address());
    let page = browser.get("/").body;
    let (_, token) = page.split_once("name=\"csrf\" value=\"").unwrap();
    let token = token.split('"').next().unwrap();
    let answer = browser.post("/sign-out", &[("csrf", "0")], &Odd::default());
    assert_eq!(answer.status, 403);
    assert_eq!(browser.get("/").status, 200);
    let answer = browser.post("/sign-out", &[("csrf", token)], &Odd::default());
    assert_eq!(answer.status, 303);
    assert_eq!(browser.get("/").status, 403);
    // That browser asks for a new link, and gets in again.
    assert_eq!(Browser::open(&host, served.address()).get("/").status, 200);
}

#[test]
fn no_page_is_served_where_the_user_wants_none() {
    let host = host();
    let served = Served::start(&host, &["--no-page"]);
    let stranger = Browser {
        address: served.address().to_owned(),
        cookie: String::new(),
    };
    for path in PAGES {
        assert_eq!(stranger.get(path).status, 404, "{path}");
    }
    let agent = Remote::open(&served);
    let paused = agent.run(&asking(&json!({ "n": 1 })));
    assert!(!paused.contains("http://"), "{paused}");
}

#[test]
fn no_page_is_served_where_other_machines_can_ask() {
    let host = host();
    let token = "0123456789abcdef0123456789abcdef";
    host.file("token", token);
    let served = Served::at(&host, "0.0.0.0:0", &["--token-file", "token"]);
    let bearer = format!("Authorization: Bearer {token}");
    let localhost = "Host: localhost";
    for path in PAGES {
        assert_eq!(served.get(path, &[localhost]).status, 401, "{path}");
        let answer = served.get(path, &[localhost, &bearer]);
        assert_eq!(answer.status, 404, "{path}: {}", answer.body);
    }
}

#[test]
fn the_link_is_shown_on_a_terminal_and_in_no_pipe() {
    if Command::new("script").arg("--version").output().is_err() {
        mcp_tests::skip(
            "the_link_is_shown_on_a_terminal_and_in_no_pipe",
            "no `script` to make a terminal",
        );
        return;
    }
    let host = host();
    let command = host.command(&["ui"]);
    let line = format!("'{}' ui", command.get_program().to_str().unwrap());
    let mut terminal = Command::new("script")
        .args(["--quiet", "--return", "--command", &line, "/dev/null"])
        .current_dir(host.dir.path())
        .envs(
            command
                .get_envs()
                .filter_map(|(key, value)| Some((key, value?))),
        )
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(terminal.stdout.take().unwrap()).lines();
    let shown = lines.map_while(Result::ok).find_map(|line| {
        let (_, link) = line.split_once("sign in (once, within 15 minutes): ")?;
        Some(link.trim().to_owned())
    });
    let link = shown.expect("the terminal shows a link");
    let (_, address) = link.split_once("//").unwrap();
    let stranger = Browser {
        address: address.split('/').next().unwrap().to_owned(),
        cookie: String::new(),
    };
    assert_eq!(stranger.get(&path_of(&link)).status, 303);
    // The end of the terminal ends it.
    terminal.kill().unwrap();
    terminal.wait().unwrap();

    let served = Served::start(&host, &[]);
    let stranger = Browser {
        address: served.address().to_owned(),
        cookie: String::new(),
    };
    let page = stranger.get("/").body;
    assert!(
        page.contains("This process shows no sign-in link"),
        "{page}"
    );
}

#[test]
fn nothing_of_the_page_is_in_what_an_agent_gets() {
    let host = host();
    let served = serve(&host);
    let link = link(&host);
    let (_, token) = link.split_once("token=").unwrap();
    let browser = Browser::open(&host, served.address());
    let (_, cookie) = browser.cookie.split_once('=').unwrap();
    let agent = Remote::open(&served);
    let paused = agent.run(&asking(&json!({ "n": 1 })));
    let run = run_of(&paused);
    let (_, fields) = browser.run(&run);
    let list = json!({ "jsonrpc": "2.0", "id": 9, "method": "tools/list" });
    let answers = [
        served.hello(&[]).body,
        served.send("/mcp", &[], &list).body,
        paused,
        agent.resume(&run),
        agent.script(&json!({ "code": "export default 1;" })),
        agent.script(&json!({ "resume": "r_00000000" })),
    ];
    for answer in answers {
        for secret in [token, cookie, &fields[0].1, "sign-in"] {
            assert!(!answer.contains(secret), "`{secret}` in {answer}");
        }
    }
    // Nor does the bearer of MCP open the page, or a session of the page MCP.
    host.file("token", "0123456789abcdef0123456789abcdef");
    let guarded = Served::start(&host, &["--token-file", "token", "--sign-in-file", "link2"]);
    let cookie = format!("Cookie: {}", browser.cookie);
    assert_eq!(guarded.hello(&[&cookie]).status, 401);
    let stranger = Browser {
        address: guarded.address().to_owned(),
        cookie: "x=1\r\nAuthorization: Bearer 0123456789abcdef0123456789abcdef".to_owned(),
    };
    assert_eq!(stranger.get("/").status, 403);
}
