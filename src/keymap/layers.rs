//! Keys of one's own, laid over those that are there: what counts, what had to give way, and what
//! cannot be meant.
//!
//! Start with [`Keymap::lay`]. The invariant: whatever is laid over, Esc and Ctrl-C keep their
//! meaning, what must not be lost keeps a key, and no two bindings of a scope are in each other's way.

use std::fmt::{self, Write as _};
use std::hash::Hash;

use super::key::{Code, Key};
use super::preset::Preset;
use super::{Binding, Keymap, Scope, arrival, key};

/// Where a binding was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Default,
    Preset(Preset),
    /// A line of the file of keys.
    Keys(usize),
    /// A line of the configuration, where a command of one's own has its keys.
    Commands(usize),
    /// Typed, for this run.
    Typed,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Preset(preset) => write!(f, "preset {preset}"),
            Self::Keys(line) => write!(f, "keys.toml:{line}"),
            Self::Commands(line) => write!(f, "config.toml:{line}"),
            Self::Typed => f.write_str(":bind"),
        }
    }
}

/// What a person wants: these keys, and no others, for an action in a scope. No keys take away those
/// that there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<A> {
    pub scope: Scope,
    pub action: A,
    pub keys: Vec<Vec<Key>>,
    pub source: Source,
}

/// What the keymap has to know of the screen.
pub struct House<'a, A> {
    /// Every row of scopes that may be in force together, the innermost first.
    pub chains: &'a [Vec<Scope>],
    /// What must keep a key there, or somebody is locked in.
    pub kept: &'a [(Scope, A)],
}

impl<A> House<'_, A> {
    /// Whether keys of `outer` also work where `inner` is in force, and come after it.
    fn is_around(&self, outer: Scope, inner: Scope) -> bool {
        self.chains.iter().any(|chain| {
            let at = |scope| chain.iter().position(|known| *known == scope);
            matches!((at(inner), at(outer)), (Some(inner), Some(outer)) if inner < outer)
        })
    }

    fn meet(&self, one: Scope, other: Scope) -> bool {
        one == other || self.is_around(one, other) || self.is_around(other, one)
    }
}

/// A binding that gave way to one of a person's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost<A> {
    pub binding: Binding<A>,
    pub to: Binding<A>,
}

/// Keys that do not count as they were written, or not everywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clash<A> {
    /// What was wanted; without keys where they were to be taken away.
    pub wanted: Binding<A>,
    pub why: Why<A>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why<A> {
    /// The key means the same in every keymap.
    Fixed(Key),
    /// Letters are text there.
    Text,
    NeverArrives(String),
    /// It would lock somebody in: that binding stays.
    Stays(Binding<A>),
    /// Another line of one's own has them.
    Taken(Binding<A>),
    /// Another line has them in a scope that is in force together with this one: both count, the
    /// inner one first.
    Shared(Binding<A>),
}

impl<A: Copy> Clash<A> {
    /// Whether the binding counts all the same.
    pub fn counts(&self) -> bool {
        matches!(self.why, Why::Shared(_))
    }

    pub fn words(&self, name: impl Fn(A) -> String) -> String {
        let Binding { scope, keys, action, .. } = &self.wanted;
        let (keys, action) = (key::label(keys), name(*action));
        let of = |other: &Binding<A>| {
            let (keys, scope) = (key::label(&other.keys), other.scope);
            format!("{keys} for {} in [{scope}] ({})", name(other.action), other.source)
        };
        match &self.why {
            Why::Fixed(key) => {
                let key = key.label();
                format!("{key} means the same in every keymap, so it cannot be bound to {action}")
            }
            Why::Text => format!(
                "{keys} for {action}: in [{scope}] that is typed; begin with Ctrl or a function key"
            ),
            Why::NeverArrives(why) => format!("{keys} for {action} would never be seen: {why}"),
            Why::Stays(other) if self.wanted.keys.is_empty() => {
                let (keys, scope) = (key::label(&other.keys), other.scope);
                format!("{action} keeps {keys} in [{scope}]: without it there is no way back")
            }
            Why::Stays(other) => format!(
                "{keys} for {action} would cost {}, which leads out; give that another key first",
                of(other)
            ),
            Why::Taken(other) if other.keys == self.wanted.keys => {
                format!("{keys} for {action} does not count: it is {} already", of(other))
            }
            Why::Taken(other) => format!(
                "{keys} for {action} does not count: one of it and {} is the beginning of the other",
                of(other)
            ),
            Why::Shared(other) => {
                format!(
                    "{keys} for {action} in [{scope}] meets {}: the inner one answers",
                    of(other)
                )
            }
        }
    }
}

