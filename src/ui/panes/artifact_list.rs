//! The files of the session, and what is known about the selected one.

use super::super::Scene;
use super::super::cells::{self, put, text};
use super::super::frame::clean;
use crate::action::Action;
use crate::api::Artifact;
use crate::canvas::{Canvas, Line};
use crate::text::{quoted, units};
use crate::view::layout::FileListParts;
use crate::view::pane::artifacts::Checksum;
use crate::view::pane::artifacts::list::{FileRow, Order};
use crate::view::{Area, ArtifactPane, Focus, Level, Model};

pub(super) fn draw(canvas: &mut Canvas, scene: &Scene, area: Area) {
    let (model, theme) = (scene.model, scene.theme);
    let columns = usize::from(area.width);
    let (pane, list) = (&model.artifacts, &model.artifacts.list);
    let wide = scene.layout.wide;
    let focused = model.focus == Focus::ArtifactList;
    let mut left = vec![cells::title(theme, focused, "4 Artifacts")];
    if let Some(session) = pane.session().filter(|_| wide) {
        let key = quoted::in_heading(session.key.as_str(), columns);
        left.push(text(format!("  {key}"), theme.text));
    }
    let right = vec![text(amount(pane), theme.dim)];
    let parts = FileListParts::of(area, wide);
    put(canvas, parts.heading, 0, &cells::line(left, right, columns));
    if parts.order.height > 0 {
        let mut left = vec![text(format!(" {}", list.order().words()), theme.dim)];
        if !list.filter().is_empty() {
            left.push(text(" · ", theme.dim));
            left.push(text(clean(list.filter()), theme.accent));
        }
        let marked = list.marked().len();
        let right = if marked > 0 { format!("{marked} marked") } else { String::new() };
        let line = cells::line(left, vec![text(right, theme.accent)], columns);
        put(canvas, parts.order, 0, &line);
    }
    for (row, listed) in list.seen().iter().enumerate() {
        put(canvas, parts.files, row, &draw_file(scene, listed, columns));
        if list.selected_id() == Some(&list.at(listed).id)
            && let Ok(row) = u16::try_from(row)
        {
            cells::mark_rows(canvas, theme, parts.files.row(row), focused);
        }
    }
    if list.rows().is_empty() {
        let (first, second) = match (pane.session(), pane.artifacts()) {
            (None, _) => match &pane.unlisted {
                Some(why) => {
                    let again = model.keys.of(Action::Refresh, "R");
                    (why.words(), format!("{again} asks again"))
                }
                None => ("waiting for the list", String::new()),
            },
            (Some(_), []) => {
                ("no files in this session", "agents and uploads make them".to_owned())
            }
            _ => ("the filter hides all", "Esc ends it".to_owned()),
        };
        for (row, words) in [first, &second].into_iter().enumerate() {
            put(canvas, parts.files, row, &Line::from(text(format!(" {words}"), theme.dim)));
        }
    }
    if let Some(artifact) = pane.selected().filter(|_| list.position().is_some()) {
        draw_facts(canvas, scene, parts.facts, artifact);
    }
}

/// How many files there are, of how many, and whether those are all.
fn amount(pane: &ArtifactPane) -> String {
    let (list, all) = (&pane.list, pane.artifacts().len());
    let more = if list.has_more() { ", more" } else { "" };
    if list.filtered() > 0 {
        let shown = units::grouped(all - list.filtered());
        let (all, filtered) = (units::grouped(all), units::grouped(list.filtered()));
        return format!("{shown} of {all}{more}, {filtered} filtered");
    }
    let count = units::grouped(all);
    if list.has_more() {
        return format!("{count} loaded, more");
    }
    format!("{count} · {}", units::bytes(pane.total_bytes()))
}

