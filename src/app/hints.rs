//! What the hint row offers: the actions of the chain that would do something now, with their keys.
//!
//! Reads the same chain as the keys do, so that nothing is offered that nobody takes. Start with
//! [`hints`].

use super::chain::{self, Target};
use super::{Keymap, permit, shell};
use crate::action::Action;
use crate::api::Need;
use crate::keymap::Scope;
use crate::model::Blocked;
use crate::view::{Hint, Hints, Model};

pub fn hints(model: &Model, keymap: &Keymap) -> Hints {
    let (items, ends) = if model.is_guarded() {
        let words = "keys are ignored for a moment, so that none answers by accident".to_owned();
        (Vec::new(), vec![Hint { key: "…".to_owned(), words, off: false }])
    } else {
        offered(model, keymap)
    };
    let errors = chain::taker(model, Action::Errors)
        .and_then(|_| keymap.label_for(Action::Errors, &chain::scopes(model)))
        .or_else(|| errors_from_a_text(model, keymap));
    let replay = if model.replayed.is_some() { replay(keymap) } else { Vec::new() };
    Hints { mode: model.mode(), items, ends, errors, replay }
}

/// The way to what was said from where letters are text, and leaving keeps what was written.
fn errors_from_a_text(model: &Model, keymap: &Keymap) -> Option<String> {
    chain::taker(model, Action::Leave)?;
    let leave = keymap.label_for(Action::Leave, &chain::scopes(model))?;
    let errors = keymap.label_for(Action::Errors, &[Scope::Global])?;
    Some(format!("{leave} {errors}"))
}

/// The innermost target's first, and apart from them what ends the row.
fn offered(model: &Model, keymap: &Keymap) -> (Vec<Hint>, Vec<Hint>) {
    let chain = chain::chain(model);
    let scopes: Vec<Scope> = chain.iter().flat_map(|target| target.scopes()).copied().collect();
    let mut seen = Vec::new();
    let (mut items, mut ends) = (Vec::new(), Vec::new());
    for (action, words) in chain.iter().flat_map(|target| target.hints(model)) {
        if seen.contains(&action) {
            continue;
        }
        let taker = chain.iter().find(|target| target.handler(model, action).is_some());
        let (Some(taker), Some(key)) = (taker, keymap.label_for(action, &scopes)) else { continue };
        seen.push(action);
        let blocked = permit::blocked(model, action).map(Blocked::words);
        let off = blocked.clone().or_else(|| taker.off(model, action));
        let words = off.as_ref().map_or(words.to_owned(), |why| format!("{words}: {why}"));
        let hint = Hint { key, words, off: off.is_some() };
        // A missing role stays where the key for it would be; what comes to nothing as things stand
        // is told behind the rest.
        let idle = hint.off && blocked.is_none();
        let part = if is_end(action) { &mut ends } else { &mut items };
        part.push((action, idle, hint));
    }
    items.sort_by_key(|(_, idle, _)| *idle);
    // What an answer lacks is told right behind the first.
    if let Some(at) = items.iter().position(|(action, idle, _)| *idle && *action == Action::Send) {
        items[at.min(1)..=at].rotate_right(1);
    }
    ends.sort_by_key(|(action, ..)| *action == Action::Help);
    let hints = |part: Vec<(Action, bool, Hint)>| part.into_iter().map(|(.., hint)| hint).collect();
    (hints(items), hints(ends))
}

/// Whether an action leads out of where one is, or to help: that is offered however little fits.
fn is_end(action: Action) -> bool {
    matches!(
        action,
        Action::Back | Action::Quit | Action::Close | Action::Cancel | Action::Leave | Action::Help
    )
}

/// Why an action would come to nothing now, whoever says so.
pub(crate) fn off(model: &Model, taker: &dyn Target, action: Action) -> Option<String> {
    permit::blocked(model, action).map(Blocked::words).or_else(|| taker.off(model, action))
}

/// What moves a replay, most useful first.
pub fn replay(keymap: &Keymap) -> Vec<Hint> {
    let keys = [
        (Action::Play, "play"),
        (Action::MomentOn, "next"),
        (Action::MomentBack, "back"),
        (Action::Quit, "quit"),
        (Action::Faster, "faster"),
        (Action::Slower, "slower"),
    ];
    let hint = |(action, words): (Action, &str)| {
        let key = keymap.label_for(action, &[Scope::Replay])?;
        Some(Hint { key, words: words.to_owned(), off: false })
    };
    keys.into_iter().filter_map(hint).collect()
}

/// What we are connected to, and how to reach the same from a shell.
pub(crate) fn connection(model: &Model) -> Vec<(String, String)> {
    let profile = &model.profile;
    let mut facts = vec![("service".to_owned(), profile.url.clone())];
    if let Some(file) = &profile.token_file {
        facts.push(("key in".to_owned(), file.clone()));
        facts.push(("try".to_owned(), shell::curl(profile, "/v2/agents")));
    }
    facts.extend(missing(model).into_iter().map(|words| ("off".to_owned(), words)));
    facts
}

/// Which keys are off, and every role that would put them on.
fn missing(model: &Model) -> Vec<String> {
    let Some(agent) = permit::agent(model) else { return Vec::new() };
    let line = |need: Need| {
        let meant = |action: &&Action| permit::need(model, **action) == Some(need);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{SessionRef, Timestamp};
    use crate::app::default_keymap;
    use crate::view::{Focus, OpenSession};

    #[test]
    fn every_action_has_a_key_and_every_key_an_action() {
        let keymap = default_keymap().unwrap();
        for action in Action::ALL {
            assert!(keymap.keys_for(*action).next().is_some(), "{} has no key", action.name());
        }
    }

    #[test]
    fn keys_that_would_be_refused_are_off_and_say_which_role_is_missing() {
        let keymap = default_keymap().unwrap();
        let now = Timestamp::UNIX_EPOCH;
        let mut model = Model::new(now, (120, 36));
        model.open = Some(OpenSession::new(SessionRef::new("support", "s")));
        model.focus = Focus::Timeline;
        let off = |model: &Model| {
            let hints = hints(model, &keymap).items.into_iter();
            hints.filter(|hint| hint.off).map(|hint| hint.words).collect::<Vec<_>>()
        };
        assert_eq!(off(&model), ["undo: nothing to undo", "interrupt: it is not running"]);
        model.permissions.refused(&"support".into(), Need::Manage, now);
        assert_eq!(
            off(&model)[..2],
            ["hide: needs agent_developer", "undo: needs agent_developer"]
        );
        let facts = connection(&model);
        let (_, fact) = facts.last().unwrap();
        let all = "rename, metadata, expiry, extend, secrets, disable, hide, undo, redo: needs";
        assert!(fact.starts_with(all), "{fact}");
        model.profile.read_only = true;
        let words = off(&model);
        assert!(words.contains(&"write: read-only profile".to_owned()), "{words:?}");
        assert!(!words.iter().any(|words| words.starts_with("artifacts")), "reading is reading");
    }
}
