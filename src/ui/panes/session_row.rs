//! A session in the list: what it is called, what it wants, since when, how full it is.

use ratatui::style::Style;
use ratatui::text::Line;

use super::super::Scene;
use super::super::cells::{self, text};
use super::super::frame::clean;
use crate::api::{SessionRef, Timestamp};
use crate::model::attention::{self, Attention};
use crate::model::sessions::{SessionEntry, TurnStart};
use crate::text::{quoted, units, width};
use crate::theme::Theme;

/// Columns from which what it wants is told, then the agent, then the key, then when it is deleted.
const WITH_WHAT: usize = 40;
const WITH_AGENT: usize = 58;
const WITH_KEY: usize = 80;
const WITH_EXPIRY: usize = 92;
/// Columns of each of them, with the space in front; the name has the rest.
const WHAT: usize = 11;
const AGENT: usize = 11;
const KEY: usize = 17;
const EXPIRY: usize = 8;
/// Selection, state and sign; age, gauge and percent.
const BEFORE: usize = 3;
const BEHIND: usize = 13;
/// Columns that a name has at least.
const NAME: usize = 12;
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
    if columns < WITH_WHAT {
        return narrow(scene, entry, depth, columns, left);
    }
    let several_agents = model.sessions.counts().agents > 1;
    let with = |wanted: bool, from: usize, width: usize| {
        if wanted && columns >= from { width } else { 0 }
    };
    let agent = with(several_agents, WITH_AGENT, AGENT);
    let key = with(true, WITH_KEY, KEY);
    let expiry = with(true, WITH_EXPIRY, EXPIRY);
    let room = columns - BEFORE - WHAT - BEHIND - agent - key - expiry;
    let mut spans = left;
    spans.push(text(width::fit(&name(scene, entry, depth, room), room), theme.text));
    if key > 0 {
        // A name that is the key needs it no second time.
        let called = entry.called() == session.key.as_str();
        let words = if called { "" } else { session.key.as_str() };
        spans.push(text(cell(&quoted::in_list(words, key - 1), key, called), theme.dim));
    }
    if agent > 0 {
        let words = quoted::in_list(session.agent.as_str(), agent - 1);
        spans.push(text(cell(&words, agent, false), theme.dim));
    }
    let below = model.sessions.waiting_below(session);
    let what = if below > 0 && entry.attention != Attention::NeedsYou {
        "child waits".to_owned()
    } else {
        what(entry, model.now)
    };
    spans.push(text(cell(&what, WHAT, false), state));
    if expiry > 0 {
        spans.push(text(cell(&expires(entry, model.now), expiry, false), theme.dim));
    }
    let age = age(entry, model.now);
    let age = if age.len() > 4 { format!(" {age} ") } else { format!(" {age:>4}  ") };
    spans.push(text(width::fit(&age, 7), theme.dim));
    let percent = attention::percent(&entry.session);
    let gauge = percent.map_or(" ", |percent| cells::level(scene, percent));
    spans.push(text(gauge, theme.accent));
    let percent = percent.map_or_else(String::new, |percent| format!("{percent}%"));
    spans.push(text(format!("{percent:>4} "), theme.text));
    // The columns add up, so nothing is put between the parts.
    cells::line(spans, Vec::new(), columns)
}

/// A column with a space in front; an empty one stays empty.
fn cell(words: &str, columns: usize, empty: bool) -> String {
    let words = if empty { "" } else { words };
    format!(" {}", width::fit(words, columns - 1))
}

/// The name, the age, and how full it is.
fn narrow(
    scene: &Scene,
    entry: &SessionEntry,
    depth: usize,
    columns: usize,
    mut left: Vec<ratatui::text::Span<'static>>,
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
