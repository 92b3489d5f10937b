//! Two files compared: side by side, or one below the other where there is no room for both.
//!
//! What a line is, its sign says (`-`, `+`, `~`); which words of it differ, an underline. Colour only
//! repeats that. Draws the rows on the screen and looks at no other.

use std::ops::Range;

use ratatui::Frame;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation as _;

use super::super::Scene;
use super::super::cells::{self, put, text};
use super::super::frame::clean;
use crate::text::{sanitize, units, width};
use crate::theme::Theme;
use crate::view::Area;
use crate::view::layout::DiffParts;
use crate::view::pane::artifacts::Checksum;
use crate::view::pane::text_diff::{
    Comparison, DiffLook, DiffRow, MAX_BYTES, Outcome, Side, TextDiff, emphasis,
};

/// Columns of a line number.
const NUMBER: usize = 6;

pub(super) fn draw(frame: &mut Frame, scene: &Scene, area: Area, comparison: &Comparison) {
    let theme = scene.theme;
    let columns = usize::from(area.width);
    let parts = DiffParts::of(area);
    let buffer = frame.buffer_mut();
    let (left, right) = heading(comparison);
    let left = vec![cells::title(theme, true, "Compare"), text(format!("  {left}"), theme.text)];
    put(buffer, parts.heading, 0, &cells::line(left, vec![text(right, theme.dim)], columns));
    let Outcome::Text { diff, .. } = &comparison.outcome else {
        for (row, (sign, side)) in ["-", "+"].into_iter().zip(&comparison.sides).enumerate() {
            let line =
                cells::line(vec![text(name(scene, sign, side), theme.text)], Vec::new(), columns);
            put(buffer, parts.lines, row, &line);
            let sum =
                format!("     {} · {}", clean(&side.file.checksum_sha256), side.checksum.words());
            let style = if side.checksum == Checksum::Differs { theme.error } else { theme.dim };
            put(buffer, parts.lines, row + 3, &Line::from(text(sum, style)));
        }
        for (row, words) in explanation(comparison).into_iter().enumerate() {
            put(buffer, parts.lines, row + 6, &Line::from(text(format!(" {words}"), theme.text)));
        }
        return;
    };
    let [old, new] = &comparison.sides;
    let half = (columns - 1) / 2;
    let names = match comparison.view.look() {
        DiffLook::Sides => beside(
            scene,
            named(scene, "-", old, half, theme.dim),
            named(scene, "+", new, half, theme.dim),
            half,
        ),
        DiffLook::Inline => {
            let mut spans = named(scene, "-", old, half, theme.dim);
            spans.push(text(" ", theme.rule));
            spans.extend(named(scene, "+", new, half, theme.dim));
            Line::from(spans)
        }
    };
    put(buffer, parts.names, 0, &names);
    if diff.blocks.is_empty() {
        put(buffer, parts.lines, 0, &Line::from(text(" both are empty", theme.dim)));
    }
    let view = &comparison.view;
    for (row, place) in view.seen().enumerate() {
        let (shown, here) = (view.rows()[place], place == view.cursor());
        put(frame.buffer_mut(), parts.lines, row, &line(scene, comparison, diff, shown, columns));
        if here && let Ok(row) = u16::try_from(row) {
            // What differs within the line would not be seen in a line that is marked whole.
            let theme = Theme { selection: Style::new(), ..*theme };
            cells::mark_rows(frame, &theme, parts.lines.row(row), true);
        }
    }
}

