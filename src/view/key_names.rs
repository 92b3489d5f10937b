//! What keys are called in sentences: a key that was moved is not named by the place it had.
//!
//! Start with [`KeyNames::of`]. The invariant: a sentence names its key by what that does, and has the
//! key of the keymap that is compiled in at hand for where nothing was changed.

use std::collections::BTreeMap;

use crate::action::Action;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyNames {
    changed: BTreeMap<Action, String>,
    /// The same by the scope, for actions that have keys in several.
    in_scopes: BTreeMap<(&'static str, Action), String>,
}

impl KeyNames {
    /// Of the actions whose key is another one than usual, and the same for each scope by its name.
    pub fn new(
        changed: BTreeMap<Action, String>,
        in_scopes: BTreeMap<(&'static str, Action), String>,
    ) -> Self {
        Self { changed, in_scopes }
    }

    /// The key of an action, which is `usual` unless somebody chose another one.
    pub fn of<'a>(&'a self, action: Action, usual: &'a str) -> &'a str {
        self.changed.get(&action).map_or(usual, String::as_str)
    }

    /// The same where a sentence means the keys of one scope, as a keymap file calls it.
    pub fn of_scope<'a>(&'a self, scope: &'static str, action: Action, usual: &'a str) -> &'a str {
        self.in_scopes.get(&(scope, action)).map_or(usual, String::as_str)
    }
}
