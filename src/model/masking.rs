//! Which argument values may be secrets. Decided by where a value came from, never by its look,
//! because the service sends outstanding arguments in clear.
//!
//! Here are the rules for stored events, whose override paths are all there is to go by, and what
//! they share with [`super::origin`], which has the rules for the arguments of a waiting call.

use std::collections::{BTreeSet, HashSet};

use serde_json::Value;

use crate::api::Object;
use crate::api::agent::ToolConfiguration;
use crate::text::json::{Json, Name, NodeId};

/// Where the arguments of a call came from, as far as we know.
#[derive(Debug, Clone, Copy, Default)]
pub struct Provenance<'a> {
    /// `argument_override_paths` of the `tool_input`; `None` while that event is not loaded.
    pub override_paths: Option<&'a [String]>,
    pub configuration: Option<&'a ToolConfiguration>,
    /// `resolved_argument_overrides` of an earlier output of the same tool configuration.
    pub resolved: Option<&'a Object>,
}

/// Paths in `arguments` to mask: those filled by configuration and not proven plain. With no
/// provenance at all, everything.
pub fn masked_paths(arguments: &Object, from: &Provenance) -> BTreeSet<String> {
    let Some(paths) = from.override_paths else {
        return arguments.keys().cloned().collect();
    };
    let overrides = from.configuration.and_then(|tool| tool.argument_override.as_ref());
    let mut supplied: BTreeSet<String> = paths.iter().map(|path| dotted(path)).collect();
    // The configuration may be newer than the event, and then name more than the event did.
    for (key, value) in overrides.into_iter().flatten() {
        if holds_reference(value) && arguments.contains_key(key) {
            supplied.extend(reference_paths(key, value));
        }
    }
    let is_plain = |path: &String| {
        let literal = overrides.and_then(|overrides| at(overrides, path));
        let used = from.resolved.and_then(|resolved| at(resolved, path));
        literal.is_some_and(|value| !holds_reference(value))
            || used.is_some_and(|value| !holds_mask(value))
    };
    let unproven = supplied.into_iter().filter(|path| !is_plain(path));
    unproven.filter_map(|path| existing_prefix(arguments, &path)).collect()
}

/// Of one length, so that it does not tell how long the secret is.
pub const MASK: &str = "****";

/// The nodes at a dotted path, every one of a repeated key; where a way ends early, the deepest
/// node on it: too much masked is an inconvenience, too little is a leak.
pub(crate) fn reach(json: Json<'_>, from: NodeId, path: &str, out: &mut HashSet<NodeId>) {
    let mut ways = vec![(from, path)];
    while let Some((node, rest)) = ways.pop() {
        let mut leads_on = false;
        for child in json.children(node) {
            let name = match json.name(child) {
                Name::Key(key) => key,
                Name::At(at) => at.to_string().into(),
                Name::Root => continue,
            };
            let Some(after) = rest.strip_prefix(&*name) else { continue };
            if after.is_empty() {
                out.insert(child);
                leads_on = true;
            } else if let Some(after) = after.strip_prefix('.') {
                ways.push((child, after));
                leads_on = true;
            }
        }
        if !leads_on && node != from {
            out.insert(node);
        }
    }
}

/// What stands in its place on the screen, whatever its length.
pub const SHOWN_MASK: &str = "••••••••";

/// `a[0].b` and `$.a.0.b` are both `a.0.b` here.
pub(crate) fn dotted(path: &str) -> String {
    let path = path.trim_start_matches("$.").replace("[\"", ".").replace("\"]", "");
    path.replace('[', ".").replace(']', "")
}

fn at<'a>(object: &'a Object, path: &str) -> Option<&'a Value> {
    if let Some(value) = object.get(path) {
        return Some(value);
    }
    let mut segments = path.split('.');
    let first = object.get(segments.next()?)?;
    segments.try_fold(first, |value, segment| step(value, segment))
}

