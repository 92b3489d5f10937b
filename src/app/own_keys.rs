//! Keys of one's own over those that are compiled in: which actions there are to bind, what must keep a
//! key, and what keys are called then.
//!
//! Start with [`lay`]. The invariant: whatever is laid over, a person finds the commands, help and the
//! way out.

use std::collections::BTreeMap;

use super::{Action, Keymap, chain};
use crate::keymap::{Clash, House, Line, Scope, key};
use crate::view::{KeyNames, OwnCommands};

/// What must keep a key.
const KEPT: &[(Scope, Action)] = &[
    (Scope::Global, Action::Commands),
    (Scope::Always, Action::Help),
    (Scope::Global, Action::Quit),
];

/// Lays lines over a keymap and says which of them do not count, or not everywhere.
pub fn lay(keymap: &mut Keymap, lines: Vec<Line<Action>>) -> Vec<Clash<Action>> {
    let chains = chain::all_scopes();
    keymap.lay(lines, &House { chains: &chains, kept: KEPT })
}

/// The same with one line, in words why it does not count.
pub(crate) fn bind(
    keymap: &mut Keymap,
    line: Line<Action>,
    own: &OwnCommands,
) -> Result<Vec<String>, String> {
    let chains = chain::all_scopes();
    let words = |clashes: Vec<Clash<Action>>| -> Vec<String> {
        let name = |action| own.name(action).to_owned();
        clashes.into_iter().map(|clash| clash.words(name)).collect()
    };
    let bound = keymap.bind_own(line, &House { chains: &chains, kept: KEPT });
    bound.map(words).map_err(|clashes| words(clashes).join("; "))
}

/// Scopes in which a command of one's own can have keys: those with the screen around them.
pub fn scopes_of_commands() -> Vec<Scope> {
    let mut scopes: Vec<Scope> = chain::all_scopes()
        .into_iter()
        .filter(|chain| chain.contains(&Scope::Global))
        .flatten()
        .filter(|scope| !matches!(scope, Scope::Move | Scope::Always) && !scope.takes_text())
        .collect();
    scopes.sort_unstable();
    scopes.dedup();
    scopes
}

/// How a sentence calls the keys of actions that are not where they usually are; what has no key is
/// typed.
pub(crate) fn names(keymap: &Keymap, usual: &Keymap) -> KeyNames {
    // An action may have keys in several scopes: sentences mean those of the first.
    let changed = Action::ALL.iter().filter_map(|action| {
        let before = usual.keys_for(*action).next()?;
        let now = || keymap.keys_for(*action);
        let now = now().find(|binding| binding.scope == before.scope).or(now().next());
        let label = match now {
            Some(now) if now.keys == before.keys => return None,
            Some(now) => key::label(&now.keys),
            None => format!(":{}", action.name()),
        };
        Some((*action, label))
    });
    KeyNames::new(changed.collect::<BTreeMap<_, _>>(), names_in_scopes(keymap, usual))
}

/// Of each scope in which an action is not where it usually is.
fn names_in_scopes(keymap: &Keymap, usual: &Keymap) -> BTreeMap<(&'static str, Action), String> {
    let first = |of: &'_ Keymap, scope, action| {
        of.keys_for(action).find(|binding| binding.scope == scope).map(|found| found.keys.clone())
    };
    let mut changed = BTreeMap::new();
    for usually in usual.bindings() {
        let (scope, action) = (usually.scope, usually.action);
        let (before, now) = (first(usual, scope, action), first(keymap, scope, action));
        if before != now {
            let label = now.map_or_else(|| format!(":{}", action.name()), |keys| key::label(&keys));
            changed.insert((scope.name(), action), label);
        }
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::default_keymap;
    use crate::keymap::{Key, Preset, Source};

    #[test]
    fn every_preset_leaves_every_action_a_key() {
        for (name, preset) in Preset::WORDS {
            let keymap = default_keymap().unwrap().with_preset(preset);
            for action in Action::ALL {
                assert!(keymap.keys_for(*action).next().is_some(), "{name}: {action:?}");
            }
        }
    }

    #[test]
    fn no_preset_hides_a_key_of_an_outer_scope_behind_another_one() {
        // What an inner scope covers in the keymap that is compiled in is meant there.
        let covered = |keymap: &Keymap| {
            let mut covered = Vec::new();
            for chain in chain::all_scopes() {
                for (at, inner) in chain.iter().enumerate() {
                    for one in keymap.bindings().iter().filter(|one| one.scope == *inner) {
                        let outer = keymap.bindings().iter().filter(|other| {
                            let is_short = one.keys.len() == 1 || other.keys.len() == 1;
                            chain[at + 1..].contains(&other.scope)
                                && other.action != one.action
                                && other.keys[0] == one.keys[0]
                                && is_short
                        });
                        covered.extend(outer.map(|other| (inner.name(), one.action, other.action)));
                    }
                }
            }
            covered.sort_unstable();
            covered.dedup();
            covered
        };
        let usual = covered(&default_keymap().unwrap());
        for (name, preset) in Preset::WORDS {
            let with = covered(&default_keymap().unwrap().with_preset(preset));
            let more: Vec<_> = with.iter().filter(|pair| !usual.contains(pair)).collect();
            assert!(more.is_empty(), "{name}: {more:?}");
        }
    }

    #[test]
    fn what_is_laid_over_is_named_by_its_new_key() {
        let usual = default_keymap().unwrap();
        let mut keymap = usual.clone();
        let keys = vec![Key::parse_sequence("g x").unwrap()];
        let line =
            Line { scope: Scope::Timeline, action: Action::Hide, keys, source: Source::Keys(1) };
        let none = Line {
            scope: Scope::Global,
            action: Action::Refresh,
            keys: Vec::new(),
            source: Source::Keys(2),
        };
        assert!(lay(&mut keymap, vec![line, none]).is_empty());
        let names = names(&keymap, &usual);
        assert_eq!(names.of(Action::Hide, "x"), "gx");
        assert_eq!(names.of(Action::Refresh, "R"), ":refresh");
        assert_eq!(names.of(Action::Write, "i"), "i");
        assert_eq!(names.of_scope("timeline", Action::Hide, "x"), "gx");
        assert_eq!(names.of_scope("detail", Action::Hide, "x"), "x", "there it stays");
    }
}
