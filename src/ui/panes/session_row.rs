//! A session in the list: what it is called, what it wants, since when, how full it is.

use super::super::Scene;
use super::super::cells::{self, text};
use super::super::frame::clean;
use crate::api::{SessionRef, Timestamp};
use crate::canvas::{Line, Span, Style};
use crate::model::attention::{self, Attention};
use crate::model::sessions::columns::{Column, Columns, NAME};
use crate::model::sessions::{SessionEntry, TurnStart};
use crate::text::{quoted, units, width};
use crate::theme::Theme;

/// Narrower lists put age and context into one column, unless columns were chosen.
const WITH_COLUMNS: usize = 40;
/// Selection, state and sign.
const BEFORE: usize = 3;
/// Fuller than this is worth a word, wherever the session stands.
const NEARLY_FULL: u64 = 90;

fn style(theme: &Theme, attention: Attention) -> Style {
    match attention {
        Attention::NeedsYou => theme.you,
        Attention::Failing => theme.error,
        Attention::Running => theme.running,
        Attention::Unknown | Attention::ExpiresSoon => theme.text,
        Attention::Idle => theme.dim,
    }
}

pub(super) fn draw(
    scene: &Scene,
    session: &SessionRef,
    depth: usize,
    columns: usize,
) -> Line<'static> {
    let (model, theme) = (scene.model, scene.theme);
    let Some(entry) = model.sessions.get(session) else {
        return Line::default();
    };
    let state = style(theme, entry.attention);
    let marked = model.sessions.is_marked(session);
    let glyph = if marked { "*" } else { entry.attention.glyph() };
    let left = vec![
        text(" ", theme.text),
        text(glyph, if marked { theme.accent } else { state }),
        text(sign(scene, session, entry), theme.accent),
    ];
    let chosen = model.sessions.columns().or(model.list_columns.as_ref());
    if columns < WITH_COLUMNS && chosen.is_none() {
        return narrow(scene, entry, depth, columns, left);
    }
    let several_agents = model.sessions.counts().agents > 1;
    let usual = Columns::usual(columns, several_agents);
    let fitting = chosen.unwrap_or(&usual).fit(columns.saturating_sub(BEFORE));
    let beside: usize = fitting.iter().map(|column| column.width()).sum();
    let room = columns.saturating_sub(BEFORE + beside);
    let mut spans = left;
    spans.push(text(width::fit(&name(scene, entry, depth, room), room), theme.text));
    for column in fitting {
        spans.extend(column_of(scene, session, entry, *column));
    }
    // The columns add up, so nothing is put between the parts.
    cells::line(spans, Vec::new(), columns)
}

/// What stands in one column, as wide as that is.
fn column_of(
    scene: &Scene,
    session: &SessionRef,
    entry: &SessionEntry,
    column: Column,
) -> Vec<Span<'static>> {
    let (model, theme) = (scene.model, scene.theme);
    let width = column.width();
    let one = |words: &str, style| vec![text(cell(words, width), style)];
    match column {
        Column::Key => {
            // A name that is the key needs it no second time.
            let called = entry.called() == session.key.as_str();
            let words = if called { "" } else { session.key.as_str() };
            let words = quoted::in_list(words, width - 1);
            one(if called { "" } else { &words }, theme.dim)
        }
        Column::Agent => one(&quoted::in_list(session.agent.as_str(), width - 1), theme.dim),
        Column::State => {
            let below = model.sessions.waiting_below(session);
            let waits_below = below > 0 && entry.attention != Attention::NeedsYou;
            let words = what(entry, model.now);
            one(if waits_below { "child waits" } else { &words }, style(theme, entry.attention))
        }
        Column::Expiry => one(&expires(entry, model.now), theme.dim),
        Column::Age => {
            let age = age(entry, model.now);
            let age = if age.len() > 4 { format!(" {age} ") } else { format!(" {age:>4}  ") };
            vec![text(width::fit(&age, width), theme.dim)]
        }
        Column::Context => {
            let percent = attention::percent(&entry.session);
            let gauge = percent.map_or(" ", |percent| cells::level(scene, percent));
            let percent = percent.map_or_else(String::new, |percent| format!("{percent}%"));
            vec![text(gauge, theme.accent), text(format!("{percent:>4} "), theme.text)]
        }
    }
}

/// A column with a space in front.
fn cell(words: &str, columns: usize) -> String {
    format!(" {}", width::fit(words, columns - 1))
}

