//! What is hidden, and under which name.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;

use super::*;
use crate::credential::{is_sensitive, looks_like_a_key};

const TOKEN: &str = "tok_S3CR3T/abcdefghijklmnop+qrstuvwxyz";
const PEM: &str = "-----BEGIN PRIVATE KEY-----\nMIIEvSECRETLINEONE0123456789abcdef\n\
                   SECRETLINETWO9876543210/+\nxY3=\n-----END PRIVATE KEY-----\n";

fn launch(env: &[(&str, &str)], args: &[&str]) -> Launch {
    Launch {
        command: String::new(),
        args: args.iter().map(|arg| (*arg).to_owned()).collect(),
        env: env
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned().into()))
            .collect(),
        unset: Vec::new(),
        cwd: None,
        written: Default::default(),
        expanded: Vec::new(),
    }
}

pub(super) fn secrets(env: &[(&str, &str)]) -> Secrets {
    Secrets::of_process(&launch(env, &[]))
}

pub(super) fn endpoint(url: &str, headers: &[(&str, &str)]) -> Secrets {
    Secrets::of_endpoint(&Endpoint {
        url: url.to_owned().into(),
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned().into()))
            .collect(),
        ca_file: None,
        oauth: Default::default(),
        expanded: Vec::new(),
    })
}

#[test]
fn values_are_replaced_by_their_names_longest_first() {
    let secrets = secrets(&[
        ("MODE", "plain"),
        ("TOKEN", "hunter2"),
        ("URL", "db://hunter2@host"),
    ]);
    assert_eq!(
        secrets.hide("plain: db://hunter2@host refused hunter2"),
        "plain: ${URL} refused ${TOKEN}"
    );
}

#[test]
fn header_and_query_are_hidden_too() {
    let secrets = endpoint(
        "https://example.org/mcp?key=hunter2",
        &[("Authorization", "Bearer correct-horse")],
    );
    assert_eq!(
        secrets.hide("Bearer correct-horse / correct-horse / ?key=hunter2"),
        "[Authorization] / [Authorization] / ?[query]"
    );
    assert_eq!(
        secrets.hide("a Bearer token is missing"),
        "a Bearer token is missing"
    );
}

#[test]
fn user_and_fragment_of_an_address_and_what_basic_holds_are_hidden() {
    let secrets = endpoint(
        "https://ada:pa%2Fssw0rd@example.org/mcp/s/Zk3vB92kQx71LmNpR4t8/x?a=1#fragmented",
        &[(
            "X-Login",
            &format!("Basic {}", STANDARD.encode("bob:opensesame")),
        )],
    );
    for (text, hidden) in [
        ("pa%2Fssw0rd, pa/ssw0rd", "[user], [user]"),
        ("/mcp/s/Zk3vB92kQx71LmNpR4t8/x", "/mcp/s/[path]/x"),
        ("#fragmented", "#[fragment]"),
        ("opensesame for bob", "[X-Login] for bob"),
    ] {
        assert_eq!(secrets.hide(text), hidden);
    }
}

#[test]
fn arguments_that_look_like_secrets_are_hidden() {
    let args = [
        "server.py",
        "--api-key=hunter2hunter2",
        "--token",
        "correct-horse",
        "--header",
        "Authorization: Bearer battery-staple",
        "postgresql://ada:opensesame@host/db",
        "API_TOKEN=swordfish",
        "x,ghp_a1B2c3D4e5F6g7H8i9J0",
    ];
    let secrets = Secrets::of_process(&launch(&[], &args));
    for arg in &args[1..] {
        let hidden = secrets.hide(arg);
        assert!(
            hidden.contains("[args]") || arg.starts_with("--token") || *arg == "--header",
            "{arg}: {hidden}"
        );
    }
    for public in [
        "server.py",
        "Authorization: Bearer",
        "postgresql://ada",
        "host/db",
    ] {
        assert_eq!(secrets.hide(public), public);
    }
}

