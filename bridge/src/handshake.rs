//! Finds out which revision of MCP a server speaks, and opens the connection in it.
//!
//! Revision 2026-07-28 has no handshake: `server/discover` says what the server is, and every request
//! carries what the handshake used to. Older ones begin with `initialize`. A server is asked to
//! `discover` first; whatever else it answers, it is an older one (revision 2026-07-28, "Versioning").

use std::error::Error;
use std::time::Duration;

use rmcp::RoleClient;
use rmcp::model::{
    ClientConfig, ClientJsonRpcMessage, ClientNotification, ClientRequest, ClientResult,
    DiscoverRequest, DiscoverRequestParams, DiscoverResult, ErrorCode, ErrorData,
    InitializeRequest, InitializedNotification, JsonRpcMessage, ProtocolVersion, RequestId,
    RequestMetaObject, ServerJsonRpcMessage, ServerPeerInfo, ServerRequest, ServerResult,
};
use rmcp::transport::Transport;
use tokio::time::timeout;

use crate::message::{UNREADABLE, kept, words};
use crate::text::mebibytes;
use crate::text::short;

/// Ids of the opening requests. Those of calls count up from 0 and do not come that far.
const DISCOVER: RequestId = RequestId::Number(2_000_000_000);
const INITIALIZE: RequestId = RequestId::Number(2_000_000_001);

/// A revision before the first that was published as stable. Servers still answer with it, and the official client for
/// TypeScript accepts it: what is used here of the one after it is the same.
const BEFORE_THE_FIRST: &str = "2024-10-07";
/// How many revisions of a server an error names, and how many bytes of each.
const MAX_SHOWN_REVISIONS: usize = 10;
const MAX_REVISION: usize = 40;
/// How much memory a server may take with what it says of itself, in bytes.
const MAX_ABOUT: usize = 1 << 20;

/// How often a server may refuse a revision that it says it speaks.
const MAX_QUESTIONS: u32 = 2;

/// How a connection is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Handshake {
    /// Ask what the server is, and go on accordingly.
    Probe {
        /// How long it may keep silent before it gets `initialize` as well, on transports where a
        /// second request can be sent before the first is answered.
        silence: Option<Duration>,
    },
    /// Only `initialize`: for a server that did not live through being asked.
    Initialize,
}

/// Why a connection was not opened.
#[derive(Debug)]
pub(crate) enum HandshakeError {
    /// The server closed it.
    Closed,
    /// The transport failed to send.
    Send(Box<dyn Error + Send + Sync>),
    /// The server answered that, or what MCP does not allow.
    Protocol(String),
}

/// Opens the connection; afterwards it is ready for requests.
pub(crate) async fn open<T>(
    transport: &mut T,
    offer: &ClientConfig,
    handshake: Handshake,
) -> Result<ServerPeerInfo, HandshakeError>
where
    T: Transport<RoleClient>,
    T::Error: 'static,
{
    let silence = match handshake {
        Handshake::Initialize => return initialize(transport, offer, false).await,
        Handshake::Probe { silence } => silence,
    };
    let mut asked = 0;
    loop {
        send(transport, discover_request(offer)).await?;
        let answer = answer(transport, &DISCOVER);
        let answer = match silence {
            Some(silence) => match timeout(silence, answer).await {
                Ok(answer) => answer?,
                Err(_) => return initialize(transport, offer, true).await,
            },
            None => answer.await?,
        };
        asked += 1;
        match discovered(answer)? {
            Discovered::Modern(server) => return Ok(*server),
            Discovered::Older => return initialize(transport, offer, false).await,
            // Behind one address there may be servers of several ages.
            Discovered::AskAgain if asked < MAX_QUESTIONS => {}
            Discovered::AskAgain => {
                let why = "it refuses the revision of MCP that it says it speaks";
                return Err(HandshakeError::Protocol(why.to_owned()));
            }
        }
    }
}

