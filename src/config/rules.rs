//! A file of rules: `[[rule]]` after `[[rule]]`, each checked, all mistakes told at once.

use std::collections::BTreeSet;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::table::Reader;
use super::tools::{COMMAND_KEYS, command};
use super::{ConfigError, Gravity, Mistake};
use crate::tools::Condition;
use crate::tools::rules::{Rule, Rules};

const FILE_KEYS: &[&str] = &["dry_run", "rule"];
const RULE_KEYS: &[&str] =
    &["name", "agent", "session", "tool", "when", "answer", "dry_run", "max_per_minute"];

/// Reads a file of rules.
pub fn parse(path: &Path, text: &str) -> Result<Rules, ConfigError> {
    let table = DeTable::parse(text).map_err(|error| syntax(path, text, &error))?;
    let mut reader = Reader { path, text, mistakes: Vec::new() };
    let mut rules = Rules { path: path.to_owned(), ..Rules::default() };
    for (key, value) in table.get_ref() {
        let name: &str = key.get_ref();
        match name {
            "dry_run" => {
                rules.dry_run = reader.boolean(name, value).is_some_and(|dry| dry.value);
            }
            "rule" => list(&mut reader, value, &mut rules.list),
            _ => reader.unknown(name, &key.span(), FILE_KEYS),
        }
    }
    if reader.mistakes.is_empty() && rules.list.is_empty() {
        reader.mistake(&(0..0), "there is no [[rule]] in it");
    }
    if reader.mistakes.is_empty() {
        return Ok(rules);
    }
    reader.mistakes.sort_by_key(|mistake| mistake.line);
    Err(ConfigError::Mistakes(reader.mistakes))
}

pub(super) fn syntax(path: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    ConfigError::Mistakes(vec![mistake(path, text, error)])
}

/// A file that is no TOML.
pub(super) fn mistake(path: &Path, text: &str, error: &toml::de::Error) -> Mistake {
    let line = error.span().map(|span| {
        text.get(..span.start).unwrap_or(text).bytes().filter(|byte| *byte == b'\n').count() + 1
    });
    let text = error.message().trim_end().to_owned();
    Mistake { path: path.to_owned(), line, text, gravity: Gravity::Wrong }
}

fn list(reader: &mut Reader<'_>, value: &Spanned<DeValue<'_>>, rules: &mut Vec<Rule>) {
    let DeValue::Array(items) = value.get_ref() else {
        reader.mistake(&value.span(), "rules are written as [[rule]], with two brackets");
        return;
    };
    let mut names = BTreeSet::new();
    for (number, item) in items.iter().enumerate() {
        let Some(table) = reader.table("rule", item) else { continue };
        let rule = rule(reader, table, item, number + 1);
        if !names.insert(rule.name.clone()) {
            let text = format!("there is another rule of the name \"{}\" above", rule.name);
            reader.mistake(&item.span(), text);
        }
        rules.push(rule);
    }
}

fn rule(
    reader: &mut Reader<'_>,
    table: &DeTable<'_>,
    item: &Spanned<DeValue<'_>>,
    number: usize,
) -> Rule {
    let mut rule = Rule {
        name: format!("rule {number}"),
        line: reader.line(&item.span()),
        agent: None,
        session: None,
        tool: None,
        when: Vec::new(),
        command: None,
        answer: false,
        dry_run: false,
        max_per_minute: None,
    };
    for (key, value) in table {
        let name: &str = key.get_ref();
        let text = |reader: &mut Reader<'_>| reader.string(name, value).map(|text| text.value);
        let yes = |reader: &mut Reader<'_>| reader.boolean(name, value).is_some_and(|is| is.value);
        match name {
            "name" => rule.name = text(reader).unwrap_or_default(),
            "agent" => rule.agent = text(reader),
            "session" => rule.session = text(reader),
            "tool" => rule.tool = text(reader),
            "when" => rule.when = conditions(reader, value),
            "answer" => rule.answer = yes(reader),
            "dry_run" => rule.dry_run = yes(reader),
            "max_per_minute" => {
                let limit = reader.number(name, value, 1.0..=1000.0);
                rule.max_per_minute =
                    limit.and_then(|limit| format!("{:.0}", limit.value).parse().ok());
            }
            _ if COMMAND_KEYS.contains(&name) => {}
            _ => reader.unknown(name, &key.span(), &[RULE_KEYS, COMMAND_KEYS].concat()),
        }
    }
    if table.contains_key("run") {
        rule.command = command(reader, table);
    } else if let Some((key, _)) =
        table.iter().find(|(key, _)| COMMAND_KEYS.contains(&key.get_ref().as_ref()))
    {
        let text = format!("{} belongs to run, and this rule has none", key.get_ref());
        reader.mistake(&key.span(), text);
    }
    if rule.tool.is_none() {
        let text = "a rule names its tool: tool = \"orders_refund\", or \"*\" for every one";
        reader.mistake(&item.span(), text);
    }
    rule
}

