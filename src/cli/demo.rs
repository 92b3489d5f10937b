//! The demo: a server in this process with a small world of agents.
//!
//! Owns how it is started, and which flags and files have a say there: those that tell how the screen is and
//! what may be done, and none that tell of another service. Start with [`begin`], then [`context`]. The
//! invariant: a flag that would mean nothing in the demo is refused, and never passed over.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::ScreenArgs;
use super::connect::{Context, gate};
use super::exit::Failure;
use super::global::Global;
use super::places::Places;
use super::{model_file, serve};
use crate::client::{Client, ClientError, ClientOptions, Credentials, Gate};
use crate::server::lasting::Lasting;
use crate::server::{Options, Server};

/// A server in this process, and the directory that goes with it.
pub(super) struct Embedded {
    pub(super) server: Server,
    pub(super) directory: Option<tempfile::TempDir>,
}

/// A demo on its way; it goes on beside whoever waits for it.
pub(super) struct Starting(JoinHandle<Result<Embedded, Failure>>);

impl Starting {
    pub(super) async fn ready(self) -> Result<Embedded, Failure> {
        let broken = |error| Failure::other(format!("the demo did not start: {error}"));
        self.0.await.map_err(broken)?
    }
}

/// Starts the demo.
pub(super) fn begin(arguments: &ScreenArgs) -> Starting {
    let (data, seed, models) = (arguments.data.clone(), arguments.seed, arguments.models.clone());
    Starting(tokio::spawn(embed(data, seed, models)))
}

async fn embed(
    data: Option<PathBuf>,
    seed: u64,
    models: Option<PathBuf>,
) -> Result<Embedded, Failure> {
    let (data, directory) = if let Some(data) = data {
        (data, None)
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
    let lasting = match directory {
        None => Lasting::ForGood,
        Some(_) => Lasting::WithTheProcess,
    };
    let mut options = Options { demo_seed: Some(seed), lasting, ..Options::new(data) };
    if let Some(models) = &models {
        model_file::load(models, &Places::find()?).await?.give_to(&mut options);
    }
    let server = Server::start(options).await.map_err(|error| serve::failure(&error))?;
    Ok(Embedded { server, directory })
}

/// What is done there goes by, and what is wrong with the files that have a say, a line each.
pub(super) fn context(
    server: &Server,
    global: Global,
    keeps: bool,
) -> Result<(Context, Vec<String>), Failure> {
    let client = client_of(server, gate(&global, global.read_only), global.timeout)?;
    Context::of_demo(client, global, keeps)
}

/// Flags of another service, where they were given behind a command, too.
pub(super) fn refuse_elsewhere(global: &Global) -> Result<(), Failure> {
    let given = [
        ("--profile", global.profile.is_some()),
        ("--url", global.url.is_some()),
        ("--api-key-file", global.api_key_file.is_some()),
    ];
    match given.into_iter().find(|(_, given)| *given) {
        Some((flag, _)) => Err(Failure::usage(format!(
            "--demo brings a server of its own, and {flag} is for another one; leave one of them out"
        ))),
        None => Ok(()),
    }
}

/// A client of an embedded server, as its owner.
fn client_of(server: &Server, gate: Gate, deadline: Option<Duration>) -> Result<Client, Failure> {
    let refused = |error: ClientError| Failure::usage(error.to_string());
    let credentials = Credentials::api_key(server.token().reveal()).map_err(refused)?;
    let options = ClientOptions { gate, deadline, ..ClientOptions::default() };
    Client::with(&server.url(), credentials, options).map_err(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tells_of_another_service_is_refused_by_its_flag() {
        assert!(refuse_elsewhere(&Global { read_only: true, ..Global::default() }).is_ok());
        let global = Global { profile: Some("prod".to_owned()), ..Global::default() };
        let told = refuse_elsewhere(&global).unwrap_err().to_string();
        assert!(told.contains("--profile is for another one"), "{told}");
    }
}
