//! `[tools.NAME]`: the command that answers the calls of a tool. Only in the user's own file.

use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::known::MOST_OUTPUT;
use super::table::Reader;
use super::{Config, Setting};
use crate::tools::{ToolCommand, Words};

/// What a command is made of, here and in rules.
pub(super) const COMMAND_KEYS: &[&str] =
    &["run", "shell", "wrap", "timeout", "max_output", "env", "cwd"];

pub(super) fn tools(reader: &mut Reader<'_>, value: &Spanned<DeValue<'_>>, config: &mut Config) {
    let Some(table) = reader.table("tools", value) else { return };
    for (name, value) in table {
        let name: &str = name.get_ref();
        let Some(table) = reader.table(&format!("tools.{name}"), value) else { continue };
        for (key, _) in table {
            if !COMMAND_KEYS.contains(&key.get_ref().as_ref()) {
                reader.unknown(key.get_ref(), &key.span(), COMMAND_KEYS);
            }
        }
        if table.contains_key("run") {
            let command = command(reader, table);
            if let Some(command) = command {
                let line = reader.line(&value.span());
                let origin = super::Origin::File(reader.path.to_owned(), line);
                config.tools.insert(name.to_owned(), Setting::new(command, origin));
            }
        } else {
            reader.mistake(
                &value.span(),
                format!("tools.{name} has no run, which names the command: run = [\"./answer\"]"),
            );
        }
    }
}

/// The command that a table with `run` describes; nothing after a mistake in it.
pub(super) fn command(reader: &mut Reader<'_>, table: &DeTable<'_>) -> Option<ToolCommand> {
    let before = reader.mistakes.len();
    let shell = table.get("shell").and_then(|value| reader.boolean("shell", value));
    let shell = shell.is_some_and(|shell| shell.value);
    let run = table.get("run")?;
    let mut command = ToolCommand::new(words(reader, run, shell)?);
    if let Some(wrap) = table.get("wrap").and_then(|value| reader.string("wrap", value)) {
        command.wrap = wrap.value;
    }
    if let Some(timeout) = table.get("timeout").and_then(|value| timeout(reader, value)) {
        command.limits.timeout = timeout;
    }
    if let Some(value) = table.get("max_output")
        && let Some(bytes) = reader.number("max_output", value, 1.0..=MOST_OUTPUT)
    {
        // Within the range above, so that nothing is lost.
        command.limits.max_output = format!("{:.0}", bytes.value).parse().unwrap_or_default();
    }
    if let Some(value) = table.get("env") {
        command.env = env(reader, value);
    }
    if let Some(cwd) = table.get("cwd").and_then(|value| reader.path("cwd", value)) {
        command.cwd = Some(cwd.value);
    }
    (reader.mistakes.len() == before).then_some(command)
}

pub(super) fn words(
    reader: &mut Reader<'_>,
    value: &Spanned<DeValue<'_>>,
    shell: bool,
) -> Option<Words> {
    let span = value.span();
    match value.get_ref() {
        DeValue::String(_) => {
            let line = reader.string("run", value)?.value;
            if shell {
                return Some(Words::Shell(line));
            }
            match ToolCommand::parse(&line) {
                Ok(command) => Some(command.words),
                Err(error) => {
                    reader.mistake(&span, format!("run: {error}"));
                    None
                }
            }
        }
        DeValue::Array(_) if shell => {
            reader.mistake(&span, "with shell = true, run is one text for the shell");
            None
        }
        DeValue::Array(_) => {
            let words = reader.strings("run", value)?.value;
            if words.first().is_none_or(|program| program.trim().is_empty()) {
                reader.mistake(&span, "run is empty: its first word names the program");
                return None;
            }
            Some(Words::Direct(words))
        }
        other => {
            let found = other.type_str();
            reader.mistake(
                &span,
                format!("run must be a list of words, or a text; this is of type {found}"),
            );
            None
        }
    }
}

/// Seconds, or a text such as `90s`, `5m`.
pub(super) fn timeout(reader: &mut Reader<'_>, value: &Spanned<DeValue<'_>>) -> Option<Duration> {
    let DeValue::String(_) = value.get_ref() else {
        let seconds = reader.number("timeout", value, 0.1..=86_400.0)?.value;
        return Some(Duration::from_secs_f64(seconds));
    };
    let text = reader.string("timeout", value)?.value;
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let scale = match unit {
        "ms" => Some(1),
        "s" => Some(1_000),
        "m" => Some(60_000),
        "h" => Some(3_600_000),
        _ => None,
    };
    let time = number.parse::<u64>().ok().zip(scale).and_then(|(n, scale)| n.checked_mul(scale));
    match time {
        Some(time) if (1..=86_400_000).contains(&time) => Some(Duration::from_millis(time)),
        _ => {
            let text = format!("timeout is \"{text}\"; write it like 30s or 5m, a day at most");
            reader.mistake(&value.span(), text);
            None
        }
    }
}

pub(super) fn env(reader: &mut Reader<'_>, value: &Spanned<DeValue<'_>>) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let Some(table) = reader.table("env", value) else { return out };
    for (name, value) in table {
        let span = name.span();
        let name: &str = name.get_ref();
        if name.is_empty() || name.contains(['=', '\0']) {
            reader.mistake(&span, format!("\"{name}\" cannot be the name of a variable"));
            continue;
        }
        if let Some(text) = reader.string(&format!("env.{name}"), value) {
            out.push((name.to_owned(), text.value));
        }
    }
    out
}
