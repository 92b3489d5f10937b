//! Which nodes of a tree are visible: the folds, and the list that follows from them.

use std::collections::HashSet;

use super::{Index, NodeId};

/// A tree of more nodes begins folded below the depth at which it would be longer.
const OPEN_AT_FIRST: usize = 400;
/// A tree of more nodes is not walked before anybody looks into it.
const WALKED_AT_ONCE: u32 = 4_096;
/// Depth from which everything begins folded, whatever its size.
const DEEPEST_AT_FIRST: usize = 32;

/// The part of an index below one node, with folds. Folding and unfolding cost what they hide and
/// show; looking costs nothing.
#[derive(Debug, Clone)]
pub struct Outline {
    root: NodeId,
    /// Containers this far below the root, or deeper, are folded unless they are in `turned`.
    fold_from: u32,
    turned: HashSet<NodeId>,
    /// Shown as one row whatever is in them.
    closed: HashSet<NodeId>,
    visible: Vec<NodeId>,
}

impl Outline {
    /// `closed` nodes never show what is in them.
    pub fn new(index: &Index, root: NodeId, closed: HashSet<NodeId>) -> Self {
        let fold_from = first_depth(index, root);
        let turned = HashSet::new();
        let mut outline = Self { root, fold_from, turned, closed, visible: Vec::new() };
        outline.visible = outline.list(index, root);
        outline
    }

    /// Only the root to be seen. A large tree opens by one level then: to find out how far more
    /// could be open costs a walk over all of it.
    pub fn folded(index: &Index, root: NodeId, closed: HashSet<NodeId>) -> Self {
        let nodes = index.node(root).next - root.0;
        let fold_from = if nodes > WALKED_AT_ONCE { 1 } else { first_depth(index, root) };
        let turned = if index.node(root).children > 0 { [root].into() } else { HashSet::new() };
        let mut outline = Self { root, fold_from, turned, closed, visible: Vec::new() };
        outline.visible = outline.list(index, root);
        outline
    }

    pub fn root(&self) -> NodeId {
        self.root
    }

    /// How many rows there are.
    pub fn row_count(&self) -> usize {
        self.visible.len()
    }

    pub fn at(&self, row: usize) -> Option<NodeId> {
        self.visible.get(row).copied()
    }

    /// The row of a node, or of the folded one that it is in.
    pub fn row_of(&self, node: NodeId) -> usize {
        self.visible.partition_point(|shown| *shown <= node).saturating_sub(1)
    }

    pub fn is_closed(&self, node: NodeId) -> bool {
        self.closed.contains(&node)
    }

    pub fn is_folded(&self, index: &Index, node: NodeId) -> bool {
        let place = index.node(node);
        let depth = place.depth - index.node(self.root).depth;
        place.children > 0
            && (index.is_sealed(node)
                || self.closed.contains(&node)
                || (depth >= self.fold_from) != self.turned.contains(&node))
    }

    /// Folds or unfolds a visible container; says whether anything changed.
    pub fn fold(&mut self, index: &Index, node: NodeId, folded: bool) -> bool {
        let row = self.row_of(node);
        let sealed = index.is_sealed(node) || self.closed.contains(&node);
        let holds = index.node(node).children > 0 && !sealed;
        if self.at(row) != Some(node) || !holds || self.is_folded(index, node) == folded {
            return false;
        }
        if !self.turned.remove(&node) {
            self.turned.insert(node);
        }
        let end = NodeId(index.node(node).next);
        let until = self.visible.partition_point(|shown| *shown < end);
        let inside = if folded { Vec::new() } else { self.list(index, node).split_off(1) };
        self.visible.splice(row + 1..until, inside);
        true
    }

    /// Folds everything but the root, or unfolds everything.
    pub fn fold_all(&mut self, index: &Index, folded: bool) {
        self.fold_from = if folded { 1 } else { u32::MAX };
        self.turned.clear();
        self.visible = self.list(index, self.root);
    }

    /// What is visible of `from`, itself first.
    fn list(&self, index: &Index, from: NodeId) -> Vec<NodeId> {
        let mut out = Vec::new();
        // Behind the root of the whole text stands what follows a complete value.
        let whole = from == NodeId::ROOT;
        let end = if whole { index.node_count() } else { index.node(from).next as usize };
        let mut at = from.0;
        while (at as usize) < end {
            let node = NodeId(at);
            out.push(node);
            at = if self.is_folded(index, node) { index.node(node).next } else { at + 1 };
        }
        out
    }
}

/// The depth to fold from so that not much more than a few screens are open; the root always is.
fn first_depth(index: &Index, root: NodeId) -> u32 {
    let place = index.node(root);
    let mut at_depth = [0_usize; DEEPEST_AT_FIRST];
    for node in &index.nodes[root.0 as usize..place.next as usize] {
        if let Some(count) = at_depth.get_mut((node.depth - place.depth) as usize) {
            *count += 1;
        }
    }
    let mut open = 0;
    for (depth, count) in (0_u32..).zip(at_depth) {
        open += count;
        if open > OPEN_AT_FIRST {
            return depth.saturating_sub(1).max(1);
        }
    }
    u32::try_from(DEEPEST_AT_FIRST).unwrap_or(u32::MAX)
}
