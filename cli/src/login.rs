//! `mcp-host login` and `mcp-host logout`: a person logs in to a server, and out of it. Keeps no token: the bridge
//! does.

use std::io::Read as _;
use std::process::{Command, Stdio};

use clap::Args;
use mcp_bridge::{
    Authorize, Keyring, LoggedIn, Login, LoginError, LoginRequest, Redirect, ServerConfig,
};
use mcp_codegen::names::shown;
use serde_json::json;

use super::exit::{Exit, Failure};
use super::format::about;
use super::out;
use super::progress::Progress;
use super::server::common::Common;

/// For the `--help`.
pub(crate) const HELP: &str = "\
It opens the browser and waits on a port of this machine until the browser comes back. Where the browser runs on another
machine, its last page does not load: copy the address of that page, and paste it here.

Examples:
  mcp-host login linear
  mcp-host login linear --no-browser
  mcp-host login github --device
  mcp-host login linear --scope write";

/// For the `--help` of `logout`.
pub(crate) const LOGOUT_HELP: &str = "\
The authorization server is asked to revoke the tokens. They are removed here in any case.

Examples:
  mcp-host logout linear";

/// The longest address that is pasted, in bytes.
const MAX_PASTED: u64 = 16 * 1024;

// The arguments of `mcp-host login`.
#[derive(Args)]
pub(crate) struct LoginArgs {
    /// The server, as the configuration names it.
    name: String,
    /// Print the address at which to log in, and open no browser.
    #[arg(long)]
    no_browser: bool,
    /// Confirm a code in a browser of any machine, where the authorization server has that.
    #[arg(long, conflicts_with = "no_browser")]
    device: bool,
    /// Keep the key of the logins in a file from now on, and not in the keyring of the desktop.
    #[arg(long)]
    no_keyring: bool,
    /// Ask for this scope, beside those of the login before. May be repeated.
    #[arg(long, value_name = "SCOPE")]
    scope: Vec<String>,
    #[command(flatten)]
    common: Common,
}

// The arguments of `mcp-host logout`.
#[derive(Args)]
pub(crate) struct LogoutArgs {
    /// The server, as the configuration names it.
    name: String,
    #[command(flatten)]
    common: Common,
}

impl LoginArgs {
    pub(crate) fn json(&self) -> bool {
        self.common.json()
    }
}

impl LogoutArgs {
    pub(crate) fn json(&self) -> bool {
        self.common.json()
    }
}

pub(crate) async fn login(args: &LoginArgs, progress: &Progress) -> Result<Exit, Failure> {
    let config = args.common.read_existing()?;
    let server = server(&config, &args.name)?;
    if args.no_keyring
        && let Some(logins) = super::dirs::logins()
    {
        mcp_bridge::keep_logins_in(logins, Keyring::Unused);
    }
    progress.wait_for(format!("looking for the login of {}", args.name));
    let request = LoginRequest::with_scopes(args.scope.clone());
    let begun = Login::begin(server, request).await;
    progress.clear();
    let login = begun.map_err(|error| failed(&args.name, error))?;
    let done = if login.needs_no_person() {
        login.client_credentials().await
    } else if args.device {
        confirm(login).await
    } else {
        browse(login, args.no_browser).await
    };
    let done = done.map_err(|error| failed(&args.name, error))?;
    report(&done, args.json()).await?;
    Ok(Exit::Finished)
}

pub(crate) async fn logout(args: &LogoutArgs) -> Result<Exit, Failure> {
    let config = args.common.read_existing()?;
    let server = server(&config, &args.name)?;
    let ended = mcp_bridge::logout(server)
        .await
        .map_err(|error| failed(&args.name, error))?;
    for note in ended.iter().flatten() {
        out::say("warning: ", &super::exit::hidden(note));
    }
    if args.json() {
        let value = json!({"server": args.name, "logged_out": ended.is_some(), "notes": ended.unwrap_or_default()});
        out::json(&value).await?;
    } else {
        let name = shown(&args.name);
        let text = match ended {
            Some(_) => format!("logged out of {name}\n"),
            None => format!("there was no login to {name}\n"),
        };
        out::page(&text).await?;
    }
    Ok(Exit::Finished)
}

fn server<'a>(config: &'a mcp_bridge::Config, name: &str) -> Result<&'a ServerConfig, Failure> {
    config
        .server(name)
        .map_err(|error| Failure::usage(error.into()))
}

