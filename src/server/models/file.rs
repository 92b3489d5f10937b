//! What `models.toml` says: the models and the limits, beside what the tools are told.
//!
//! Reads no environment and no key: where a key is kept is all that is known here, and whoever starts the
//! server fetches it. Start with [`read`]. The invariant: what cannot be meant is an error with its line,
//! all of them at once, and none is passed over: a server must not think with another model, or without
//! another bound, than its file says.

use std::collections::BTreeMap;
use std::fs::File as Handle;
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::geteuid;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::place::{self, KEYS};
use super::{Kind, Limits, ModelSettings, Prices};
use crate::server::reading::{self, Mistake, Reader, shown};
use crate::text::units;

/// One without an end is a slip.
const MOST_BYTES: u64 = 4 << 20;
const MOST_NAME: usize = 100;

const TABLES: &[&str] = &["models", "limits", "tools", "mcp"];
const MODEL: &[&str] = &[
    "kind",
    "url",
    "allow_http",
    "id",
    "key",
    "key_env",
    "key_file",
    "context_window",
    "sees_images",
    "input_price",
    "cached_price",
    "output_price",
    "currency",
    "parallel",
    "connect_seconds",
    "first_seconds",
    "silence_seconds",
    "answer_seconds",
];
/// Names under which people put the key itself.
const SECRETS: &[&str] =
    &["api_key", "api-key", "apikey", "token", "secret", "password", "authorization"];
const LIMITS: &[&str] = &[
    "turns_per_session",
    "model_calls_per_turn",
    "step_transitions_per_turn",
    "tool_calls_per_turn",
    "tokens_per_session",
    "cost_per_session",
    "sub_agent_depth",
    "running_turns",
    "tokens_per_day",
    "cost_per_day",
];

/// A smaller window holds no question, and a larger one nobody has.
const WINDOWS: std::ops::RangeInclusive<u64> = 256..=100_000_000;
/// Of a million tokens.
const PRICES: std::ops::RangeInclusive<f64> = 0.0..=1e6;
const SECONDS: std::ops::RangeInclusive<f64> = 0.1..=86_400.0;
const PARALLEL: std::ops::RangeInclusive<u64> = 1..=1_000;
const COSTS: std::ops::RangeInclusive<f64> = 0.000_001..=1e9;
/// What an answer, or a day, may have of calls or turns.
const COUNTS: std::ops::RangeInclusive<u64> = 1..=1_000_000;
/// Sub-agents of sub-agents: beyond, nobody looks through them.
const DEPTHS: std::ops::RangeInclusive<u64> = 0..=16;
/// The contract ends a turn there in any case.
const TRANSITIONS: std::ops::RangeInclusive<u64> = 1..=500;

/// All that a file says.
#[derive(Debug)]
pub struct File {
    pub models: Vec<Entry>,
    pub limits: Limits,
}

/// A model without its key.
#[derive(Debug, Clone)]
pub struct Entry {
    pub settings: ModelSettings,
    pub key: KeyPlace,
    /// Where in the file it begins.
    pub line: usize,
}

/// Where a key is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyPlace {
    /// The provider wants none.
    Nowhere,
    Variable(String),
    /// `~/` is not resolved.
    File(PathBuf),
    /// Where `foretop auth login --model NAME` put it.
    Stored,
}

/// Why a file cannot be used: a line each.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct FileError(pub Vec<String>);

