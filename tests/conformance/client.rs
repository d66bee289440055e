//! The client that the conformance suite tests: the bridge, and nothing else.
//!
//! The suite starts it with the address of a server, and with the scenario in the environment. It connects, lists, and
//! calls every tool; how the bridge does that is what is tested. Where the server wants a login, it logs in as
//! `mcp-host login` does, in the place of the browser and the person.

use std::env;
use std::error::Error;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;

use mcp_bridge::{
    CallError, Config, ConnectError, HttpFault, JsonObject, Keyring, Login, LoginRequest, Server,
    ServerConfig, Tool,
};
use serde_json::{Value, json};

/// How often it logs in for scopes that do not suffice.
const MOST_LOGINS: usize = 3;
/// The document that the suite expects as the id of a client that has one.
const DOCUMENT: &str = "https://conformance-test.local/client-metadata.json";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = env::args().nth(1).ok_or("usage: conformance-client URL")?;
    let context: Value = match env::var("MCP_CONFORMANCE_CONTEXT") {
        Ok(context) => serde_json::from_str(&context)?,
        Err(_) => Value::Null,
    };
    let logins = tempfile::tempdir()?;
    mcp_bridge::keep_logins_in(logins.path().join("logins"), Keyring::Unused);
    let mut entry = json!({"url": url, "elicitation": "defaults", "tool_timeout_sec": 10});
    entry["oauth"] = oauth(&context);
    let config = json!({"mcpServers": {"suite": entry}}).to_string();
    let config = Config::parse(&config, Path::new("mcp.json"))?;
    let config = config.server("suite")?;
    let mut server = connect(config).await?;
    let mut logins = 0;
    for (tool, arguments) in calls(&server, &context)? {
        loop {
            // An error of one call is the suite's to judge.
            match server.call(&tool, arguments.clone()).await {
                Ok(_) => eprintln!("called {tool}"),
                Err(CallError::LoginRequired(why)) if logins < MOST_LOGINS => {
                    eprintln!("called {tool}: {why}");
                    logins += 1;
                    log_in(config, scopes(&why)).await?;
                    server.close().await;
                    server = connect(config).await?;
                    continue;
                }
                Err(error) => eprintln!("called {tool}: {error}"),
            }
            break;
        }
    }
    server.close().await;
    Ok(())
}

/// A connection, with a login where the server wants one.
async fn connect(config: &ServerConfig) -> Result<Server, Box<dyn Error>> {
    for _ in 0..MOST_LOGINS {
        match Server::connect(config).await {
            Ok(server) => return Ok(server),
            Err(ConnectError::Http {
                fault: HttpFault::Unauthorized { .. },
                ..
            }) => log_in(config, Vec::new()).await?,
            Err(ConnectError::Http {
                fault: HttpFault::InsufficientScope { scopes, .. },
                ..
            }) => log_in(config, scopes.into_iter().map(Into::into).collect()).await?,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Server::connect(config).await?)
}

/// Logs in as a person who agrees to everything.
async fn log_in(config: &ServerConfig, scopes: Vec<String>) -> Result<(), Box<dyn Error>> {
    let login = Login::begin(config, LoginRequest::with_scopes(scopes)).await?;
    if login.needs_no_person() {
        login.client_credentials().await?;
        return Ok(());
    }
    let redirect = login.redirect().await?;
    let authorize = login.authorize(&redirect).await?;
    let back = location(authorize.url())?;
    let done = authorize.finish(&back).await?;
    eprintln!("logged in at {} for {:?}", done.issuer, done.scopes);
    Ok(())
}

/// Where the authorization endpoint sends the browser.
fn location(url: &str) -> Result<String, Box<dyn Error>> {
    let rest = url
        .strip_prefix("http://")
        .ok_or("the suite is on this machine")?;
    let (host, target) = rest.split_once('/').ok_or("no path")?;
    let mut stream = TcpStream::connect(host)?;
    write!(
        stream,
        "GET /{target} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let mut heads = answer.lines().filter_map(|line| line.split_once(": "));
    let location = heads.find(|(name, _)| name.eq_ignore_ascii_case("location"));
    Ok(location.ok_or("the browser is sent nowhere")?.1.to_owned())
}

/// The scopes in the command that an error names.
fn scopes(why: &str) -> Vec<String> {
    let mut words = why.split([' ', '`']).skip_while(|word| *word != "--scope");
    let mut scopes = Vec::new();
    while let (Some("--scope"), Some(scope)) = (words.next(), words.next()) {
        scopes.push(scope.to_owned());
    }
    scopes
}

/// What the scenario gives a client, as the configuration has it.
fn oauth(context: &Value) -> Value {
    let id = context["client_id"].as_str();
    let mut oauth = json!({"clientId": id.unwrap_or(DOCUMENT)});
    let is_machine = context["name"]
        .as_str()
        .is_some_and(|name| name.contains("client-credentials"));
    if is_machine {
        oauth["grant"] = "client_credentials".into();
    }
    if let Some(secret) = context["client_secret"].as_str() {
        oauth["clientSecret"] = secret.into();
    }
    if let Some(key) = context["private_key_pem"].as_str() {
        oauth["privateKey"] = key.into();
    }
    oauth
}

/// The calls that the scenario names, or else one of each tool.
fn calls(server: &Server, context: &Value) -> Result<Vec<(String, JsonObject)>, Box<dyn Error>> {
    if let Some(calls) = context["toolCalls"].as_array() {
        return calls
            .iter()
            .map(|call| {
                let name = call["name"].as_str().ok_or("a call without a name")?;
                let arguments = call["arguments"].as_object().cloned();
                Ok((name.to_owned(), arguments.unwrap_or_default()))
            })
            .collect();
    }
    let schemas = server.tools().iter().map(|tool| &tool.input_schema);
    let richest = schemas.max_by_key(|schema| schema.len());
    let call = |tool: &Tool| {
        let mut arguments = JsonObject::new();
        let properties = tool.input_schema.get("properties");
        for (name, schema) in properties.and_then(Value::as_object).into_iter().flatten() {
            let value = match (name.as_str(), schema["type"].as_str()) {
                // The echo tool of one scenario wants another tool's schema back as it came.
                ("schema", _) => json!(richest),
                (_, Some("number" | "integer")) => json!(2),
                (_, Some("boolean")) => json!(true),
                (_, Some("string")) => json!("text"),
                _ => continue,
            };
            arguments.insert(name.clone(), value);
        }
        (tool.name.to_string(), arguments)
    };
    Ok(server.tools().iter().map(call).collect())
}
