//! The timeline of the open session: heading, minimap, context ribbon, one dense row per unit.

use super::super::cells::{self, put, text};
use super::super::frame::clean;
use super::super::row_cache::Key;
use super::super::{RowCache, Scene, rect};
use super::row_words::{found_in, subject};
use super::tally;
use crate::action::Action;
use crate::canvas::{Canvas, Line, Style};
use crate::model::attention::may_wait_unseen;
use crate::model::sessions::SessionEntry;
use crate::model::timeline::highlights::{Marks, marks};
use crate::model::timeline::rows::{Columns, Part};
use crate::model::timeline::{AsOf, Filter, Purpose, Row, State, Timeline, Unit, Visibility};
use crate::text::{quoted, units, width, wrap};
use crate::theme::Theme;
use crate::view::layout::TimelineParts;
use crate::view::{Area, Focus, OpenSession};

/// Columns from which that and how full the context is stand side by side.
const ROOMY: usize = 50;
/// Columns that a key has at least.
const KEY_COLUMNS: usize = 8;
/// Columns of the gauge of the context, at most; of its ends, and the number behind it.
const GAUGE: usize = 20;
const GAUGE_EDGES: usize = 7;
/// Columns of `Esc clears`, and a gap.
const ENDING_COLUMNS: usize = 12;

pub(super) fn draw(canvas: &mut Canvas, scene: &Scene, area: Area, cache: &mut RowCache) {
    let theme = scene.theme;
    let columns = usize::from(area.width);
    let Some(open) = &scene.model.open else {
        let title = cells::title(theme, scene.model.focus == Focus::Timeline, "2 Timeline");
        put(canvas, area, 0, &Line::from(title));
        let rows = wrap::wrap(scene.model.nothing_open(), columns.saturating_sub(2).max(1), 8).0;
        for (row, words) in rows.into_iter().enumerate() {
            let note = Line::from(text(format!(" {words}"), theme.dim));
            put(canvas, area, 2 + row, &note);
        }
        return;
    };
    let parts = TimelineParts::of(area, scene.layout.wide);
    put(canvas, parts.heading, 0, &heading(scene, open, columns));
    put(canvas, parts.minimap, 0, &minimap(scene, &open.timeline, columns));
    if parts.context.height > 0 {
        put(canvas, parts.context, 0, &context(scene, columns));
    }
    draw_units(canvas, scene, &open.timeline, parts.units, cache);
    put(canvas, parts.footer, 0, &footer(scene, open, columns));
}

fn heading(scene: &Scene, open: &OpenSession, columns: usize) -> Line<'static> {
    let (model, theme) = (scene.model, scene.theme);
    let entry = model.sessions.get(&open.reference);
    let (words, state) = state(scene, open);
    let state = text(words, state);
    let chat = if open.timeline.is_chat() {
        let ends = scene.model.keys.of(Action::ChatView, "zt");
        format!("  chat, {ends} ends it")
    } else {
        String::new()
    };
    let chat = text(chat, theme.accent);
    // The key gives way to the state, and nothing takes its place.
    let title = |behind: usize| {
        let room = columns.saturating_sub(behind + 4).max(KEY_COLUMNS);
        let key = quoted::in_heading(open.reference.key.as_str(), room);
        cells::title(theme, model.focus == Focus::Timeline, &format!("2 {key}"))
    };
    if let Some(damage) = entry.and_then(|entry| entry.session.damage.as_ref()) {
        let left = vec![
            title(width::width(&state.content) + width::width(&chat.content) + KEY_COLUMNS),
            chat,
            text(format!("  {}", clean(damage)), theme.error),
        ];
        return cells::line(left, vec![state, text(" ", theme.text)], columns);
    }
    if !scene.layout.wide {
        let ribbon = model.context_ribbon();
        let full = ribbon.percent().map_or_else(String::new, |percent| {
            format!("{percent}% of {} ", units::tokens(ribbon.window))
        });
        let ahead = ribbon.percent().zip(model.compaction_ahead());
        let ahead = ahead.map(|(percent, ahead)| format!("{percent}%, {ahead} "));
        let used = width::width(&state.content) + width::width(&chat.content) + 2;
        let behind = |words: &str| used + width::width(words);
        // The key and the state are worth more where both have no room.
        let ahead = ahead.filter(|words| behind(words) + KEY_COLUMNS + 4 <= columns);
        let (full, style) = match ahead {
            Some(words) => (words, theme.you),
            // So does which rows are shown.
            None if open.timeline.is_chat() && columns < ROOMY => (String::new(), theme.text),
            None => (full, theme.text),
        };
        let left = vec![title(behind(&full)), chat, text("  ", theme.text), state];
        return cells::line(left, vec![text(full, style)], columns);
    }
    let probe = entry.and_then(|entry| entry.probe.as_ref());
    let listed = entry.and_then(|entry| entry.session.current_step_name.as_ref());
    let step = listed.or(probe.and_then(|probe| probe.step.as_ref()));
    let step = step.map_or_else(String::new, |step| {
        format!("  step {}", quoted::in_heading(step, columns / 4))
    });
    let behind = width::width(&state.content) + width::width(&step) + 1;
    let behind = behind + width::width(&chat.content);
    let name = entry.map(|entry| entry.session.name.as_str()).filter(|name| !name.is_empty());
    let name = name.map_or_else(String::new, |name| quoted::in_heading(name, columns));
    let left = vec![title(behind), chat, text(format!("  {name}"), theme.text)];
    cells::line(left, vec![state, text(format!("{step} "), theme.dim)], columns)
}