/// The handshake of older revisions. With `discovering`, the answer to `server/discover` is still to
/// come: it decides if `initialize` is refused.
async fn initialize<T>(
    transport: &mut T,
    offer: &ClientConfig,
    mut discovering: bool,
) -> Result<ServerPeerInfo, HandshakeError>
where
    T: Transport<RoleClient>,
    T::Error: 'static,
{
    send(transport, initialize_request(offer)).await?;
    let mut modern = None;
    let mut refused = None;
    loop {
        let (id, answer) = next_answer(transport).await?;
        if id == INITIALIZE {
            match answer {
                Ok(ServerResult::InitializeResult(result)) => {
                    let version = &result.protocol_version;
                    if !is_known(version) {
                        return Err(HandshakeError::Protocol(unknown(version)));
                    }
                    send(transport, initialized()).await?;
                    return small(result.into());
                }
                Ok(_) => {
                    let why = "its answer to `initialize` has the form of another answer";
                    return Err(HandshakeError::Protocol(why.to_owned()));
                }
                Err(error) => refused = Some(error),
            }
        } else if discovering && id == DISCOVER {
            discovering = false;
            if let Discovered::Modern(server) = discovered(answer)? {
                modern = Some(*server);
            }
        }
        if let Some(refused) = &refused {
            if let Some(server) = modern {
                return Ok(server);
            }
            if !discovering {
                let why = words(refused);
                return Err(HandshakeError::Protocol(match refused.code {
                    // These words are not the server's.
                    UNREADABLE => why,
                    _ => format!("it refused `initialize`: {why}"),
                }));
            }
        }
    }
}

/// What an answer to `server/discover` means.
enum Discovered {
    /// The server speaks the latest revision.
    Modern(Box<ServerPeerInfo>),
    /// It wants `initialize`.
    Older,
    /// It speaks the latest revision, but refused it this time.
    AskAgain,
}

fn discovered(answer: Result<ServerResult, ErrorData>) -> Result<Discovered, HandshakeError> {
    let error = match answer {
        Ok(ServerResult::DiscoverResult(result)) => return modern(result),
        // An older server that answers whatever it is asked.
        Ok(_) => return Ok(Discovered::Older),
        Err(error) => error,
    };
    match error.code {
        ErrorCode::UNSUPPORTED_PROTOCOL_VERSION => {
            let supported: Vec<ProtocolVersion> = error
                .data
                .as_ref()
                .and_then(|data| data.get("supported"))
                .and_then(|supported| serde_json::from_value(supported.clone()).ok())
                .unwrap_or_default();
            if supported.contains(&ProtocolVersion::LATEST) {
                return Ok(Discovered::AskAgain);
            }
            older(&supported)
        }
        ErrorCode::MISSING_REQUIRED_CLIENT_CAPABILITY | ErrorCode::HEADER_MISMATCH => {
            let why = words(&error);
            Err(HandshakeError::Protocol(format!(
                "it refused `server/discover`: {why}"
            )))
        }
        _ => Ok(Discovered::Older),
    }
}

fn modern(result: DiscoverResult) -> Result<Discovered, HandshakeError> {
    let latest = ProtocolVersion::LATEST;
    if result.supported_versions.contains(&latest) {
        let server = ServerPeerInfo::from_discover_result(latest, result);
        Ok(Discovered::Modern(Box::new(small(server)?)))
    } else {
        older(&result.supported_versions)
    }
}

fn is_known(version: &ProtocolVersion) -> bool {
    ProtocolVersion::KNOWN_VERSIONS.contains(version) || version.as_str() == BEFORE_THE_FIRST
}

/// What is wrong with a server that answers `initialize` with this revision.
fn unknown(version: &ProtocolVersion) -> String {
    let version = short(version.as_str(), MAX_REVISION);
    if version.trim().is_empty() {
        return "its answer to `initialize` has an empty `protocolVersion`".to_owned();
    }
    let known = ProtocolVersion::KNOWN_VERSIONS
        .iter()
        .map(ProtocolVersion::as_str);
    let known: Vec<&str> = [BEFORE_THE_FIRST].into_iter().chain(known).collect();
    format!(
        "it speaks revision `{version}` of MCP, which this client does not know: it knows {}: update the older of \
         the two",
        known.join(", ")
    )
}

