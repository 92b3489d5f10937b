//! Keys as they are offered: what the hint row shows, and whether it would do anything.

use crate::view::Mode;

/// A key that is offered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hint {
    pub key: String,
    pub words: String,
    /// It would be refused; drawn so that it is seen to be off.
    pub off: bool,
}

/// Keys as the keymap has them now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hints {
    pub mode: Mode,
    /// Most useful first; what does not fit is left out.
    pub items: Vec<Hint>,
    /// The way out and help, which stay however little fits.
    pub ends: Vec<Hint>,
    /// The keys that list what was said in passing, where they do something.
    pub errors: Option<String>,
    /// Keys of a replay, in its own row.
    pub replay: Vec<Hint>,
}
