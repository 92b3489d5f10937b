//! A profile that is added to the configuration, with a comment behind each of its lines.
//!
//! Owns how it is written: behind what is there, of which no byte changes but the address of a profile
//! whose address is to change. Start with [`NewProfile::add_to`]. The invariant: a file that is not
//! understood is not written, and what is written has been read first.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use toml::de::DeTable;

use super::config_file::{self, read};
use super::exit::Failure;
use crate::config::known::{Place, SETTINGS};
use crate::config::{Auth, Config, Flags, Settings};

/// Column of the comments.
const COMMENTS: usize = 40;

#[derive(Debug, Clone, Default)]
pub(super) struct NewProfile {
    pub(super) name: String,
    pub(super) url: Option<String>,
    /// A directory instead.
    pub(super) serve: Option<PathBuf>,
    pub(super) auth: Auth,
    pub(super) client_id: Option<String>,
    pub(super) token_url: Option<String>,
    /// All where there are none.
    pub(super) agents: Vec<String>,
    pub(super) read_only: bool,
}

/// A configuration as it will be.
#[derive(Debug)]
pub(super) struct Draft {
    path: PathBuf,
    text: String,
    config: Config,
}

/// Why nothing can be added to the file, if so.
pub(super) fn obstacle(path: &Path) -> Option<String> {
    let text = match read(path) {
        Ok(text) => text.unwrap_or_default(),
        Err(failure) => return Some(failure.to_string()),
    };
    let error = Config::parse(path, &text).err()?;
    let first = error.to_string();
    let first = first.lines().next().unwrap_or_default();
    Some(format!("{first}. Mend that first, so that nothing in the file is lost"))
}

impl NewProfile {
    /// The file with this profile behind all that it has.
    pub(super) fn add_to(&self, path: &Path) -> Result<Draft, Failure> {
        if let Some(why) = obstacle(path) {
            return Err(Failure::usage(why));
        }
        let mut text = read(path)?.unwrap_or_default();
        let before = Config::parse(path, &text)?;
        if before.profiles.contains_key(&self.name) {
            let (name, path) = (&self.name, path.display());
            return Err(Failure::usage(format!("there is a profile {name} in {path} already")));
        }
        if text.is_empty() {
            text.push_str(
                "# foretop's configuration. `foretop config check` reads it, `foretop config schema` \
                 describes it.\n# Keys are kept elsewhere: `foretop auth login` stores the one of a \
                 profile.\n",
            );
        } else if !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(&self.block());
        Draft::read(path, text, &before, &self.name).map_err(|why| {
            let block = self.block();
            Failure::usage(format!(
                "{} has its profiles in a form that nothing can be put behind ({why}). Add them by \
                 hand: {}",
                path.display(),
                block.trim().replace('\n', " ⏎ ")
            ))
        })
    }

    fn block(&self) -> String {
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let mut lines = Vec::new();
        if let Some(url) = &self.url {
            lines.push(("url", quoted(url)));
        }
        if let Some(serve) = &self.serve {
            lines.push(("serve", quoted(&serve.display().to_string())));
        }
        if self.auth != Auth::ApiKey {
            let word = Auth::WORDS.iter().find(|(_, auth)| *auth == self.auth);
            lines.push(("auth", quoted(word.map_or("", |(word, _)| *word))));
        }
        for (name, text) in [("client_id", &self.client_id), ("token_url", &self.token_url)] {
            if let Some(text) = text {
                lines.push((name, quoted(text)));
            }
        }
        if !self.agents.is_empty() {
            let agents = self.agents.iter().map(|agent| quoted(agent)).collect::<Vec<_>>();
            lines.push(("agents", format!("[{}]", agents.join(", "))));
        }
        if self.read_only {
            lines.push(("read_only", "true".to_owned()));
        }
        let mut out = format!("\n[profiles.{}]\n", self.name);
        for (name, value) in lines {
            let known = SETTINGS.iter().find(|row| row.place == Place::Profile && row.name == name);
            let about = known.map_or("", |known| known.about);
            let line = format!("{name} = {value}");
            let _ = writeln!(out, "{line:<COMMENTS$}# {about}");
        }
        out
    }
}

