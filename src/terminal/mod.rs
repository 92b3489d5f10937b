//! The real terminal: taking it over, giving it back, reading keys from it, writing frames to it.
//!
//! Owns the terminal's modes, the two ends of the tty and what is known of what it shows. Must not
//! know what is drawn or what a key means. Start with [`Screen`], and [`Painter`] for frames. The invariant: however the process ends or stops, short of
//! `SIGKILL`, the shell finds its terminal as it left it.

mod check;
mod decode;
mod frame;
mod input;
mod job;
mod keyboard;
mod mouse;
mod painter;
mod passthrough;
mod pictures;
mod placeholders;
mod probe;
mod raw_mode;
mod screen;
mod title;
mod writer;

pub use check::check;
pub use decode::Heard;
pub use frame::{FramePacer, FrameRate};
pub use input::{Arrived, Input, TerminalEvent, drain};
pub use job::{JobSignal, JobSignals};
pub use keyboard::take_piped_input;
pub use mouse::{MouseAct, MouseReport};
use painter::do_without_italics;
pub use painter::{Cursor, Painter};
pub use passthrough::Passthrough;
pub use pictures::{Graphics, Pictures, Placement};
pub use probe::{Answer, Capabilities, Manners, Probe, is_remote};
pub use screen::{Screen, Suspension, abandon, cell_size, install_panic_hook, size};
pub use writer::{FrameSender, Tty, stuck_for};

/// Draws from here on as the terminal takes it.
pub fn mind(manners: Manners) {
    do_without_italics(manners.no_italics);
}
