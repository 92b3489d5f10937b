//! The screens of the first minute: a heading, what there is, the keys.
//!
//! Rows are put together first and then shown from where the cursor's row is in view, so that a small
//! terminal loses the explanation before the field.

use super::cells::{self, lay_bar, put, text};
use super::frame::clean;
use super::overlays::form::draw_field;
use crate::canvas::{Canvas, Line, Span, Style};
use crate::text::{width, wrap};
use crate::theme::Theme;
use crate::view::Area;
use crate::view::first_run::{FirstRun, Offer, Page, Sheet};
use crate::view::layer::form::Field;

/// Wider lines are hard to read.
const MOST_COLUMNS: u16 = 84;
/// What is wrong with files, as long as the choice is to be in sight.
const REMARKS: usize = 3;
/// Of one paragraph.
const MOST_ROWS: usize = 12;
/// Below this nobody could read it.
const LEAST: (u16, u16) = (24, 7);

enum Row<'a> {
    Words(Vec<Span<'static>>),
    /// The same under the cursor.
    Chosen(Vec<Span<'static>>),
    Field(&'a Field, bool),
}

impl Row<'_> {
    fn height(&self) -> usize {
        match self {
            Self::Field(field, _) => field.rows(),
            _ => 1,
        }
    }

    fn has_cursor(&self) -> bool {
        matches!(self, Self::Chosen(_) | Self::Field(_, true))
    }
}

/// Draws it whole.
pub fn draw(canvas: &mut Canvas, first: &FirstRun, theme: &Theme) {
    let whole = canvas.area();
    canvas.set_style(whole, theme.text);
    let area = Area::new(whole.x, whole.y, whole.width, whole.height);
    if area.width < LEAST.0 || area.height < LEAST.1 {
        let words = vec![text("foretop: more room, please (q quits)", theme.text)];
        put(canvas, area, 0, &cells::line(words, Vec::new(), area.width.into()));
        return;
    }
    let columns = usize::from(area.width);
    let rule = || vec![text(theme.glyphs.rule.repeat(columns), theme.rule)];
    let heading = vec![text(" foretop", theme.heading), text("  the first minute", theme.dim)];
    let at = vec![text(format!("{} ", place(first)), theme.dim)];
    put(canvas, area, 0, &cells::line(heading, at, columns));
    put(canvas, area.row(1), 0, &cells::line(rule(), Vec::new(), columns));
    let keys = area.last_row();
    put(canvas, keys, 0, &hints(first, theme, columns));
    let above = area.between(0, 1).last_row();
    put(canvas, above, 0, &cells::line(rule(), Vec::new(), columns));
    let body = area.between(2, 2);
    let body = Area { width: body.width.min(MOST_COLUMNS), ..body };
    canvas.point_at((body.x, body.y));
    let wide = usize::from(body.width);
    let trouble = trouble(first, theme, wide);
    // At least two rows are left for the field that it is about.
    let most = usize::from(body.height).saturating_sub(2);
    let below = u16::try_from(trouble.len().min(most)).unwrap_or(0);
    let (body, foot) = body.split_bottom(below);
    show(canvas, theme, body, &rows(first, theme, wide));
    show(canvas, theme, foot, &trouble);
}

fn place(first: &FirstRun) -> &'static str {
    match first.page {
        Page::Choice => "what to look at",
        Page::Server => "a server here",
        Page::Service => "a service",
        Page::Agents => "its agents",
    }
}

