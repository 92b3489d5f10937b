//! Commands: what is typed in front of an argument, what that is, and where it works.
//!
//! Owns the table and which name is meant by what was typed; runs nothing. Start with [`Command`].
//! The invariant: what is off is refused with the reason that the command line shows beside it.

use crate::action::Action;
use crate::app::permit;
use crate::app::update::{ask_again, export, find, tour};
use crate::model::Blocked;
use crate::text::suggest::did_you_mean;
use crate::view::layer::prompt::Subject;
use crate::view::{Model, OwnCommands, Pane, THEME, View};

/// Names that a sentence lists.
const LISTED: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    Hide,
    Unhide,
    Find,
    Filter,
    Goto,
    Session,
    Compare,
    Try,
    File,
    Attach,
    Export,
    Bundle,
    View,
    Profile,
    Theme,
    Tour,
    Bind,
}

impl Command {
    pub(super) const ALL: [Self; 17] = [
        Self::Hide,
        Self::Unhide,
        Self::Find,
        Self::Filter,
        Self::Goto,
        Self::Session,
        Self::Compare,
        Self::Try,
        Self::File,
        Self::Attach,
        Self::Export,
        Self::Bundle,
        Self::View,
        Self::Profile,
        Self::Theme,
        Self::Tour,
        Self::Bind,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Hide => "hide",
            Self::Unhide => "unhide",
            Self::Find => "find",
            Self::Filter => "filter",
            Self::Goto => "goto",
            Self::Session => "session",
            Self::Compare => "compare",
            Self::Try => "try",
            Self::File => "file",
            Self::Attach => "attach",
            Self::Export => "export",
            Self::Bundle => "bundle",
            Self::View => "view",
            Self::Profile => "profile",
            Self::Theme => THEME,
            Self::Tour => "tour",
            Self::Bind => "bind",
        }
    }

    /// What is typed behind it.
    pub(super) fn argument(self) -> &'static str {
        match self {
            Self::Hide | Self::Unhide | Self::Find | Self::Filter => "QUERY",
            Self::Goto => "WHERE",
            Self::Session
            | Self::Compare
            | Self::File
            | Self::View
            | Self::Profile
            | Self::Theme => "NAME",
            Self::Attach | Self::Bundle => "PATH",
            Self::Export => "FORM",
            Self::Try => "AGENT",
            Self::Tour => "",
            Self::Bind => "KEYS ACTION",
        }
    }

    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Hide => "hide what passes; asks",
            Self::Unhide => "show what passes; asks",
            Self::Find => "go to what passes",
            Self::Filter => "show only what passes",
            Self::Goto => "to a time, number or event id",
            Self::Session => "open a session, by key or name",
            Self::Compare => "this session with another one",
            Self::Try => "another agent or model answers; asks",
            Self::File => "open a file of the session",
            Self::Attach => "a file to the next message",
            Self::Export => "md, html, jsonl; --last N, PATH",
            Self::Bundle => "the session for a fault report",
            Self::View => "a filter and an order of the list",
            Self::Profile => "show another service",
            Self::Theme => "other colours, until you quit",
            Self::Tour => "through the demo; ends one, too",
            Self::Bind => "other keys; --save keeps them",
        }
    }

    /// Without an argument it ends what an earlier one began, or asks for it.
    pub(super) fn works_without(self) -> bool {
        matches!(self, Self::Find | Self::Filter | Self::Bundle | Self::Theme | Self::Tour)
    }

    /// Why it would come to nothing now.
    pub(super) fn off(self, model: &Model) -> Option<String> {
        let in_file = model.view == View::File;
        let blocked = |action| permit::blocked(model, action).map(Blocked::words);
        let subject = find::subject(model);
        match self {
            Self::Hide | Self::Unhide => blocked(Action::Hide).or_else(|| {
                let shown = matches!(model.view, View::Triage | View::File);
                (!shown).then(|| "works in the timeline".to_owned())
            }),
            Self::Find => subject
                .is_none()
                .then(|| "works in the timeline, the lists and the viewer of a file".to_owned()),
            Self::Filter => matches!(subject, None | Some(Subject::InFile)).then(|| {
                "works in the timeline, the list of sessions and the list of files".to_owned()
            }),
            Self::Goto => {
                let works = matches!(
                    Pane::focused(model),
                    Pane::Sessions | Pane::Timeline | Pane::Detail | Pane::Waterfall | Pane::Viewer
                );
                (!works).then(|| "works in the timeline and the viewer of a file".to_owned())
            }
            Self::Session | Self::Compare | Self::Try | Self::File | Self::View if in_file => {
                Some(Blocked::File.words())
            }
            Self::Session | Self::View | Self::Theme | Self::Bind => None,
            Self::Profile => model
                .profiles
                .is_empty()
                .then(|| "the configuration has no other profile".to_owned()),
            Self::File | Self::Compare => {
                model.open.is_none().then(|| "open a session first".to_owned())
            }
            Self::Try => blocked(Action::AskAgain).or_else(|| ask_again::off(model)),
            Self::Attach => blocked(Action::Write),
            Self::Tour => tour::off(model),
            Self::Export | Self::Bundle => export::off(model),
        }
    }

    /// The command that a word begins; `None` where that may be several.
    pub(super) fn begun_by(word: &str) -> Option<Self> {
        let exact = Self::ALL.into_iter().find(|command| command.name() == word);
        let begins = || Self::ALL.into_iter().filter(|command| command.name().starts_with(word));
        exact.or_else(|| begins().next().filter(|_| !word.is_empty() && begins().count() == 1))
    }
}

