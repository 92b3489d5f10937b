//! What surrounds the panes: rules, hint row, notices, and the request for room.

use std::borrow::Cow;

use super::cells::{self, put, text};
use super::{RowCache, Scene, rect};
use crate::action::Action;
use crate::canvas::{Canvas, Line, Span};
use crate::text::{sanitize, width, wrap};
use crate::theme::Theme;
use crate::view::ask_line::{AskLine, TypedRow, ask_line, question_rows};
use crate::view::layout;
use crate::view::replayed::{Pace, Replayed};
use crate::view::{Area, Hint, Hints, Level, Mode};

/// `told`: the size that the terminal says it has, of which not more is drawn than can be.
pub(super) fn draw_too_small(canvas: &mut Canvas, theme: &Theme, told: (u16, u16)) {
    let area = canvas.area();
    let (columns, rows) = layout::LARGEST;
    let note = if told.0 > columns || told.1 > rows {
        format!(
            "foretop draws up to {columns}x{rows}, this says that it is {}x{}: `stty cols 80 rows 24` \
             tells it otherwise",
            told.0, told.1
        )
    } else {
        format!("foretop needs 40x10, this is {}x{}: make room", area.width, area.height)
    };
    cells::clear(canvas, theme, area);
    let rows = wrap::wrap(&note, area.width.into(), area.height.into()).0;
    for (y, row) in (area.y..).zip(rows) {
        canvas.set_text((area.x, y), &row, area.width, theme.text);
    }
}

/// Text of the service for one line of chrome.
pub(super) fn clean(text: &str) -> String {
    sanitize::preview(text, 200)
}

pub(super) fn draw_rules(canvas: &mut Canvas, scene: &Scene) {
    let (theme, layout) = (scene.theme, &scene.layout);
    let glyphs = &theme.glyphs;
    let body = layout.body;
    let mut rule = |x, y, sign, columns| canvas.set_rule((x, y), sign, columns, theme.rule);
    let (above, below) = (body.y - 1, body.y + body.height);
    rule(0, above, glyphs.rule, body.width);
    rule(0, below, glyphs.rule, body.width);
    if let Some(x) = layout.divider {
        rule(x, above, glyphs.divider_top, 1);
        rule(x, below, glyphs.divider_bottom, 1);
        for y in body.y..below {
            rule(x, y, glyphs.divider, 1);
        }
    }
}

pub(super) fn draw_hints(canvas: &mut Canvas, scene: &Scene, hints: &Hints, cache: &mut RowCache) {
    let (model, area) = (scene.model, scene.layout.hints);
    if let Some(asked) = model.layers.top().and_then(|layer| ask_line(model, layer)) {
        return draw_asked(canvas, scene, vec![mode(scene.theme, hints)], asked);
    }
    let row = cache.hint_row(hints, area.width, || offered(scene.theme, hints, area.width.into()));
    cells::put_strip(canvas, area, 0, row);
}

fn mode(theme: &Theme, hints: &Hints) -> Span<'static> {
    let style = if hints.mode == Mode::Browse { theme.heading } else { theme.you };
    text(format!(" {}  ", hints.mode.word()), style)
}

fn offered(theme: &Theme, hints: &Hints, columns: usize) -> Line<'static> {
    let mut left = vec![mode(theme, hints)];
    let item = |hint: &Hint, words: &str| {
        let (key, style) =
            if hint.off { (theme.dim, theme.dim) } else { (theme.accent, theme.text) };
        [text(hint.key.clone(), key), text(format!(" {words}  "), style)]
    };
    let ends: Vec<Span> = hints.ends.iter().flat_map(|hint| item(hint, &hint.words)).collect();
    let taken = cells::spans_width(&left) + cells::spans_width(&ends) + 1;
    for (hint, words) in fitting(&hints.items, columns.saturating_sub(taken)) {
        left.extend(item(hint, &words));
    }
    cells::line(left, ends, columns)
}

/// Columns of words that still say something of a hint that is cut.
const CUT_WORDS: usize = 12;
/// The same of the first, which is better than none.
const CUT_FIRST: usize = 5;

/// As many hints as there is room for. Long words, as the reason why something is off, are cut before
/// a hint is left out.
fn fitting(hints: &[Hint], room: usize) -> Vec<(&Hint, Cow<'_, str>)> {
    let around = |hint: &Hint| width::width(&hint.key) + 3;
    let whole: usize = hints.iter().map(|hint| around(hint) + width::width(&hint.words)).sum();
    let most = if whole > room { (room * 2 / 3).max(CUT_WORDS) } else { whole };
    let (mut left, mut out) = (room, Vec::new());
    for hint in hints {
        let room = left.saturating_sub(around(hint));
        let words = width::width(&hint.words);
        let shown = words.min(most).min(room);
        let least = if out.is_empty() { CUT_FIRST } else { CUT_WORDS };
        if shown < words.min(least) {
            break;
        }
        left = room - shown;
        out.push((hint, width::truncate(&hint.words, shown)));
    }
    out
}

