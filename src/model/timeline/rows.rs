//! A unit as rows of the screen: what each says and where it goes, with no colour and no widget.
//!
//! All text that leaves here is sanitised.

mod tool;

use std::ops::Range;

use crate::text::markdown::{self, Progress};
use crate::text::sanitize::preview;
use crate::text::{units, width, wrap};

use super::clock::Clock;
use super::unit::{Above, ChatPart, Fate, Folded, Kind, State, Unit, Who};
use super::visibility::Visibility;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Part {
    /// First row of a unit, with all its columns.
    #[default]
    Head,
    /// A further line of text.
    Body,
    /// Text in the middle of a rule.
    Divider,
    /// The same, above the unit and no part of it.
    Rule,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row {
    pub part: Part,
    pub ribbon: Visibility,
    pub time: String,
    /// `Some(true)` is folded; `None` has nothing to fold.
    pub folded: Option<bool>,
    pub kind: &'static str,
    /// `in`, `out` and the like in front of a body line.
    pub label: String,
    pub subject: String,
    /// What pieces of the subject are, by their bytes in it, where it is Markdown.
    pub styles: Vec<(Range<usize>, markdown::Style)>,
    /// Said after the subject, less loud.
    pub detail: String,
    pub state: State,
    pub duration: String,
    pub size: String,
    /// Drawn in the style of an error.
    pub error: bool,
    /// At the right end: `+4 lines`.
    pub more: String,
    pub bookmarked: bool,
    /// The next row goes on with the same line of text.
    pub goes_on: bool,
}

/// Panes at least this wide have seconds, sizes and wider columns.
const WIDE: usize = 70;
/// Lines of a text shown while folded, and at most.
const FOLDED_LINES: usize = 3;
const MAX_LINES: usize = 400;
/// Lines of a folded text in a chat, which is read and not skimmed.
const CHAT_LINES: usize = 12;
const PREVIEW: usize = 400;
/// Columns of ` · `.
const SEPARATOR: usize = 3;

/// Columns of a pane of some width; drawing uses the same numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Columns {
    pub time: usize,
    pub kind: usize,
    /// Column at which the subject starts.
    pub subject: usize,
    /// Columns for text from there to the right edge.
    pub text: usize,
    pub wide: bool,
}

impl Columns {
    pub fn of(width: usize) -> Self {
        // Marker, ribbon, space, time, (space,) fold, kind.
        let wide = width >= WIDE;
        let (time, kind) = if wide { (8, 7) } else { (5, 6) };
        let subject = 3 + time + usize::from(wide) + 1 + kind;
        Self { time, kind, subject, text: width.saturating_sub(subject).max(1), wide }
    }
}

/// Rows of `unit`, at least one. Folded tools are one row, folded texts up to three.
pub fn rows(unit: &Unit, width: usize, folded: bool, clock: &Clock) -> Vec<Row> {
    let columns = Columns::of(width);
    let mut rows = match unit.kind {
        Kind::Compaction => compaction(unit, columns, folded),
        Kind::Tool | Kind::SubAgent => tool::rows(unit, columns, folded),
        _ => text(unit, columns, folded),
    };
    if let Some(first) = rows.first_mut() {
        first.time = clock.show(unit, columns);
        first.bookmarked = unit.note.is_some();
    }
    if let Some(folded) = unit.folded_behind {
        rows.truncate(1);
        rows[0].more = behind(folded);
        rows[0].folded = Some(true);
    }
    if let Some(note) = unit.note.as_deref().filter(|note| !note.is_empty()) {
        rows.push(body(unit, "note", preview(note, PREVIEW)));
    }
    let events = [&unit.event, &unit.output].into_iter().flatten();
    for remark in events.filter_map(|event| event.remark.as_deref()) {
        rows.push(body(unit, "odd", preview(remark, PREVIEW)));
    }
    if let Some(problem) = &unit.problem {
        rows[0].subject = format!("no event: {}", preview(problem, PREVIEW));
        rows[0].error = true;
    }
    if unit.clipped && !folded {
        let whole = units::bytes(unit.size);
        let words = format!("this is the beginning of {whole}");
        rows.push(Row { detail: words, ..body(unit, "", String::new()) });
    }
    let mut above = Vec::new();
    match unit.above {
        Some(Above::Unread) => above.push("what comes before is being read".to_owned()),
        _ => above.extend(clock.pause(unit)),
    }
    if unit.above == Some(Above::LastLook) {
        above.push("since you last looked".to_owned());
    }
    above.extend(unit.chat.heading());
    let rule = |subject| Row { part: Part::Rule, subject, ..Row::default() };
    rows.splice(..0, above.into_iter().map(rule));
    rows
}

