//! Conditions put to a file of a session, of which everything is at hand.

use super::eval::fits_any;
use super::facts::Answer;
use super::keys::{Measure, Name};
use super::tree::{Expr, Term};
use crate::api::Timestamp;

/// What a query may ask of a file.
#[derive(Debug, Clone, Copy)]
pub struct FileFacts<'a> {
    pub id: &'a str,
    pub name: &'a str,
    pub mime_type: &'a str,
    pub description: &'a str,
    /// The tool that made it, `you`, or `""` while that is not known.
    pub by: &'a str,
    /// Bytes.
    pub size: u64,
    pub created_at: Timestamp,
}

/// What `by:` calls every author that is a tool.
const AGENT: &str = "agent";
const YOU: &str = "you";

pub(super) fn passes(expr: &Expr, file: &FileFacts, now: Timestamp) -> bool {
    let passes = |term: &Term| match term {
        Term::Phrase(phrase) => {
            phrase.fits_name(file.name)
                || [file.id, file.name, file.description].iter().any(|text| phrase.occurs_in(text))
        }
        Term::Name(Name::File, patterns) => fits_any(patterns, file.name),
        Term::Name(Name::Mime, patterns) => {
            let essence = file.mime_type.split(';').next().unwrap_or_default().trim();
            let halves = essence.split_once('/').unwrap_or((essence, essence));
            [essence, halves.0, halves.1].iter().any(|word| fits_any(patterns, word))
        }
        Term::Name(Name::By, patterns) => {
            let is_tool = !file.by.is_empty() && file.by != YOU;
            !file.by.is_empty() && fits_any(patterns, file.by)
                || is_tool && fits_any(patterns, AGENT)
        }
        Term::Measure(Measure::Size, bounds) => bounds.contain(file.size),
        Term::Measure(Measure::Age, bounds) => {
            let age = now.as_millisecond().saturating_sub(file.created_at.as_millisecond());
            bounds.contain(u64::try_from(age).unwrap_or(0))
        }
        // The parser knows no such condition for files.
        _ => false,
    };
    expr.answer(&mut |term| passes(term).into()) == Answer::Yes
}

#[cfg(test)]
mod tests {
    use super::super::{Domain, Query};
    use super::*;

    #[test]
    fn a_file_is_found_by_name_type_size_author_and_age() {
        let now: Timestamp = "2026-05-03T14:00:00Z".parse().unwrap();
        let file = FileFacts {
            id: "art_1",
            name: "refund letter.md",
            mime_type: "text/markdown; charset=utf-8",
            description: "the final draft",
            by: "artifact_create",
            size: 4_310,
            created_at: "2026-05-03T13:00:00Z".parse().unwrap(),
        };
        let fits = |text: &str, file: &FileFacts| {
            Query::parse(text, Domain::Files).unwrap().file(file, now)
        };
        for text in [
            "refund",
            "\"final draft\"",
            "art_1",
            "name:*.md",
            "type:markdown",
            "type:text",
            "type:text/*",
            "size:4k..5k",
            "by:agent",
            "by:artifact_*",
            "age:<2h",
            "!type:image size:<5k",
        ] {
            assert!(fits(text, &file), "{text}");
        }
        for text in ["invoice", "name:letter", "type:image", "size:>5k", "by:you", "age:<5m"] {
            assert!(!fits(text, &file), "{text}");
        }
        let unknown = FileFacts { by: "", ..file };
        assert!(!fits("by:*", &unknown) && !fits("by:agent", &unknown));
        let yours = FileFacts { by: "you", ..file };
        assert!(fits("by:you", &yours) && !fits("by:agent", &yours));
        let mistake = Query::parse("tool:x", Domain::Files).unwrap_err().to_string();
        assert!(mistake.contains("is a key of events, not of files"), "{mistake}");
    }
}
