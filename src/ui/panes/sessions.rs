//! The session list: groups by urgency, one line per session, a second one for why.

use ratatui::Frame;
use ratatui::style::Style;
use ratatui::text::Line as TextLine;

use super::super::Scene;
use super::super::cells::{self, put, text};
use super::super::frame::clean;
use crate::api::SessionRef;
use crate::model::attention::{self, Attention};
use crate::model::sessions::{ListLine, SessionEntry, Unlisted};
use crate::text::{quoted, units, width};
use crate::theme::Theme;
use crate::view::layout::SessionsParts;
use crate::view::{Area, Focus};

pub(super) fn draw(frame: &mut Frame, scene: &Scene, area: Area) {
    let (model, theme) = (scene.model, scene.theme);
    let columns = usize::from(area.width);
    let counts = model.sessions.counts();
    let focused = model.focus == Focus::Sessions;
    let more = if counts.complete { "" } else { "+" };
    let hidden = counts.loaded - counts.shown.min(counts.loaded);
    let filtered = !model.sessions.filter().is_empty();
    let amount = format!("{}/{}{more} ", counts.shown, counts.loaded);
    let right = match (filtered, columns >= 40) {
        (true, true) => format!("/ hides {hidden}  {amount}"),
        (true, false) => format!("/ hides {hidden} "),
        (false, true) => format!("by urgency  {amount}"),
        (false, false) => amount,
    };
    let right = vec![text(right, if filtered { theme.accent } else { theme.dim })];
    let title = vec![cells::title(theme, focused, "1 Sessions")];
    let buffer = frame.buffer_mut();
    let parts = SessionsParts::of(area, scene.layout.wide);
    put(buffer, parts.heading, 0, &cells::line(title, right, columns));
    let filter = match model.sessions.filter() {
        "" => " all sessions".to_owned(),
        filter => format!(" / {}  Esc clears", clean(filter)),
    };
    let filter = cells::line(vec![text(filter, theme.dim)], Vec::new(), columns);
    put(buffer, parts.filter, 0, &filter);
    let seen = model.sessions.seen();
    for (row, line) in seen.iter().enumerate() {
        put(buffer, parts.list, row, &draw_line(scene, line, columns));
    }
    let is_selected = |line: &&ListLine| match line {
        ListLine::Session { session, .. } | ListLine::Detail { session } => {
            model.sessions.selected() == Some(session)
        }
        ListLine::Blank
        | ListLine::Heading { .. }
        | ListLine::More { .. }
        | ListLine::Unlisted { .. } => false,
    };
    let above = seen.iter().take_while(|line| !is_selected(line)).count();
    let selected = seen[above..].iter().take_while(is_selected).count();
    let row = |rows: usize| u16::try_from(rows).unwrap_or(u16::MAX);
    let selected = parts.list.between(row(above), 0).top(row(selected));
    cells::mark_rows(frame, theme, selected, focused);
    let buffer = frame.buffer_mut();
    if model.sessions.lines().is_empty() {
        let said = model.nothing_listed();
        let lines = said.iter().flat_map(|words| textwrap::wrap(words, columns.max(3) - 2));
        for (row, words) in lines.enumerate() {
            let words = vec![text(format!(" {}", clean(&words)), theme.dim)];
            put(buffer, parts.list, row, &cells::line(words, Vec::new(), columns));
        }
    }
}

/// Columns that a key has at least.
const KEY_COLUMNS: usize = 12;

fn style(theme: &Theme, attention: Attention) -> Style {
    match attention {
        Attention::NeedsYou => theme.you,
        Attention::Failing => theme.error,
        Attention::Running => theme.running,
        Attention::Unknown | Attention::ExpiresSoon => theme.text,
        Attention::Idle => theme.dim,
    }
}

