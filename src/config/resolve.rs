//! The settings of one run: files, environment and flags laid over each other.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::profile::{Auth, Badge, Profile, TokenBody, word};
use super::{Config, ConfigError, Origin, Setting, ThemeNames};
use crate::text::suggest::did_you_mean;
use crate::text::{redact, units};
use crate::tools::ToolCommand;

/// Requests a second that watching may cost a service that others use too.
const REQUESTS_PER_SECOND: f64 = 4.0;
/// Requests that may be spent ahead where much is to be learnt at once, and those under way at the
/// same time.
const REQUESTS_AHEAD: f64 = 60.0;
const AT_ONCE: f64 = 8.0;
/// Requests a second, and ahead, for a service on this machine, which nobody else pays for.
pub const OWN_SERVICE: (f64, f64) = (400.0, 2000.0);
/// The vendor's own host, whose token endpoint is known (contract section 1.2).
const VENDOR_API: &str = "https://api.vectara.io";
const VENDOR_TOKENS: &str = "https://auth.vectara.io/oauth2/token";

/// Which signs the screen is drawn with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Glyphs {
    /// By the locale.
    #[default]
    Auto,
    Unicode,
    /// With icons that the fonts of Nerd Fonts have.
    Nerd,
    Ascii,
}

impl Glyphs {
    pub const WORDS: [(&'static str, Self); 4] = [
        ("auto", Self::Auto),
        ("unicode", Self::Unicode),
        ("nerd", Self::Nerd),
        ("ascii", Self::Ascii),
    ];
}

/// How a person who looks elsewhere is told of news.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Notify {
    /// By the terminal.
    #[default]
    Auto,
    Bell,
    Osc9,
    Osc777,
    Osc99,
    Off,
}

impl Notify {
    pub const WORDS: [(&'static str, Self); 6] = [
        ("auto", Self::Auto),
        ("bell", Self::Bell),
        ("osc9", Self::Osc9),
        ("osc777", Self::Osc777),
        ("osc99", Self::Osc99),
        ("off", Self::Off),
    ];
}

/// Whose the mouse is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mouse {
    /// foretop's where a person sits at the machine, the terminal's over SSH; a key changes it.
    #[default]
    Auto,
    On,
    Off,
}

impl Mouse {
    pub const WORDS: [(&'static str, Self); 3] =
        [("auto", Self::Auto), ("on", Self::On), ("off", Self::Off)];
}

/// Which way copies go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Clipboard {
    /// By where foretop runs.
    #[default]
    Auto,
    Osc52,
    Native,
    File,
    Off,
}

impl Clipboard {
    pub const WORDS: [(&'static str, Self); 5] = [
        ("auto", Self::Auto),
        ("osc52", Self::Osc52),
        ("native", Self::Native),
        ("file", Self::File),
        ("off", Self::Off),
    ];
}

impl std::str::FromStr for Notify {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::WORDS.iter().find(|(word, _)| *word == text);
        let known = Self::WORDS.map(|(word, _)| word).join(", ");
        found.map(|(_, notify)| *notify).ok_or_else(|| format!("can be: {known}"))
    }
}
/// Files of more bytes are fetched after a question.
const ASK_ABOVE: u64 = 1 << 20;
/// Bytes of fetched files that are kept.
const ARTIFACT_CACHE: u64 = 128 << 20;
/// Rows that one notch of the wheel scrolls by.
const WHEEL_LINES: u8 = 3;
/// Bytes of one reply that a service is believed.
const REPLY_LIMIT: u64 = 32 << 20;

/// What flags say; `None` where they say nothing.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    pub profile: Option<String>,
    pub url: Option<String>,
    pub api_key_file: Option<PathBuf>,
    pub agent: Option<String>,
    pub read_only: bool,
    pub ascii: bool,
    pub notify: Option<Notify>,
}

