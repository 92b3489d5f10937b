//! Which keys the screen offers: the next useful ones in the hint row, all of them in help.

use crate::api::Need;
use crate::app::{Action, permit, scope};
use crate::keymap::{Keymap, Scope};
use crate::model::{Blocked, Focus, Mode, Model, Overlay, View};
use crate::ui::{Hint, Hints};

/// What the hint row shows for what is focused now, most useful first.
fn useful(model: &Model) -> &'static [(Action, &'static str)] {
    use Action::{
        AnswerType, Back, Bookmark, Cancel, ChooseAll, Close, Confirm, Copy, CopyCurl, CopyJson,
        CopyPath, CopyValue, Down, Edit, Fold, FoldAll, Follow, Help, Hide, Interrupt, Last, Leave,
        ModeChip, MomentBack, MomentOn, Newline, NextError, NextLook, NextPane, NextPending,
        NextTurn, Open, PaneArtifacts, PaneCalls, Quit, Reveal, Search, Send, SendMessage,
        SetAside, Sort, Toggle, Types, Undo, UnfoldAll, WhereTimeWent, Why, Wrap, Write,
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
        (Mode::Browse, true, _) if model.overlay == Some(Overlay::Types) => {
            &[(Toggle, "choose"), (ChooseAll, "all"), (Open, "show only these"), (Close, "leave")]
        }
        (Mode::Browse, true, _) if model.overlay == Some(Overlay::Bookmarks) => {
            &[(Open, "go there"), (Bookmark, "note"), (Close, "leave")]
        }
        (Mode::Browse, true, _) => &[(Down, "scroll"), (Close, "close")],
        (Mode::Browse, false, View::Triage | View::File) if scope::detail_has_keys(model) => &[
            (Open, "whole, fold"),
            (NextLook, "look"),
            (Copy, "copy"),
            (CopyPath, "path"),
            (CopyJson, "event"),
            (CopyCurl, "curl"),
            (Wrap, "wrap"),
            (UnfoldAll, "unfold all"),
            (Back, "back"),
            (Help, "help"),
        ],
        (Mode::Browse, false, View::Triage | View::File) if scope::waterfall_has_keys(model) => &[
            (Open, "its row"),
            (Sort, "order"),
            (Fold, "fold"),
            (UnfoldAll, "unfold all"),
            (FoldAll, "fold all"),
            (Last, "end"),
            (Back, "back"),
            (Help, "help"),
        ],
        (Mode::Browse, false, View::Triage) if model.focus == Focus::Sessions => &[
            (Open, "open"),
            (PaneCalls, "your turn"),
            (PaneArtifacts, "artifacts"),
            (Search, "filter"),
            (Write, "write"),
            (Quit, "quit"),
            (Help, "help"),
        ],
        (Mode::Browse, false, View::Triage | View::File) if model.is_past() => &[
            (MomentOn, "on"),
            (MomentBack, "back"),
            (Back, "now"),
            (NextTurn, "turn"),
            (NextError, "error"),
            (Follow, "newest"),
            (Help, "help"),
        ],
        (Mode::Browse, false, View::Triage) => &[
            (Open, "open"),
            (Hide, "hide"),
            (Undo, "undo"),
            (Search, "find"),
            (Write, "write"),
            (PaneArtifacts, "artifacts"),
            (NextError, "error"),
            (Fold, "fold"),
            (Follow, "follow"),
            (WhereTimeWent, "time"),
            (Interrupt, "interrupt"),
            (PaneCalls, "your turn"),
            (Help, "help"),
        ],
        (Mode::Browse, false, View::File) => &[
            (Open, "unfold"),
            (Search, "find"),
            (Types, "types"),
            (NextTurn, "turn"),
            (NextError, "error"),
            (FoldAll, "fold all"),
            (WhereTimeWent, "time"),
            (MomentBack, "back in time"),
            (Last, "end"),
            (Quit, "quit"),
            (Help, "help"),
        ],
        (Mode::Browse, false, View::Calls) if scope::departed_has_keys(model) => {
            &[(Copy, "copy what you had written")]
        }
        (Mode::Browse, false, View::Calls) if model.focus == Focus::Why => {
            &[(Open, "jump there"), (Down, "down"), (NextPending, "next call"), (Back, "back")]
        }
        (Mode::Browse, false, View::Calls) => &[
            (Edit, "edit answer"),
            (AnswerType, "success/error"),
            (Send, "send"),
            (NextPending, "next call"),
            (SetAside, "set aside"),
            (Why, "why"),
            (Reveal, "show secret"),
            (NextPane, "pane"),
            (Back, "back"),
            (Help, "help"),
        ],
        (Mode::Browse, false, View::Artifacts) if model.focus == Focus::Viewer => &[
            (NextLook, "look"),
            (Search, "find"),
            (Fold, "fold"),
            (Wrap, "wrap"),
            (Copy, "copy"),
            (CopyValue, "value"),
            (CopyPath, "path"),
            (UnfoldAll, "unfold all"),
            (Back, "back"),
            (Help, "help"),
        ],
        (Mode::Browse, false, View::Artifacts) => &[
            (Open, "view"),
            (Down, "down"),
            (NextLook, "look"),
            (Wrap, "wrap"),
            (Copy, "copy"),
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
        let words = "keys are ignored for a moment, so that none answers by accident".to_owned();
        vec![Hint { key: "…".to_owned(), words, off: false }]
    } else {
        let offered = useful(model).iter();
        let hint = |(action, words): &(Action, &str)| {
            let blocked = permit::blocked(model, *action);
            let why = blocked.map(|blocked| format!("{words}: {}", blocked.words()));
            let off = why.is_some();
            let words = why.unwrap_or_else(|| (*words).to_owned());
            Some(Hint { key: label(*action)?, words, off })
        };
        offered.filter_map(hint).collect()
    };
    let (facts, help) = if model.overlay.is_some() {
        (connection(model), help(model, keymap))
    } else {
        (Vec::new(), Vec::new())
    };
    let replay = if model.replayed.is_some() { replay(keymap) } else { Vec::new() };
    Hints { mode: model.mode, items, replay, facts, help }
}

/// What moves a replay, most useful first.
fn replay(keymap: &Keymap) -> Vec<Hint> {
    let keys = [
        (Action::Play, "play"),
        (Action::MomentOn, "next"),
        (Action::MomentBack, "back"),
        (Action::Quit, "quit"),
        (Action::Faster, "faster"),
        (Action::Slower, "slower"),
    ];
    let hint = |(action, words): (Action, &str)| {
        let key = keymap.label_for(action.name(), &[Scope::Replay])?;
        Some(Hint { key, words: words.to_owned(), off: false })
    };
    keys.into_iter().filter_map(hint).collect()
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
    facts.extend(missing(model).into_iter().map(|words| ("off".to_owned(), words)));
    facts
}

/// Which keys are off, and every role that would put them on.
fn missing(model: &Model) -> Vec<String> {
    let Some(agent) = permit::agent(model) else { return Vec::new() };
    let line = |need: Need| {
        let meant = |action: &&Action| permit::need(**action) == Some(need);
        let action = Action::ALL.iter().find(meant).copied();
        let blocked = action.and_then(|action| permit::blocked(model, action))?;
        let names = Action::ALL.iter().filter(meant).map(|action| action.name().replace('_', " "));
        let names = names.collect::<Vec<_>>().join(", ");
        Some(match blocked {
            Blocked::ReadOnly | Blocked::File | Blocked::Past => {
                format!("{names}: {}", blocked.words())
            }
            Blocked::Role(need) => format!("{names}: needs {} on {agent}", need.words()),
        })
    };
    [Need::Submit, Need::Read, Need::Manage].into_iter().filter_map(line).collect()
}

/// Sections of keys.
fn help(model: &Model, keymap: &Keymap) -> Vec<(String, Vec<Hint>)> {
    let pane = if scope::detail_has_keys(model) {
        Scope::Detail
    } else if scope::waterfall_has_keys(model) {
        Scope::Waterfall
    } else {
        scope::pane(model.focus)
    };
    let scopes =
        [pane, Scope::Move, Scope::Global, Scope::Timeline, Scope::Arguments, Scope::Write];
    let mut sections: Vec<(String, Vec<Hint>)> = Vec::new();
    for action in Action::ALL {
        let Some(label) = keymap.label_for(action.name(), &scopes) else { continue };
        let off = permit::blocked(model, *action).is_some();
        let entry = Hint { key: label, words: action.words().to_owned(), off };
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
    use crate::api::{SessionRef, Timestamp};
    use crate::keymap::DEFAULT_TOML;
    use crate::model::OpenSession;

    #[test]
    fn every_action_has_a_key_and_every_key_an_action() {
        let keymap = Keymap::parse(DEFAULT_TOML, &Action::names()).unwrap();
        for action in Action::ALL {
            assert!(!keymap.keys_for(action.name()).is_empty(), "{} has no key", action.name());
        }
    }

    #[test]
    fn keys_that_would_be_refused_are_off_and_say_which_role_is_missing() {
        let keymap = Keymap::parse(DEFAULT_TOML, &Action::names()).unwrap();
        let now = Timestamp::UNIX_EPOCH;
        let mut model = Model::new(now, (120, 36));
        model.open = Some(OpenSession::new(SessionRef::new("support", "s")));
        model.focus = Focus::Timeline;
        let off = |model: &Model| {
            let hints = hints(model, &keymap).items.into_iter();
            hints.filter(|hint| hint.off).map(|hint| hint.words).collect::<Vec<_>>()
        };
        assert!(off(&model).is_empty());
        model.permissions.refused(&"support".into(), Need::Manage, now);
        assert_eq!(off(&model), ["hide: needs agent_developer", "undo: needs agent_developer"]);
        model.overlay = Some(Overlay::Help);
        let shown = hints(&model, &keymap);
        let (_, fact) = shown.facts.last().unwrap();
        assert!(fact.starts_with("hide, undo, redo: needs agent_developer, "), "{fact}");
        let acts = shown.help.into_iter().flat_map(|(_, keys)| keys);
        assert_eq!(acts.filter(|hint| hint.off).count(), 3);
        model.overlay = None;
        model.profile.read_only = true;
        let words = off(&model);
        assert!(words.contains(&"write: read-only profile".to_owned()), "{words:?}");
        assert!(!words.iter().any(|words| words.starts_with("artifacts")), "reading is reading");
    }
}