/// Whether a command of one's own can be called so: what is built in keeps its name.
pub fn is_free_name(name: &str) -> bool {
    Command::ALL.into_iter().all(|command| command.name() != name)
        && Action::from_name(name).is_none()
}

/// What the first word of a line stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    Command(Command),
    Action(Action),
}

/// Actions that make sense outside their own mode.
pub(super) fn offered_actions() -> impl Iterator<Item = Action> {
    let all = Action::ALL.iter().copied();
    let own = [Action::Commands, Action::RepeatCommand];
    all.filter(move |action| action.section() != "WRITING" && !own.contains(action))
}

/// What a word names, whole or by a beginning that nothing else has.
pub(super) fn named(word: &str, has_argument: bool, own: &OwnCommands) -> Result<Named, String> {
    let command = |name: &str| Command::ALL.into_iter().find(|command| command.name() == name);
    if let Some(command) = command(word) {
        let action = offered_actions().find(|action| action.name() == word);
        return Ok(match action.filter(|_| !has_argument) {
            Some(action) => Named::Action(action),
            None => Named::Command(command),
        });
    }
    if let Some(action) = own.action(word) {
        let none = format!("{word} takes nothing behind it");
        return if has_argument { Err(none) } else { Ok(Named::Action(action)) };
    }
    let commands = Command::ALL.into_iter().map(|command| -> &str { command.name() });
    let mine = own.iter().map(|(_, command)| command.name.as_str());
    let actions = offered_actions()
        .map(|action| -> &str { action.name() })
        .chain(mine)
        .filter(|_| !has_argument);
    let mut names: Vec<&str> =
        commands.chain(actions).filter(|name| name.starts_with(word)).collect();
    names.sort_unstable();
    names.dedup();
    match names[..] {
        [] => Err(unknown(word, own)),
        [only] => named(only, has_argument, own),
        _ => Err(ambiguous(word, &names)),
    }
}

/// What a word could be, where it is not known which.
pub(super) fn ambiguous(word: &str, names: &[&str]) -> String {
    let more = names.len().saturating_sub(LISTED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let names = names[..names.len().min(LISTED)].join(", ");
    format!("\"{word}\" could be {names}{more}")
}

fn unknown(word: &str, own: &OwnCommands) -> String {
    let names = Command::ALL.into_iter().map(|command| -> &str { command.name() });
    let names = names.chain(Action::ALL.iter().map(|action| -> &str { action.name() }));
    let names = names.chain(own.iter().map(|(_, command)| command.name.as_str()));
    format!("there is no command \"{word}\"{}", did_you_mean(word, names))
}
