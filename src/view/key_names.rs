//! What keys are called in sentences: a key that was moved is not named by the place it had.
//!
//! Start with [`KeyNames::of`]. The invariant: a sentence names its key by what that does, and has the
//! key of the keymap that is compiled in at hand for where nothing was changed.

use std::collections::BTreeMap;

use crate::action::Action;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyNames(BTreeMap<Action, String>);

impl KeyNames {
    /// Of the actions whose key is another one than usual.
    pub fn new(changed: BTreeMap<Action, String>) -> Self {
        Self(changed)
    }

    /// The key of an action, which is `usual` unless somebody chose another one.
    pub fn of<'a>(&'a self, action: Action, usual: &'a str) -> &'a str {
        self.0.get(&action).map_or(usual, String::as_str)
    }
}