/// One run's settings, each with its origin.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// `None` when only a URL was given.
    pub profile: Option<Setting<String>>,
    /// `None` when nothing says where to connect to, or when that is known only once a directory is served.
    pub url: Option<Setting<String>>,
    /// The directory that is served for it.
    pub serve: Option<Setting<PathBuf>>,
    /// The models of that directory.
    pub models: Option<Setting<PathBuf>>,
    pub auth: Setting<Auth>,
    pub api_key_file: Option<Setting<PathBuf>>,
    pub client_id: Option<Setting<String>>,
    pub client_secret_file: Option<Setting<PathBuf>>,
    pub token_url: Option<Setting<String>>,
    /// `None` tries the form first.
    pub token_body: Option<Setting<TokenBody>>,
    /// Empty means all.
    pub agents: Setting<Vec<String>>,
    pub agent: Option<Setting<String>>,
    pub read_only: Setting<bool>,
    pub production: Setting<bool>,
    pub badge: Option<Setting<Badge>>,
    pub requests_per_second: Setting<f64>,
    pub requests_ahead: Setting<f64>,
    pub requests_at_once: Setting<f64>,
    pub allow_http: Setting<bool>,
    pub reply_limit: Setting<u64>,
    pub glyphs: Setting<Glyphs>,
    pub ambiguous_width: Setting<u8>,
    pub plain: Setting<bool>,
    pub theme: Option<Setting<ThemeNames>>,
    pub notify: Setting<Notify>,
    pub clipboard: Setting<Clipboard>,
    pub mouse: Setting<Mouse>,
    pub wheel_lines: Setting<u8>,
    /// The title of the window is set.
    pub title: Setting<bool>,
    /// `None` is what fits.
    pub columns: Option<Setting<Vec<String>>>,
    pub ask_above: Setting<u64>,
    pub artifact_cache: Setting<u64>,
    pub tools: BTreeMap<String, Setting<ToolCommand>>,
    /// `None` when no file of rules is named, which leaves every answer to a person.
    pub rules: Option<Setting<PathBuf>>,
}

impl Config {
    /// `variable` looks an environment variable up; empty ones count as not set.
    pub fn resolve(
        &self,
        flags: &Flags,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Settings, ConfigError> {
        let variable = |name: &'static str| {
            let value = variable(name).filter(|value| !value.trim().is_empty())?;
            Some(Setting::new(value, Origin::Variable(name)))
        };
        let flag = |value: &Option<String>, name| {
            value.clone().map(|value| Setting::new(value, Origin::Flag(name)))
        };
        let flag_url = flag(&flags.url, "--url");
        let flag_profile = flag(&flags.profile, "--profile");
        if flag_url.is_some() && flag_profile.is_some() {
            return Err(ConfigError::UrlAndProfile);
        }
        // A service given by hand is not the profile's, so that no key of a profile goes there.
        let url = flag_url.or_else(|| variable("FORETOP_URL").filter(|_| flag_profile.is_none()));
        let named = match url {
            Some(_) => None,
            None => flag_profile
                .or_else(|| variable("FORETOP_PROFILE"))
                .or_else(|| self.profile.clone())
                .or_else(|| self.only_profile()),
        };
        let profile = match &named {
            Some(name) => self.profiles.get(&name.value).ok_or_else(|| self.unknown(name))?.clone(),
            None => Profile::default(),
        };
        let url = url.or(profile.url);
        let token_url = profile.token_url.or_else(|| default_token_url(url.as_ref()));
        let on = |flag: bool, name, file: Option<Setting<bool>>| {
            if flag {
                Setting::new(true, Origin::Flag(name))
            } else {
                file.unwrap_or(Setting::default(false))
            }
        };
        let api_key_file = flags.api_key_file.clone();
        let api_key_file = api_key_file
            .map(|path| Setting::new(path, Origin::Flag("--api-key-file")))
            .or(profile.api_key_file);
        let glyphs = if flags.ascii {
            Setting::new(Glyphs::Ascii, Origin::Flag("--ascii"))
        } else {
            self.glyphs.clone().unwrap_or(Setting::default(Glyphs::Auto))
        };
        let notify = match (flags.notify, variable("FORETOP_NOTIFY")) {
            (Some(notify), _) => Setting::new(notify, Origin::Flag("--notify")),
            (None, Some(set)) => {
                let notify = set.value.parse().map_err(|why| ConfigError::BadValue {
                    origin: set.origin.clone(),
                    value: set.value.clone(),
                    why,
                })?;
                Setting::new(notify, set.origin)
            }
            (None, None) => self.notify.clone().unwrap_or(Setting::default(Notify::Auto)),
        };
        let (rate, ahead) = match &url {
            Some(url) if is_of_this_machine(&url.value) => OWN_SERVICE,
            None if profile.serve.is_some() => OWN_SERVICE,
            _ => (REQUESTS_PER_SECOND, REQUESTS_AHEAD),
        };
        Ok(Settings {
            profile: named,
            url,
            serve: profile.serve,
            models: profile.models,
            auth: profile.auth.unwrap_or(Setting::default(Auth::ApiKey)),
            api_key_file,
            client_id: profile.client_id,
            client_secret_file: profile.client_secret_file,
            token_url,
            token_body: profile.token_body,
            agents: profile.agents.unwrap_or(Setting::default(Vec::new())),
            agent: flag(&flags.agent, "--agent")
                .or_else(|| variable("FORETOP_AGENT"))
                .or_else(|| self.project_agent())
                .or(profile.agent)
                .or_else(|| self.agent.clone()),
            read_only: on(flags.read_only, "--read-only", profile.read_only),
            production: on(false, "", profile.production),
            badge: profile.badge,
            requests_per_second: profile.requests_per_second.unwrap_or(Setting::default(rate)),
            requests_ahead: profile.requests_ahead.unwrap_or(Setting::default(ahead)),
            requests_at_once: profile.requests_at_once.unwrap_or(Setting::default(AT_ONCE)),
            allow_http: on(false, "", profile.allow_http),
            reply_limit: profile
                .reply_limit
                .or_else(|| self.reply_limit.clone())
                .unwrap_or(Setting::default(REPLY_LIMIT)),
            glyphs,
            plain: on(false, "", self.plain.clone()),
            ambiguous_width: self.ambiguous_width.clone().unwrap_or(Setting::default(1)),
            theme: self.theme.clone(),
            notify,
            clipboard: self.clipboard.clone().unwrap_or(Setting::default(Clipboard::Auto)),
            mouse: self.mouse.clone().unwrap_or(Setting::default(Mouse::Auto)),
            wheel_lines: self.wheel_lines.clone().unwrap_or(Setting::default(WHEEL_LINES)),
            title: self.title.clone().unwrap_or(Setting::default(true)),
            columns: self.columns.clone(),
            ask_above: self.ask_above.clone().unwrap_or(Setting::default(ASK_ABOVE)),
            artifact_cache: self.artifact_cache.clone().unwrap_or(Setting::default(ARTIFACT_CACHE)),
            tools: self.tools.clone(),
            rules: profile.rules.or_else(|| self.rules.clone()),
        })
    }

