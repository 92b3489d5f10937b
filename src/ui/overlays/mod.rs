//! What lies over the panes for a while.

pub(super) mod bookmarks;
pub(super) mod help;
pub(super) mod inside;
pub(super) mod output;
pub(super) mod palette;
pub(super) mod types;
pub(super) mod uses;

use ratatui::Frame;
use ratatui::text::Line;
use ratatui::widgets::Clear;

use super::cells::{self, put};
use super::{Scene, rect};
use crate::model::ItemList;

/// Draws a list with its heading; `row` says how an item looks, told whether it is the selected one
/// and how many columns there are.
fn draw_list<T>(
    frame: &mut Frame,
    scene: &Scene,
    list: &ItemList<T>,
    title: &str,
    row: impl Fn(&T, bool, usize) -> Line<'static>,
) {
    let Some(area) = scene.layout.list_overlay else { return };
    let columns = usize::from(area.width);
    frame.render_widget(Clear, rect(area));
    let buffer = frame.buffer_mut();
    put(buffer, area, 0, &cells::rule(scene, title, columns));
    for (at, y) in list.seen().zip(0..) {
        put(buffer, area.below_heading(), y, &row(&list.items()[at], at == list.at(), columns));
    }
}
