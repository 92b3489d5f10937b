//! What the schema of a tool says of one value: its type and its description.
//!
//! Looks along one path only, so that it costs the depth of the value and never the size of the
//! schema. Checks nothing.

use serde_json::Value;

use crate::text::json::{Json, Name, NodeId};
use crate::text::sanitize;

/// Steps to a value, and references followed on the way to it.
const MAX_STEPS: usize = 64;
const MAX_REFERENCES: usize = 16;
/// Alternatives of a type, or of a value, that are named.
const MAX_NAMED: usize = 6;
const WORD: usize = 40;
const DESCRIPTION: usize = 400;

/// `integer · the order to refund`, on one line; `None` where the schema is silent.
pub(super) fn words(schema: &Value, json: Json<'_>, node: NodeId) -> Option<String> {
    let mut way: Vec<NodeId> =
        std::iter::successors(Some(node), |at| json.parent(*at)).take(MAX_STEPS).collect();
    if way.pop() != Some(NodeId::ROOT) {
        return None;
    }
    let mut references = 0;
    let mut at = resolve(schema, schema, &mut references)?;
    for step in way.into_iter().rev() {
        let inner = match json.name(step) {
            Name::Root => return None,
            Name::Key(key) => {
                let property = at.get("properties").and_then(|held| held.get(key.as_ref()));
                property.or_else(|| at.get("additionalProperties"))
            }
            Name::At(position) => {
                let places = at.get("prefixItems").and_then(Value::as_array);
                let place = places.and_then(|places| places.get(position as usize));
                place.or_else(|| at.get("items"))
            }
        };
        at = resolve(schema, inner?, &mut references)?;
    }
    let described = at.get("description").or_else(|| at.get("title")).and_then(Value::as_str);
    let described = described.map(|text| sanitize::preview(text.trim(), DESCRIPTION));
    let parts = [type_of(at), described.filter(|text| !text.is_empty())];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" · "))
}

/// Follows references into the schema itself; `None` for others, and for circles.
fn resolve<'a>(schema: &'a Value, mut at: &'a Value, followed: &mut usize) -> Option<&'a Value> {
    while let Some(reference) = at.get("$ref") {
        *followed += 1;
        if *followed > MAX_REFERENCES {
            return None;
        }
        at = schema.pointer(reference.as_str()?.strip_prefix('#')?)?;
    }
    Some(at)
}

fn type_of(at: &Value) -> Option<String> {
    if let Some(constant) = at.get("const") {
        return Some(format!("always {}", value(constant)));
    }
    if let Some(Value::Array(choices)) = at.get("enum") {
        return Some(format!("one of {}", some(choices, ", ", value)));
    }
    match at.get("type") {
        Some(Value::String(name)) => {
            let format = at.get("format").and_then(Value::as_str);
            let format = format.map_or_else(String::new, |format| format!(" ({format})"));
            Some(sanitize::preview(&format!("{name}{format}"), WORD))
        }
        Some(Value::Array(names)) => Some(some(names, " or ", |name| {
            sanitize::preview(name.as_str().unwrap_or_default(), WORD)
        })),
        _ => {
            let several = ["anyOf", "oneOf"].into_iter().find_map(|word| at.get(word)?.as_array());
            let named = several?.iter().take(MAX_NAMED + 1);
            let named: Vec<Value> = named.filter_map(|one| one.get("type").cloned()).collect();
            (!named.is_empty()).then(|| {
                some(&named, " or ", |name| {
                    sanitize::preview(name.as_str().unwrap_or("several"), WORD)
                })
            })
        }
    }
}

fn some(items: &[Value], between: &str, word: impl Fn(&Value) -> String) -> String {
    let named: Vec<String> = items.iter().take(MAX_NAMED).map(word).collect();
    let more = if items.len() > MAX_NAMED { format!("{between}…") } else { String::new() };
    format!("{}{more}", named.join(between))
}

/// A scalar as JSON; what is larger is no word.
fn value(value: &Value) -> String {
    match value {
        Value::Object(_) => "{…}".to_owned(),
        Value::Array(_) => "[…]".to_owned(),
        Value::String(text) => format!("\"{}\"", sanitize::preview(text, WORD)),
        scalar => scalar.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::json::Index;
    use serde_json::json;

    fn all(schema: &Value, text: &str) -> Vec<String> {
        let index = Index::of(text);
        let json = Json::new(text, &index);
        json.nodes().map(|node| words(schema, json, node).unwrap_or_default()).collect()
    }

    #[test]
    fn types_and_descriptions_stand_at_their_values() {
        let schema = json!({"type": "object", "properties": {
            "id": {"type": "integer", "description": "the\norder\u{1b}[2J"},
            "when": {"type": "string", "format": "date"},
            "how": {"enum": ["a", 1, null, [2]]}, "fix": {"const": "x"},
            "maybe": {"type": ["string", "null"]}, "either": {"anyOf": [{"type": "string"}, {"$ref": "#/x"}]},
            "list": {"items": {"$ref": "#/$defs/item"}}, "silent": true},
            "$defs": {"item": {"type": "number", "title": "an item"}}});
        let text = r#"{"id":1,"when":"","how":"a","fix":"x","maybe":null,"either":1,"list":[5],"silent":1,"other":1}"#;
        assert_eq!(
            all(&schema, text),
            [
                "object",
                "integer · the order\\x1b[2J",
                "string (date)",
                r#"one of "a", 1, null, […]"#,
                r#"always "x""#,
                "string or null",
                "string",
                "",
                "number · an item",
                "",
                ""
            ]
        );
    }

    #[test]
    fn circles_and_references_to_elsewhere_say_nothing() {
        let circle = json!({"$ref": "#/a", "a": {"$ref": "#/b"}, "b": {"$ref": "#/a"}});
        assert_eq!(all(&circle, "[1]"), ["", ""]);
        let remote = json!({"$ref": "https://elsewhere.example/schema"});
        assert_eq!(all(&remote, "1"), [""]);
        let tree = json!({"type": "object", "additionalProperties": {"$ref": "#"}});
        let text = r#"{"a":{"b":{"c":{}}}}"#;
        assert_eq!(all(&tree, text), ["object"; 4]);
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        assert_eq!(all(&json!({"items": {"$ref": "#"}, "type": "array"}), &deep)[9_999], "");
    }
}
