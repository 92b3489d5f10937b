//! What is in an archive: a row for each entry, and what it is all together.

use super::{Scene, marked, text};
use crate::canvas::Line;
use crate::content::listing::{Entry, Modified, Sort};
use crate::text::units;
use crate::text::wall_clock::WallClock;
use crate::theme::Theme;
use crate::view::pane::viewer::{List, Viewer};

/// Columns from which on there is room for more than names and sizes.
const WIDE: usize = 70;

/// The rows, and which of them the cursor is on.
pub(super) fn lines(
    scene: &Scene,
    viewer: &Viewer,
    list: &List,
    columns: usize,
) -> (Vec<Line<'static>>, Option<usize>) {
    let (theme, wall) = (scene.theme, scene.model.wall());
    let Some(listing) = list.listing() else {
        let shows = super::next_look(scene.model);
        let words = format!("  what is in it is being listed; {shows} shows the bytes");
        return (vec![Line::from(text(words, theme.dim))], None);
    };
    let wide = columns >= WIDE;
    let packs = listing.entries.iter().any(|entry| entry.packed.is_some());
    let rest = if wide { "   packed  modified          name" } else { "  name" };
    let mut lines = vec![Line::from(text(format!("    size{rest}"), theme.heading))];
    let seen = list.viewport().seen(listing.entries.len());
    lines.extend(
        listing.entries[seen]
            .iter()
            .map(|entry| marked(theme, viewer, line(theme, &wall, entry, wide))),
    );
    let mut total = units::bytes(listing.size);
    if packs {
        total = format!("{total} in {}", units::bytes(listing.packed));
    }
    let mut words = vec![text(format!("  {total} all together"), theme.dim)];
    if listing.count > listing.entries.len() as u64 {
        let listed = units::grouped(listing.entries.len());
        words.push(text(format!(" · the first {listed} are listed"), theme.dim));
    }
    if let Some(cut) = &listing.cut {
        words.push(text(format!(" · {cut}"), theme.error));
    }
    lines.push(Line::from(words));
    let cursor = list.viewport().cursor_row() + 1;
    (lines, Some(cursor).filter(|_| !listing.entries.is_empty()))
}

/// What the heading says of it.
pub(super) fn facts(list: &List) -> Option<String> {
    let count = usize::try_from(list.listing()?.count).unwrap_or(usize::MAX);
    Some(match count {
        1 => "1 entry".to_owned(),
        count => format!("{} entries", units::grouped(count)),
    })
}

fn modified(wall: &WallClock, entry: &Entry) -> String {
    match entry.modified {
        None => String::new(),
        Some(Modified::At(at)) => wall.dated_minute(at),
        Some(Modified::Unzoned(shown)) => WallClock::unzoned(shown),
    }
}

fn line(theme: &Theme, wall: &WallClock, entry: &Entry, wide: bool) -> Line<'static> {
    let is_file = entry.sort == Sort::File;
    let size = |bytes: u64| if is_file { units::bytes(bytes) } else { "-".to_owned() };
    let mut spans = vec![text(format!("  {:>6}", size(entry.size)), theme.text)];
    if wide {
        let packed = entry.packed.map_or_else(String::new, size);
        spans.push(text(format!("   {packed:>6}  {:<16}", modified(wall, entry)), theme.dim));
    }
    let style = match entry.sort {
        _ if entry.leads_out => theme.error,
        Sort::Folder => theme.accent,
        Sort::Link => theme.code_name,
        Sort::File | Sort::Other => theme.text,
    };
    // In front, where no long name pushes it off the screen.
    let leads = if entry.leads_out { "leads out: " } else { "" };
    spans.push(text(format!("  {leads}{}", entry.name), style));
    let mut remarks = Vec::new();
    if entry.sort == Sort::Other {
        remarks.push("no file");
    }
    if !matches!(entry.remark.as_str(), "" | "deflate" | "store") {
        remarks.push(&entry.remark);
    }
    if !remarks.is_empty() {
        spans.push(text(format!("  {}", remarks.join(", ")), theme.dim));
    }
    Line::from(spans)
}
