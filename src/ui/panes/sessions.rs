//! The session list: groups by urgency, one line per session, a second one for why.

use super::super::Scene;
use super::super::cells::{self, put, text};
use super::super::frame::clean;
use super::session_row;
use crate::action::Action;
use crate::canvas::{Canvas, Line as TextLine};
use crate::model::attention::Attention;
use crate::model::sessions::{ListLine, SessionEntry, Unlisted};
use crate::text::{quoted, width, wrap};
use crate::view::layout::SessionsParts;
use crate::view::{Area, Focus, SessionWork};

pub(super) fn draw(canvas: &mut Canvas, scene: &Scene, area: Area) {
    let (model, theme) = (scene.model, scene.theme);
    let columns = usize::from(area.width);
    let counts = model.sessions.counts();
    let focused = model.focus == Focus::Sessions;
    let more = if counts.complete { "" } else { "+" };
    let hidden = counts.loaded - counts.shown.min(counts.loaded);
    let filtered = !model.sessions.filter().is_empty();
    let amount = format!("{}/{}{more} ", counts.shown, counts.loaded);
    let marked = model.sessions.marked_len();
    let work = model.session_work.as_ref().and_then(SessionWork::progress);
    let right = match (filtered, columns >= 40) {
        _ if work.is_some() => format!("{} ", work.unwrap_or_default()),
        _ if marked > 0 => format!("{marked} marked "),
        (true, true) => format!("/ hides {hidden}  {amount}"),
        (true, false) => format!("/ hides {hidden} "),
        (false, true) => format!("{}  {amount}", model.sessions.order().words()),
        (false, false) => amount,
    };
    let right = vec![text(right, if filtered { theme.accent } else { theme.dim })];
    let title = vec![cells::title(theme, focused, "1 Sessions")];
    let parts = SessionsParts::of(area, scene.layout.wide);
    put(canvas, parts.heading, 0, &cells::line(title, right, columns));
    let filter = match model.sessions.filter() {
        "" => " all sessions".to_owned(),
        filter => format!(" / {}", clean(filter)),
    };
    let aside = match model.sessions.served_words(&model.wall()) {
        _ if !filtered => String::new(),
        Some(served) => format!("{} ", clean(&served)),
        None => "Esc clears ".to_owned(),
    };
    let aside = vec![text(aside, theme.dim)];
    let filter = cells::line(vec![text(filter, theme.dim)], aside, columns);
    put(canvas, parts.filter, 0, &filter);
    let seen = model.sessions.seen();
    for (row, line) in seen.iter().enumerate() {
        put(canvas, parts.list, row, &draw_line(scene, line, columns));
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
    cells::mark_rows(canvas, theme, selected, focused);
    if model.sessions.lines().is_empty() {
        let said = model.nothing_listed();
        let lines =
            said.iter().flat_map(|words| wrap::wrap(words, columns.max(3) - 2, usize::MAX).0);
        for (row, words) in lines.enumerate() {
            let words = vec![text(format!(" {}", clean(&words)), theme.dim)];
            put(canvas, parts.list, row, &cells::line(words, Vec::new(), columns));
        }
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
            let unfolds = scene.model.keys.of(Action::Fold, "o");
            let key =
                if columns >= 40 { format!("        {unfolds} unfolds") } else { String::new() };
            let words = format!(" - … {count} more{key}");
            cells::line(vec![text(words, theme.dim)], Vec::new(), columns)
        }
        ListLine::Unlisted { agent } => {
            let why = scene.model.sessions.unlisted(agent).map_or("not listed", Unlisted::words);
            let room = columns.saturating_sub(width::width(why) + 6).max(8);
            let words = format!(" ? {}  {why}", quoted::in_heading(agent.as_str(), room));
            cells::line(vec![text(words, theme.text)], Vec::new(), columns)
        }
        ListLine::Session { session, depth } => session_row::draw(scene, session, *depth, columns),
        ListLine::Detail { session } => {
            let Some(entry) = scene.model.sessions.get(session) else {
                return TextLine::default();
            };
            cells::line(vec![text(format!("   {}", detail(entry)), theme.dim)], Vec::new(), columns)
        }
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
