//! Two JSON texts as trees: which paths differ, and with what values.
//!
//! Reads no number and recurses on nothing. Start with [`changes`]. The invariant: two texts with the same
//! [`fingerprint`] differ in no path, and all others in at least one.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde::Serialize;

use crate::text::json::{Index, Json, Kind, Name, NodeId, decode};

/// Paths that are told of one pair; nobody reads further down.
pub const MOST_PATHS: usize = 200;

/// One place at which two values differ. A value that one of them lacks is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PathChange {
    /// As jq writes it.
    pub path: String,
    /// Exactly as it stands in the text.
    pub old: Option<String>,
    pub new: Option<String>,
}

/// The text in a form that is the same whatever the order of members, white space and escapes. Of a key
/// that comes twice the last value counts.
pub fn canonical(text: &str) -> String {
    let index = Index::of(text);
    let json = Json::new(text, &index);
    if json.end(NodeId::ROOT).number() < index.node_count() {
        // What follows a complete value makes it no JSON: it is taken as it is.
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut steps = vec![Step::Node(NodeId::ROOT)];
    while let Some(step) = steps.pop() {
        let node = match step {
            Step::Text(text) => {
                out.push_str(text);
                continue;
            }
            Step::Key(key) => {
                quote(&key, &mut out);
                continue;
            }
            Step::Node(node) => node,
        };
        match json.kind(node) {
            Kind::Object => {
                out.push('{');
                steps.push(Step::Text("}"));
                for (at, (key, child)) in members(json, node).into_iter().enumerate().rev() {
                    steps.extend([Step::Node(child), Step::Text(":"), Step::Key(key)]);
                    steps.extend((at > 0).then_some(Step::Text(",")));
                }
            }
            Kind::Array => {
                out.push('[');
                steps.push(Step::Text("]"));
                let children: Vec<NodeId> = json.children(node).collect();
                for (at, child) in children.into_iter().enumerate().rev() {
                    steps.push(Step::Node(child));
                    steps.extend((at > 0).then_some(Step::Text(",")));
                }
            }
            Kind::String => match json.inner(node) {
                Some(inner) if inner.contains('\\') => quote(&decode(inner), &mut out),
                _ => out.push_str(json.raw(node)),
            },
            Kind::Number | Kind::Boolean | Kind::Null | Kind::Broken | Kind::Beyond => {
                out.push_str(json.raw(node));
            }
        }
    }
    out
}

enum Step<'a> {
    Node(NodeId),
    Text(&'static str),
    Key(Cow<'a, str>),
}

fn quote(text: &str, out: &mut String) {
    // What is a text can be written as JSON.
    out.push_str(&serde_json::to_string(text).unwrap_or_default());
}

fn key_of(json: Json<'_>, node: NodeId) -> Cow<'_, str> {
    match json.name(node) {
        Name::Key(key) => key,
        Name::At(at) => at.to_string().into(),
        Name::Root => Cow::Borrowed(""),
    }
}

/// Members by their names; of a name that comes twice the last.
fn members(json: Json<'_>, node: NodeId) -> Vec<(Cow<'_, str>, NodeId)> {
    let mut members: Vec<_> =
        json.children(node).map(|child| (key_of(json, child), child)).collect();
    members.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)));
    members.dedup_by(|a, b| a.0 == b.0);
    members
}

/// The canonical form on many lines, for comparing by lines: a member is on a line of its own.
pub fn spread(text: &str) -> String {
    crate::text::json::spread(&canonical(text))
}

/// A number that two texts share if they are the same in canonical form.
pub fn fingerprint(text: &str) -> u64 {
    let index = Index::of(text);
    let json = Json::new(text, &index);
    match fingerprints(json).first() {
        Some(print) if json.end(NodeId::ROOT).number() == index.node_count() => *print,
        _ => hash_of(|hasher| text.hash(hasher)),
    }
}

