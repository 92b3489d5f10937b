//! The answer to a waiting call, in preparation: two texts, one for each kind, and what is known
//! about the one that counts.
//!
//! Never sends anything, and checks nothing itself: what there is to check goes out as a [`Check`]
//! and comes back as a [`Verdict`]. The invariants: an untouched draft is no answer, and a verdict
//! about another text than the one that stands there never lets it go.

use crate::api::input::ToolAnswer;
use crate::api::{EventId, Exact, Timestamp};
use crate::model::AnswerKind;
use crate::model::memory::SavedDraft;
use crate::model::output_schema::{Against, Check, Diagnostic, Severity, Verdict, refused_at};
use crate::view::editor::{Edit, Editor};

/// What an untouched answer starts from where no schema says more.
const SKELETON: &str = "{\n  \n}";

/// Whether an answer can go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing<'a> {
    /// Nobody has written anything.
    NoAnswer,
    /// The check of what was typed last is under way.
    Checking,
    /// The first of so many errors.
    Wrong(&'a Diagnostic, usize),
    /// The check itself came to nothing; in words why.
    Unchecked(&'a str),
    Ready,
}

/// An answer in preparation. Untouched drafts are never sent.
#[derive(Debug, Clone, Default)]
pub struct AnswerDraft {
    pub editor: Editor,
    pub kind: AnswerKind,
    pub touched: bool,
    /// What was written as the other kind of answer, and whether anybody did.
    other: Editor,
    other_touched: bool,
    /// Tells it from a draft of the same call before: a call may leave the listings and come back.
    pub(super) birth: u64,
    /// Counts how often what it is checked against has changed.
    schema: u64,
    verdict: Option<Verdict>,
    /// The stamp of the check that is under way.
    asked: Option<u64>,
    /// What the service said about an earlier try, until the text changes.
    refused: Option<(u64, Vec<Diagnostic>)>,
    /// When it was written, if that was in an earlier run and nobody was told yet.
    pub restored: Option<Timestamp>,
}

impl AnswerDraft {
    /// Names the draft, its text, kind and what it is checked against, as they are now.
    fn stamp(&self) -> u64 {
        (self.birth << 48) ^ (self.schema << 32) ^ self.text_stamp()
    }

    /// Names the text and its kind alone.
    fn text_stamp(&self) -> u64 {
        (self.editor.version() << 1) ^ u64::from(self.kind == AnswerKind::Error)
    }

    /// What there is to keep for the next run: nothing, unless somebody wrote it.
    pub fn saved(&self) -> Option<SavedDraft> {
        (self.touched || self.other_touched).then(|| SavedDraft {
            text: self.editor.text(),
            kind: self.kind,
            other: self.other_touched.then(|| self.other.text()),
            cursor: Some(self.editor.cursor()),
        })
    }

    /// Gives back what was typed in an earlier run, unless something is being written by now.
    pub fn restore(&mut self, saved: &SavedDraft, written_at: Timestamp) {
        if self.touched || !self.editor.is_empty() {
            return;
        }
        self.editor.set_text(&saved.text);
        if let Some(cursor) = saved.cursor {
            self.editor.move_to(cursor);
        }
        self.kind = saved.kind;
        self.touched = !saved.text.is_empty() || saved.other.is_none();
        if let Some(other) = &saved.other {
            self.other.set_text(other);
            self.other_touched = true;
        }
        self.restored = Some(written_at);
    }

    /// Answers as the other kind. Each keeps its text.
    pub fn switch(&mut self) {
        self.kind = match self.kind {
            AnswerKind::Success => AnswerKind::Error,
            AnswerKind::Error => AnswerKind::Success,
        };
        std::mem::swap(&mut self.editor, &mut self.other);
        std::mem::swap(&mut self.touched, &mut self.other_touched);
        (self.verdict, self.refused) = (None, None);
    }

    /// Puts something to start from into an untouched draft, the cursor at its first value.
    pub fn begin(&mut self, against: &Against) {
        let begun = !self.editor.is_empty() && self.editor.text() != SKELETON;
        if self.touched || begun || self.kind == AnswerKind::Error {
            return;
        }
        let skeleton = match against {
            Against::Schema(schema) => schema.skeleton(),
            _ => SKELETON.to_owned(),
        };
        self.editor.set_text(&skeleton);
        self.editor.move_to((1, 0));
        self.editor.apply(&Edit::LineEnd);
        if skeleton != SKELETON
            && let Some((_, value)) = first_value(&self.editor)
        {
            self.editor.move_to((1, value));
        }
    }

    /// Applies one edit; says whether the text changed.
    pub fn edit(&mut self, edit: &Edit) -> bool {
        let edit = if *edit == Edit::Newline { &Edit::NewlineIndented } else { edit };
        let changed = self.editor.apply(edit);
        self.touched |= changed;
        changed
    }

    /// Replaces the whole text as one step, as an editor or a command does.
    pub fn replace(&mut self, text: &str) -> bool {
        let changed = self.editor.replace(text);
        self.touched |= changed;
        changed
    }

    /// What it is checked against has changed.
    pub fn schema_changed(&mut self) {
        self.schema += 1;
    }

    /// What there is to check now, if nothing is being checked; it is under way from here on.
    pub fn next_check(
        &mut self,
        call: &EventId,
        against: impl FnOnce() -> Against,
    ) -> Option<Check> {
        let stamp = self.stamp();
        let known = self.verdict.as_ref().is_some_and(|verdict| verdict.stamp == stamp);
        if !self.touched || known || self.asked.is_some() {
            return None;
        }
        self.asked = Some(stamp);
        Some(Check {
            call: call.clone(),
            stamp,
            kind: self.kind,
            text: self.editor.text(),
            against: against(),
        })
    }

    /// Takes a verdict in. One about an older text only ends the waiting for it.
    pub fn judge(&mut self, verdict: Verdict) {
        if self.asked == Some(verdict.stamp) {
            self.asked = None;
        }
        if verdict.stamp == self.stamp() {
            self.verdict = Some(verdict);
        }
    }

    fn verdict(&self) -> Option<&Verdict> {
        self.verdict.as_ref().filter(|verdict| verdict.stamp == self.stamp())
    }

    /// What the service said about this very text.
    fn refusals(&self) -> &[Diagnostic] {
        match &self.refused {
            Some((stamp, told)) if *stamp == self.text_stamp() => told,
            _ => &[],
        }
    }

    /// Takes in what the service said: `field` is the path in the output, `""` for all of it.
    pub fn refuse(&mut self, severity: Severity, field: &str, reason: &str) {
        let told = Diagnostic { severity, ..refused_at(&self.editor.text(), field, reason) };
        let stamp = self.text_stamp();
        match &mut self.refused {
            Some((of, all)) if *of == stamp => all.push(told),
            refused => *refused = Some((stamp, vec![told])),
        }
    }

    /// Whether the service has refused this very text.
    pub fn is_refused(&self) -> bool {
        !self.refusals().is_empty()
    }

    pub fn forget_refusal(&mut self) {
        self.refused = None;
    }

    /// Everything that is said about the text: by the service first, then by the check. While a
    /// newer check is under way, still what the last one said.
    pub fn diagnostics(&self) -> impl Iterator<Item = &Diagnostic> {
        let checked = self.verdict.iter().flat_map(|verdict| &verdict.diagnostics);
        self.refusals().iter().chain(checked)
    }

    /// In words, why less was checked than could be.
    pub fn unchecked(&self) -> Option<&str> {
        self.verdict.as_ref()?.unchecked.as_deref()
    }

    pub fn standing(&self) -> Standing<'_> {
        if !self.touched {
            return Standing::NoAnswer;
        }
        let Some(verdict) = self.verdict() else { return Standing::Checking };
        let refused = self.refusals().iter().filter(|told| told.severity == Severity::Error);
        let errors: Vec<_> = refused.chain(verdict.errors()).collect();
        match (errors.first(), verdict.sendable, &verdict.unchecked) {
            (Some(first), ..) => Standing::Wrong(first, errors.len()),
            (None, false, Some(why)) => Standing::Unchecked(why),
            (None, false, None) => Standing::Checking,
            (None, true, _) => Standing::Ready,
        }
    }

    /// Whether the wire takes it, so that somebody who insists can send it.
    pub fn is_sendable(&self) -> bool {
        self.touched && self.verdict().is_some_and(|verdict| verdict.sendable)
    }

    /// Places the cursor at the next thing that is said, round and round; gives its words.
    pub fn go_to_remark(&mut self, forward: bool) -> Option<String> {
        let lines = self.editor.lines();
        let place = |found: &Diagnostic| {
            let (line, column) = (found.at.line, found.at.start);
            // Where an empty text is in question, to where one would type it.
            let text = lines.get(line).map(String::as_str).unwrap_or_default();
            let empty = text.chars().skip(column).take(2).eq("\"\"".chars());
            (line, column + usize::from(empty))
        };
        let mut all: Vec<_> =
            self.diagnostics().map(|found| (place(found), found.words())).collect();
        all.sort();
        let here = self.editor.cursor();
        let found = if forward {
            all.iter().find(|(at, _)| *at > here).or_else(|| all.first())
        } else {
            all.iter().rev().find(|(at, _)| *at < here).or_else(|| all.last())
        };
        let (at, words) = found?.clone();
        self.editor.move_to(at);
        Some(words)
    }

    /// The answer as it goes over the wire: exactly what is typed. Only what is ready, or what the
    /// wire takes where somebody insists.
    pub(super) fn answer(&self, event_id: &EventId, insist: bool) -> Option<ToolAnswer> {
        let ready = self.standing() == Standing::Ready;
        if !(ready || insist && self.is_sendable()) {
            return None;
        }
        let (event_id, text) = (event_id.clone(), self.editor.text());
        Some(match self.kind {
            AnswerKind::Success => ToolAnswer::Success { event_id, output: Exact::object(&text)? },
            // Text that is JSON travels as such; anything else is a message.
            AnswerKind::Error => {
                let error = Exact::new(&text).unwrap_or_else(|| Exact::from(text.as_str()));
                ToolAnswer::Error { event_id, error }
            }
        })
    }
}

/// Column of the value in the second line of a skeleton, inside the quotes of a text.
fn first_value(editor: &Editor) -> Option<(usize, usize)> {
    let line = editor.lines().get(1)?;
    let at = line.find("\": ")? + 3;
    let inside = line[at..].starts_with("\"\"");
    Some((1, line[..at].chars().count() + usize::from(inside)))
}
