//! Where the terminal is to draw a picture itself.

use crate::content::Payload;
use crate::view::pane::viewer::{FileView, PictureView};
use crate::view::{Area, Layout, Model, Pane};

/// The picture and its cells, which [`super::draw`] leaves blank; `None` while something lies over
/// the panes, and in a replay, whose terminal is not that of the run.
pub fn placement(model: &Model) -> Option<(Area, &Payload)> {
    let (body, picture) = room(model)?;
    let payload = picture.drawn()?.payload()?;
    let area = Area::new(body.x + 1, body.y, payload.columns, payload.rows);
    let fits = area.width < body.width && area.height < body.height;
    fits.then_some((area, payload))
}

/// Whether there is a picture to be drawn, by whomever.
pub fn shows_picture(model: &Model) -> bool {
    let is_sound = || {
        model
            .artifacts
            .viewer()
            .is_some_and(|viewer| matches!(viewer.file().picture(), Some(Ok(_))))
    };
    room(model).is_some_and(|(_, picture)| picture.problem().is_none()) && is_sound()
}

/// Where it is to be drawn, its two lines of words included.
fn room(model: &Model) -> Option<(Area, &PictureView)> {
    let covered = model.layers.cover() || model.replayed.is_some() || !model.which_key.is_empty();
    let layout = Layout::of(model);
    if covered || layout.too_small {
        return None;
    }
    let body = layout.area(Pane::Viewer)?.below_heading();
    let FileView::Picture(picture) = model.artifacts.viewer()?.file_view() else { return None };
    Some((body, picture))
}