    /// The agent of a project's file stands over the one of a profile, which stands over the
    /// user's own general one.
    fn project_agent(&self) -> Option<Setting<String>> {
        let is_project = |agent: &&Setting<String>| match &agent.origin {
            Origin::File(path, _) => path.file_name().is_some_and(|name| name == PROJECT_FILE),
            _ => false,
        };
        self.agent.as_ref().filter(is_project).cloned()
    }

    /// A single profile needs no naming.
    fn only_profile(&self) -> Option<Setting<String>> {
        let mut names = self.profiles.keys();
        let only = names.next().filter(|_| names.next().is_none())?;
        Some(Setting::default(only.clone()))
    }

    fn unknown(&self, name: &Setting<String>) -> ConfigError {
        let names: Vec<&str> = self.profiles.keys().map(String::as_str).collect();
        let known = if names.is_empty() {
            "No profile is configured; `foretop config path` tells where".to_owned()
        } else {
            format!("Known: {}", names.join(", "))
        };
        let suggestion = did_you_mean(&name.value, names.iter().copied());
        ConfigError::UnknownProfile {
            name: name.value.clone(),
            origin: name.origin.clone(),
            suggestion: if suggestion.is_empty() { ".".to_owned() } else { suggestion },
            known,
        }
    }
}

/// Name of a project's file.
pub const PROJECT_FILE: &str = ".foretop.toml";

