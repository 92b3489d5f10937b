//! Finds what moved up or down between two screens.
//!
//! Nobody says that a pane scrolled: rows that are found again some lines further are the evidence,
//! and what it would save to let the terminal move them decides.

use std::cell::OnceCell;
use std::iter;

use super::grid::Grid;
use super::origins::Origins;
use crate::canvas::{Canvas, Look, are_alike, glyph};

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
/// Odd, and with bits all over.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
const MOST_DISTANCES: usize = 3;
/// Moves that are looked at closely.
const MOST_TRIES: usize = 8;
/// Upright rules that are looked at; more of them are no panes.
const MOST_RULES: usize = 4;

/// Columns of a pane at least; margins need two.
const NARROWEST: usize = 4;

/// Columns, the end exclusive.
type Span = (usize, usize);

/// The move that saves most, if one saves anything. `changed`: the rows that differ; `rectangles`:
/// whether the terminal can move less than whole rows.
pub(super) fn find(
    shown: &Grid,
    next: &Canvas,
    changed: &[usize],
    origins: &Origins,
    rectangles: bool,
) -> Option<Shift> {
    let (width, height) = shown.size();
    if changed.len() < FEWEST_ROWS {
        return None;
    }
    let painted = |span| {
        let mut painted = vec![0; height];
        for y in changed {
            painted[*y] = painting(shown, *y, next, *y, span);
        }
        painted
    };
    let whole = (0, width);
    // What each row costs without any move, and all of them; worked out only where there is one to judge.
    let of_whole = OnceCell::new();
    let mut tried = Vec::new();
    let mut best: Option<(isize, Shift)> = None;
    let panes = iter::once_with(|| panes(shown, next)).flatten();
    for span in iter::once(whole).chain(panes) {
        let span_painted = OnceCell::new();
        // Of whole rows it may be known already.
        let known = origins.common_distance(changed).filter(|_| span == whole);
        let likely = known.or_else(|| common_distance(shown, next, span, changed));
        let voted = iter::once_with(|| distances(shown, next, span, changed)).flatten();
        for lines in likely.into_iter().chain(voted) {
            let (whole_painted, all) = of_whole.get_or_init(|| {
                let painted = painted(whole);
                let all: isize = painted.iter().sum();
                (painted, all)
            });
            if *all <= ROWS_COST {
                return None;
            }
            for within in [Some(whole), rectangles.then_some(span)].into_iter().flatten() {
                if tried.len() == MOST_TRIES || tried.contains(&(within, lines)) {
                    continue;
                }
                tried.push((within, lines));
                let painted = if within == whole {
                    whole_painted
                } else {
                    span_painted.get_or_init(|| painted(span))
                };
                let found = judge(shown, next, origins, within, lines, painted);
                if let Some(found) = found.filter(|(saved, _)| *saved > 0)
                    && best.is_none_or(|(most, _)| found.0 > most)
                {
                    best = Some(found);
                }
                if best.is_some_and(|(saved, _)| saved * 4 >= all * 3) {
                    return best.map(|(_, shift)| shift);
                }
            }
        }
    }
    best.map(|(_, shift)| shift)
}

/// What lies between upright rules that stand on both screens. Those that stand over more than half of a
/// screen run through its middle.
fn panes(shown: &Grid, next: &Canvas) -> Vec<Span> {
    let (width, height) = shown.size();
    let glyphs = ["│", "|"].map(glyph);
    let stands = |x: usize, y: usize| {
        let (shown, next) = (shown.row(y)[x].glyph(), next.row(y)[x].glyph());
        shown == next && glyphs.contains(&next)
    };
    let crossing = (0..width).filter(|x| stands(*x, height / 2));
    let rules: Vec<usize> = crossing
        .filter(|x| (0..height).filter(|y| stands(*x, *y)).count() * 2 > height)
        .take(MOST_RULES + 1)
        .collect();
    if rules.is_empty() || rules.len() > MOST_RULES {
        return Vec::new();
    }
    let starts = iter::once(0).chain(rules.iter().map(|x| x + 1));
    let ends = rules.iter().copied().chain([width]);
    starts.zip(ends).filter(|(left, right)| left + NARROWEST <= *right).collect()
}

/// How far nearly all rows moved that changed, as where one pane scrolls. Found by one that is there
/// once, without a look at what is written in the others.
fn common_distance(
    shown: &Grid,
    next: &Canvas,
    (left, right): Span,
    changed: &[usize],
) -> Option<isize> {
    let came =
        |from: usize, y: usize| are_alike(&shown.row(from)[left..right], &next.row(y)[left..right]);
    let probe = *changed.get(changed.len() / 2)?;
    let mut places = changed.iter().filter(|from| came(**from, probe));
    let from = *places.next().filter(|_| places.next().is_none())?;
    let lines = from.cast_signed() - probe.cast_signed();
    let moved = |y: &&usize| {
        let from = y.checked_add_signed(lines).filter(|from| *from < shown.size().1);
        from.is_some_and(|from| came(from, **y))
    };
    let likely = lines != 0 && changed.iter().filter(moved).count() * 4 >= changed.len() * 3;
    likely.then_some(lines)
}

