//! Configuration in layers: built-in, then the user's file, the project's file, the environment,
//! the flags; each later layer wins, and every value knows where it came from.
//!
//! Owns what the files may say and how mistakes in them are told. Reads no file and no environment
//! itself: texts and a lookup function come in, so that tests need neither. Start with
//! [`Config::parse`], then [`Config::resolve`]. The invariant: no secret is ever a value here; a
//! profile names where its key is kept, and a key found in a file is refused without being shown.

mod commands;
mod file;
mod keys;
pub mod known;
mod origin;
mod profile;
mod resolve;
pub mod rules;
mod schema;
mod table;
#[cfg(test)]
mod tests;
mod tools;
mod views;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

pub use commands::CommandText;
pub use keys::{KeyText, KeysText, parse as parse_keys};
pub use origin::{Origin, Setting};
pub use profile::{Auth, Badge, Profile, TokenBody};
pub use resolve::{Clipboard, Flags, Glyphs, Mouse, Notify, PROJECT_FILE, Settings};
pub use schema::schema;
pub use views::parse as parse_views;

use crate::tools::ToolCommand;

/// What the list of sessions can have beside the name.
pub const LIST_COLUMNS: [&str; 6] = ["key", "agent", "state", "expiry", "age", "context"];

/// What the files say, merged. Values of the environment and of flags come with
/// [`Config::resolve`].
#[derive(Debug, Clone, Default)]
pub struct Config {
    pub profiles: BTreeMap<String, Profile>,
    /// The profile that is used when none is named.
    pub profile: Option<Setting<String>>,
    /// The agent that commands are about when none is named.
    pub agent: Option<Setting<String>>,
    pub glyphs: Option<Setting<Glyphs>>,
    /// Columns that the terminal takes for characters of ambiguous width: 1 or 2.
    pub ambiguous_width: Option<Setting<u8>>,
    /// Line by line instead of the screen.
    pub plain: Option<Setting<bool>>,
    /// On a dark background, and on a light one.
    pub theme: Option<Setting<ThemeNames>>,
    pub notify: Option<Setting<Notify>>,
    pub clipboard: Option<Setting<Clipboard>>,
    pub mouse: Option<Setting<Mouse>>,
    /// Rows of one notch of the wheel.
    pub wheel_lines: Option<Setting<u8>>,
    /// Whether the title of the window is set.
    pub title: Option<Setting<bool>>,
    /// Of the list of sessions, beside the name.
    pub columns: Option<Setting<Vec<String>>>,
    /// Files of more bytes are fetched after a question.
    pub ask_above: Option<Setting<u64>>,
    /// Bytes of fetched files that are kept in memory.
    pub artifact_cache: Option<Setting<u64>>,
    /// Bytes of one reply, for profiles that name none.
    pub reply_limit: Option<Setting<u64>>,
    /// Commands by the name of a tool configuration, or of a tool.
    pub tools: BTreeMap<String, Setting<ToolCommand>>,
    /// A file of rules, for profiles that name none.
    pub rules: Option<Setting<PathBuf>>,
    /// What could not be read, in the order of the lines.
    pub mistakes: Vec<Mistake>,
    /// Commands of one's own, in the order of the file.
    pub commands: Vec<CommandText>,
    /// What is wrong with others of them, which keeps nothing else from being used.
    pub slips: Vec<Mistake>,
}

/// Names of themes; whether there are such is not known here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThemeNames {
    pub dark: String,
    pub light: String,
}

impl fmt::Display for ThemeNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { dark, light } = self;
        if dark == light { f.write_str(dark) } else { write!(f, "dark {dark}, light {light}") }
    }
}

/// Something in a file that cannot be meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Mistake {
    pub path: PathBuf,
    /// Counted from 1; `None` where the whole file is meant.
    pub line: Option<usize>,
    pub text: String,
    pub gravity: Gravity,
}

/// How much a mistake takes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gravity {
    /// A name that this build does not know, as a newer one may: everything else is as it was meant.
    Unknown,
    /// What was meant is not known.
    Wrong,
}

impl Mistake {
    pub fn is_grave(&self) -> bool {
        self.gravity == Gravity::Wrong
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.text)
    }
}

/// Why no settings could be made of the layers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    #[error("{}", list(.0))]
    Mistakes(Vec<Mistake>),
    #[error("there is no profile \"{name}\" ({origin}){suggestion} {known}")]
    UnknownProfile { name: String, origin: Origin, suggestion: String, known: String },
    #[error("{origin} is \"{value}\", which {why}")]
    BadValue { origin: Origin, value: String, why: String },
    #[error("--url and --profile exclude each other: a profile brings its own url")]
    UrlAndProfile,
}

fn list(mistakes: &[Mistake]) -> String {
    mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

impl Config {
    /// Reads the user's file. All mistakes are told at once, so that one edit mends them; names that are
    /// not known are no reason to refuse the rest.
    pub fn parse(path: &std::path::Path, text: &str) -> Result<Self, ConfigError> {
        file::read(path, text, file::Kind::User).sound()
    }

    /// Reads of the user's file what can be read, for whoever must not be kept out. Where something is wrong,
    /// a bound may be missing: see [`Settings::hold_back`].
    pub fn salvage(path: &std::path::Path, text: &str) -> Self {
        file::read(path, text, file::Kind::User)
    }

    /// Reads a project's file, which may say less: it comes with a checkout, so whoever wrote that
    /// must not choose where our key goes.
    pub fn parse_project(path: &std::path::Path, text: &str) -> Result<Self, ConfigError> {
        file::read(path, text, file::Kind::Project).sound()
    }

    /// The same of a project's file.
    pub fn salvage_project(path: &std::path::Path, text: &str) -> Self {
        file::read(path, text, file::Kind::Project)
    }

    fn sound(self) -> Result<Self, ConfigError> {
        if self.is_damaged() { Err(ConfigError::Mistakes(self.mistakes)) } else { Ok(self) }
    }

    /// Whether something in it could not be meant.
    pub fn is_damaged(&self) -> bool {
        self.mistakes.iter().any(Mistake::is_grave)
    }

    /// What it says of the screen and of commands, and nothing of services, their agents and what answers
    /// for them.
    #[must_use]
    pub fn without_services(self) -> Self {
        let (profile, agent, reply_limit, rules) = (None, None, None, None);
        Self { profiles: BTreeMap::new(), profile, agent, reply_limit, rules, ..self }
    }

    /// Lays `above` over this: what it says wins.
    #[must_use]
    pub fn under(mut self, above: Self) -> Self {
        self.profiles.extend(above.profiles);
        self.mistakes.extend(above.mistakes);
        Self {
            profiles: self.profiles,
            profile: above.profile.or(self.profile),
            agent: above.agent.or(self.agent),
            glyphs: above.glyphs.or(self.glyphs),
            plain: above.plain.or(self.plain),
            ambiguous_width: above.ambiguous_width.or(self.ambiguous_width),
            theme: above.theme.or(self.theme),
            notify: above.notify.or(self.notify),
            clipboard: above.clipboard.or(self.clipboard),
            mouse: above.mouse.or(self.mouse),
            wheel_lines: above.wheel_lines.or(self.wheel_lines),
            title: above.title.or(self.title),
            columns: above.columns.or(self.columns),
            ask_above: above.ask_above.or(self.ask_above),
            artifact_cache: above.artifact_cache.or(self.artifact_cache),
            // A project's file has no say in what is believed of a service, nor in what is run.
            reply_limit: self.reply_limit,
            tools: self.tools,
            rules: self.rules,
            mistakes: self.mistakes,
            commands: self.commands,
            slips: self.slips,
        }
    }
}
