//! Source text as lines of classified spans. Grammars come from syntect and two-face; colours do
//! not: a span says what it is, and the theme decides how that looks.
//!
//! Slow by nature: call it off the screen's thread. Text beyond the guards comes back unclassified.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use syntect::parsing::{ParseState, ScopeStack, SyntaxReference, SyntaxSet};

use super::sanitize;

/// What a piece of source is; few, so that sixteen colours are enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    Plain,
    Comment,
    Keyword,
    String,
    Number,
    Name,
    Heading,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    pub class: Class,
    pub text: String,
}

pub type HighlightedLine = Vec<Span>;

const MAX_BYTES: usize = 512 * 1024;
const MAX_LINE_BYTES: usize = 4 * 1024;

static GRAMMARS: LazyLock<SyntaxSet> = LazyLock::new(two_face::syntax::extra_newlines);

/// Lines of a block of code that names its language, as Markdown does: `rust`, `json`, `sh`. All are
/// safe to draw.
pub fn highlight_language(language: &str, text: &str) -> Vec<HighlightedLine> {
    match GRAMMARS.find_syntax_by_token(language) {
        Some(grammar) if text.len() <= MAX_BYTES => classify(grammar, text),
        _ => sanitize::lines(text).map(|line| plain(line.into_owned())).collect(),
    }
}

fn plain(text: String) -> HighlightedLine {
    vec![Span { class: Class::Plain, text }]
}

fn grammar(filename: &str, mime_type: &str) -> Option<&'static SyntaxReference> {
    let extension = filename.rsplit_once('.').map_or(filename, |(_, extension)| extension);
    let by_type = match mime_type.split(';').next().unwrap_or_default().trim() {
        "application/json" => "json",
        "text/markdown" => "md",
        "text/x-python" => "py",
        "text/x-rust" => "rs",
        _ => "",
    };
    GRAMMARS
        .find_syntax_by_extension(extension)
        .or_else(|| GRAMMARS.find_syntax_by_extension(by_type))
}

fn classify(grammar: &SyntaxReference, text: &str) -> Vec<HighlightedLine> {
    let mut highlighter = Highlighter::of(grammar);
    text.split_inclusive('\n').map(|line| highlighter.line(line)).collect()
}

/// A grammar in the middle of a text. A copy of it goes on from there another time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Highlighter {
    state: ParseState,
    scopes: ScopeStack,
}

impl Highlighter {
    /// At the start of a file; `None` where there is no grammar for it.
    pub fn new(filename: &str, mime_type: &str) -> Option<Self> {
        grammar(filename, mime_type).map(Self::of)
    }

    fn of(grammar: &SyntaxReference) -> Self {
        Self { state: ParseState::new(grammar), scopes: ScopeStack::new() }
    }

    /// The next line, which ends with its break. What is too long comes back as it is.
    pub fn line(&mut self, line: &str) -> HighlightedLine {
        let parsed = (line.len() <= MAX_LINE_BYTES)
            .then(|| self.state.parse_line(line, &GRAMMARS).ok())
            .flatten();
        let Some(operations) = parsed else {
            return plain(clean(line));
        };
        let mut spans: HighlightedLine = Vec::new();
        let mut start = 0;
        for (at, operation) in operations {
            add(&mut spans, class(&self.scopes), &line[start..at]);
            start = at;
            if self.scopes.apply(&operation).is_err() {
                break;
            }
        }
        add(&mut spans, class(&self.scopes), &line[start..]);
        spans
    }
}

fn clean(line: &str) -> String {
    sanitize::lines(line.trim_end_matches(['\n', '\r'])).collect::<Vec<_>>().join(" ")
}

fn add(spans: &mut HighlightedLine, class: Class, text: &str) {
    let text = clean(text);
    if text.is_empty() {
        return;
    }
    match spans.last_mut() {
        Some(last) if last.class == class => last.text.push_str(&text),
        _ => spans.push(Span { class, text }),
    }
}

/// Scopes that are looked at from the innermost out: brackets within brackets have one each.
const SCOPES: usize = 16;

/// The innermost scope that we have a class for.
fn class(scopes: &ScopeStack) -> Class {
    for scope in scopes.as_slice().iter().rev().take(SCOPES) {
        let name = scope.build_string();
        let found = match name.split('.').next().unwrap_or_default() {
            "comment" => Class::Comment,
            "string" => Class::String,
            "keyword" | "storage" => Class::Keyword,
            "constant" => Class::Number,
            "entity" | "support" => Class::Name,
            "markup" if name.starts_with("markup.heading") => Class::Heading,
            _ => continue,
        };
        return found;
    }
    Class::Plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(line: &HighlightedLine) -> String {
        line.iter().map(|span| span.text.as_str()).collect()
    }

    #[test]
    fn source_keeps_its_text_and_gains_classes() {
        let source = "// why\nfn main() { let s = \"x\"; }\n";
        let lines = highlight_language("rust", source);
        assert_eq!(lines.iter().map(text).collect::<Vec<_>>().join("\n"), source.trim_end());
        assert_eq!(lines[0][0].class, Class::Comment);
        assert!(lines[1].iter().any(|span| span.class == Class::String));
        assert!(lines[1].iter().any(|span| span.class == Class::Keyword));
    }

    #[test]
    fn escapes_in_source_are_made_visible() {
        let lines = highlight_language("rust", "let x = \"\x1b[2J\";\n");
        assert!(text(&lines[0]).contains("\\x1b[2J"));
    }

    #[test]
    fn an_unknown_type_is_plain_lines() {
        let lines = highlight_language("unknown", "a\nb");
        assert_eq!(lines, [plain("a".into()), plain("b".into())]);
    }
}
