//! Drawing, and nothing else: the model as cells.
//!
//! Reads the model and changes nothing in it; only the row cache remembers anything between
//! frames. Start with [`draw`]. The invariant: only what is visible is looked at, so a frame costs
//! the same at ten events and at ten thousand.

mod badge;
mod cells;
mod first_run;
mod frame;
mod header;
mod overlays;
mod panes;
mod placement;
mod repertoire;
mod row_cache;
mod selection;
#[cfg(test)]
mod tests;

use crate::canvas::{Canvas, Rect};
use crate::theme::Theme;
use crate::view::{Area, Hints, Layer, Layout, Model, Pane};

pub use first_run::draw as draw_first_run;
pub use placement::{placement, shows_picture};
pub use row_cache::RowCache;

/// What every pane gets.
struct Scene<'a> {
    model: &'a Model,
    theme: &'a Theme,
    layout: Layout,
}

/// Draws the whole screen. Call [`Model::settle`] before.
pub fn draw(
    canvas: &mut Canvas,
    model: &Model,
    theme: &Theme,
    cache: &mut RowCache,
    hints: &Hints,
) {
    draw_all(canvas, model, theme, cache, hints);
    repertoire::keep_to(canvas, theme.glyphs.repertoire);
}

fn draw_all(
    canvas: &mut Canvas,
    model: &Model,
    theme: &Theme,
    cache: &mut RowCache,
    hints: &Hints,
) {
    // The terminal may already have another size than the model knows.
    let area = canvas.area();
    let mut layout = Layout::of(model);
    let own = u16::from(model.replayed.is_some());
    if (area.width, area.height) != (model.size.0, model.size.1.saturating_add(own)) {
        layout.too_small = true;
    }
    let scene = Scene { model, theme, layout };
    cache.use_theme(theme);
    // Where nothing else is drawn, and below all that has no background of its own.
    canvas.set_style(area, theme.text);
    if scene.layout.too_small {
        frame::draw_too_small(canvas, theme, model.size);
        return;
    }
    if let Some(replayed) = &model.replayed {
        frame::draw_replay(canvas, &scene, replayed, hints);
    }
    if let Some(tour) = &model.tour {
        overlays::tour::draw(canvas, &scene, tour);
    }
    header::draw(canvas, &scene);
    point_at_pane(canvas, &scene);
    panes::draw(canvas, &scene, cache);
    selection::draw(canvas, &scene, false);
    // After the panes: a rule may run through the row between two of them.
    frame::draw_rules(canvas, &scene);
    frame::draw_hints(canvas, &scene, hints, cache);
    frame::draw_notices(canvas, &scene, hints);
    for layer in model.layers.iter() {
        match layer {
            Layer::Prompt(prompt) => overlays::prompt::draw(canvas, &scene, prompt),
            Layer::Palette(palette) => overlays::palette::draw(canvas, &scene, palette),
            Layer::Form(form) => overlays::form::draw(canvas, &scene, form),
            Layer::Types(menu) => overlays::types::draw(canvas, &scene, menu),
            Layer::Bookmarks(list) => overlays::bookmarks::draw(canvas, &scene, list),
            Layer::Uses(list) => overlays::uses::draw(canvas, &scene, list),
            Layer::Compaction(page) => overlays::compaction::draw(canvas, &scene, page),
            Layer::Branches(list) => overlays::branches::draw(canvas, &scene, list),
            Layer::Help(help) => overlays::help::draw(canvas, &scene, help),
            Layer::Inside(page) => overlays::inside::draw(canvas, &scene, page),
            Layer::Output(page) => overlays::output::draw(canvas, &scene, page),
            Layer::Notices(page) => overlays::notices::draw(canvas, &scene, page),
            Layer::SessionSearch => {
                overlays::session_search::draw(canvas, &scene, &model.session_search);
            }
            // The hint row and the panes draw these.
            Layer::Question(_) | Layer::Composer(_) | Layer::Answer(_) => {}
        }
    }
    selection::draw(canvas, &scene, true);
    if model.layers.question().is_some() {
        // It needs more rows than one, and lies over the list that it is asked about.
        frame::draw_hints(canvas, &scene, hints, cache);
        frame::draw_notices(canvas, &scene, hints);
    }
    point_at_layer(canvas, &scene);
    if !model.which_key.is_empty() {
        frame::draw_which_key(canvas, &scene);
    }
}

/// Puts the terminal's cursor below the heading of the pane that has the keyboard. What is selected
/// there, or typed, takes it on.
fn point_at_pane(canvas: &mut Canvas, scene: &Scene) {
    let layout = &scene.layout;
    let focused = layout.area(Pane::focused(scene.model));
    // What led to a call has no pane of its own where it is a part of the queue's.
    let pane = focused.or_else(|| layout.area(Pane::Queue));
    let body = pane.unwrap_or(layout.body).below_heading();
    canvas.point_at((body.x, body.y));
}

/// The same for a list or a page that lies uppermost over the panes.
fn point_at_layer(canvas: &mut Canvas, scene: &Scene) {
    let list = scene.layout.list.unwrap_or_default().inside();
    let page = scene.layout.page.inside();
    let (area, row) = match scene.model.layers.top() {
        Some(Layer::Types(menu)) => (list, menu.cursor_row()),
        Some(Layer::Bookmarks(marks)) => (list, marks.cursor_row()),
        Some(Layer::Uses(uses)) => (list, uses.cursor_row()),
        Some(Layer::Compaction(shown)) => (list, shown.list.cursor_row()),
        Some(Layer::Branches(branches)) => (list, branches.cursor_row()),
        Some(Layer::Notices(notices)) => (page, notices.cursor_row()),
        Some(Layer::Inside(_) | Layer::Output(_)) => (page, 0),
        // Those with a line have the cursor there.
        _ => return,
    };
    let row = area.row(u16::try_from(row).unwrap_or(u16::MAX));
    canvas.point_at((row.x, row.y));
}

fn rect(area: Area) -> Rect {
    Rect::new(area.x, area.y, area.width, area.height)
}
