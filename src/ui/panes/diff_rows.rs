//! The rows of a comparison: side by side, or one below the other where there is no room for both.
//!
//! What a line is, its sign says (`-`, `+`, `~`); which words of it differ, an underline. Colour only
//! repeats that. Owns nothing above the rows. Start with [`DiffRows::draw`]. The invariant: only the rows
//! on the screen are looked at.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;

use super::super::Scene;
use super::super::cells::{self, put, text};
use crate::action::Action;
use crate::canvas::{Canvas, Line, Modifier, Span, Style};
use crate::text::{sanitize, width};
use crate::view::Area;
use crate::view::pane::text_diff::{DiffLook, DiffRow, DiffView, TextDiff, emphasis};

/// Columns of a line number.
const NUMBER: usize = 6;

/// What the rows are of.
#[derive(Clone, Copy)]
pub(super) struct DiffRows<'a> {
    pub(super) scene: &'a Scene<'a>,
    pub(super) diff: &'a TextDiff,
    pub(super) view: &'a DiffView,
    /// What a row is, where many are folded.
    pub(super) noun: &'static str,
    /// The number that stands before a line of the old text (0) or the new one (1).
    pub(super) number: &'a dyn Fn(usize, u32) -> Option<u32>,
}

impl DiffRows<'_> {
    pub(super) fn draw(&self, canvas: &mut Canvas, lines: Area) {
        let view = self.view;
        for (row, place) in view.seen().enumerate() {
            let (shown, here) = (view.rows()[place], place == view.cursor());
            let line = line(self, shown, usize::from(lines.width));
            put(canvas, lines, row, &line);
            if here && let Ok(row) = u16::try_from(row) {
                // What differs within the line would not be seen in a line that is marked whole.
                cells::mark_edge(canvas, self.scene.theme, lines.row(row), true);
            }
        }
    }
}

/// What is drawn of both, with the line between them.
pub(super) fn beside(
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
    at: u32,
    sign: &'static str,
    style: Style,
    words: &'a str,
    emphasis: Vec<Range<usize>>,
}

fn line(rows: &DiffRows, row: DiffRow, columns: usize) -> Line<'static> {
    let DiffRows { scene, diff, view, noun, number } = *rows;
    let theme = scene.theme;
    let margin = text(" ", theme.text);
    let (removed, added, changed) = (theme.error, theme.code_string, theme.you);
    let old = |at: u32| diff.old.get(at as usize);
    let new = |at: u32| diff.new.get(at as usize);
    let drawn = |at, sign, style, words| Drawn { at, sign, style, words, emphasis: Vec::new() };
    let numbered = |side: usize, at: Option<u32>| {
        let number = at.and_then(|at| number(side, at));
        let number = number.map_or_else(String::new, |number| number.to_string());
        text(format!("{number:>5} "), theme.dim)
    };
    let inline = |place: [Option<u32>; 2], drawn: &Drawn| {
        let mut spans = vec![margin.clone()];
        spans.extend(place.into_iter().enumerate().map(|(side, at)| numbered(side, at)));
        spans.extend(content(drawn, view.column(), columns.saturating_sub(16)));
        Line::from(spans)
    };
    let half = (columns - 1) / 2;
    let side = |drawn: Option<Drawn>, first: bool| {
        let mut spans = if first { vec![margin.clone()] } else { Vec::new() };
        let Some(drawn) = drawn else { return spans };
        let room = half.saturating_sub(NUMBER + 3 + usize::from(first));
        spans.push(numbered(usize::from(!first), Some(drawn.at)));
        spans.extend(content(&drawn, view.column(), room));
        spans
    };
    let sides = |left: Option<Drawn>, right: Option<Drawn>| {
        beside(scene, side(left, true), side(right, false), half)
    };
    let by_side = view.look() == DiffLook::Sides;
    match row {
        DiffRow::Fold { lines, .. } => {
            let shows = scene.model.keys.of(Action::Fold, "o");
            let words = format!(
                "     {} {lines} {noun} the same   {shows} shows them",
                theme.glyphs.folded
            );
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
