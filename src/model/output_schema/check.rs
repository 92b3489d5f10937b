//! Checking a draft: off the screen's thread, and never more than once for the same text.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::place::{Lines, Span, at_pointer, words};
use super::{Against, reason};
use crate::api::EventId;
use crate::model::AnswerKind;
use crate::text::json::{Index, Json, Kind, Name, NodeId};
use crate::text::sanitize;

/// Things told of one draft; the rest would not help.
const MAX_DIAGNOSTICS: usize = 50;
/// The JSON reader, and many a service, looks no deeper.
const MAX_DEPTH: usize = 127;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Sending is off, unless somebody insists.
    Error,
    /// It is said, and sent as it is typed.
    Warning,
}

/// One thing about a draft, at its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    pub severity: Severity,
    /// The value that it is about, as a JSON Pointer; `""` is all of it.
    pub pointer: String,
    /// The same for people.
    pub path: String,
    pub reason: String,
    pub at: Span,
}

impl Diagnostic {
    /// `amount: expected number, got string`.
    pub fn words(&self) -> String {
        if self.path.is_empty() {
            self.reason.clone()
        } else {
            format!("{}: {}", self.path, self.reason)
        }
    }
}

/// A text to check. Whose it is and which version of it travel along, so that a verdict about an
/// older one can be told.
#[derive(Debug, Clone)]
pub struct Check {
    pub call: EventId,
    pub stamp: u64,
    pub kind: AnswerKind,
    pub text: String,
    pub against: Against,
}

impl PartialEq for Check {
    fn eq(&self, other: &Self) -> bool {
        (&self.call, self.stamp) == (&other.call, other.stamp)
    }
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Verdict {
    pub stamp: u64,
    /// The text is what the wire takes: a JSON object, or for an error any text.
    pub sendable: bool,
    /// Errors and warnings, from the top of the text to its end.
    pub diagnostics: Vec<Diagnostic>,
    /// In words, why less was checked than could be.
    pub unchecked: Option<String>,
}

impl Verdict {
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|found| found.severity == Severity::Error)
    }

    /// For a check that came to no end.
    pub fn failed(stamp: u64) -> Self {
        let unchecked = Some("the check failed, foretop has a fault there".to_owned());
        Self { stamp, unchecked, ..Self::default() }
    }
}

impl Check {
    /// Takes as long as the text and its schema ask for: not for the screen's thread.
    pub fn run(&self) -> Verdict {
        let mut found = Found { text: &self.text, lines: Lines::of(&self.text), all: Vec::new() };
        let (sendable, unchecked) = match self.kind {
            AnswerKind::Error => (found.error_text(), None),
            AnswerKind::Success => found.output(&self.against),
        };
        let mut diagnostics = found.all;
        diagnostics.sort_by_key(|found| (found.at, found.severity));
        diagnostics.truncate(MAX_DIAGNOSTICS);
        Verdict { stamp: self.stamp, sendable, diagnostics, unchecked }
    }
}

/// Whether an output surely fits its tool, or why not. Asked before an answer leaves without a
/// person: where nothing can be said, that is a no.
pub fn surely_fits(output: &str, against: &Against) -> Result<(), String> {
    let mut found = Found { text: output, lines: Lines::of(output), all: Vec::new() };
    let (_, unchecked) = found.output(against);
    let wrong = found.all.iter().find(|found| found.severity == Severity::Error);
    match (wrong, unchecked) {
        (Some(wrong), _) => Err(wrong.words()),
        (None, Some(why)) => Err(why),
        (None, None) => Ok(()),
    }
}

struct Found<'a> {
    text: &'a str,
    lines: Lines<'a>,
    all: Vec<Diagnostic>,
}