/// What differs, and where the cursor is.
fn heading(comparison: &Comparison) -> (String, String) {
    let Outcome::Text { diff, rough } = &comparison.outcome else {
        let words = match &comparison.outcome {
            Outcome::Waiting => {
                format!("fetching {} and comparing", units::size(comparison.bytes()))
            }
            Outcome::Failed { .. } => "not compared".to_owned(),
            Outcome::TooLarge => {
                format!("too large to compare: {}", units::size(comparison.bytes()))
            }
            _ if comparison.says_same() => "the same bytes".to_owned(),
            _ => "different bytes".to_owned(),
        };
        return (words, String::new());
    };
    let tally = diff.tally;
    let mut words: Vec<String> =
        [(tally.changed, "changed"), (tally.added, "added"), (tally.removed, "removed")]
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{} {what}", units::grouped(count)))
            .collect();
    if words.is_empty() {
        words.push("no line differs".to_owned());
    }
    words.push(format!("{} the same", units::grouped(tally.same)));
    if diff.old.closed != diff.new.closed {
        words.push("one has no line feed at its end".to_owned());
    }
    if *rough {
        words.push("roughly: it took too long".to_owned());
    }
    if comparison.sides.iter().any(|side| side.checksum == Checksum::Differs) {
        words.push("sha256 DIFFERS".to_owned());
    }
    let (at, of) = comparison.view.change();
    let right = if of > 0 { format!("change {at} of {of} ") } else { String::new() };
    (words.join(" · "), right)
}

/// Why there are no lines.
fn explanation(comparison: &Comparison) -> Vec<String> {
    match &comparison.outcome {
        Outcome::TooLarge => vec![
            format!("Lines are compared up to {} of both together.", units::bytes(MAX_BYTES)),
            "Sizes and checksums are what the service says of them.".to_owned(),
        ],
        Outcome::Failed { reason } => {
            vec![clean(reason), "Esc leads back; D tries again.".to_owned()]
        }
        Outcome::Bytes if comparison.says_same() => {
            vec!["Their sizes and checksums are equal, so that their bytes are.".to_owned()]
        }
        Outcome::Bytes => {
            vec![
                "At least one is not text, so that only sizes and checksums are compared."
                    .to_owned(),
            ]
        }
        Outcome::Waiting | Outcome::Text { .. } => Vec::new(),
    }
}

fn name(scene: &Scene, sign: &str, side: &Side) -> String {
    let (version, of) = side.version;
    let version = if of > 1 { format!("v{version} of {of} · ") } else { String::new() };
    let amount = units::size(side.file.size_bytes);
    let at = scene.model.wall().named(side.file.created_at);
    format!("   {sign} {}  {version}{at} · {amount}", clean(&side.file.filename))
}

fn named(
    scene: &Scene,
    sign: &str,
    side: &Side,
    columns: usize,
    style: Style,
) -> Vec<Span<'static>> {
    vec![text(width::fit(&name(scene, sign, side), columns), style)]
}

fn beside(
    scene: &Scene,
    mut left: Vec<Span<'static>>,
    right: Vec<Span<'static>>,
    half: usize,
) -> Line<'static> {
    let fill = half.saturating_sub(cells::spans_width(&left));
    left.push(Span::raw(" ".repeat(fill)));
    left.push(text(scene.theme.glyphs.divider, scene.theme.rule));
    left.extend(right);
    Line::from(left)
}

/// One line of one text, as it is drawn.
struct Drawn<'a> {
    number: u32,
    sign: &'static str,
    style: Style,
    words: &'a str,
    emphasis: Vec<Range<usize>>,
}

