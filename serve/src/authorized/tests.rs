//! Tokens and keys, with an issuer that the test plays.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod answers;
mod keys;
mod tokens;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::Request;
use mcp_host::{AuthorizationSettings, ScopeSettings};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;
use crate::principal::Principal;

const RESOURCE: &str = "https://mcp.example.com/mcp";

/// A key of the issuer.
struct Signer {
    name: &'static str,
    pair: EcdsaKeyPair,
}

impl Signer {
    fn new(name: &'static str) -> Self {
        let (how, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let document = EcdsaKeyPair::generate_pkcs8(how, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(how, document.as_ref(), &random).unwrap();
        Self { name, pair }
    }

    fn jwk(&self) -> Value {
        let (x, y) = self.pair.public_key().as_ref()[1..].split_at(32);
        let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        json!({"kty": "EC", "crv": "P-256", "kid": self.name, "use": "sig", "x": part(x), "y": part(y)})
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = self.pair.sign(&SystemRandom::new(), signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.unwrap()))
    }

    /// A good token, after these changes. A member that is null goes.
    fn token(&self, issuer: &str, header: &Value, claims: &Value) -> String {
        let mut all = [
            json!({"alg": "ES256", "typ": "at+jwt", "kid": self.name}),
            json!({"iss": issuer, "sub": "ann", "aud": RESOURCE, "exp": now() + 600, "scope": "mcp:read"}),
        ];
        for (into, from) in all.iter_mut().zip([header, claims]) {
            let into = into.as_object_mut().unwrap();
            for (name, value) in from.as_object().unwrap() {
                into.insert(name.clone(), value.clone());
            }
            into.retain(|_, value| !value.is_null());
        }
        self.sign(&all[0], &all[1])
    }
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

/// The issuer: its address, what it answers for its keys, and how often it was asked.
struct Issuer {
    address: String,
    keys: Arc<Mutex<Option<Value>>>,
    asked: Arc<AtomicUsize>,
}

impl Issuer {
    async fn with(keys: &[&Signer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let issuer = Self {
            address: address.clone(),
            keys: Arc::default(),
            asked: Arc::default(),
        };
        issuer.publish(keys);
        let (keys, asked) = (Arc::clone(&issuer.keys), Arc::clone(&issuer.asked));
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut head = vec![0; 4096];
                let read = stream.read(&mut head).await.unwrap();
                let head = String::from_utf8_lossy(&head[..read]).into_owned();
                let body = if head.starts_with("GET /keys ") {
                    asked.fetch_add(1, Ordering::SeqCst);
                    keys.lock().unwrap().as_ref().map(Value::to_string)
                } else if head.starts_with("GET /.well-known/openid-configuration ") {
                    let metadata =
                        json!({"issuer": address, "jwks_uri": format!("{address}/keys")});
                    Some(metadata.to_string())
                } else {
                    Some(String::new())
                };
                let (status, body) = match body {
                    Some(body) if body.is_empty() => (404, body),
                    Some(body) => (200, body),
                    None => (500, String::new()),
                };
                let answer = format!(
                    "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                );
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        issuer
    }

    fn publish(&self, keys: &[&Signer]) {
        let keys: Vec<_> = keys.iter().map(|signer| signer.jwk()).collect();
        *self.keys.lock().unwrap() = Some(json!({ "keys": keys }));
    }

    fn fail(&self) {
        *self.keys.lock().unwrap() = None;
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn settings(&self) -> Authorization {
        let scope = |scope: &str| ScopeSettings {
            scope: scope.to_owned(),
            policy: None,
        };
        let settings = AuthorizationSettings {
            issuer: self.address.clone(),
            resource: RESOURCE.to_owned(),
            audience: Vec::new(),
            jwks: None,
            scopes: vec![scope("mcp:write"), scope("mcp:read")],
        };
        Authorization::new(&settings).unwrap()
    }

    fn authorized(&self) -> Authorized {
        Authorized::new(self.settings())
    }

    fn at_pace(&self, pace: ring_of_keys::Pace) -> Authorized {
        let settings = self.settings();
        Authorized {
            keys: Arc::new(KeyRing::at_pace(&settings, pace)),
            settings,
        }
    }
}

async fn with_header(authorized: &Authorized, header: &str) -> Result<Caller, Refused> {
    let request = Request::builder().uri("/mcp").header(AUTHORIZATION, header);
    authorized
        .caller(&request.body(()).unwrap().into_parts().0)
        .await
}

async fn asks(authorized: &Authorized, token: &str) -> Result<Caller, Refused> {
    with_header(authorized, &format!("Bearer {token}")).await
}
