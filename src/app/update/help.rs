//! Help about where somebody is: made from the chain that keys go through, searched by typing.
//!
//! Owns what is listed and in which order, and what Enter does. Start with [`open`]. The invariant:
//! what is listed as off is not run, and Enter never says yes to a question that cannot be seen.

use super::{Cx, find, keys};
use crate::action::Action;
use crate::app::chain::{self, Handler, Target};
use crate::app::effect::TerminalWork;
use crate::app::{Keymap, hints};
use crate::keymap::Scope;
use crate::text::sanitize;
use crate::view::layer::help::{Help, HelpEntry, HelpRow, HelpSection};
use crate::view::layer::prompt::Subject;
use crate::view::{Edit, Layer, Model};

pub(super) struct HelpList;

impl Target for HelpList {
    fn place(&self) -> &'static str {
        "help"
    }

    fn way(&self) -> Option<Action> {
        Some(Action::Help)
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::Help]
    }

    fn handler(&self, _: &Model, action: Action) -> Option<Handler> {
        Some(match action {
            action if action.motion().is_some() => |cx, action| {
                let top = cx.model.layers.top_mut();
                if let (Some(Layer::Help(help)), Some(motion)) = (top, action.motion()) {
                    help.go(motion);
                }
            },
            Action::Confirm => run_selected,
            // The same key again.
            Action::Cancel | Action::Help => super::close,
            _ => return None,
        })
    }

    fn hints(&self, _: &Model) -> Vec<(Action, &'static str)> {
        vec![(Action::Confirm, "does it"), (Action::Cancel, "leaves")]
    }

    fn edit(&self, cx: &mut Cx<'_>, edit: &Edit) {
        if let Some(Layer::Help(help)) = cx.model.layers.top_mut() {
            help.input.apply(&edit.first_line());
            help.find_first();
        }
    }
}

pub(super) fn open(cx: &mut Cx<'_>, _: Action) {
    let chain = chain::chain(cx.model);
    let place = chain.first().map_or("foretop", |target| target.place());
    let mut sections = sections(cx.model, &cx.machine.keymap, &chain);
    sections.extend(own_commands(cx.model, &cx.machine.keymap, &chain));
    let language = find::subject(cx.model).filter(|_| is_about_queries(cx.model));
    let language = language.and_then(Subject::domain);
    let help = Help::new(place, sections, language, hints::connection(cx.model));
    cx.model.layers.push(Layer::Help(Box::new(help)));
}

/// Whether a query can be typed where help is asked for.
fn is_about_queries(model: &Model) -> bool {
    matches!(model.layers.top(), None | Some(Layer::Prompt(_)))
}

/// The keys of each target of the chain, the innermost first; a key that an inner one takes is not
/// listed again.
fn sections(model: &Model, keymap: &Keymap, chain: &[&'static dyn Target]) -> Vec<HelpSection> {
    let scopes: Vec<Scope> = chain.iter().flat_map(|target| target.scopes()).copied().collect();
    let mut listed = Vec::new();
    let mut sections = Vec::new();
    for target in chain {
        let own = Action::ALL.iter().copied().filter(|action| {
            let label = keymap.label_for(*action, &scopes);
            label.is_some() && target.handler(model, *action).is_some()
        });
        let mut own: Vec<Action> = own.filter(|action| !listed.contains(action)).collect();
        listed.extend(&own);
        let offered = target.hints(model);
        let place = |action: Action| offered.iter().position(|(known, _)| *known == action);
        // What the place is for comes first, and moving, which is the same everywhere, last.
        own.sort_by_key(|action| {
            (place(*action).unwrap_or(usize::MAX), action.section() == "MOVE")
        });
        let entries: Vec<HelpEntry> = own
            .into_iter()
            .map(|action| HelpEntry {
                action,
                key: keymap.label_for(action, &scopes).unwrap_or_default(),
                words: words(action, &offered),
                off: hints::off(model, *target, action),
            })
            .collect();
        if !entries.is_empty() {
            sections.push(HelpSection { title: target.place().to_uppercase(), entries });
        }
    }
    sections
}

/// Commands of one's own, where they can be run: each with where it was written.
fn own_commands(
    model: &Model,
    keymap: &Keymap,
    chain: &[&'static dyn Target],
) -> Option<HelpSection> {
    let scopes: Vec<Scope> = chain.iter().flat_map(|target| target.scopes()).copied().collect();
    let entries = model.own.iter().filter_map(|(action, command)| {
        let taker = chain.iter().find(|target| target.handler(model, action).is_some())?;
        let key = keymap.label_for(action, &scopes);
        Some(HelpEntry {
            action,
            key: key.unwrap_or_else(|| format!(":{}", command.name)),
            words: format!("{} · {}", sanitize::one_line(&command.words), command.origin),
            off: hints::off(model, *taker, action),
        })
    });
    let entries: Vec<HelpEntry> = entries.collect();
    (!entries.is_empty()).then(|| HelpSection { title: "COMMANDS OF YOUR OWN".to_owned(), entries })
}

/// What an action does there. What closes and confirms does something else in every place.
fn words(action: Action, offered: &[(Action, &'static str)]) -> String {
    let here = offered.iter().find(|(known, _)| *known == action && action.section() == "WRITING");
    here.map_or(action.words(), |(_, words)| words).to_owned()
}

/// Does the selected action where help was asked for, tries the selected example of a query, or
/// copies the selected fact.
fn run_selected(cx: &mut Cx<'_>, _: Action) {
    let Some(Layer::Help(help)) = cx.model.layers.top() else { return };
    match help.selected() {
        Some(HelpRow::Entry(HelpEntry { off: Some(why), words, .. })) => {
            let text = format!("{words}: {why}");
            cx.say(text);
        }
        Some(HelpRow::Entry(entry)) => {
            let action = entry.action;
            cx.model.layers.pop();
            // What Enter agrees to must be on the screen when it is pressed.
            if action != Action::Confirm {
                keys::act(cx, action);
            }
        }
        Some(HelpRow::Fact { fact, .. }) => {
            let (text, what) = (fact.text.clone(), fact.name.clone());
            cx.emit(TerminalWork::Copy { text, what });
        }
        Some(HelpRow::Construct(construct)) => {
            cx.model.layers.pop();
            find::try_out(cx, construct.example);
        }
        Some(HelpRow::Heading(_)) | None => cx.say("no action is selected; the arrows choose one"),
    }
}
