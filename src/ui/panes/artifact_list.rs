//! The files of the session, and what is known about the selected one.

use ratatui::Frame;
use ratatui::text::Line;

use crate::api::Artifact;
use crate::model::artifacts::Checksum;
use crate::model::{Area, Focus, artifact_rows};
use crate::text::units;

use super::super::Scene;
use super::super::cells::{self, put, text};
use super::super::frame::clean;
use super::sessions::title_style;

pub(super) fn draw(frame: &mut Frame, scene: &Scene, area: Area) {
    let (model, theme) = (scene.model, scene.theme);
    let columns = usize::from(area.width);
    let pane = &model.artifacts;
    let wide = scene.layout.wide;
    let mut left =
        vec![text(" 4 Artifacts", title_style(theme, model.focus == Focus::ArtifactList))];
    if let Some(session) = pane.session().filter(|_| wide) {
        left.push(text(format!("  {}", clean(session.key.as_str())), theme.text));
    }
    let amount = format!("{} · {}", pane.artifacts().len(), units::bytes(pane.total_bytes()));
    put(frame.buffer_mut(), area, 0, &cells::line(left, vec![text(amount, theme.dim)], columns));
    if wide {
        put(frame.buffer_mut(), area, 1, &Line::from(text(" newest first", theme.dim)));
    }
    let rows = artifact_rows(area, wide);
    let shown = pane.artifacts().iter().skip(pane.top).take(rows.height.into());
    for (row, artifact) in shown.enumerate() {
        let selected = pane.selected().is_some_and(|selected| selected.id == artifact.id);
        put(frame.buffer_mut(), rows, row, &draw_file(scene, artifact, selected, columns));
    }
    if pane.artifacts().is_empty() {
        put(frame.buffer_mut(), rows, 0, &Line::from(text(" no files in this session", theme.dim)));
    }
    let facts = Area {
        y: rows.y + rows.height,
        height: (area.y + area.height).saturating_sub(rows.y + rows.height),
        ..area
    };
    if let Some(artifact) = pane.selected() {
        draw_facts(frame, scene, facts, artifact);
    }
}

fn draw_file(scene: &Scene, artifact: &Artifact, selected: bool, columns: usize) -> Line<'static> {
    let theme = scene.theme;
    let (marker, style) = if selected {
        (scene.theme.glyphs.marker, theme.text.patch(theme.selection))
    } else {
        (" ", theme.text)
    };
    let left = vec![text(marker, theme.accent), text(clean(&artifact.filename), style)];
    let size = units::bytes(artifact.size_bytes);
    let right = if scene.layout.wide {
        format!("{size:>6}  {} ", units::short_clock(artifact.created_at))
    } else {
        size
    };
    cells::line(left, vec![text(right, theme.dim)], columns)
}

fn draw_facts(frame: &mut Frame, scene: &Scene, area: Area, artifact: &Artifact) {
    let theme = scene.theme;
    let columns = usize::from(area.width);
    let Some(session) = scene.model.artifacts.session() else { return };
    let checksum = scene.model.artifacts.loaded().map(|loaded| loaded.checksum).unwrap_or_default();
    let expires = match artifact.ttl_days {
        Some(days) => format!("{} (ttl) · with the session", units::counted(days as usize, "day")),
        None => "with the session".to_owned(),
    };
    let mut facts = vec![
        ("id", clean(artifact.id.as_str())),
        ("type", clean(&artifact.mime_type)),
        ("size", format!("{} bytes", thousands(artifact.size_bytes))),
        ("sha256", clean(&artifact.checksum_sha256)),
        ("", checksum.words().to_owned()),
        ("created", format!("{}Z", units::clock(artifact.created_at))),
        ("expires", expires),
    ];
    let kept = scene.model.file_cache.holds(session, artifact);
    facts.push(("cached", if kept { "in memory only" } else { "no" }.to_owned()));
    if let Some(description) = &artifact.description {
        facts.push(("about", clean(description)));
    }
    if !scene.layout.wide {
        // What a person decides by; the rest has no room here.
        facts = vec![
            ("", clean(&artifact.mime_type)),
            ("", format!("{} bytes", thousands(artifact.size_bytes))),
            ("", format!("sha256 {}", checksum.word())),
            ("", facts.swap_remove(6).1),
        ];
    }
    let title = if scene.layout.wide { clean(&artifact.filename) } else { "file".to_owned() };
    put(frame.buffer_mut(), area, 0, &cells::rule(scene, &title, columns));
    for (row, (name, value)) in facts.into_iter().enumerate() {
        let warns = checksum == Checksum::Differs && value.contains(checksum.word());
        let style = if warns { theme.error } else { theme.text };
        let name = if scene.layout.wide { format!(" {name:<9} ") } else { " ".to_owned() };
        let spans = vec![text(name, theme.dim), text(value, style)];
        put(frame.buffer_mut(), area, row + 1, &cells::line(spans, Vec::new(), columns));
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
