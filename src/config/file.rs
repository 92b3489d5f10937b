//! From the text of a file to a [`Config`], or to the list of everything that is wrong with it.

use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::known::{self, Place};
use super::profile::{Auth, Badge, TokenBody};
use super::resolve::{Clipboard, Glyphs, Mouse, Notify};
use super::table::Reader;
use super::{Config, Profile, Setting};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    User,
    Project,
}

const PROJECT_KEYS: &[&str] = &["agent"];
/// Keys under which people put what must not stand in this file.
const SECRET_KEYS: &[&str] =
    &["api_key", "key", "client_secret", "secret", "token", "password", "api-key"];

/// What can be read of it, with what cannot.
pub(super) fn read(path: &Path, text: &str, kind: Kind) -> Config {
    let user_keys = known::names(Place::Top);
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader { path, text, mistakes: Vec::new() };
    for error in &errors {
        reader.syntax(error);
    }
    // What was made of a line that is no TOML is nobody's word.
    let not_toml: Vec<_> = reader.mistakes.iter().map(|mistake| mistake.line).collect();
    let mut config = Config::default();
    for (key, value) in table.get_ref() {
        let name: &str = key.get_ref();
        match (name, kind) {
            ("agent", _) => config.agent = reader.string(name, value),
            ("profile", Kind::User) => config.profile = reader.string(name, value),
            ("glyphs", Kind::User) => {
                config.glyphs = reader.choice(name, value, &Glyphs::WORDS);
            }
            ("ambiguous_width", Kind::User) => {
                config.ambiguous_width = ambiguous_width(&mut reader, value);
            }
            ("plain", Kind::User) => config.plain = reader.boolean(name, value),
            ("theme", Kind::User) => config.theme = reader.theme(value),
            ("notify", Kind::User) => {
                config.notify = reader.choice(name, value, &Notify::WORDS);
            }
            ("tools", Kind::User) => super::tools::tools(&mut reader, value, &mut config),
            ("commands", Kind::User) => super::commands::commands(&reader, value, &mut config),
            ("rules", Kind::User) => config.rules = reader.path(name, value),
            ("clipboard", Kind::User) => {
                config.clipboard = reader.choice(name, value, &Clipboard::WORDS);
            }
            ("mouse", Kind::User) => config.mouse = reader.choice(name, value, &Mouse::WORDS),
            ("wheel_lines", Kind::User) => config.wheel_lines = wheel_lines(&mut reader, value),
            ("title", Kind::User) => config.title = reader.boolean(name, value),
            ("columns", Kind::User) => {
                config.columns = reader.words(name, value, &super::LIST_COLUMNS);
            }
            ("ask_above", Kind::User) => config.ask_above = reader.size(name, value),
            ("artifact_cache", Kind::User) => config.artifact_cache = reader.size(name, value),
            ("reply_limit", Kind::User) => config.reply_limit = reply_limit(&mut reader, value),
            ("profiles", Kind::User) => profiles(&mut reader, value, &mut config),
            (_, Kind::User) if SECRET_KEYS.contains(&name) => secret(&mut reader, name, key),
            (_, Kind::User) => reader.unknown(name, &key.span(), &user_keys),
            (_, Kind::Project) if user_keys.contains(&name) => {
                let text = format!(
                    "\"{name}\" is not for a project's file, because that comes with the \
                     checkout; put it into your own"
                );
                reader.mistake(&key.span(), text);
            }
            (_, Kind::Project) => reader.unknown(name, &key.span(), PROJECT_KEYS),
        }
    }
    let told = reader.mistakes.into_iter().enumerate();
    let told = told.filter(|(at, told)| *at < not_toml.len() || !not_toml.contains(&told.line));
    config.mistakes = told.map(|(_, mistake)| mistake).collect();
    config.mistakes.sort_by_key(|mistake| mistake.line);
    config
}

fn profiles(reader: &mut Reader<'_>, value: &Spanned<DeValue<'_>>, config: &mut Config) {
    let Some(table) = reader.table("profiles", value) else { return };
    for (name, value) in table {
        let name: &str = name.get_ref();
        if let Some(table) = reader.table(&format!("profiles.{name}"), value) {
            config.profiles.insert(name.to_owned(), profile(reader, table));
        }
    }
}

