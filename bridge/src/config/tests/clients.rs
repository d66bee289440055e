//! A file of each client as people have it, in `bridge/tests/clients`, and what it becomes here.

use secrecy::ExposeSecret as _;

use super::*;

/// Each server on a line, then each warning.
fn read(text: &str, path: &str) -> String {
    let (config, notices) = Config::read(text, Path::new(path)).unwrap();
    let mut lines: Vec<String> = config
        .names()
        .map(|name| match config.server(name) {
            Ok(server) => line(server),
            Err(error) => format!("error: {error}"),
        })
        .collect();
    lines.extend(
        notices
            .into_iter()
            .filter(|notice| !notice.quiet)
            .map(|notice| {
                let place = [notice.server, notice.key].into_iter().flatten();
                let place = place.collect::<Vec<_>>().join(" ");
                let message = notice
                    .message
                    .split([';', ':'])
                    .next()
                    .unwrap_or_default()
                    .to_owned();
                format!("warning: {place}: {message}")
            }),
    );
    lines.join("\n")
}

fn line(server: &ServerConfig) -> String {
    let pairs = |pairs: &[(String, secrecy::SecretString)]| {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| format!(" {name}={}", value.expose_secret()))
            .collect::<String>()
    };
    let mut line = match &server.transport {
        Transport::Stdio {
            command,
            args,
            env,
            cwd,
        } => {
            let cwd = cwd
                .as_ref()
                .map_or(String::new(), |cwd| format!(" in {cwd}"));
            format!("{}: {command} {args:?}{}{cwd}", server.name, pairs(env))
        }
        Transport::Http { url, headers } => format!("{}: {url}{}", server.name, pairs(headers)),
    };
    let defaults = ServerConfig::new("", server.transport.clone());
    let mut add = |there: bool, text: String| {
        if there {
            line.push_str(&text);
        }
    };
    add(server.disabled, " disabled".to_owned());
    add(
        !server.unset.is_empty(),
        format!(" without {:?}", server.unset),
    );
    add(
        !server.inherited.is_empty(),
        format!(" with {:?}", server.inherited),
    );
    add(
        server.env_file.is_some(),
        format!(" file {:?}", server.env_file),
    );
    let (startup, tool) = (server.startup_timeout, server.tool_timeout);
    add(
        startup != defaults.startup_timeout,
        format!(" starts in {startup:?}"),
    );
    add(tool != defaults.tool_timeout, format!(" calls in {tool:?}"));
    line
}

macro_rules! client {
    ($test:ident, $file:literal, $expected:expr) => {
        #[test]
        fn $test() {
            let text = include_str!(concat!("../../../tests/clients/", $file));
            let read = read(text, $file);
            assert_eq!(read, $expected.join("\n"), "{read}");
        }
    };
}

