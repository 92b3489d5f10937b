//! Reading a TOML file that the server is started with, value by value, so that all that is wrong with it is
//! told at once.
//!
//! Knows no file and what it may hold; those are [`super::settings`], [`super::access::tokens`],
//! [`super::models::file`] and [`super::tools::file`]. Start with [`read`]. The invariant: no value of the file is
//! quoted in what is told, because what was written in the wrong place may be a secret.

use std::fmt;
use std::ops::{Range, RangeInclusive};

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use crate::text::suggest::did_you_mean;
use crate::text::{redact, sanitize};

/// What is wrong on a line, which is counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    pub line: usize,
    pub words: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.line, self.words)
    }
}

/// Reads a text, or tells in order of lines what is wrong with it.
pub fn read<T>(
    text: &str,
    read: impl FnOnce(&mut Reader<'_>, &DeTable<'_>) -> T,
) -> Result<T, Vec<Mistake>> {
    let mut reader = Reader { text, mistakes: Vec::new() };
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let at = error.span().map_or(0, |span| span.start);
        reader.mistake(&(at..at), error.message().trim_end());
    }
    // What was made of a line that is no TOML is nobody's word.
    let found = errors.is_empty().then(|| read(&mut reader, table.get_ref()));
    let Reader { mut mistakes, .. } = reader;
    match found {
        Some(found) if mistakes.is_empty() => Ok(found),
        _ => {
            mistakes.sort();
            mistakes.dedup();
            Err(mistakes)
        }
    }
}

/// A value and where it stands.
pub(super) type Value<'v, 't> = &'v Spanned<DeValue<'t>>;

/// Characters of a name that a person made up, where it is repeated.
const NAME: usize = 60;