fn line(
    scene: &Scene,
    comparison: &Comparison,
    diff: &TextDiff,
    row: DiffRow,
    columns: usize,
) -> Line<'static> {
    let theme = scene.theme;
    let margin = text(" ", theme.text);
    let (removed, added, changed) = (theme.error, theme.code_string, theme.you);
    let old = |at: u32| diff.old.get(at as usize);
    let new = |at: u32| diff.new.get(at as usize);
    let drawn =
        |number, sign, style, words| Drawn { number, sign, style, words, emphasis: Vec::new() };
    let inline = |place: [Option<u32>; 2], drawn: &Drawn| {
        let mut spans = vec![margin.clone()];
        for number in place {
            let number = number.map_or_else(String::new, |at| (at + 1).to_string());
            spans.push(text(format!("{number:>5} "), theme.dim));
        }
        spans.extend(content(drawn, comparison.view.column(), columns.saturating_sub(16)));
        Line::from(spans)
    };
    let half = (columns - 1) / 2;
    let side = |drawn: Option<Drawn>, first: bool| {
        let mut spans = if first { vec![margin.clone()] } else { Vec::new() };
        let Some(drawn) = drawn else { return spans };
        let room = half.saturating_sub(NUMBER + 3 + usize::from(first));
        spans.push(text(format!("{:>5} ", drawn.number + 1), theme.dim));
        spans.extend(content(&drawn, comparison.view.column(), room));
        spans
    };
    let sides = |left: Option<Drawn>, right: Option<Drawn>| {
        beside(scene, side(left, true), side(right, false), half)
    };
    let by_side = comparison.view.look() == DiffLook::Sides;
    match row {
        DiffRow::Fold { lines, .. } => {
            let words =
                format!("     {} {lines} lines the same   o shows them", theme.glyphs.folded);
            cells::line(vec![margin, text(words, theme.dim)], Vec::new(), columns)
        }
        DiffRow::Same { old: at, new: to } if by_side => sides(
            Some(drawn(at, " ", theme.text, old(at))),
            Some(drawn(to, " ", theme.text, new(to))),
        ),
        DiffRow::Same { old: at, new: to } => {
            inline([Some(at), Some(to)], &drawn(at, " ", theme.text, old(at)))
        }
        DiffRow::Pair { old: at, new: to } => {
            let (before, after) = emphasis(old(at), new(to));
            sides(
                Some(Drawn { emphasis: before, ..drawn(at, "~", changed, old(at)) }),
                Some(Drawn { emphasis: after, ..drawn(to, "~", changed, new(to)) }),
            )
        }
        DiffRow::Removed { old: at, .. } if by_side => {
            sides(Some(drawn(at, "-", removed, old(at))), None)
        }
        DiffRow::Added { new: to, .. } if by_side => {
            sides(None, Some(drawn(to, "+", added, new(to))))
        }
        DiffRow::Removed { old: at, other } => {
            let marks = other.map(|other| emphasis(old(at), new(other)).0).unwrap_or_default();
            let drawn = Drawn { emphasis: marks, ..drawn(at, "-", removed, old(at)) };
            inline([Some(at), None], &drawn)
        }
        DiffRow::Added { new: to, other } => {
            let marks = other.map(|other| emphasis(old(other), new(to)).1).unwrap_or_default();
            let drawn = Drawn { emphasis: marks, ..drawn(to, "+", added, new(to)) };
            inline([None, Some(to)], &drawn)
        }
    }
}

/// Sign and text, shifted and cut to `columns`, the words that differ underlined.
fn content(drawn: &Drawn, shift: usize, columns: usize) -> Vec<Span<'static>> {
    let mut spans = vec![text(format!("{} ", drawn.sign), drawn.style)];
    // Whatever the length of the line, only what can be seen of it is looked at.
    let seen = (shift + columns) * 4 + 64;
    let end = drawn.words.char_indices().nth(seen).map_or(drawn.words.len(), |(at, _)| at);
    let words = &drawn.words[..end];
    let mut pieces = Vec::new();
    let mut at = 0;
    for range in &drawn.emphasis {
        let (from, to) = (range.start.min(end), range.end.min(end));
        pieces.push((false, &words[at..from]));
        pieces.push((true, &words[from..to]));
        at = to;
    }
    pieces.push((false, &words[at..]));
    let mut shifted = 0;
    let mut room = columns;
    for (marked, piece) in pieces {
        let style = if marked {
            drawn.style.add_modifier(Modifier::UNDERLINED | Modifier::BOLD)
        } else {
            drawn.style
        };
        let mut shown = String::new();
        // Carriage returns are a difference that wants to be seen.
        for part in piece.split_inclusive('\r') {
            let (part, ends) = part.strip_suffix('\r').map_or((part, ""), |part| (part, "\\r"));
            for grapheme in sanitize::one_line(part).graphemes(true).chain([ends]) {
                let wide = width::width(grapheme);
                if shifted < shift {
                    shifted += wide;
                } else if wide <= room {
                    room -= wide;
                    shown.push_str(grapheme);
                } else {
                    // The caller leaves a cell for the mark.
                    spans.push(text(shown, style));
                    spans.push(text("…", drawn.style));
                    return spans;
                }
            }
        }
        spans.push(text(shown, style));
    }
    spans
}
