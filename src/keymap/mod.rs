//! Which key does what, in which part of the screen.
//!
//! Owns keys, their notation, bindings, what is laid over them, and the way from presses to actions,
//! whatever those are: it knows nobody else in the crate and no terminal library. Start with
//! [`Keymap`] and [`Dispatcher::press`]; keys of one's own come with [`Keymap::lay`]. The invariant: within a scope no sequence is bound twice
//! and none is the beginning of another, so that no key ever has to wait for a timeout.

mod arrival;
mod dispatch;
pub mod key;
mod layers;
mod preset;
mod trie;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::hash::Hash;

use foldhash::fast::RandomState;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

pub use dispatch::{Continuation, Dispatcher, Outcome};
pub use key::{Code, Key, NotAKey};
pub use layers::{Clash, House, Line, Lost, Source};
pub use preset::Preset;

/// The keymap that is compiled in.
pub const DEFAULT_TOML: &str = include_str!("default.toml");

/// Declares the scopes with their names in a keymap file.
macro_rules! scopes {
    ($($scope:ident $name:literal)+) => {
        /// A part of the screen, or a mode, with bindings of its own.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Scope {
            $($scope,)+
        }

        impl Scope {
            pub const ALL: &'static [Self] = &[$(Self::$scope,)+];

            /// As it is written in a keymap file.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$scope => $name,)+ }
            }
        }
    };
}

scopes! {
    Always "always"
    Global "global"
    Move "move"
    Sessions "sessions"
    Timeline "timeline"
    Detail "detail"
    Waterfall "waterfall"
    Calls "calls"
    Arguments "arguments"
    Departed "departed"
    Answer "answer"
    Artifacts "artifacts"
    Viewer "viewer"
    Agents "agents"
    Diff "diff"
    Write "write"
    Form "form"
    Ask "ask"
    Hits "hits"
    Types "types"
    Bookmarks "bookmarks"
    Help "help"
    Page "page"
    Notices "notices"
    Replay "replay"
}

