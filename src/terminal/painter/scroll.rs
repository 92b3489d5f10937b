//! Finds what moved up or down between two screens.
//!
//! Nobody says that a pane scrolled: rows that are found again some lines further are the evidence,
//! and what it would save to let the terminal move them decides.

use std::collections::HashMap;

use super::grid::Grid;
use super::look::{self, Look};

/// A rectangle of the terminal, its ends exclusive, whose rows move up by `lines`, or down where
/// that is negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shift {
    pub(super) top: usize,
    pub(super) bottom: usize,
    pub(super) left: usize,
    pub(super) right: usize,
    pub(super) lines: isize,
}

/// Bytes that moving costs: margins, cursor, the move itself, margins off.
const ROWS_COST: isize = 24;
const RECTANGLE_COST: isize = 48;
/// Fewer changed rows than this are painted.
const FEWEST_ROWS: usize = 3;
/// Rows that look the same many times say little about where they went.
const MOST_TWINS: usize = 3;
const MOST_DISTANCES: usize = 3;
/// Moves that are looked at closely.
const MOST_TRIES: usize = 8;
/// Upright rules that are looked at; more of them are no panes.
const MOST_RULES: usize = 4;

/// Columns of a pane at least; margins need two.
const NARROWEST: usize = 4;

/// Columns, the end exclusive.
type Span = (usize, usize);

/// The move that saves most, if one saves anything. `rectangles`: whether the terminal can move
/// less than whole rows.
pub(super) fn find(shown: &Grid, next: &Grid, rectangles: bool) -> Option<Shift> {
    let (width, _) = next.size();
    let changed: Vec<bool> = shown.rows().zip(next.rows()).map(|(one, two)| one != two).collect();
    if changed.iter().filter(|changed| **changed).count() < FEWEST_ROWS {
        return None;
    }
    let whole = (0, width);
    let painted = |span| -> Vec<isize> {
        (0..next.size().1).map(|y| painting(shown, y, next, y, span)).collect()
    };
    let whole_painted = painted(whole);
    let mut tried = Vec::new();
    let mut best: Option<(isize, Shift)> = None;
    for span in spans(shown, next) {
        let span_painted = if rectangles { painted(span) } else { Vec::new() };
        for lines in distances(shown, next, span, &changed) {
            for (span, painted) in [(whole, &whole_painted), (span, &span_painted)] {
                let possible = span == whole || rectangles;
                if !possible || tried.len() == MOST_TRIES || tried.contains(&(span, lines)) {
                    continue;
                }
                tried.push((span, lines));
                let found = judge(shown, next, span, lines, painted);
                if let Some(found) = found.filter(|(saved, _)| *saved > 0)
                    && best.is_none_or(|(most, _)| found.0 > most)
                {
                    best = Some(found);
                }
            }
        }
    }
    best.map(|(_, shift)| shift)
}

/// The whole width first, then what lies between upright rules that stand on both screens.
fn spans(shown: &Grid, next: &Grid) -> Vec<Span> {
    let (width, height) = next.size();
    let mut standing = vec![0; width];
    let rules = ["│", "|"].map(look::glyph);
    for (shown, next) in shown.rows().zip(next.rows()) {
        for (count, (shown, next)) in standing.iter_mut().zip(shown.iter().zip(next)) {
            let (shown, next) = (shown.glyph(), next.glyph());
            *count += usize::from(shown == next && rules.contains(&next));
        }
    }
    let rules: Vec<usize> = (0..width).filter(|x| standing[*x] * 2 > height).collect();
    let mut spans = vec![(0, width)];
    if !rules.is_empty() && rules.len() <= MOST_RULES {
        let starts = std::iter::once(0).chain(rules.iter().map(|x| x + 1));
        let ends = rules.iter().copied().chain([width]);
        spans.extend(starts.zip(ends).filter(|(left, right)| left + NARROWEST <= *right));
    }
    spans
}

