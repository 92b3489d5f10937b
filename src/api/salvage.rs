//! Items of a listing that cannot be read whole: what can be read of one stays, so that it costs
//! neither its neighbours nor itself.
//!
//! Start with [`read`]. The invariant: what is left out is named in the item's damage.

use std::collections::BTreeMap;

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::Map;
use serde_json::value::{RawValue, Value};

use super::event::reason;
use super::exact;
use super::odd::readable;

/// What can be shown although parts of it cannot be read.
pub trait Salvage: DeserializeOwned {
    /// Takes the place of required fields that are missing or cannot be read; an object.
    const BARE: &'static str;

    /// Notes which parts are left out, and why.
    #[must_use]
    fn damaged(self, why: String) -> Self;
}

/// Fields that are tried one by one; of an item that has more the others are left out.
const TRIED: usize = 200;

/// Reads an item. One that cannot be read whole is read field by field, and comes back with its
/// damage in words: numbers out of range, text that is no Unicode, and nesting beyond reason, of which
/// the deepest part becomes its text.
pub(super) fn read<T: Salvage>(raw: &RawValue) -> Result<T, serde_json::Error> {
    let error = match serde_json::from_str(raw.get()) {
        Ok(item) => return Ok(item),
        Err(error) => error,
    };
    let reason = reason(&error);
    // What is no object has no field that can be read.
    let fields: BTreeMap<String, &RawValue> = serde_json::from_str(raw.get()).unwrap_or_default();
    let is_object = !fields.is_empty();
    let mut kept: Map<String, Value> = serde_json::from_str(T::BARE)?;
    let (mut lost, mut odd) = (Vec::new(), Vec::new());
    for (at, (name, field)) in fields.into_iter().enumerate() {
        let strict = serde_json::from_str::<Value>(field.get());
        let is_odd = strict.is_err();
        let value = strict.or_else(|_| serde_json::from_str(&readable(field.get())));
        let with = value.ok().filter(|_| at < TRIED);
        match with.and_then(|value| with_field::<T>(&kept, &name, value).ok()) {
            Some(more) => {
                kept = more;
                odd.extend(is_odd.then_some(name));
            }
            None => lost.push(name),
        }
    }
    let item: T = exact::typed(&Value::Object(kept))?;
    let mut words = Vec::new();
    if !is_object {
        words.push("cannot be read: all of it".to_owned());
    } else if !lost.is_empty() {
        lost.truncate(TRIED);
        words.push(format!("cannot be read: {}", lost.join(", ")));
    }
    if !odd.is_empty() {
        words.push(format!("in part read as text: {}", odd.join(", ")));
    }
    if words.is_empty() {
        // Field by field it can be read: together they were nested too deep.
        return Ok(item);
    }
    Ok(item.damaged(format!("{} ({reason})", words.join("; "))))
}

fn with_field<T: Salvage>(
    kept: &Map<String, Value>,
    name: &str,
    value: Value,
) -> Result<Map<String, Value>, serde_json::Error> {
    let mut more = kept.clone();
    more.insert(name.to_owned(), value);
    let whole = Value::Object(more);
    exact::typed::<T>(&whole)?;
    match whole {
        Value::Object(more) => Ok(more),
        _ => Ok(Map::new()),
    }
}

/// One item by itself. Where it has the shape that it should have, nesting beyond reason and the like
/// cost nothing but a remark; where not, that is an error.
pub struct Whole<T>(pub T);