/// How far rows seem to have moved, the likeliest first, where that would be worth a move. What moved
/// is gone from its place, so only rows that changed are looked at.
fn distances(shown: &Grid, next: &Canvas, (left, right): Span, changed: &[usize]) -> Vec<isize> {
    let written = |row: &[Look]| text(&row[left..right]);
    let place = |y: &usize| written(shown.row(*y)).map(|(look, _)| (look, *y));
    let mut places: Vec<(u64, usize)> = changed.iter().filter_map(place).collect();
    places.sort_unstable();
    let mut votes: Vec<(isize, isize)> = Vec::new();
    for y in changed {
        let Some((look, weight)) = written(next.row(*y)) else { continue };
        let first = places.partition_point(|(other, _)| *other < look);
        let twins = places[first..].iter().take_while(|(other, _)| *other == look);
        if twins.clone().count() > MOST_TWINS {
            continue;
        }
        for (_, from) in twins.filter(|(_, from)| from != y) {
            let lines = from.cast_signed() - y.cast_signed();
            let weight = weight.cast_signed() + RUN_COST;
            match votes.iter_mut().find(|(other, _)| *other == lines) {
                Some((_, votes)) => *votes += weight,
                None => votes.push((lines, weight)),
            }
        }
    }
    votes.retain(|(_, weight)| *weight > ROWS_COST);
    // The distance decides between equals, so that the same frames give the same bytes.
    votes.sort_unstable_by_key(|(lines, weight)| (std::cmp::Reverse(*weight), *lines));
    votes.into_iter().take(MOST_DISTANCES).map(|(lines, _)| lines).collect()
}

/// A number for what is written in a row, styles aside, and how much that is; `None` for a blank.
fn text(row: &[Look]) -> Option<(u64, usize)> {
    let (mut sum, mut weight) = (0_u64, 0);
    // Another factor for each place; nothing waits for the product before.
    let mut factor = FACTOR;
    for look in row {
        weight += usize::from(!look.is_blank());
        sum = sum.wrapping_add(look.glyph().wrapping_mul(factor));
        factor = factor.wrapping_add(FACTOR << 1);
    }
    (weight > 0).then_some((sum, weight))
}

/// The best run of rows for one distance, and about how many bytes it saves. `painted` is what
/// each row costs without any move.
fn judge(
    shown: &Grid,
    next: &Canvas,
    origins: &Origins,
    span: Span,
    lines: isize,
    painted: &[isize],
) -> Option<(isize, Shift)> {
    let (width, height) = shown.size();
    let (left, right) = span;
    // What each row saves by coming from where it was.
    let gains: Vec<Option<isize>> = (0..height)
        .map(|y| {
            let from = y.checked_add_signed(lines).filter(|from| *from < height)?;
            let same = origins.of(y) == Some(from);
            Some(painted[y] - if same { 0 } else { painting(shown, from, next, y, span) })
        })
        .collect();
    let (mut sum, mut first, mut end) = best_run(&gains)?;
    // Where rows left, blank ones come in. That may cost more than the row beside them saves.
    let by = lines.unsigned_abs();
    let blank = |first: usize, end: usize| {
        if lines > 0 { (end, end + by) } else { (first - by, first) }
    };
    let lost = |(from, to): (usize, usize)| -> isize {
        (from..to).map(|y| erased(next.row(y), span) - painted[y]).sum()
    };
    let mut saved = sum - lost(blank(first, end));
    while end - first > 1 {
        let given_up = if lines > 0 { end - 1 } else { first };
        let without = sum - gains[given_up].unwrap_or_default();
        let run = if lines > 0 { (first, end - 1) } else { (first + 1, end) };
        let then = without - lost(blank(run.0, run.1));
        if then <= saved {
            break;
        }
        ((first, end), sum, saved) = (run, without, then);
    }
    let (top, bottom) = if lines > 0 { (first, end + by) } else { (first - by, end) };
    let shift = Shift { top, bottom, left, right, lines };
    if right - left < width && splits_a_glyph(shown, &shift) {
        return None;
    }
    let moving = if right - left < width { RECTANGLE_COST } else { ROWS_COST };
    Some((saved - moving, shift))
}

/// The rows in a run that gain most in sum: that sum, the first, and the end.
fn best_run(gains: &[Option<isize>]) -> Option<(isize, usize, usize)> {
    let mut best: Option<(isize, usize, usize)> = None;
    let mut run = (0, 0);
    for (y, gain) in gains.iter().enumerate() {
        run.0 += gain.unwrap_or(isize::MIN / 2);
        if run.0 <= 0 {
            run = (0, y + 1);
        } else if best.is_none_or(|(most, ..)| run.0 > most) {
            best = Some((run.0, run.1, y + 1));
        }
    }
    best
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

/// Bytes that changes in a row cost beyond their text: the way there, and what they look like.
const RUN_COST: isize = 6;
/// Bytes that erase the rest of a row.
const TAIL_COST: isize = 3;

/// About how many bytes it takes to paint a row of `next` over one of `shown`.
fn painting(shown: &Grid, from: usize, next: &Canvas, y: usize, (left, right): Span) -> isize {
    let (old, new) = (&shown.row(from)[left..right], &next.row(y)[left..right]);
    if are_alike(old, new) {
        return 0;
    }
    // What is blank up to the end is erased at once.
    let written = new.len() - new.iter().rev().take_while(|look| look.is_bare()).count();
    let (before, after) = (&old[..written], &new[..written]);
    let mut written_anew = 0;
    for x in 0..written {
        written_anew += usize::from(before[x] != after[x]);
    }
    let erased = !are_alike(&old[written..], &new[written..]);
    weigh(written_anew, erased)
}

/// The same where nothing is shown.
fn erased(next: &[Look], (left, right): Span) -> isize {
    weigh(next[left..right].iter().filter(|look| !look.is_bare()).count(), false)
}

/// A cell is a byte: how many its glyph has is the same wherever it is written.
fn weigh(written: usize, erased: bool) -> isize {
    let runs = isize::from(written > 0) * RUN_COST + isize::from(erased) * TAIL_COST;
    runs + written.cast_signed()
}
