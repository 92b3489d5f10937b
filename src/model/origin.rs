//! Who supplied each value of a waiting call's arguments, and which of them must not be shown.
//!
//! The service hands out arguments in clear, secrets included, and names what configuration filled
//! in by dotted paths, which a key with a dot in it makes ambiguous. So the names are a hint and
//! the values are the proof: plain is what the agent said itself, at the same place and with the
//! same value, and what configuration says openly. Start with [`Origins::of`]. The invariant:
//! everything else is masked.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::ops::Bound;

use serde_json::Value;

use crate::api::agent::ToolConfiguration;
use crate::api::{Event, Object};
use crate::model::masking::{dotted, holds_reference, reach};
use crate::text::json::{Index, Json, Kind, Name, NodeId};

/// More override paths than that mask everything: nobody configures so many.
const MAX_PATHS: usize = 128;
/// Paths times values to look through; more mask everything, too.
const MAX_WORK: usize = 16 << 20;
/// Values deeper than that are compared as one, with all that is in them.
const DEEPEST: usize = 64;
/// Numbers of no more characters are what they are after rounding.
const DIGITS: usize = 15;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    Agent,
    /// By configuration, which says the value openly.
    Override,
    /// By configuration, and may be a secret.
    Secret,
    /// Not the agent's as far as we know, and nobody says whose.
    Unknown,
}

impl Origin {
    pub fn words(self) -> &'static str {
        match self {
            Self::Agent => "from agent",
            Self::Override => "override",
            Self::Secret => "override · secret",
            Self::Unknown => "origin unknown",
        }
    }

    pub fn is_masked(self) -> bool {
        matches!(self, Self::Secret | Self::Unknown)
    }
}

/// A value, with everything in it, that is not the agent's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    from: NodeId,
    /// The first node that is not in it.
    end: NodeId,
    origin: Origin,
}

/// Marks in their order, none in another; what lies between them is the agent's.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Origins(Vec<Mark>);

impl Origins {
    /// What is known of `arguments` from the `tool_input` event of the call and from how its tool
    /// is configured. Without the event nothing is, and everything is masked.
    pub fn of(
        arguments: Json<'_>,
        input: Option<&Event>,
        configuration: Option<&ToolConfiguration>,
    ) -> Self {
        let Some(input) = input else { return Self::unknown(arguments) };
        let text = input.raw().get();
        let index = Index::of(text);
        let event = Json::new(text, &index);
        let mut said = event.members(NodeId::ROOT, "tool_input");
        let (Some(said), None) = (said.next(), said.next()) else {
            return Self::unknown(arguments);
        };
        let paths = override_paths(event);
        if paths.len() > MAX_PATHS || paths.len() * arguments.index().node_count() > MAX_WORK {
            return Self::unknown(arguments);
        }
        let overrides = configuration.and_then(|tool| tool.argument_override.as_ref());
        let mut suspects = unsaid(arguments, (event, said));
        for path in &paths {
            for path in [Cow::Borrowed(path.as_str()), Cow::Owned(dotted(path))] {
                let mut reached = HashSet::new();
                reach(arguments, NodeId::ROOT, &path, &mut reached);
                suspects.extend(reached.into_iter().map(|node| (node, Origin::Secret)));
            }
        }
        if let Some(overrides) = overrides {
            references(arguments, overrides, &mut suspects);
        }
        let mut marks = Self::default();
        for (node, origin) in &suspects {
            if marks.0.last().is_none_or(|last| last.end <= *node) {
                let literal = overrides.and_then(|overrides| at(arguments, overrides, *node));
                marks.judge(arguments, &suspects, (*node, literal, *origin));
            }
        }
        marks
    }

    fn unknown(arguments: Json<'_>) -> Self {
        let mut marks = Self::default();
        for node in arguments.children(NodeId::ROOT) {
            marks.push(arguments, node, Origin::Unknown);
        }
        if marks.0.is_empty() && arguments.kind(NodeId::ROOT) != Kind::Object {
            marks.push(arguments, NodeId::ROOT, Origin::Unknown);
        }
        marks
    }

    fn push(&mut self, arguments: Json<'_>, from: NodeId, origin: Origin) {
        self.0.push(Mark { from, end: arguments.end(from), origin });
    }