fn state(scene: &Scene, open: &OpenSession) -> (String, Style) {
    let (model, theme) = (scene.model, scene.theme);
    if !open.timeline.outstanding().is_empty() {
        let entry = model.sessions.get(&open.reference);
        let since = entry.and_then(|entry| entry.probe.as_ref()?.waiting_since);
        let age =
            since.map_or_else(String::new, |since| format!(" {}", units::ago(since, model.now)));
        return (format!("parked{age}"), theme.you);
    }
    if let Some(file) = &model.file {
        let named = file.name == open.reference.key.as_str();
        return (if named { String::new() } else { clean(&file.name) }, theme.dim);
    }
    if model.is_running(&open.reference) {
        return ("running".to_owned(), theme.running);
    }
    let entry = model.sessions.get(&open.reference);
    let is_known = |entry: &SessionEntry| !may_wait_unseen(&entry.session, entry.probe.as_ref());
    if !entry.is_some_and(is_known) {
        return ("stopped, calls not known".to_owned(), theme.text);
    }
    ("idle".to_owned(), theme.dim)
}

fn minimap(scene: &Scene, timeline: &Timeline, columns: usize) -> Line<'static> {
    let theme = scene.theme;
    let style = |c: char| match c {
        '!' => theme.you,
        'x' => theme.error,
        '=' => theme.compacted,
        _ => theme.accent,
    };
    let [first, last] = scene.model.clock().ends(timeline.span(), scene.layout.wide);
    let mut spans = vec![text(format!(" {first}"), theme.dim)];
    if !first.is_empty() {
        spans.push(text(" ", theme.dim));
    }
    let map: Vec<char> = timeline.minimap().chars().collect();
    for alike in map.chunk_by(|one, two| style(*one) == style(*two)) {
        let mut glyphs = String::new();
        for c in alike {
            // The model draws activity in the first levels of the Unicode set.
            let level = (*c as usize).checked_sub('▁' as usize);
            match level.and_then(|level| theme.glyphs.levels.get(level)) {
                Some(level) => glyphs.push_str(level),
                None => glyphs.push(*c),
            }
        }
        spans.push(text(glyphs, style(alike[0])));
    }
    spans.push(text(if timeline.is_empty() { "" } else { "▏" }, theme.rule));
    spans.push(text(format!(" {last}"), theme.dim));
    cells::line(spans, Vec::new(), columns)
}

fn context(scene: &Scene, columns: usize) -> Line<'static> {
    let theme = scene.theme;
    let ribbon = scene.model.context_ribbon();
    let counts = ribbon.counts;
    let known = ribbon.percent().is_some();
    let mut left = vec![text(if known { " in context  " } else { " events" }, theme.dim)];
    if let Some(percent) = ribbon.percent() {
        left.push(text(format!("{} ", ribbon.amount()), theme.text));
        let ahead = scene.model.compaction_ahead().map(|words| format!("  {words}"));
        let ahead = ahead.unwrap_or_default();
        // The gauge says less than the words.
        let taken = cells::spans_width(&left) + GAUGE_EDGES + width::width(&ahead);
        left.extend(cells::gauge(scene, &ribbon, columns.saturating_sub(taken).min(GAUGE)));
        left.push(text(format!(" {percent}%"), theme.text));
        left.push(text(ahead, theme.you));
    }
    let [seen, compacted, hidden] =
        [counts.in_context, counts.compacted, counts.hidden].map(units::grouped);
    let tells = scene.model.open.as_ref().is_none_or(|open| open.timeline.tells_context());
    let words = if tells {
        format!("   {seen} in  {compacted} cmp  {hidden} hid")
    } else {
        "   the file does not tell which of them the agent still sees".to_owned()
    };
    left.push(text(words, theme.dim));
    cells::line(left, Vec::new(), columns)
}

