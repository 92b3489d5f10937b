//! Which keys the screen offers: the next useful ones in the hint row, all of them in help.

use crate::app::{Action, scope};
use crate::keymap::{Keymap, Scope};
use crate::model::{Focus, Mode, Model, View};
use crate::ui::Hints;

/// What the hint row shows for what is focused now, most useful first.
fn useful(model: &Model) -> &'static [(Action, &'static str)] {
    use Action::{
        AnswerType, Back, Cancel, Close, Confirm, Down, Edit, Fold, Follow, Help, Hide, Interrupt,
        Leave, ModeChip, Newline, NextError, NextPane, NextPending, Open, PaneArtifacts, PaneCalls,
        Quit, Reveal, Send, SendMessage, Undo, Wrap, Write,
    };
    match (model.mode, model.overlay.is_some(), model.view) {
        (Mode::Ask, ..) => &[(Confirm, "do it"), (Cancel, "leave it")],
        (Mode::Write, _, View::Calls) => &[(Leave, "done, keep draft")],
        (Mode::Write, ..) => &[
            (SendMessage, "send"),
            (Newline, "new line"),
            (ModeChip, "steer / follow-up"),
            (Leave, "keep draft"),
        ],
        (Mode::Browse, true, _) => &[(Down, "scroll"), (Close, "close")],
        (Mode::Browse, false, View::Triage) if model.focus == Focus::Sessions => &[
            (Open, "open"),
            (PaneCalls, "your turn"),
            (PaneArtifacts, "artifacts"),
            (Write, "write"),
            (Quit, "quit"),
            (Help, "help"),
        ],
        (Mode::Browse, false, View::Triage) => &[
            (Open, "open"),
            (Hide, "hide"),
            (Undo, "undo"),
            (Write, "write"),
            (PaneArtifacts, "artifacts"),
            (NextError, "error"),
            (Fold, "fold"),
            (Follow, "follow"),
            (Interrupt, "interrupt"),
            (PaneCalls, "your turn"),
            (Help, "help"),
        ],
        (Mode::Browse, false, View::Calls) => &[
            (Edit, "edit answer"),
            (AnswerType, "success/error"),
            (Send, "send"),
            (NextPending, "next call"),
            (Reveal, "show secret"),
            (NextPane, "pane"),
            (Back, "back"),
            (Help, "help"),
        ],
        (Mode::Browse, false, View::Artifacts) => &[
            (Open, "view"),
            (Down, "down"),
            (Wrap, "wrap"),
            (NextPane, "pane"),
            (Back, "back"),
            (Help, "help"),
        ],
    }
}

pub(super) fn hints(model: &Model, keymap: &Keymap) -> Hints {
    let mut scopes = scope::chain(model);
    if model.view == View::Triage && model.mode == Mode::Browse && model.overlay.is_none() {
        // The timeline's verbs are offered while the list is focused, too.
        scopes.push(Scope::Timeline);
    }
    let label = |action: Action| keymap.label_for(action.name(), &scopes);
    let guarded = model.guard_until.is_some_and(|until| until > model.now);
    let items = if guarded {
        vec![(
            "…".to_owned(),
            "keys are ignored for a moment, so that none answers by accident".to_owned(),
        )]
    } else {
        let offered = useful(model).iter();
        offered.filter_map(|(action, words)| Some((label(*action)?, (*words).to_owned()))).collect()
    };
    let (facts, help) = if model.overlay.is_some() {
        (connection(model), help(model, keymap))
    } else {
        (Vec::new(), Vec::new())
    };
    Hints { mode: model.mode, items, facts, help }
}

/// What we are connected to, and how to reach the same from a shell.
fn connection(model: &Model) -> Vec<(String, String)> {
    let profile = &model.profile;
    let mut facts = vec![("service".to_owned(), profile.url.clone())];
    if let Some(file) = &profile.token_file {
        facts.push(("key in".to_owned(), file.clone()));
        let curl = format!("curl -H \"x-api-key: $(cat {file})\" {}/v2/agents", profile.url);
        facts.push(("try".to_owned(), curl));
    }
    facts
}

/// Sections of keys.
fn help(model: &Model, keymap: &Keymap) -> Vec<(String, Vec<(String, String)>)> {
    let pane = scope::pane(model.focus);
    let scopes =
        [pane, Scope::Move, Scope::Global, Scope::Timeline, Scope::Arguments, Scope::Write];
    let mut sections: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for action in Action::ALL {
        let Some(label) = keymap.label_for(action.name(), &scopes) else { continue };
        let entry = (label, action.words().to_owned());
        match sections.last_mut() {
            Some((name, entries)) if name == action.section() => entries.push(entry),
            _ => sections.push((action.section().to_owned(), vec![entry])),
        }
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keymap::DEFAULT_TOML;

    #[test]
    fn every_action_has_a_key_and_every_key_an_action() {
        let keymap = Keymap::parse(DEFAULT_TOML, &Action::names()).unwrap();
        for action in Action::ALL {
            assert!(!keymap.keys_for(action.name()).is_empty(), "{} has no key", action.name());
        }
    }
}