fn show(canvas: &mut Canvas, theme: &Theme, body: Area, rows: &[Row<'_>]) {
    let height = usize::from(body.height);
    let cursor = rows.iter().position(Row::has_cursor);
    // Some rows more: what is said of the row with the cursor stands below it.
    let needed: usize = match cursor {
        Some(at) => rows.iter().take(at + 1).map(Row::height).sum::<usize>() + 3,
        None => 0,
    };
    let whole: usize = rows.iter().map(Row::height).sum();
    let above = needed.min(whole).saturating_sub(height);
    let mut y = 0;
    for row in rows {
        let (from, to) = (y, y + row.height());
        y = to;
        if from < above || from - above >= height {
            continue;
        }
        let from = u16::try_from(from - above).unwrap_or(u16::MAX);
        let rows = u16::try_from(row.height()).unwrap_or(1);
        let part = body.between(from, 0).top(rows);
        match row {
            Row::Words(words) | Row::Chosen(words) => {
                let line = cells::line(words.clone(), Vec::new(), part.width.into());
                put(canvas, part, 0, &line);
                if row.has_cursor() {
                    lay_bar(canvas, theme, part);
                    canvas.set_text(
                        (part.x, part.y),
                        theme.glyphs.marker,
                        part.width,
                        theme.accent,
                    );
                    canvas.point_at((part.x, part.y));
                }
            }
            Row::Field(field, here) => draw_field(canvas, theme, field, part, *here, *here),
        }
    }
}

/// A paragraph, one column in.
fn say(rows: &mut Vec<Row<'_>>, words: &str, style: Style, columns: usize) {
    let lines = wrap::wrap(words, columns.saturating_sub(2).max(8), MOST_ROWS).0;
    rows.extend(lines.into_iter().map(|line| Row::Words(vec![text(format!(" {line}"), style)])));
}

fn gap(rows: &mut Vec<Row<'_>>) {
    rows.push(Row::Words(Vec::new()));
}

fn rows<'a>(first: &'a FirstRun, theme: &Theme, columns: usize) -> Vec<Row<'a>> {
    let mut rows = Vec::new();
    match first.page {
        Page::Choice => choice(&mut rows, first, theme, columns),
        Page::Server => {
            let words = "A server of the same API on this machine, with agents that obey commands. It \
                         listens on loopback only, runs while foretop does, and keeps all in the \
                         directory, sealed. Next time it is opened again.";
            say(&mut rows, words, theme.text, columns);
            gap(&mut rows);
            sheet(&mut rows, first, &first.server, theme);
        }
        Page::Service => {
            if let Some(name) = &first.keyless {
                let words = format!("The profile {name} has no key yet: {}", first.why);
                say(&mut rows, &words, theme.text, columns);
            } else {
                let words = "A service that you have a key for. It is asked for its agents before \
                             anything is stored.";
                say(&mut rows, words, theme.text, columns);
            }
            gap(&mut rows);
            sheet(&mut rows, first, &first.service, theme);
        }
        Page::Agents => agents(&mut rows, first, theme, columns),
    }
    rows
}

/// What went wrong, or is under way: always in sight, above the keys.
fn trouble(first: &FirstRun, theme: &Theme, columns: usize) -> Vec<Row<'static>> {
    let mut rows = Vec::new();
    if let Some(doing) = &first.doing {
        let words = format!("~ {}{}", doing.words, theme.glyphs.ellipsis);
        say(&mut rows, &words, theme.running, columns);
    } else if let Some(problem) = &first.problem {
        say(&mut rows, &format!("x {problem}"), theme.error, columns);
    }
    rows
}

fn choice<'a>(rows: &mut Vec<Row<'a>>, first: &'a FirstRun, theme: &Theme, columns: usize) {
    say(rows, &first.why, theme.text, columns);
    for remark in first.remarks.iter().take(REMARKS) {
        say(rows, &format!("x {remark}"), theme.error, columns);
    }
    let more = first.remarks.len().saturating_sub(REMARKS);
    if more > 0 {
        say(
            rows,
            &format!("and {more} more: foretop config check lists them"),
            theme.text,
            columns,
        );
    }
    gap(rows);
    for (at, offer) in first.offers.iter().enumerate() {
        let (title, about) = offer_words(offer, first);
        let number = if at < 9 { format!("{} ", at + 1) } else { "  ".to_owned() };
        let title =
            vec![text(format!(" {number}"), theme.accent), text(clean(&title), theme.heading)];
        rows.push(if at == first.at { Row::Chosen(title) } else { Row::Words(title) });
        let lines = wrap::wrap(&about, columns.saturating_sub(5).max(8), MOST_ROWS).0;
        let line = |line: String| Row::Words(vec![text(format!("   {line}"), theme.text)]);
        rows.extend(lines.into_iter().map(line));
    }
    gap(rows);
    say(
        rows,
        "Nothing is sent or configured until you have filled in a form and sent it.",
        theme.dim,
        columns,
    );
}

