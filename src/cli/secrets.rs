//! The key or secret that requests prove themselves with: from a flag, the environment, a file or the store.
//!
//! Start with [`credentials`]. The invariant: what is found is hidden from the log before anything is sent.

use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use zeroize::Zeroizing;

use super::exit::{Code, Failure};
use super::keys::{self, KeyStore};
use super::log;
use super::places::Places;
use crate::client::{Credentials, GrantBody, TokenGrant};
use crate::config::{Auth, Origin, Settings, TokenBody};
use crate::tool_runner;

/// The service's own key variable, accepted for scripts and CI.
pub(super) const KEY_VARIABLE: &str = tool_runner::SECRETS[0];

pub(super) async fn credentials(
    settings: &Settings,
    places: &Places,
) -> Result<Credentials, Failure> {
    let secret = match settings.auth.value {
        Auth::None => Zeroizing::default(),
        Auth::ApiKey => api_key(settings, places).await?.0,
        Auth::ClientCredentials => match &settings.client_secret_file {
            Some(file) => read_secret(&places.expand(&file.value))?,
            None => stored(settings, places).await?.ok_or_else(|| {
                missing(
                    "client_secret_file is not given and `foretop auth login` has not stored a \
                     secret; a secret",
                )
            })?,
        },
    };
    with_secret(settings, secret)
}

fn missing(what: &str) -> Failure {
    Failure::usage(format!("auth is \"oauth\", but {what} is not set in the profile"))
}

/// What requests prove themselves with, by the settings and a key or a client's secret.
pub(super) fn with_secret(
    settings: &Settings,
    secret: Zeroizing<String>,
) -> Result<Credentials, Failure> {
    match settings.auth.value {
        Auth::None => Ok(Credentials::none()),
        Auth::ApiKey => {
            log::hide(&secret);
            Ok(Credentials::api_key(&secret)?)
        }
        Auth::ClientCredentials => {
            let client_id = settings.client_id.clone().ok_or_else(|| missing("client_id"))?;
            let token_url = settings.token_url.clone().ok_or_else(|| missing("token_url"))?;
            log::hide(&secret);
            let grant = TokenGrant {
                url: token_url.value,
                client_id: client_id.value,
                client_secret: secret,
                body: settings.token_body.as_ref().map(|body| match body.value {
                    TokenBody::Form => GrantBody::Form,
                    TokenBody::Json => GrantBody::Json,
                }),
                allow_http: settings.allow_http.value,
            };
            Ok(Credentials::oauth(grant)?)
        }
    }
}

/// The key, and where it was found.
pub(super) async fn api_key(
    settings: &Settings,
    places: &Places,
) -> Result<(Zeroizing<String>, String), Failure> {
    // What the environment has is for another service.
    if let (Some(_), Some(file)) = (&settings.serve, &settings.api_key_file) {
        return Ok((read_secret(&file.value)?, file.value.display().to_string()));
    }
    let by_flag = settings.api_key_file.as_ref();
    let by_flag = by_flag.filter(|file| matches!(file.origin, Origin::Flag(_)));
    let from_file = |path: &Path| {
        let path = places.expand(path);
        Ok((read_secret(&path)?, path.display().to_string()))
    };
    if let Some(file) = by_flag {
        return from_file(&file.value);
    }
    if let Ok(key) = std::env::var(KEY_VARIABLE)
        && !key.trim().is_empty()
    {
        return Ok((Zeroizing::new(key), KEY_VARIABLE.to_owned()));
    }
    if let Some(file) = &settings.api_key_file {
        return from_file(&file.value);
    }
    if let Some(key) = stored(settings, places).await? {
        return Ok((key, "foretop auth login".to_owned()));
    }
    Err(Failure::new(
        Code::Denied,
        format!(
            "no API key. `foretop auth login` stores one for a profile; --api-key-file FILE and \
             {KEY_VARIABLE} work too"
        ),
    ))
}

async fn stored(
    settings: &Settings,
    places: &Places,
) -> Result<Option<Zeroizing<String>>, Failure> {
    let Some(profile) = &settings.profile else { return Ok(None) };
    let Some(store) = keys::store_of(&places.credentials, &profile.value)? else { return Ok(None) };
    match store {
        KeyStore::File(secret) => Ok(Some(secret)),
        KeyStore::Keyring => keys::from_keyring(&profile.value).await.map(Some),
    }
}

/// Bytes that a key file may have: more is another file, or one without an end.
const MOST_OF_A_KEY: u64 = 64 * 1024;

/// A file that others can read is refused as the server refuses its own. Pipes, as of a shell's `<()`,
/// are nobody else's.
pub(super) fn read_secret(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let shown = path.display();
    let failed =
        |why: std::io::Error| Failure::usage(format!("cannot read the key file {shown}: {why}"));
    let file = std::fs::File::open(path).map_err(failed)?;
    let about = file.metadata().map_err(failed)?;
    if about.is_file() && about.permissions().mode() & 0o077 != 0 {
        return Err(Failure::usage(format!(
            "others can read the key file {shown}. Look who did, then: chmod 600 {shown}"
        )));
    }
    let mut text = Zeroizing::new(String::new());
    let read = file.take(MOST_OF_A_KEY).read_to_string(&mut text).map_err(failed)?;
    if read as u64 == MOST_OF_A_KEY {
        return Err(Failure::usage(format!("{shown} is no key file: it is too long")));
    }
    Ok(text)
}
