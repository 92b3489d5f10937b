//! A paste on its way: its bytes mean nothing until their end, even when they would be keys.
//!
//! Owns what was pasted and is not delivered. The invariant: a paste without an end holds the
//! keyboard for a silence at most, and not against Ctrl-C.

use super::Patience;

/// A longer paste is cut.
const LONGEST: usize = 16 << 20;
const END: &[u8] = b"\x1b[201~";
/// More bytes at once than those of a key are more of the paste.
const LONGEST_KEY: usize = 6;
const CTRL_C: &[u8] = b"\x03";

#[derive(Debug, Default, Clone)]
pub(super) struct Paste {
    bytes: Vec<u8>,
    /// So many of them were there at the last pause.
    seen: usize,
    /// What was there is delivered, since nothing came for long.
    silent: bool,
}

/// What a pause says of a paste.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Paused {
    GoesOn,
    /// So far it is whole, and more may come.
    Piece(String),
    /// Its end was lost: what was pasted, and the bytes of the key that was pressed since.
    Over(String, Vec<u8>),
}

impl Paste {
    /// The text once its end is there.
    pub(super) fn push(&mut self, byte: u8) -> Option<String> {
        self.bytes.push(byte);
        if let Some(bytes) = self.bytes.strip_suffix(END) {
            return Some(text(bytes));
        }
        if self.bytes.len() > LONGEST {
            // Keeps as much as could be the beginning of its end.
            self.bytes.remove(LONGEST - END.len());
            self.seen = self.seen.min(LONGEST);
        }
        None
    }

    pub(super) fn patience(&self) -> Option<Patience> {
        if self.bytes.len() > self.seen {
            Some(Patience::Short)
        } else {
            (!self.silent).then_some(Patience::Long)
        }
    }

    pub(super) fn pause(&mut self) -> Paused {
        let fresh = &self.bytes[self.seen..];
        if fresh.is_empty() {
            self.silent = true;
            // Its end may be the part that is torn.
            let begun = (1..END.len()).rev().find(|count| self.bytes.ends_with(&END[..*count]));
            let rest = self.bytes.split_off(self.bytes.len() - begun.unwrap_or(0));
            self.seen = rest.len();
            return Paused::Piece(text(&std::mem::replace(&mut self.bytes, rest)));
        }
        if self.silent && fresh.len() <= LONGEST_KEY {
            return Paused::Over(String::new(), fresh.to_vec());
        }
        if fresh == CTRL_C {
            return Paused::Over(text(&self.bytes[..self.seen]), fresh.to_vec());
        }
        self.silent = false;
        self.seen = self.bytes.len();
        Paused::GoesOn
    }
}

/// Terminals send line ends of a paste as the Enter key would.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace("\r\n", "\n").replace('\r', "\n")
}
