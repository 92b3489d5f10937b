//! Where time went, in the place of the timeline: what it went to, a time axis, a bar per row.

use super::super::Scene;
use super::super::cells::{self, put, text};
use super::timeline::state_style;
use crate::canvas::{Canvas, Line, Span, Style};
use crate::model::timeline::{Kind, State};
use crate::text::{quoted, units, width};
use crate::view::layout::WaterfallParts;
use crate::view::pane::waterfall::{End, Nature, Scale, TimingSource, WaterfallRow};
use crate::view::{Area, Focus, OpenSession, Waterfall};

/// The account that stands in the place of the timeline now.
pub(super) fn shown(open: &OpenSession) -> Option<(&OpenSession, &Waterfall)> {
    let waterfall = open.waterfall.as_deref().filter(|waterfall| !waterfall.is_away())?;
    Some((open, waterfall))
}

/// Columns of a row, from left to right: what it is, its bar, how it stands, how long.
#[derive(Debug, Clone, Copy)]
struct Columns {
    label: usize,
    bar: usize,
    state: usize,
    /// The share of the session beside that of the turn.
    both_shares: bool,
    wide: bool,
}

/// A label, its indent and its kind have at least that much beside what is said after it.
const LABEL: usize = 22;
const DURATION: usize = 8;
const SHARE: usize = 5;
/// From here on states are words instead of signs.
const WIDE: usize = 70;
/// From here on there is room for both shares.
const WIDEST: usize = 100;

impl Columns {
    fn of(columns: usize) -> Self {
        let wide = columns >= WIDE;
        let both_shares = columns >= WIDEST;
        let state = if wide { 9 } else { 1 };
        let label = if wide { (columns * 2 / 5).min(60) } else { columns * 9 / 20 };
        let shares = if both_shares { 2 * SHARE } else { SHARE };
        let taken = label + 1 + 1 + state + DURATION + shares + 1;
        Self { label, bar: columns.saturating_sub(taken), state, both_shares, wide }
    }
}

pub(super) fn draw(
    canvas: &mut Canvas,
    scene: &Scene,
    area: Area,
    open: &OpenSession,
    waterfall: &Waterfall,
) {
    let theme = scene.theme;
    let width = usize::from(area.width);
    let columns = Columns::of(width);
    let parts = WaterfallParts::of(area, waterfall.summary().len());
    put(canvas, parts.heading, 0, &heading(scene, open, waterfall, width));
    for (row, line) in waterfall.summary().iter().enumerate() {
        let line = cells::line(vec![text(line.clone(), theme.text)], Vec::new(), width);
        put(canvas, parts.summary, row, &line);
    }
    put(canvas, parts.axis, 0, &axis(scene, waterfall, columns, width));
    for (bar, row) in waterfall.rows(&open.timeline).into_iter().zip(0..parts.bars.height) {
        let selected = bar.selected;
        let strip = parts.bars.row(row);
        put(canvas, strip, 0, &bar_row(scene, bar, columns, width));
        if selected {
            cells::mark_rows(canvas, theme, strip, scene.model.focus == Focus::Timeline);
        }
    }
    put(canvas, parts.footer, 0, &footer(scene, open, waterfall, width));
}

fn heading(
    scene: &Scene,
    open: &OpenSession,
    waterfall: &Waterfall,
    columns: usize,
) -> Line<'static> {
    let theme = scene.theme;
    let focused = scene.model.focus == Focus::Timeline;
    let style = cells::title_style(theme, focused);
    let mut left = vec![cells::title(theme, focused, "2")];
    if scene.layout.wide {
        left.push(text(
            format!(" {} ▸", quoted::in_heading(open.reference.key.as_str(), columns / 3)),
            style,
        ));
    }
    left.push(text(" where time went", style));
    left.push(text(format!(" · {}", waterfall.source().words()), theme.dim));
    let right = vec![text(format!("{} ", waterfall.order().words()), theme.dim)];
    cells::line(left, right, columns)
}

/// The scale of the row under the cursor, above its bar.
fn axis(scene: &Scene, waterfall: &Waterfall, columns: Columns, width: usize) -> Line<'static> {
    let theme = scene.theme;
    let (length, of_turn) = waterfall.axis();
    let name = match (of_turn, columns.wide) {
        (true, true) => "the turn under the cursor",
        (true, false) => "this turn",
        (false, true) => "session, pauses left out",
        (false, false) => "without pauses",
    };
    let end = units::duration(length);
    let middle = units::duration(length / 2);
    let room = columns.bar.saturating_sub(2 + width::width(&end));
    let dash = theme.glyphs.rule;
    let scale = if room > width::width(&middle) + 6 {
        let before = room / 2 - width::width(&middle) / 2;
        let after = room.saturating_sub(before + width::width(&middle) + 2);
        format!(
            "0 {} {middle} {} {end}",
            dash.repeat(before.saturating_sub(1)),
            dash.repeat(after.saturating_sub(1))
        )
    } else {
        format!("0 {} {end}", dash.repeat(room.saturating_sub(1)))
    };
    let shares = if columns.both_shares { " turn  all " } else { "share " };
    let left = vec![
        text(width::fit(&format!("   {name}"), columns.label + 1), theme.dim),
        text(scale, theme.rule),
    ];
    cells::line(left, vec![text(shares, theme.dim)], width)
}

