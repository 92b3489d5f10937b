//! Pictures on their way from the model to the terminal, in the words of each.

use std::sync::Arc;

use crate::canvas::Rect;
use crate::content::{Graphics, Payload, Protocol};
use crate::terminal::{self, Placement};
use crate::view::Area;

/// What the terminal proved, as the model takes it.
pub(super) fn graphics(proven: terminal::Graphics, cell: (u16, u16)) -> Graphics {
    let protocol = match proven {
        terminal::Graphics::Kitty => Protocol::Kitty,
        terminal::Graphics::KittyBehindTmux => Protocol::KittyBehindTmux,
        terminal::Graphics::Iterm2 => Protocol::Iterm2,
        terminal::Graphics::Sixel => Protocol::Sixel,
    };
    Graphics { protocol, cell }
}

/// What the screen shows, as the terminal takes it.
pub(super) fn placement(area: Area, payload: &Payload) -> Placement {
    let graphics = match payload.protocol {
        Protocol::Kitty => terminal::Graphics::Kitty,
        Protocol::KittyBehindTmux => terminal::Graphics::KittyBehindTmux,
        Protocol::Iterm2 => terminal::Graphics::Iterm2,
        Protocol::Sixel => terminal::Graphics::Sixel,
    };
    let area = Rect::new(area.x, area.y, area.width, area.height);
    Placement { area, graphics, data: Arc::clone(&payload.data) }
}
