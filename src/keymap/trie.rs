//! The bindings of one scope as a tree of keys. Children stay in the order of the file, which is
//! the order in which hints show them.

use std::collections::BTreeMap;

use super::key::Key;
use super::{Binding, Scope};

#[derive(Debug, Clone, Default)]
pub(super) struct Node {
    children: Vec<(Key, Node)>,
    /// Index of the binding that ends here. A node with one has no children.
    binding: Option<usize>,
}

/// The trees of all scopes, with the bindings in them; one that an earlier one is in the way of is left out.
pub(super) fn grow<A>(bindings: Vec<Binding<A>>) -> (Vec<Binding<A>>, BTreeMap<Scope, Node>) {
    let empty = Scope::ALL.iter().map(|scope| (*scope, Node::default()));
    let mut roots: BTreeMap<Scope, Node> = empty.collect();
    let mut grown = Vec::with_capacity(bindings.len());
    for binding in bindings {
        let root = roots.entry(binding.scope).or_default();
        if root.insert(&binding.keys, grown.len()).is_ok() {
            grown.push(binding);
        }
    }
    (grown, roots)
}

/// Where a sequence leads.
#[derive(Debug)]
pub(super) enum Found<'a> {
    Binding(usize),
    Prefix(&'a Node),
}

impl Node {
    /// Adds a sequence; the index of the binding in its way when there is one.
    pub(super) fn insert(&mut self, keys: &[Key], binding: usize) -> Result<(), usize> {
        if let Some(taken) = self.binding {
            return Err(taken);
        }
        let Some((key, rest)) = keys.split_first() else {
            if let Some(longer) = self.any_binding() {
                return Err(longer);
            }
            self.binding = Some(binding);
            return Ok(());
        };
        let at = self.children.iter().position(|(known, _)| known == key).unwrap_or_else(|| {
            self.children.push((*key, Self::default()));
            self.children.len() - 1
        });
        self.children[at].1.insert(rest, binding)
    }

    pub(super) fn find(&self, keys: &[Key]) -> Option<Found<'_>> {
        let Some((key, rest)) = keys.split_first() else {
            return Some(self.binding.map_or(Found::Prefix(self), Found::Binding));
        };
        self.children.iter().find(|(known, _)| known == key)?.1.find(rest)
    }

    /// The next keys, with the binding that each of them ends at, if it ends there.
    pub(super) fn next_keys(&self) -> impl Iterator<Item = (Key, Option<usize>)> {
        self.children.iter().map(|(key, node)| (*key, node.binding))
    }

    fn any_binding(&self) -> Option<usize> {
        self.binding.or_else(|| self.children.iter().find_map(|(_, node)| node.any_binding()))
    }
}