fn draw_file(scene: &Scene, row: &FileRow, columns: usize) -> Line<'static> {
    let (theme, wide) = (scene.theme, scene.layout.wide);
    let list = &scene.model.artifacts.list;
    let file = list.at(row);
    let mark = if list.is_marked(&file.id) { "*" } else { " " };
    let mut left = vec![text(" ", theme.text), text(mark, theme.accent)];
    // An older one stands under the newest of its name, so that its number is enough.
    let words = match (row.older, file.filename.as_str()) {
        (true, _) => format!("  v{} of {}", row.version, row.of),
        (false, "") => "(no name)".to_owned(),
        (false, name) => clean(name),
    };
    left.push(text(words, theme.text));
    let version = match (row.of, row.folded) {
        _ if row.older => String::new(),
        (1, _) => String::new(),
        (of, 0) => format!("v{} of {of}", row.version),
        (of, _) => format!("{}v{} of {of}", theme.glyphs.folded, row.version),
    };
    let mut right = vec![text(version, theme.accent)];
    let size = units::bytes(file.size_bytes);
    if wide {
        let time = scene.model.wall().brief(file.created_at);
        let by = match list.author(&file.id) {
            "" => "",
            "you" => "you",
            _ => "agent",
        };
        right.push(text(format!(" {size:>6} {time} {by:<5}"), theme.dim));
    } else {
        right.push(text(format!(" {size:>4}"), theme.dim));
    }
    cells::line(left, right, columns)
}

fn draw_facts(canvas: &mut Canvas, scene: &Scene, area: Area, artifact: &Artifact) {
    let theme = scene.theme;
    let columns = usize::from(area.width);
    let list = &scene.model.artifacts.list;
    let facts = facts(scene, artifact);
    let changed = list.order() != Order::default();
    let title = match (scene.layout.wide, list.filter(), changed) {
        (true, ..) => clean(&artifact.filename),
        (false, "", false) => "file".to_owned(),
        (false, "", true) => list.order().words().to_owned(),
        (false, filter, _) => clean(filter),
    };
    put(canvas, area, 0, &cells::rule(scene, &title, columns));
    for (row, Fact { name, value, level }) in facts.into_iter().enumerate() {
        let style = match level {
            None => theme.text,
            Some(Level::Error) => theme.error,
            Some(_) => theme.you,
        };
        let name = if scene.layout.wide { format!(" {name:<9} ") } else { " ".to_owned() };
        let spans = vec![text(name, theme.dim), text(value, style)];
        put(canvas, area, row + 1, &cells::line(spans, Vec::new(), columns));
    }
}

struct Fact {
    name: &'static str,
    value: String,
    /// It wants to be noticed.
    level: Option<Level>,
}

fn fact(name: &'static str, value: String) -> Fact {
    Fact { name, value, level: None }
}

/// What is known of a file; in a narrow pane only what a person decides by.
fn facts(scene: &Scene, artifact: &Artifact) -> Vec<Fact> {
    let (model, wide, wall) = (scene.model, scene.layout.wide, scene.model.wall());
    let loaded = model.artifacts.loaded();
    let checksum = loaded.map(|loaded| loaded.checksum).unwrap_or_default();
    let verdict = |words: &str| Fact {
        name: "",
        value: words.to_owned(),
        level: (checksum == Checksum::Differs).then_some(Level::Error),
    };
    let size = fact("size", format!("{} bytes", thousands(artifact.size_bytes)));
    let by = model.artifacts.list.author(&artifact.id);
    let by = if by.is_empty() { String::new() } else { format!(" by {}", clean(by)) };
    let used = used(model, artifact);
    if !wide {
        let sum = verdict(&format!("sha256 {}", checksum.word()));
        let made = format!("{} {}{by}", wall.exact_minute(artifact.created_at), wall.zone_name());
        let kind = fact("", clean(&artifact.mime_type));
        return vec![kind, size, sum, expiry(model, artifact, false), fact("", made), used];
    }
    let (kind, charset) = charset(&artifact.mime_type);
    let kind = match charset {
        Some(charset) => format!("{} · {}", clean(kind), clean(charset)),
        None => clean(kind),
    };
    let made = format!("{}{by}", model.wall().named(artifact.created_at));
    let mut facts = vec![
        fact("id", clean(artifact.id.as_str())),
        fact("type", kind),
        size,
        fact("sha256", grouped(&clean(&artifact.checksum_sha256))),
        verdict(checksum.words()),
        fact("created", made),
        expiry(model, artifact, true),
        used,
        fact(
            "cached",
            if checksum == Checksum::Unchecked { "no" } else { "in memory only" }.to_owned(),
        ),
    ];
    if artifact.updated_at != artifact.created_at {
        facts.push(fact("changed", model.wall().exact(artifact.updated_at)));
    }
    if let Some(description) = &artifact.description {
        facts.push(fact("about", clean(description)));
    }
    facts
}

