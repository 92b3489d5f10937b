//! Commands of one's own: which there are, and which of them run.
//!
//! Starts nothing. Start with [`OwnCommands`]. The invariant: a command has one number as long as the
//! screen is open, by which keys and programs that run are theirs.

use std::collections::BTreeMap;

use crate::action::Action;
use crate::tools::OwnCommand;

/// More would not fit into a number.
pub const MOST: usize = 200;

#[derive(Debug, Clone, Default)]
pub struct OwnCommands {
    list: Vec<OwnCommand>,
    /// Those that run, each with the keys that were pressed before it began.
    pub running: BTreeMap<u8, u64>,
}

impl OwnCommands {
    pub fn new(list: Vec<OwnCommand>) -> Self {
        Self { list: list.into_iter().take(MOST).collect(), running: BTreeMap::new() }
    }

    pub fn get(&self, number: u8) -> Option<&OwnCommand> {
        self.list.get(usize::from(number))
    }

    /// Each with the action that runs it.
    pub fn iter(&self) -> impl Iterator<Item = (Action, &OwnCommand)> {
        (0..=u8::MAX).map(Action::Own).zip(&self.list)
    }

    /// The action that is called so, be it built in or one's own.
    pub fn action(&self, name: &str) -> Option<Action> {
        let own = self.iter().find(|(_, command)| command.name == name).map(|(action, _)| action);
        own.or_else(|| Action::from_name(name))
    }

    fn of(&self, action: Action) -> Option<&OwnCommand> {
        match action {
            Action::Own(number) => self.get(number),
            _ => None,
        }
    }

    /// What an action is called.
    pub fn name(&self, action: Action) -> &str {
        self.of(action).map_or(action.name(), |command| &command.name)
    }

    /// What help says of an action.
    pub fn words(&self, action: Action) -> &str {
        self.of(action).map_or(action.words(), |command| &command.words)
    }
}