/// How far rows seem to have moved, the likeliest first.
fn distances(shown: &Grid, next: &Grid, span: Span, changed: &[bool]) -> Vec<isize> {
    let mut places: HashMap<u64, Vec<usize>> = HashMap::new();
    for (y, row) in shown.rows().enumerate() {
        if let Some((look, _)) = text(&row[span.0..span.1]) {
            let twins = places.entry(look).or_default();
            if twins.len() <= MOST_TWINS {
                twins.push(y);
            }
        }
    }
    let mut votes: HashMap<isize, usize> = HashMap::new();
    for (y, row) in next.rows().enumerate().filter(|(y, _)| changed[*y]) {
        let Some((look, weight)) = text(&row[span.0..span.1]) else { continue };
        let twins = places.get(&look).filter(|twins| twins.len() <= MOST_TWINS);
        for from in twins.into_iter().flatten().filter(|from| **from != y) {
            *votes.entry(from.cast_signed() - y.cast_signed()).or_default() += weight;
        }
    }
    let mut votes: Vec<(isize, usize)> = votes.into_iter().collect();
    // The distance decides between equals, so that the same frames give the same bytes.
    votes.sort_unstable_by_key(|(lines, weight)| (std::cmp::Reverse(*weight), *lines));
    votes.into_iter().take(MOST_DISTANCES).map(|(lines, _)| lines).collect()
}

/// A number for what is written in a row, styles aside, and how much that is; `None` for a blank.
fn text(row: &[Look]) -> Option<(u64, usize)> {
    let mut hash = 0_u64;
    let mut weight = 0;
    for look in row {
        weight += usize::from(!look.is_blank());
        hash = (hash.rotate_left(5) ^ look.glyph()).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
    (weight > 0).then_some((hash, weight))
}

/// The best run of rows for one distance, and about how many bytes it saves. `painted` is what
/// each row costs without any move.
fn judge(
    shown: &Grid,
    next: &Grid,
    span: Span,
    lines: isize,
    painted: &[isize],
) -> Option<(isize, Shift)> {
    let (width, height) = next.size();
    let (left, right) = span;
    // The run of moved rows that saves most in sum.
    let mut best: Option<(isize, usize, usize)> = None;
    let mut run = (0, 0);
    for (y, painted) in painted.iter().enumerate() {
        let Some(from) = y.checked_add_signed(lines).filter(|from| *from < height) else {
            run = (0, y + 1);
            continue;
        };
        run.0 += painted - painting(shown, from, next, y, span);
        if run.0 <= 0 {
            run = (0, y + 1);
        } else if best.is_none_or(|(most, ..)| run.0 > most) {
            best = Some((run.0, run.1, y + 1));
        }
    }
    let (saved, first, end) = best?;
    // Where rows left, blank ones come in.
    let by = lines.unsigned_abs();
    let (top, bottom, blank) = if lines > 0 {
        (first, end + by, end..end + by)
    } else {
        (first - by, end, first - by..first)
    };
    let shift = Shift { top, bottom, left, right, lines };
    if right - left < width && splits_a_glyph(shown, &shift) {
        return None;
    }
    let lost: isize = blank.map(|y| erased(next.row(y), span) - painted[y]).sum();
    let moving = if right - left < width { RECTANGLE_COST } else { ROWS_COST };
    Some((saved - lost - moving, shift))
}

/// Whether an upright edge of the rectangle runs through a glyph.
fn splits_a_glyph(shown: &Grid, shift: &Shift) -> bool {
    (shift.top..shift.bottom).any(|y| {
        let row = shown.row(y);
        [shift.left, shift.right]
            .into_iter()
            .any(|x| row.get(x).is_some_and(|look| look.is_rest_of_glyph()))
    })
}

/// Bytes that each run of changes costs beyond its text.
const RUN_COST: isize = 6;
/// Bytes that erase the rest of a row.
const TAIL_COST: isize = 3;

/// About how many bytes it takes to paint a row of `next` over one of `shown`.
fn painting(shown: &Grid, from: usize, next: &Grid, y: usize, (left, right): Span) -> isize {
    let (old, new) = (&shown.row(from)[left..right], &next.row(y)[left..right]);
    if old == new { 0 } else { weigh(old.iter().copied(), new) }
}

/// The same where nothing is shown.
fn erased(next: &[Look], (left, right): Span) -> isize {
    weigh(std::iter::repeat(Look::BARE), &next[left..right])
}

fn weigh(shown: impl Iterator<Item = Look>, next: &[Look]) -> isize {
    let mut cost = 0;
    let mut tail = 0;
    let mut running = false;
    for (shown, next) in shown.zip(next) {
        if shown == *next {
            running = false;
            continue;
        }
        if !running {
            cost += RUN_COST;
            running = true;
        }
        if *next == Look::BARE {
            tail += 1;
        } else {
            cost += tail + next.bytes().cast_signed();
            tail = 0;
        }
    }
    cost + tail.min(TAIL_COST)
}