/// The type without its parameters, and the character set that it names.
fn charset(mime_type: &str) -> (&str, Option<&str>) {
    let mut parts = mime_type.split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default();
    let charset = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.eq_ignore_ascii_case("charset").then(|| value.trim_matches('"'))
    });
    (kind, charset)
}

/// Groups of four, the middle left out of a long one.
fn grouped(sum: &str) -> String {
    let digits: Vec<char> = sum.chars().collect();
    let groups: Vec<String> = digits.chunks(4).map(|group| group.iter().collect()).collect();
    match groups.as_slice() {
        [first @ .., a, b] if groups.len() > 6 => {
            format!("{} … {a} {b}", first[..4].join(" "))
        }
        _ => groups.join(" "),
    }
}

/// Days before its end at which a file says so.
const SOON: i64 = 3;

fn expiry(model: &Model, artifact: &Artifact, wide: bool) -> Fact {
    let Some(days) = artifact.ttl_days else {
        return fact("expires", "with the session".to_owned());
    };
    let lives = 86_400 * i64::from(days);
    let left = artifact.created_at.as_second() + lives - model.now.as_second();
    let kept = units::counted(days as usize, "day");
    if left < SOON * 86_400 {
        let when = match u64::try_from(left) {
            Ok(left) => format!("in {}", units::age(left)),
            Err(_) => "due".to_owned(),
        };
        let value = format!("{when} (ttl {kept})");
        let value = if wide { value } else { format!("expires {value}") };
        return Fact { name: "expires", value, level: Some(Level::Warning) };
    }
    let value =
        if wide { format!("{kept} (ttl) · with the session") } else { format!("ttl {kept}") };
    fact("expires", value)
}

/// How many rows name the file beside the one that made it.
fn used(model: &Model, artifact: &Artifact) -> Fact {
    let wide = model.size.0 >= crate::view::layout::WIDE;
    let name = "used by";
    let say = |words: String| fact(name, if wide { words } else { format!("used by {words}") });
    let open = model.open.as_ref();
    let Some(open) = open.filter(|open| Some(&open.reference) == model.artifacts.session()) else {
        return say("what is not loaded".to_owned());
    };
    let (uses, more) = open.timeline.uses(&artifact.id);
    let maker = open.timeline.maker(&uses, artifact.created_at);
    let others: Vec<_> = uses.iter().filter(|used| Some(*used) != maker).collect();
    let count = units::counted(others.len() + more, "event");
    let partly = if open.timeline.reaches_start() { "" } else { ", older not loaded" };
    let hidden = !others.is_empty() && others.iter().all(|used| used.hidden);
    let hidden = if hidden { ", hidden" } else { "" };
    let lists = model.keys.of(Action::Uses, "gu");
    let key =
        if uses.is_empty() || !wide { String::new() } else { format!("   {lists} lists them") };
    match others.len() {
        0 if uses.is_empty() => say(format!("no event{partly}")),
        0 => say(format!("none but its author{partly}{key}")),
        _ => say(format!("{count}{hidden}{partly}{key}")),
    }
}

fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
