//! A server of revision 2025-11-25 that wants tokens, and the authorization server that gives them.

use url::Url;

use super::web::Received;
use super::*;

/// What it knows, and what a test makes it do.
#[derive(Default)]
pub(crate) struct Known {
    /// The token that the server accepts.
    pub(crate) access: String,
    /// The refresh token that counts; each is good once.
    pub(crate) refresh: String,
    /// How often tokens were renewed.
    pub(crate) renewed: usize,
    /// The forms that came to the token endpoint.
    pub(crate) forms: Vec<Vec<(String, String)>>,
    /// The answer of the token endpoint, where it is not tokens.
    pub(crate) refuses: Option<(u16, Value)>,
    /// The scope that `tools/call` needs.
    pub(crate) needs: Option<String>,
    /// What tokens last, in seconds.
    pub(crate) lasts: Option<u64>,
    /// Metadata in place of its own, by the beginning of their path.
    pub(crate) instead: Vec<(&'static str, Value)>,
    /// Registered clients.
    pub(crate) registered: usize,
    pub(crate) revoked: Vec<String>,
    /// What `/register` answers beside the id.
    pub(crate) registration: Value,
    /// How long the answer of the token endpoint takes.
    pub(crate) pause: Duration,
}

pub(crate) struct Provider {
    pub(crate) web: Web,
    pub(crate) known: Arc<Mutex<Known>>,
}

impl Provider {
    pub(crate) async fn start() -> Self {
        Self::with(|_| ()).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Known)) -> Self {
        place();
        let known: Arc<Mutex<Known>> = Arc::default();
        change(&mut known.lock().unwrap());
        let (kept, server) = (Arc::clone(&known), web::legacy(tool));
        let web =
            Web::start(move |received| answer(received, &mut kept.lock().unwrap(), &server)).await;
        Self { web, known }
    }

    pub(crate) fn url(&self) -> String {
        format!("{}/mcp", self.web.address)
    }

    pub(crate) fn entry(&self, more: &Value) -> ServerConfig {
        entry(&self.url(), more)
    }

    /// A login and a connection with it.
    pub(crate) async fn connected(&self) -> Server {
        let config = self.entry(&json!({}));
        log_in(&config, &[]).await.unwrap();
        Server::connect(&config).await.unwrap()
    }

    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Known) -> T) -> T {
        change(&mut self.known.lock().unwrap())
    }
}

fn tool(received: &Received) -> Reply {
    let authorization = received.header("authorization").unwrap_or("nothing");
    received.result(web::text(authorization))
}

fn answer(received: &Received, known: &mut Known, server: &impl Fn(&Received) -> Reply) -> Reply {
    let base = format!("http://{}", received.header("host").unwrap());
    let path = received.path.split('?').next().unwrap();
    if let Some((_, instead)) = known
        .instead
        .iter()
        .find(|(beginning, _)| path.starts_with(beginning))
    {
        return Reply::json(instead.clone());
    }
    match path {
        "/.well-known/oauth-protected-resource/mcp" => Reply::json(json!({
            "resource": format!("{base}/mcp"),
            "authorization_servers": [base],
            "scopes_supported": ["read"],
        })),
        "/.well-known/oauth-authorization-server" => Reply::json(json!({
            "issuer": base,
            "authorization_endpoint": format!("{base}/authorize"),
            "token_endpoint": format!("{base}/token"),
            "registration_endpoint": format!("{base}/register"),
            "device_authorization_endpoint": format!("{base}/device"),
            "revocation_endpoint": format!("{base}/revoke"),
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none", "client_secret_basic", "private_key_jwt"],
            "authorization_response_iss_parameter_supported": true,
        })),
        "/register" => {
            known.registered += 1;
            let id = format!("client-{}", known.registered);
            let mut client = json!({"client_id": id});
            if let Some(more) = known.registration.as_object() {
                client.as_object_mut().unwrap().extend(more.clone());
            }
            Reply::json(client).with_status(201)
        }
        "/device" => Reply::json(json!({
            "device_code": "device-code-4711-secret",
            "user_code": "ABCD-EFGH",
            "verification_uri": format!("{base}/verify"),
            "expires_in": 60,
            "interval": 1,
        })),
        "/revoke" => {
            let form = form(received);
            known.revoked.push(value(&form, "token").to_owned());
            Reply::status(200)
        }
        "/token" => token(received, known),
        "/mcp" => {
            let wanted = format!("Bearer {}", known.access);
            if known.access.is_empty() || received.header("authorization") != Some(&wanted) {
                let challenge = format!(
                    "Bearer error=\"invalid_token\", \
                     resource_metadata=\"{base}/.well-known/oauth-protected-resource/mcp\""
                );
                return Reply::status(401).with("www-authenticate", &challenge);
            }
            match &known.needs {
                Some(scope) if received.what() == "tools/call" => {
                    let challenge =
                        format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\"");
                    Reply::status(403).with("www-authenticate", &challenge)
                }
                _ => server(received),
            }
        }
        _ => Reply::status(404),
    }
}

fn token(received: &Received, known: &mut Known) -> Reply {
    let form = form(received);
    known.forms.push(form.clone());
    if let Some((status, body)) = &known.refuses {
        return Reply::json(body.clone()).with_status(*status);
    }
    match value(&form, "grant_type") {
        "refresh_token" => {
            if value(&form, "refresh_token") != known.refresh {
                return Reply::json(json!({"error": "invalid_grant"})).with_status(400);
            }
            known.renewed += 1;
        }
        "authorization_code" if value(&form, "code") != CODE => {
            return Reply::json(json!({"error": "invalid_grant"})).with_status(400);
        }
        _ => {}
    }
    let turn = known.forms.len();
    known.access = format!("canary-access-{turn}-{}", "a7".repeat(8));
    known.refresh = format!("canary-refresh-{turn}-{}", "b8".repeat(8));
    let mut body = json!({
        "access_token": known.access,
        "token_type": "bearer",
        "expires_in": known.lasts.unwrap_or(3600),
    });
    if value(&form, "grant_type") != "client_credentials" {
        body["refresh_token"] = known.refresh.clone().into();
    }
    Reply::new(200, "application/json", "").then(known.pause, body.to_string())
}

pub(crate) const CODE: &str = "canary-code-c9c9c9c9c9c9";

pub(crate) fn form(received: &Received) -> Vec<(String, String)> {
    let text = received.body.as_str().unwrap_or_default();
    url::form_urlencoded::parse(text.as_bytes())
        .into_owned()
        .collect()
}

pub(crate) fn value<'a>(form: &'a [(String, String)], name: &str) -> &'a str {
    let found = form.iter().find(|(known, _)| known == name);
    found.map_or("", |(_, value)| value)
}

/// One parameter of an address.
pub(crate) fn parameter(address: &str, name: &str) -> Option<String> {
    let url = Url::parse(address).unwrap();
    let mut pairs = url.query_pairs();
    pairs
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.into_owned())
}

/// Where the browser is sent to by a person who agrees.
pub(crate) fn consent(authorize: &str) -> String {
    let mut back = Url::parse(&parameter(authorize, "redirect_uri").unwrap()).unwrap();
    let at = Url::parse(authorize)
        .unwrap()
        .origin()
        .ascii_serialization();
    back.query_pairs_mut()
        .append_pair("code", CODE)
        .append_pair("state", &parameter(authorize, "state").unwrap())
        .append_pair("iss", &at);
    back.into()
}
