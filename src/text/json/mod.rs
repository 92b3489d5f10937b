//! The exact text of a JSON value as a tree: an index of byte spans, rows for a screen, paths.
//!
//! Nothing is converted before it is shown, so numbers stay as they were sent, keys keep their
//! order, and a key that comes twice is there twice. No step here recurses on the data. Start with
//! [`Index::of`] and [`Json`]. The invariant: every byte of the text that is not white space or
//! punctuation belongs to a node, what follows a syntax error included.

mod blob;
mod inert;
mod outline;
mod path;
mod replace;
mod row;
mod scan;
mod spread;
mod string;

pub use inert::{inert, inert_shown};
pub use outline::Outline;
pub use replace::replaced;
pub use row::{KEY_CHARS, Name, Row};
pub use spread::spread;
pub use string::{decode, decode_some};

use std::ops::Range;

/// Place of a node in its index. Nodes are numbered as they come in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(u32);

impl NodeId {
    pub const ROOT: Self = Self(0);

    pub fn number(self) -> usize {
        self.0 as usize
    }

    /// The node of that number, which the index must have.
    pub fn numbered(number: usize) -> Self {
        Self(u32::try_from(number).unwrap_or(0))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Object,
    Array,
    String,
    Number,
    Boolean,
    Null,
    /// From here on it is no JSON.
    Broken,
    /// More values than an index takes; the rest of the text is one node.
    Beyond,
}

impl Kind {
    pub const fn is_container(self) -> bool {
        matches!(self, Self::Object | Self::Array)
    }
}

/// Stands for "no parent".
const NONE: u32 = u32::MAX;

#[derive(Debug, Clone, Copy)]
struct Node {
    /// Span of the key with its quotes; in an array the position and [`IN_ARRAY`].
    key: (u32, u32),
    value: (u32, u32),
    parent: u32,
    /// The first node behind this one and everything in it.
    next: u32,
    children: u32,
    depth: u32,
    kind: Kind,
}

/// As the end of a key: there is none, its start is the position among its siblings.
const IN_ARRAY: u32 = u32::MAX;

/// Where every value of a text is. Belongs to one text, which [`Json`] brings together with it.
#[derive(Debug, Clone)]
pub struct Index {
    nodes: Vec<Node>,
    /// Containers that are so deep are not looked into.
    sealed: u32,
}

/// Nodes of the largest index, 36 bytes each. Texts of more values are indexed as far as that.
const MOST_NODES: usize = 1 << 20;

/// As the depth of what is not looked into: there is nothing of that sort.
const NOWHERE: u32 = u32::MAX;

impl Index {
    /// Reads a text once, from the start to the end. Never fails: see [`Kind::Broken`].
    pub fn of(text: &str) -> Self {
        Self::of_bytes(text.as_bytes())
    }

    /// The same for bytes that were not looked at: what is no text in them is [`Kind::Broken`] or
    /// in a string.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self { nodes: scan::scan(bytes, NOWHERE, MOST_NODES), sealed: NOWHERE }
    }

    /// The same for a text of any size: where its values are too many, those that are deep in it
    /// are left out, and what holds them is [sealed](Self::is_sealed). Takes not much more than
    /// half of the text, or 20 MB.
    pub fn of_file(bytes: &[u8]) -> Self {
        let most = (bytes.len() / 80).clamp(MOST_NODES / 2, MOST_NODES);
        let sealed = scan::sealed_depth(bytes, most);
        Self { nodes: scan::scan(bytes, sealed, most), sealed }
    }

    /// There is something in the value that this index does not have: an index of its own has.
    pub fn is_sealed(&self, node: NodeId) -> bool {
        let node = self.node(node);
        node.depth >= self.sealed && node.kind.is_container() && node.children > 0
    }

    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }
}

/// Where the text is, and whether it is known to be one.
#[derive(Debug, Clone, Copy)]
enum JsonBytes<'a> {
    Text(&'a str),
    Bytes(&'a [u8]),
}

impl<'a> JsonBytes<'a> {
    fn get(self, range: Range<usize>) -> Option<&'a str> {
        match self {
            Self::Text(text) => text.get(range),
            Self::Bytes(bytes) => str::from_utf8(bytes.get(range)?).ok(),
        }
    }
}

