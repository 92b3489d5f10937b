//! `auth login`, `status`, `logout`: keys into safe keeping and out of it.

use std::io::{IsTerminal as _, Read as _};
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;
use zeroize::Zeroizing;

use super::appearance::is_ascii_by;
use super::connect::client;
use super::exit::{Code, Failure};
use super::global::Global;
use super::keys;
use super::local_server;
use super::model_file::account as account_of_model;
use super::new_profile::{Draft, NewProfile};
use super::output::{Output, SCHEMA_VERSION};
use super::places::Places;
use super::printer;
use super::secrets::{api_key, with_secret};
use crate::app::first_run::name_problem;
use crate::client::{AgentQuery, Client, ClientError, ClientOptions, Credentials};
use crate::config::{Auth, Settings};

#[derive(Debug, Subcommand)]
pub(super) enum AuthCommand {
    /// Store the key (or client secret) of a profile; asked for, or read from stdin. With --url it makes
    /// the profile
    Login(LoginArgs),
    /// Say which credential is used, and whether the service takes it
    Status,
    /// Forget the stored key of a profile, or of a model
    Logout(LogoutArgs),
}

#[derive(Debug, Args)]
pub(super) struct LoginArgs {
    /// Profile that the key is for; with --url, one that is made for it
    #[arg(value_name = "NAME")]
    account: Option<String>,
    /// Client whose secret it is, by its id: the profile is made with auth = "oauth"
    #[arg(long, value_name = "ID", requires = "account")]
    client_id: Option<String>,
    /// Where tokens come from, where the URL does not say
    #[arg(long, value_name = "URL", requires = "client_id")]
    token_url: Option<String>,
    /// Where to keep it
    #[arg(long, value_name = "PLACE", default_value = "auto")]
    store: Store,
    /// Stores it without trying it on the service first
    #[arg(long)]
    no_test: bool,
    /// The key of this model instead, for `key = "stored"` in the file of `foretop serve --models`
    #[arg(
        long,
        value_name = "NAME",
        conflicts_with_all = ["account", "client_id", "token_url", "no_test"]
    )]
    model: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct LogoutArgs {
    /// The key of this model instead
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
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
    let out = Output::new(&global).in_ascii(is_ascii_by(global.ascii));
    match command {
        AuthCommand::Login(LoginArgs { model: Some(model), store, .. }) => {
            login_model(model, *store, &global, &places, &out).await
        }
        AuthCommand::Login(arguments) => login(arguments, global, &places, &out).await,
        AuthCommand::Status => {
            let mut settings = global.settings(&places)?;
            let server = local_server::bring_up(&mut settings, &places).await?;
            let outcome = status(&global, &settings, &places, &out).await;
            drop(server);
            outcome
        }
        AuthCommand::Logout(LogoutArgs { model: Some(model) }) => {
            logout_model(model, &places, &out).await
        }
        AuthCommand::Logout(_) => logout(&global.settings(&places)?, &places, &out).await,
    }
}

fn profile(settings: &Settings) -> Result<&str, Failure> {
    settings.profile.as_ref().map(|profile| profile.value.as_str()).ok_or_else(|| {
        Failure::usage(
            "keys are stored for profiles, and none is given. `foretop auth login NAME` stores the key \
             of one, and with --url URL makes it",
        )
    })
}

/// The profile that a key is for.
struct Account {
    name: String,
    settings: Settings,
    /// The configuration as it will be, where the profile is new or has another address.
    draft: Option<Draft>,
}

async fn login(
    arguments: &LoginArgs,
    mut global: Global,
    places: &Places,
    out: &Output,
) -> Result<ExitCode, Failure> {
    match (&arguments.account, &global.profile) {
        (Some(name), Some(profile)) if name != profile => {
            return Err(Failure::usage(format!("{name} and --profile {profile} are two profiles")));
        }
        (Some(name), None) => global.profile = Some(name.clone()),
        _ => {}
    }
    let account = account(arguments, &global, places)?;
    let (name, settings) = (&account.name, &account.settings);
    if settings.serve.is_some() {
        return Err(Failure::usage(
            "this profile serves a directory, which has a token of its own",
        ));
    }
    let what = match settings.auth.value {
        Auth::ApiKey => "API key",
        Auth::ClientCredentials => "client secret",
        Auth::None => return Err(Failure::usage("this profile has auth = \"none\"")),
    };
    let secret = ask(what, name, &global)?;
    let secret = Zeroizing::new(secret.trim().to_owned());
    Credentials::api_key(&secret)?;
    // The secret of a profile that is there was never tried: its token endpoint may be out of reach.
    let is_tried = settings.auth.value == Auth::ApiKey || account.draft.is_some();
    if is_tried && !arguments.no_test {
        try_out(&client_of(&global, settings, &secret)?).await?;
    }
    let place = put(arguments.store, places, name, &secret).await?;
    let mut lines = vec![format!("stored the {what} of \"{name}\" in {place}")];
    let mut value = json!({"schema_version": SCHEMA_VERSION, "profile": name, "stored_in": place});
    if let Some(draft) = account.draft {
        draft.write()?;
        let path = places.config.display();
        lines.push(format!("wrote the profile \"{name}\" into {path}"));
        value["written_to"] = json!(places.config);
    }
    out.value(&value, lines)?;
    Ok(ExitCode::SUCCESS)
}

/// Stores a secret, and says where it is then.
async fn put(store: Store, places: &Places, name: &str, secret: &str) -> Result<String, Failure> {
    let credentials = &places.credentials;
    match store {
        Store::Auto => keys::keep(credentials, name, secret).await,
        Store::Keyring => {
            keys::to_keyring(name, secret).await?;
            keys::remember(credentials, name, None)?;
            Ok("the keyring".to_owned())
        }
        Store::File => {
            keys::remember(credentials, name, Some(secret))?;
            Ok(credentials.display().to_string())
        }
    }
}