/// Esc and Ctrl-C everywhere, and Enter where it says yes to what is asked.
fn fixed_key(scope: Scope, keys: &[Key]) -> Option<Key> {
    let is_fixed = |key: &&Key| {
        **key == Key::new(Code::Esc)
            || **key == Key::ctrl('c')
            || (**key == Key::new(Code::Enter) && matches!(scope, Scope::Ask | Scope::Help))
    };
    keys.iter().find(is_fixed).copied()
}

/// Whether both cannot be had at once: they are the same, or one is the beginning of the other.
fn in_the_way(one: &[Key], other: &[Key]) -> bool {
    let length = one.len().min(other.len());
    one[..length] == other[..length]
}

/// What is laid over a keymap, while it is worked out.
struct Laying<'a, A> {
    base: &'a [Binding<A>],
    house: &'a House<'a, A>,
    accepted: Vec<Binding<A>>,
    clashes: Vec<Clash<A>>,
}

impl<A: Copy + Eq + Hash> Laying<'_, A> {
    fn refuse(&mut self, wanted: Binding<A>, why: Why<A>) {
        self.clashes.push(Clash { wanted, why });
    }

    /// Why keys cannot be had, whoever else has them.
    fn unfit(&self, wanted: &Binding<A>) -> Option<Why<A>> {
        let Binding { scope, keys, action, .. } = wanted;
        if let Some(key) = fixed_key(*scope, keys) {
            let same = |base: &Binding<A>| {
                (base.scope, base.action, &base.keys) == (*scope, *action, keys)
            };
            return (!self.base.iter().any(same)).then_some(Why::Fixed(key));
        }
        let first = keys.first()?;
        let typed = first.typed().is_some() || first.code == Code::Backspace;
        if typed && (scope.takes_text() || *scope == Scope::Hits) {
            return Some(Why::Text);
        }
        keys.iter().find_map(|key| arrival::why_never(*key)).map(Why::NeverArrives)
    }

    /// What keeps a person from being locked in: their own keys for it, else those that there are.
    fn locks(&mut self, wanted: &[Binding<A>], lines: &[Line<A>]) -> Vec<Binding<A>> {
        let mut locks = Vec::new();
        for (scope, action) in self.house.kept {
            let of = |binding: &&Binding<A>| (binding.scope, binding.action) == (*scope, *action);
            let own: Vec<Binding<A>> = wanted.iter().filter(of).cloned().collect();
            if !own.is_empty() {
                locks.extend(own);
                continue;
            }
            let stays: Vec<Binding<A>> = self.base.iter().filter(of).cloned().collect();
            let taken_away = |line: &&Line<A>| {
                (line.scope, line.action) == (*scope, *action) && line.keys.is_empty()
            };
            if let (Some(line), Some(first)) = (lines.iter().find(taken_away), stays.first()) {
                let why = Why::Stays(first.clone());
                self.refuse(binding(line, Vec::new()), why);
            }
            locks.extend(stays);
        }
        locks
    }

    /// Takes a binding unless something is in its way.
    fn accept(&mut self, wanted: Binding<A>, locks: &[Binding<A>]) {
        let costs = locks.iter().find(|lock| {
            lock.action != wanted.action
                && in_the_way(&lock.keys, &wanted.keys)
                && self.house.meet(lock.scope, wanted.scope)
        });
        if let Some(lock) = costs {
            return self.refuse(wanted, Why::Stays(lock.clone()));
        }
        let near = |other: &&Binding<A>| in_the_way(&other.keys, &wanted.keys);
        let same = self.accepted.iter().filter(near).find(|other| other.scope == wanted.scope);
        if let Some(other) = same {
            let repeated = (other.action, &other.keys) == (wanted.action, &wanted.keys);
            if !repeated {
                self.refuse(wanted.clone(), Why::Taken(other.clone()));
            }
            return;
        }
        let shared = self.accepted.iter().filter(near).find(|other| {
            other.action != wanted.action && self.house.meet(other.scope, wanted.scope)
        });
        if let Some(other) = shared.cloned() {
            self.refuse(wanted.clone(), Why::Shared(other));
        }
        self.accepted.push(wanted);
    }

    /// What takes the keys of a binding, if anything does.
    fn taker(&self, base: &Binding<A>) -> Option<&Binding<A>> {
        self.accepted.iter().find(|own| {
            let inside = self.house.is_around(own.scope, base.scope)
                && own.action != base.action
                && !base.scope.takes_text();
            in_the_way(&own.keys, &base.keys) && (own.scope == base.scope || inside)
        })
    }
}

