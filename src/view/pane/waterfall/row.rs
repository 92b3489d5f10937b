//! One bar as it is shown: words, and a place on a scale. Only this reads events.

use super::bar::{Bar, End, Nature, Turn};
use super::{Line, TimingSource, Waterfall};
use crate::model::timeline::rows::{Part, rows};
use crate::model::timeline::{Clock, Kind, State, Timeline, Unit};
use crate::text::units;

/// Columns that a label is worth reading for.
const LABEL: usize = 80;

/// Where a bar lies: milliseconds from the beginning of its scale, which is `of` long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scale {
    pub start: u64,
    pub length: u64,
    pub of: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaterfallRow {
    /// 0 for a turn, 1 and 2 for what is in it.
    pub depth: usize,
    pub kind: &'static str,
    pub label: String,
    /// Said after the label, less loud; the last is worth most.
    pub asides: Vec<String>,
    pub state: State,
    pub nature: Nature,
    pub end: End,
    /// A turn on the session without its pauses, anything else on its turn; a pause is on none.
    pub scale: Option<Scale>,
    pub duration: String,
    /// Of the turn that it is in; empty for turns.
    pub of_turn: String,
    /// Of the session without its pauses.
    pub of_session: String,
    pub folded: Option<bool>,
    pub selected: bool,
}

impl Waterfall {
    /// The rows on the screen.
    pub fn rows(&self, timeline: &Timeline) -> Vec<WaterfallRow> {
        let folded = self.folded_rows(timeline);
        let seen = self.viewport.seen(self.shown.len());
        let shown = seen.filter_map(|at| Some((at, *self.shown.get(at)?)));
        let row = |(at, line): (usize, Line)| {
            let turn = self.course.turns.get(self.turn_of_line(line))?;
            let mut row = match line {
                Line::Pause(_) => pause(turn),
                Line::Turn(_) => {
                    let folded = folded.contains(&turn.row) == self.open_by_default;
                    self.turn(turn, folded, timeline)
                }
                Line::Bar(bar) => self.bar(self.course.bars.get(bar as usize)?, turn, timeline),
            };
            row.selected = at == self.cursor_row();
            Some(row)
        };
        shown.filter_map(row).collect()
    }

    /// What the time axis shows: the turn of the cursor where a bar of it is meant, else the session
    /// without its pauses. The length, and whether it is a turn.
    pub fn axis(&self) -> (u64, bool) {
        match self.shown.get(self.cursor_row()) {
            Some(Line::Bar(bar)) => {
                let turn = self.course.turns.get(self.course.turn_of(*bar));
                (turn.map_or(0, |turn| turn.length), true)
            }
            _ => (self.course.busy(), false),
        }
    }

    fn turn(&self, turn: &Turn, folded: bool, timeline: &Timeline) -> WaterfallRow {
        let unit = timeline.unit_at_row(turn.row as usize);
        let mut asides = Vec::new();
        if turn.calls > 0 {
            asides.push(units::counted(turn.calls as usize, "call"));
        }
        if turn.failed > 0 {
            asides.push(format!("{} ERR", turn.failed));
        }
        WaterfallRow {
            depth: 0,
            kind: unit.as_ref().map_or("?", |unit| unit.kind.word()),
            label: label(unit.as_ref()),
            asides,
            state: turn.state,
            nature: Nature::Model,
            end: turn.end,
            scale: Some(Scale { start: turn.before, length: turn.length, of: self.course.busy() }),
            duration: duration(turn.length, turn.end),
            of_turn: String::new(),
            of_session: percent(turn.length, self.course.busy()),
            folded: (!turn.bars.is_empty()).then_some(folded),
            selected: false,
        }
    }

    fn bar(&self, bar: &Bar, turn: &Turn, timeline: &Timeline) -> WaterfallRow {
        let unit = timeline.unit_at_row(bar.row as usize);
        let mut length = u64::from(bar.length);
        // Times from a file are rounded; the event itself knows better.
        let exact = unit.as_ref().and_then(|unit| unit.duration).filter(|exact| *exact > length);
        if let Some(exact) = exact.filter(|exact| !bar.measured && *exact < length + 32) {
            length = exact;
        }
        let share = length.min(turn.length.saturating_sub(bar.start.into()));
        let timed = bar.nature != Nature::Mark && bar.end != End::Unknown;
        let guessed = self.source() == TimingSource::Traces && !bar.measured;
        let time = duration(length, bar.end);
        let part = |of: u64| if timed { percent(share, of) } else { String::new() };
        WaterfallRow {
            depth: 1 + usize::from(bar.inside),
            kind: bar.kind.word(),
            label: label(unit.as_ref()),
            asides: Vec::new(),
            state: bar.state,
            nature: bar.nature,
            end: bar.end,
            scale: Some(Scale { start: bar.start.into(), length, of: turn.length }),
            duration: match (timed, guessed) {
                (false, _) => String::new(),
                (true, true) => format!("~{time}"),
                (true, false) => time,
            },
            of_turn: part(turn.length),
            of_session: part(self.course.busy()),
            folded: None,
            selected: false,
        }
    }
}

fn pause(turn: &Turn) -> WaterfallRow {
    WaterfallRow {
        depth: 0,
        kind: "idle",
        label: "until this message".to_owned(),
        asides: Vec::new(),
        state: State::None,
        nature: Nature::Idle,
        end: End::Known,
        scale: None,
        duration: units::duration(turn.pause),
        of_turn: String::new(),
        of_session: String::new(),
        folded: None,
        selected: false,
    }
}

/// What the timeline says first of a unit, safe to draw.
fn label(unit: Option<&Unit>) -> String {
    let Some(unit) = unit else { return String::new() };
    let rows = rows(unit, LABEL, true, &Clock::default());
    let head = rows.into_iter().find(|row| matches!(row.part, Part::Head | Part::Divider));
    head.map(|head| match (unit.kind, head.subject.is_empty()) {
        (Kind::Tool | Kind::SubAgent, true) => "?".to_owned(),
        (_, _) => head.subject,
    })
    .unwrap_or_default()
}

fn duration(length: u64, end: End) -> String {
    let words = units::duration(length);
    if end == End::Open { format!("{words}+") } else { words }
}

/// `<1%` for what is there and rounds to nothing.
pub(super) fn percent(part: u64, of: u64) -> String {
    if of == 0 {
        return String::new();
    }
    match u128::from(part) * 100 / u128::from(of) {
        0 if part > 0 => "<1%".to_owned(),
        percent => format!("{percent}%"),
    }
}