/// Of every value. What is in a value comes behind it, so that its number is known first from behind.
fn fingerprints(json: Json<'_>) -> Vec<u64> {
    let mut prints = vec![0; json.index().node_count()];
    for number in (0..prints.len()).rev() {
        let node = NodeId::numbered(number);
        let kind = json.kind(node);
        prints[number] = hash_of(|hasher| {
            kind.hash(hasher);
            match kind {
                Kind::Object => {
                    for (key, child) in members(json, node) {
                        (key, prints[child.number()]).hash(hasher);
                    }
                }
                Kind::Array => {
                    for child in json.children(node) {
                        prints[child.number()].hash(hasher);
                    }
                }
                Kind::String => match json.inner(node) {
                    Some(inner) => decode(inner).hash(hasher),
                    None => json.raw(node).hash(hasher),
                },
                Kind::Number | Kind::Boolean | Kind::Null | Kind::Broken | Kind::Beyond => {
                    json.raw(node).hash(hasher);
                }
            }
        });
    }
    prints
}

fn hash_of(write: impl FnOnce(&mut DefaultHasher)) -> u64 {
    let mut hasher = DefaultHasher::new();
    write(&mut hasher);
    hasher.finish()
}

/// Where the two differ, in the order of the old one, at most [`MOST_PATHS`] places; whether there
/// are more.
pub fn changes(old: &str, new: &str) -> (Vec<PathChange>, bool) {
    let (old_index, new_index) = (Index::of(old), Index::of(new));
    let pair = Pair::new(Json::new(old, &old_index), Json::new(new, &new_index));
    let mut found = Vec::new();
    let mut next = vec![Place::Both(NodeId::ROOT, NodeId::ROOT)];
    while let Some(place) = next.pop() {
        if found.len() == MOST_PATHS {
            return (found, true);
        }
        match place {
            Place::Both(old, new) => pair.look_into(old, new, &mut next, &mut found),
            Place::Old(old) => found.push(pair.change(Some(old), None)),
            Place::New(new) => found.push(pair.change(None, Some(new))),
        }
    }
    (found, false)
}

enum Place {
    Both(NodeId, NodeId),
    Old(NodeId),
    New(NodeId),
}

struct Pair<'a> {
    old: Json<'a>,
    new: Json<'a>,
    prints: [Vec<u64>; 2],
}

impl<'a> Pair<'a> {
    fn new(old: Json<'a>, new: Json<'a>) -> Self {
        Self { old, new, prints: [fingerprints(old), fingerprints(new)] }
    }

    fn change(&self, old: Option<NodeId>, new: Option<NodeId>) -> PathChange {
        let path = match (old, new) {
            (Some(old), _) => self.old.path(old),
            (None, Some(new)) => self.new.path(new),
            (None, None) => String::new(),
        };
        let value = |json: Json<'_>, node: Option<NodeId>| node.map(|at| json.raw(at).to_owned());
        PathChange { path, old: value(self.old, old), new: value(self.new, new) }
    }

    fn is_equal(&self, old: NodeId, new: NodeId) -> bool {
        self.prints[0][old.number()] == self.prints[1][new.number()]
    }

    /// What differs within two values that stand for each other.
    fn look_into(
        &self,
        old: NodeId,
        new: NodeId,
        next: &mut Vec<Place>,
        found: &mut Vec<PathChange>,
    ) {
        if self.is_equal(old, new) {
            return;
        }
        let from = next.len();
        match (self.old.kind(old), self.new.kind(new)) {
            (Kind::Object, Kind::Object) => self.members(old, new, next),
            (Kind::Array, Kind::Array) => self.elements(old, new, next),
            _ => found.push(self.change(Some(old), Some(new))),
        }
        // The first one is looked at first.
        next[from..].reverse();
    }

    fn members(&self, old: NodeId, new: NodeId, next: &mut Vec<Place>) {
        let mut others: HashMap<_, NodeId> = members(self.new, new).into_iter().collect();
        let mut olds = members(self.old, old);
        olds.sort_unstable_by_key(|(_, child)| *child);
        for (key, child) in olds {
            next.push(match others.remove(&key) {
                Some(other) => Place::Both(child, other),
                None => Place::Old(child),
            });
        }
        let mut added: Vec<NodeId> = others.into_values().collect();
        added.sort_unstable();
        next.extend(added.into_iter().map(Place::New));
    }

