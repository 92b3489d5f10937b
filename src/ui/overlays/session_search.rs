//! What was found in the events of many sessions, over the panes.

use super::super::Scene;
use super::super::cells::{self, put, text};
use super::super::frame::clean;
use crate::canvas::{Canvas, Line, Span, Style};
use crate::model::event_search::Hit;
use crate::model::sessions::SessionEntry;
use crate::text::units::{counted, grouped};
use crate::text::{quoted, sanitize, width, wrap};
use crate::view::layer::session_search::{MOST, STATUS_ROWS, SessionSearch, Stage};

/// Below this width a hit is its session and its text.
const ROOMY: usize = 60;
/// Columns of the session, and of what kind of event it is.
const SESSION: usize = 16;
const WHAT: usize = 14;

const HOW: [&str; 4] = [
    "Type what is looked for, then Enter: words, \"exactly this\", /re/, or conditions",
    "such as tool:web_* is:error since:2h, as in the filter of a timeline.",
    "It looks through the events of all sessions that the list shows or folds away,",
    "the newest first; a filter of the list narrows it. Esc stops, and then leaves.",
];

pub(in super::super) fn draw(canvas: &mut Canvas, scene: &Scene, search: &SessionSearch) {
    if let Some(problem) = &search.problem {
        let words = text(format!(" x {}", clean(problem)), scene.theme.error);
        super::draw_remark(canvas, scene, vec![words]);
    }
    let (theme, hits) = (scene.theme, search.hits());
    let seen = search.viewport().seen(hits.len());
    let note = match hits.len() {
        0 | 1 => String::new(),
        many => format!("{} of {}", search.viewport().at() + 1, grouped(many)),
    };
    let area = super::framed(canvas, scene, scene.layout.page, "Search in sessions", &note);
    let columns = usize::from(area.width);
    let status = status(search);
    let words = if hits.is_empty() { empty(search) } else { &[] };
    let status = wrap::wrap(&status, columns.saturating_sub(2), STATUS_ROWS).0;
    let rows = status.iter().map(String::as_str);
    for (row, words) in rows.chain(words.iter().copied()).enumerate() {
        put(canvas, area, row, &Line::from(text(format!(" {words}"), theme.dim)));
    }
    let times: Vec<String> = hits[seen.clone()].iter().map(|hit| time(scene, hit)).collect();
    let time = times.iter().map(|time| width::width(time)).max().unwrap_or(0);
    for ((at, row), when) in seen.zip(STATUS_ROWS..).zip(&times) {
        let here = at == search.viewport().at();
        let line = hit_line(scene, search, &hits[at], here, &width::fit(when, time), columns);
        put(canvas, area, row, &line);
        if here {
            super::bar_at(canvas, scene, area, row);
        }
    }
}

fn status(search: &SessionSearch) -> String {
    let words = search.progress_words();
    let found = counted(search.hits().len(), "hit");
    match search.stage() {
        Stage::NotBegun => String::new(),
        Stage::Running => format!("{found} so far · {words} …"),
        Stage::Stopped => format!("{found} · stopped: {words}"),
        Stage::Full => format!("ended at {} hits · {words}", grouped(MOST)),
        Stage::Over if search.progress().cut_off => {
            format!("{found} · ended, the service does not answer · {words}")
        }
        Stage::Over => format!("{found} · {words}"),
    }
}

fn empty(search: &SessionSearch) -> &'static [&'static str] {
    match search.stage() {
        Stage::NotBegun => &HOW,
        Stage::Running => &["nothing found yet"],
        Stage::Over if search.progress().is_whole() => &["nothing found"],
        Stage::Stopped | Stage::Full | Stage::Over => {
            &["nothing found in what was looked through, which is not all"]
        }
    }
}

fn time(scene: &Scene, hit: &Hit) -> String {
    hit.at.map_or_else(String::new, |at| scene.model.wall().brief(at))
}

fn hit_line(
    scene: &Scene,
    search: &SessionSearch,
    hit: &Hit,
    here: bool,
    when: &str,
    columns: usize,
) -> Line<'static> {
    let theme = scene.theme;
    let entry = scene.model.sessions.get(&hit.session);
    let name = entry.map_or(hit.session.key.as_str(), SessionEntry::called);
    let mark = if here { theme.glyphs.marker } else { " " };
    let mut spans = vec![text(mark, theme.accent)];
    if columns >= ROOMY {
        spans.push(text(format!("{when} "), theme.dim));
        let what = quoted::in_list(&hit.what, WHAT);
        let session = width::fit(&quoted::in_list(name, SESSION), SESSION);
        spans.push(text(format!("{session} "), theme.accent));
        spans.push(text(format!("{} ", width::fit(&what, WHAT)), theme.dim));
    } else {
        spans.push(text(format!("{} ", quoted::in_list(name, SESSION)), theme.accent));
    }
    if hit.hidden {
        spans.push(text("hidden ", theme.hidden));
    }
    spans.extend(excerpt(search, hit, theme.text, theme.found));
    cells::line(spans, Vec::new(), columns)
}

/// The text, with what was looked for set off.
fn excerpt(search: &SessionSearch, hit: &Hit, style: Style, matched: Style) -> Vec<Span<'static>> {
    let shown = sanitize::one_line(&hit.excerpt).into_owned();
    let found = search.query().map(|query| query.highlights(&shown)).unwrap_or_default();
    let mut spans = Vec::new();
    let mut from = 0;
    for range in found {
        spans.push(text(shown[from..range.start].to_owned(), style));
        spans.push(text(shown[range.clone()].to_owned(), style.patch(matched)));
        from = range.end;
    }
    spans.push(text(shown[from..].to_owned(), style));
    spans
}
