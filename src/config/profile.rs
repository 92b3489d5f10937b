//! One service that foretop connects to, as a file describes it.

use std::path::PathBuf;

use super::Setting;

/// Everything is optional in a file; [`super::Config::resolve`] fills in the rest.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Profile {
    pub url: Option<Setting<String>>,
    /// A directory that is served by this program itself, instead of a URL.
    pub serve: Option<Setting<PathBuf>>,
    /// What its agents think with.
    pub models: Option<Setting<PathBuf>>,
    pub auth: Option<Setting<Auth>>,
    pub api_key_file: Option<Setting<PathBuf>>,
    pub client_id: Option<Setting<String>>,
    pub client_secret_file: Option<Setting<PathBuf>>,
    pub token_url: Option<Setting<String>>,
    pub token_body: Option<Setting<TokenBody>>,
    /// The agents to watch; all when absent.
    pub agents: Option<Setting<Vec<String>>>,
    /// The agent that commands are about when none is named.
    pub agent: Option<Setting<String>>,
    pub read_only: Option<Setting<bool>>,
    pub production: Option<Setting<bool>>,
    pub badge: Option<Setting<Badge>>,
    /// What watching may cost the service.
    pub requests_per_second: Option<Setting<f64>>,
    /// What a start or a wake after sleep may spend of it ahead.
    pub requests_ahead: Option<Setting<f64>>,
    pub requests_at_once: Option<Setting<f64>>,
    /// Plain http to other machines, for networks that are trusted otherwise.
    pub allow_http: Option<Setting<bool>>,
    /// Bytes that the service may send in one reply.
    pub reply_limit: Option<Setting<u64>>,
    /// A file of rules that answer calls.
    pub rules: Option<Setting<PathBuf>>,
}

/// How requests prove who sends them; exactly one at a time (contract section 1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Auth {
    #[default]
    ApiKey,
    /// That grant of OAuth.
    ClientCredentials,
    None,
}

impl Auth {
    pub const WORDS: [(&'static str, Self); 3] =
        [("api-key", Self::ApiKey), ("oauth", Self::ClientCredentials), ("none", Self::None)];
}

/// How a token is asked for; sources about the service disagree (contract section 1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TokenBody {
    #[default]
    Form,
    Json,
}

impl TokenBody {
    pub const WORDS: [(&'static str, Self); 2] = [("form", Self::Form), ("json", Self::Json)];
}

/// Colour of the profile's name in the header; never the only sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Badge {
    Red,
    Yellow,
    Green,
    Blue,
    Magenta,
    Cyan,
}

impl Badge {
    pub const WORDS: [(&'static str, Self); 6] = [
        ("red", Self::Red),
        ("yellow", Self::Yellow),
        ("green", Self::Green),
        ("blue", Self::Blue),
        ("magenta", Self::Magenta),
        ("cyan", Self::Cyan),
    ];
}

/// The word that a file uses for a value of a closed set.
pub(super) fn word<T: PartialEq>(words: &[(&'static str, T)], value: &T) -> &'static str {
    words.iter().find(|(_, known)| known == value).map_or("", |(word, _)| word)
}
