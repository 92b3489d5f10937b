//! What is wrong with a file that the server is started with: the line, what stands there, and what may have
//! been meant.
//!
//! Knows no file and what it may hold; those are [`super::settings`] and [`super::access::tokens`]. Start with
//! [`of`]. The invariant: no value of the file is in the words, because it may be a secret.

use crate::text::suggest::did_you_mean;

/// A line and words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Counted from 1.
    pub line: usize,
    pub words: String,
}

impl std::fmt::Display for Mistake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.line, self.words)
    }
}

/// The line of a byte.
pub fn line_of(text: &str, at: usize) -> usize {
    text.get(..at).unwrap_or(text).matches('\n').count() + 1
}

/// What the reader of TOML says, in our words.
pub fn of(text: &str, error: &toml::de::Error) -> Mistake {
    let line = error.span().map_or(1, |span| line_of(text, span.start));
    Mistake { line, words: words(error.message().trim()) }
}

fn words(message: &str) -> String {
    if let Some(rest) = message.strip_prefix("unknown field ") {
        let (name, known) = named(rest);
        return chosen(&format!("there is no setting \"{name}\""), name, &known, "There are");
    }
    if let Some(rest) = message.strip_prefix("unknown variant ") {
        let (name, known) = named(rest);
        return chosen(&format!("\"{name}\" is no such word"), name, &known, "There are");
    }
    if let Some(rest) = message.strip_prefix("missing field ") {
        return format!("{} is missing", rest.trim_matches('`'));
    }
    if let Some(rest) = message.strip_prefix("duplicate field ") {
        return format!("{} stands twice", rest.trim_matches('`'));
    }
    // What stands there is between the two, and is not told.
    let wrong = message.strip_prefix("invalid type: ").or(message.strip_prefix("invalid value: "));
    match wrong.and_then(|wrong| wrong.rsplit_once(", expected ")) {
        Some((_, expected)) => format!("{} is wanted here", form(expected)),
        None => message.to_owned(),
    }
}

/// A name between backticks, and those that there could be.
fn named(rest: &str) -> (&str, Vec<&str>) {
    let mut names = rest.split('`').skip(1).step_by(2);
    (names.next().unwrap_or_default(), names.collect())
}

fn chosen(what: &str, name: &str, known: &[&str], list: &str) -> String {
    match did_you_mean(name, known.iter().copied()) {
        near if near.is_empty() && !known.is_empty() => {
            format!("{what}. {list}: {}", known.join(", "))
        }
        near => format!("{what}{near}"),
    }
}

/// What the language calls a type, for people.
fn form(expected: &str) -> &str {
    match expected {
        "a boolean" => "true or false",
        "a string" => "a text in quotes",
        "a sequence" => "a list in brackets",
        "usize" | "u64" => "a whole number that is not negative",
        expected if expected.starts_with("struct ") || expected == "a map" => "a table",
        expected => expected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_told_and_what_stands_there_is_not() {
        for (message, told) in [
            (
                "unknown field `list_ordr`, expected one of `list_order`, `hide_reason`",
                "there is no setting \"list_ordr\", did you mean \"list_order\"?",
            ),
            (
                "unknown variant `king`, expected `viewer` or `owner`",
                "\"king\" is no such word. There are: viewer, owner",
            ),
            ("invalid type: integer `1234`, expected a string", "a text in quotes is wanted here"),
            (
                "invalid type: string \"a, expected b\", expected a boolean",
                "true or false is wanted here",
            ),
            ("missing field `name`", "name is missing"),
            ("expected newline", "expected newline"),
        ] {
            assert_eq!(words(message), told);
        }
        assert_eq!((line_of("a\nb\n", 2), line_of("a", 9)), (2, 1));
    }
}