/// What is asked, in the hint row; where that has no room for it, in rows above.
fn draw_asked(canvas: &mut Canvas, scene: &Scene, mut left: Vec<Span<'static>>, asked: AskLine) {
    let (theme, area) = (scene.theme, scene.layout.hints);
    let columns = usize::from(area.width);
    let rows = question_rows(scene.model, &scene.layout);
    if rows.is_empty() {
        left.push(text(format!("{} ", asked.text), theme.text));
    } else {
        let over = above_hints(scene, rows.len() + 1);
        cells::clear(canvas, theme, rect(over));
        let rule = text(theme.glyphs.rule.repeat(columns), theme.rule);
        put(canvas, over, 0, &Line::from(rule));
        for (row, words) in rows.into_iter().enumerate() {
            put(canvas, over, row + 1, &Line::from(text(format!(" {words}"), theme.text)));
        }
    }
    let (mut x, mut keys) = (0, asked.keys);
    if let Some(row) = TypedRow::of(scene.model, columns) {
        x = row.at + width::width(&row.before);
        keys = row.keys;
        let style = if asked.marked { theme.text.patch(theme.selection) } else { theme.text };
        left.push(text(row.before, style));
        left.push(text(row.rest, style));
    }
    if let Ok(x) = u16::try_from(x)
        && x < area.width
    {
        canvas.point_at((x, area.y));
    }
    let line = cells::line(left, vec![text(keys, theme.dim)], columns);
    put(canvas, area, 0, &line);
}

/// So many rows above the hint row, the rule among them.
fn above_hints(scene: &Scene, rows: usize) -> Area {
    let hints = scene.layout.hints;
    let rows = u16::try_from(rows).unwrap_or(u16::MAX).min(hints.y);
    Area { y: hints.y - rows, height: rows, ..hints }
}

/// The row below the screen of the run: where its replay stands, and the keys that move it.
pub(super) fn draw_replay(canvas: &mut Canvas, scene: &Scene, replayed: &Replayed, hints: &Hints) {
    let (model, theme) = (scene.model, scene.theme);
    let Replayed { messages, of, unreadable, pace } = *replayed;
    let at = model.wall().dated(model.now);
    let mut left = vec![
        text(" REPLAY  ", theme.heading),
        text(
            format!("{}  ", pace.words()),
            if pace == Pace::Paused { theme.dim } else { theme.you },
        ),
        text(format!("{at} · message {messages} of {of}"), theme.text),
    ];
    if unreadable > 0 {
        left.push(text(format!(" · {unreadable} unreadable"), theme.error));
    }
    let area = Area::new(0, model.size.1, model.size.0, 1);
    let mut right: Vec<Span> = Vec::new();
    for hint in &hints.replay {
        let key = vec![
            text(hint.key.clone(), theme.accent),
            text(format!(" {}  ", hint.words), theme.text),
        ];
        let taken = cells::spans_width(&left) + cells::spans_width(&right);
        if taken + cells::spans_width(&key) < usize::from(area.width) {
            right.extend(key);
        }
    }
    put(canvas, area, 0, &cells::line(left, right, area.width.into()));
}

/// The banner of a lost link, over the rule below the header, and the toast, over the one above the
/// hints and the question. That one is for whoever types a filter first: the toast waits until nothing
/// is said of the line.
pub(super) fn draw_notices(canvas: &mut Canvas, scene: &Scene, hints: &Hints) {
    let (model, theme) = (scene.model, scene.theme);
    let body = scene.layout.body;
    let row = above_hints(scene, question_rows(model, &scene.layout).len() + 1).row(0);
    let remarked =
        model.layers.prompt().is_some_and(|line| line.remark.is_some() || !line.offers.is_empty());
    let refresh = model.keys.of(Action::Refresh, "R");
    if let Some(banner) = model.link.banner(&model.wall(), refresh) {
        let top = Area::new(0, body.y - 1, body.width, 1);
        let banner = format!(" x {} ", clean(&banner));
        cells::clear(canvas, theme, rect(top));
        let line = cells::line(vec![text(banner, theme.error)], Vec::new(), top.width.into());
        put(canvas, top, 0, &line);
    }
    if let Some(toast) = model.toast.as_ref().filter(|_| !remarked) {
        let (glyph, style) = match toast.level {
            Level::Info => ("·", theme.accent),
            Level::Warning => ("!", theme.you),
            Level::Error => ("x", theme.error),
        };
        let words = format!(" {glyph} {} ", clean(&toast.text));
        cells::clear(canvas, theme, rect(row));
        // What is not whole here is whole there.
        let cut = width::width(&words) > row.width.into();
        let errors = hints.errors.as_ref().filter(|_| cut || toast.level == Level::Error);
        let more = errors.map_or_else(Vec::new, |key| {
            vec![text(format!(" {key}"), theme.accent), text(" errors ", theme.text)]
        });
        let line = cells::line(vec![text(words, style)], more, row.width.into());
        put(canvas, row, 0, &line);
    }
}

pub(super) fn draw_which_key(canvas: &mut Canvas, scene: &Scene) {
    let (model, theme) = (scene.model, scene.theme);
    let body = scene.layout.body;
    let longest =
        model.which_key.iter().map(|(key, what)| width::width(key) + width::width(what) + 4);
    let column = longest.max().unwrap_or(1).min(body.width.into());
    let columns = (usize::from(body.width) / column.max(1)).max(1);
    let rows = model.which_key.len().div_ceil(columns).min(body.height.into());
    let height = u16::try_from(rows).unwrap_or(body.height);
    let area = Area::new(0, body.y + body.height - height, body.width, height);
    cells::clear(canvas, theme, rect(area));
    for (row, keys) in model.which_key.chunks(columns).take(rows).enumerate() {
        let mut spans = Vec::new();
        for (key, what) in keys {
            spans.push(text(format!(" {key} "), theme.accent));
            spans.push(text(
                width::fit(what, column.saturating_sub(width::width(key) + 2)),
                theme.text,
            ));
        }
        put(canvas, area, row, &Line::from(spans));
    }
}
