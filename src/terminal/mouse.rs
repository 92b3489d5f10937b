//! What a terminal tells of its mouse, and the modes in which it does.
//!
//! Knows the encoding (SGR, mode 1006) and nothing of what lies where. Start with [`parse`]. The
//! invariant: a report that is not understood whole says nothing at all.

use std::sync::atomic::{AtomicBool, Ordering};

/// Presses, and motion while a button is held; as numbers without a limit. Not motion without a
/// button (1003): over SSH each cell that the pointer crosses would be a packet.
pub(super) const ON: &[u8] = b"\x1b[?1000h\x1b[?1002h\x1b[?1006h";
pub(super) const OFF: &[u8] = b"\x1b[?1006l\x1b[?1002l\x1b[?1000l";

/// Whether reports are wanted. There is one terminal per process, and whoever takes it back after a stop
/// must know.
static WANTED: AtomicBool = AtomicBool::new(false);

pub(super) fn is_wanted() -> bool {
    WANTED.load(Ordering::SeqCst)
}

/// Says whether that is a change.
pub(super) fn want(wanted: bool) -> bool {
    WANTED.swap(wanted, Ordering::SeqCst) != wanted
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MouseAct {
    /// The first button went down.
    Press,
    /// The pointer moved while it was down.
    Drag,
    Release,
    WheelDown,
    WheelUp,
}

/// Something done with the mouse, at a cell counted from nought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MouseReport {
    pub act: MouseAct,
    pub column: u16,
    pub row: u16,
}

const SHIFT_ALT_CTRL: u16 = 0b1_1100;
const MOTION: u16 = 32;
const WHEEL: u16 = 64;

/// The report between `ESC [ <` and its end. `None` for other buttons, for what is done with a modifier
/// key, which is the terminal's, and for what makes no sense.
pub(super) fn parse(fields: &str, end: u8) -> Option<MouseReport> {
    let mut numbers = fields.split(';').map(|field| {
        let digits = !field.is_empty() && field.bytes().all(|byte| byte.is_ascii_digit());
        field.parse::<u16>().ok().filter(|_| digits)
    });
    let mut next = || numbers.next().flatten();
    let (button, column, row) = (next()?, next()?.checked_sub(1)?, next()?.checked_sub(1)?);
    if numbers.next().is_some() || button & SHIFT_ALT_CTRL != 0 {
        return None;
    }
    let act = match (button, end) {
        (0, b'M') => MouseAct::Press,
        (0, b'm') => MouseAct::Release,
        (MOTION, b'M') => MouseAct::Drag,
        (WHEEL, b'M') => MouseAct::WheelUp,
        (button, b'M') if button == WHEEL + 1 => MouseAct::WheelDown,
        _ => return None,
    };
    Some(MouseReport { act, column, row })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_reports_of_the_first_button_and_the_wheel_count() {
        let at = |act, column, row| Some(MouseReport { act, column, row });
        for (fields, end, wanted) in [
            ("0;1;1", b'M', at(MouseAct::Press, 0, 0)),
            ("0;80;24", b'm', at(MouseAct::Release, 79, 23)),
            ("32;5;6", b'M', at(MouseAct::Drag, 4, 5)),
            ("64;5;6", b'M', at(MouseAct::WheelUp, 4, 5)),
            ("65;65535;65535", b'M', at(MouseAct::WheelDown, 65534, 65534)),
            // Another button, one with Shift, motion without a button, a wheel that is let go.
            ("2;1;1", b'M', None),
            ("4;1;1", b'M', None),
            ("35;1;1", b'M', None),
            ("64;1;1", b'm', None),
            // Broken.
            ("0;0;1", b'M', None),
            ("0;1", b'M', None),
            ("0;1;1;1", b'M', None),
            ("0;+1;1", b'M', None),
            ("0;;1", b'M', None),
            ("0;65536;1", b'M', None),
            ("", b'M', None),
        ] {
            assert_eq!(parse(fields, end), wanted, "{fields}");
        }
    }
}