fn binding<A: Copy>(line: &Line<A>, keys: Vec<Key>) -> Binding<A> {
    Binding { scope: line.scope, keys, action: line.action, source: line.source }
}

impl<A: Copy + Eq + Hash> Keymap<A> {
    /// Puts a preset in the place of the one that there is; what was laid over is gone.
    #[must_use]
    pub fn with_preset(self, preset: Preset) -> Self {
        Self::of(preset.lay(self.base))
    }

    /// Lays lines over the keymap, in the place of those that were laid over it, and says which of
    /// them do not count, or not everywhere. All others do.
    pub fn lay(&mut self, lines: Vec<Line<A>>, house: &House<'_, A>) -> Vec<Clash<A>> {
        let mut laying =
            Laying { base: &self.base, house, accepted: Vec::new(), clashes: Vec::new() };
        let mut wanted = Vec::new();
        for line in &lines {
            for keys in &line.keys {
                let binding = binding(line, keys.clone());
                match laying.unfit(&binding) {
                    Some(why) => laying.refuse(binding, why),
                    None => wanted.push(binding),
                }
            }
        }
        let locks = laying.locks(&wanted, &lines);
        for wanted in wanted {
            laying.accept(wanted, &locks);
        }
        let mut bindings = Vec::new();
        let mut lost = Vec::new();
        for base in &self.base {
            let of = |scope, action| (scope, action) == (base.scope, base.action);
            let is_fixed = fixed_key(base.scope, &base.keys).is_some();
            let own = laying.accepted.iter().any(|own| of(own.scope, own.action));
            let kept = house.kept.iter().any(|(scope, action)| of(*scope, *action));
            let none = lines.iter().any(|line| of(line.scope, line.action) && line.keys.is_empty());
            let replaced = !is_fixed && (own || (none && !kept));
            let repeated = is_fixed
                && laying
                    .accepted
                    .iter()
                    .any(|own| of(own.scope, own.action) && own.keys == base.keys);
            if let Some(to) = laying.taker(base).filter(|_| !is_fixed) {
                lost.push(Lost { binding: base.clone(), to: to.clone() });
            } else if !replaced && !repeated {
                bindings.push(base.clone());
            }
        }
        // Lines that are each fine may have left no way out together.
        let robbers: Vec<Binding<A>> = lost
            .iter()
            .filter(|lost| {
                let of =
                    |scope, action| (scope, action) == (lost.binding.scope, lost.binding.action);
                house.kept.iter().any(|(scope, action)| of(*scope, *action))
                    && !bindings
                        .iter()
                        .chain(&laying.accepted)
                        .any(|left| of(left.scope, left.action))
            })
            .map(|lost| lost.to.clone())
            .collect();
        if let Some(robbed) = lost.iter().find(|lost| robbers.contains(&lost.to)) {
            let why = Why::Stays(robbed.binding.clone());
            let is_of = |line: &Line<A>| {
                robbers.iter().any(|to| (to.scope, to.action) == (line.scope, line.action))
            };
            let rest = lines.into_iter().filter(|line| !is_of(line)).collect();
            let mut clashes = self.lay(rest, house);
            let refused = robbers.into_iter().map(|wanted| Clash { wanted, why: why.clone() });
            clashes.extend(refused);
            return clashes;
        }
        // Whoever has other keys for it now has lost nothing.
        lost.retain(|lost: &Lost<A>| {
            let of = |own: &Binding<A>| {
                (own.scope, own.action) == (lost.binding.scope, lost.binding.action)
            };
            !laying.accepted.iter().any(of)
        });
        let Laying { accepted, mut clashes, .. } = laying;
        for line in lines.iter().filter(|line| line.keys.is_empty()) {
            let fixed = self.base.iter().find(|base| {
                (base.scope, base.action) == (line.scope, line.action)
                    && fixed_key(base.scope, &base.keys).is_some()
            });
            if let Some(fixed) = fixed {
                let why = Why::Stays(fixed.clone());
                clashes.push(Clash { wanted: binding(line, Vec::new()), why });
            }
        }
        bindings.extend(accepted);
        self.plant(bindings);
        (self.own, self.lost) = (lines, lost);
        clashes
    }

