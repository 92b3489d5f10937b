//! One table of a TOML file, read key by key: what was taken, what was wrong, what was not known.

use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Gravity, Mistake, Origin, Setting, ThemeNames};
use crate::text::suggest::{did_you_mean, nearest};
use crate::text::units;

/// The file that is being read, and the mistakes found so far.
pub(super) struct Reader<'a> {
    pub(super) path: &'a Path,
    pub(super) text: &'a str,
    pub(super) mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    pub(super) fn line(&self, span: &Range<usize>) -> usize {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        before.bytes().filter(|byte| *byte == b'\n').count() + 1
    }

    pub(super) fn mistake(&mut self, span: &Range<usize>, text: impl Into<String>) {
        self.remark(span, text.into(), Gravity::Wrong);
    }

    fn remark(&mut self, span: &Range<usize>, text: String, gravity: Gravity) {
        let line = Some(self.line(span));
        self.mistakes.push(Mistake { path: self.path.to_owned(), line, text, gravity });
    }

    /// What is no TOML.
    pub(super) fn syntax(&mut self, error: &toml::de::Error) {
        let span = error.span();
        let text = error.message().trim_end().to_owned();
        let line = span.map(|span| self.line(&span));
        let path = self.path.to_owned();
        self.mistakes.push(Mistake { path, line, text, gravity: Gravity::Wrong });
    }

    pub(super) fn origin(&self, span: &Range<usize>) -> Origin {
        Origin::File(self.path.to_owned(), self.line(span))
    }

    fn wanted<T>(
        &mut self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        wanted: &str,
        read: impl FnOnce(&DeValue<'_>) -> Option<T>,
    ) -> Option<Setting<T>> {
        let span = value.span();
        if let Some(read) = read(value.get_ref()) {
            return Some(Setting::new(read, self.origin(&span)));
        }
        let found = value.get_ref().type_str();
        self.mistake(&span, format!("{key} must be {wanted}; this is of type {found}"));
        None
    }

    pub(super) fn string(
        &mut self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> Option<Setting<String>> {
        let text =
            self.wanted(key, value, "a text in quotes", |value| value.as_str().map(str::to_owned))?;
        if text.value.trim().is_empty() {
            self.mistake(&value.span(), format!("{key} is empty; leave it out instead"));
            return None;
        }
        Some(text)
    }

    /// A path as people write it: `~/` is the home directory, others start at the file's own.
    pub(super) fn path(
        &mut self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> Option<Setting<PathBuf>> {
        let text = self.string(key, value)?;
        let here = self.path.parent().unwrap_or(Path::new("."));
        // Whoever opens it knows the home directory; nothing here reads the environment.
        let path = if text.value.starts_with("~/") {
            PathBuf::from(&text.value)
        } else {
            here.join(&text.value)
        };
        Some(Setting::new(path, text.origin))
    }

    pub(super) fn boolean(
        &mut self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> Option<Setting<bool>> {
        self.wanted(key, value, "true or false", |value| match value {
            DeValue::Boolean(value) => Some(*value),
            _ => None,
        })
    }

    pub(super) fn number(
        &mut self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        range: std::ops::RangeInclusive<f64>,
    ) -> Option<Setting<f64>> {
        let number = self.wanted(key, value, "a number", |value| match value {
            DeValue::Integer(number) => number.to_string().parse().ok(),
            DeValue::Float(number) => number.to_string().parse().ok(),
            _ => None,
        })?;
        if !range.contains(&number.value) {
            let (least, most) = (range.start(), range.end());
            self.mistake(&value.span(), format!("{key} must be between {least} and {most}"));
            return None;
        }
        Some(number)
    }

    /// Bytes: a number, or one with a unit of powers of 1,024, such as `"4M"`.
    pub(super) fn size(&mut self, key: &str, value: &Spanned<DeValue<'_>>) -> Option<Setting<u64>> {
        let wanted = "bytes, or a size such as \"4M\"";
        self.wanted(key, value, wanted, |value| match value {
            DeValue::Integer(number) => number.to_string().parse().ok(),
            DeValue::String(text) => units::read_bytes(text),
            _ => None,
        })
    }

    pub(super) fn strings(
        &mut self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> Option<Setting<Vec<String>>> {
        self.wanted(key, value, "a list of texts", |value| {
            let items = value.as_array()?;
            items.iter().map(|item| item.get_ref().as_str().map(str::to_owned)).collect()
        })
    }

    /// A list of words of a closed set.
    pub(super) fn words(
        &mut self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        known: &[&str],
    ) -> Option<Setting<Vec<String>>> {
        let words = self.strings(key, value)?;
        let stranger = words.value.iter().find(|word| !known.contains(&word.as_str()));
        let Some(stranger) = stranger else { return Some(words) };
        let suggestion = did_you_mean(stranger, known.iter().copied());
        let stop = if suggestion.is_empty() { "." } else { "" };
        let known = known.join(", ");
        let text = format!("{key} has \"{stranger}\"{suggestion}{stop} There can be: {known}");
        self.mistake(&value.span(), text);
        None
    }

    /// `"nord"`, or `{ dark = "nord", light = "light" }`.
    pub(super) fn theme(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Setting<ThemeNames>> {
        let Some(table) = value.get_ref().as_table() else {
            let name = self.string("theme", value)?;
            let (dark, light) = (name.value.clone(), name.value);
            return Some(Setting::new(ThemeNames { dark, light }, name.origin));
        };
        let (mut dark, mut light) = (None, None);
        for (key, value) in table {
            let word: &str = key.get_ref();
            match word {
                "dark" => dark = self.string(word, value),
                "light" => light = self.string(word, value),
                _ => self.unknown(word, &key.span(), &["dark", "light"]),
            }
        }
        let (Some(dark), Some(light)) = (dark, light) else {
            self.mistake(&value.span(), "theme has a name for dark and one for light");
            return None;
        };
        let names = ThemeNames { dark: dark.value, light: light.value };
        Some(Setting::new(names, self.origin(&value.span())))
    }

    pub(super) fn choice<T: Copy>(
        &mut self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        words: &[(&'static str, T)],
    ) -> Option<Setting<T>> {
        let text = self.string(key, value)?;
        if let Some((_, choice)) = words.iter().find(|(word, _)| *word == text.value) {
            return Some(Setting::new(*choice, text.origin));
        }
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let suggestion = did_you_mean(&text.value, known.iter().copied());
        let stop = if suggestion.is_empty() { "." } else { "" };
        let known = known.join(", ");
        let text = format!("{key} is \"{}\"{suggestion}{stop} It can be: {known}", text.value);
        self.mistake(&value.span(), text);
        None
    }

    pub(super) fn table<'v, 't>(
        &mut self,
        key: &str,
        value: &'v Spanned<DeValue<'t>>,
    ) -> Option<&'v DeTable<'t>> {
        if let DeValue::Table(table) = value.get_ref() {
            return Some(table);
        }
        let found = value.get_ref().type_str();
        self.mistake(&value.span(), format!("{key} must be a table; this is of type {found}"));
        None
    }

    pub(super) fn unknown(&mut self, key: &str, span: &Range<usize>, known: &[&str]) {
        self.unknown_bound(key, span, known, &[]);
    }

    /// The same where a name that was meant to be one of the bounds takes something away.
    pub(super) fn unknown_bound(
        &mut self,
        key: &str,
        span: &Range<usize>,
        known: &[&str],
        bounds: &[&str],
    ) {
        let meant = nearest(key, known.iter().copied());
        let is_bound = meant.is_some_and(|meant| bounds.contains(&meant));
        let gravity = if is_bound { Gravity::Wrong } else { Gravity::Unknown };
        let suggestion = did_you_mean(key, known.iter().copied());
        self.remark(span, format!("there is no setting \"{key}\"{suggestion}"), gravity);
    }
}
