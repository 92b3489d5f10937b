//! The server of a profile with `serve`: this process serves the directory while nobody else does.
//!
//! Start with [`bring_up`]. The invariant: its own token goes to it, and no other key does.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use super::exit::Failure;
use super::places::Places;
use super::{model_file, serve};
use crate::config::{Auth, Setting, Settings};
use crate::server::store::OpenError;
use crate::server::{Options, Server, StartError, address};

/// Name of the file of the token, in the directory.
const TOKEN: &str = "token";
/// Who has just begun to serve says so in a moment, and who was just killed serves no more.
const TRIES: u32 = 20;
const BETWEEN: Duration = Duration::from_millis(100);

/// Says in the settings where the server of the profile is. What it gives must live as long as the
/// connection; nothing where there is none to start.
pub(super) async fn bring_up(
    settings: &mut Settings,
    places: &Places,
) -> Result<Option<Server>, Failure> {
    let Some(serve) = settings.serve.clone() else { return Ok(None) };
    let data = places.expand(&serve.value);
    let mut options = Options::new(&data);
    // Read whoever serves: what is wrong with it is to be known before it counts.
    if let Some(models) = &settings.models {
        model_file::load(&models.value, places).await?.give_to(&mut options);
    }
    let (url, server) = find_or_start(options).await?;
    settings.url = Some(Setting::new(url, serve.origin.clone()));
    settings.auth = Setting::new(Auth::ApiKey, serve.origin.clone());
    settings.api_key_file = Some(Setting::new(data.join(TOKEN), serve.origin));
    Ok(server)
}

async fn find_or_start(options: Options) -> Result<(String, Option<Server>), Failure> {
    let data = options.data.clone();
    for _ in 0..TRIES {
        match Box::pin(Server::start(options.clone())).await {
            Ok(server) => return Ok((server.url(), Some(server))),
            Err(StartError::Store(OpenError::Locked { .. })) => {}
            Err(error) => return Err(serve::failure(&error)),
        }
        if let Some(url) = running(&data).await {
            return Ok((url, None));
        }
        tokio::time::sleep(BETWEEN).await;
    }
    let shown = data.display();
    Err(Failure::other(format!(
        "another foretop serves {shown} and does not say where. End it, or start it again"
    )))
}

/// The server that serves the directory now, if it takes connections.
pub(super) async fn running(data: &Path) -> Option<String> {
    let at: SocketAddr = address::of(data)?;
    let connected = tokio::time::timeout(BETWEEN * 10, tokio::net::TcpStream::connect(at)).await;
    connected.ok()?.ok()?;
    Some(format!("http://{at}"))
}
