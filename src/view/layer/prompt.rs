//! The one line in which something is looked for or filtered by.
//!
//! Owns the line, what was typed before, where the reader came from, and what is said above it.
//! Start with [`read`]. The invariant: half a word of a key filters nothing, see [`finished`].

use crate::model::sessions::Whereabouts as InSessions;
use crate::model::timeline::{Purpose, Whereabouts as InEvents};
use crate::query::{Completion, Domain, Known, Mistake, Query, complete};
use crate::text::sanitize;
use crate::view::Editor;
use crate::view::pane::artifacts::list::Whereabouts as InFiles;

/// Lines that are kept to come back to.
const KEPT: usize = 50;
/// Ways to go on that are shown.
pub const OFFERED: usize = 8;

/// What is said above the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remark {
    /// Something is missing yet.
    Unfinished(String),
    Wrong(String),
}

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    Sessions,
    Events,
    Files,
    /// The file that is looked at.
    InFile,
}

impl Subject {
    /// The language of the line; in a file, text is looked for as it stands.
    pub fn domain(self) -> Option<Domain> {
        match self {
            Self::Sessions => Some(Domain::Sessions),
            Self::Events => Some(Domain::Events),
            Self::Files => Some(Domain::Files),
            Self::InFile => None,
        }
    }
}

/// Where the reader was when the line was opened: the cursor, and what was seen around it.
#[derive(Debug, Clone)]
pub enum Origin {
    Sessions(InSessions),
    Events(InEvents),
    Files(InFiles),
    /// The viewer of the file remembers it.
    InFile,
}

impl Origin {
    pub fn subject(&self) -> Subject {
        match self {
            Self::Sessions(_) => Subject::Sessions,
            Self::Events(_) => Subject::Events,
            Self::Files(_) => Subject::Files,
            Self::InFile => Subject::InFile,
        }
    }
}

#[derive(Debug, Clone)]
pub struct Prompt {
    /// The line itself.
    pub input: Editor,
    pub origin: Origin,
    pub purpose: Purpose,
    pub remark: Option<Remark>,
    pub offers: Vec<Completion>,
    /// The line was typed in, and not only filled.
    pub touched: bool,
    /// What stands there is from before, and a letter takes its place.
    pub standing: bool,
    /// What was looked for and filtered by before.
    pub before: (Option<String>, Option<String>),
    recall: Recall,
}

impl Prompt {
    pub fn new(origin: Origin, purpose: Purpose, line: &str) -> Self {
        let mut input = Editor::default();
        input.set_text(line);
        Self {
            input,
            origin,
            purpose,
            remark: None,
            offers: Vec::new(),
            touched: false,
            standing: !line.is_empty(),
            before: (None, None),
            recall: Recall::default(),
        }
    }

    pub fn subject(&self) -> Subject {
        self.origin.subject()
    }

    pub fn word(&self) -> &'static str {
        match (self.purpose, self.subject()) {
            (Purpose::Find, Subject::InFile) => "find in file",
            (Purpose::Find, _) => "find",
            (Purpose::Filter, _) => "filter",
        }
    }

    /// The line that is being typed, and the character that the cursor is before.
    pub fn line(&self) -> (String, usize) {
        (self.input.text(), self.input.cursor().1)
    }

    /// Looks up what may follow at the cursor.
    pub fn offer(&mut self, domain: Domain, known: &dyn Known) {
        let (line, cursor) = self.line();
        let at = line.char_indices().nth(cursor).map_or(line.len(), |(at, _)| at);
        self.offers = match line.as_str() {
            "" => Vec::new(),
            line => completions(line, at, self.purpose, domain, known),
        };
        self.offers.truncate(OFFERED);
    }

    /// The line with the first offer taken, and how many characters of it are before the cursor.
    pub fn accept(&self, line: &str) -> Option<(String, usize)> {
        let offer = self.offers.first()?;
        let (before, behind) = (line.get(..offer.replace.start)?, line.get(offer.replace.end..)?);
        let before = format!("{before}{}", offer.with);
        let cursor = before.chars().count();
        Some((format!("{before}{behind}"), cursor))
    }

    /// The line before the one shown, or the one after it.
    pub fn recall(&mut self, history: &[String], line: &str, earlier: bool) -> Option<String> {
        self.recall.step(history, line, earlier)
    }

    /// What is typed now is a line of its own.
    pub fn typed(&mut self) {
        self.touched = true;
        self.recall = Recall::default();
    }
}

/// Which of the earlier lines is shown, counted from the latest, and what they cover.
#[derive(Debug, Clone, Default)]
pub struct Recall(Option<(usize, String)>);

impl Recall {
    /// A line of earlier is shown.
    pub fn is_shown(&self) -> bool {
        self.0.is_some()
    }

    /// The line before the one shown, or the one after it; `None` where there is none.
    pub fn step(&mut self, history: &[String], line: &str, earlier: bool) -> Option<String> {
        let (at, covered) = match (&self.0, earlier) {
            (None, true) => (0, line.to_owned()),
            (None, false) => return None,
            (Some((at, covered)), true) => (at + 1, covered.clone()),
            (Some((0, covered)), false) => {
                let covered = covered.clone();
                self.0 = None;
                return Some(covered);
            }
            (Some((at, covered)), false) => (at - 1, covered.clone()),
        };
        let found = history.iter().rev().nth(at)?.clone();
        self.0 = Some((at, covered));
        Some(found)
    }
}