fn step<'a>(value: &'a Value, segment: &str) -> Option<&'a Value> {
    match value {
        Value::Object(map) => map.get(segment),
        Value::Array(items) => segment.parse::<usize>().ok().and_then(|index| items.get(index)),
        _ => None,
    }
}

/// The path itself, or where it leads nowhere the deepest container on the way: too much masked
/// is an inconvenience, too little is a leak.
fn existing_prefix(arguments: &Object, path: &str) -> Option<String> {
    if arguments.contains_key(path) {
        return Some(path.to_owned());
    }
    let mut segments = path.split('.');
    let mut reached = segments.next()?.to_owned();
    let mut value = arguments.get(&reached)?;
    for segment in segments {
        let Some(next) = step(value, segment) else {
            break;
        };
        value = next;
        reached = format!("{reached}.{segment}");
    }
    Some(reached)
}

pub(super) fn holds_reference(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.contains_key("$ref") || map.values().any(holds_reference),
        Value::Array(items) => items.iter().any(holds_reference),
        Value::String(text) => text.contains("$ref"),
        _ => false,
    }
}

fn holds_mask(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.values().any(holds_mask),
        Value::Array(items) => items.iter().any(holds_mask),
        Value::String(text) => text.contains("****"),
        _ => false,
    }
}

fn reference_paths(prefix: &str, value: &Value) -> Vec<String> {
    match value {
        Value::Object(map) if !map.contains_key("$ref") => {
            let held = map.iter().filter(|(_, child)| holds_reference(child));
            held.flat_map(|(key, child)| reference_paths(&format!("{prefix}.{key}"), child))
                .collect()
        }
        _ => vec![prefix.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(value: Value) -> Object {
        serde_json::from_value(value).unwrap()
    }

    fn tool(overrides: &Value) -> ToolConfiguration {
        serde_json::from_value(json!({"type": "client", "argument_override": overrides})).unwrap()
    }

    fn masked(arguments: Value, from: &Provenance) -> Vec<String> {
        masked_paths(&object(arguments), from).into_iter().collect()
    }

    #[test]
    fn with_no_provenance_everything_is_masked() {
        assert_eq!(masked(json!({"a": 1, "b": {"c": 2}}), &Provenance::default()), ["a", "b"]);
    }

    #[test]
    fn an_override_is_plain_only_when_proven() {
        let paths = ["currency".to_owned(), "auth.key".to_owned(), "region".to_owned()];
        let tool = tool(&json!({"currency": "EUR", "auth": {"key": {"$ref": "secrets.k"}}}));
        let arguments = json!({"n": 1, "currency": "EUR", "auth": {"key": "k"}, "region": "eu"});
        let mut from = Provenance { override_paths: Some(&paths), ..Provenance::default() };
        assert_eq!(masked(arguments.clone(), &from), ["auth.key", "currency", "region"]);
        from.configuration = Some(&tool);
        assert_eq!(masked(arguments.clone(), &from), ["auth.key", "region"]);
        let resolved = object(json!({"auth.key": "****", "region": "eu"}));
        from.resolved = Some(&resolved);
        assert_eq!(masked(arguments, &from), ["auth.key"]);
    }

    #[test]
    fn a_path_that_leads_nowhere_masks_the_container() {
        let paths = ["auth.tokens[0].value".to_owned()];
        let from = Provenance { override_paths: Some(&paths), ..Provenance::default() };
        assert_eq!(masked(json!({"auth": {"tokens": "t"}}), &from), ["auth.tokens"]);
        assert_eq!(
            masked(json!({"auth": {"tokens": [{"value": 1}]}}), &from),
            ["auth.tokens.0.value"]
        );
    }

    #[test]
    fn a_reference_in_the_configuration_masks_although_the_event_is_silent() {
        let tool = tool(&json!({"auth": {"key": {"$ref": "secrets.k"}, "user": "u"}}));
        let from =
            Provenance { override_paths: Some(&[]), configuration: Some(&tool), resolved: None };
        assert_eq!(masked(json!({"auth": {"key": "k", "user": "u"}}), &from), ["auth.key"]);
    }
}