impl Found<'_> {
    fn tell(&mut self, severity: Severity, pointer: &str, reason: String, at: Span) {
        let path = words(pointer);
        self.all.push(Diagnostic { severity, pointer: pointer.to_owned(), path, reason, at });
    }

    /// An error is a text, or JSON.
    fn error_text(&mut self) -> bool {
        let text = self.text.trim();
        if text.is_empty() {
            self.tell(
                Severity::Error,
                "",
                "say what failed".to_owned(),
                Span { end: 1, ..Span::default() },
            );
            return false;
        }
        match serde_json::from_str::<&RawValue>(self.text) {
            Err(error) if text.starts_with(['{', '[']) => {
                let at = self.lines.of_parser(error.line(), error.column());
                let reason = format!("not JSON, and sent as a text: {}", plain_reason(&error));
                self.tell(Severity::Warning, "", reason, at);
            }
            _ => {}
        }
        true
    }

    /// An output is a JSON object that fits the schema.
    fn output(&mut self, against: &Against) -> (bool, Option<String>) {
        // Without recursion, so that depth is no matter, and without reading numbers.
        if let Err(error) = serde_json::from_str::<&RawValue>(self.text) {
            let at = self.lines.of_parser(error.line(), error.column());
            self.tell(Severity::Error, "", plain_reason(&error), at);
            return (false, None);
        }
        let index = Index::of(self.text);
        let json = Json::new(self.text, &index);
        if json.kind(NodeId::ROOT) != Kind::Object {
            let at = self.lines.span(json.span(NodeId::ROOT));
            self.tell(Severity::Error, "", "the output must be a JSON object".to_owned(), at);
            return (false, None);
        }
        self.duplicates(json);
        if let Some(deep) = json.nodes().find(|node| json.depth(*node) > MAX_DEPTH) {
            let at = self.lines.span(json.span(deep));
            let reason = format!("nested deeper than {MAX_DEPTH} levels");
            self.tell(Severity::Error, "", reason, at);
            return (true, Some("so deep nothing is checked here".to_owned()));
        }
        let is_huge = |node: &NodeId| {
            json.kind(*node) == Kind::Number
                && !json.raw(*node).parse().is_ok_and(|number: f64| number.is_finite())
        };
        if let Some(huge) = json.nodes().find(is_huge) {
            let at = self.lines.span(json.span(huge));
            let reason = "cannot be checked here: number out of range".to_owned();
            self.tell(Severity::Warning, "", reason, at);
            return (true, Some("the service will check it".to_owned()));
        }
        let value: Value = match serde_json::from_str(self.text) {
            Ok(value) => value,
            Err(error) => {
                let at = self.lines.of_parser(error.line(), error.column());
                let reason = format!("cannot be checked here: {}", plain_reason(&error));
                self.tell(Severity::Warning, "", reason, at);
                return (true, Some("the service will check it".to_owned()));
            }
        };
        let schema = match against {
            Against::Schema(schema) => schema,
            other => return (true, other.remark()),
        };
        let schema = match schema.compiled() {
            Ok(schema) => schema,
            Err(why) => return (true, Some(format!("{why}: the service will check"))),
        };
        for error in schema.iter_errors(&value).take(MAX_DIAGNOSTICS) {
            let pointer = error.instance_path().as_str();
            let node = at_pointer(json, pointer);
            let (start, end) = json.span(node);
            // What is missing in an object has no place but its beginning.
            let end = if json.kind(node).is_container() { start + 1 } else { end };
            let at = self.lines.span(unexpected(json, node, &error).unwrap_or((start, end)));
            self.tell(Severity::Error, pointer, reason::of(&error), at);
        }
        (true, None)
    }

    /// JSON leaves open which of two members of one name counts.
    fn duplicates(&mut self, json: Json<'_>) {
        let mut seen = HashSet::new();
        for node in json.nodes() {
            let (Some(parent), Name::Key(name)) = (json.parent(node), json.name(node)) else {
                continue;
            };
            if !seen.insert((parent, name.clone())) && self.all.len() < MAX_DIAGNOSTICS {
                let at = self.lines.span(json.span(node));
                let reason = format!(
                    "\"{}\" stands here twice; sent as typed",
                    sanitize::preview(&name, 40)
                );
                self.tell(Severity::Warning, "", reason, at);
            }
        }
    }
}

/// The place of a member that should not be there.
fn unexpected(
    json: Json<'_>,
    node: NodeId,
    error: &jsonschema::ValidationError<'_>,
) -> Option<(usize, usize)> {
    use jsonschema::error::ValidationErrorKind as Why;
    let (Why::AdditionalProperties { unexpected } | Why::UnevaluatedProperties { unexpected }) =
        error.kind()
    else {
        return None;
    };
    json.member(node, unexpected.first()?).map(|member| json.span(member))
}

/// Without the "at line 1 column 2", which the editor shows by place.
fn plain_reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if text.starts_with("control character") {
        return "a string does not end on its line".to_owned();
    }
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}