fn takes_messages(scene: &Scene, open: &OpenSession) -> bool {
    let model = scene.model;
    let enabled = model.sessions.get(&open.reference).is_none_or(|entry| entry.session.enabled);
    enabled && model.file.is_none() && !model.profile.read_only
}

fn draw_units(
    canvas: &mut Canvas,
    scene: &Scene,
    timeline: &Timeline,
    area: Area,
    cache: &mut RowCache,
) {
    let theme = scene.theme;
    let columns = usize::from(area.width);
    if timeline.shown_len() == 0 {
        let words = match (&scene.model.open, timeline.is_loaded()) {
            (Some(OpenSession { problem: Some(problem), .. }), _) => {
                format!(" x {}", clean(problem))
            }
            (_, false) => " loading".to_owned(),
            (_, true) if timeline.query_text(Purpose::Filter).is_some() => {
                " the filter hides every row".to_owned()
            }
            (Some(open), true) if takes_messages(scene, open) => {
                let writes = scene.model.keys.of(Action::Write, "i");
                format!(" no events yet · {writes} writes to the agent")
            }
            (_, true) => " no events".to_owned(),
        };
        put(canvas, area, 0, &Line::from(text(words, theme.dim)));
        return;
    }
    let clock = scene.model.clock();
    let anchor = timeline.scroll().anchor.as_ref();
    let place = anchor.and_then(|(id, line)| Some((timeline.shown_index(id)?, *line)));
    let (mut at, mut skip) = place.unwrap_or((0, 0));
    let (query, number) = timeline.highlighted();
    let tick = clock.tick();
    let mut row = 0;
    while row < usize::from(area.height) {
        let Some(unit) = timeline.shown_unit(at) else {
            break;
        };
        let folded = timeline.is_folded(&unit.id);
        let marked = timeline.is_marked(&unit.id);
        let (unit_id, version) = (unit.id.clone(), unit.version);
        let key =
            Key { unit: unit_id, version, width: columns, folded, marked, query: number, tick };
        let lines = cache.rows(key, || {
            let rows = timeline.rows(&unit, &clock);
            let found = query.map(|query| marks(query, &rows)).unwrap_or_default();
            let found = found.into_iter().chain(std::iter::repeat(Marks::default()));
            let rows = rows.into_iter().zip(found);
            rows.map(|(row, found)| style_row(scene, &unit, row, &found, columns, marked)).collect()
        });
        let selected = timeline.scroll().cursor.as_ref() == Some(&unit.id);
        let top = row;
        for line in lines.iter().skip(skip) {
            cells::put_strip(canvas, area, row, line);
            row += 1;
        }
        if selected {
            let begin = top + clock.rules(&unit).saturating_sub(skip);
            let rows = |rows: usize| u16::try_from(rows).unwrap_or(u16::MAX);
            let strip = area.between(rows(begin), 0).top(rows(row.saturating_sub(begin)));
            mark(canvas, scene, strip, unit.live_text.is_some());
        }
        skip = 0;
        at += 1;
    }
}

/// Marks the rows of the unit under the cursor. The bar is on the first of them; the text below is for
/// reading, and has only the sign at its edge.
fn mark(canvas: &mut Canvas, scene: &Scene, rows: Area, is_written: bool) {
    let (theme, focused) = (scene.theme, scene.model.focus == Focus::Timeline);
    if focused {
        cells::lay_bar(canvas, theme, rows.top(1));
    }
    cells::mark_edge(canvas, theme, rows, focused);
    if focused && is_written {
        canvas.roam_in(rect(rows));
    }
}