/// A file that says which programs run and where keys go, which therefore nobody else may
/// write. `others` reads the tables that are not about models, and notes what is wrong with them, too.
pub fn load<T>(
    path: &Path,
    others: impl FnOnce(&mut Reader<'_>, &DeTable<'_>) -> T,
) -> Result<(File, T), FileError> {
    let shown = path.display();
    let told = |why: String| FileError(vec![format!("{shown}: {why}")]);
    let failed = |error: std::io::Error| told(format!("cannot be read: {error}"));
    let handle = Handle::open(path).map_err(failed)?;
    // Of what was opened, so that it is not another one by now.
    let found = handle.metadata().map_err(failed)?;
    if !found.is_file() {
        return Err(told("is no regular file".to_owned()));
    }
    if found.uid() != geteuid().as_raw() && found.uid() != 0 {
        return Err(told(
            "belongs to another user, who may change it. Look who did, then take it \
                         over"
                .to_owned(),
        ));
    }
    if found.permissions().mode() & 0o022 != 0 {
        return Err(told(format!("others may write it. Look who did, then: chmod go-w {shown}")));
    }
    let mut bytes = Vec::new();
    handle.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(told(format!("is larger than {}", units::bytes(MOST_BYTES))));
    }
    let text = String::from_utf8(bytes).map_err(|_| told("is no UTF-8 text".to_owned()))?;
    read(path, &text, others)
}

/// Reads the text of a file; paths in it start at its own directory.
pub fn read<T>(
    path: &Path,
    text: &str,
    others: impl FnOnce(&mut Reader<'_>, &DeTable<'_>) -> T,
) -> Result<(File, T), FileError> {
    let base = path.parent().unwrap_or(Path::new("."));
    let read = reading::read(text, |reader, table| {
        let file = of_table(reader, table, base);
        (file, others(reader, table))
    });
    let told = |mistake: &Mistake| format!("{}:{mistake}", path.display());
    read.map_err(|mistakes| FileError(mistakes.iter().map(told).collect()))
}

fn of_table(reader: &mut Reader<'_>, table: &DeTable<'_>, base: &Path) -> File {
    let (mut models, mut limits) = (Vec::new(), Limits::default());
    for (key, value) in table {
        match key.get_ref().as_ref() {
            "models" => models = self::models(reader, value, base),
            "limits" => limits = self::limits(reader, value),
            // Others read them.
            "tools" | "mcp" => {}
            name => reader.unknown("the file", name, &key.span(), TABLES),
        }
    }
    if reader.mistakes() == 0 && models.is_empty() {
        let words = "it has no model: begin with [models.NAME], where NAME is what agents call it";
        reader.mistake(&(0..0), words);
    }
    if reader.mistakes() == 0 {
        costs(reader, &models, &limits, table);
    }
    File { models, limits }
}

fn models(reader: &mut Reader<'_>, value: &Spanned<DeValue<'_>>, base: &Path) -> Vec<Entry> {
    let Some(table) = reader.table("models", value) else { return Vec::new() };
    let mut models = Vec::new();
    for (key, value) in table {
        let name: &str = key.get_ref();
        let fits = !name.trim().is_empty()
            && name.trim() == name
            && name.chars().count() <= MOST_NAME
            && !name.chars().any(char::is_control);
        if !fits {
            let words = format!("the name of a model has 1 to {MOST_NAME} characters in one line");
            reader.mistake(&key.span(), words);
        }
        if MODEL.contains(&name) && value.get_ref().as_table().is_none() {
            let words = format!("{name} is said of a model: put it below [models.NAME]");
            reader.mistake(&key.span(), words);
            continue;
        }
        if let Some(table) = reader.table(&format!("models.{}", shown(name)), value)
            && let Some(entry) = model(reader, key, table, base)
        {
            models.push(entry);
        }
    }
    models
}