    /// Marks a value that is not the agent's: as plain where configuration says this very value.
    /// Of an object that holds more than one sort, every member is marked by itself.
    fn judge(
        &mut self,
        arguments: Json<'_>,
        suspects: &BTreeMap<NodeId, Origin>,
        first: (NodeId, Option<&Value>, Origin),
    ) {
        let mut open = vec![first];
        while let Some((node, literal, origin)) = open.pop() {
            if literal.is_some_and(|value| !holds_reference(value) && is(arguments, node, value)) {
                self.push(arguments, node, Origin::Override);
                continue;
            }
            let literals = literal.and_then(Value::as_object);
            let literals = literals.filter(|map| !map.contains_key("$ref"));
            let inside = (Bound::Excluded(node), Bound::Excluded(arguments.end(node)));
            let mixed = literals.is_some() || suspects.range(inside).next().is_some();
            if !mixed || arguments.kind(node) != Kind::Object || arguments.count(node) == 0 {
                self.push(arguments, node, origin);
                continue;
            }
            let children: Vec<_> = arguments.children(node).collect();
            open.extend(children.into_iter().rev().map(|child| {
                let literal = literals.and_then(|map| map.get(key(arguments, child).as_ref()));
                (child, literal, suspects.get(&child).copied().unwrap_or(origin))
            }));
        }
    }

    fn mark(&self, node: NodeId) -> Option<&Mark> {
        let behind = self.0.partition_point(|mark| mark.from <= node);
        self.0.get(behind.checked_sub(1)?).filter(|mark| node < mark.end)
    }

    pub fn origin(&self, node: NodeId) -> Origin {
        self.mark(node).map_or(Origin::Agent, |mark| mark.origin)
    }

    /// Something in a value, but not all of it, is not the agent's.
    pub fn is_mixed(&self, json: Json<'_>, node: NodeId) -> bool {
        let behind = self.0.partition_point(|mark| mark.from <= node);
        self.mark(node).is_none()
            && self.0.get(behind).is_some_and(|mark| mark.from < json.end(node))
    }

    /// The value must not be shown, or lies in one that must not.
    pub fn is_masked(&self, node: NodeId) -> bool {
        self.origin(node).is_masked()
    }

    /// Start and end, in bytes of the text, of every masked value that ends behind `place`.
    pub fn masked_from<'a>(
        &'a self,
        json: Json<'a>,
        place: usize,
    ) -> impl Iterator<Item = (usize, usize)> {
        let first = self.0.partition_point(|mark| json.span(mark.from).1 <= place);
        let masked = self.0[first..].iter().filter(|mark| mark.origin.is_masked());
        masked.map(move |mark| json.span(mark.from))
    }

    /// Every masked value, in its order, and none that lies in another.
    pub fn masked(&self) -> impl Iterator<Item = NodeId> {
        self.0.iter().filter(|mark| mark.origin.is_masked()).map(|mark| mark.from)
    }
}

/// `argument_override_paths` of an event, as far as they can be read.
fn override_paths(event: Json<'_>) -> Vec<String> {
    let lists = event.members(NodeId::ROOT, "argument_override_paths");
    let paths = lists.flat_map(|list| event.children(list).collect::<Vec<_>>());
    paths.map(|path| event.value(path).into_owned()).take(MAX_PATHS + 1).collect()
}

fn key(json: Json<'_>, node: NodeId) -> Cow<'_, str> {
    match json.name(node) {
        Name::Key(key) => key,
        Name::At(at) => Cow::Owned(at.to_string()),
        Name::Root => Cow::Borrowed(""),
    }
}

/// The outermost values of the arguments that the agent did not say just so. What is the same text
/// in both is the same; only the rest is taken apart.
fn unsaid(arguments: Json<'_>, (event, said): (Json<'_>, NodeId)) -> BTreeMap<NodeId, Origin> {
    let mut out = BTreeMap::new();
    let mut open = vec![(NodeId::ROOT, said, 0)];
    while let Some((mine, theirs, depth)) = open.pop() {
        if arguments.raw(mine) == event.raw(theirs) {
            continue;
        }
        let (kind, other) = (arguments.kind(mine), event.kind(theirs));
        if kind == other && kind.is_container() && depth < DEEPEST {
            let mut said = said_in(event, theirs);
            for child in arguments.children(mine) {
                match said.take(arguments.name(child)) {
                    Some(found) => open.push((child, found, depth + 1)),
                    None => drop(out.insert(child, Origin::Unknown)),
                }
            }
        } else if kind != other || !same(&arguments.value(mine), &event.value(theirs), kind) {
            out.insert(mine, Origin::Unknown);
        }
    }
    out
}

/// The members of a container by name, in the order of those that share one. Reads along as long as
/// both sides have the same order, which they usually have.
struct Said<'a, I> {
    event: Json<'a>,
    next: I,
    by_name: Option<HashMap<Cow<'a, str>, VecDeque<NodeId>>>,
}

