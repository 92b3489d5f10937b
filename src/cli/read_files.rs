//! Every file that a run goes by: where it is, whether it is there, and what is wrong with it.
//!
//! Start with [`read_files`]. The invariant: what is said of one file keeps no other from being looked at.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::appearance::theme_files;
use super::config_file::read;
use super::exit::Failure;
use super::places::{Places, project_file};
use super::{keymap, keys, model_file, serve_tools, views};
use crate::config::{Config, Mistake, Settings};
use crate::server::models::file::FileError;

/// One of them.
pub(super) struct ReadFile {
    pub(super) what: &'static str,
    pub(super) path: PathBuf,
    pub(super) found: Found,
}

pub(super) enum Found {
    Absent,
    Fine,
    /// Something that is passed over, a line each.
    Unknown(Vec<String>),
    /// A line each.
    Wrong(Vec<String>),
}

impl Found {
    fn by(wrong: Vec<String>) -> Self {
        if wrong.is_empty() { Self::Fine } else { Self::Wrong(wrong) }
    }

    fn of(config: &Config) -> Self {
        let lines: Vec<String> = config.mistakes.iter().map(Mistake::to_string).collect();
        if config.is_damaged() {
            Self::Wrong(lines)
        } else if lines.is_empty() {
            Self::Fine
        } else {
            Self::Unknown(lines)
        }
    }

    /// With more that keeps nothing else from counting.
    fn and_passed_over(self, more: Vec<String>) -> Self {
        match self {
            Self::Fine if more.is_empty() => Self::Fine,
            Self::Fine | Self::Absent => Self::Unknown(more),
            Self::Unknown(lines) => Self::Unknown([lines, more].concat()),
            Self::Wrong(lines) => Self::Wrong([lines, more].concat()),
        }
    }

    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Absent => "not there",
            Self::Fine => "read",
            Self::Unknown(_) => "read, but not all of it",
            Self::Wrong(_) => "wrong",
        }
    }

    pub(super) fn lines(&self) -> &[String] {
        match self {
            Self::Absent | Self::Fine => &[],
            Self::Unknown(lines) | Self::Wrong(lines) => lines,
        }
    }
}

impl ReadFile {
    pub(super) fn to_json(&self) -> Value {
        json!({"what": self.what, "path": self.path, "found": self.found.word(),
               "problems": self.found.lines()})
    }

    pub(super) fn is_wrong(&self) -> bool {
        matches!(self.found, Found::Wrong(_))
    }
}

/// In the order in which they count.
pub(super) fn read_files(places: &Places, settings: Option<&Settings>) -> Vec<ReadFile> {
    let mut files = Vec::new();
    let mut add = |what, path: &Path, found| {
        files.push(ReadFile { what, path: path.to_owned(), found });
    };
    let config = &places.config;
    let own = keymap::keys().map(|keys| keys.mistakes).unwrap_or_default();
    let of_own = |path: &Path| -> Vec<String> {
        own.iter().filter(|mistake| mistake.path == path).map(Mistake::to_string).collect()
    };
    let of_config = |text: &str| {
        let commands = of_own(config);
        Found::of(&Config::salvage(config, text)).and_passed_over(commands)
    };
    add("config", config, of_text(read(config), of_config));
    match project_file() {
        Ok(None) => {}
        Ok(Some((path, text))) => {
            add("project", &path, Found::of(&Config::salvage_project(&path, &text)));
        }
        Err(failure) => {
            add("project", Path::new(crate::config::PROJECT_FILE), wrong(&failure));
        }
    }
    let path = places.views();
    add("views", &path, of_text(read(&path), |_| Found::by(views::views(places).1)));
    let path = places.keys();
    let found = of_text(read(&path), |_| Found::Fine.and_passed_over(of_own(&path)));
    add("keys", &path, found);
    for (path, wrong) in theme_files(places) {
        add("theme", &path, Found::by(wrong));
    }
    let found = match keys::store_of(&places.credentials, "") {
        Err(failure) => wrong(&failure),
        Ok(_) if places.credentials.exists() => Found::Fine,
        Ok(_) => Found::Absent,
    };
    add("credentials", &places.credentials, found);
    let Some(settings) = settings else { return files };
    if let Some(rules) = &settings.rules {
        let path = places.expand(&rules.value);
        let found = match serve_tools::rules(places, &rules.value) {
            Ok(_) => Found::Fine,
            Err(failure) => wrong(&failure),
        };
        add("rules", &path, found);
    }
    if let Some(models) = &settings.models {
        let path = places.expand(&models.value);
        let found = Found::by(
            model_file::read(&path).err().map(|FileError(lines)| lines).unwrap_or_default(),
        );
        add("models", &path, found);
    }
    let secrets = [("key", &settings.api_key_file), ("secret", &settings.client_secret_file)];
    for (what, file) in secrets {
        if let Some(file) = file {
            let path = places.expand(&file.value);
            let found = match super::secrets::read_secret(&path) {
                Ok(_) => Found::Fine,
                Err(failure) => wrong(&failure),
            };
            add(what, &path, found);
        }
    }
    files
}

fn wrong(failure: &Failure) -> Found {
    Found::Wrong(failure.lines().to_vec())
}

fn of_text(text: Result<Option<String>, Failure>, look: impl FnOnce(&str) -> Found) -> Found {
    match text {
        Ok(Some(text)) => look(&text),
        Ok(None) => Found::Absent,
        Err(failure) => wrong(&failure),
    }
}
