//! The command line `:`: every action by its name, and commands with an argument.
//!
//! A command that hides shows what it means first: its query becomes the filter, what passes is
//! marked, and a question says how much it is.

use super::keys::ask_for;
use super::{Decision, Machine, picked, toast};
use crate::app::{Action, Effect, permit};
use crate::model::timeline::{At, Purpose, UnitId};
use crate::model::{Level, Model, QuestionKind, View};
use crate::query::{Domain, Query};
use crate::text::suggest::did_you_mean;

/// Commands with an argument, and what they do.
const WITH_ARGUMENT: [(&str, &str); 5] = [
    ("hide", "QUERY: hide what passes; asks"),
    ("unhide", "QUERY: show what passes; asks"),
    ("find", "QUERY"),
    ("filter", "QUERY: show only what passes"),
    ("goto", "TIME, number or event id"),
];
/// So many commands are offered at once.
const OFFERED: usize = 24;

/// Hiding or showing that waits until it is known what passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Waiting {
    hide: bool,
}

pub(super) fn open(model: &mut Model) -> Decision {
    ask_for(model, ":".to_owned(), QuestionKind::Line, "");
    offer(model);
    Decision::Command
}

/// Commands that what is typed may become.
pub(super) fn offer(model: &mut Model) {
    let typed = model.ask.as_ref().map(|question| question.input.text()).unwrap_or_default();
    let word = typed.split_whitespace().next().unwrap_or_default().to_lowercase();
    let fits =
        |name: &str| name.starts_with(&word) || (word.len() > 1 && name.contains(word.as_str()));
    let with_argument = WITH_ARGUMENT.iter().map(|(name, words)| (*name, (*words).to_owned()));
    let actions = offered_actions().map(|action| {
        let off = permit::blocked(model, action);
        let words = action.words().to_owned();
        (action.name(), off.map_or(words.clone(), |off| format!("{words}: {}", off.words())))
    });
    let all: Vec<(String, String)> = with_argument
        .chain(actions)
        .filter(|(name, _)| fits(name))
        .map(|(name, words)| (name.to_owned(), words))
        .collect();
    model.which_key = all;
    // What begins with it comes first.
    model.which_key.sort_by_key(|(name, _)| !name.starts_with(&word));
    model.which_key.truncate(OFFERED);
}

/// Actions that make sense outside their own mode.
fn offered_actions() -> impl Iterator<Item = Action> {
    let all = Action::ALL.iter().copied();
    all.filter(|action| action.section() != "WRITING" && *action != Action::Commands)
}

/// Tab: what is typed becomes the first command that is offered.
pub(super) fn complete(model: &mut Model) {
    offer(model);
    let Some((name, _)) = model.which_key.first().cloned() else { return };
    if let Some(question) = &mut model.ask
        && !question.input.text().contains(' ')
    {
        question.input.set_text(&format!("{name} "));
    }
    offer(model);
}

impl Machine {
    pub(super) fn run_command(&mut self, model: &mut Model, line: &str) -> Vec<Effect> {
        model.which_key.clear();
        let (word, argument) = line.trim().split_once(char::is_whitespace).unwrap_or((line, ""));
        let (word, argument) = (word.trim(), argument.trim());
        if word.is_empty() {
            return Vec::new();
        }
        match (word, argument) {
            ("hide" | "unhide", argument) if !argument.is_empty() => {
                self.hide_by_query(model, argument, word == "hide");
            }
            ("find", argument) => set_query(model, Purpose::Find, argument),
            ("filter", argument) => set_query(model, Purpose::Filter, argument),
            ("goto", argument) => go_to(model, argument),
            (word, "") => {
                let begins = || offered_actions().filter(|action| action.name().starts_with(word));
                let only = begins().next().filter(|_| begins().count() == 1);
                match Action::from_name(word).or(only) {
                    Some(action) => return self.act(model, action),
                    None => unknown(model, word),
                }
            }
            (word, _) if Action::from_name(word).is_some() => {
                toast(model, Level::Warning, format!("{word} takes nothing behind it"));
            }
            (word, _) => unknown(model, word),
        }
        Vec::new()
    }

    fn hide_by_query(&mut self, model: &mut Model, query: &str, hide: bool) {
        if let Some(blocked) = permit::blocked(model, Action::Hide) {
            toast(model, Level::Warning, format!("hide: {}", blocked.words()));
            return;
        }
        set_query(model, Purpose::Filter, query);
        let open = model.open.as_ref();
        if open.is_some_and(|open| open.timeline.query_text(Purpose::Filter) == Some(query)) {
            self.waiting = Some(Waiting { hide });
        }
    }

    /// Asks about what passes, once that is known.
    pub(super) fn ask_what_waits(&mut self, model: &mut Model) {
        let Some(waiting) = self.waiting else { return };
        let tally = model.open.as_ref().and_then(|open| open.timeline.tally(Purpose::Filter));
        let Some(tally) = tally else {
            // The filter was taken away: nobody wants it any more.
            self.waiting = None;
            return;
        };
        if tally.searching || model.ask.is_some() {
            return;
        }
        self.waiting = None;
        if tally.hits == 0 {
            toast(model, Level::Info, "nothing passes that query");
            return;
        }
        let Some(open) = &mut model.open else { return };
        open.timeline.mark_shown();
        self.decision = picked::ask_to_hide(model, waiting.hide);
    }
}

fn set_query(model: &mut Model, purpose: Purpose, text: &str) {
    let query = match Query::parse(text, Domain::Events) {
        Ok(query) => query,
        Err(mistake) => {
            toast(model, Level::Error, mistake.to_string());
            return;
        }
    };
    let now = model.now;
    let Some(open) = model.open.as_mut().filter(|_| model.view != View::Calls) else {
        toast(model, Level::Info, "open a session first");
        return;
    };
    let query = (!text.is_empty()).then(|| (text.to_owned(), query));
    let seek = query.is_some() && purpose == Purpose::Find;
    open.timeline.set_query(purpose, query, now);
    if seek {
        open.timeline.seek();
    }
}

fn go_to(model: &mut Model, argument: &str) {
    let at: At = match argument.parse() {
        Ok(at) => at,
        Err(wrong) => {
            toast(model, Level::Error, format!("goto {argument}: {wrong}"));
            return;
        }
    };
    super::trail::leave(model);
    let zone = model.zone.clone();
    let Some(open) = &mut model.open else { return };
    let unit = match &at {
        At::Event(id) => Some(UnitId::from(id)),
        at => open.timeline.unit_at(at, &zone),
    };
    if !unit.is_some_and(|unit| open.timeline.reach(&unit)) {
        toast(model, Level::Info, format!("there is nothing at {argument} here"));
    }
}

fn unknown(model: &mut Model, word: &str) {
    let names = WITH_ARGUMENT.iter().map(|(name, _)| *name);
    let names = names.chain(Action::ALL.iter().map(|action| action.name()));
    let text = format!("there is no command \"{word}\"{}", did_you_mean(word, names));
    toast(model, Level::Error, text);
}
