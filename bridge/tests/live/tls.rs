//! Servers over TLS: which certificates the bridge accepts, and its errors about the others.

use std::sync::Mutex;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;

use super::web::{Web, modern, text};
use super::*;

/// An authority, and the file of its certificate.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    directory: tempfile::TempDir,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("ca.pem"), issuer.pem()).unwrap();
        Self { issuer, directory }
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("ca.pem")
    }

    /// A server whose certificate this authority has signed.
    async fn server(&self, params: CertificateParams) -> Web {
        serve(Arc::new(Changeable::new(self.signed(params)))).await
    }

    fn signed(&self, params: CertificateParams) -> Arc<CertifiedKey> {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let chain = vec![certificate.der().clone()];
        Arc::new(CertifiedKey::from_der(chain, key, &ring::default_provider()).unwrap())
    }
}

/// The certificate that a server shows, which may become another one.
#[derive(Debug)]
struct Changeable(Mutex<Arc<CertifiedKey>>);

impl Changeable {
    fn new(key: Arc<CertifiedKey>) -> Self {
        Self(Mutex::new(key))
    }
}

impl ResolvesServerCert for Changeable {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.lock().unwrap()))
    }
}

/// Every request comes on a connection of its own.
async fn serve(certificate: Arc<Changeable>) -> Web {
    let mut config = ServerConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(certificate);
    // A session that is resumed shows no certificate.
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    let answer = modern(|received| received.result(text("done")));
    Web::start_tls(TlsAcceptor::from(Arc::new(config)), answer).await
}

fn loopback() -> CertificateParams {
    CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap()
}

#[tokio::test]
async fn server_whose_authority_is_in_the_ca_file_is_trusted() {
    let authority = Authority::new();
    let web = authority.server(loopback()).await;
    let server = web
        .connect(json!({"caFile": authority.file()}))
        .await
        .unwrap();
    let answer = server.call("write", JsonObject::new()).await.unwrap();
    assert_eq!(super::text(&answer), "done");
}

#[tokio::test]
async fn server_that_shows_another_certificate_later_gets_no_call() {
    let authority = Authority::new();
    let shown = Arc::new(Changeable::new(authority.signed(loopback())));
    let web = serve(Arc::clone(&shown)).await;
    let entry = json!({"caFile": authority.file(), "headers": {"Authorization": "Bearer canary"}});
    let server = web.connect(entry).await.unwrap();
    let before = web.received().len();

    *shown.0.lock().unwrap() = Authority::new().signed(loopback());
    let error = server.call("write", JsonObject::new()).await.unwrap_err();
    assert!(matches!(error, CallError::Unavailable(_)), "{error:?}");
    let message = error.to_string();
    assert!(
        message.contains("its TLS certificate is not accepted: unknown certificate authority"),
        "{message}"
    );
    assert_eq!(web.received().len(), before, "no request, and so no token");

    *shown.0.lock().unwrap() = authority.signed(loopback());
    server.call("write", JsonObject::new()).await.unwrap();
}

#[tokio::test]
async fn authority_in_ssl_cert_file_is_trusted_and_a_missing_one_reported() {
    let authority = Authority::new();
    let web = authority.server(loopback()).await;
    let empty = authority.directory.path().join("empty.pem");
    fs::write(&empty, "").unwrap();
    // Only a process of its own can have variables of its own.
    let connect = async |file: PathBuf| {
        let output = tokio::process::Command::new(std::env::current_exe().unwrap())
            .args(["tls::in_a_process_of_its_own", "--exact", "--ignored"])
            .arg("--nocapture")
            .env("TLS_ADDRESS", &web.address)
            .env("SSL_CERT_FILE", file)
            .env_remove("SSL_CERT_DIR")
            .output()
            .await
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let text = connect(authority.file()).await;
    assert!(text.contains("connected"), "{text}");
    let text = connect(empty).await;
    assert!(
        text.contains("its TLS certificate is not accepted: "),
        "{text}"
    );
    assert!(
        text.contains(
            "install the certificates of your system, or name a file of them in `SSL_CERT_FILE`"
        ),
        "{text}"
    );
}

#[tokio::test]
#[ignore = "the test above runs it"]
#[allow(clippy::print_stdout, reason = "the test above reads it")]
async fn in_a_process_of_its_own() {
    let Ok(address) = std::env::var("TLS_ADDRESS") else {
        return;
    };
    let text = json!({"mcpServers": {"far": {"url": format!("{address}/mcp")}}}).to_string();
    let config = Config::parse(&text, Path::new("mcp.json")).unwrap();
    match Server::connect(config.server("far").unwrap()).await {
        Ok(_) => println!("connected"),
        Err(error) => println!("{error}"),
    }
}

#[tokio::test]
async fn server_of_an_unknown_authority_gets_no_request_and_the_error_says_what_to_do() {
    let web = Authority::new().server(loopback()).await;
    let someone_else = Authority::new();
    for more in [json!({}), json!({"caFile": someone_else.file()})] {
        let mut entry = json!({"headers": {"Authorization": "Bearer canary"}});
        entry
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        assert_eq!(
            web.refused(entry).await,
            "server `far` at `http://web/mcp`: its TLS certificate is not accepted: unknown \
             certificate authority: to trust it, set `caFile` of the entry to its PEM file"
        );
    }
    assert_eq!(web.received().len(), 0, "no request, and so no token");
}

#[tokio::test]
async fn certificate_for_another_name_or_time_is_reported_as_such() {
    let authority = Authority::new();
    let refused = async |params| {
        let web = authority.server(params).await;
        web.refused(json!({"caFile": authority.file()})).await
    };
    let elsewhere = CertificateParams::new(vec!["elsewhere.example".to_owned()]).unwrap();
    let message = refused(elsewhere).await;
    assert!(message.contains("it is for another name"), "{message}");
    let mut old = loopback();
    old.not_before = date_time_ymd(2001, 1, 1);
    old.not_after = date_time_ymd(2002, 1, 1);
    let message = refused(old).await;
    assert!(message.contains("it has expired: renew it"), "{message}");
    let mut early = loopback();
    early.not_before = date_time_ymd(2999, 1, 1);
    let message = refused(early).await;
    assert!(message.contains("it is not valid yet"), "{message}");
}

#[tokio::test]
async fn ca_file_that_cannot_be_used_says_why() {
    let authority = Authority::new();
    let web = authority.server(loopback()).await;
    let file = authority.directory.path().join("other.pem");
    let path = file.display();
    let refused = async || web.refused(json!({"caFile": file})).await;
    assert_eq!(
        refused().await,
        format!("server `far`, key `caFile`: failed to read `{path}`")
    );
    fs::write(&file, "no certificate").unwrap();
    let message = refused().await;
    assert!(
        message.ends_with(&format!(
            "its `caFile` `{path}` has no `BEGIN CERTIFICATE` in it"
        )),
        "{message}"
    );
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    fs::write(&file, broken).unwrap();
    let message = refused().await;
    assert!(
        message.contains(&format!("its `caFile` `{path}` ")),
        "{message}"
    );
    assert_eq!(web.received().len(), 0);
}
