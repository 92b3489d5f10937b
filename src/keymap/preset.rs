//! Keys for moving that suit a keyboard: presets change those and nothing else.
//!
//! Start with [`Preset::lay`]. The invariant: no action loses its last key, because what stood where
//! moving goes takes the place that moving leaves.

use std::fmt;

use super::key::{Code, Key};
use super::layers::Source;
use super::{Binding, Scope};

/// Where the letters for moving are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Preset {
    /// `h j k l`.
    #[default]
    Vim,
    /// Arrows, Home and End; letters do not move.
    Arrows,
    /// `h n e i`, which lie there on a Colemak keyboard.
    Colemak,
    /// `d h t n`, which lie there on a Dvorak keyboard.
    Dvorak,
}

impl Preset {
    pub const WORDS: [(&'static str, Self); 4] = [
        ("vim", Self::Vim),
        ("arrows", Self::Arrows),
        ("colemak", Self::Colemak),
        ("dvorak", Self::Dvorak),
    ];

    pub fn name(self) -> &'static str {
        Self::WORDS.iter().find(|(_, preset)| *preset == self).map_or("vim", |(word, _)| word)
    }

    /// What a letter becomes, the same in upper case, so that `n` and `N` stay a pair.
    fn places(self) -> &'static [(char, char)] {
        match self {
            Self::Vim | Self::Arrows => &[],
            Self::Colemak => {
                &[('j', 'n'), ('n', 'j'), ('k', 'e'), ('e', 'k'), ('l', 'i'), ('i', 'l')]
            }
            Self::Dvorak => &[
                ('h', 'd'),
                ('j', 'h'),
                ('k', 't'),
                ('l', 'n'),
                ('d', 'j'),
                ('t', 'k'),
                ('n', 'l'),
            ],
        }
    }

    fn moved(self, key: Key) -> Key {
        let Some(char) = key.typed() else { return key };
        let lower = char.to_ascii_lowercase();
        let place = self.places().iter().find(|(from, _)| *from == lower);
        let Some((_, to)) = place else { return key };
        Key::char(if char.is_ascii_uppercase() { to.to_ascii_uppercase() } else { *to })
    }

    /// The bindings as they are with this preset. Letters in sequences stay mnemonic.
    pub(super) fn lay<A>(self, bindings: Vec<Binding<A>>) -> Vec<Binding<A>> {
        let moves_by_letter = |binding: &Binding<A>| {
            binding.scope == Scope::Move
                && binding.keys.iter().all(|key| matches!(key.code, Code::Char(_)) && !key.ctrl)
        };
        let stays = |binding: &Binding<A>| self != Self::Arrows || !moves_by_letter(binding);
        let place = |mut binding: Binding<A>| {
            if let ([key], false) = (&binding.keys[..], binding.scope.takes_text()) {
                let moved = self.moved(*key);
                if moved != *key {
                    binding.keys = vec![moved];
                    binding.source = Source::Preset(self);
                }
            }
            binding
        };
        bindings.into_iter().filter(stays).map(place).collect()
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