#[test]
fn every_way_to_write_a_secret_is_hidden() {
    let secrets = secrets(&[("API_TOKEN", TOKEN)]);
    let every = |each: &dyn Fn(u8) -> String| TOKEN.bytes().map(each).collect::<String>();
    let basic = |user: &str| STANDARD.encode(format!("{user}:{TOKEN}"));
    let ways = [
        TOKEN.to_owned(),
        TOKEN.to_ascii_uppercase(),
        TOKEN.replace('/', r"\/"),
        TOKEN.replace('/', "%2f").replace('+', "%2B"),
        TOKEN.replace('/', "&#x2F;"),
        every(&|byte| format!("\\u{byte:04x}")),
        every(&|byte| format!("\\u{byte:04X}")),
        every(&|byte| format!("\\x{byte:02x}")),
        every(&|byte| format!("%{byte:02x}")),
        every(&|byte| format!("%{byte:02X}")),
        every(&|byte| format!("{byte:02x}")),
        every(&|byte| format!("{byte:02X}")),
        every(&|byte| format!("%25{byte:02X}")),
        serde_json::Value::from(json!(TOKEN.replace('/', r"\/")).to_string()).to_string(),
        STANDARD.encode(TOKEN),
        URL_SAFE_NO_PAD.encode(TOKEN),
        basic("a"),
        basic("ab"),
        basic("abc"),
        basic("abc").replace('+', "%2B").replace('/', "%2F"),
    ];
    for way in ways {
        let text = format!("it is '{way}'.");
        let hidden = secrets.hide(&text).into_owned();
        assert!(hidden.contains("${API_TOKEN}"), "{text}: {hidden}");
        assert!(
            hidden.len() < "it is ''.".len() + "${API_TOKEN}".len() + 40,
            "{text}: {hidden}"
        );
        for run in way.as_bytes().windows(8) {
            let run = std::str::from_utf8(run).unwrap();
            let prefix_of_basic = STANDARD.encode("abc:").starts_with(run);
            assert!(
                prefix_of_basic || !hidden.contains(run),
                "{run} of {text}: {hidden}"
            );
        }
    }
}

