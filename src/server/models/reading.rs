//! Reading tables of a TOML file value by value, so that all mistakes are told at once, with their lines.
//!
//! The invariant: no value is quoted in what is told, because what was written in the wrong place may be
//! a key.

use std::ops::{Range, RangeInclusive};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::server::mistake::line_of;
use crate::text::suggest::did_you_mean;
use crate::text::{redact, sanitize};

type Value<'v, 't> = &'v Spanned<DeValue<'t>>;

/// Characters of a name that a person made up, where it is repeated.
const NAME: usize = 60;

/// The text that is read, and what is wrong with it: the line, and words.
pub(super) struct Reader<'a> {
    pub(super) text: &'a str,
    pub(super) mistakes: Vec<(usize, String)>,
}

impl Reader<'_> {
    pub(super) fn line(&self, at: usize) -> usize {
        line_of(self.text, at)
    }

    pub(super) fn mistake(&mut self, span: &Range<usize>, words: impl Into<String>) {
        self.mistakes.push((self.line(span.start), words.into()));
    }

    /// What is no TOML.
    pub(super) fn syntax(&mut self, error: &toml::de::Error) {
        let at = error.span().map_or(0, |span| span.start);
        self.mistakes.push((self.line(at), error.message().trim_end().to_owned()));
    }

    pub(super) fn unknown(&mut self, of: &str, key: &str, span: &Range<usize>, known: &[&str]) {
        let suggestion = did_you_mean(key, known.iter().copied());
        let stop = if suggestion.is_empty() { "." } else { "" };
        let known = known.join(", ");
        let words = format!("{of} has no {}{suggestion}{stop} There are: {known}", shown(key));
        self.mistake(span, words);
    }

    fn wanted<T>(
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