    /// What comes before and behind alike is left out, so that one more element is one change.
    fn elements(&self, old: NodeId, new: NodeId, next: &mut Vec<Place>) {
        let olds: Vec<NodeId> = self.old.children(old).collect();
        let news: Vec<NodeId> = self.new.children(new).collect();
        let equal = |(old, new): &(&NodeId, &NodeId)| self.is_equal(**old, **new);
        let before = olds.iter().zip(&news).take_while(equal).count();
        let (olds, news) = (&olds[before..], &news[before..]);
        let after = olds.iter().rev().zip(news.iter().rev()).take_while(equal).count();
        let (olds, news) = (&olds[..olds.len() - after], &news[..news.len() - after]);
        let paired = olds.len().min(news.len());
        next.extend(olds.iter().zip(news).map(|(old, new)| Place::Both(*old, *new)));
        next.extend(olds[paired..].iter().map(|old| Place::Old(*old)));
        next.extend(news[paired..].iter().map(|new| Place::New(*new)));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn told(old: &str, new: &str) -> Vec<String> {
        let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
        let (changes, _) = changes(old, new);
        let line = |change: &PathChange| {
            format!("{} {} {}", change.path, value(&change.old), value(&change.new))
        };
        changes.iter().map(line).collect()
    }

    #[test]
    fn the_path_that_differs_is_told_with_both_values() {
        let old = r#"{"order": {"id": 4411, "lines": [1, 2, 3]}, "currency": "EUR", "note": "x"}"#;
        let new =
            r#"{"currency": "EUR", "order": {"lines": [1, 9, 2, 3], "id": 4412}, "by": null}"#;
        assert_eq!(
            told(old, new),
            [".order.id 4411 4412", ".order.lines[1] - 9", ".note \"x\" -", ".by - null"]
        );
    }

    #[test]
    fn order_white_space_and_escapes_are_no_difference_and_digits_are() {
        let one = r#"{"a": 84.20, "b": ["\u0078", {}]}"#;
        assert!(told(one, r#"{"b":["x",{}],"a":84.20}"#).is_empty());
        assert_eq!(told(one, r#"{"b":["x",{}],"a":84.2}"#), [".a 84.20 84.2"]);
        assert_eq!(told("[1]", r#"{"0": 1}"#), [r#". [1] {"0": 1}"#]);
        assert_eq!(told(r#"{"a":1,"a":2}"#, r#"{"a":2}"#), [] as [&str; 0]);
        // A text that looks like the punctuation around it is a text.
        assert_ne!(canonical(r#"["a\",\"b"]"#), canonical(r#"["a","b"]"#));
        assert_eq!(
            spread(r#"{"b":[1,2],"a":{}}"#),
            "{\n  \"a\": {},\n  \"b\": [\n    1,\n    2\n  ]\n}"
        );
    }

    #[test]
    fn depth_costs_no_stack_and_many_changes_end() {
        let deep = |inner: &str| format!("{}{inner}{}", "[".repeat(20_000), "]".repeat(20_000));
        assert_eq!(changes(&deep("1"), &deep("1")).0, []);
        assert_eq!(changes(&deep("1"), &deep("2")).0.len(), 1);
        let many = |from: usize| {
            let items: Vec<String> = (from..from + 900).map(|n| n.to_string()).collect();
            format!("[{}]", items.join(","))
        };
        let (found, more) = changes(&many(0), &many(5_000));
        assert_eq!((found.len(), more), (MOST_PATHS, true));
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(json!(null)),
            any::<i8>().prop_map(|n| json!(n)),
            "[ab\",\\\\]{0,3}".prop_map(|text| json!(text)),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(|items| json!(items)),
                prop::collection::btree_map("[ab\"]{0,2}", inner, 0..4)
                    .prop_map(|members| json!(members)),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_alike_has_no_change_and_what_is_not_has_one(a in any_value(), b in any_value()) {
            let (old, new) = (a.to_string(), format!("{b:#}"));
            prop_assert_eq!(canonical(&old) == canonical(&new), a == b);
            prop_assert_eq!(fingerprint(&old) == fingerprint(&new), a == b);
            prop_assert_eq!(fingerprint(&canonical(&old)), fingerprint(&old));
            prop_assert_eq!(changes(&old, &new).0.is_empty(), a == b);
        }
    }
}