/// Whether a server that does not speak the latest revision speaks an older one. One that names none may.
fn older(supported: &[ProtocolVersion]) -> Result<Discovered, HandshakeError> {
    let known = |version: &ProtocolVersion| version.has_initialize() && is_known(version);
    if supported.is_empty() || supported.iter().any(known) {
        return Ok(Discovered::Older);
    }
    let supported: Vec<_> = supported
        .iter()
        .take(MAX_SHOWN_REVISIONS)
        .map(|version| short(version.as_str(), MAX_REVISION))
        .collect();
    Err(HandshakeError::Protocol(format!(
        "it speaks no revision of MCP that this client knows, only: {}",
        supported.join(", ")
    )))
}

/// What a server says of itself, without what is not used here. It is kept as long as the connection.
fn small(mut server: ServerPeerInfo) -> Result<ServerPeerInfo, HandshakeError> {
    server.instructions = None;
    server.meta = None;
    server.capabilities.experimental = None;
    if kept(&server) > MAX_ABOUT {
        return Err(HandshakeError::Protocol(format!(
            "its name and capabilities take more than {}",
            mebibytes(MAX_ABOUT)
        )));
    }
    Ok(server)
}

fn discover_request(offer: &ClientConfig) -> ClientJsonRpcMessage {
    let mut request = DiscoverRequest::new(DiscoverRequestParams {});
    request
        .extensions
        .insert(RequestMetaObject::with_client_context(
            ProtocolVersion::LATEST,
            offer.client_info.clone(),
            offer.capabilities.clone(),
        ));
    ClientJsonRpcMessage::request(ClientRequest::DiscoverRequest(request), DISCOVER)
}

fn initialize_request(offer: &ClientConfig) -> ClientJsonRpcMessage {
    let mut params = offer.clone();
    params.protocol_version = ProtocolVersion::LATEST_WITH_INITIALIZE;
    let request = InitializeRequest::new(params);
    ClientJsonRpcMessage::request(ClientRequest::InitializeRequest(request), INITIALIZE)
}

fn initialized() -> ClientJsonRpcMessage {
    let notification = InitializedNotification {
        method: Default::default(),
        extensions: Default::default(),
    };
    ClientJsonRpcMessage::notification(ClientNotification::InitializedNotification(notification))
}

async fn send<T>(transport: &mut T, message: ClientJsonRpcMessage) -> Result<(), HandshakeError>
where
    T: Transport<RoleClient>,
    T::Error: 'static,
{
    transport
        .send(message)
        .await
        .map_err(|error| HandshakeError::Send(Box::new(error)))
}

async fn answer<T>(
    transport: &mut T,
    id: &RequestId,
) -> Result<Result<ServerResult, ErrorData>, HandshakeError>
where
    T: Transport<RoleClient>,
    T::Error: 'static,
{
    loop {
        let (received, answer) = next_answer(transport).await?;
        if *id == received {
            return Ok(answer);
        }
    }
}

/// The next answer to a request of ours. A ping is answered; what else a server says before the
/// connection is open is dropped.
async fn next_answer<T>(
    transport: &mut T,
) -> Result<(RequestId, Result<ServerResult, ErrorData>), HandshakeError>
where
    T: Transport<RoleClient>,
    T::Error: 'static,
{
    loop {
        let message: ServerJsonRpcMessage =
            transport.receive().await.ok_or(HandshakeError::Closed)?;
        match message {
            JsonRpcMessage::Response(response) => return Ok((response.id, Ok(response.result))),
            JsonRpcMessage::Error(error) => {
                if let Some(id) = error.id {
                    return Ok((id, Err(error.error)));
                }
            }
            JsonRpcMessage::Request(request) => {
                if matches!(request.request, ServerRequest::PingRequest(_)) {
                    let pong = ClientJsonRpcMessage::response(ClientResult::empty(()), request.id);
                    send(transport, pong).await?;
                }
            }
            JsonRpcMessage::Notification(_) => {
                tracing::debug!("notification before the connection is open dropped");
            }
        }
    }
}