fn offer_words(offer: &Offer, first: &FirstRun) -> (String, String) {
    match offer {
        Offer::Profile { name, url } => (name.clone(), format!("profile: {url}")),
        Offer::Demo => {
            let about =
                "agents that work while you look; nothing outlives it. Later: foretop --demo";
            ("The demo".to_owned(), about.to_owned())
        }
        Offer::Server => {
            let about = format!("to rehearse with, kept in {}", first.places.data);
            ("A server on this machine".to_owned(), about)
        }
        Offer::Service => {
            let about =
                format!("with a URL and a key; the profile goes to {}", first.places.config);
            ("A service".to_owned(), about)
        }
    }
}

fn sheet<'a>(rows: &mut Vec<Row<'a>>, first: &FirstRun, sheet: &'a Sheet, theme: &Theme) {
    let at = |at: usize| at == sheet.at && first.doing.is_none();
    rows.extend(sheet.fields.iter().enumerate().map(|(n, field)| Row::Field(field, at(n))));
    let words = vec![text(format!(" [ {} ]", sheet.button), theme.heading)];
    rows.push(if at(sheet.fields.len()) { Row::Chosen(words) } else { Row::Words(words) });
}

fn agents<'a>(rows: &mut Vec<Row<'a>>, first: &'a FirstRun, theme: &Theme, columns: usize) {
    say(rows, "The service takes it. Which agents are to be watched?", theme.text, columns);
    if let Some(remark) = &first.agents_remark {
        say(rows, remark, theme.text, columns);
    }
    gap(rows);
    let chosen = first.agents.iter().filter(|agent| agent.chosen).count();
    let words = match chosen {
        0 => "none is chosen, so all are watched, those to come too".to_owned(),
        many => format!("{many} of {} chosen", first.agents.len()),
    };
    for (at, agent) in first.agents.iter().enumerate() {
        let sign = if agent.chosen { "[x]" } else { "[ ]" };
        let row = vec![
            text(format!(" {sign} "), theme.accent),
            text(width::fit(&clean(&agent.key), 24), theme.heading),
            text(format!(" {}", clean(&agent.name)), theme.text),
        ];
        let here = at == first.agent && first.doing.is_none();
        rows.push(if here { Row::Chosen(row) } else { Row::Words(row) });
    }
    say(rows, &words, theme.dim, columns);
    gap(rows);
    let (config, credentials) = (&first.places.config, &first.places.credentials);
    let profile = match &first.keyless {
        Some(name) => format!("leaves the profile {name} as it is"),
        None => format!("adds a profile to {config}"),
    };
    let words = format!(
        "Enter {profile}; what is secret goes to the keyring, else to {credentials}, which only you can read."
    );
    say(rows, &words, theme.text, columns);
}

fn hints(first: &FirstRun, theme: &Theme, columns: usize) -> Line<'static> {
    let pairs: &[(&str, &str)] = match (&first.doing, first.page) {
        (Some(doing), _) if doing.may_stop => &[("Esc", "stop")],
        (Some(_), _) => &[],
        (None, Page::Choice) => &[("Enter", "choose"), ("j k", "move"), ("q", "quit")],
        (None, Page::Agents) => {
            &[("Enter", "go on"), ("Space", "choose"), ("a", "all or none"), ("Esc", "back")]
        }
        (None, _) if first.keyless.is_some() => {
            &[("Enter", "go on"), ("Esc", "leave"), ("Ctrl-c", "quit")]
        }
        (None, _) => {
            &[("Enter", "go on"), ("Tab", "next field"), ("Esc", "back"), ("Ctrl-c", "quit")]
        }
    };
    if let Some(said) = &first.said {
        return cells::line(vec![text(format!(" {said}"), theme.text)], Vec::new(), columns);
    }
    let mut words = vec![text(" ", theme.text)];
    for (key, what) in pairs {
        words.push(text(*key, theme.accent));
        words.push(text(format!(" {what}  "), theme.text));
    }
    cells::line(words, Vec::new(), columns)
}