fn style_row(
    scene: &Scene,
    unit: &Unit,
    row: Row,
    found: &Marks,
    columns: usize,
    marked: bool,
) -> Line<'static> {
    let theme = scene.theme;
    let shape = Columns::of(columns);
    if row.part == Part::Rule {
        return cells::rule(scene, &row.subject, columns);
    }
    let quiet = match row.ribbon {
        Visibility::InContext | Visibility::Unknown => theme.text,
        Visibility::Compacted => theme.compacted,
        Visibility::Hidden => theme.hidden,
    };
    let mut left = vec![
        text(if marked { "*" } else { " " }, theme.accent),
        if unit.stored { cells::ribbon(scene, row.ribbon) } else { text("·", theme.dim) },
        if row.bookmarked {
            text(scene.theme.glyphs.bookmark, theme.accent)
        } else {
            text(" ", theme.text)
        },
    ];
    match row.part {
        Part::Rule | Part::Divider => {
            let dash = scene.theme.glyphs.rule.repeat(2);
            let indent = if shape.wide { 8 } else { 0 };
            let middle = format!("{dash} {} {dash}", row.subject);
            if shape.wide {
                left.push(text(" ".repeat(indent), theme.rule));
                left.push(text(middle, theme.compacted));
                let right = vec![text(format!("{} ", row.time), theme.dim)];
                return cells::line(left, right, columns);
            }
            left.push(text(format!("{} ", row.time), theme.dim));
            left.push(text(middle, theme.compacted));
            return cells::line(left, Vec::new(), columns);
        }
        Part::Body => {
            left.push(text(" ".repeat(shape.subject - 3), theme.text));
            if !row.label.is_empty() || matches!(unit.kind.word(), "tool" | "sub") {
                left.push(text(width::fit(&row.label, 5), theme.dim));
            }
            left.extend(subject(theme, &row, &found.subject, quiet));
        }
        Part::Head => {
            let fold = match row.folded {
                Some(true) => scene.theme.glyphs.folded,
                Some(false) => scene.theme.glyphs.unfolded,
                None => " ",
            };
            let gap = if shape.wide { " " } else { "" };
            let time = format!("{:>1$}{gap}", row.time, shape.time);
            left.push(text(time, theme.dim));
            left.push(text(fold, theme.dim));
            let kind = if row.error { theme.error } else { kind_style(theme, unit) };
            left.push(text(width::fit(row.kind, shape.kind), kind));
            let style = if row.error { theme.error } else { quiet };
            left.extend(subject(theme, &row, &found.subject, style));
        }
    }
    if !row.detail.is_empty() {
        let separator = if row.state == State::YourTurn { "  " } else { " · " };
        left.push(text(separator, theme.dim));
        left.extend(found_in(theme, &row.detail, &found.detail, theme.dim));
    }
    let mut right = Vec::new();
    if !row.more.is_empty() {
        right.push(text(row.more, theme.dim));
    }
    if row.state != State::None {
        right.push(text(row.state.word(), state_style(theme, row.state)));
    }
    if !row.duration.is_empty() || (row.state != State::None && row.state != State::YourTurn) {
        right.push(text(format!(" {:>6}", row.duration), theme.dim));
    }
    if shape.wide && !row.size.is_empty() {
        right.push(text(format!(" {:>5}", row.size), theme.dim));
    } else if !row.size.is_empty() && row.state == State::None {
        right.push(text(format!(" {}", row.size), theme.dim));
    }
    cells::line(left, right, columns)
}

fn kind_style(theme: &Theme, unit: &Unit) -> Style {
    match unit.kind.word() {
        "you" => theme.heading,
        "agent" => theme.accent,
        _ => theme.dim,
    }
}

pub(super) fn state_style(theme: &Theme, state: State) -> Style {
    match state {
        State::YourTurn => theme.you,
        State::Failed => theme.error,
        State::Running => theme.running,
        State::Ok | State::Cancelled | State::Unanswered | State::None => theme.dim,
    }
}

/// So many marked rows are weighed for every frame, and no more.
const WEIGHED: usize = 1_000;