/// Sends the browser to the authorization server, and waits until it comes back here, or until its address is pasted.
async fn browse(login: Login, no_browser: bool) -> Result<LoggedIn, LoginError> {
    let redirect = login.redirect().await?;
    let has_device_flow = login.has_device_flow();
    let authorize = login.authorize(&redirect).await?;
    let opened = !no_browser && open(authorize.url());
    let what = match opened {
        true => "log in in the browser; if none has opened, go to",
        false => "log in at",
    };
    out::say("", &format!("{what}:\n{}", authorize.url()));
    out::say(
        "",
        "then paste the address of the last page here, if that page does not load:",
    );
    if has_device_flow && !opened {
        out::say(
            "hint:  ",
            "`--device` asks for a code instead, which is confirmed elsewhere",
        );
    }
    let address = answer(&redirect, &authorize).await?;
    authorize.finish(&address).await
}

async fn answer(redirect: &Redirect, authorize: &Authorize) -> Result<String, LoginError> {
    let pasted = async {
        loop {
            // On a thread of its own: standard input may never end, and Ctrl-C must still work.
            let read = tokio::task::spawn_blocking(line).await;
            match read.ok().flatten() {
                Some(line) if authorize.is_answer(&line) => return line,
                Some(line) if line.trim().is_empty() => {}
                Some(_) => out::say(
                    "",
                    "that is not the address of this login: copy the whole line of the browser, from `http` on",
                ),
                // Nothing more can be pasted: the browser may still come.
                None => std::future::pending().await,
            }
        }
    };
    tokio::select! {
        arrived = authorize.wait(redirect) => arrived,
        pasted = pasted => Ok(pasted),
    }
}

/// One line of standard input. `None`: it has ended.
fn line() -> Option<String> {
    let mut line = String::new();
    let read = std::io::BufRead::read_line(
        &mut std::io::BufReader::with_capacity(1, std::io::stdin().lock().take(MAX_PASTED)),
        &mut line,
    );
    match read {
        Ok(0) | Err(_) => None,
        Ok(_) => Some(line),
    }
}

async fn confirm(login: Login) -> Result<LoggedIn, LoginError> {
    let device = login.device().await?;
    out::say(
        "",
        &format!(
            "confirm the code {} at:\n{}",
            device.user_code, device.address
        ),
    );
    device.wait().await
}

/// Opens the browser. `false`: this machine has none that is known.
fn open(url: &str) -> bool {
    let is_mac = cfg!(target_os = "macos");
    let has_screen = ["DISPLAY", "WAYLAND_DISPLAY", "BROWSER"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
    if !is_mac && !has_screen {
        return false;
    }
    let program = std::env::var_os("BROWSER").filter(|browser| !browser.is_empty());
    let program = program.unwrap_or_else(|| if is_mac { "open" } else { "xdg-open" }.into());
    // No shell reads the address, and it begins with `http`, so that it is no option.
    Command::new(program)
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .is_ok()
}

async fn report(done: &LoggedIn, as_json: bool) -> Result<(), Failure> {
    if as_json {
        return out::json(&json!({
            "server": done.server,
            "issuer": done.issuer,
            "scopes": done.scopes,
            "expires_in_s": done.lasts.map(|lasts| lasts.as_secs()),
            "renews": done.renews,
            "kept": done.kept,
        }))
        .await;
    }
    let scopes = match done.scopes.as_slice() {
        [] => "those that the authorization server gives by itself".to_owned(),
        scopes => scopes.join(", "),
    };
    let lasts = match (done.renews, done.lasts) {
        (true, _) => "until you log out, or the authorization server ends it".to_owned(),
        (false, Some(lasts)) => format!("for {}, then log in again", about(lasts)),
        (false, None) => "until the server refuses it".to_owned(),
    };
    let text = format!(
        "logged in to {} at {}\nscopes: {scopes}\ngood: {lasts}\nkept: {}\n",
        shown(&done.server),
        done.issuer,
        done.kept
    );
    out::page(&text).await
}

fn failed(name: &str, error: LoginError) -> Failure {
    let exit = match &error {
        LoginError::Config(_) | LoginError::NotOffered(_) | LoginError::Callback(_) => Exit::Usage,
        _ => Exit::Host,
    };
    let hint = match &error {
        LoginError::Transient(_) => Some("what was there before is kept: try again later"),
        _ => None,
    };
    let context = format!("login to server `{}`", shown(name));
    Failure::new(exit, anyhow::Error::new(error).context(context)).hint(hint)
}
