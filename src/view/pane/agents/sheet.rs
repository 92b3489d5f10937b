//! Lines of facts with folds: rules, labelled facts, texts and JSON, wrapped for their columns.
//!
//! Knows no agents. Start with [`Sheet::fact`] and [`Sheet::fold`]. The invariants: all text in a line is
//! sanitised, and a line keeps its path while other parts of the sheet change.

use crate::api::SessionRef;
use crate::text::{json, sanitize, width, wrap};
use crate::view::Level;

/// Columns of labels.
const LABEL: usize = 12;
/// The longest label that others are aligned to.
const LONGEST_LABEL: usize = 24;
/// Characters of a name that are looked at.
const NAME: usize = 60;
/// Lines that one fact may have.
const FACT_LINES: usize = 8;
/// Lines of a text or of JSON that are shown; all of it is on the command line.
const TEXT_LINES: usize = 400;
/// Characters of a text of which lines are made.
const MOST_CHARS: usize = 64 * 1024;
/// Columns of the sign of a fold, with the blank behind it.
const SIGN: usize = 2;
/// Columns that a text has, however narrow the pane is.
const LEAST: usize = 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// A heading over the whole width.
    Rule,
    Fact,
    Text,
    /// JSON.
    Code,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its name among the lines: its part, the folds that it is in, and itself.
    pub path: String,
    pub look: Look,
    /// Columns before it.
    pub indent: usize,
    /// Whether what it holds is out of sight; `None` where it holds nothing.
    pub folded: Option<bool>,
    /// Padded, so that texts stand below each other.
    pub label: String,
    pub text: String,
    pub level: Option<Level>,
    /// The session that it tells of.
    pub leads: Option<SessionRef>,
}

/// The line that holds this one, by its path.
pub(super) fn outside(path: &str) -> Option<&str> {
    path.rsplit_once('/').map(|(outside, _)| outside)
}

/// A pile of lines that is being written.
pub(super) struct Sheet<'a> {
    columns: usize,
    unfolded: &'a dyn Fn(&str) -> bool,
    /// The part, and the folds that are being written into.
    path: Vec<String>,
    /// Lines so far in the innermost of these.
    count: usize,
    /// Columns of labels.
    label: usize,
    lines: Vec<Line>,
}

impl<'a> Sheet<'a> {
    pub(super) fn new(columns: usize, unfolded: &'a dyn Fn(&str) -> bool) -> Self {
        let path = vec![String::new()];
        Self { columns, unfolded, path, count: 0, label: LABEL, lines: Vec::new() }
    }

    pub(super) fn lines(self) -> Vec<Line> {
        self.lines
    }

    /// How deep it is in folds.
    fn indent(&self) -> usize {
        self.path.len() * 2 - 1
    }

    /// Columns for what has no label.
    fn whole(&self) -> usize {
        self.columns.saturating_sub(self.indent() + SIGN).max(LEAST)
    }

    /// Columns for what stands behind a label.
    fn room(&self) -> usize {
        self.whole().saturating_sub(self.label + 1).max(LEAST)
    }

    fn path_of(&self, name: &str) -> String {
        let mut path = self.path.join("/");
        path.push('/');
        path.push_str(&segment(name));
        path
    }

    fn push(&mut self, look: Look, label: &str, text: String) -> &mut Line {
        self.count += 1;
        let line = Line {
            path: self.path_of(&format!("{label} {}", self.count)),
            look,
            indent: self.indent(),
            folded: None,
            label: width::fit(&sanitize::preview(label, NAME), self.label),
            text,
            level: None,
            leads: None,
        };
        self.lines.push(line);
        let last = self.lines.len() - 1;
        &mut self.lines[last]
    }

    /// Begins a part without a heading.
    pub(super) fn part(&mut self, name: &str) {
        (self.path, self.count, self.label) = (vec![segment(name)], 0, LABEL);
    }

    /// Begins a part, which is called the same while its title changes.
    pub(super) fn rule(&mut self, name: &str, title: &str) {
        self.part(name);
        self.push(Look::Rule, "", sanitize::preview(title, 2 * NAME));
    }