    /// Lays one more line over the keymap, in the place of an earlier one about the same. One that
    /// does not count at all changes nothing, and why is the error.
    pub fn bind_own(
        &mut self,
        line: Line<A>,
        house: &House<'_, A>,
    ) -> Result<Vec<Clash<A>>, Vec<Clash<A>>> {
        let mut changed = self.clone();
        let mut lines = self.own.clone();
        lines.retain(|known| (known.scope, known.action) != (line.scope, line.action));
        let (scope, action) = (line.scope, line.action);
        lines.push(line);
        let of_line =
            |clash: &Clash<A>| (clash.wanted.scope, clash.wanted.action) == (scope, action);
        let mut clashes = changed.lay(lines, house);
        clashes.retain(of_line);
        if clashes.iter().any(|clash| !clash.counts()) {
            return Err(clashes);
        }
        *self = changed;
        Ok(clashes)
    }

    /// As a file that [`Self::parse`] reads: a table for each scope, and every key of an action.
    pub fn written(&self, name: impl Fn(A) -> String) -> String {
        let mut out = String::new();
        for scope in Scope::ALL {
            let mut named: Vec<(A, Vec<String>)> = Vec::new();
            for binding in self.bindings.iter().filter(|binding| binding.scope == *scope) {
                // As TOML has a text.
                let keys = key::notation(&binding.keys).replace('\\', "\\\\").replace('"', "\\\"");
                match named.iter_mut().find(|(action, _)| *action == binding.action) {
                    Some((_, list)) => list.push(keys),
                    None => named.push((binding.action, vec![keys])),
                }
            }
            if !named.is_empty() {
                let _ = writeln!(out, "[{scope}]");
            }
            for (action, keys) in named {
                let _ = writeln!(out, "{} = [\"{}\"]", name(action), keys.join("\", \""));
            }
        }
        out
    }

    /// Bindings that gave way to keys of one's own.
    pub fn lost(&self) -> &[Lost<A>] {
        &self.lost
    }

    /// Every binding, in the order of the files.
    pub fn bindings(&self) -> &[Binding<A>] {
        &self.bindings
    }