/// The name, the age, and how full it is.
fn narrow(
    scene: &Scene,
    entry: &SessionEntry,
    depth: usize,
    columns: usize,
    mut left: Vec<Span<'static>>,
) -> Line<'static> {
    let (model, theme) = (scene.model, scene.theme);
    let percent = attention::percent(&entry.session);
    let percent = percent.map_or_else(String::new, |percent| format!(" {percent}"));
    let words = format!("{}{percent}", age(entry, model.now));
    let right = text(words, style(theme, entry.attention));
    let room = columns.saturating_sub(BEFORE + width::width(&right.content) + 1);
    left.push(text(name(scene, entry, depth, room), theme.text));
    cells::line(left, vec![right], columns)
}

/// What it is called, with what else must be known of it; there is room for how it stands, however
/// long that is.
fn name(scene: &Scene, entry: &SessionEntry, depth: usize, room: usize) -> String {
    let indent = "  ".repeat(depth.min(4));
    let mut aside = String::new();
    if !entry.session.enabled {
        aside.push_str(" (off)");
    }
    if entry.session.damage.is_some() {
        aside.push_str(" (damaged)");
    }
    let full = attention::percent(&entry.session).is_some_and(|percent| percent >= NEARLY_FULL);
    if full && entry.attention != Attention::Failing {
        aside.push_str(" (full)");
    }
    let left = attention::minutes_left(&entry.session, entry.probe.as_ref(), scene.model.now);
    let soon = left.filter(|left| *left <= attention::EXPIRES_SOON_MINUTES);
    if let Some(left) = soon.filter(|_| entry.attention != Attention::ExpiresSoon) {
        aside = format!("{aside} ({left}m left)");
    }
    let room = room.saturating_sub(indent.len() + aside.len()).max(NAME);
    format!("{indent}{}{aside}", quoted::in_list(entry.called(), room))
}

/// The most pressing of what there is to say in one column: it would stand elsewhere by now, it went
/// on since somebody looked, something is written for it, something in it is bookmarked.
fn sign(scene: &Scene, session: &SessionRef, entry: &SessionEntry) -> &'static str {
    let model = scene.model;
    let open = model.open.as_ref().is_some_and(|open| open.reference == *session);
    let last_event_at = entry.probe.as_ref().and_then(|probe| probe.last_event_at);
    if model.sessions.would_move(session) {
        "^"
    } else if !open && model.memory.has_news(session, last_event_at) {
        "+"
    } else if model.composer.unsent(session).is_some() {
        "\""
    } else if model.memory.bookmarks.keys().any(|mark| mark.session == *session) {
        "'"
    } else {
        " "
    }
}

fn age(entry: &SessionEntry, now: Timestamp) -> String {
    match entry.attention {
        Attention::ExpiresSoon => expires(entry, now),
        // How long it rests is worth no look; how long it waits, fails or works is.
        Attention::Idle => units::hours_ago(entry.since(), now),
        Attention::Running => {
            let turn = entry.probe.as_ref().and_then(|probe| probe.turn);
            let at_least = if matches!(turn, Some(TurnStart::Before(_))) { ">" } else { "" };
            format!("{at_least}{}", units::ago(entry.since(), now))
        }
        _ => units::ago(entry.since(), now),
    }
}

/// When the service deletes it, where it does.
fn expires(entry: &SessionEntry, now: Timestamp) -> String {
    match attention::minutes_left(&entry.session, entry.probe.as_ref(), now) {
        None => String::new(),
        Some(0) => "overdue".to_owned(),
        Some(minutes) if minutes < 100 => format!("in {minutes}m"),
        Some(minutes) if minutes < 60 * 48 => format!("in {}h", minutes / 60),
        Some(minutes) => format!("in {}d", minutes / (60 * 24)),
    }
}

/// What the session does or waits for, in a word or two.
fn what(entry: &SessionEntry, now: Timestamp) -> String {
    let Some(probe) = &entry.probe else {
        return "not asked".to_owned();
    };
    let last = || probe.last_tool.as_deref().map(clean);
    match entry.attention {
        Attention::NeedsYou => units::counted(probe.waiting.len(), "call"),
        Attention::Failing if probe.trailing_errors > 0 => {
            units::counted(probe.trailing_errors as usize, "error")
        }
        Attention::Failing => "ctx limit".to_owned(),
        Attention::Unknown => probe.calls.problem().unwrap_or("not asked").to_owned(),
        // The probe may be older than the turn: what runs is not done.
        Attention::Running => {
            last().filter(|last| last != "done").unwrap_or_else(|| "running".to_owned())
        }
        Attention::ExpiresSoon => {
            format!("idle {}", units::ago(entry.since(), now))
        }
        Attention::Idle => last().unwrap_or_else(|| "idle".to_owned()),
    }
}