fn conditions(reader: &mut Reader<'_>, value: &Spanned<DeValue<'_>>) -> Vec<(String, Condition)> {
    let mut out = Vec::new();
    let Some(table) = reader.table("when", value) else { return out };
    for (path, value) in table {
        let path: &str = path.get_ref();
        let condition = match value.get_ref() {
            DeValue::String(text) => Condition::parse(text),
            DeValue::Boolean(is) => Ok(Condition::Truth(*is)),
            DeValue::Integer(number) => number_of(&number.to_string()),
            DeValue::Float(number) => number_of(&number.to_string()),
            other => Err(format!(
                "it must be a text such as \"<100\", a number or a truth value; this is of type {}",
                other.type_str()
            )),
        };
        match condition {
            Ok(condition) => out.push((path.to_owned(), condition)),
            Err(why) => reader.mistake(&value.span(), format!("when.{path}: {why}")),
        }
    }
    out
}

fn number_of(text: &str) -> Result<Condition, String> {
    Condition::number(text).ok_or_else(|| format!("\"{text}\" is no number that JSON has"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Rules, String> {
        parse(Path::new("/c/rules.toml"), text).map_err(|error| error.to_string())
    }

    #[test]
    fn a_file_of_rules_is_read_whole() {
        let rules = read(
            "[[rule]]\nname = \"small\"\nagent = \"support*\"\nsession = \"refund-*\"\n\
             tool = \"orders_refund\"\nwhen = { amount = \"<100\", \"customer.vip\" = false, n = 3 }\n\
             run = [\"./refund\", \"{order_id}\"]\ntimeout = \"5m\"\nanswer = true\n\
             max_per_minute = 6\n\n[[rule]]\ntool = \"*\"\ndry_run = true\n",
        )
        .unwrap();
        let small = &rules.list[0];
        assert_eq!((small.name.as_str(), small.line, small.answer), ("small", 1, true));
        assert_eq!((small.when.len(), small.max_per_minute), (3, Some(6)));
        let command = small.command.as_ref().unwrap();
        assert_eq!(command.limits.timeout, std::time::Duration::from_mins(5));
        assert_eq!(command.cwd, None);
        let rest = &rules.list[1];
        assert_eq!((rest.name.as_str(), rest.answer, rest.dry_run), ("rule 2", false, true));
        assert_eq!(rest.command, None);
    }

    #[test]
    fn mistakes_are_told_with_file_line_and_what_was_meant() {
        let told = read(
            "[[rule]]\ntool = \"t\"\nanswr = true\nwhen = { amount = \"<lots\" }\n\
             [[rule]]\nname = \"x\"\nrun = []\n[[rule]]\ntool = \"t\"\nwrap = \"w\"\n",
        )
        .unwrap_err();
        for line in [
            "/c/rules.toml:3: there is no setting \"answr\", did you mean \"answer\"?",
            "/c/rules.toml:4: when.amount: \"lots\" behind < is no number, as in \"<100\"",
            "/c/rules.toml:5: a rule names its tool",
            "/c/rules.toml:7: run is empty",
            "/c/rules.toml:10: wrap belongs to run, and this rule has none",
        ] {
            assert!(told.contains(line), "{line}\n{told}");
        }
        assert!(read("").unwrap_err().contains("no [[rule]]"));
        assert!(read("[rule]\ntool = \"t\"").unwrap_err().contains("two brackets"));
        assert!(read("[[rule]\n").unwrap_err().starts_with("/c/rules.toml:1: "));
        let twice = "[[rule]]\nname = \"a\"\ntool = \"t\"\n[[rule]]\nname = \"a\"\ntool = \"u\"";
        assert!(read(twice).unwrap_err().contains(":4: there is another rule"));
    }
}