/// Whether it is the right one `foretop serve --models FILE --check` finds out: the file, which says where
/// the provider is, need not be there yet.
async fn login_model(
    model: &str,
    store: Store,
    global: &Global,
    places: &Places,
    out: &Output,
) -> Result<ExitCode, Failure> {
    if global.url.is_some() || global.profile.is_some() {
        return Err(Failure::usage("--model is about no profile: leave out --url and --profile"));
    }
    // What the tool of the keyring is told stands on one line, in quotes.
    let fits = |c: char| !c.is_control() && !matches!(c, '"' | '\\');
    if model.trim().is_empty() || !model.chars().all(fits) {
        return Err(Failure::usage("a model's name has no quotes, backslashes or line breaks"));
    }
    let secret = ask("API key", model, global)?;
    let secret = Zeroizing::new(secret.trim().to_owned());
    Credentials::api_key(&secret)?;
    let place = put(store, places, &account_of_model(model), &secret).await?;
    let value = json!({"schema_version": SCHEMA_VERSION, "model": model, "stored_in": place});
    out.value(&value, [format!("stored the API key of the model \"{model}\" in {place}")])?;
    Ok(ExitCode::SUCCESS)
}

async fn logout_model(model: &str, places: &Places, out: &Output) -> Result<ExitCode, Failure> {
    let had = keys::drop_key(&places.credentials, &account_of_model(model)).await?;
    let value = json!({"schema_version": SCHEMA_VERSION, "model": model, "forgotten": had});
    let words = if had { "forgot the key of" } else { "no key was stored for" };
    out.value(&value, [format!("{words} the model \"{model}\"")])?;
    Ok(ExitCode::SUCCESS)
}

/// One that is configured, or with --url one that is made, once its key was taken.
fn account(arguments: &LoginArgs, global: &Global, places: &Places) -> Result<Account, Failure> {
    let Some(url) = &global.url else {
        if arguments.client_id.is_some() {
            return Err(Failure::usage("--client-id makes a profile, which wants --url, too"));
        }
        let settings = global.settings(places)?;
        return Ok(Account { name: profile(&settings)?.to_owned(), settings, draft: None });
    };
    let name = global.profile.clone().ok_or_else(|| {
        Failure::usage("the profile wants a name: foretop auth login NAME --url URL")
    })?;
    if let Some(problem) = name_problem(&name, &[]) {
        return Err(Failure::usage(format!("\"{name}\" is no name for a profile: {problem}")));
    }
    let there = places.read_config()?.profiles.remove(&name);
    let draft = match there {
        None => NewProfile {
            name: name.clone(),
            url: Some(url.clone()),
            auth: match arguments.client_id {
                Some(_) => Auth::ClientCredentials,
                None => Auth::ApiKey,
            },
            client_id: arguments.client_id.clone(),
            token_url: arguments.token_url.clone(),
            read_only: global.read_only,
            ..NewProfile::default()
        }
        .add_to(&places.config)?,
        Some(_) if arguments.client_id.is_some() => {
            let text =
                format!("there is a profile {name} already; change it with `foretop config edit`");
            return Err(Failure::new(Code::Conflict, text));
        }
        Some(there) => {
            let old = there.url.as_ref().map(|url| url.value.clone());
            if old.as_ref() == Some(url) {
                let global = Global { url: None, ..global.clone() };
                return Ok(Account { settings: global.settings(places)?, name, draft: None });
            }
            if !global.yes {
                let at = old.unwrap_or_else(|| "another place".to_owned());
                let text = format!(
                    "there is a profile {name} already, for {at}. Take another name, or add --yes to \
                     lead it to {url}"
                );
                return Err(Failure::new(Code::Conflict, text));
            }
            Draft::with_url(&places.config, &name, url)?
        }
    };
    Ok(Account { settings: draft.settings(&name)?, name, draft: Some(draft) })
}

fn client_of(global: &Global, settings: &Settings, secret: &str) -> Result<Client, Failure> {
    let url = settings.url.as_ref().map(|url| url.value.clone()).unwrap_or_default();
    let options = ClientOptions {
        allow_http: settings.allow_http.value,
        deadline: global.timeout,
        ..ClientOptions::default()
    };
    let credentials = with_secret(settings, Zeroizing::new(secret.to_owned()))?;
    Ok(Client::with(&url, credentials, options)?)
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
        Ok(_) => Ok(()),
        Err(error) if only_lacks_a_role(&error) => Ok(()),
        Err(error @ ClientError::Api { status: 403, .. }) => {
            let advice = "If it is right and only may not list agents, --no-test stores it untried";
            Err(Failure::from(error).with_advice(advice))
        }
        Err(error) => Err(error.into()),
    }
}

/// A 403 that names what is missing is about a key that is known; any other may be about one that is not.
pub(super) fn only_lacks_a_role(error: &ClientError) -> bool {
    let says = |text: &str| text.contains("PERMISSION_DENIED");
    error.status() == Some(403)
        && (says(&error.to_string()) || error.details().iter().any(|detail| says(detail)))
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
    let had = keys::drop_key(&places.credentials, profile).await?;
    let value = json!({"schema_version": SCHEMA_VERSION, "profile": profile, "forgotten": had});
    let words = if had { "forgot the key of" } else { "no key was stored for" };
    out.value(&value, [format!("{words} \"{profile}\"")])?;
    Ok(ExitCode::SUCCESS)
}