/// Nothing after a mistake.
fn model(
    reader: &mut Reader<'_>,
    key: &Spanned<toml::de::DeString<'_>>,
    table: &DeTable<'_>,
    base: &Path,
) -> Option<Entry> {
    let name: &str = key.get_ref();
    let before = reader.mistakes();
    let kinds = Kind::ALL.map(|kind| (kind.word(), kind));
    let kind = match table.get("kind") {
        Some(value) => reader.choice("kind", value, &kinds),
        None => Some(Kind::OpenAi),
    };
    let (kind, is_known) = (kind.unwrap_or(Kind::OpenAi), kind.is_some());
    let mut settings = ModelSettings::new(name, kind, name);
    let (mut input, mut cached, mut output) = (None, None, None);
    let (mut url, mut allow_http, mut sources) = (None, false, Vec::new());
    for (key, value) in table {
        let word: &str = key.get_ref();
        match word {
            "kind" => {}
            "url" => url = reader.words(word, value).map(|text| (text, value.span())),
            "allow_http" => allow_http = reader.truth(word, value).unwrap_or_default(),
            "id" => settings.id = reader.words(word, value).unwrap_or_default(),
            "key" => sources.extend(stored(reader, value)),
            "key_env" => sources.extend(variable(reader, value)),
            "key_file" => {
                let path = reader.words(word, value).map(PathBuf::from);
                let place =
                    |path: PathBuf| if path.starts_with("~") { path } else { base.join(path) };
                sources.extend(path.map(|path| KeyPlace::File(place(path))));
            }
            "context_window" => {
                settings.context_window = reader.whole(word, value, WINDOWS).unwrap_or_default();
            }
            "sees_images" => settings.sees_images = reader.truth(word, value).unwrap_or_default(),
            "input_price" => input = reader.number(word, value, PRICES),
            "cached_price" => cached = reader.number(word, value, PRICES),
            "output_price" => output = reader.number(word, value, PRICES),
            "currency" => settings.currency = currency(reader, value).unwrap_or_default(),
            "parallel" => settings.parallel = count(reader, word, value, PARALLEL).unwrap_or(1),
            "connect_seconds" => seconds(reader, word, value, &mut settings.patience.connect),
            "first_seconds" => seconds(reader, word, value, &mut settings.patience.first),
            "silence_seconds" => seconds(reader, word, value, &mut settings.patience.silence),
            "answer_seconds" => seconds(reader, word, value, &mut settings.patience.answer),
            _ if SECRETS.contains(&word.to_lowercase().as_str()) => {
                reader.mistake(&key.span(), KEYS);
            }
            _ => {
                let of = format!("the model {}", shown(name));
                reader.unknown(&of, word, &key.span(), MODEL);
            }
        }
    }
    if let Some((text, span)) = &url {
        match place::checked(text, kind, allow_http) {
            Ok(url) => settings.url = url,
            Err(why) => reader.mistake(span, why),
        }
    }
    if settings.id.contains("::") {
        // The library takes what stands before it for a provider's name.
        reader.mistake(&key.span(), "id cannot have :: in it");
    }
    settings.prices = match (input, output) {
        (Some(input), Some(output)) => {
            Some(Prices { input, cached: cached.unwrap_or(input), output })
        }
        (None, None) if cached.is_none() => None,
        _ => {
            let words = format!(
                "{} has one price: input_price and output_price belong together",
                shown(name)
            );
            reader.mistake(&key.span(), words);
            None
        }
    };
    if sources.len() > 1 {
        let words = format!(
            "{} has several keys: key, key_env and key_file exclude each other",
            shown(name)
        );
        reader.mistake(&key.span(), words);
    }
    let place = sources.pop().unwrap_or(KeyPlace::Nowhere);
    let names_key = ["key", "key_env", "key_file"].iter().any(|word| table.contains_key(*word));
    if is_known && kind != Kind::Ollama && !table.contains_key("url") && !names_key {
        let (name, url) = (shown(name), kind.default_url());
        let words = format!(
            "{name} has no key, and {url} wants one: key_env = \"…\" names the variable that has it. \
             Where another service is meant, give its url"
        );
        reader.mistake(&key.span(), words);
    }
    let line = self::line(reader, key);
    (reader.mistakes() == before).then_some(Entry { settings, key: place, line })
}

fn line(reader: &Reader<'_>, key: &Spanned<toml::de::DeString<'_>>) -> usize {
    reader.line(key.span().start)
}

/// The one word that `key` may have; everything else may be the key.
fn stored(reader: &mut Reader<'_>, value: &Spanned<DeValue<'_>>) -> Option<KeyPlace> {
    if value.get_ref().as_str() == Some("stored") {
        return Some(KeyPlace::Stored);
    }
    reader.mistake(&value.span(), format!("key can be \"stored\" and nothing else. {KEYS}"));
    None
}

