//! Opening the screen: on an embedded server, or on a service elsewhere.

use std::os::unix::fs::PermissionsExt as _;
use std::process::ExitCode;
use std::time::Duration;

use crate::api::Timestamp;
use crate::app::Action;
use crate::client::{Client, ClientError, Credentials};
use crate::keymap::{DEFAULT_TOML, Keymap};
use crate::model::{Model, Profile};
use crate::runtime::{self, Endings, Setup, TerminalConsole};
use crate::server::{Options, Server};
use crate::terminal;
use crate::theme::{Glyphs, Theme};

use super::exit::Failure;
use super::{ScreenArgs, serve};

/// The service's own key variable, accepted for scripts and CI.
const KEY_VARIABLE: &str = "VECTARA_API_KEY";
/// Requests a second that watching may cost a service that others use too, and our own server.
const SHARED_BUDGET: f64 = 4.0;
const OWN_BUDGET: f64 = 40.0;
/// Shortest time between frames, and the same over SSH.
const FRAME: Duration = Duration::from_millis(16);
const FRAME_OVER_SSH: Duration = Duration::from_millis(33);

/// What the screen is connected to, and what must live as long as it does.
struct Connection {
    client: Client,
    profile: Profile,
    server: Option<Server>,
    _directory: Option<tempfile::TempDir>,
}

pub(super) async fn run(arguments: ScreenArgs) -> Result<ExitCode, Failure> {
    terminal::check().map_err(|refusal| Failure::usage(refusal.to_string()))?;
    let keymap = Keymap::parse(DEFAULT_TOML, &Action::names())
        .map_err(|error| Failure::other(format!("the built-in keymap: {error}")))?;
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let term = std::env::var("TERM").unwrap_or_default();
    let mut theme = Theme::for_environment(is_set("NO_COLOR"), &term);
    theme.glyphs = if arguments.ascii {
        Glyphs::ASCII
    } else {
        Glyphs::for_environment(|name| std::env::var(name).ok())
    };
    let connection = if arguments.demo { demo(&arguments).await? } else { elsewhere(&arguments)? };
    let mut model = Model::new(Timestamp::now(), (80, 24));
    model.profile = connection.profile.clone();
    let over_ssh = is_set("SSH_CONNECTION") || is_set("SSH_TTY");
    let setup = Setup {
        client: connection.client.clone(),
        model,
        theme,
        keymap,
        requests_per_second: if arguments.demo { OWN_BUDGET } else { SHARED_BUDGET },
        frame_interval: if over_ssh { FRAME_OVER_SSH } else { FRAME },
        state: None,
    };
    let failed = |error: std::io::Error| Failure::other(format!("the terminal failed: {error}"));
    let mut endings = Endings::listen().map_err(failed)?;
    terminal::install_panic_hook();
    let mut console = TerminalConsole::open().map_err(failed)?;
    let outcome = runtime::run(&mut console, &mut endings, setup).await;
    drop(console);
    if let Some(server) = connection.server {
        server.stop().await;
    }
    outcome.map_err(failed)?;
    Ok(ExitCode::SUCCESS)
}

async fn demo(arguments: &ScreenArgs) -> Result<Connection, Failure> {
    let (data, directory) = if let Some(data) = &arguments.data {
        (data.clone(), None)
    } else {
        let made = tempfile::Builder::new()
            .prefix("foretop-demo-")
            .permissions(std::fs::Permissions::from_mode(0o700))
            .tempdir();
        let directory = made.map_err(|error| {
            Failure::other(format!("cannot make a temporary directory: {error}"))
        })?;
        (directory.path().to_owned(), Some(directory))
    };
    let options = Options { demo_seed: Some(arguments.seed), ..Options::new(data) };
    let server = Server::start(options).await.map_err(|error| serve::failure(&error))?;
    let credentials =
        Credentials::api_key(server.token().reveal()).map_err(|error| refused(&error))?;
    let client = Client::new(&server.url(), credentials).map_err(|error| refused(&error))?;
    let profile = Profile {
        name: "demo".to_owned(),
        url: server.url(),
        token_file: server.token_file().map(|path| path.display().to_string()),
        demo: true,
        ..Profile::default()
    };
    Ok(Connection { client, profile, server: Some(server), _directory: directory })
}

fn elsewhere(arguments: &ScreenArgs) -> Result<Connection, Failure> {
    let Some(url) = &arguments.url else {
        return Err(Failure::usage(
            "no service is given. `foretop --demo` shows everything on an embedded server; \
             --url URL with the key in VECTARA_API_KEY or --api-key-file connects to a service",
        ));
    };
    let credentials = Credentials::api_key(&key(arguments)?).map_err(|error| refused(&error))?;
    let client = Client::new(url, credentials).map_err(|error| refused(&error))?;
    let host = client.base().split("://").last().unwrap_or_default().to_owned();
    let profile = Profile {
        name: host,
        url: client.base().to_owned(),
        token_file: arguments.api_key_file.as_ref().map(|path| path.display().to_string()),
        ..Profile::default()
    };
    Ok(Connection { client, profile, server: None, _directory: None })
}

fn key(arguments: &ScreenArgs) -> Result<String, Failure> {
    if let Some(path) = &arguments.api_key_file {
        let text = std::fs::read_to_string(path).map_err(|error| {
            Failure::usage(format!("cannot read the key file {}: {error}", path.display()))
        })?;
        return Ok(text.trim().to_owned());
    }
    std::env::var(KEY_VARIABLE).map(|text| text.trim().to_owned()).map_err(|_| {
        Failure::usage(format!(
            "no API key. Put it in a file and name that with --api-key-file, or set {KEY_VARIABLE}"
        ))
    })
}

fn refused(error: &ClientError) -> Failure {
    Failure::usage(error.to_string())
}
