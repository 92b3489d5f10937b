//! The command line `:`: every action by its name, and commands with an argument.
//!
//! A command that hides shows what it means first: its query becomes the filter, what passes is
//! marked, and a question says how much it is.

use super::keys::{answer, ask_for};
use super::{Decision, Machine, files, picked, toast};
use crate::app::{Action, Effect, permit, scope};
use crate::keymap::{Keymap, Scope};
use crate::model::palette::Offer;
use crate::model::prompt::{self, Recall};
use crate::model::timeline::{At, Purpose, UnitId};
use crate::model::{Blocked, Edit, Level, Model, Palette, QuestionKind, View};
use crate::query::{Domain, Query};
use crate::text::suggest::did_you_mean;

/// Commands with an argument, that, and what they do.
const WITH_ARGUMENT: [(&str, &str, &str); 6] = [
    ("hide", "QUERY", "hide what passes; asks"),
    ("unhide", "QUERY", "show what passes; asks"),
    ("find", "QUERY", "go to what passes"),
    ("filter", "QUERY", "show only what passes"),
    ("goto", "WHERE", "to a time, number or event id"),
    ("attach", "PATH", "a file to the next message"),
];

/// Lines that were run, the latest last, and which of them is shown.
#[derive(Debug, Clone, Default)]
pub(super) struct History {
    lines: Vec<String>,
    recall: Recall,
}

/// Hiding or showing that waits until it is known what passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Waiting {
    hide: bool,
}

/// Commands that a line may become, those that begin with its first word before the others.
fn offers(keymap: &Keymap, model: &Model, line: &str) -> Vec<Offer> {
    let word = line.split_whitespace().next().unwrap_or_default().to_lowercase();
    let fits =
        |name: &str| name.starts_with(&word) || (word.len() > 1 && name.contains(word.as_str()));
    let off = |action| permit::blocked(model, action).map(Blocked::words);
    let with_argument = WITH_ARGUMENT.map(|(name, argument, words)| {
        let hides = argument_hides(name).then_some(Action::Hide);
        Offer { name, argument, key: String::new(), words, off: hides.and_then(off) }
    });
    let scopes =
        [scope::pane(model.focus), Scope::Move, Scope::Global, Scope::Timeline, Scope::Detail];
    // Moving is what keys are for.
    let (moves, rest): (Vec<Action>, Vec<Action>) =
        offered_actions().partition(|action| action.section() == "MOVE");
    let actions = rest.into_iter().chain(moves).map(|action| Offer {
        name: action.name(),
        argument: "",
        key: keymap.label_for(action.name(), &scopes).unwrap_or_default(),
        words: action.words(),
        off: off(action),
    });
    let mut all: Vec<Offer> =
        with_argument.into_iter().chain(actions).filter(|offer| fits(offer.name)).collect();
    all.sort_by_key(|offer| !offer.name.starts_with(&word));
    all
}

fn argument_hides(name: &str) -> bool {
    matches!(name, "hide" | "unhide")
}

/// Actions that make sense outside their own mode.
fn offered_actions() -> impl Iterator<Item = Action> {
    let all = Action::ALL.iter().copied();
    let own = [Action::Commands, Action::RepeatCommand];
    all.filter(move |action| action.section() != "WRITING" && !own.contains(action))
}

fn typed(model: &Model) -> String {
    model.ask.as_ref().map(|question| question.input.text()).unwrap_or_default()
}

impl Machine {
    pub(super) fn open_commands(&mut self, model: &mut Model) {
        ask_for(model, ":".to_owned(), QuestionKind::Line, "");
        self.decision = Some(Decision::Command);
        self.commands.recall = Recall::default();
        self.offer_commands(model);
    }

    fn offer_commands(&self, model: &mut Model) {
        let offers = offers(&self.keymap, model, &typed(model));
        let has_history = !self.commands.lines.is_empty();
        model.palette = Some(Palette { offers, has_history });
    }

    /// A key in the command line.
    pub(super) fn edit_command(&mut self, model: &mut Model, edit: &Edit) {
        if matches!(edit, Edit::Up | Edit::Down) {
            let History { lines, recall } = &mut self.commands;
            let recalled = recall.step(lines, &typed(model), *edit == Edit::Up);
            if let (Some(line), Some(question)) = (recalled, &mut model.ask) {
                question.input.set_text(&line);
            }
        } else {
            self.commands.recall = Recall::default();
            answer(model, edit);
        }
        self.offer_commands(model);
    }

    /// Tab: what is typed becomes the first command that is offered.
    pub(super) fn complete_command(&mut self, model: &mut Model) {
        let first = offers(&self.keymap, model, &typed(model)).first().map(|offer| offer.name);
        if let (Some(name), Some(question)) = (first, &mut model.ask)
            && !question.input.text().contains(' ')
        {
            question.input.set_text(&format!("{name} "));
        }
        self.offer_commands(model);
    }

    /// `@:`.
    pub(super) fn repeat_command(&mut self, model: &mut Model) -> Vec<Effect> {
        let Some(line) = self.commands.lines.last().cloned() else {
            toast(model, Level::Info, "no command was run yet; : runs one");
            return Vec::new();
        };
        self.run_command(model, &line)
    }
}

impl Machine {
    pub(super) fn run_command(&mut self, model: &mut Model, line: &str) -> Vec<Effect> {
        model.palette = None;
        // Nothing repeats itself.
        if line.trim() != Action::RepeatCommand.name() {
            prompt::keep(&mut self.commands.lines, line.trim());
        }
        let (word, argument) = line.trim().split_once(char::is_whitespace).unwrap_or((line, ""));
        let (word, argument) = (word.trim(), argument.trim());
        if word.is_empty() {
            return Vec::new();
        }
        match (word, argument) {
            (word, argument) if argument_hides(word) && !argument.is_empty() => {
                self.hide_by_query(model, argument, word == "hide");
            }
            ("find", argument) => set_query(model, Purpose::Find, argument),
            ("filter", argument) => set_query(model, Purpose::Filter, argument),
            ("goto", argument) => go_to(model, argument),
            ("attach", path) if !path.is_empty() => return attach(model, path),
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

/// Attaches a file to the message to the open session, and leads to it.
fn attach(model: &mut Model, path: &str) -> Vec<Effect> {
    if let Some(blocked) = permit::blocked(model, Action::Write) {
        toast(model, Level::Warning, format!("attach: {}", blocked.words()));
        return Vec::new();
    }
    let effects = super::compose::act(model, Action::Write);
    let Some(session) = model.open.as_ref().map(|open| open.reference.clone()) else {
        return effects;
    };
    files::attach(model, session, path)
}

fn go_to(model: &mut Model, argument: &str) {
    if super::viewer::go_to(model, argument) {
        return;
    }
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
    let names = WITH_ARGUMENT.iter().map(|(name, ..)| *name);
    let names = names.chain(Action::ALL.iter().map(|action| action.name()));
    let text = format!("there is no command \"{word}\"{}", did_you_mean(word, names));
    toast(model, Level::Error, text);
}