fn variable(reader: &mut Reader<'_>, value: &Spanned<DeValue<'_>>) -> Option<KeyPlace> {
    let name = reader.words("key_env", value)?;
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.chars().all(fits) && !name.starts_with(|c: char| c.is_ascii_digit()) {
        return Some(KeyPlace::Variable(name));
    }
    let words =
        "key_env is the name of a variable, such as OPENAI_API_KEY, and never the key itself";
    reader.mistake(&value.span(), words);
    None
}

fn currency(reader: &mut Reader<'_>, value: &Spanned<DeValue<'_>>) -> Option<String> {
    let text = reader.words("currency", value)?;
    if text.chars().count() <= 8 {
        return Some(text);
    }
    reader.mistake(&value.span(), "currency is a short word, such as USD or EUR, or a sign");
    None
}

fn count(
    reader: &mut Reader<'_>,
    word: &str,
    value: &Spanned<DeValue<'_>>,
    range: std::ops::RangeInclusive<u64>,
) -> Option<usize> {
    reader.whole(word, value, range).and_then(|number| usize::try_from(number).ok())
}

fn seconds(reader: &mut Reader<'_>, word: &str, value: &Spanned<DeValue<'_>>, into: &mut Duration) {
    if let Some(seconds) = reader.number(word, value, SECONDS) {
        *into = Duration::from_secs_f64(seconds);
    }
}

fn limits(reader: &mut Reader<'_>, value: &Spanned<DeValue<'_>>) -> Limits {
    let mut limits = Limits::default();
    let Some(table) = reader.table("limits", value) else { return limits };
    for (key, value) in table {
        let word: &str = key.get_ref();
        match word {
            "turns_per_session" => limits.turns_per_session = reader.whole(word, value, COUNTS),
            "model_calls_per_turn" => {
                limits.model_calls_per_turn = reader.whole(word, value, COUNTS).unwrap_or_default();
            }
            "step_transitions_per_turn" => {
                let found = reader.whole(word, value, TRANSITIONS);
                limits.step_transitions_per_turn = found.unwrap_or_default();
            }
            "tool_calls_per_turn" => {
                limits.tool_calls_per_turn = reader.whole(word, value, COUNTS).unwrap_or_default();
            }
            "tokens_per_session" => {
                limits.tokens_per_session = reader.whole(word, value, 1..=u64::MAX);
            }
            "cost_per_session" => limits.cost_per_session = reader.number(word, value, COSTS),
            "sub_agent_depth" => {
                limits.sub_agent_depth = count(reader, word, value, DEPTHS).unwrap_or_default();
            }
            "running_turns" => limits.running_turns = count(reader, word, value, COUNTS),
            "tokens_per_day" => limits.tokens_per_day = reader.whole(word, value, 1..=u64::MAX),
            "cost_per_day" => limits.cost_per_day = reader.number(word, value, COSTS),
            _ => reader.unknown("[limits]", word, &key.span(), LIMITS),
        }
    }
    limits
}

/// A bound on what is spent must be one: of something that has a price, and in one currency.
fn costs(reader: &mut Reader<'_>, models: &[Entry], limits: &Limits, table: &DeTable<'_>) {
    if limits.cost_per_session.is_none() && limits.cost_per_day.is_none() {
        return;
    }
    let span = table.get_key_value("limits").map_or(0..0, |(key, _)| key.span());
    let priced = models.iter().filter(|entry| entry.settings.prices.is_some());
    let mut currencies = BTreeMap::new();
    for entry in priced {
        currencies.entry(&*entry.settings.currency).or_insert(&*entry.settings.name);
    }
    if currencies.is_empty() {
        let words = "[limits] bounds the cost, and no model has a price: give it input_price and \
                     output_price";
        reader.mistake(&span, words);
    } else if currencies.len() > 1 {
        let found = currencies.iter().map(|(currency, name)| format!("{currency} ({name})"));
        let found = found.collect::<Vec<_>>().join(", ");
        let words =
            format!("[limits] bounds the cost, which needs one currency; prices are in {found}");
        reader.mistake(&span, words);
    }
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
