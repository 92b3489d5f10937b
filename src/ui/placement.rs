//! Where the terminal is to draw a picture itself.

use crate::content::Payload;
use crate::view::pane::viewer::FileView;
use crate::view::{Area, Layout, Model, Pane};

/// The picture and its cells, which [`super::draw`] leaves blank; `None` while something lies over
/// the panes, and in a replay, whose terminal is not that of the run.
pub fn placement(model: &Model) -> Option<(Area, &Payload)> {
    let covered = model.layers.cover() || model.replayed.is_some() || !model.which_key.is_empty();
    let layout = Layout::of(model);
    if covered || layout.too_small {
        return None;
    }
    let body = layout.area(Pane::Viewer)?.below_heading();
    let FileView::Picture(picture) = model.artifacts.viewer()?.file_view() else { return None };
    let payload = picture.drawn()?.payload()?;
    let area = Area::new(body.x + 1, body.y, payload.columns, payload.rows);
    let fits = area.width < body.width && area.height < body.height;
    fits.then_some((area, payload))
}
