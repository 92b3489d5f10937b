//! The command line `:`: every action by its name, and commands with an argument.
//!
//! A command that hides shows what it means first: its query becomes the filter, what passes is
//! marked, and a question says how much it is.

use super::{Cx, attach, compose, keys, picked, toast};
use crate::action::Action;
use crate::app::chain::{self, Handler, Pane, Target};
use crate::app::permit;
use crate::keymap::Scope;
use crate::model::palette::Offer;
use crate::model::prompt::{self, Recall};
use crate::model::timeline::{At, Purpose, UnitId};
use crate::model::{Blocked, Edit, Layer, Level, Model, View};
use crate::query::{Domain, Query};
use crate::text::suggest::did_you_mean;

/// The command line.
pub(super) struct CommandLine;

impl Target for CommandLine {
    fn place(&self) -> &'static str {
        "the command line"
    }

    fn way(&self) -> Option<Action> {
        Some(Action::Commands)
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::Ask]
    }

    fn handler(&self, _: &Model, action: Action) -> Option<Handler> {
        Some(match action {
            Action::Confirm => confirm,
            Action::Cancel => super::close,
            Action::SwitchSearch => complete,
            _ => return None,
        })
    }

    fn hints(&self, _: &Model) -> Vec<(Action, &'static str)> {
        vec![
            (Action::Confirm, "runs"),
            (Action::SwitchSearch, "completes"),
            (Action::Cancel, "leaves"),
        ]
    }

    fn edit(&self, cx: &mut Cx<'_>, change: &Edit) {
        edit(cx, change);
    }
}

/// Commands with an argument, that, and what they do.
const WITH_ARGUMENT: [(&str, &str, &str); 6] = [
    ("hide", "QUERY", "hide what passes; asks"),
    ("unhide", "QUERY", "show what passes; asks"),
    ("find", "QUERY", "go to what passes"),
    ("filter", "QUERY", "show only what passes"),
    ("goto", "WHERE", "to a time, number or event id"),
    ("attach", "PATH", "a file to the next message"),
];

/// Hiding or showing that waits until it is known what passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Waiting {
    hide: bool,
    /// Keys that were pressed before: whoever has pressed another one since waits no more.
    since: u64,
}