impl<'de, T: Salvage> Deserialize<'de> for Whole<T> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(input)?;
        let read = serde_json::from_str(raw.get()).or_else(|error| {
            let item: Result<T, _> = serde_json::from_str(&readable(raw.get()));
            let why = || format!("in part read as text ({})", reason(&error));
            item.map(|item| item.damaged(why())).map_err(|_| error)
        });
        read.map(Self).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::super::alias::Alias;
    use super::super::tool::ClientTool;
    use super::super::{Agent, Artifact, Page, Session};

    fn nested(depth: usize) -> String {
        format!("{}{}", "[".repeat(depth), "]".repeat(depth))
    }

    fn sessions(second: &str) -> Page<Session> {
        let whole = |key: &str, rest: &str| {
            format!(
                r#"{{"key":"{key}","agent_key":"a","name":"N","enabled":true,
                    "created_at":"2026-05-03T14:00:00Z"{rest}}}"#
            )
        };
        let text = format!(
            r#"{{"sessions":[{},{second},{}],"metadata":{{"page_key":"k"}}}}"#,
            whole("first", ""),
            whole("third", "")
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn one_session_that_cannot_be_read_costs_no_other_and_keeps_what_can_be_read() {
        let (lost, odd) = ("cannot be read", "in part read as text");
        for (field, value, how) in [
            ("metadata", format!(r#"{{"deep":{}}}"#, nested(140)), odd),
            ("metadata", format!(r#"{{"deep":{}}}"#, nested(100_000)), odd),
            ("metadata", r#"{"text":"\ud83d"}"#.to_owned(), odd),
            ("tti_minutes", "1e999".to_owned(), lost),
            ("session_context_usage", "7".to_owned(), lost),
            ("created_at", "\"yesterday\"".to_owned(), lost),
            ("name", "\"\\udc00\"".to_owned(), odd),
        ] {
            let mut fields = vec![
                ("key", "\"second\"".to_owned()),
                ("agent_key", "\"a\"".to_owned()),
                ("enabled", "false".to_owned()),
                ("status", "\"stopped\"".to_owned()),
            ];
            for (name, plain) in [("name", "\"N\""), ("created_at", "\"2026-05-03T14:00:00Z\"")] {
                if name != field {
                    fields.push((name, plain.to_owned()));
                }
            }
            fields.push((field, value));
            let fields: Vec<_> = fields.iter().map(|(k, v)| format!("\"{k}\":{v}")).collect();
            let page = sessions(&format!("{{{}}}", fields.join(",")));
            let keys: Vec<_> = page.items.iter().map(|session| session.key.as_str()).collect();
            assert_eq!(keys, ["first", "second", "third"], "{field}");
            assert_eq!(page.page_key.as_deref(), Some("k"));
            let [first, second, _] = &page.items[..] else { panic!() };
            assert_eq!((first.damage.as_deref(), second.enabled), (None, false));
            let damage = second.damage.as_deref().unwrap();
            assert!(damage.starts_with(&format!("{how}: {field} (")), "{damage}");
            let has_metadata = second.metadata.is_empty() != (field == "metadata");
            assert!(has_metadata, "what can be shown is: {:?}", second.metadata);
        }
    }

    #[test]
    fn what_is_no_object_is_still_a_row() {
        let page = sessions("7");
        assert_eq!(page.items.len(), 3);
        assert!(page.items[1].damage.is_some());
    }

    #[test]
    fn agents_and_artifacts_alike() {
        let text = format!(r#"{{"agents":[{{"key":"b","name":"B","metadata":{}}}]}}"#, nested(140));
        let agents: Page<Agent> = serde_json::from_str(&text).unwrap();
        assert_eq!(agents.items[0].key.as_str(), "b");
        assert!(agents.items[0].damage.is_some());
        let text =
            r#"{"artifacts":[{"artifact_id":"art_1","filename":"a.txt","size_bytes":1e999}]}"#;
        let files: Page<Artifact> = serde_json::from_str(text).unwrap();
        assert_eq!(files.items[0].filename, "a.txt");
        assert!(files.items[0].damage.as_deref().unwrap().contains("size_bytes"));
    }

    #[test]
    fn a_tool_or_an_alias_of_a_shape_that_nobody_knows_costs_no_other() {
        let at = r#""created_at":"2026-05-03T14:00:00Z","updated_at":"2026-05-03T14:00:00Z""#;
        let tool = format!(r#"{{"id":"tol_1","type":"client","name":"one",{at}}}"#);
        let text = format!(r#"{{"tools":[{{"id":"tol_0","input_schema":7}},{tool}]}}"#);
        let tools: Page<ClientTool> = serde_json::from_str(&text).unwrap();
        let [odd, whole] = &tools.items[..] else { panic!() };
        assert_eq!((odd.id.as_str(), whole.name.as_str()), ("tol_0", "one"));
        assert!(odd.damage.as_deref().unwrap().contains("input_schema"), "{odd:?}");
        assert_eq!(whole.damage, None);
        let of = r#"{"rules":[{"targets":{"type":"single","agent_key":"a"}}]}"#;
        let alias = |policy: &str| {
            format!(r#"{{"key":"k","name":"K","enabled":true,"policy":{policy},{at}}}"#)
        };
        let whole = alias(&of.replacen('{', r#"{"type":"routed","#, 1));
        let text = format!(r#"{{"aliases":[{},{whole}]}}"#, alias(r#"{"type":"of tomorrow"}"#));
        let aliases: Page<Alias> = serde_json::from_str(&text).unwrap();
        let [odd, whole] = &aliases.items[..] else { panic!() };
        assert!(odd.damage.as_deref().unwrap().contains("policy"), "{odd:?}");
        assert!(odd.policy.agents().is_empty());
        assert_eq!((whole.damage.as_deref(), whole.policy.agents().len()), (None, 1));
    }
}
