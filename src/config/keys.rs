//! `keys.toml`: a preset, and a table of actions with their keys for each scope.
//!
//! Which scopes and actions there are is not known here. A mistake in one line keeps no other from
//! counting.

use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::table::Reader;
use super::{Mistake, Origin, Setting};

/// The keys of an action in a scope, as they are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyText {
    pub scope: Setting<String>,
    pub action: Setting<String>,
    /// Empty where the keys that there are shall be taken away.
    pub keys: Vec<Setting<String>>,
}

/// The file as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeysText {
    pub preset: Option<Setting<String>>,
    pub lines: Vec<KeyText>,
}

/// What a file says in its order, and what is wrong with the rest of it.
pub fn parse(path: &Path, text: &str) -> (KeysText, Vec<Mistake>) {
    let mut keys = KeysText::default();
    let table = match DeTable::parse(text) {
        Ok(table) => table,
        Err(error) => return (keys, vec![super::rules::mistake(path, text, &error)]),
    };
    let mut reader = Reader { path, text, mistakes: Vec::new() };
    for (name, value) in in_order(table.get_ref()) {
        let scope: &str = name.get_ref();
        if scope == "preset" {
            keys.preset = reader.string(scope, value);
            continue;
        }
        let scope = Setting::new(scope.to_owned(), reader.origin(&name.span()));
        let Some(table) = reader.table(&scope.value, value) else { continue };
        for (name, value) in in_order(table) {
            let action: &str = name.get_ref();
            if let Some(keys_of) = sequences(&mut reader, action, value) {
                let action = Setting::new(action.to_owned(), reader.origin(&name.span()));
                keys.lines.push(KeyText { scope: scope.clone(), action, keys: keys_of });
            }
        }
    }
    (keys, reader.mistakes)
}

/// The parser sorts by name; which of two lines came first is said by the file.
fn in_order<'t, 'i>(
    table: &'t DeTable<'i>,
) -> Vec<(&'t Spanned<toml::de::DeString<'i>>, &'t Spanned<DeValue<'i>>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(name, _)| name.span().start);
    entries
}

/// A text, or a list of them; `false` and "none" are none at all.
pub(super) fn sequences(
    reader: &mut Reader<'_>,
    action: &str,
    value: &Spanned<DeValue<'_>>,
) -> Option<Vec<Setting<String>>> {
    let one = |reader: &mut Reader<'_>, value: &Spanned<DeValue<'_>>| {
        let origin: Origin = reader.origin(&value.span());
        value.get_ref().as_str().map(|text| Setting::new(text.to_owned(), origin))
    };
    let read = match value.get_ref() {
        DeValue::Boolean(false) => Some(Vec::new()),
        DeValue::String(text) if text == "none" => Some(Vec::new()),
        DeValue::Array(list) => list.iter().map(|value| one(reader, value)).collect(),
        _ => one(reader, value).map(|text| vec![text]),
    };
    if read.is_none() {
        let what = "keys in quotes such as \"g d\", a list of them, or false for none";
        reader.mistake(&value.span(), format!("{action} must be {what}"));
    }
    read
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stand_in_the_order_of_the_file_and_slips_cost_only_themselves() {
        let text = "preset = 'dvorak'\n[timeline]\nundo = 'z'\nhide = ['d', 'g x']\nredo = 3\n\
                    fold = false\nmark = 'none'\n[move]\ndown = [\n'n',\n'<down>']\n";
        let (keys, mistakes) = parse(Path::new("keys.toml"), text);
        assert_eq!(keys.preset.unwrap().value, "dvorak");
        let lines: Vec<_> = keys
            .lines
            .iter()
            .map(|line| {
                let keys: Vec<&str> = line.keys.iter().map(|keys| keys.value.as_str()).collect();
                format!("{} {} {}", line.scope.value, line.action.value, keys.join(","))
            })
            .collect();
        assert_eq!(
            lines,
            [
                "timeline undo z",
                "timeline hide d,g x",
                "timeline fold ",
                "timeline mark ",
                "move down n,<down>"
            ]
        );
        assert_eq!(keys.lines[4].keys[1].origin.to_string(), "keys.toml:11");
        assert_eq!(mistakes.len(), 1);
        assert!(
            mistakes[0].to_string().starts_with("keys.toml:5: redo must be keys"),
            "{mistakes:?}"
        );
        assert_eq!(parse(Path::new("keys.toml"), "[a").1.len(), 1);
    }
}