client!(
    file_of_claude_desktop_is_read_as_it_is,
    "claude-desktop.json",
    [r#"notes: npx ["-y", "@acme/notes-mcp", "/Users/ada/Notes"] NOTES_TOKEN=abc NOTES_PORT=8421"#]
);
client!(
    file_of_claude_code_is_read_as_it_is,
    "claude-code.json",
    [
        "tracker: ${TRACKER_URL:-https://tracker.example}/mcp Authorization=Bearer ${TRACKER_TOKEN}",
        r#"db: uvx ["db-mcp"]"#,
        "warning: tracker headersHelper: key is not honoured",
    ]
);
client!(
    file_of_cursor_is_read_as_it_is,
    "cursor.json",
    [
        r#"files: python3 ["${workspaceFolder}/tools/server.py"] file Some("${workspaceFolder}/.env")"#,
        "docs: https://docs.example/mcp",
    ]
);
client!(
    file_of_vs_code_is_read_as_it_is,
    "vscode-mcp.json",
    [
        r#"fetch: uvx ["mcp-fetch"] LEVEL=2 DEBUG=false in ${userHome}/work without ["PROXY"]"#,
        "api: https://api.example/mcp K=${input:key}",
        "warning: fetch sandboxEnabled: key is not honoured",
    ]
);
client!(
    settings_of_vs_code_are_read_as_they_are,
    "vscode-settings.json",
    [r#"time: uvx ["mcp-time"]"#]
);
client!(
    file_of_windsurf_is_read_as_it_is,
    "windsurf.json",
    [
        "remote: https://mcp.example/sse",
        r#"off: npx ["x"] disabled"#,
        "warning: remote disabledTools: key is not honoured",
    ]
);
client!(
    file_of_cline_is_read_as_it_is,
    "cline.json",
    [
        "search: https://search.example/mcp calls in 1800s",
        r#"shell: node ["build/index.js"]"#,
    ]
);
client!(
    settings_of_gemini_are_read_as_they_are,
    "gemini.json",
    [
        "cloud: https://cloud.example/mcp X-Key=$CLOUD_KEY calls in 30s",
        "local: ./bin/server [] in ./servers",
        "warning: cloud includeTools: key is not honoured",
    ]
);
client!(
    configuration_of_codex_is_read_as_it_is,
    "codex.toml",
    [
        "zeta: npx [\"-y\", \"zeta-mcp\"] ZETA_MODE=fast disabled with [\"ZETA_HOME\"] starts in 20s calls in 45.5s",
        "alpha: https://alpha.example/mcp Authorization=Bearer ${ALPHA_TOKEN} X-Team=${ALPHA_TEAM} X-Region=eu",
        "warning: alpha enabled_tools: key is not honoured",
    ]
);
client!(
    settings_of_zed_are_read_as_they_are,
    "zed.json",
    [
        r#"lint: lint-mcp ["--stdio"]"#,
        r#"old: old-mcp ["-v"] A=1"#,
        "error: `zed.json` line 6 column 14: server `store`: has neither `command` (a program to start) \
         nor `url` (a server to call)",
    ]
);
client!(
    configuration_of_opencode_is_read_as_it_is,
    "opencode.jsonc",
    [
        "issues: bun [\"x\", \"issues-mcp\"] ISSUES_TOKEN=${env:ISSUES_TOKEN:-} disabled starts in 5s",
        "wiki: https://wiki.example/mcp Authorization=Bearer ${file:~/.wiki-token}",
    ]
);
client!(
    file_of_copilot_is_read_as_it_is,
    "copilot-cli.json",
    [
        "build: build-mcp []",
        "deploy: https://deploy.example/mcp",
        "warning: deploy tools: key is not honoured",
    ]
);
client!(
    file_of_kiro_is_read_as_it_is,
    "kiro.json",
    [r#"cost: uvx ["cost-mcp@latest"] calls in 120s"#]
);
client!(
    settings_of_amp_are_read_as_they_are,
    "amp.json",
    ["map: https://map.example/mcp"]
);
client!(
    file_of_langchain_is_read_as_it_is,
    "langchain.json",
    [
        r#"math: python3 ["~/math_server.py"]"#,
        "web: https://web.example/mcp",
    ]
);

#[test]
fn logins_of_other_clients_are_read() {
    let text = r#"{ "mcpServers": {
        "in": { "url": "https://in.example/mcp", "oauth": {} },
        "out": { "url": "https://out.example/mcp", "oauth": false },
        "claude": { "url": "https://a.example/mcp", "oauth": { "clientId": "a", "callbackPort": 3118 } },
        "cursor": { "url": "https://b.example/mcp", "auth": { "CLIENT_ID": "b", "CLIENT_SECRET": "s", "scopes": ["x"] } },
        "gemini": { "url": "https://c.example/mcp", "oauth": { "enabled": true, "clientId": "c", "issuer": "https://i.example",
            "tokenUrl": "https://i.example/token" }, "authProviderType": "google_credentials" },
        "codex": { "url": "https://d.example/mcp", "scopes": ["x", "y"], "oauth_resource": "https://d.example" },
        "opencode": { "url": "https://e.example/mcp", "oauth": { "clientId": "e", "scope": "x y" } }
    } }"#;
    let (config, notices) = Config::read(text, Path::new("mcp.json")).unwrap();
    let shown: Vec<String> = config
        .names()
        .map(|name| {
            let oauth = &config.server(name).unwrap().oauth;
            let words = [
                &oauth.client_id,
                &oauth.authorization_server,
                &oauth.resource,
            ];
            let words: Vec<&str> = words.into_iter().flatten().map(String::as_str).collect();
            let secret = oauth
                .client_secret
                .as_ref()
                .map(|secret| secret.expose_secret());
            format!(
                "{name} {} {words:?} {:?} {:?} {secret:?}",
                oauth.enabled, oauth.scopes, oauth.redirect_port
            )
        })
        .collect();
    let expected = [
        r#"in true [] [] None None"#,
        r#"out false [] [] None None"#,
        r#"claude true ["a"] [] Some(3118) None"#,
        r#"cursor true ["b"] ["x"] None Some("s")"#,
        r#"gemini true ["c", "https://i.example"] [] None None"#,
        r#"codex true ["https://d.example"] ["x", "y"] None None"#,
        r#"opencode true ["e"] ["x", "y"] None None"#,
    ];
    assert_eq!(shown, expected);
    let warned: Vec<_> = notices
        .iter()
        .filter(|notice| !notice.quiet)
        .map(|notice| notice.key.as_deref().unwrap_or_default())
        .collect();
    assert_eq!(warned, ["tokenUrl", "authProviderType"]);
}

#[test]
fn login_that_cannot_be_is_an_error_at_its_key() {
    let cases = [
        (r#"{"clientSecret": "s"}"#, "needs `clientId`"),
        (r#"{"grant": "client_credentials"}"#, "needs `clientId`"),
        (
            r#"{"grant": "password"}"#,
            "neither `authorization_code` nor",
        ),
        (r#"{"redirectPort": 70000}"#, "`70000` is not a port"),
        (r#"{"scopes": ["a\"b"]}"#, "is not a scope"),
        (
            r#"{"clientId": "c", "clientSecret": "s", "privateKey": "k"}"#,
            "has both `clientSecret` and `privateKey`",
        ),
        (r#""yes""#, "expected an object, or false for no login"),
    ];
    for (oauth, expected) in cases {
        let text = format!(
            r#"{{ "mcpServers": {{ "far": {{ "url": "https://a.example/mcp", "oauth": {oauth} }} }} }}"#
        );
        let (config, _) = Config::read(&text, Path::new("mcp.json")).unwrap();
        let error = config.server("far").unwrap_err().to_string();
        assert!(error.contains(expected), "{oauth}: {error}");
    }
}
