//! What a text or a name is compared with: phrases, looked for in texts, and patterns, which a
//! whole name has to fit.

use std::ops::Range;

use regex::{Regex, RegexBuilder};

use super::fuzzy::Letters;
use super::lexer::{Form, Item};
use super::mistake::Mistake;
use crate::api::glance::fingerprint;

/// Bytes that one compiled regular expression may take.
const REGEX_BYTES: usize = 1 << 20;
const REGEX_NESTING: u32 = 50;

/// Something to look for in texts. Small letters stand for both cases, a capital asks for itself.
#[derive(Debug, Clone)]
pub(super) struct Phrase {
    pub(super) form: Form,
    pub(super) source: String,
    regex: Regex,
    letters: Letters,
}

impl PartialEq for Phrase {
    fn eq(&self, other: &Self) -> bool {
        (self.form, &self.source) == (other.form, &other.source)
    }
}

impl Phrase {
    pub(super) fn parse(item: Item) -> Result<Self, Mistake> {
        let regex = match item.form {
            Form::Regex => compile(&item.text, &item.text, &item.at)?,
            Form::Bare | Form::Quoted => compile(&regex::escape(&item.text), &item.text, &item.at)?,
        };
        let letters = Letters::of(&item.text);
        Ok(Self { form: item.form, source: item.text, regex, letters })
    }

    pub(super) fn occurs_in(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// A word need not stand in a short name letter by letter.
    pub(super) fn fits_name(&self, name: &str) -> bool {
        self.occurs_in(name) || (self.form == Form::Bare && self.letters.fit(name))
    }

    pub(super) fn occurrences<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Range<usize>> {
        self.regex.find_iter(text).map(|found| found.range()).filter(|range| !range.is_empty())
    }
}

/// A condition on a whole name.
#[derive(Debug, Clone)]
pub(super) enum Pattern {
    Equal(String, u64),
    /// `*` stands for any run of characters, `?` for one.
    Glob(String),
    Regex(String, Regex),
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Equal(a, _), Self::Equal(b, _))
            | (Self::Glob(a), Self::Glob(b))
            | (Self::Regex(a, _), Self::Regex(b, _)) => a == b,
            _ => false,
        }
    }
}

impl Pattern {
    pub(super) fn parse(item: Item) -> Result<Self, Mistake> {
        Ok(match item.form {
            Form::Regex => {
                let regex = compile(&item.text, &item.text, &item.at)?;
                Self::Regex(item.text, regex)
            }
            Form::Bare if item.text.contains(['*', '?']) => Self::Glob(item.text),
            Form::Bare | Form::Quoted => {
                let print = fingerprint(&item.text);
                Self::Equal(item.text, print)
            }
        })
    }

    pub(super) fn fits(&self, name: &str) -> bool {
        match self {
            Self::Equal(wanted, _) => wanted == name,
            Self::Glob(glob) => fits_glob(glob, name),
            Self::Regex(_, regex) => regex.is_match(name),
        }
    }

    /// Whether a name with that fingerprint fits, where that is enough to tell.
    pub(super) fn fits_fingerprint(&self, name: u64) -> Option<bool> {
        match self {
            Self::Equal(_, wanted) => Some(*wanted == name),
            Self::Glob(_) | Self::Regex(..) => None,
        }
    }
}

fn compile(pattern: &str, written: &str, at: &Range<usize>) -> Result<Regex, Mistake> {
    let built = RegexBuilder::new(pattern)
        .case_insensitive(!has_capital(written))
        .multi_line(true)
        .size_limit(REGEX_BYTES)
        .dfa_size_limit(REGEX_BYTES)
        .nest_limit(REGEX_NESTING)
        .build();
    built.map_err(|error| {
        let what = match error {
            regex::Error::CompiledTooBig(_) => "this regular expression is too large".to_owned(),
            // The last line of several says it in words.
            error => {
                let text = error.to_string();
                let line = text.lines().last().unwrap_or_default();
                let reason = line.trim_start_matches("error: ");
                format!(
                    "this is no regular expression: {}",
                    crate::text::sanitize::one_line(reason)
                )
            }
        };
        Mistake::wrong(at.clone(), what)
    })
}

/// Whether a capital stands for itself in it: the one of `\S` or `\p{Lu}` does not.
pub(super) fn has_capital(pattern: &str) -> bool {
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if c == '\\' {
            let class = chars.next();
            if matches!(class, Some('p' | 'P' | 'x' | 'u' | 'U')) && chars.as_str().starts_with('{')
            {
                chars.by_ref().find(|c| *c == '}');
            }
        } else if c.is_uppercase() {
            return true;
        }
    }
    false
}

/// Whether `*` (any run of characters) and `?` (one) make the whole name of the glob. One pass with
/// one place to go back to: no pattern takes more than length times length.
pub fn fits_glob(glob: &str, name: &str) -> bool {
    let (mut glob, mut name) = (glob.chars(), name.chars());
    let mut retry: Option<(std::str::Chars<'_>, std::str::Chars<'_>)> = None;
    loop {
        let (mut next_glob, mut next_name) = (glob.clone(), name.clone());
        match (next_glob.next(), next_name.next()) {
            (Some('*'), _) => {
                retry = Some((next_glob.clone(), name.clone()));
                glob = next_glob;
            }
            (None, None) => return true,
            (Some(wanted), Some(found)) if wanted == '?' || wanted == found => {
                (glob, name) = (next_glob, next_name);
            }
            _ => {
                let Some((after_star, mut from)) = retry.take() else { return false };
                if from.next().is_none() {
                    return false;
                }
                (glob, name) = (after_star.clone(), from.clone());
                retry = Some((after_star, from));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glob_fits_whole_names() {
        for (glob, name, fits) in [
            ("web_*", "web_get", true),
            ("web_*", "my_web_get", false),
            ("*_get", "web_get", true),
            ("*a*b*", "xxaxxbxx", true),
            ("*a*b", "xxaxxbxx", false),
            ("w?b", "wéb", true),
            ("?", "", false),
            ("*", "", true),
            ("a*b*c", "abbbc", true),
        ] {
            assert_eq!(fits_glob(glob, name), fits, "{glob} {name}");
        }
        assert!(!fits_glob(&"*a".repeat(2_000), &"a".repeat(1_999)));
    }

    #[test]
    fn only_a_capital_that_stands_for_itself_asks_for_its_case() {
        assert!(!has_capital(r"\S+\p{Lu}\W"));
        assert!(has_capital("Keller"));
        assert!(has_capital(r"\\S"));
    }
}
