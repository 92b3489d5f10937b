//! What a command line may become, as a list over the panes, and what is wrong with it.

use super::super::Scene;
use super::super::cells::{put, text};
use super::super::frame::clean;
use crate::canvas::{Canvas, Line};
use crate::text::width;
use crate::view::layer::palette::{Offer, Palette};

/// Columns of a name with its argument, and of a key, where there is room.
const NAME: usize = 20;
const KEY: usize = 9;
/// Below this width columns are as narrow as what is in them.
const ROOMY: u16 = 60;

/// Columns of a name, and of a key; none where nothing has one.
#[derive(Clone, Copy)]
struct Columns {
    name: usize,
    key: usize,
}

impl Columns {
    fn of(seen: &[Offer], width: u16) -> Self {
        let longest = |length: fn(&Offer) -> usize| seen.iter().map(length).max().unwrap_or(0);
        let name = longest(|offer| width::width(&name(offer))).min(usize::from(width) / 2);
        let key = longest(|offer| width::width(&offer.key));
        if width < ROOMY {
            return Self { name, key };
        }
        Self { name: name.max(NAME), key: if key > 0 { key.max(KEY) } else { 0 } }
    }
}

pub(in super::super) fn draw(canvas: &mut Canvas, scene: &Scene, palette: &Palette) {
    if let Some(problem) = &palette.problem {
        let words = text(format!(" x {}", clean(problem)), scene.theme.error);
        super::draw_remark(canvas, scene, vec![words]);
    }
    let (Some(area), offers) = (scene.layout.list, palette.offers()) else { return };
    let seen = palette.window().seen(offers.len());
    let note = match (palette.chosen_at(), offers.len() - seen.end) {
        (Some(at), _) => format!("{} of {}", at + 1, offers.len()),
        (None, 0) => String::new(),
        (None, below) => format!("{below} more below"),
    };
    let inside = super::framed(canvas, scene, area, &title(palette, area.width), &note);
    let columns = Columns::of(&offers[seen.clone()], inside.width);
    for (row, at) in seen.enumerate() {
        let chosen = palette.chosen_at() == Some(at);
        let line = offer_line(scene, &offers[at], chosen, columns, inside.width.into());
        put(canvas, inside, row, &line);
        if chosen {
            super::bar_at(canvas, scene, inside, row);
        }
    }
}

fn title(palette: &Palette, width: u16) -> String {
    let about = match palette.about {
        Some((name, argument)) => format!("{name} {argument} · "),
        None if width < ROOMY => String::new(),
        None => "Commands · ".to_owned(),
    };
    let earlier = if palette.has_history { " · Up: earlier lines" } else { "" };
    format!("{about}Down chooses{earlier} · Tab takes")
}

fn name(offer: &Offer) -> String {
    let name = clean(&offer.name);
    if offer.argument.is_empty() { name } else { format!("{name} {}", offer.argument) }
}

fn offer_line(
    scene: &Scene,
    offer: &Offer,
    chosen: bool,
    columns: Columns,
    width: usize,
) -> Line<'static> {
    let theme = scene.theme;
    let (name_style, key, words) = match &offer.off {
        Some(_) => (theme.dim, theme.dim, theme.dim),
        None => (theme.text, theme.accent, theme.text),
    };
    let mut row = vec![
        text(if chosen { theme.glyphs.marker } else { " " }, theme.accent),
        text(width::fit(&name(offer), columns.name), name_style),
        text("  ", theme.text),
    ];
    if columns.key > 0 {
        row.push(text(width::fit(&offer.key, columns.key), key));
        row.push(text(" ", theme.text));
    }
    let words = text(clean(&offer.words), words);
    super::with_reason(scene, row, words, offer.off.as_ref(), width)
}