/// `+41 rows · 12 calls · 3 ERR`.
fn behind(folded: Folded) -> String {
    let mut words = format!("+{}", units::counted(folded.rows, "row"));
    if folded.calls > 0 {
        append(&mut words, &units::counted(folded.calls, "call"));
    }
    if folded.errors > 0 {
        append(&mut words, &format!("{} ERR", folded.errors));
    }
    words
}

fn head(unit: &Unit) -> Row {
    Row {
        ribbon: unit.visibility,
        kind: unit.kind.word(),
        error: unit.is_error(),
        ..Row::default()
    }
}

fn body(unit: &Unit, label: &str, subject: String) -> Row {
    Row {
        part: Part::Body,
        ribbon: unit.visibility,
        label: label.to_owned(),
        subject,
        ..Row::default()
    }
}

fn text_line(unit: &Unit, (line, goes_on): (String, bool)) -> Row {
    Row { goes_on, ..body(unit, "", line) }
}

fn hidden_note(unit: &Unit) -> Option<&'static str> {
    match (unit.hiding, unit.visibility) {
        (Some(true), _) => Some("hiding…"),
        (Some(false), _) => Some("unhiding…"),
        (None, Visibility::Hidden) if unit.hidden_by == Who::Elsewhere => Some("hidden elsewhere"),
        (None, Visibility::Hidden) => Some("hidden"),
        (None, Visibility::Compacted) => Some("compacted"),
        (None, Visibility::InContext | Visibility::Unknown) => None,
    }
}

fn append(detail: &mut String, text: &str) {
    if !detail.is_empty() && !text.is_empty() {
        detail.push_str(" · ");
    }
    detail.push_str(text);
}

fn compaction(unit: &Unit, columns: Columns, folded: bool) -> Vec<Row> {
    let crate::api::EventBody::Compaction(compaction) = event_body(unit) else {
        return text(unit, columns, folded);
    };
    let summary = compaction.summary_text.as_deref().unwrap_or_default();
    let events = usize::try_from(compaction.events_compacted).unwrap_or(usize::MAX);
    let events = units::counted(events, "event");
    let subject = if columns.wide && !summary.is_empty() {
        format!(
            "compacted: {events}, now a {}-token summary",
            units::tokens(summary.len() as u64 / 4)
        )
    } else {
        format!("compacted {events}")
    };
    let mut rows = vec![Row {
        part: Part::Divider,
        // The row stands for what it replaced, so that the ribbon shows where memory was lost.
        ribbon: if matches!(unit.visibility, Visibility::InContext | Visibility::Unknown) {
            Visibility::Compacted
        } else {
            unit.visibility
        },
        subject,
        folded: Some(folded),
        ..head(unit)
    }];
    if !folded && !summary.is_empty() {
        let (lines, left) = wrap::wrap_marked(summary, columns.text, MAX_LINES);
        rows.extend(lines.into_iter().map(|line| text_line(unit, line)));
        note_left(&mut rows, left);
    }
    rows
}

fn event_body(unit: &Unit) -> &crate::api::EventBody {
    unit.event.as_ref().map_or(&crate::api::EventBody::Unknown, |event| &event.body)
}