fn said_in(event: Json<'_>, container: NodeId) -> Said<'_, impl Iterator<Item = NodeId>> {
    Said { event, next: event.children(container), by_name: None }
}

impl<I: Iterator<Item = NodeId>> Said<'_, I> {
    fn take(&mut self, name: Name<'_>) -> Option<NodeId> {
        let event = self.event;
        if self.by_name.is_none() {
            let next = self.next.next();
            if next.is_some_and(|next| event.name(next) == name) {
                return next;
            }
            let mut map = HashMap::<_, VecDeque<NodeId>>::new();
            for node in next.into_iter().chain(self.next.by_ref()) {
                map.entry(key(event, node)).or_default().push_back(node);
            }
            self.by_name = Some(map);
        }
        let name = match name {
            Name::Key(key) => key,
            // Positions have one order only: behind the end there is nothing.
            Name::At(_) | Name::Root => return None,
        };
        self.by_name.as_mut()?.get_mut(name.as_ref())?.pop_front()
    }
}

/// Of two scalars, written differently or not.
fn same(mine: &str, theirs: &str, kind: Kind) -> bool {
    // Longer ones may differ in what rounding takes away.
    let number = |text: &str| text.parse::<f64>().ok().filter(|_| text.len() <= DIGITS);
    match kind {
        Kind::String | Kind::Boolean | Kind::Null => mine == theirs,
        Kind::Number => number(mine).is_some_and(|mine| number(theirs) == Some(mine)),
        _ => false,
    }
}

/// Whether a value of the text is this one. As deep as `value` is, which `serde_json` limits.
fn is(json: Json<'_>, node: NodeId, value: &Value) -> bool {
    let kind = json.kind(node);
    match value {
        Value::Null => kind == Kind::Null,
        Value::Bool(yes) => kind == Kind::Boolean && json.raw(node) == yes.to_string(),
        Value::Number(number) => {
            kind == Kind::Number && same(json.raw(node), &number.to_string(), kind)
        }
        Value::String(text) => kind == Kind::String && json.value(node) == *text,
        Value::Array(items) => {
            kind == Kind::Array
                && json.count(node) == items.len()
                && json.children(node).zip(items).all(|(child, item)| is(json, child, item))
        }
        Value::Object(map) => {
            let held = |child| map.get(key(json, child).as_ref());
            kind == Kind::Object
                && json.count(node) == map.len()
                && json.children(node).all(|child| held(child).is_some_and(|v| is(json, child, v)))
        }
    }
}

