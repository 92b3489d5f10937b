//! `auth login`, `status`, `logout`: keys into safe keeping and out of it.

use std::io::{IsTerminal as _, Read as _};
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;
use zeroize::Zeroizing;

use super::appearance::is_ascii_by;
use super::connect::{Places, api_key, client};
use super::exit::{Code, Failure};
use super::global::Global;
use super::keys;
use super::output::{Output, SCHEMA_VERSION};
use super::printer;
use crate::client::{AgentQuery, Client, ClientError, ClientOptions, Credentials};
use crate::config::{Auth, Settings};

#[derive(Debug, Subcommand)]
pub(super) enum AuthCommand {
    /// Store the key (or client secret) of a profile; asked for, or read from stdin
    Login(LoginArgs),
    /// Say which credential is used, and whether the service takes it
    Status,
    /// Forget the stored key of a profile
    Logout,
}

#[derive(Debug, Args)]
pub(super) struct LoginArgs {
    /// Where to keep it
    #[arg(long, value_name = "PLACE", default_value = "auto")]
    store: Store,
    /// Stores it without trying it on the service first
    #[arg(long)]
    no_test: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Store {
    /// The keyring, or a file where there is none
    Auto,
    Keyring,
    /// A file that only you can read
    File,
}

pub(super) async fn run(command: &AuthCommand, global: Global) -> Result<ExitCode, Failure> {
    let places = Places::find()?;
    let settings = global.settings(&places)?;
    let out = Output::new(&global).in_ascii(is_ascii_by(global.ascii));
    match command {
        AuthCommand::Login(arguments) => login(arguments, &global, &settings, &places, &out).await,
        AuthCommand::Status => status(&global, &settings, &places, &out).await,
        AuthCommand::Logout => logout(&settings, &places, &out).await,
    }
}

fn profile(settings: &Settings) -> Result<&str, Failure> {
    settings.profile.as_ref().map(|profile| profile.value.as_str()).ok_or_else(|| {
        Failure::usage(
            "keys are stored for profiles, and none is configured. `foretop config edit` makes one",
        )
    })
}

async fn login(
    arguments: &LoginArgs,
    global: &Global,
    settings: &Settings,
    places: &Places,
    out: &Output,
) -> Result<ExitCode, Failure> {
    let profile = profile(settings)?;
    let what = match settings.auth.value {
        Auth::ApiKey => "API key",
        Auth::ClientCredentials => "client secret",
        Auth::None => return Err(Failure::usage("this profile has auth = \"none\"")),
    };
    let secret = ask(what, profile, global)?;
    let secret = Zeroizing::new(secret.trim().to_owned());
    let credentials = Credentials::api_key(&secret)?;
    if settings.auth.value == Auth::ApiKey && !arguments.no_test {
        let url = settings.url.as_ref().map(|url| url.value.clone()).unwrap_or_default();
        let options = ClientOptions {
            allow_http: settings.allow_http.value,
            deadline: global.timeout,
            ..ClientOptions::default()
        };
        try_out(&Client::with(&url, credentials, options)?).await?;
    }
    let in_keyring = match arguments.store {
        Store::File => false,
        Store::Keyring => {
            keys::to_keyring(profile, &secret).await?;
            true
        }
        Store::Auto => keys::to_keyring(profile, &secret).await.is_ok(),
    };
    keys::remember(&places.credentials, profile, (!in_keyring).then_some(secret.as_str()))?;
    let place = if in_keyring {
        "the keyring".to_owned()
    } else {
        places.credentials.display().to_string()
    };
    let value = json!({"schema_version": SCHEMA_VERSION, "profile": profile, "stored_in": place});
    out.value(&value, [format!("stored the {what} of \"{profile}\" in {place}")])?;
    Ok(ExitCode::SUCCESS)
}

/// Typed without being shown, or piped in.
fn ask(what: &str, profile: &str, global: &Global) -> Result<Zeroizing<String>, Failure> {
    if std::io::stdin().is_terminal() {
        if global.no_input {
            return Err(Failure::usage(format!("pipe the {what} in, or drop --no-input")));
        }
        let prompt = format!("{what} for \"{profile}\" (not shown): ");
        return printer::ask_hidden(&prompt)
            .map(Zeroizing::new)
            .map_err(|error| Failure::usage(format!("cannot ask for the {what}: {error}")));
    }
    let mut text = Zeroizing::new(String::new());
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| Failure::usage(format!("cannot read the {what} from stdin: {error}")))?;
    Ok(text)
}

/// Any answer that shows who we are will do: a key without the role to list agents is a key.
async fn try_out(client: &Client) -> Result<(), Failure> {
    let query = AgentQuery { limit: Some(1), ..AgentQuery::default() };
    match client.list_agents(&query).await {
        Ok(_) | Err(ClientError::Api { status: 403, .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

async fn status(
    global: &Global,
    settings: &Settings,
    places: &Places,
    out: &Output,
) -> Result<ExitCode, Failure> {
    let source = match settings.auth.value {
        Auth::None => "none is sent".to_owned(),
        Auth::ApiKey => format!("API key from {}", api_key(settings, places).await?.1),
        Auth::ClientCredentials => "client credentials".to_owned(),
    };
    let client = client(global, settings, places).await?;
    let query = AgentQuery { limit: Some(1), ..AgentQuery::default() };
    let (taken, words) = match client.list_agents(&query).await {
        Ok(_) => (true, "the service takes it".to_owned()),
        Err(error) => (false, error.to_string()),
    };
    let value = json!({"schema_version": SCHEMA_VERSION, "credential": source, "taken": taken,
                       "url": client.base(), "message": words});
    out.value(&value, [source.clone(), format!("{}: {words}", client.base())])?;
    Ok(if taken { ExitCode::SUCCESS } else { Code::Denied.into() })
}

async fn logout(settings: &Settings, places: &Places, out: &Output) -> Result<ExitCode, Failure> {
    let profile = profile(settings)?;
    if let Some(keys::KeyStore::Keyring) = keys::store_of(&places.credentials, profile)? {
        keys::clear_keyring(profile).await?;
    }
    let had = keys::forget(&places.credentials, profile)?;
    let value = json!({"schema_version": SCHEMA_VERSION, "profile": profile, "forgotten": had});
    let words = if had { "forgot the key of" } else { "no key was stored for" };
    out.value(&value, [format!("{words} \"{profile}\"")])?;
    Ok(ExitCode::SUCCESS)
}
