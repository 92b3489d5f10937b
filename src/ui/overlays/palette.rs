//! What a command line may become, in columns over the panes.

use ratatui::Frame;
use ratatui::text::{Line, Span};
use ratatui::widgets::Clear;

use crate::model::Area;
use crate::model::palette::{Offer, Palette};
use crate::text::width;

use super::super::cells::{self, put, text};
use super::super::{Scene, rect};

/// Columns of a name with its argument, and of a key.
const NAME: usize = 20;
const KEY: usize = 9;
/// More would cover what a command is about.
const ROWS: usize = 12;

pub(in super::super) fn draw(frame: &mut Frame, scene: &Scene, palette: &Palette) {
    let body = scene.layout.body;
    if palette.offers.is_empty() {
        return;
    }
    let room = ROWS.min(usize::from(body.height).saturating_sub(1));
    let rows = palette.offers.len().min(room);
    let height = u16::try_from(rows + 1).unwrap_or(body.height);
    let area = Area::new(body.x, body.y + body.height - height, body.width, height);
    frame.render_widget(Clear, rect(area));
    let columns = usize::from(area.width);
    let title = title(palette, rows);
    let buffer = frame.buffer_mut();
    put(buffer, area, 0, &cells::rule(scene, &title, columns));
    for (row, offer) in palette.offers.iter().take(rows).enumerate() {
        let spans = spans(scene, offer, row == 0);
        put(buffer, area, row + 1, &Line::from(cells::truncate(spans, columns)));
    }
}

fn title(palette: &Palette, shown: usize) -> String {
    let more = palette.offers.len() - shown;
    let more = if more > 0 { format!(" · {more} more") } else { String::new() };
    let earlier = if palette.has_history { " · Up brings earlier ones" } else { "" };
    format!("Commands{more} · Tab completes{earlier}")
}

fn spans(scene: &Scene, offer: &Offer, first: bool) -> Vec<Span<'static>> {
    let theme = scene.theme;
    let (name, key, words) = match (&offer.off, first) {
        (Some(_), _) => (theme.dim, theme.dim, theme.dim),
        (None, true) => (theme.text.patch(theme.selection), theme.accent, theme.text),
        (None, false) => (theme.text, theme.accent, theme.text),
    };
    let whole = if offer.argument.is_empty() {
        offer.name.to_owned()
    } else {
        format!("{} {}", offer.name, offer.argument)
    };
    let mut spans = vec![
        text(" ", theme.text),
        text(width::fit(&whole, NAME), name),
        text("  ", theme.text),
        text(width::fit(&offer.key, KEY), key),
        text(" ", theme.text),
        text(offer.words, words),
    ];
    if let Some(off) = &offer.off {
        spans.push(text(format!(" · off: {off}"), theme.you));
    }
    spans
}