/// What configuration says at the place of a node.
fn at<'a>(arguments: Json<'_>, overrides: &'a Object, node: NodeId) -> Option<&'a Value> {
    let mut way: Vec<NodeId> =
        std::iter::successors(Some(node), |at| arguments.parent(*at)).take(DEEPEST).collect();
    if way.pop() != Some(NodeId::ROOT) {
        return None;
    }
    let mut found = overrides.get(key(arguments, way.pop()?).as_ref())?;
    for step in way.into_iter().rev() {
        found = match found {
            Value::Object(map) => map.get(key(arguments, step).as_ref())?,
            Value::Array(items) => items.get(key(arguments, step).parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    Some(found)
}

/// The values that configuration takes from elsewhere, whatever the event says of them: it may be
/// newer than the event.
fn references(arguments: Json<'_>, overrides: &Object, out: &mut BTreeMap<NodeId, Origin>) {
    let mut open = vec![(NodeId::ROOT, overrides)];
    while let Some((node, overrides)) = open.pop() {
        for (name, value) in overrides.iter().filter(|(_, value)| holds_reference(value)) {
            for member in arguments.members(node, name) {
                match value {
                    Value::Object(map)
                        if !map.contains_key("$ref") && arguments.kind(member) == Kind::Object =>
                    {
                        open.push((member, map));
                    }
                    _ => drop(out.insert(member, Origin::Secret)),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Paths of what is masked, and of what is plain by configuration.
    fn judged(arguments: &str, input: Option<&str>, overrides: &Value) -> (String, String) {
        let event = input.map(|rest| {
            let text = format!(r#"{{"id":"e","type":"tool_input",{rest}}}"#);
            serde_json::from_str::<Event>(&text).unwrap()
        });
        let tool: ToolConfiguration =
            serde_json::from_value(json!({"type": "client", "argument_override": overrides}))
                .unwrap();
        let index = Index::of(arguments);
        let json = Json::new(arguments, &index);
        let origins = Origins::of(json, event.as_ref(), Some(&tool));
        let paths = |wanted: fn(Origin) -> bool| {
            let marks = origins.0.iter().filter(|mark| wanted(mark.origin));
            marks.map(|mark| json.path(mark.from)).collect::<Vec<_>>().join(" ")
        };
        (paths(Origin::is_masked), paths(|origin| origin == Origin::Override))
    }

    fn masked(arguments: &str, input: &str) -> String {
        judged(arguments, Some(input), &Value::Null).0
    }

    #[test]
    fn with_no_event_everything_is_masked() {
        let (masked, _) = judged(r#"{"a":1,"b":{"c":2}}"#, None, &json!({"a": 1}));
        assert_eq!(masked, ".a .b");
        assert_eq!(judged("[]", None, &Value::Null).0, ".");
        assert_eq!(judged("{}", None, &Value::Null).0, "");
        let twice = r#""tool_input":{"a":1},"tool_input":{"a":2}"#;
        assert_eq!(self::masked(r#"{"a":1}"#, twice), ".a", "which of the two is it?");
    }

    #[test]
    fn what_the_agent_said_is_plain_and_nothing_else_is() {
        let said = r#""tool_input":{"n": 84.20,"s":"\u0041","list":[1,{"x":2}],"empty":{}}"#;
        let same = r#"{"list":[1,{"x":2}],"s":"A","n":84.2,"empty":{ }}"#;
        assert_eq!(masked(same, said), "");
        let other = r#"{"n":85,"s":"A","list":[1,{"x":3,"y":4},5],"empty":[],"key":"k"}"#;
        assert_eq!(masked(other, said), ".n .list[1].x .list[1].y .list[2] .empty .key");
    }

    #[test]
    fn numbers_that_only_rounding_makes_equal_are_still_numbers_of_the_agent() {
        let said = r#""tool_input":{"n":1e999}"#;
        assert_eq!(masked(r#"{"n":1e999}"#, said), "", "the same text");
        let said = r#""tool_input":{"n":12345678901234567890.1}"#;
        assert_eq!(masked(r#"{"n":12345678901234567890.2}"#, said), ".n", "rounds to the same");
    }

    #[test]
    fn a_dot_in_a_key_masks_every_reading_of_the_path() {
        let said = r#""tool_input":{"a.b":1,"a":{"b":2,"c":3},"x/y":4},
            "argument_override_paths":["a.b"]"#;
        let arguments = r#"{"a.b":1,"a":{"b":2,"c":3},"x/y":4}"#;
        assert_eq!(masked(arguments, said), r#".["a.b"] .a.b"#);
        for (path, whole) in
            [("$.x[\"y\"]", ".x.y"), ("/x/y", ".x"), ("x.y.z", ".x.y"), ("?", ".x")]
        {
            let said =
                format!(r#""tool_input":{{"keep":1}},"argument_override_paths":[{}]"#, json!(path));
            let arguments = r#"{"keep":1,"x":{"y":"secret"},"x/y":"secret"}"#;
            assert_eq!(masked(arguments, &said), format!(r#"{whole} .["x/y"]"#), "{path}");
        }
    }

    #[test]
    fn configuration_proves_its_literals_by_their_value() {
        let said =
            r#""tool_input":{"n":1},"argument_override_paths":["auth.key","eur","auth.user"]"#;
        let overrides =
            json!({"eur": "EUR", "auth": {"key": {"$ref": "agent.secrets.k"}, "user": "u"}});
        let arguments = r#"{"n":1,"eur":"EUR","auth":{"key":"k","user":"u"}}"#;
        let both = judged(arguments, Some(said), &overrides);
        assert_eq!(both, (".auth.key".into(), ".eur .auth.user".into()));
        let arguments = r#"{"n":1,"eur":"other","auth":{"key":"k","user":"u","more":1}}"#;
        let both = judged(arguments, Some(said), &overrides);
        assert_eq!(both, (".eur .auth.key .auth.more".into(), ".auth.user".into()));
        let silent = r#""tool_input":{"n":1,"auth":{"key":"k","user":"u"}}"#;
        let arguments = r#"{"n":1,"auth":{"key":"k","user":"u"}}"#;
        assert_eq!(judged(arguments, Some(silent), &overrides).0, ".auth.key");
    }

    #[test]
    fn a_key_that_comes_twice_is_judged_twice() {
        let said = r#""tool_input":{"a":1,"b":2}"#;
        assert_eq!(masked(r#"{"a":1,"a":"secret","b":2}"#, said), ".a");
        let said = r#""tool_input":{"a":1},"argument_override_paths":["a"]"#;
        assert_eq!(masked(r#"{"a":1,"a":2}"#, said), ".a .a");
    }

    #[test]
    fn too_many_paths_and_too_much_depth_mask_more() {
        let paths = vec![r#""p""#; MAX_PATHS + 1].join(",");
        let said = format!(r#""tool_input":{{"a":1}},"argument_override_paths":[{paths}]"#);
        assert_eq!(masked(r#"{"a":1}"#, &said), ".a");
        let deep = |end: &str| format!("{}{end}{}", "[".repeat(10_000), "]".repeat(10_000));
        let said = format!(r#""tool_input":{{"a":{}}}"#, deep("1"));
        assert_eq!(masked(&format!(r#"{{"a":{}}}"#, deep("1")), &said), "");
        let found = masked(&format!(r#"{{"a":{}}}"#, deep("2")), &said);
        assert_eq!(found, format!(".a{}", "[0]".repeat(DEEPEST - 1)));
    }
}
