//! From `models.toml` to models that can be asked: fetches the keys that the file only names.
//!
//! Start with [`load`]. The invariant: a key goes into the model that it is for and into the list of what
//! the log must not say, and nowhere else; what is told of it is where it was.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use zeroize::Zeroizing;

use super::exit::Failure;
use super::keys::{self, KeyStore};
use super::log;
use super::places::Places;
use super::secrets::read_secret;
use crate::server::Options;
use crate::server::models::file::{self, Entry, File, FileError, KeyPlace};
use crate::server::models::{Key, ModelSettings, Models};
use crate::server::tools::{self, Tools};
use crate::text::sanitize;

/// What a file says, with its keys.
pub(super) struct Loaded {
    pub(super) path: PathBuf,
    pub(super) models: Arc<Models>,
    pub(super) tools: Arc<Tools>,
    /// By name, where its key is from.
    pub(super) keys: Vec<(String, String)>,
}

impl Loaded {
    pub(super) fn give_to(&self, options: &mut Options) {
        options.models = Arc::clone(&self.models);
        options.tools = Arc::clone(&self.tools);
    }

    /// What agents call them.
    pub(super) fn names(&self) -> Vec<String> {
        let names = self.models.iter().map(|model| sanitize::one_line(&model.settings().name));
        names.map(Into::into).collect()
    }
}

impl From<FileError> for Failure {
    fn from(FileError(lines): FileError) -> Self {
        Self::mistakes(lines)
    }
}

/// The name under which a model's key is kept; no profile can have it.
pub(super) fn account(model: &str) -> String {
    format!("model:{model}")
}

/// What the file says; all that is wrong with it is told at once.
pub(super) fn read(path: &Path) -> Result<(File, Tools), FileError> {
    let base = path.parent().unwrap_or(Path::new("."));
    file::load(path, |reader, table| tools::file::read(reader, table, base))
}

/// Reads the file and fetches its keys. All that is wrong is told at once.
pub(super) async fn load(path: &Path, places: &Places) -> Result<Loaded, Failure> {
    let path = places.expand(path);
    let (file, tools) = read(&path)?;
    let (mut settings, mut keys, mut wrong) = (Vec::new(), Vec::new(), Vec::new());
    for entry in file.models {
        let (name, line) = (entry.settings.name.clone(), entry.line);
        match with_key(entry, places).await {
            Ok((model, place)) => {
                settings.push(model);
                keys.push((name, place));
            }
            Err(why) => {
                let (path, name) = (path.display(), sanitize::preview(&name, 60));
                wrong.push(format!("{path}:{line}: the model \"{name}\": {why}"));
            }
        }
    }
    if !wrong.is_empty() {
        return Err(Failure::mistakes(wrong));
    }
    let models = Models::new(settings).map_err(|error| Failure::usage(error.to_string()))?;
    let models = Arc::new(models.limited(file.limits));
    Ok(Loaded { path, models, tools: Arc::new(tools), keys })
}

/// The settings with their key, and where that was.
async fn with_key(
    Entry { mut settings, key, .. }: Entry,
    places: &Places,
) -> Result<(ModelSettings, String), String> {
    let (secret, place) = match key {
        KeyPlace::Nowhere => return Ok((settings, "none is sent".to_owned())),
        KeyPlace::Variable(name) => of_variable(&name)?,
        KeyPlace::File(path) => {
            let path = places.expand(&path);
            let secret = read_secret(&path).map_err(|failure| failure.to_string())?;
            (secret, path.display().to_string())
        }
        KeyPlace::Stored => of_store(&settings.name, places).await?,
    };
    let text = secret.trim();
    // As a header takes it.
    if text.is_empty() || !text.chars().all(|c| c.is_ascii_graphic()) {
        return Err(format!("what {place} has is no key: a key is one word in ASCII"));
    }
    log::hide(text);
    settings.key = Some(Key::new(text));
    Ok((settings, place))
}

fn of_variable(name: &str) -> Result<(Zeroizing<String>, String), String> {
    match std::env::var(name).map(Zeroizing::new) {
        Ok(text) if !text.trim().is_empty() => Ok((text, format!("the variable {name}"))),
        // What is written in small letters may be the key itself.
        _ if name.chars().any(|c| c.is_ascii_lowercase()) => {
            Err("the variable that key_env names is not set. Export it, or use key_file".to_owned())
        }
        _ => Err(format!("the variable {name} is not set. Export it, or use key_file")),
    }
}

async fn of_store(model: &str, places: &Places) -> Result<(Zeroizing<String>, String), String> {
    let account = account(model);
    let told = |failure: Failure| failure.to_string();
    let secret = match keys::store_of(&places.credentials, &account).map_err(told)? {
        None => {
            let model = sanitize::preview(model, 60);
            return Err(format!(
                "no key is stored; `foretop auth login --model {model}` does that"
            ));
        }
        Some(KeyStore::File(secret)) => secret,
        Some(KeyStore::Keyring) => keys::from_keyring(&account).await.map_err(told)?,
    };
    Ok((secret, "foretop auth login".to_owned()))
}
