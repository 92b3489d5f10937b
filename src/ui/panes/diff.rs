//! Two files compared: side by side, or one below the other where there is no room for both.
//!
//! Owns what stands above the rows, or in their place; [`super::diff_rows`] draws those.

use super::super::Scene;
use super::super::cells::{self, put, text};
use super::super::frame::clean;
use super::diff_rows::{DiffRows, beside};
use crate::action::Action;
use crate::canvas::{Canvas, Line, Span, Style};
use crate::text::{units, width};
use crate::view::layout::DiffParts;
use crate::view::pane::artifacts::Checksum;
use crate::view::pane::text_diff::{Comparison, DiffLook, MAX_BYTES, Outcome, Side};
use crate::view::{Area, KeyNames};

pub(super) fn draw(canvas: &mut Canvas, scene: &Scene, area: Area, comparison: &Comparison) {
    let theme = scene.theme;
    let columns = usize::from(area.width);
    let parts = DiffParts::of(area);
    let (left, right) = heading(comparison);
    let left = vec![cells::title(theme, true, "Compare"), text(format!("  {left}"), theme.text)];
    put(canvas, parts.heading, 0, &cells::line(left, vec![text(right, theme.dim)], columns));
    let Outcome::Text { diff, .. } = &comparison.outcome else {
        for (row, (sign, side)) in ["-", "+"].into_iter().zip(&comparison.sides).enumerate() {
            let line =
                cells::line(vec![text(name(scene, sign, side), theme.text)], Vec::new(), columns);
            put(canvas, parts.lines, row, &line);
            let sum =
                format!("     {} · {}", clean(&side.file.checksum_sha256), side.checksum.words());
            let style = if side.checksum == Checksum::Differs { theme.error } else { theme.dim };
            put(canvas, parts.lines, row + 3, &Line::from(text(sum, style)));
        }
        for (row, words) in explanation(comparison, &scene.model.keys).into_iter().enumerate() {
            put(canvas, parts.lines, row + 6, &Line::from(text(format!(" {words}"), theme.text)));
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
    put(canvas, parts.names, 0, &names);
    if diff.blocks.is_empty() {
        put(canvas, parts.lines, 0, &Line::from(text(" both are empty", theme.dim)));
    }
    let number = |_: usize, line: u32| Some(line + 1);
    let rows = DiffRows { scene, diff, view: &comparison.view, noun: "lines", number: &number };
    rows.draw(canvas, parts.lines);
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
fn explanation(comparison: &Comparison, keys: &KeyNames) -> Vec<String> {
    match &comparison.outcome {
        Outcome::TooLarge => vec![
            format!("Lines are compared up to {} of both together.", units::bytes(MAX_BYTES)),
            "Sizes and checksums are what the service says of them.".to_owned(),
        ],
        Outcome::Failed { reason } => {
            let again = keys.of_scope("diff", Action::Compare, "D");
            vec![clean(reason), format!("Esc leads back; {again} tries again.")]
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