impl Draft {
    fn read(path: &Path, text: String, before: &Config, name: &str) -> Result<Self, String> {
        let config = Config::parse(path, &text).map_err(|error| error.to_string())?;
        let kept = before.profiles.keys().all(|name| config.profiles.contains_key(name));
        if !kept || !config.profiles.contains_key(name) {
            return Err("not every profile would be there".to_owned());
        }
        Ok(Self { path: path.to_owned(), text, config })
    }

    /// The file with another address for a profile that it has.
    pub(super) fn with_url(path: &Path, name: &str, url: &str) -> Result<Self, Failure> {
        let mut text = read(path)?.unwrap_or_default();
        let before = Config::parse(path, &text)?;
        let span = DeTable::parse(&text).ok().and_then(|table| {
            let profiles = table.get_ref().get("profiles")?.get_ref().as_table()?;
            Some(profiles.get(name)?.get_ref().as_table()?.get("url")?.span())
        });
        let path_shown = path.display();
        let failed = |why: &str| Failure::usage(format!("{path_shown}: {why}"));
        let span = span.ok_or_else(|| failed("the profile has no url to change"))?;
        text.replace_range(span, &toml::Value::String(url.to_owned()).to_string());
        Self::read(path, text, &before, name).map_err(|why| failed(&why))
    }

    /// What a run with this profile would go by.
    pub(super) fn settings(&self, name: &str) -> Result<Settings, Failure> {
        let flags = Flags { profile: Some(name.to_owned()), ..Flags::default() };
        Ok(self.config.resolve(&flags, |_| None)?)
    }

    pub(super) fn write(&self) -> Result<(), Failure> {
        config_file::write(&self.path, &self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    fn profile(name: &str) -> NewProfile {
        let url = Some("https://a.example".to_owned());
        NewProfile { name: name.to_owned(), url, ..NewProfile::default() }
    }

    #[test]
    fn what_is_there_stays_byte_for_byte_and_the_file_is_private_when_new() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/config.toml");
        let one = NewProfile {
            agents: vec!["a\"b".to_owned(), "c".to_owned()],
            read_only: true,
            ..profile("one")
        };
        one.add_to(&path).unwrap().write().unwrap();
        let first = fs::read_to_string(&path).unwrap();
        assert!(
            first.contains("[profiles.one]\nurl = \"https://a.example\"") && first.contains("# ")
        );
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        let mine = format!("{first}# mine, without an end of line");
        fs::write(&path, &mine).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let link = dir.path().join("link.toml");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        profile("two").add_to(&link).unwrap().write().unwrap();
        let both = fs::read_to_string(&path).unwrap();
        assert!(both.starts_with(&mine) && link.is_symlink());
        assert_eq!(mode(&path), 0o644);
        let config = Config::parse(&path, &both).unwrap();
        assert_eq!(config.profiles["one"].agents.as_ref().unwrap().value, ["a\"b", "c"]);
        assert!(config.mistakes.is_empty());
        assert!(profile("two").add_to(&path).unwrap_err().to_string().contains("already"));
    }

    #[test]
    fn a_file_that_is_not_understood_or_cannot_be_added_to_is_left_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        for text in
            ["profile = ", "[profiles.a]\nurl = 3\n", "profiles = { a = { url = \"x\" } }\n"]
        {
            fs::write(&path, text).unwrap();
            let refused = profile("b").add_to(&path).unwrap_err().to_string();
            assert!(refused.contains("config.toml"), "{refused}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        fs::write(&path, "profile = \"x").unwrap();
        let told = obstacle(&path).unwrap();
        assert!(told.contains(":1: ") && told.ends_with("nothing in the file is lost"), "{told}");
    }

    #[test]
    fn an_address_changes_in_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        fs::write(&path, "[profiles.a] # mine\nurl = 'http://old'   # here\n").unwrap();
        Draft::with_url(&path, "a", "https://new").unwrap().write().unwrap();
        let now = fs::read_to_string(&path).unwrap();
        assert_eq!(now, "[profiles.a] # mine\nurl = \"https://new\"   # here\n");
        assert!(Draft::with_url(&path, "b", "https://new").is_err());
    }
}