impl Scope {
    /// Whether unbound keys are text here.
    pub const fn takes_text(self) -> bool {
        matches!(self, Self::Write | Self::Answer | Self::Form | Self::Ask | Self::Help)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding<A> {
    pub scope: Scope,
    pub keys: Vec<Key>,
    pub action: A,
    pub source: Source,
}

/// Bindings to actions of the type `A`.
#[derive(Debug, Clone)]
pub struct Keymap<A> {
    bindings: Vec<Binding<A>>,
    /// How hints name the keys of each of them.
    labels: Vec<String>,
    /// Where those of each action are, because every hint of every frame asks for it.
    places: HashMap<A, Vec<usize>, RandomState>,
    /// Has every scope.
    roots: BTreeMap<Scope, trie::Node>,
    /// The bindings before anything of one's own was laid over them.
    base: Vec<Binding<A>>,
    /// What was laid over, and which bindings gave way to it.
    own: Vec<Line<A>>,
    lost: Vec<Lost<A>>,
}

/// What is wrong with a keymap, and on which line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("keymap, line {line}: {problem}")]
pub struct KeymapError {
    pub line: usize,
    pub problem: Problem,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("{0}")]
    Toml(String),
    #[error("there is no scope `{0}`; the scopes are {names}", names = Scope::ALL.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(", "))]
    UnknownScope(String),
    #[error("a scope is a table of actions")]
    NotAScope,
    #[error("there is no action `{0}`")]
    UnknownAction(String),
    #[error("keys are a text, or a list of texts")]
    NotKeys,
    #[error(transparent)]
    NotAKey(#[from] NotAKey),
    #[error("in {scope}, `{keys}` for {action} is in the way of `{other_keys}` for {other_action}")]
    Conflict {
        scope: Scope,
        keys: String,
        action: String,
        other_keys: String,
        other_action: String,
    },
}

impl<A: Copy + Eq + Hash> Keymap<A> {
    /// Reads a keymap; `action` knows the actions by their names.
    pub fn parse(toml: &str, action: impl Fn(&str) -> Option<A>) -> Result<Self, KeymapError> {
        let line_at = |offset: usize| toml[..offset].matches('\n').count() + 1;
        let document = DeTable::parse(toml).map_err(|error| {
            let line = line_at(error.span().map_or(0, |span| span.start.min(toml.len())));
            KeymapError { line, problem: Problem::Toml(error.message().to_owned()) }
        })?;
        let mut keymap = Self::empty();
        for (name, scope_value) in in_file_order(document.get_ref()) {
            let wrong = |problem| KeymapError { line: line_at(name.span().start), problem };
            let scope = Scope::ALL.iter().copied().find(|scope| scope.name() == name.get_ref());
            let scope =
                scope.ok_or_else(|| wrong(Problem::UnknownScope(name.get_ref().to_string())))?;
            let table =
                scope_value.get_ref().as_table().ok_or_else(|| wrong(Problem::NotAScope))?;
            let mut names: Vec<(usize, String)> = Vec::new();
            for (named, value) in in_file_order(table) {
                let wrong = |problem| KeymapError { line: line_at(named.span().start), problem };
                let name = named.get_ref().as_ref();
                let known =
                    action(name).ok_or_else(|| wrong(Problem::UnknownAction(name.to_owned())))?;
                for (offset, keys) in sequences(value).map_err(wrong)? {
                    let wrong = |problem| KeymapError { line: line_at(offset), problem };
                    let keys = Key::parse_sequence(keys).map_err(|error| wrong(error.into()))?;
                    names.push((keymap.bindings.len(), name.to_owned()));
                    keymap.bind(scope, keys, known, &names).map_err(wrong)?;
                }
            }
        }
        keymap.base.clone_from(&keymap.bindings);
        Ok(keymap)
    }

    /// Nothing is bound.
    pub fn empty() -> Self {
        Self::of(Vec::new())
    }

    /// Bindings that are in nobody's way.
    fn of(bindings: Vec<Binding<A>>) -> Self {
        let mut keymap = Self {
            bindings: Vec::new(),
            labels: Vec::new(),
            places: HashMap::default(),
            roots: BTreeMap::new(),
            base: Vec::new(),
            own: Vec::new(),
            lost: Vec::new(),
        };
        keymap.plant(bindings);
        keymap.base.clone_from(&keymap.bindings);
        keymap
    }

    /// Takes bindings in the place of those that there are.
    fn plant(&mut self, bindings: Vec<Binding<A>>) {
        (self.bindings, self.roots) = trie::grow(bindings);
        self.labels = self.bindings.iter().map(|binding| key::label(&binding.keys)).collect();
        self.places.clear();
        for (at, binding) in self.bindings.iter().enumerate() {
            self.places.entry(binding.action).or_default().push(at);
        }
    }

    fn bind(
        &mut self,
        scope: Scope,
        keys: Vec<Key>,
        action: A,
        names: &[(usize, String)],
    ) -> Result<(), Problem> {
        let at = self.bindings.len();
        // Those of other scopes are in other roots, so that what is in the way has a name here.
        let name_of = |binding: usize| {
            let found = names.iter().find(|(at, _)| *at == binding);
            found.map(|(_, name)| name.clone()).unwrap_or_default()
        };
        let root = self.roots.entry(scope).or_default();
        root.insert(&keys, at).map_err(|other| Problem::Conflict {
            scope,
            keys: key::notation(&keys),
            action: name_of(at),
            other_keys: key::notation(&self.bindings[other].keys),
            other_action: name_of(other),
        })?;
        self.labels.push(key::label(&keys));
        self.bindings.push(Binding { scope, keys, action, source: Source::Default });
        self.places.entry(action).or_default().push(at);
        Ok(())
    }

    /// Every binding of an action, the preferred one of each scope first.
    pub fn keys_for(&self, action: A) -> impl Iterator<Item = &Binding<A>> {
        self.places_of(action).map(|at| &self.bindings[at])
    }

    fn places_of(&self, action: A) -> impl Iterator<Item = usize> {
        self.places.get(&action).into_iter().flatten().copied()
    }

    /// How a hint names the key for an action where `scopes` are in force, innermost first.
    pub fn label_for(&self, action: A, scopes: &[Scope]) -> Option<String> {
        let typed = scopes.first().filter(|scope| scope.takes_text());
        let reached = |binding: &Binding<A>| {
            typed.is_none_or(|scope| binding.scope == *scope)
                || dispatch::is_never_text(binding.keys[0])
        };
        let near = |at: usize| {
            let binding = Some(&self.bindings[at]).filter(|binding| reached(binding))?;
            Some((scopes.iter().position(|scope| binding.scope == *scope)?, at))
        };
        let found = self.places_of(action).filter_map(near).min_by_key(|(near, _)| *near);
        found.map(|(_, at)| self.labels[at].clone())
    }

    fn action(&self, binding: usize) -> A {
        self.bindings[binding].action
    }

    fn root(&self, scope: Scope) -> &trie::Node {
        &self.roots[&scope]
    }
}

/// The parser sorts by name; people sort by meaning.
fn in_file_order<'t, 'i>(
    table: &'t DeTable<'i>,
) -> Vec<(&'t Spanned<std::borrow::Cow<'i, str>>, &'t Spanned<DeValue<'i>>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(name, _)| name.span().start);
    entries
}

/// The sequences of one action with their places in the file.
fn sequences<'t>(value: &'t Spanned<DeValue<'_>>) -> Result<Vec<(usize, &'t str)>, Problem> {
    let text = |value: &'t Spanned<DeValue<'_>>| {
        value.get_ref().as_str().map(|text| (value.span().start, text)).ok_or(Problem::NotKeys)
    };
    match value.get_ref().as_array() {
        Some(list) => list.iter().map(text).collect(),
        None => Ok(vec![text(value)?]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn a_or_b(name: &str) -> Option<char> {
        name.chars().next().filter(|_| matches!(name, "a" | "b"))
    }

    /// What is compiled in, with the names of actions.
    fn default_keymap() -> Keymap<&'static str> {
        Keymap::parse(DEFAULT_TOML, |name| Some(&*name.to_owned().leak())).unwrap()
    }

    fn problem(toml: &str) -> (usize, String) {
        let error = Keymap::parse(toml, a_or_b).unwrap_err();
        (error.line, error.problem.to_string())
    }

    #[test]
    fn the_default_parses_and_is_not_empty() {
        let keymap = default_keymap();
        assert!(keymap.bindings.len() > 60);
        for scope in [Scope::Write, Scope::Answer, Scope::Ask, Scope::Help] {
            assert!(
                keymap
                    .bindings
                    .iter()
                    .filter(|b| b.scope == scope)
                    .all(|b| b.keys[0].typed().is_none()),
                "{scope} binds a letter"
            );
        }
    }

    /// tmux, screen and flow control take the first ones, zellij others; many terminals never send the
    /// rest.
    #[test]
    fn no_action_depends_on_a_key_that_may_not_arrive() {
        let keymap = default_keymap();
        let may_not_arrive = |key: &Key| {
            let shift_or_ctrl = (key.shift || key.ctrl) && !matches!(key.code, Code::Char(_));
            let zellij =
                key.ctrl && matches!(key.code, Code::Char('g' | 'h' | 'n' | 'o' | 'p' | 't'));
            key.alt || shift_or_ctrl || zellij || matches!(key.code, Code::F(_))
        };
        for binding in &keymap.bindings {
            for key in &binding.keys {
                let taken =
                    key.ctrl && matches!(key.code, Code::Char('a' | 'b' | 's' | 'q' | '\\'));
                assert!(!taken, "{binding:?}");
                assert_eq!(arrival::why_never(*key), None, "{binding:?}");
            }
            let reachable = keymap.keys_for(binding.action).any(|other| {
                other.scope == binding.scope && !other.keys.iter().any(may_not_arrive)
            });
            // There the arrows, which edit nothing in a line, do the same.
            assert!(reachable || binding.scope == Scope::Hits, "{binding:?}");
        }
    }

    #[test]
    fn bindings_keep_the_order_of_the_file() {
        let keymap = Keymap::parse("[move]\nb = [\"z\", \"y\"]\na = \"x\"", a_or_b).unwrap();
        let keys: Vec<_> = keymap.bindings.iter().map(|b| key::notation(&b.keys)).collect();
        assert_eq!(keys, ["z", "y", "x"]);
    }

    #[test]
    fn errors_name_the_line_and_the_key() {
        assert_eq!(problem("[move]\n\nc = \"x\""), (3, "there is no action `c`".to_owned()));
        assert_eq!(problem("\n[mvoe]").0, 2);
        assert!(problem("[mvoe]").1.contains("`mvoe`"));
        assert!(problem("[move]\na = \"<nope>\"").1.contains("`<nope>`"));
        assert_eq!(problem("[move]\na = [\n\"x\",\n\"yy\"]").0, 4);
        assert_eq!(problem("[move]\na = 3").1, "keys are a text, or a list of texts");
        assert_eq!(problem("move = 3").1, "a scope is a table of actions");
        assert_eq!(problem("[move]\na = ").0, 2);
    }

    #[test]
    fn a_key_bound_twice_or_hidden_by_a_prefix_is_an_error() {
        for (first, second) in [("x", "x"), ("g", "g g"), ("g g", "g")] {
            let (line, text) = problem(&format!("[move]\na = \"{first}\"\nb = \"{second}\""));
            assert_eq!(line, 3);
            assert!(text.contains(&format!("`{second}` for b")), "{text}");
            assert!(text.contains(&format!("`{first}` for a")), "{text}");
        }
        assert!(Keymap::parse("[move]\na = \"x\"\n[help]\nb = \"x\"", a_or_b).is_ok());
    }

    #[test]
    fn a_hint_shows_the_key_of_the_nearest_scope() {
        let keymap = default_keymap();
        let scopes = [Scope::Timeline, Scope::Move, Scope::Global];
        assert_eq!(keymap.label_for("first", &scopes).as_deref(), Some("gg"));
        assert_eq!(keymap.label_for("next_error", &scopes).as_deref(), Some("]e"));
        assert_eq!(keymap.label_for("send", &scopes), None);
    }
}
