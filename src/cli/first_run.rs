//! The first minute: when it is shown, and what is done about what somebody wants there.
//!
//! Start with [`first_run`]. The invariant: whoever said by flag, variable or project what they want is asked
//! nothing.

use std::path::{Path, PathBuf};

use serde_json::json;
use zeroize::Zeroizing;

use super::auth::only_lacks_a_role;
use super::exit::Failure;
use super::global::Global;
use super::keys;
use super::new_profile::{NewProfile, obstacle};
use super::places::{Places, Salvaged};
use super::secrets::{KEY_VARIABLE, with_secret};
use super::serve;
use crate::api::NewAgent;
use crate::client::{AgentQuery, Client, ClientError, ClientOptions, Credentials};
use crate::config::{Auth, ConfigError, Flags, Origin, Settings};
use crate::runtime::Work;
use crate::server::{Options, Server};
use crate::view::first_run::{
    Answer, BY_KEY, BY_NOTHING, BY_OAUTH, FirstRun, Found, Made, ServiceDraft, Whereabouts, Wish,
};

/// Agents that are offered; more are written into the file.
const AGENTS: u32 = 100;
/// The agent of a server that begins with one.
const ONE_AGENT: &str = "rehearsal";
const SEED: u64 = 7;

/// Variables that say what is wanted.
const SAID: [&str; 4] = ["FORETOP_PROFILE", "FORETOP_URL", "FORETOP_AGENT", KEY_VARIABLE];

const KEY_IS_ASKED: &str = "it is asked for, checked and stored once; Esc leaves.";

fn whereabouts(places: &Places) -> Whereabouts {
    Whereabouts {
        config: places.shown(&places.config),
        credentials: places.shown(&places.credentials),
        data: places.shown(&places.data),
    }
}

/// What to show instead of sessions, if nothing says which.
pub(super) fn first_run(global: &Global, salvaged: &Salvaged, places: &Places) -> Option<FirstRun> {
    let is_set = |name: &&str| std::env::var(name).is_ok_and(|value| !value.trim().is_empty());
    let by_flag = global.profile.is_some()
        || global.url.is_some()
        || global.agent.is_some()
        || global.api_key_file.is_some();
    if by_flag || salvaged.of_project || SAID.iter().any(is_set) {
        return None;
    }
    let config = &salvaged.config;
    let new = |why: &str| {
        let profiles = config.profiles.iter().map(|(name, profile)| {
            let url = profile.url.as_ref().map(|url| url.value.clone());
            let serve = profile.serve.as_ref().map(|serve| places.shown(&serve.value));
            (name.clone(), url.or(serve).unwrap_or_else(|| "it has no url".to_owned()))
        });
        let first = FirstRun::new(why, whereabouts(places)).with_profiles(profiles.collect());
        let unwritable = obstacle(&places.config);
        FirstRun { remarks: salvaged.wrong.clone(), unwritable, ..first }
    };
    match config.resolve(&Flags::default(), |name| std::env::var(name).ok()) {
        Err(error @ ConfigError::UnknownProfile { origin: Origin::File(..), .. }) => {
            Some(new(&error.to_string()))
        }
        Err(_) => None,
        Ok(settings) if settings.url.is_none() && settings.serve.is_none() => {
            Some(new(if !salvaged.is_whole {
                "The configuration could not be read whole. What do you want to look at?"
            } else if config.profiles.is_empty() {
                "Nothing is configured yet. What do you want to look at?"
            } else {
                "None of the profiles is the default, which profile = \"NAME\" makes one. What do you \
                 want to look at?"
            }))
        }
        Ok(settings) => {
            let name = settings.profile.as_ref()?.value.clone();
            let auth = lacks_secret(&settings, places)?;
            Some(new(KEY_IS_ASKED).for_key(&name, auth))
        }
    }
}

/// The same for a profile that was chosen there: its key, if it has none.
pub(super) fn for_chosen(name: &str, salvaged: &Salvaged, places: &Places) -> Option<FirstRun> {
    let flags = Flags { profile: Some(name.to_owned()), ..Flags::default() };
    let settings = salvaged.config.resolve(&flags, |_| None).ok()?;
    let auth = lacks_secret(&settings, places)?;
    Some(FirstRun::new(KEY_IS_ASKED, whereabouts(places)).for_key(name, auth))
}

/// The way of proving oneself, where the profile names no file for the secret and none is stored.
fn lacks_secret(settings: &Settings, places: &Places) -> Option<&'static str> {
    let (file, word) = match settings.auth.value {
        Auth::ApiKey => (&settings.api_key_file, BY_KEY),
        Auth::ClientCredentials => (&settings.client_secret_file, BY_OAUTH),
        Auth::None => return None,
    };
    if settings.serve.is_some() || file.is_some() {
        return None;
    }
    let name = &settings.profile.as_ref()?.value;
    matches!(keys::store_of(&places.credentials, name), Ok(None)).then_some(word)
}

/// Does what is wanted, aside from the keyboard.
pub(super) fn work(places: &Places, wish: Wish) -> Work {
    let places = places.clone();
    Box::pin(async move {
        match wish {
            Wish::Check(draft) => {
                Answer::Checked(check(&places, &draft).await.map_err(|error| error.to_string()))
            }
            Wish::Save(draft, agents) => {
                Answer::Made(save(&places, &draft, agents).await.map_err(|error| error.to_string()))
            }
            Wish::Serve { name, directory, demo } => {
                let made = make_server(&places, name, &directory, demo).await;
                Answer::Made(made.map_err(|error| error.to_string()))
            }
        }
    })
}

