//! Two sessions compared: what both came to, and below that their events side by side.
//!
//! Owns what stands above the rows, or in their place; [`super::diff_rows`] draws those.

use super::super::Scene;
use super::super::cells::{self, put, text};
use super::super::frame::clean;
use super::diff_rows::{DiffRows, beside};
use crate::action::Action;
use crate::canvas::{Canvas, Line, Span};
use crate::text::units::{counted, grouped};
use crate::text::width;
use crate::view::layout::SessionDiffParts;
use crate::view::pane::session_diff::{Outcome, SessionComparison, Sheet};
use crate::view::pane::text_diff::DiffLook;
use crate::view::{Area, KeyNames};

/// Columns of a name from which the number of its events stands beside it.
const ROOM_FOR_COUNT: usize = 30;

pub(super) fn draw(canvas: &mut Canvas, scene: &Scene, area: Area, comparison: &SessionComparison) {
    let theme = scene.theme;
    let columns = usize::from(area.width);
    let parts = SessionDiffParts::of(area);
    let (left, right) = heading(comparison);
    let left = vec![cells::title(theme, true, "Compare"), text(format!("  {left}"), theme.text)];
    put(canvas, parts.heading, 0, &cells::line(left, vec![text(right, theme.dim)], columns));
    put(canvas, parts.names, 0, &names(scene, comparison, columns));
    let Outcome::Compared { sheet, .. } = &comparison.outcome else {
        for (row, words) in explanation(comparison, &scene.model.keys).into_iter().enumerate() {
            put(canvas, parts.lines, row, &Line::from(text(format!(" {words}"), theme.text)));
        }
        return;
    };
    let totals = text(format!(" {}", totals(sheet)), theme.dim);
    put(canvas, parts.totals, 0, &cells::line(vec![totals], Vec::new(), columns));
    if sheet.text.blocks.is_empty() {
        put(canvas, parts.lines, 0, &Line::from(text(" nothing happened in either", theme.dim)));
    }
    let number = |side: usize, line: u32| sheet.number(side, line);
    let (diff, view) = (&sheet.text, &comparison.view);
    DiffRows { scene, diff, view, noun: "rows", number: &number }.draw(canvas, parts.lines);
}

/// What differs, and where the cursor is.
fn heading(comparison: &SessionComparison) -> (String, String) {
    let Outcome::Compared { sheet, rough } = &comparison.outcome else {
        let words = match &comparison.outcome {
            Outcome::Failed { .. } => "not compared".to_owned(),
            _ => "reading both sessions".to_owned(),
        };
        return (words, String::new());
    };
    let mut words = vec![sheet.diff.tally.words()];
    for (side, name) in sheet.diff.sides.iter().zip(["the older", "the newer"]) {
        if !side.whole {
            let count = grouped(side.events.len());
            words.push(format!("only {count} events of {name} were read"));
        }
    }
    if *rough {
        words.push("roughly: it took too long".to_owned());
    }
    let (at, of) = comparison.view.change();
    let right = if of > 0 { format!("change {at} of {of} ") } else { String::new() };
    (words.join(" · "), right)
}

fn names(scene: &Scene, comparison: &SessionComparison, columns: usize) -> Line<'static> {
    let half = columns.saturating_sub(1) / 2;
    let name = |sign: &str, side: usize| -> Vec<Span<'static>> {
        let of = &comparison.sessions[side];
        let [old, new] = &comparison.sessions;
        // What both have in common tells nobody which is which.
        let session = if old.agent == new.agent { of.key.to_string() } else { of.to_string() };
        let session = clean(&session);
        let count = comparison.sheet().filter(|_| half >= ROOM_FOR_COUNT);
        let count = count.map_or_else(String::new, |sheet| {
            let count = sheet.diff.sides[side].totals.events;
            format!("  {}", counted(usize::try_from(count).unwrap_or(usize::MAX), "event"))
        });
        let room = half.saturating_sub(width::width(&count) + 4);
        let session = width::truncate_middle(&session, room);
        let words = format!("  {sign} {session}{count}");
        vec![text(width::fit(&words, half), scene.theme.dim)]
    };
    match comparison.view.look() {
        DiffLook::Sides => beside(scene, name("-", 0), name("+", 1), half),
        DiffLook::Inline => {
            let gap = text(" ", scene.theme.rule);
            Line::from([name("-", 0), vec![gap], name("+", 1)].concat())
        }
    }
}

/// `time 4m12s → 6m01s · calls 12 → 14`: what differs stands first, because the rest may be cut.
fn totals(sheet: &Sheet) -> String {
    let (same, differs): (Vec<_>, Vec<_>) =
        sheet.diff.deltas().into_iter().partition(|delta| delta.old == delta.new);
    let changed = |delta: &crate::model::session_diff::Delta| {
        format!("{} {} → {}", delta.what, delta.old, delta.new)
    };
    let known = same.iter().filter(|delta| delta.old != "?");
    let words = differs.iter().map(changed);
    let words = words.chain(known.map(|delta| format!("{} {}", delta.what, delta.old)));
    words.collect::<Vec<_>>().join(" · ")
}

/// Why there are no rows.
fn explanation(comparison: &SessionComparison, keys: &KeyNames) -> Vec<String> {
    match &comparison.outcome {
        Outcome::Reading { events: [old, new] } => {
            let count = |count: u64| grouped(usize::try_from(count).unwrap_or(usize::MAX));
            vec![format!("{} and {} events have come so far.", count(*old), count(*new))]
        }
        Outcome::Failed { side, reason, status } => {
            let name = clean(&comparison.sessions[*side].to_string());
            let what = match status {
                Some(404) => format!("{name} is gone: it was deleted, or has expired."),
                Some(403) => format!("The key may not read {name}."),
                _ => format!("{name} could not be read."),
            };
            let again = keys.of(Action::Refresh, "R");
            vec![what, clean(reason), format!("{again} tries again; Esc leads back.")]
        }
        Outcome::Compared { .. } => Vec::new(),
    }
}