fn note_left(rows: &mut [Row], left: usize) {
    if let Some(last) = rows.last_mut().filter(|_| left > 0) {
        last.more = format!("+{}", units::counted(left, "line"));
    }
}

fn text(unit: &Unit, columns: Columns, folded: bool) -> Vec<Row> {
    // Text that is being written is watched, so it shows whole; following keeps its end in view.
    let folded = folded && (unit.live_text.is_none() || unit.kind == Kind::Think);
    let (content, quiet) = content(unit);
    let mut first = head(unit);
    let tokens = unit.estimated_tokens();
    let fate = unit.fate.as_ref().map(|fate| preview(&fate.words(), PREVIEW));
    let aside = match (unit.stored, hidden_note(unit), &fate) {
        (.., Some(fate)) => fate.as_str(),
        (false, ..) if unit.unfinished => "unfinished: the live feed ended",
        // Beside its own words it would move with each of them; the text moves, and the foot of the
        // pane says why.
        (false, ..) if unit.live_text.is_some() && !quiet => "",
        (false, ..) if unit.live_text.is_some() => "streaming",
        (false, ..) => "not stored by the server",
        (true, None, _) if unit.who == Who::Elsewhere => "from elsewhere",
        (true, note, _) => note.unwrap_or_default(),
    };
    first.error |= matches!(unit.fate, Some(Fate::Refused(_) | Fate::Lost));
    if quiet || content.is_empty() {
        first.subject = preview(&content, PREVIEW);
        aside.clone_into(&mut first.detail);
        if unit.kind == Kind::Think {
            first.size = format!("{}t", units::tokens(tokens));
        }
        let long = width::width(&first.subject) + 8 > columns.text || content.contains('\n');
        first.folded = (long && !content.is_empty()).then_some(folded);
        if folded || first.folded.is_none() {
            return vec![first];
        }
    }
    let few = if unit.chat == ChatPart::None { FOLDED_LINES } else { CHAT_LINES };
    let limit = if folded { few } else { MAX_LINES };
    // The size stands at the right of the first line; nothing may be cut there.
    let room = if quiet { columns.text.saturating_sub(8).max(1) } else { columns.text };
    let (lines, left) = lines(unit, &content, room, limit);
    let mut lines = lines.into_iter();
    if let Some(line) = lines.next() {
        line.fill(&mut first);
    }
    let mut rows = vec![first];
    rows.extend(lines.map(|line| {
        let mut row = body(unit, "", String::new());
        line.fill(&mut row);
        row
    }));
    // What goes on out of sight ends here.
    if let Some(last) = rows.last_mut() {
        last.goes_on = false;
    }
    let foldable = left > 0 || (!folded && rows.len() > few) || (quiet && !folded);
    rows[0].folded = foldable.then_some(folded);
    note_left(&mut rows, left);
    if !aside.is_empty() && rows[0].detail.is_empty() {
        // On the last row there is room more often than on the first.
        let last = rows.len() - 1;
        put_aside(&mut rows[last], aside, unit.stored, columns);
    }
    rows
}

/// Words beside a text: behind it, and at the right end of the row where they `may_move` and would be
/// cut otherwise.
fn put_aside(row: &mut Row, aside: &str, may_move: bool, columns: Columns) {
    let taken = [row.subject.as_str(), aside, row.more.as_str()]
        .map(width::width)
        .into_iter()
        .sum::<usize>();
    if may_move && taken + SEPARATOR >= columns.text {
        let mut words = aside.to_owned();
        append(&mut words, &row.more);
        row.more = words;
    } else {
        aside.clone_into(&mut row.detail);
    }
}

#[derive(Default)]
struct TextLine {
    words: String,
    styles: Vec<(Range<usize>, markdown::Style)>,
    goes_on: bool,
}

