//! Which keys come more than once in their object: one of them is not what it seems, because
//! programs differ in which they take.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::text::json::{Json, Kind, Name, NodeId};

/// Looks at each key once. Keys are told apart by a hash of 64 bits; two that share one are marked
/// although they differ, which costs a look and hides nothing.
pub(super) fn of(json: Json<'_>) -> HashSet<NodeId> {
    let mut out = HashSet::new();
    let mut first = HashMap::new();
    for object in json.nodes().filter(|node| json.kind(*node) == Kind::Object) {
        if json.count(object) < 2 {
            continue;
        }
        first.clear();
        for member in json.children(object) {
            let Name::Key(key) = json.name(member) else { continue };
            let mut hasher = DefaultHasher::new();
            key.hash(&mut hasher);
            if let Some(before) = first.insert(hasher.finish(), member) {
                out.extend([before, member]);
            }
        }
    }
    out
}