#[test]
fn key_of_several_lines_is_hidden_line_by_line_and_as_json() {
    let secrets = secrets(&[("PEM_KEY", PEM)]);
    assert_eq!(secrets.hide(PEM), "${PEM_KEY}\n");
    for line in PEM.lines() {
        assert_eq!(secrets.hide(line), "${PEM_KEY}");
        assert_eq!(secrets.hide(&format!("  {line}\r\n")).trim(), "${PEM_KEY}");
    }
    let escaped = json!({ "key": PEM }).to_string();
    assert_eq!(secrets.hide(&escaped), r#"{"key":"${PEM_KEY}"}"#);
}

#[test]
fn text_is_hidden_before_it_is_cut() {
    let secrets = secrets(&[("API_TOKEN", TOKEN)]);
    for before in 0..60 {
        let text = format!("{}{TOKEN} and more", "x".repeat(before));
        let shown = secrets.sanitize(text.as_bytes(), 50);
        let beginning = format!("{}${{API_TOKEN}}", "x".repeat(before));
        let both = shown.len().min(beginning.len());
        assert_eq!(shown[..both], beginning[..both], "{before}");
    }
    let long = format!("{}{TOKEN}", "x".repeat(LONGEST_WORDS - 20));
    let words = secrets.hide_words(&format!("{long}{}", "y".repeat(5000)));
    assert!(
        words.contains("${API_TOKEN}yyyyyyyy ... (21"),
        "{}",
        &words[words.len() - 60..]
    );
}

#[test]
fn paths_and_words_are_hidden_as_a_whole_only() {
    let secrets = secrets(&[
        ("ROOT_DIR", "/srv/data/projects"),
        ("NODE_ENV", "production"),
    ]);
    assert_eq!(
        secrets.hide("/srv/data/projects in production"),
        "${ROOT_DIR} in ${NODE_ENV}"
    );
    let others = "/srv/data/project introduction";
    assert_eq!(secrets.hide(others), others);
}

#[test]
fn text_that_shares_only_blanks_rules_or_a_scheme_is_not_hidden() {
    let value = "https://a.example/x\n        --------========        y z\n";
    let secrets = secrets(&[("SECRET", value)]);
    for text in ["        indented", "--------", "https://b.test"] {
        assert_eq!(secrets.hide(text), text);
    }
}

#[test]
fn only_what_is_named_or_looks_like_a_secret_keeps_an_answer_out_of_the_cache() {
    let secrets = secrets(&[
        ("ROOT_DIR", "/srv/data"),
        ("API_KEY", "a\"b\\cdef"),
        ("PATHS", "/a/b/c/d"),
        ("HOOK", "https://hooks.example/T1/zK3vB92kQx71LmNpR4t8"),
    ]);
    assert!(!secrets.occur_in("/srv/data/x and /a/b/c/d"));
    assert!(secrets.occur_in(r#"{"text": "it is a\"b\\cdef"}"#));
    assert!(secrets.occur_in(r#"{"text": "zK3vB92kQx71"}"#));
    for name in ["GITHUB_PAT", "githubToken", "TOK", "DB_PWD"] {
        assert!(is_sensitive(name), "{name}");
    }
    assert!(!is_sensitive("PATH") && !is_sensitive("STOCK"));
    for name in [
        "claude-sonnet-20241022",
        "getPullRequestReviews2",
        "a1b2c3d4",
    ] {
        assert!(!looks_like_a_key(name), "{name}");
    }
}

#[test]
fn log_hides_the_secrets_of_every_server_that_is_known_and_no_paths() {
    let token = "tok_of_the_log_4711";
    let secrets = secrets(&[("LOG_TOKEN", token), ("LOG_DIR", "/srv/some/where")]);
    let line = format!("{token} in /srv/some/where");
    assert_eq!(
        without_secrets(line.as_bytes()),
        b"${LOG_TOKEN} in /srv/some/where".as_slice()
    );
    drop(secrets);
    assert_eq!(without_secrets(line.as_bytes()), line.as_bytes());
}

#[test]
fn debug_shows_names_only() {
    let secrets = secrets(&[("TOKEN", "hunter2"), ("MODE", "x")]);
    assert_eq!(format!("{secrets:?}"), r#"["${TOKEN}", "${MODE}"]"#);
}

#[test]
fn secret_is_hidden_wherever_it_stands_in_a_long_text() {
    let secret = "tok_S3CR3T/abcdefghijklmnop+qrstuvwxyz";
    let secrets = secrets(&[("API_TOKEN", secret)]);
    let escaped: String = secret
        .bytes()
        .map(|byte| format!("\\u{byte:04x}"))
        .collect();
    // Around the places where one part of the text ends and the next one begins.
    for place in [0, 30_000, 32_760, 32_768, 33_700, 65_530, 99_000] {
        for written in [secret, escaped.as_str()] {
            let mut text = ". ".repeat(50_000);
            text.replace_range(place..place, written);
            let shown = secrets.hide(&text);
            let expected = ". ".repeat(50_000).len() + "${API_TOKEN}".len();
            assert_eq!(shown.len(), expected, "{place}: {written}");
            assert!(secrets.occur_in(&text) && !secrets.occur_in(&shown));
        }
    }
    let all = secret.repeat(3_000);
    assert_eq!(secrets.hide(&all), "${API_TOKEN}");
}

#[test]
fn text_of_many_secrets_does_not_grow_without_bound() {
    let secrets = secrets(&[("A_LONG_NAME_OF_A_SHORT_API_TOKEN", "s3cr3t-8")]);
    let text = "s3cr3t-8 ".repeat(20_000);
    let shown = secrets.hide(&text);
    assert_eq!(shown, "${A_LONG_NAME_OF_A_SHORT_API_TOKEN}");
    let few = "s3cr3t-8 ".repeat(100);
    assert_eq!(secrets.hide(&few).matches("${A_LONG").count(), 100);
}