/// What is not a unit: new events below, calls that wait, how much is loaded.
fn footer(scene: &Scene, open: &OpenSession, columns: usize) -> Line<'static> {
    let theme = scene.theme;
    let timeline = &open.timeline;
    if let Some(moment) = timeline.as_of() {
        return past(scene, timeline, moment, columns);
    }
    let mut left = Vec::new();
    let waiting = timeline.outstanding().len();
    let marked = timeline.marked_len();
    if marked > 0 {
        left.push(text(format!(" * {marked} marked"), theme.accent));
        if scene.model.file.is_none() && marked <= WEIGHED {
            let plan = timeline.plan_hiding();
            let verb = if plan.hide { "hides" } else { "shows" };
            let about = units::tokens(plan.tokens);
            let key = scene.model.keys.of(Action::Hide, "x");
            left.push(text(format!(" · {key} {verb} about {about} tokens"), theme.dim));
        }
    }
    if open.is_paused() {
        let waiting = units::counted(open.waiting(), "event");
        let key = scene.model.keys.of(Action::Pause, "=");
        left.push(text(format!(" held still, {waiting} waiting · {key} goes on"), theme.you));
    }
    if timeline.draws_range() {
        let key = scene.model.keys.of(Action::MarkRange, "v");
        left.push(text(format!(" range: {key} marks it, Esc leaves"), theme.accent));
    }
    if timeline.filter() == Filter::AgentsView {
        left.push(text(" agent's view: hidden and compacted events are left out", theme.accent));
    }
    // Beside it stands which key ends it.
    let tallies = tally::spans(theme, timeline, columns.saturating_sub(ENDING_COLUMNS));
    let searched = !tallies.is_empty();
    left.extend(tallies);
    let here = scene.model.focus == Focus::Timeline && left.is_empty();
    let meaning = timeline.cursor_unit().filter(|_| here).and_then(|unit| unit.meaning());
    if let Some(meaning) = meaning {
        left.push(text(format!(" {}", meaning.words), theme.error));
    } else if waiting > 0 && !searched {
        let outputs = units::counted(waiting, "tool output");
        left.push(text(format!(" waiting for {outputs} from you"), theme.you));
    } else if scene.model.link.streaming && !searched {
        left.push(text(" streaming: this stream is ours", theme.running));
    }
    if left.is_empty()
        && let Some(spending) = scene.model.spending()
    {
        left.push(text(format!(" {}", clean(&spending)), theme.dim));
    }
    if let Some(wanted) = timeline.wanted() {
        let words = format!(" looking for {}", clean(&wanted.to_string()));
        left.push(text(words, theme.running));
    }
    if let Some(file) = &scene.model.file {
        let remarks = clean(&file.remarks.join(" · "));
        if !remarks.is_empty() {
            left.push(text(format!(" {remarks}"), theme.you));
        }
    }
    let new = timeline.scroll().new_below;
    let right = if let Some((read, of)) = timeline.reading() {
        let percent = read.saturating_mul(100).checked_div(of).unwrap_or(100);
        let count = units::counted(timeline.event_count(), "event");
        text(format!("reading {percent}% · {count} so far "), theme.running)
    } else if new > 0 {
        let key = scene.model.keys.of(Action::Follow, "F");
        text(format!("{new} new · {key} follows "), theme.accent)
    } else if !timeline.reaches_start() && timeline.is_loaded() {
        // What is not loaded is not searched either.
        text(format!("loaded {}, more before ", timeline.event_count()), theme.dim)
    } else if searched {
        text("Esc clears ", theme.dim)
    } else {
        text(format!("{} ", units::counted(timeline.event_count(), "event")), theme.dim)
    };
    // What an error means is worth more than how many events there are.
    let crowded = cells::spans_width(&left) + width::width(&right.content) >= columns;
    let right = if meaning.is_some() && crowded { Vec::new() } else { vec![right] };
    cells::line(left, right, columns)
}

/// Which moment is shown, and what of it no event tells.
fn past(scene: &Scene, timeline: &Timeline, moment: AsOf, columns: usize) -> Line<'static> {
    let theme = scene.theme;
    let at = moment.at.map_or_else(String::new, |at| scene.model.wall().exact(at));
    let mut left = vec![text(format!(" as of {at}"), theme.you)];
    left.push(text(format!(" · event {} of {}", moment.event, moment.of), theme.text));
    if timeline.counts().hidden > 0 {
        left.push(text(" · hidden as of now", theme.dim));
    }
    let key = |action, usual| scene.model.keys.of(action, usual);
    let (on, back) = (key(Action::MomentOn, "."), key(Action::MomentBack, ","));
    let keys = text(format!("{on} on · {back} back · Esc now "), theme.dim);
    let fits = cells::spans_width(&left) + width::width(&keys.content) < columns;
    cells::line(left, if fits { vec![keys] } else { Vec::new() }, columns)
}