impl TextLine {
    fn fill(self, row: &mut Row) {
        (row.subject, row.styles, row.goes_on) = (self.words, self.styles, self.goes_on);
    }
}

impl From<markdown::Row> for TextLine {
    fn from(row: markdown::Row) -> Self {
        let mut line = Self { goes_on: row.goes_on, ..Self::default() };
        for span in row.line {
            let from = line.words.len();
            line.words.push_str(&span.text);
            if span.style != markdown::Style::Text {
                line.styles.push((from..line.words.len(), span.style));
            }
        }
        line
    }
}

/// What an agent says is Markdown; what people write and tools report stays as it came.
fn lines(unit: &Unit, content: &str, columns: usize, most: usize) -> (Vec<TextLine>, usize) {
    if unit.kind != Kind::Agent {
        let (lines, left) = wrap::wrap_marked(content, columns, most);
        let plain = |(words, goes_on)| TextLine { words, goes_on, ..TextLine::default() };
        return (lines.into_iter().map(plain).collect(), left);
    }
    let progress = if unit.live_text.is_some() { Progress::Unfinished } else { Progress::Whole };
    let (rows, left) = markdown::rows(content, columns, most, progress);
    (rows.into_iter().map(TextLine::from).collect(), left)
}

/// The text of a unit, and whether it is shown in one row while folded.
fn content(unit: &Unit) -> (String, bool) {
    use crate::api::EventBody as Body;
    if let Some(text) = &unit.live_text {
        return (text.clone(), matches!(unit.kind, Kind::Think | Kind::Upload));
    }
    let Some(event) = &unit.event else {
        return (String::new(), true);
    };
    match &*event.body {
        Body::InputMessage(message) => (message.to_text(), false),
        Body::AgentOutput(output) => (output.content.clone(), false),
        Body::Thinking(thinking) => (
            thinking.content.clone().unwrap_or_else(|| "kept private by the provider".into()),
            true,
        ),
        Body::SkillLoad(skill) => (format!("{}\n{}", skill.skill_name, skill.content), true),
        Body::ArtifactUpload(upload) => {
            let names: Vec<_> = upload.artifacts.iter().map(|a| a.filename.as_str()).collect();
            let message = upload.agent_upload_message.as_deref().unwrap_or_default();
            (format!("{}\n{message}", names.join("  ")).trim_end().to_owned(), true)
        }
        Body::StructuredOutput(output) => {
            let json = serde_json::to_string_pretty(&output.content).unwrap_or_default();
            (format!("{} {json}", output.schema_name), true)
        }
        Body::ImageRead(image) => (format!("{}  detail {}", image.artifact_id, image.detail), true),
        Body::StepTransition(step) => {
            let arrow = format!("{} → {}", step.from_step, step.to_step);
            match step.content.as_deref().filter(|content| !content.is_empty()) {
                Some(content) => (format!("{arrow}\n{content}"), true),
                None => (arrow, true),
            }
        }
        Body::ContextLimitExceeded(limit) => {
            let tokens =
                limit.actual_tokens.zip(limit.context_limit).map_or(String::new(), |(a, b)| {
                    format!(" ({} of {} tokens)", units::tokens(a), units::tokens(b))
                });
            (format!("context limit: {}{tokens}", limit.message), false)
        }
        Body::StepTransitionLimitExceeded(limit) => {
            (format!("step limit: {}", limit.message), false)
        }
        Body::SessionInterrupted {} if unit.who == Who::Us => {
            ("interrupted from here".into(), true)
        }
        Body::SessionInterrupted {} => ("interrupted".into(), true),
        Body::CompactionStarted {} => ("compacting…".into(), true),
        Body::Error(error) => (error.messages.join("\n"), false),
        Body::Malformed(reason) => {
            (format!("{}: cannot be read: {reason}\n{}", event.kind, event.raw().get()), true)
        }
        _ => (format!("{} {}", event.kind, preview(event.raw().get(), 20_000)), true),
    }
}