fn new_profile(draft: &ServiceDraft, agents: Vec<String>) -> NewProfile {
    let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    NewProfile {
        name: draft.name.clone(),
        url: Some(draft.url.clone()),
        serve: None,
        auth: match draft.auth.as_str() {
            BY_OAUTH => Auth::ClientCredentials,
            BY_NOTHING => Auth::None,
            _ => Auth::ApiKey,
        },
        client_id: given(&draft.client_id),
        token_url: given(&draft.token_url),
        agents,
        read_only: draft.read_only,
    }
}

fn settings(places: &Places, draft: &ServiceDraft) -> Result<Settings, Failure> {
    if draft.is_there {
        let flags = Flags { profile: Some(draft.name.clone()), ..Flags::default() };
        return Ok(places.salvage_config().config.resolve(&flags, |_| None)?);
    }
    new_profile(draft, Vec::new()).add_to(&places.config)?.settings(&draft.name)
}

async fn check(places: &Places, draft: &ServiceDraft) -> Result<Found, Failure> {
    let settings = settings(places, draft)?;
    let client = client(&settings, draft.secret.reveal())?;
    let query = AgentQuery { limit: Some(AGENTS), ..AgentQuery::default() };
    let page = match client.list_agents(&query).await {
        Ok(page) => page,
        // A key without the role to list agents is a key.
        Err(error) if only_lacks_a_role(&error) => {
            let remark =
                "This key may not list agents; name them in the file (agents), or with --agent.";
            return Ok(Found { agents: Vec::new(), remark: Some(remark.to_owned()) });
        }
        Err(error @ ClientError::Api { status: 403, .. }) => {
            let advice = "If it is right and only may not list agents, `foretop auth login --no-test` \
                          stores it untried";
            return Err(told(error).with_advice(advice));
        }
        Err(error) => return Err(told(error)),
    };
    let remark = if page.page_key.as_ref().is_some_and(|key| !key.is_empty()) {
        Some(format!("These are the first {AGENTS}; others can be added in the file."))
    } else if page.items.is_empty() {
        Some("It has no agent yet.".to_owned())
    } else {
        None
    };
    let agents = page.items.into_iter().map(|agent| (agent.key.as_str().to_owned(), agent.name));
    Ok(Found { agents: agents.collect(), remark })
}

/// What the service said, with the id that its people ask for.
fn told(error: ClientError) -> Failure {
    let id = error.request_id().map(str::to_owned);
    let failure = Failure::from(error);
    match id {
        Some(id) if !failure.to_string().contains(&id) => {
            failure.with_advice(&format!("Request id {id}"))
        }
        _ => failure,
    }
}

/// A client by settings and a secret that is not stored yet.
fn client(settings: &Settings, secret: &str) -> Result<Client, Failure> {
    let url = settings.url.as_ref().map(|url| url.value.clone()).unwrap_or_default();
    let credentials = with_secret(settings, Zeroizing::new(secret.to_owned()))?;
    let options =
        ClientOptions { allow_http: settings.allow_http.value, ..ClientOptions::default() };
    Ok(Client::with(&url, credentials, options)?)
}

async fn save(places: &Places, draft: &ServiceDraft, agents: Vec<String>) -> Result<Made, Failure> {
    let profile = if draft.is_there {
        None
    } else {
        // Read and put together before anything is stored.
        Some(new_profile(draft, agents).add_to(&places.config)?)
    };
    let secret = draft.secret.reveal();
    let mut words = Vec::new();
    if !secret.is_empty() {
        let place = keys::keep(&places.credentials, &draft.name, secret).await?;
        words.push(format!("stored the key in {place}"));
    }
    if let Some(profile) = profile {
        if let Err(failure) = profile.write() {
            // No key is left behind for a profile that is not.
            let _ = keys::drop_key(&places.credentials, &draft.name).await;
            return Err(failure);
        }
        words.push(format!("wrote the profile into {}", places.shown(&places.config)));
    }
    Ok(Made { profile: draft.name.clone(), words: words.join(", ") })
}

async fn make_server(
    places: &Places,
    name: String,
    directory: &str,
    demo: bool,
) -> Result<Made, Failure> {
    let data = places.expand(Path::new(directory));
    let data = std::path::absolute(&data).unwrap_or(data);
    let written = if directory.starts_with("~/") { PathBuf::from(directory) } else { data.clone() };
    let profile = NewProfile { name: name.clone(), serve: Some(written), ..NewProfile::default() };
    let profile = profile.add_to(&places.config)?;
    if let Some(parent) = data.parent() {
        let failed = |error| Failure::usage(format!("cannot make {}: {error}", parent.display()));
        std::fs::create_dir_all(parent).map_err(failed)?;
    }
    let options = Options { demo_seed: demo.then_some(SEED), ..Options::new(&data) };
    let server = Server::start(options).await.map_err(|error| serve::failure(&error))?;
    let begun = if demo { Ok(()) } else { first_agent(&server).await };
    server.stop().await;
    begun?;
    profile.write()?;
    let (config, data) = (places.shown(&places.config), places.shown(&data));
    let words = format!("made a server in {data}, and a profile for it in {config}");
    Ok(Made { profile: name, words })
}

/// A server without any has one agent; one that is there is left as it is.
async fn first_agent(server: &Server) -> Result<(), Failure> {
    let credentials = Credentials::api_key(server.token().reveal())?;
    let client = Client::new(&server.url(), credentials)?;
    if !client.list_agents(&AgentQuery::default()).await?.items.is_empty() {
        return Ok(());
    }
    let agent: NewAgent = serde_json::from_value(json!({
        "key": ONE_AGENT, "name": "Rehearsal",
        "description": "Obeys commands in what you write; /help lists them",
    }))
    .map_err(|error| Failure::other(format!("the first agent: {error}")))?;
    client.create_agent(&agent).await?;
    Ok(())
}
