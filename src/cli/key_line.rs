//! A line of `keys.toml` that the screen wrote: `:bind … --save`.
//!
//! Owns how it gets in between what a person wrote there, of which no byte changes but the keys of the
//! same action. Start with [`keeper`]. The invariant: a file that is not understood is not written, and what
//! is written has been read first and says what it said before, and that line.

use std::path::Path;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::config_file::{read, write};
use super::keymap;
use super::places::Places;
use crate::app::effect::KeyLine;
use crate::config::{KeysText, Mistake, parse_keys};
use crate::runtime::KeepKeys;

/// What writes such lines; `None` where there is no home.
pub(super) fn keeper() -> Option<KeepKeys> {
    let places = Places::find().ok()?;
    let path = places.keys();
    let shown = places.shown(&path);
    Some(Arc::new(move |line| {
        let text = read(&path).map_err(|failure| failure.to_string())?.unwrap_or_default();
        let (text, number) = with_line(&path, &text, line)?;
        if let Some(why) = keymap::new_clash(&places, &text) {
            return Err(format!("{why}; {shown} is as it was"));
        }
        write(&path, &text).map_err(|failure| failure.to_string())?;
        let KeyLine { scope, action, .. } = line;
        Ok(format!("{shown}:{number} has it: [{scope}] {action} = {}", value(line)))
    }))
}

/// As TOML has it.
fn value(line: &KeyLine) -> String {
    match &line.keys {
        Some(keys) => toml::Value::String(keys.clone()).to_string(),
        None => "false".to_owned(),
    }
}

/// The text with the line in it, and the number of that.
fn with_line(path: &Path, text: &str, line: &KeyLine) -> Result<(String, usize), String> {
    let (before, mistakes) = parse_keys(path, text);
    if let Some(mistake) = mistakes.first() {
        return Err(mend_first(mistake));
    }
    let (new, at) = put(text, line);
    let number = new[..at].matches('\n').count() + 1;
    let (after, mistakes) = parse_keys(path, &new);
    if mistakes.is_empty() && said(&after) == said_with(&before, line) {
        return Ok((new, number));
    }
    let (path, KeyLine { scope, action, .. }) = (path.display(), line);
    Err(format!(
        "{path} is written in a form that nothing can be put into; [{scope}] {action} = {} by hand \
         does it",
        value(line)
    ))
}

fn mend_first(mistake: &Mistake) -> String {
    format!("{mistake}. Mend that first, so that nothing in the file is lost")
}

/// The text with the line in its place, and where that is.
fn put(text: &str, line: &KeyLine) -> (String, usize) {
    let table = DeTable::parse(text).ok();
    let scope = table.as_ref().and_then(|table| table.get_ref().get_key_value(line.scope));
    let entries = scope.and_then(|(_, value)| value.get_ref().as_table());
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let entry = format!("{} = {}", line.action, value(line));
    let mut new = text.to_owned();
    if let Some(known) = entries.and_then(|entries| entries.get(line.action.as_str())) {
        let span = known.span();
        new.replace_range(span.clone(), &value(line));
        return (new, span.start);
    }
    let last = match (scope, entries) {
        (Some((name, _)), Some(entries)) => end_of(entries).or(Some(name.span().end)),
        _ => None,
    };
    if let Some(last) = last {
        // Behind the comment of the last line, too.
        if let Some(length) = text[last..].find('\n') {
            let at = last + length + 1;
            new.insert_str(at, &[entry.as_str(), newline].concat());
            return (new, at);
        }
        new.push_str(newline);
    } else {
        if !new.is_empty() && !new.ends_with('\n') {
            new.push_str(newline);
        }
        if !new.is_empty() {
            new.push_str(newline);
        }
        new.extend(["[", line.scope, "]", newline]);
    }
    let at = new.len();
    new.extend([entry.as_str(), newline]);
    (new, at)
}

/// Where the last of them ends.
fn end_of(entries: &DeTable<'_>) -> Option<usize> {
    let ends = entries.iter().map(|(_, value): (_, &Spanned<DeValue<'_>>)| value.span().end);
    ends.max()
}

type Said<'a> = (Option<&'a str>, Vec<(&'a str, &'a str, Vec<&'a str>)>);

/// What a file says, wherever it does.
fn said(keys: &KeysText) -> Said<'_> {
    let lines = keys.lines.iter().map(|line| {
        let keys = line.keys.iter().map(|keys| keys.value.as_str()).collect();
        (line.scope.value.as_str(), line.action.value.as_str(), keys)
    });
    let mut lines: Vec<_> = lines.collect();
    lines.sort();
    (keys.preset.as_ref().map(|preset| preset.value.as_str()), lines)
}

/// The same, if it said that, too.
fn said_with<'a>(keys: &'a KeysText, line: &'a KeyLine) -> Said<'a> {
    let (preset, mut lines) = said(keys);
    lines.retain(|(scope, action, _)| (*scope, *action) != (line.scope, line.action.as_str()));
    lines.push((line.scope, &line.action, line.keys.as_deref().into_iter().collect()));
    lines.sort();
    (preset, lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(
        text: &str,
        line: (&'static str, &str, Option<&str>),
    ) -> Result<(String, usize), String> {
        let (scope, action, keys) = line;
        let line = KeyLine { scope, action: action.to_owned(), keys: keys.map(str::to_owned) };
        with_line(Path::new("keys.toml"), text, &line)
    }

    #[test]
    fn a_line_gets_in_and_nothing_else_changes() {
        let hide = ("timeline", "hide", Some("g x"));
        for (text, line, wanted, number) in [
            ("", hide, "[timeline]\nhide = \"g x\"\n", 2),
            ("# mine", hide, "# mine\n\n[timeline]\nhide = \"g x\"\n", 4),
            ("[timeline] # rows\n", hide, "[timeline] # rows\nhide = \"g x\"\n", 2),
            ("[timeline]", hide, "[timeline]\nhide = \"g x\"\n", 2),
            (
                "preset = 'colemak'\n[timeline]\nundo = 'z'   # back\n\n[move]\ndown = ['n']\n",
                hide,
                "preset = 'colemak'\n[timeline]\nundo = 'z'   # back\nhide = \"g x\"\n\n[move]\ndown \
                 = ['n']\n",
                4,
            ),
            (
                "[timeline]\nhide = [\n 'd', # one\n 'g h',\n] # both\nundo = 'z'\n",
                ("timeline", "hide", None),
                "[timeline]\nhide = false # both\nundo = 'z'\n",
                2,
            ),
            (
                "[timeline]\r\nundo = 'z'\r\n",
                ("timeline", "hide", Some("\\")),
                "[timeline]\r\nundo = 'z'\r\nhide = '\\'\r\n",
                3,
            ),
        ] {
            assert_eq!(with(text, line), Ok((wanted.to_owned(), number)), "{text:?}");
        }
    }

    #[test]
    fn what_is_broken_or_cannot_be_put_into_is_left_alone_and_said() {
        for (text, words) in [
            ("[timeline]\nhide = \n", "keys.toml:2: "),
            ("[timeline]\nhide = 3\n", "Mend that first"),
            ("timeline = { undo = 'z' }\n", "by hand"),
            ("timeline.undo = 'z'\n", "by hand"),
        ] {
            let told = with(text, ("timeline", "hide", Some("g x"))).unwrap_err();
            assert!(told.contains(words), "{text:?}: {told}");
        }
    }
}