fn draw_line(scene: &Scene, line: &ListLine, columns: usize) -> TextLine<'static> {
    let theme = scene.theme;
    match line {
        ListLine::Blank => TextLine::default(),
        ListLine::Heading { attention, count } => {
            let title = vec![text(format!(" {}", attention.title()), theme.heading)];
            cells::line(title, vec![text(format!("{count} "), theme.dim)], columns)
        }
        ListLine::More { count, .. } => {
            let key = if columns >= 40 { "        o unfolds" } else { "" };
            let words = format!(" - … {count} more{key}");
            cells::line(vec![text(words, theme.dim)], Vec::new(), columns)
        }
        ListLine::Unlisted { agent } => {
            let why = scene.model.sessions.unlisted(agent).map_or("not listed", Unlisted::words);
            let room = columns.saturating_sub(width::width(why) + 6).max(8);
            let words = format!(" ? {}  {why}", quoted::in_heading(agent.as_str(), room));
            cells::line(vec![text(words, theme.text)], Vec::new(), columns)
        }
        ListLine::Session { session, depth } => draw_session(scene, session, *depth, columns),
        ListLine::Detail { session } => {
            let Some(entry) = scene.model.sessions.get(session) else {
                return TextLine::default();
            };
            cells::line(vec![text(format!("   {}", detail(entry)), theme.dim)], Vec::new(), columns)
        }
    }
}

fn draw_session(
    scene: &Scene,
    session: &SessionRef,
    depth: usize,
    columns: usize,
) -> TextLine<'static> {
    let (model, theme) = (scene.model, scene.theme);
    let Some(entry) = model.sessions.get(session) else {
        return TextLine::default();
    };
    let state = style(theme, entry.attention);
    let percent = attention::percent(&entry.session);
    let age = match entry.attention {
        Attention::ExpiresSoon => {
            let left = attention::minutes_left(&entry.session, entry.probe.as_ref(), model.now);
            match left.unwrap_or(0) {
                0 => "overdue".to_owned(),
                minutes => format!("in {minutes}m"),
            }
        }
        // How long it rests is worth no look; how long it waits, fails or works is.
        Attention::Idle => units::hours_ago(entry.since(), model.now),
        _ => units::ago(entry.since(), model.now),
    };
    let indent = "  ".repeat(depth.min(4));
    let mut aside = String::new();
    if !entry.session.enabled {
        aside.push_str(" (off)");
    }
    if entry.session.damage.is_some() {
        aside.push_str(" (damaged)");
    }
    // However long it is called, there is room for how it stands.
    let named = |room: usize| {
        let key = quoted::in_heading(
            session.key.as_str(),
            room.saturating_sub(indent.len() + aside.len()).max(KEY_COLUMNS),
        );
        format!("{indent}{key}{aside}")
    };
    let glyph = entry.attention.glyph();
    let open = model.open.as_ref().is_some_and(|open| open.reference == *session);
    let last_event_at = entry.probe.as_ref().and_then(|probe| probe.last_event_at);
    let news = !open && model.memory.has_news(session, last_event_at);
    let mut left = vec![
        text(" ", theme.text),
        text(glyph, state),
        if news { text("+", theme.accent) } else { text(" ", theme.text) },
    ];
    if columns >= 40 {
        let room = columns - 27;
        left.push(text(width::fit(&named(room), room), theme.text));
        left.push(text(format!(" {}", width::fit(&what(entry, model.now), 10)), state));
        let gauge = percent.map_or(" ", |percent| cells::level(scene, percent));
        let percent = percent.map_or_else(String::new, |percent| format!("{percent}%"));
        let age = if age.len() > 4 { format!(" {age} ") } else { format!(" {age:>4}  ") };
        let right = vec![
            text(age, theme.dim),
            text(gauge, theme.accent),
            text(format!("{percent:>4} "), theme.text),
        ];
        // The columns add up, so nothing is put between the two parts.
        left.extend(right);
        return cells::line(left, Vec::new(), columns);
    }
    let percent = percent.map_or_else(String::new, |percent| format!(" {percent}"));
    let state = text(format!("{age}{percent}"), state);
    let room = columns.saturating_sub(cells::spans_width(&left) + width::width(&state.content) + 1);
    left.push(text(named(room), theme.text));
    cells::line(left, vec![state], columns)
}

/// What the session does or waits for, in a word or two.
fn what(entry: &SessionEntry, now: crate::api::Timestamp) -> String {
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

fn detail(entry: &SessionEntry) -> String {
    let Some(probe) = &entry.probe else {
        return String::new();
    };
    if entry.attention == Attention::NeedsYou {
        let names: Vec<String> = probe.waiting.iter().map(|name| clean(name)).collect();
        return names.join(" · ");
    }
    match &probe.error_text {
        Some(error) => clean(error),
        None => "context nearly full".to_owned(),
    }
}