/// Commands that a line may become, those that begin with its first word before the others.
fn offers(cx: &Cx<'_>, line: &str) -> Vec<Offer> {
    let (keymap, model) = (&cx.machine.keymap, &*cx.model);
    let word = line.split_whitespace().next().unwrap_or_default().to_lowercase();
    let fits =
        |name: &str| name.starts_with(&word) || (word.len() > 1 && name.contains(word.as_str()));
    let off = |action| permit::blocked(model, action).map(Blocked::words);
    let with_argument = WITH_ARGUMENT.map(|(name, argument, words)| {
        let hides = argument_hides(name).then_some(Action::Hide);
        Offer { name, argument, key: String::new(), words, off: hides.and_then(off) }
    });
    // Where it is run is under the line.
    let chain = chain::browse(model);
    let scopes: Vec<Scope> = chain.iter().flat_map(|target| target.scopes()).copied().collect();
    let here = |action| chain.iter().any(|target| target.handler(model, action).is_some());
    // Moving is what keys are for.
    let (moves, rest): (Vec<Action>, Vec<Action>) =
        offered_actions().partition(|action| action.section() == "MOVE");
    let actions = rest.into_iter().chain(moves).map(|action| {
        let place = || {
            let where_else = chain::elsewhere(model, action);
            where_else
                .map_or("not here".to_owned(), |target| format!("works in {}", target.place()))
        };
        let elsewhere = (!here(action)).then(place);
        Offer {
            name: action.name(),
            argument: "",
            key: keymap.label_for(action, &scopes).unwrap_or_default(),
            words: action.words(),
            off: off(action).or(elsewhere),
        }
    });
    let mut all: Vec<Offer> =
        with_argument.into_iter().chain(actions).filter(|offer| fits(offer.name)).collect();
    all.sort_by_key(|offer| (!offer.name.starts_with(&word), offer.off.is_some()));
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

pub(super) fn open(cx: &mut Cx<'_>, _: Action) {
    cx.model.layers.push(Layer::Palette(Box::default()));
    offer(cx);
}

/// Offers anew what may become of the line.
fn offer(cx: &mut Cx<'_>) {
    let Some(Layer::Palette(palette)) = cx.model.layers.top() else { return };
    let offers = offers(cx, &palette.input.text());
    let has_history = !cx.machine.commands.is_empty();
    if let Some(Layer::Palette(palette)) = cx.model.layers.top_mut() {
        (palette.offers, palette.has_history) = (offers, has_history);
    }
}

/// A key in the command line.
fn edit(cx: &mut Cx<'_>, edit: &Edit) {
    let Some(Layer::Palette(palette)) = cx.model.layers.top_mut() else { return };
    let typed = palette.input.text();
    match edit {
        Edit::Newline => return,
        Edit::Up | Edit::Down => {
            let earlier = *edit == Edit::Up;
            let recalled = palette.recall.step(&cx.machine.commands, &typed, earlier);
            if let Some(line) = recalled {
                palette.input.set_text(&line);
            }
        }
        edit => {
            palette.recall = Recall::default();
            palette.input.apply(&edit.first_line());
        }
    }
    offer(cx);
}

/// Tab: what is typed becomes the first command that is offered, or its path the one that it begins.
fn complete(cx: &mut Cx<'_>, _: Action) {
    if attach::complete(cx) {
        return;
    }
    if let Some(Layer::Palette(palette)) = cx.model.layers.top_mut()
        && let Some(first) = palette.offers.first()
        && !palette.input.text().contains(' ')
    {
        palette.input.set_text(&format!("{} ", first.name));
    }
    offer(cx);
}

/// Enter: a line that is wrong stays, to be mended.
fn confirm(cx: &mut Cx<'_>, _: Action) {
    let Some(Layer::Palette(palette)) = cx.model.layers.pop() else { return };
    let line = palette.input.text();
    if let Err(problem) = run(cx, &line) {
        toast(cx.model, Level::Error, problem);
        cx.model.layers.push(Layer::Palette(palette));
        offer(cx);
    }
}

/// `@:`.
pub(super) fn repeat(cx: &mut Cx<'_>, _: Action) {
    let Some(line) = cx.machine.commands.last().cloned() else {
        return cx.say("no command was run yet; : runs one");
    };
    if let Err(problem) = run(cx, &line) {
        toast(cx.model, Level::Error, problem);
    }
}

/// Runs a line, or says what is wrong with it.
fn run(cx: &mut Cx<'_>, line: &str) -> Result<(), String> {
    let line = line.trim();
    let (word, argument) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let argument = argument.trim();
    if word.is_empty() {
        return Ok(());
    }
    remember(cx, line);
    match (word, argument) {
        (word, argument) if argument_hides(word) && !argument.is_empty() => {
            hide_by_query(cx, argument, word == "hide")?;
        }
        ("find", argument) => set_query(cx.model, Purpose::Find, argument)?,
        ("filter", argument) => set_query(cx.model, Purpose::Filter, argument)?,
        ("goto", argument) => go_to(cx.model, argument)?,
        ("attach", path) if !path.is_empty() => attach_file(cx, path),
        (word, "") => {
            let begins = || offered_actions().filter(|action| action.name().starts_with(word));
            let only = begins().next().filter(|_| begins().count() == 1);
            let Some(action) = Action::from_name(word).or(only) else { return Err(unknown(word)) };
            keys::act(cx, action);
        }
        (word, _) if Action::from_name(word).is_some() => {
            return Err(format!("{word} takes nothing behind it"));
        }
        (word, _) => return Err(unknown(word)),
    }
    Ok(())
}

/// Keeps a line to come back to, also one that is to be mended. Nothing repeats itself.
fn remember(cx: &mut Cx<'_>, line: &str) {
    if line != Action::RepeatCommand.name() {
        prompt::keep(&mut cx.machine.commands, line);
    }
}

fn hide_by_query(cx: &mut Cx<'_>, query: &str, hide: bool) -> Result<(), String> {
    if let Some(blocked) = permit::blocked(cx.model, Action::Hide) {
        return Err(format!("hide: {}", blocked.words()));
    }
    set_query(cx.model, Purpose::Filter, query)?;
    let open = cx.model.open.as_ref();
    if open.is_some_and(|open| open.timeline.query_text(Purpose::Filter) == Some(query)) {
        cx.machine.waiting = Some(Waiting { hide, since: cx.machine.pressed });
    }
    Ok(())
}

/// Asks about what passes, once that is known.
pub(super) fn ask_what_waits(cx: &mut Cx<'_>) {
    let Some(waiting) = cx.machine.waiting else { return };
    let tally = cx.model.open.as_ref().and_then(|open| open.timeline.tally(Purpose::Filter));
    let Some(tally) = tally else {
        // The filter was taken away: nobody wants it any more.
        cx.machine.waiting = None;
        return;
    };
    if waiting.since != cx.machine.pressed {
        // A question must not come up under a key that was meant for something else.
        cx.machine.waiting = None;
        let verb = if waiting.hide { "hide" } else { "unhide" };
        return cx.say(format!("{verb} was given up: a key was pressed · @: does it again"));
    }
    if tally.searching {
        return;
    }
    cx.machine.waiting = None;
    if tally.hits == 0 {
        return cx.say("nothing passes that query");
    }
    if let Some(open) = &mut cx.model.open {
        open.timeline.mark_shown();
    }
    picked::ask_to_hide(cx.model, waiting.hide);
}

/// The timeline is what a query with a name is about; from other places it says so.
fn set_query(model: &mut Model, purpose: Purpose, text: &str) -> Result<(), String> {
    let query = Query::parse(text, Domain::Events).map_err(|mistake| mistake.to_string())?;
    let shown = matches!(model.view, View::Triage | View::File);
    let now = model.now;
    let Some(open) = model.open.as_mut().filter(|_| shown) else {
        return Err(if shown { "open a session first" } else { IN_TIMELINE }.to_owned());
    };
    let query = (!text.is_empty()).then(|| (text.to_owned(), query));
    let seek = query.is_some() && purpose == Purpose::Find;
    open.timeline.set_query(purpose, query, now);
    if seek {
        open.timeline.seek();
    }
    Ok(())
}

const IN_TIMELINE: &str = "that works in the timeline; 2 leads there";

/// Attaches a file to the message to the open session, and leads to it.
fn attach_file(cx: &mut Cx<'_>, path: &str) {
    if let Some(blocked) = permit::blocked(cx.model, Action::Write) {
        return cx.warn(format!("attach: {}", blocked.words()));
    }
    compose::begin(cx, Action::Write);
    if let Some(session) = cx.model.layers.composer().cloned() {
        attach::attach(cx, session, path);
    }
}

fn go_to(model: &mut Model, argument: &str) -> Result<(), String> {
    let wrong = |wrong: &dyn std::fmt::Display| format!("goto {argument}: {wrong}");
    match Pane::focused(model) {
        Pane::Viewer => {
            return super::viewer::go_to(model, argument).map_err(|error| wrong(&error));
        }
        Pane::Sessions | Pane::Timeline | Pane::Detail | Pane::Waterfall => {}
        _ => return Err(IN_TIMELINE.to_owned()),
    }
    let at: At = argument.parse().map_err(|error| wrong(&error))?;
    super::trail::leave(model);
    let zone = model.zone.clone();
    let Some(open) = &mut model.open else { return Err("open a session first".to_owned()) };
    let unit = match &at {
        At::Event(id) => Some(UnitId::from(id)),
        at => open.timeline.unit_at(at, &zone),
    };
    if unit.is_some_and(|unit| open.timeline.reach(&unit)) {
        return Ok(());
    }
    Err(format!("there is nothing at {argument} here"))
}

fn unknown(word: &str) -> String {
    let names = WITH_ARGUMENT.iter().map(|(name, ..)| *name);
    let names = names.chain(Action::ALL.iter().map(|action| action.name()));
    format!("there is no command \"{word}\"{}", did_you_mean(word, names))
}
