//! The machine over the model: messages in, a changed model and effects out.
//!
//! Owns what keys mean and how the model answers to the world. It does no IO, reads no clock and
//! draws no randomness: time arrives with each message. Start with [`update::Machine::update`] for
//! messages and [`chain`] for keys. The invariant: the same messages at the same times make the same
//! model and the same effects.

pub mod chain;
pub mod effect;
pub mod first_run;
pub mod hints;
pub mod msg;
pub mod own_keys;
pub mod permit;
pub mod recording;
pub mod session_request;
pub(crate) mod shell;
mod typing;
pub mod update;

use std::sync::LazyLock;

pub use crate::action::Action;
pub use effect::Effect;
pub use msg::Msg;

use crate::keymap::{DEFAULT_TOML, KeymapError};

/// Keys bound to actions.
pub type Keymap = crate::keymap::Keymap<Action>;

/// The keymap that is compiled in. It is read once.
pub fn default_keymap() -> Result<Keymap, KeymapError> {
    static READ: LazyLock<Result<Keymap, KeymapError>> =
        LazyLock::new(|| Keymap::parse(DEFAULT_TOML, Action::from_name));
    READ.clone()
}