fn profile(reader: &mut Reader<'_>, table: &DeTable<'_>) -> Profile {
    let known = known::names(Place::Profile);
    let mut profile = Profile::default();
    for (key, value) in table {
        let name: &str = key.get_ref();
        match name {
            "url" => profile.url = reader.string(name, value),
            "serve" => profile.serve = reader.path(name, value),
            "models" => profile.models = reader.path(name, value),
            "auth" => profile.auth = reader.choice(name, value, &Auth::WORDS),
            "api_key_file" => profile.api_key_file = reader.path(name, value),
            "client_id" => profile.client_id = reader.string(name, value),
            "client_secret_file" => profile.client_secret_file = reader.path(name, value),
            "token_url" => profile.token_url = reader.string(name, value),
            "token_body" => profile.token_body = reader.choice(name, value, &TokenBody::WORDS),
            "agents" => profile.agents = reader.strings(name, value),
            "agent" => profile.agent = reader.string(name, value),
            "read_only" => profile.read_only = reader.boolean(name, value),
            "production" => profile.production = reader.boolean(name, value),
            "badge" => profile.badge = reader.choice(name, value, &Badge::WORDS),
            "requests_per_second" => {
                profile.requests_per_second = reader.number(name, value, 0.1..=1000.0);
            }
            "requests_ahead" => {
                profile.requests_ahead = reader.number(name, value, 1.0..=10_000.0);
            }
            "requests_at_once" => {
                profile.requests_at_once = reader.number(name, value, 1.0..=100.0);
            }
            "allow_http" => profile.allow_http = reader.boolean(name, value),
            "reply_limit" => profile.reply_limit = reply_limit(reader, value),
            "rules" => profile.rules = reader.path(name, value),
            _ if SECRET_KEYS.contains(&name) => secret(reader, name, key),
            _ => reader.unknown_bound(name, &key.span(), &known, BOUNDS),
        }
    }
    if let (Some(_), Some((key, _))) = (&profile.url, table.get_key_value("serve")) {
        reader
            .mistake(&key.span(), "url and serve exclude each other: one of them says where to go");
        profile.serve = None;
    }
    if let (Some(_), Some((key, _))) = (&profile.url, table.get_key_value("models")) {
        let text = "models goes with serve: the service at url has models of its own";
        reader.mistake(&key.span(), text);
    }
    profile
}

fn ambiguous_width(reader: &mut Reader<'_>, value: &Spanned<DeValue<'_>>) -> Option<Setting<u8>> {
    let columns = reader.number("ambiguous_width", value, 1.0..=2.0)?;
    let known = [(1.0, 1), (2.0, 2)]
        .into_iter()
        .find(|(number, _)| columns.value.total_cmp(number).is_eq());
    let Some((_, known)) = known else {
        reader.mistake(&value.span(), "ambiguous_width must be 1 or 2");
        return None;
    };
    Some(Setting::new(known, columns.origin))
}

fn wheel_lines(reader: &mut Reader<'_>, value: &Spanned<DeValue<'_>>) -> Option<Setting<u8>> {
    let lines = reader.number("wheel_lines", value, 1.0..=20.0)?;
    let whole = (1..=20_u8).find(|whole| f64::from(*whole).total_cmp(&lines.value).is_eq());
    if whole.is_none() {
        reader.mistake(&value.span(), "wheel_lines must be a whole number");
    }
    whole.map(|whole| Setting::new(whole, lines.origin))
}

/// One that no reply could keep, or no memory, is a slip.
fn reply_limit(reader: &mut Reader<'_>, value: &Spanned<DeValue<'_>>) -> Option<Setting<u64>> {
    let limit = reader.size("reply_limit", value)?;
    if !(known::REPLY_LIMITS.0..=known::REPLY_LIMITS.1).contains(&limit.value) {
        reader.mistake(&value.span(), "reply_limit must be between \"1M\" and \"16G\"");
        return None;
    }
    Some(limit)
}

/// What holds a person back; a slip in its name is no unknown name.
const BOUNDS: &[&str] = &["read_only", "production"];

/// The value is not looked at, let alone shown.
fn secret(reader: &mut Reader<'_>, name: &str, key: &Spanned<toml::de::DeString<'_>>) {
    let text = format!(
        "\"{name}\" has no place here: keep secrets out of this file. `foretop auth login` stores \
         the key, and api_key_file or client_secret_file name a file with it"
    );
    reader.mistake(&key.span(), text);
}
