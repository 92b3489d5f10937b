//! `[commands.NAME]`: a program that a key or the command line starts. Only in the user's own file.
//!
//! A mistake in one of them keeps neither the others nor the rest of the file from being used.

use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::table::Reader;
use super::tools::{env, timeout, words};
use super::{Config, Setting};
use crate::tools::Words;
use crate::tools::own::{Mode, OwnCommand, unfit};

const KEYS: &[&str] = &["run", "keys", "scope", "mode", "help", "timeout", "env", "cwd"];
const TIMEOUT: Duration = Duration::from_mins(1);

/// A command as it is written; which keys and scopes there are is not known here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandText {
    pub name: Setting<String>,
    pub keys: Vec<Setting<String>>,
    pub scope: Option<Setting<String>>,
    pub command: OwnCommand,
}

pub(super) fn commands(outer: &Reader<'_>, value: &Spanned<DeValue<'_>>, config: &mut Config) {
    let mut reader = Reader { path: outer.path, text: outer.text, mistakes: Vec::new() };
    let mut found = Vec::new();
    if let Some(table) = reader.table("commands", value) {
        for (key, value) in table {
            let name: &str = key.get_ref();
            let Some(table) = reader.table(&format!("commands.{name}"), value) else { continue };
            let named = Setting::new(name.to_owned(), reader.origin(&key.span()));
            if let Some(command) = command(&mut reader, named, value, table) {
                found.push((key.span().start, command));
            }
        }
    }
    found.sort_by_key(|(at, _)| *at);
    config.commands.extend(found.into_iter().map(|(_, command)| command));
    reader.mistakes.sort_by_key(|mistake| mistake.line);
    config.slips.append(&mut reader.mistakes);
}

fn command(
    reader: &mut Reader<'_>,
    name: Setting<String>,
    value: &Spanned<DeValue<'_>>,
    table: &DeTable<'_>,
) -> Option<CommandText> {
    let before = reader.mistakes.len();
    let named = &name.value;
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
    if !named.starts_with(|c: char| c.is_ascii_lowercase()) || !named.chars().all(is_word) {
        let text = format!(
            "commands.{named}: it is typed behind `:`, so its name is a word of a-z, 0-9, _ and -"
        );
        reader.mistake(&value.span(), text);
    }
    for (key, _) in table {
        if !KEYS.contains(&key.get_ref().as_ref()) {
            reader.unknown(key.get_ref(), &key.span(), KEYS);
        }
    }
    let text = |reader: &mut Reader<'_>, key: &str| {
        table.get(key).and_then(|value| reader.string(key, value))
    };
    let run = if let Some(value) = table.get("run") {
        run(reader, value)
    } else {
        let text = format!(
            "commands.{named} has no run, which names the program: run = [\"git\", \"log\"]"
        );
        reader.mistake(&value.span(), text);
        None
    };
    let mode = table.get("mode").and_then(|value| reader.choice("mode", value, &Mode::WORDS));
    let help = text(reader, "help").map(|help| help.value);
    let scope = text(reader, "scope");
    let time = table.get("timeout").and_then(|value| timeout(reader, value));
    let env = table.get("env").map(|value| env(reader, value)).unwrap_or_default();
    let cwd = table.get("cwd").and_then(|value| reader.path("cwd", value)).map(|cwd| cwd.value);
    let keys = match table.get("keys") {
        Some(value) => super::keys::sequences(reader, "keys", value)?,
        None => Vec::new(),
    };
    let run = run.filter(|_| reader.mistakes.len() == before)?;
    let command = OwnCommand {
        name: name.value.clone(),
        words: help.unwrap_or_else(|| run.join(" ")),
        run,
        mode: mode.map(|mode| mode.value).unwrap_or_default(),
        env,
        cwd,
        timeout: time.unwrap_or(TIMEOUT),
        origin: format!("config.toml:{}", reader.line(&value.span())),
    };
    Some(CommandText { name, keys, scope, command })
}

fn run(reader: &mut Reader<'_>, value: &Spanned<DeValue<'_>>) -> Option<Vec<String>> {
    let Words::Direct(run) = words(reader, value, false)? else { return None };
    if let Some(unfit) = unfit(&run) {
        reader.mistake(&value.span(), format!("run: {unfit}"));
        return None;
    }
    Some(run)
}
