//! What a command line may become, as a list over the panes, and what is wrong with it.

use ratatui::Frame;
use ratatui::text::{Line, Span};

use crate::model::palette::{Offer, Palette};
use crate::text::width;

use super::super::Scene;
use super::super::cells::{self, put, text};
use super::super::frame::clean;

/// Columns of a name with its argument, and of a key.
const NAME: usize = 20;
const KEY: usize = 9;

pub(in super::super) fn draw(frame: &mut Frame, scene: &Scene, palette: &Palette) {
    if let Some(problem) = &palette.problem {
        let words = text(format!(" x {}", clean(problem)), scene.theme.error);
        super::draw_remark(frame, scene, vec![words]);
    }
    let (Some(area), offers) = (scene.layout.list, palette.offers()) else { return };
    let seen = palette.window().seen(offers.len());
    let note = match (palette.chosen_at(), offers.len() - seen.end) {
        (Some(at), _) => format!("{} of {}", at + 1, offers.len()),
        (None, 0) => String::new(),
        (None, below) => format!("{below} more below"),
    };
    let inside = super::framed(frame, scene, area, &title(palette), &note);
    // Only actions have keys.
    let has_keys = offers.iter().any(|offer| !offer.key.is_empty());
    let longest = offers[seen.clone()].iter().map(|offer| width::width(&name(offer)));
    let name_columns = longest.max().unwrap_or(0).max(NAME).min(usize::from(inside.width) / 2);
    for (row, at) in seen.enumerate() {
        let chosen = palette.chosen_at() == Some(at);
        let spans = spans(scene, &offers[at], chosen, (name_columns, has_keys));
        let line = Line::from(cells::truncate(spans, inside.width.into()));
        put(frame.buffer_mut(), inside, row, &line);
    }
}

fn title(palette: &Palette) -> String {
    let about = match palette.about {
        Some((name, argument)) => format!("{name} {argument}"),
        None => "Commands".to_owned(),
    };
    let earlier = if palette.has_history { " · Up: earlier lines" } else { "" };
    format!("{about} · Down chooses{earlier} · Tab takes")
}

fn name(offer: &Offer) -> String {
    let name = clean(&offer.name);
    if offer.argument.is_empty() { name } else { format!("{name} {}", offer.argument) }
}

fn spans(
    scene: &Scene,
    offer: &Offer,
    chosen: bool,
    (name_columns, has_keys): (usize, bool),
) -> Vec<Span<'static>> {
    let theme = scene.theme;
    let (name_style, key, words) = match &offer.off {
        Some(_) => (theme.dim, theme.dim, theme.dim),
        None => (theme.text, theme.accent, theme.text),
    };
    let name_style = if chosen { name_style.patch(theme.selection) } else { name_style };
    let mut spans = vec![
        text(if chosen { theme.glyphs.marker } else { " " }, theme.accent),
        text(width::fit(&name(offer), name_columns), name_style),
        text("  ", theme.text),
    ];
    if has_keys {
        spans.push(text(width::fit(&offer.key, KEY), key));
        spans.push(text(" ", theme.text));
    }
    spans.push(text(clean(&offer.words), words));
    spans.extend(super::off_span(scene, offer.off.as_ref()));
    spans
}