/// The text that is read, and what is wrong with it so far.
pub struct Reader<'a> {
    text: &'a str,
    mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    /// The line of a byte.
    pub(super) fn line(&self, at: usize) -> usize {
        self.text.get(..at).unwrap_or(self.text).matches('\n').count() + 1
    }

    pub(super) fn mistake(&mut self, span: &Range<usize>, words: impl Into<String>) {
        self.mistakes.push(Mistake { line: self.line(span.start), words: words.into() });
    }

    /// How much is wrong so far.
    pub(super) fn mistakes(&self) -> usize {
        self.mistakes.len()
    }

    pub(super) fn unknown(&mut self, of: &str, key: &str, span: &Range<usize>, known: &[&str]) {
        let suggestion = did_you_mean(key, known.iter().copied());
        let stop = if suggestion.is_empty() { "." } else { "" };
        let known = known.join(", ");
        let words = format!("{of} has no {}{suggestion}{stop} There are: {known}", shown(key));
        self.mistake(span, words);
    }

    /// What a value is taken for; `wanted` says what it must be.
    pub(super) fn wanted<T>(
        &mut self,
        key: &str,
        value: Value<'_, '_>,
        wanted: &str,
        read: impl FnOnce(&DeValue<'_>) -> Option<T>,
    ) -> Option<T> {
        let found = read(value.get_ref());
        if found.is_none() {
            let kind = value.get_ref().type_str();
            self.mistake(&value.span(), format!("{key} must be {wanted}; this is of type {kind}"));
        }
        found
    }

    pub(super) fn table<'v, 't>(
        &mut self,
        key: &str,
        value: Value<'v, 't>,
    ) -> Option<&'v DeTable<'t>> {
        let found = value.get_ref().as_table();
        if found.is_none() {
            let kind = value.get_ref().type_str();
            self.mistake(&value.span(), format!("{key} must be a table; this is of type {kind}"));
        }
        found
    }

    /// A text that is not empty, in one line.
    pub(super) fn words(&mut self, key: &str, value: Value<'_, '_>) -> Option<String> {
        let read = |value: &DeValue<'_>| value.as_str().map(|text| text.trim().to_owned());
        let text = self.wanted(key, value, "a text in quotes", read)?;
        if text.is_empty() {
            self.mistake(&value.span(), format!("{key} is empty; leave it out instead"));
            return None;
        }
        if text.chars().any(char::is_control) {
            self.mistake(&value.span(), format!("{key} has a line break or another control in it"));
            return None;
        }
        Some(text)
    }

    /// A list, whatever is in it.
    pub(super) fn list<'v, 't>(
        &mut self,
        key: &str,
        value: Value<'v, 't>,
        wanted: &str,
    ) -> Option<&'v DeArray<'t>> {
        let found = value.get_ref().as_array();
        if found.is_none() {
            let kind = value.get_ref().type_str();
            self.mistake(&value.span(), format!("{key} must be {wanted}; this is of type {kind}"));
        }
        found
    }

    /// A list of texts, which may be empty.
    pub(super) fn texts(&mut self, key: &str, value: Value<'_, '_>) -> Option<Vec<String>> {
        const WANTED: &str = "a list of texts, such as [\"one\", \"two\"]";
        let before = self.mistakes();
        let mut texts = Vec::new();
        for item in self.list(key, value, WANTED).into_iter().flatten() {
            let read = |item: &DeValue<'_>| item.as_str().map(str::to_owned);
            texts.extend(self.wanted(key, item, WANTED, read));
        }
        (self.mistakes() == before).then_some(texts)
    }

    /// One of these words.
    pub(super) fn choice<T: Copy>(
        &mut self,
        key: &str,
        value: Value<'_, '_>,
        words: &[(&'static str, T)],
    ) -> Option<T> {
        let text = self.words(key, value)?;
        if let Some((_, choice)) = words.iter().find(|(word, _)| *word == text) {
            return Some(*choice);
        }
        let known: Vec<_> = words.iter().map(|(word, _)| *word).collect();
        let suggestion = did_you_mean(&text, known.iter().copied());
        let stop = if suggestion.is_empty() { "." } else { "" };
        let known = known.join(", ");
        let text = shown(&text);
        self.mistake(
            &value.span(),
            format!("{key} is {text}{suggestion}{stop} It can be: {known}"),
        );
        None
    }

    pub(super) fn truth(&mut self, key: &str, value: Value<'_, '_>) -> Option<bool> {
        self.wanted(key, value, "true or false", |value| match value {
            DeValue::Boolean(truth) => Some(*truth),
            _ => None,
        })
    }

    pub(super) fn whole(
        &mut self,
        key: &str,
        value: Value<'_, '_>,
        range: RangeInclusive<u64>,
    ) -> Option<u64> {
        // One that no machine holds is out of range, and below zero is none of these either.
        let read = |value: &DeValue<'_>| match value {
            DeValue::Integer(number) => Some(number.to_string().parse().unwrap_or(u64::MAX)),
            _ => None,
        };
        let number = self.wanted(key, value, "a whole number", read)?;
        if range.contains(&number) && number != u64::MAX {
            return Some(number);
        }
        let (least, most) = (range.start(), range.end());
        let words = match *most {
            u64::MAX => format!("{key} must be {least} or more"),
            most => format!("{key} must be between {least} and {most}"),
        };
        self.mistake(&value.span(), words);
        None
    }

    pub(super) fn number(
        &mut self,
        key: &str,
        value: Value<'_, '_>,
        range: RangeInclusive<f64>,
    ) -> Option<f64> {
        let number = self.wanted(key, value, "a number", |value| match value {
            DeValue::Integer(number) => number.to_string().parse::<f64>().ok(),
            DeValue::Float(number) => number.to_string().parse::<f64>().ok(),
            _ => None,
        })?;
        // No comparison holds for what is no number at all.
        if range.contains(&number) {
            return Some(number);
        }
        let (least, most) = (range.start(), range.end());
        self.mistake(&value.span(), format!("{key} must be between {least} and {most}"));
        None
    }
}

/// A name that a person wrote, for repeating it.
pub(super) fn shown(name: &str) -> String {
    format!("\"{}\"", sanitize::preview(&redact::text(name), NAME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_is_wrong_is_told_in_order_and_values_are_not() {
        let text = "b = [\"hunter2\", 2]\n\na = \"hunter2\"\nzebra = \"hunter2\"\n";
        let told = read(text, |reader, table| {
            for (key, value) in table {
                let word: &str = key.get_ref();
                match word {
                    "a" => drop(reader.whole(word, value, 1..=2)),
                    "b" => drop(reader.texts(word, value)),
                    _ => reader.unknown("the file", word, &key.span(), &["a", "b"]),
                }
            }
        });
        let told: Vec<String> = told.unwrap_err().iter().map(Mistake::to_string).collect();
        assert_eq!(
            told,
            [
                "1: b must be a list of texts, such as [\"one\", \"two\"]; this is of type integer",
                "3: a must be a whole number; this is of type string",
                "4: the file has no \"zebra\". There are: a, b",
            ]
        );
    }

    #[test]
    fn what_is_no_toml_is_told_with_its_lines_and_nothing_else_is() {
        let told = read("a = \nb = \"x\nc = 1\n", |reader, table| {
            assert!(table.is_empty(), "nobody looks into it");
            reader.mistake(&(0..0), "never");
        });
        let told = told.unwrap_err();
        assert_eq!(told.iter().map(|mistake| mistake.line).collect::<Vec<_>>(), [1, 2], "{told:?}");
    }
}
