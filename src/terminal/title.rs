//! The title of the window: put on what was there, and taken off again.
//!
//! Knows sequences, not words. The invariant: the title from before comes back whenever the terminal is
//! given back, or ours was never set.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// On the stack of the terminal, and back (XTWINOPS).
const PUSH: &[u8] = b"\x1b[22;2t";
const POP: &[u8] = b"\x1b[23;2t";

/// What stands there while the terminal is ours. There is one terminal per process, and whoever takes it
/// back after a stop must know.
static TITLE: Mutex<Option<String>> = Mutex::new(None);
/// The one from before is on the stack. Apart from the title, for a panic to look at it without a lock.
static PUSHED: AtomicBool = AtomicBool::new(false);

/// The bytes that make it the title; none where it is that already.
pub(super) fn change(title: &str) -> Vec<u8> {
    let mut known = TITLE.lock().unwrap_or_else(PoisonError::into_inner);
    if known.as_deref() == Some(title) {
        return Vec::new();
    }
    *known = Some(title.to_owned());
    drop(known);
    show(title)
}

/// The same after the terminal was given back.
pub(super) fn again() -> Vec<u8> {
    let known = TITLE.lock().unwrap_or_else(PoisonError::into_inner).clone();
    known.map_or_else(Vec::new, |title| show(&title))
}

fn show(title: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    if !PUSHED.swap(true, Ordering::SeqCst) {
        bytes.extend_from_slice(PUSH);
    }
    // Nothing in it may end the sequence.
    let clean = title.chars().filter(|c| !c.is_control());
    bytes.extend(format!("\x1b]2;{}\x07", clean.collect::<String>()).into_bytes());
    bytes
}

/// What brings the title from before back; nothing where it was left alone.
pub(super) fn farewell() -> &'static [u8] {
    if PUSHED.swap(false, Ordering::SeqCst) { POP } else { b"" }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One test, because there is one title.
    #[test]
    fn a_title_is_told_once_and_the_one_from_before_comes_back() {
        assert_eq!(farewell(), b"");
        assert_eq!(change("foretop"), b"\x1b[22;2t\x1b]2;foretop\x07");
        assert_eq!(change("foretop"), b"");
        assert_eq!(change("a\x1b\\\x07b\u{9c}"), b"\x1b]2;a\\b\x07");
        assert_eq!(farewell(), b"\x1b[23;2t");
        assert_eq!(farewell(), b"", "once");
        assert_eq!(again(), b"\x1b[22;2t\x1b]2;a\\b\x07");
        assert_eq!(farewell(), b"\x1b[23;2t");
    }
}
