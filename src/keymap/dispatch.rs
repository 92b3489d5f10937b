//! From key presses to actions. Holds the keys of an unfinished sequence and nothing else.

use std::hash::Hash;

use super::key::{Code, Key};
use super::trie::Found;
use super::{Keymap, Scope};

#[derive(Debug, Clone, Default)]
pub struct Dispatcher {
    pending: Vec<Key>,
    /// The innermost scope when the sequence was begun.
    begun_in: Option<Scope>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<A> {
    Action(A),
    /// More keys are needed; these are the ones that lead on.
    Pending(Vec<Continuation<A>>),
    /// Nothing is bound here, or Esc gave up an unfinished sequence. In a scope that takes text
    /// the key belongs to the text.
    Unbound,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Continuation<A> {
    pub key: Key,
    /// `None` when yet more keys follow.
    pub action: Option<A>,
}

impl Dispatcher {
    /// Takes one key. `scopes` go from the innermost to the outermost; the innermost one that knows
    /// the sequence decides.
    pub fn press<A: Copy + Eq + Hash>(
        &mut self,
        keymap: &Keymap<A>,
        scopes: &[Scope],
        key: Key,
    ) -> Outcome<A> {
        if self.is_begun_elsewhere(scopes) {
            // It must not swallow the first letter that is typed here.
            self.pending.clear();
        }
        if self.pending.is_empty() {
            self.begun_in = scopes.first().copied();
        }
        if !self.pending.is_empty() && key == Key::new(Code::Esc) {
            self.pending.clear();
            return Outcome::Unbound;
        }
        self.pending.push(key);
        let mut ways = Vec::new();
        for (scope, root) in reachable(keymap, scopes, self.pending[0]) {
            match root.find(&self.pending) {
                Some(Found::Binding(binding)) if ways.is_empty() => {
                    self.pending.clear();
                    return Outcome::Action(keymap.action(binding));
                }
                Some(Found::Prefix(node)) => ways.push((scope, node)),
                // An inner scope waits for more, so an outer binding of the same keys is covered.
                Some(Found::Binding(_)) | None => {}
            }
        }
        if ways.is_empty() {
            self.pending.clear();
            return Outcome::Unbound;
        }
        let mut continuations: Vec<Continuation<A>> = Vec::new();
        for (key, binding) in ways.iter().flat_map(|(_, node)| node.next_keys()) {
            if continuations.iter().all(|known| known.key != key) {
                let action = binding.map(|binding| keymap.action(binding));
                continuations.push(Continuation { key, action });
            }
        }
        Outcome::Pending(continuations)
    }

    /// Whether the keys that are pending were pressed before text was typed.
    fn is_begun_elsewhere(&self, scopes: &[Scope]) -> bool {
        let innermost = scopes.first();
        innermost.is_some_and(|scope| scope.takes_text()) && self.begun_in != innermost.copied()
    }

    /// Gives an unfinished sequence up.
    pub fn forget(&mut self) {
        self.pending.clear();
    }

    /// Whether `key` leads anywhere if it is pressed next.
    pub fn binds<A: Copy + Eq + Hash>(
        &self,
        keymap: &Keymap<A>,
        scopes: &[Scope],
        key: Key,
    ) -> bool {
        let elsewhere = self.is_begun_elsewhere(scopes);
        let mut keys = if elsewhere { Vec::new() } else { self.pending.clone() };
        keys.push(key);
        reachable(keymap, scopes, keys[0]).any(|(_, root)| root.find(&keys).is_some())
    }
}

/// Whether a key means the scopes around it where text is typed: there a letter is a letter, and
/// Tab, Enter and Esc must not leave by way of an outer scope.
pub(super) fn is_never_text(key: Key) -> bool {
    key.ctrl || matches!(key.code, Code::F(_))
}

/// The scopes in which a sequence that starts with `first` may be looked up.
fn reachable<'a, A: Copy + Eq + Hash>(
    keymap: &'a Keymap<A>,
    scopes: &'a [Scope],
    first: Key,
) -> impl Iterator<Item = (Scope, &'a super::trie::Node)> {
    let closed = scopes.first().is_some_and(|scope| scope.takes_text()) && !is_never_text(first);
    let depth = if closed { 1 } else { scopes.len() };
    scopes.iter().take(depth).map(|scope| (*scope, keymap.root(*scope)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &str = r#"
        [global]
        quit = "q"
        stop = "<c-c>"
        help = ["?", "<f1>"]
        [move]
        first = "g g"
        down = "j"
        open = "<enter>"
        [timeline]
        go_error = "g e"
        own_down = "j"
        [write]
        send = "<enter>"
    "#;

    const BROWSE: &[Scope] = &[Scope::Timeline, Scope::Move, Scope::Global];
    const WRITE: &[Scope] = &[Scope::Write, Scope::Move, Scope::Global];

    /// What the last key of `keys` led to.
    fn press(scopes: &[Scope], keys: &str) -> Outcome<&'static str> {
        let keymap = named(MAP);
        let mut dispatcher = Dispatcher::default();
        let keys = Key::parse_sequence(keys).unwrap();
        keys.iter().map(|key| dispatcher.press(&keymap, scopes, *key)).last().unwrap()
    }

    /// A keymap whose actions are their names.
    fn named(toml: &str) -> Keymap<&'static str> {
        Keymap::parse(toml, |name| Some(&*name.to_owned().leak())).unwrap()
    }

    fn action(name: &'static str) -> Outcome<&'static str> {
        Outcome::Action(name)
    }

    #[test]
    fn the_innermost_scope_decides_and_outer_ones_still_answer() {
        assert_eq!(press(BROWSE, "j"), action("own_down"));
        assert_eq!(press(&[Scope::Move, Scope::Global], "j"), action("down"));
        assert_eq!(press(BROWSE, "q"), action("quit"));
        assert_eq!(press(BROWSE, "z"), Outcome::Unbound);
    }

    #[test]
    fn a_prefix_gathers_the_ways_on_from_all_scopes() {
        let Outcome::Pending(ways) = press(BROWSE, "g") else { panic!("not pending") };
        let ways: Vec<_> = ways.iter().map(|way| way.action.unwrap()).collect();
        assert_eq!(ways, ["go_error", "first"]);
        assert_eq!(press(BROWSE, "g g"), action("first"));
        assert_eq!(press(BROWSE, "g e"), action("go_error"));
    }

    #[test]
    fn what_is_bound_is_known_before_it_is_pressed() {
        let keymap = named(MAP);
        let mut dispatcher = Dispatcher::default();
        let binds = |dispatcher: &Dispatcher, scopes, key| {
            dispatcher.binds(&keymap, scopes, Key::parse(key).unwrap())
        };
        for (key, bound) in [("j", true), ("g", true), ("<a-j>", false), ("e", false)] {
            assert_eq!(binds(&dispatcher, BROWSE, key), bound, "{key}");
        }
        dispatcher.press(&keymap, BROWSE, Key::char('g'));
        assert!(binds(&dispatcher, BROWSE, "e") && !binds(&dispatcher, BROWSE, "j"));
        assert!(binds(&dispatcher, WRITE, "<enter>") && !binds(&dispatcher, WRITE, "e"));
    }

    #[test]
    fn esc_and_strange_keys_end_a_sequence() {
        assert_eq!(press(BROWSE, "g <esc>"), Outcome::Unbound);
        assert_eq!(press(BROWSE, "g <esc> g"), press(BROWSE, "g"));
        assert_eq!(press(BROWSE, "g x j"), action("own_down"));
    }

    #[test]
    fn where_text_is_typed_only_what_is_never_text_reaches_outside() {
        assert_eq!(press(WRITE, "q"), Outcome::Unbound);
        assert_eq!(press(WRITE, "j"), Outcome::Unbound);
        assert_eq!(press(WRITE, "<enter>"), action("send"));
        assert_eq!(press(WRITE, "<c-c>"), action("stop"));
        assert_eq!((press(WRITE, "?"), press(WRITE, "<f1>")), (Outcome::Unbound, action("help")));
        let label = |scopes| named(MAP).label_for("help", scopes);
        assert_eq!((label(BROWSE).as_deref(), label(WRITE).as_deref()), (Some("?"), Some("F1")));
        assert_eq!(press(&[Scope::Answer, Scope::Move], "<enter>"), Outcome::Unbound);
    }

    #[test]
    fn a_sequence_begun_elsewhere_does_not_swallow_text() {
        let keymap = named(crate::keymap::DEFAULT_TOML);
        let mut dispatcher = Dispatcher::default();
        let g = Key::char('g');
        assert!(matches!(dispatcher.press(&keymap, BROWSE, g), Outcome::Pending(_)));
        assert_eq!(dispatcher.press(&keymap, WRITE, g), Outcome::Unbound);
        assert!(dispatcher.pending.is_empty());
        // One that is begun there goes on there, and no letter is lost to it.
        let [first, second] = ["<c-x>", "<c-o>"].map(|key| Key::parse(key).unwrap());
        assert!(matches!(dispatcher.press(&keymap, WRITE, first), Outcome::Pending(_)));
        assert_eq!(dispatcher.press(&keymap, WRITE, second), action("detach"));
        dispatcher.press(&keymap, WRITE, first);
        assert_eq!(dispatcher.press(&keymap, WRITE, g), Outcome::Unbound);
        dispatcher.press(&keymap, BROWSE, first);
        assert_eq!(dispatcher.press(&keymap, WRITE, g), Outcome::Unbound);
    }
}