fn bar_row(scene: &Scene, mut row: WaterfallRow, columns: Columns, width: usize) -> Line<'static> {
    let theme = scene.theme;
    let fold = match row.folded {
        Some(true) => theme.glyphs.folded,
        Some(false) => theme.glyphs.unfolded,
        None => " ",
    };
    let failed = row.state == State::Failed;
    let kind = match row.kind {
        _ if failed => theme.error,
        "you" => theme.heading,
        "agent" => theme.accent,
        _ => theme.dim,
    };
    let quiet = if row.nature == Nature::Idle { theme.dim } else { theme.text };
    let indent = 1 + row.depth * 2;
    let mut left = vec![
        text(" ".repeat(indent), theme.dim),
        text(format!("{fold} "), theme.dim),
        text(width::fit(row.kind, 6), kind),
        text(std::mem::take(&mut row.label), if failed { theme.error } else { quiet }),
    ];
    if let Some(aside) = aside(&row.asides, columns.label) {
        left = cells::truncate(left, columns.label.saturating_sub(width::width(&aside)));
        left.push(text(aside, theme.dim));
    }
    let mut spans = cells::line(left, Vec::new(), columns.label).spans;
    spans.push(text(" ", theme.text));
    spans.extend(bar(scene, &row, columns.bar));
    let sign = match row.state {
        State::YourTurn => "!",
        State::Failed => "x",
        State::Running => ">",
        State::Cancelled | State::Unanswered => "?",
        State::Ok | State::None => " ",
    };
    let state = if columns.wide { row.state.word() } else { sign };
    spans.push(text(" ", theme.text));
    spans.push(text(width::fit(state, columns.state), state_style(theme, row.state)));
    spans.push(text(format!("{:>DURATION$}", row.duration), theme.text));
    let share = if row.of_turn.is_empty() { &row.of_session } else { &row.of_turn };
    let shares = if columns.both_shares {
        format!("{:>SHARE$}{:>SHARE$}", row.of_turn, row.of_session)
    } else {
        format!("{share:>SHARE$}")
    };
    spans.push(text(shares, theme.dim));
    cells::line(spans, Vec::new(), width)
}

/// As many of the asides as leave room for the label.
fn aside(asides: &[String], columns: usize) -> Option<String> {
    let from = (0..asides.len()).map(|from| format!("  {}", asides[from..].join(" · ")));
    from.into_iter().find(|aside| width::width(aside) + LABEL <= columns)
}

/// A bar, in eighths of a cell at its end; what began in the middle of a cell fills it.
fn bar(scene: &Scene, row: &WaterfallRow, columns: usize) -> Vec<Span<'static>> {
    let theme = scene.theme;
    let glyphs = &theme.glyphs;
    let Some(Scale { start, length, of }) = row.scale.filter(|scale| scale.of > 0) else {
        let blank = if row.nature == Nature::Idle { glyphs.unused } else { " " };
        return vec![text(blank.repeat(columns), theme.rule)];
    };
    let eighths = |at: u64| {
        let all = columns as u128 * 8;
        usize::try_from(u128::from(at.min(of)) * all / u128::from(of)).unwrap_or(0)
    };
    let from = (eighths(start) / 8).min(columns.saturating_sub(1));
    let until = eighths(start.saturating_add(length)).clamp(from * 8 + 1, columns.max(1) * 8);
    let style = bar_style(scene, row);
    let (whole, rest) = ((until - from * 8) / 8, (until - from * 8) % 8);
    let cell = match row.nature {
        Nature::Model if row.kind == Kind::Step.word() => glyphs.rule,
        Nature::Model if row.depth > 0 => glyphs.model,
        Nature::Yours | Nature::Idle => glyphs.waiting,
        Nature::Mark => glyphs.divider,
        Nature::Model | Nature::Tool | Nature::Compaction => glyphs.lengths[7],
    };
    let whole_cells = cell == glyphs.lengths[7];
    let (body, rest) = match (row.nature, row.end) {
        (Nature::Mark, _) | (_, End::Unknown) => (glyphs.divider.to_owned(), ""),
        _ if whole_cells => {
            (cell.repeat(whole), rest.checked_sub(1).map_or("", |at| glyphs.lengths[at]))
        }
        _ => (cell.repeat(whole.max(1)), ""),
    };
    let used = width::width(&body) + usize::from(!rest.is_empty());
    let after = columns.saturating_sub(from + used);
    vec![
        text(" ".repeat(from), theme.rule),
        text(body, style),
        text(rest, style),
        text(" ".repeat(after), theme.rule),
    ]
}

fn bar_style(scene: &Scene, row: &WaterfallRow) -> Style {
    let theme = scene.theme;
    match (row.state, row.nature) {
        (State::Failed, _) if row.depth > 0 => theme.error,
        (State::YourTurn, _) => theme.you,
        (State::Running, _) => theme.running,
        (_, Nature::Compaction) => theme.compacted,
        (_, Nature::Tool) => theme.accent,
        (_, Nature::Idle) => theme.dim,
        _ => theme.text,
    }
}

/// Where the cursor is, and what is left out of the account.
fn footer(
    scene: &Scene,
    open: &OpenSession,
    waterfall: &Waterfall,
    columns: usize,
) -> Line<'static> {
    let theme = scene.theme;
    let timeline = &open.timeline;
    let mut left = Vec::new();
    if let Some((read, of)) = timeline.reading() {
        let percent = read.saturating_mul(100).checked_div(of).unwrap_or(100);
        left.push(text(format!(" reading {percent}%: so far"), theme.running));
    } else if !timeline.reaches_start() {
        let events = timeline.event_count();
        left.push(text(format!(" of the last {events} events; more before"), theme.dim));
    } else {
        left.push(text(format!(" {}", units::counted(waterfall.turn_count(), "turn")), theme.dim));
    }
    if waterfall.source() == TimingSource::Traces {
        left.push(text(" · ~ is from event times", theme.dim));
    }
    let at = (waterfall.cursor_row() + 1).min(waterfall.row_count());
    let position = format!("{at} of {} ", waterfall.row_count());
    cells::line(left, vec![text(position, theme.dim)], columns)
}