    /// Labels that follow are as wide as the widest of these, within reason.
    pub(super) fn align<'t>(&mut self, labels: impl IntoIterator<Item = &'t str>) {
        let widths = labels.into_iter().map(|label| width::width(&sanitize::preview(label, NAME)));
        let most = LONGEST_LABEL.min(self.columns / 3).max(LABEL);
        self.label = widths.max().unwrap_or(LABEL).clamp(1, most);
    }

    pub(super) fn fact(&mut self, label: &str, text: &str) {
        self.fact_at(label, text, None);
    }

    /// Nothing where there is nothing to say.
    pub(super) fn fact_if(&mut self, label: &str, text: Option<&str>) {
        if let Some(text) = text.filter(|text| !text.trim().is_empty()) {
            self.fact(label, text);
        }
    }

    pub(super) fn fact_at(&mut self, label: &str, text: &str, level: Option<Level>) {
        let (mut lines, more) = wrap::wrap(text, self.room(), FACT_LINES);
        if let Some(last) = lines.last_mut().filter(|_| more > 0) {
            last.push('…');
        }
        if lines.is_empty() {
            lines.push(String::new());
        }
        let labels = std::iter::once(label).chain(std::iter::repeat(""));
        for (label, words) in labels.zip(lines) {
            self.push(Look::Fact, label, words).level = level;
        }
    }

    /// A sentence over the whole width.
    pub(super) fn note(&mut self, text: &str) {
        for line in wrap::wrap(text, self.whole(), FACT_LINES).0 {
            self.push(Look::Text, "", line);
        }
    }

    /// A fact that tells of a session.
    pub(super) fn session(&mut self, label: &str, text: &str, session: &SessionRef) {
        let path = self.path_of(&format!("of {session}"));
        let text = sanitize::preview(text, 2 * self.columns);
        let line = self.push(Look::Fact, label, text);
        (line.path, line.leads) = (path, Some(session.clone()));
    }

    /// A line that holds others, which are written once it is unfolded.
    pub(super) fn fold(&mut self, label: &str, text: &str, inside: impl FnOnce(&mut Self)) {
        let path = self.path_of(label);
        let unfolded = (self.unfolded)(&path);
        let shown = sanitize::preview(label, NAME);
        let columns = self.label.max(width::width(&shown));
        let text = sanitize::preview(text, 4 * self.columns);
        let line = self.push(Look::Fact, "", text);
        (line.path, line.folded, line.label) = (path, Some(!unfolded), width::fit(&shown, columns));
        if unfolded {
            let outside = (self.count, self.label);
            (self.count, self.label) = (0, LABEL);
            self.path.push(segment(label));
            inside(self);
            self.path.pop();
            (self.count, self.label) = outside;
        }
    }

    /// A text of any length, on lines of its own.
    pub(super) fn text(&mut self, text: &str) {
        self.block(Look::Text, text);
    }

    /// JSON, a line for each value.
    pub(super) fn json(&mut self, json: &str) {
        let end = cut(json);
        self.block(Look::Code, &json::spread(&json[..end]));
        if end < json.len() {
            self.note(MORE);
        }
    }

    fn block(&mut self, look: Look, text: &str) {
        let end = cut(text);
        let (lines, more) = wrap::wrap(&text[..end], self.whole(), TEXT_LINES);
        for line in lines {
            self.push(look, "", line);
        }
        if more > 0 || end < text.len() {
            self.note(MORE);
        }
    }
}

const MORE: &str = "… there is more: --json on the command line prints all";

/// Bytes of a text of which lines are made.
fn cut(text: &str) -> usize {
    text.floor_char_boundary(MOST_CHARS)
}

/// A name in a path, whatever is in it.
fn segment(name: &str) -> String {
    name.replace('/', "\u{1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(columns: usize, unfolded: &[&str], write: impl Fn(&mut Sheet<'_>)) -> Vec<Line> {
        let unfolded = |path: &str| unfolded.contains(&path);
        let mut sheet = Sheet::new(columns, &unfolded);
        write(&mut sheet);
        sheet.lines()
    }

    fn two(out: &mut Sheet<'_>) {
        out.rule("tools", "tools · 1");
        out.fold("a/b", "outer", |out| {
            out.fact("about", "words");
            out.fold("schema", "inner", |out| out.json(r#"{"x":[1]}"#));
        });
        out.fact("about", "last");
    }

    #[test]
    fn what_is_folded_is_not_written_and_paths_stay_while_others_unfold() {
        let folded = sheet(60, &[], two);
        let texts: Vec<_> = folded.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(texts, ["tools · 1", "outer", "last"]);
        let unfolded = sheet(60, &[&folded[1].path], two);
        assert_eq!(unfolded.len(), 5);
        assert_eq!(unfolded[3].folded, Some(true));
        assert_eq!(outside(&unfolded[3].path), Some(folded[1].path.as_str()));
        assert_eq!(unfolded[4].path, folded[2].path);
        let all = sheet(60, &[&folded[1].path, &unfolded[3].path], two);
        let code: Vec<_> = all.iter().filter(|line| line.look == Look::Code).collect();
        assert_eq!(
            code.iter().map(|line| line.text.trim()).collect::<Vec<_>>(),
            ["{", "\"x\": [", "1", "]", "}"]
        );
        let mut paths: Vec<_> = all.iter().map(|line| &line.path).collect();
        paths.sort();
        paths.dedup();
        assert_eq!(paths.len(), all.len());
    }

    #[test]
    fn nothing_that_a_terminal_obeys_gets_into_a_line_and_no_text_is_without_end() {
        let hostile = "\u{1b}[2J\u{202e}x\n/".repeat(30_000);
        let lines = sheet(40, &["t//f"], |out| {
            out.rule("t", &hostile);
            out.align([hostile.as_str()]);
            out.fact(&hostile, &hostile);
            out.note(&hostile);
            out.fold(&hostile, &hostile, |_| {});
            out.fold("f", &hostile, |out| out.text(&hostile));
            out.json(&format!("{{\"a\":\"{}\"}}", "x".repeat(1 << 20)));
            out.session("l", &hostile, &SessionRef::new("a", "s"));
        });
        assert!(lines.len() < 2 * TEXT_LINES, "{}", lines.len());
        for line in &lines {
            let shown = format!("{}{}", line.label, line.text);
            assert!(!shown.contains(|c: char| c.is_control() || c == '\u{202e}'), "{shown:?}");
            assert!(width::width(&line.text) <= 4 * 40 * 4, "{shown}");
        }
    }
}