    /// Where an action has keys before anything of one's own is laid over.
    pub fn home_of(&self, action: A) -> impl Iterator<Item = Scope> {
        self.base.iter().filter(move |base| base.action == action).map(|base| base.scope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &str = r#"
        [always]
        help = ["?", "<f1>"]
        quit_interrupt = "<c-c>"
        [global]
        commands = ":"
        back = "<esc>"
        refresh = "R"
        [move]
        down = ["j", "<down>"]
        first = "g g"
        [timeline]
        next_hit = "n"
        hide = "x"
        branches = "g b"
        [write]
        leave = "<esc>"
        newline = "<c-j>"
        [ask]
        confirm = "<enter>"
    "#;

    fn house() -> (Vec<Vec<Scope>>, Vec<(Scope, &'static str)>) {
        let chains = vec![
            vec![Scope::Timeline, Scope::Move, Scope::Global, Scope::Always],
            vec![Scope::Write, Scope::Always],
            vec![Scope::Ask, Scope::Always],
        ];
        (chains, vec![(Scope::Global, "commands"), (Scope::Always, "help")])
    }

    fn keymap() -> Keymap<&'static str> {
        Keymap::parse(MAP, |name| Some(&*name.to_owned().leak())).unwrap()
    }

    fn line(at: usize, scope: Scope, action: &'static str, keys: &[&str]) -> Line<&'static str> {
        let keys = keys.iter().map(|keys| Key::parse_sequence(keys).unwrap()).collect();
        Line { scope, action, keys, source: Source::Keys(at) }
    }

    fn laid(lines: Vec<Line<&'static str>>) -> (Keymap<&'static str>, Vec<String>) {
        let (mut keymap, (chains, kept)) = (keymap(), house());
        let house = House { chains: &chains, kept: &kept };
        let clashes = keymap.lay(lines, &house);
        let words = clashes.iter().map(|clash| clash.words(str::to_owned)).collect();
        (keymap, words)
    }

    fn keys(keymap: &Keymap<&'static str>, action: &'static str) -> Vec<String> {
        keymap.keys_for(action).map(|binding| key::notation(&binding.keys)).collect()
    }

    #[test]
    fn own_keys_replace_those_of_the_action_and_cost_others_theirs() {
        let (keymap, said) = laid(vec![line(3, Scope::Timeline, "hide", &["d", "n"])]);
        assert_eq!(said, [""; 0]);
        assert_eq!(keys(&keymap, "hide"), ["d", "n"]);
        assert_eq!(keys(&keymap, "next_hit"), [""; 0]);
        let lost = &keymap.lost()[0];
        assert_eq!((lost.binding.action, lost.to.source), ("next_hit", Source::Keys(3)));
        assert_eq!(keys(&keymap, "branches"), ["g b"], "others are as they were");
    }

    #[test]
    fn own_keys_of_an_outer_scope_are_not_covered_by_a_default_of_an_inner_one() {
        let (keymap, _) = laid(vec![line(1, Scope::Move, "down", &["n"])]);
        assert_eq!((keys(&keymap, "next_hit").len(), keys(&keymap, "down")), (0, vec!["n".into()]));
        // A prefix takes all sequences that begin with it.
        let (keymap, _) = laid(vec![line(1, Scope::Global, "refresh", &["g"])]);
        assert_eq!((keys(&keymap, "branches").len(), keys(&keymap, "first").len()), (0, 0));
        // What is typed where text is belongs to the text.
        let (keymap, _) = laid(vec![line(1, Scope::Always, "help", &["<c-j>"])]);
        assert_eq!(keys(&keymap, "newline"), ["<c-j>"]);
    }

    #[test]
    fn keys_can_be_taken_away() {
        let (keymap, said) = laid(vec![line(1, Scope::Timeline, "hide", &[])]);
        assert!(said.is_empty() && keys(&keymap, "hide").is_empty());
    }

    #[test]
    fn nobody_is_locked_in() {
        let (keymap, said) = laid(vec![
            line(1, Scope::Global, "refresh", &["<esc>"]),
            line(2, Scope::Timeline, "hide", &[": x"]),
            line(3, Scope::Global, "commands", &[]),
            line(4, Scope::Global, "back", &[]),
            line(5, Scope::Ask, "confirm", &["<c-y>"]),
            line(6, Scope::Always, "quit_interrupt", &["Z"]),
        ]);
        assert_eq!(said.len(), 4, "{said:#?}");
        for (action, expected) in [
            ("refresh", &["R"][..]),
            ("hide", &["x"]),
            ("commands", &[":"]),
            ("back", &["<esc>"]),
            ("confirm", &["<enter>", "<c-y>"]),
            ("quit_interrupt", &["<c-c>", "Z"]),
        ] {
            assert_eq!(keys(&keymap, action), expected, "{said:#?}");
        }
        // What leads out may have another key, and that is then kept.
        let (keymap, said) = laid(vec![
            line(1, Scope::Timeline, "hide", &[":"]),
            line(2, Scope::Global, "commands", &[";"]),
            line(3, Scope::Move, "down", &["; x"]),
        ]);
        assert_eq!(keys(&keymap, "hide"), [":"]);
        assert_eq!(keys(&keymap, "commands"), [";"]);
        assert_eq!(keys(&keymap, "down"), ["j", "<down>"], "a slip costs nothing");
        assert_eq!(said.len(), 1, "{said:#?}");
        assert!(said[0].contains("; for commands in [global] (keys.toml:2)"), "{said:#?}");
    }

    #[test]
    fn lines_that_are_refused_together_cost_no_way_out() {
        // Neither of the two counts, so that nobody else may have the keys that they leave.
        let (keymap, said) = laid(vec![
            line(1, Scope::Global, "commands", &["?"]),
            line(2, Scope::Global, "refresh", &[":"]),
        ]);
        assert_eq!(keys(&keymap, "commands"), [":"], "{said:#?}");
        assert_eq!(keys(&keymap, "help"), ["?", "<f1>"]);
        assert_eq!(keys(&keymap, "refresh"), ["R"]);
        assert_eq!(said.len(), 2, "{said:#?}");
    }

    #[test]
    fn two_lines_in_each_others_way_are_named_both() {
        for (one, other, words) in [
            ("d", "d", "d for newer does not count: it is d for hide in [timeline] (keys.toml:1)"),
            ("d", "d d", "dd for newer does not count: one of it and d for hide in [timeline]"),
            ("d d", "d", "d for newer does not count: one of it and dd for hide in [timeline]"),
        ] {
            let (keymap, said) = laid(vec![
                line(1, Scope::Timeline, "hide", &[one]),
                line(2, Scope::Timeline, "newer", &[other]),
            ]);
            assert!(said[0].starts_with(words), "{said:#?}");
            assert_eq!((keys(&keymap, "hide").len(), keys(&keymap, "newer").len()), (1, 0));
        }
        let (keymap, said) = laid(vec![
            line(1, Scope::Timeline, "hide", &["d"]),
            line(2, Scope::Move, "down", &["d"]),
        ]);
        assert!(said[0].contains("meets d for hide in [timeline] (keys.toml:1)"), "{said:#?}");
        assert_eq!((keys(&keymap, "hide").len(), keys(&keymap, "down").len()), (1, 1));
    }

    #[test]
    fn letters_stay_text_where_text_is_typed() {
        let (keymap, said) = laid(vec![line(1, Scope::Write, "newline", &["x", "<c-i>", "<c-o>"])]);
        assert_eq!(keys(&keymap, "newline"), ["<c-o>"]);
        assert!(said[0].contains("in [write] that is typed"), "{said:#?}");
        assert!(said[1].contains("as Tab"), "{said:#?}");
    }

    #[test]
    fn a_preset_moves_what_stood_where_moving_goes() {
        let keymap = keymap().with_preset(Preset::Colemak);
        assert_eq!(keys(&keymap, "down"), ["n", "<down>"]);
        assert_eq!(keys(&keymap, "next_hit"), ["j"]);
        assert_eq!(keys(&keymap, "branches"), ["g b"]);
        let source = |action| keymap.keys_for(action).next().unwrap().source;
        assert_eq!(source("down"), Source::Preset(Preset::Colemak));
        assert_eq!(source("hide"), Source::Default);
        let keymap = self::keymap().with_preset(Preset::Arrows);
        assert_eq!(
            (keys(&keymap, "down"), keys(&keymap, "first")),
            (vec!["<down>".into()], vec![])
        );
    }

    #[test]
    fn what_is_written_is_read_again() {
        let (keymap, _) = laid(vec![line(1, Scope::Timeline, "hide", &["d", "\"", "\\"])]);
        let written = keymap.written(str::to_owned);
        let read = Keymap::parse(&written, |name| Some(&*name.to_owned().leak())).unwrap();
        for action in ["hide", "down", "branches", "leave"] {
            assert_eq!(keys(&read, action), keys(&keymap, action), "{written}");
        }
        assert_eq!(read.bindings().len(), keymap.bindings().len());
    }

    #[test]
    fn a_line_that_is_typed_replaces_an_earlier_one_or_changes_nothing() {
        let (mut keymap, (chains, kept)) = (keymap(), house());
        let house = House { chains: &chains, kept: &kept };
        keymap.lay(vec![line(1, Scope::Timeline, "hide", &["d"])], &house);
        assert!(keymap.bind_own(line(0, Scope::Timeline, "hide", &["D"]), &house).is_ok());
        assert_eq!(keys(&keymap, "hide"), ["D"]);
        assert!(keymap.bind_own(line(0, Scope::Timeline, "other", &["D"]), &house).is_err());
        assert!(keymap.bind_own(line(0, Scope::Global, "refresh", &["<c-c>"]), &house).is_err());
        assert_eq!(
            (keys(&keymap, "hide"), keys(&keymap, "refresh")),
            (vec!["D".into()], vec!["R".into()])
        );
    }
}