/// A text with its index.
#[derive(Debug, Clone, Copy)]
pub struct Json<'a> {
    text: JsonBytes<'a>,
    index: &'a Index,
}

impl<'a> Json<'a> {
    pub fn new(text: &'a str, index: &'a Index) -> Self {
        Self { text: JsonBytes::Text(text), index }
    }

    /// Over the bytes of [`Index::of_bytes`]. A value that is no text is an empty one.
    pub fn of_bytes(bytes: &'a [u8], index: &'a Index) -> Self {
        Self { text: JsonBytes::Bytes(bytes), index }
    }

    /// The innermost value that a byte of the text is in, or whose key it is in.
    pub fn node_at(self, byte: usize) -> NodeId {
        let start = |node: &Node| {
            let keyed = node.key.1 != IN_ARRAY && node.key != (0, 0);
            if keyed { node.key.0 } else { node.value.0 }
        };
        let at = self.index.nodes.partition_point(|node| start(node) as usize <= byte);
        let mut node = NodeId(u32::try_from(at.saturating_sub(1)).unwrap_or(0));
        while let Some(parent) = self.parent(node)
            && self.span(node).1 <= byte
        {
            node = parent;
        }
        node
    }

    pub fn index(self) -> &'a Index {
        self.index
    }

    /// All of them, as they come in the text.
    pub fn nodes(self) -> impl Iterator<Item = NodeId> {
        (0..self.index.nodes.len()).map_while(|at| u32::try_from(at).ok().map(NodeId))
    }

    pub fn kind(self, node: NodeId) -> Kind {
        self.index.node(node).kind
    }

    pub fn depth(self, node: NodeId) -> usize {
        self.index.node(node).depth as usize
    }

    pub fn parent(self, node: NodeId) -> Option<NodeId> {
        let parent = self.index.node(node).parent;
        (parent != NONE).then_some(NodeId(parent))
    }

    /// The first node behind this one and everything in it; behind the last node of all a number
    /// that no node has.
    pub fn end(self, node: NodeId) -> NodeId {
        NodeId(self.index.node(node).next)
    }

    /// How many values are directly in this one.
    pub fn count(self, node: NodeId) -> usize {
        self.index.node(node).children as usize
    }

    /// Values directly in this one.
    pub fn children(self, node: NodeId) -> impl Iterator<Item = NodeId> {
        let end = self.index.node(node).next;
        let mut at = node.0 + 1;
        std::iter::from_fn(move || {
            let child = NodeId(at);
            (at < end).then(|| {
                at = self.index.node(child).next;
                child
            })
        })
    }

    /// The members of that name, in their order: a text may repeat a key.
    pub fn members(self, node: NodeId, name: &str) -> impl Iterator<Item = NodeId> {
        self.children(node).filter(move |child| match self.name(*child) {
            Name::Key(key) => key == name,
            Name::At(at) => name.parse() == Ok(at),
            Name::Root => false,
        })
    }

    /// The member of that name that counts: of several, the last one.
    pub fn member(self, node: NodeId, name: &str) -> Option<NodeId> {
        self.members(node, name).last()
    }

    /// Start and end of a value in the text, in bytes.
    pub fn span(self, node: NodeId) -> (usize, usize) {
        let (start, end) = self.index.node(node).value;
        (start as usize, end as usize)
    }

    /// A value exactly as it stands in the text.
    pub fn raw(self, node: NodeId) -> &'a str {
        let (start, end) = self.span(node);
        self.text.get(start..end).unwrap_or_default()
    }

    /// What is between the quotes of a string, escapes as they are.
    pub fn inner(self, node: NodeId) -> Option<&'a str> {
        if self.kind(node) != Kind::String {
            return None;
        }
        self.raw(node).strip_prefix('"')?.strip_suffix('"')
    }
}

#[cfg(test)]
mod tests;