/// Keeps a line to come back to.
pub fn keep(history: &mut Vec<String>, line: &str) {
    if line.is_empty() {
        return;
    }
    history.retain(|known| known != line);
    history.push(line.to_owned());
    if history.len() > KEPT {
        history.remove(0);
    }
}

/// Whether nothing in a line is of the filter language; `and` and `or` alone are words.
fn is_plain(line: &str) -> bool {
    let plain = |word: &str| {
        !word.starts_with(['"', '/', '!', '-', '(']) && !word.contains(')') && !keyed(word)
    };
    line.split_whitespace().all(plain)
}

/// Whether a word begins like `key:value`, which neither `14:02` nor `https://…` does.
fn keyed(word: &str) -> bool {
    let Some((key, value)) = word.split_once(':') else { return false };
    key.starts_with(char::is_alphabetic) && !value.starts_with(':') && !value.starts_with("//")
}

/// Ways to go on at a byte of a line. Where plain text is looked for, its words are the person's own.
pub fn completions(
    line: &str,
    at: usize,
    purpose: Purpose,
    domain: Domain,
    known: &dyn Known,
) -> Vec<Completion> {
    let begun = !line.is_empty() && !line.ends_with(' ');
    if purpose == Purpose::Find && is_plain(line) && begun {
        return Vec::new();
    }
    complete(line, at, domain, known)
}

/// The part of a line that can be acted on while the rest is half typed or wrong: it ends before the
/// word that the first mistake is in.
pub fn finished(line: &str, purpose: Purpose, domain: Domain) -> &str {
    let mut part = line;
    while let Err(mistake) = read(part, purpose, domain) {
        let before = part.get(..mistake.at.start).unwrap_or_default();
        let end = before.rfind(char::is_whitespace).unwrap_or(0);
        part = part[..end].trim_end();
    }
    part
}

/// What a line asks for; `None` is everything. In a line that finds, what is not of the filter
/// language is looked for as it stands.
pub fn read(line: &str, purpose: Purpose, domain: Domain) -> Result<Option<Query>, Mistake> {
    if line.trim().is_empty() {
        return Ok(None);
    }
    let exact = || {
        let quoted = format!("\"{}\"", line.replace('\\', "\\\\").replace('"', "\\\""));
        Query::parse(&quoted, domain)
    };
    if purpose == Purpose::Filter {
        return Query::parse(line, domain).map(Some);
    }
    if is_plain(line) {
        return exact().map(Some);
    }
    match Query::parse(line, domain) {
        // Such as `error: 42`, where nothing was meant to be a key.
        Err(mistake) if mistake.suggestion.is_none() && !mistake.unfinished() => exact().map(Some),
        parsed => parsed.map(Some),
    }
}

impl From<&Mistake> for Remark {
    fn from(mistake: &Mistake) -> Self {
        let text = sanitize::one_line(&mistake.to_string()).into_owned();
        if mistake.unfinished() { Self::Unfinished(text) } else { Self::Wrong(text) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(line: &str, purpose: Purpose) -> String {
        match read(line, purpose, Domain::Events) {
            Ok(query) => query.map_or_else(String::new, |query| query.to_string()),
            Err(mistake) => format!("{mistake}"),
        }
    }

    #[test]
    fn plain_text_is_looked_for_as_it_stands() {
        for line in [
            "lost parcel",
            "now or never",
            "a\\b",
            "x)",
            "error: 42",
            "https://x.example/a?b",
            "14:02",
        ] {
            let quoted = format!("\"{}\"", line.replace('\\', "\\\\"));
            assert_eq!(written(line, Purpose::Find), quoted, "{line}");
        }
        assert_eq!(written("  ", Purpose::Find), "");
    }

    #[test]
    fn the_language_is_the_language_in_both() {
        assert_eq!(written("is:error refund", Purpose::Find), "is:error refund");
        assert_eq!(written("lost parcel", Purpose::Filter), "lost parcel");
        assert!(written("tol:web_get", Purpose::Find).contains("did you mean \"tool\"?"));
    }

    #[test]
    fn what_is_half_typed_or_wrong_is_left_out() {
        for (line, part) in [
            ("is:pa", ""),
            ("is:", ""),
            ("is:error", "is:error"),
            ("type:tool_output is:pa", "type:tool_output"),
            ("refund tol:x", "refund"),
            ("is:error or ", "is:error"),
            ("refund (is:error or is:hid", "refund"),
            ("refund \"lost par", "refund"),
            ("日本 is:ü", "日本"),
        ] {
            assert_eq!(finished(line, Purpose::Filter, Domain::Events), part, "{line}");
        }
        let long = "x".repeat(crate::query::MAX_BYTES + 1);
        assert_eq!(finished(&long, Purpose::Filter, Domain::Events), "");
    }

    #[test]
    fn earlier_lines_come_back_and_the_one_begun_too() {
        let mut history = Vec::new();
        for line in ["a", "b", "a", ""] {
            keep(&mut history, line);
        }
        assert_eq!(history, ["b", "a"]);
        let mut prompt = Prompt::new(Origin::InFile, Purpose::Find, "");
        let mut recall = |line: &str, earlier| prompt.recall(&history, line, earlier);
        assert_eq!(recall("new", true).as_deref(), Some("a"));
        assert_eq!(recall("a", true).as_deref(), Some("b"));
        assert_eq!(recall("b", true), None);
        assert_eq!(recall("b", false).as_deref(), Some("a"));
        assert_eq!(recall("a", false).as_deref(), Some("new"));
        assert_eq!(recall("new", false), None);
    }
}