/// Whether the host of a URL is this machine.
fn is_of_this_machine(url: &str) -> bool {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = host.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let host = match host.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    host == "localhost"
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The vendor's is known; everybody else's is taken to be where the spec puts it.
fn default_token_url(url: Option<&Setting<String>>) -> Option<Setting<String>> {
    let base = url?.value.trim_end_matches('/').trim_end_matches("/v2").trim_end_matches('/');
    let text =
        if base == VENDOR_API { VENDOR_TOKENS.to_owned() } else { format!("{base}/oauth2/token") };
    Some(Setting::default(text))
}

impl Settings {
    /// Requests under way at the same time; at least one.
    pub fn at_once(&self) -> usize {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "within bounds"
        )]
        let count = self.requests_at_once.value.round() as usize;
        count.max(1)
    }

    /// Where a file could not be read whole, a bound may be among what is missing: nothing but reads leaves
    /// the process.
    pub fn hold_back(&mut self, origin: Origin) {
        if !self.read_only.value {
            self.read_only = Setting::new(true, origin);
        }
    }

    /// Every value in words with its origin, in the order of importance.
    pub fn rows(&self) -> Vec<(String, String, String)> {
        fn shown<T>(
            setting: Option<&Setting<T>>,
            words: impl Fn(&T) -> String,
        ) -> (String, String) {
            match setting {
                Some(setting) => (words(&setting.value), setting.origin.to_string()),
                None => ("not set".to_owned(), Origin::Default.to_string()),
            }
        }
        let text = |text: &String| text.clone();
        let address = |text: &String| redact::addresses(text).into_owned();
        let path = |path: &PathBuf| path.display().to_string();
        let yes = |yes: &bool| yes.to_string();
        let agents = |agents: &Vec<String>| {
            if agents.is_empty() { "all".to_owned() } else { agents.join(", ") }
        };
        let rows = [
            ("profile", shown(self.profile.as_ref(), text)),
            ("url", shown(self.url.as_ref(), address)),
            ("serve", shown(self.serve.as_ref(), path)),
            ("models", shown(self.models.as_ref(), path)),
            ("auth", shown(Some(&self.auth), |auth| word(&Auth::WORDS, auth).to_owned())),
            ("api_key_file", shown(self.api_key_file.as_ref(), path)),
            ("client_id", shown(self.client_id.as_ref(), text)),
            ("client_secret_file", shown(self.client_secret_file.as_ref(), path)),
            ("token_url", shown(self.token_url.as_ref(), address)),
            (
                "token_body",
                shown(self.token_body.as_ref(), |body| word(&TokenBody::WORDS, body).to_owned()),
            ),
            ("agents", shown(Some(&self.agents), agents)),
            ("agent", shown(self.agent.as_ref(), text)),
            ("read_only", shown(Some(&self.read_only), yes)),
            ("production", shown(Some(&self.production), yes)),
            ("badge", shown(self.badge.as_ref(), |badge| word(&Badge::WORDS, badge).to_owned())),
            (
                "requests_per_second",
                shown(Some(&self.requests_per_second), |rate: &f64| rate.to_string()),
            ),
            ("requests_ahead", shown(Some(&self.requests_ahead), |count: &f64| count.to_string())),
            (
                "requests_at_once",
                shown(Some(&self.requests_at_once), |count: &f64| count.to_string()),
            ),
            ("allow_http", shown(Some(&self.allow_http), yes)),
            ("reply_limit", shown(Some(&self.reply_limit), |size| units::bytes(*size))),
            ("glyphs", shown(Some(&self.glyphs), |glyphs| word(&Glyphs::WORDS, glyphs).to_owned())),
            ("plain", shown(Some(&self.plain), yes)),
            ("ambiguous_width", shown(Some(&self.ambiguous_width), u8::to_string)),
            ("theme", shown(self.theme.as_ref(), ThemeNames::to_string)),
            ("notify", shown(Some(&self.notify), |notify| word(&Notify::WORDS, notify).to_owned())),
            (
                "clipboard",
                shown(Some(&self.clipboard), |way| word(&Clipboard::WORDS, way).to_owned()),
            ),
            ("mouse", shown(Some(&self.mouse), |mouse| word(&Mouse::WORDS, mouse).to_owned())),
            ("wheel_lines", shown(Some(&self.wheel_lines), u8::to_string)),
            ("title", shown(Some(&self.title), yes)),
            ("columns", shown(self.columns.as_ref(), |columns| columns.join(", "))),
            ("ask_above", shown(Some(&self.ask_above), |size| units::bytes(*size))),
            ("artifact_cache", shown(Some(&self.artifact_cache), |size| units::bytes(*size))),
            ("rules", shown(self.rules.as_ref(), path)),
        ];
        let rows = rows.into_iter();
        let rows = rows.map(|(name, (value, origin))| (name.to_owned(), value, origin));
        let tools = self.tools.iter().map(|(name, tool)| {
            let line = redact::line(&tool.value.line()).into_owned();
            (format!("tools.{name}"), line, tool.origin.to_string())
        });
        rows.chain(tools).collect()
    }
}
