//! Events that a parser refuses although every byte of them is JSON: half a surrogate pair, a number
//! beyond all range, nesting beyond reason, a key twice, a field of another type.
//!
//! Owns the way from such a text to one that fits the type of the event. Start with [`Fitted::of`].
//! The invariant: what decides an outcome (that a tool failed, that somebody spoke) survives, and
//! whatever had to be taken for something else is named in the remark. The exact text is not touched:
//! the event keeps it.

use std::collections::HashSet;
use std::fmt::{self, Write as _};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Object, exact};

/// Below what a JSON parser follows, with room for what is put around a value.
const DEEPEST: usize = 96;

/// The same JSON, such that every parser takes it: half a surrogate pair becomes the text of its
/// escape, a number beyond all range its digits as a text, and what is nested too deep the text of
/// its JSON.
pub fn readable(json: &str) -> String {
    readable_to(json, DEEPEST)
}

/// The same with another depth for the deepest values.
fn readable_to(json: &str, deepest: usize) -> String {
    let bytes = json.as_bytes();
    let mut out = String::with_capacity(json.len() + 16);
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(&byte) = bytes.get(at) {
        let end = match byte {
            b'"' => {
                let end = string_end(bytes, at);
                push_string(json.get(at..end).unwrap_or_default(), &mut out);
                end
            }
            b'{' | b'[' if depth == deepest => {
                let end = container_end(bytes, at);
                out.push_str(&Value::from(json.get(at..end).unwrap_or_default()).to_string());
                end
            }
            b'-' | b'0'..=b'9' => {
                let more = bytes[at..].iter().position(|byte| !is_of_number(*byte));
                let end = more.map_or(bytes.len(), |length| at + length);
                let number = json.get(at..end).unwrap_or_default();
                if number.parse::<f64>().is_ok_and(f64::is_finite) {
                    out.push_str(number);
                } else {
                    let _ = write!(out, "\"{number}\"");
                }
                end
            }
            _ => {
                match byte {
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                out.push(char::from(byte));
                at + 1
            }
        };
        at = end;
    }
    out
}

fn is_of_number(byte: u8) -> bool {
    matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')
}

/// Behind the string that begins at `at`.
fn string_end(bytes: &[u8], at: usize) -> usize {
    let mut at = at + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn container_end(bytes: &[u8], mut at: usize) -> usize {
    let mut depth = 0_usize;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at = string_end(bytes, at);
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
        if depth == 0 {
            break;
        }
    }
    at
}

/// A string with its quotes. An escape that is half a pair gets its backslash escaped.
fn push_string(quoted: &str, out: &mut String) {
    let unit = |at: usize| {
        let digits = quoted.get(at..)?.strip_prefix("\\u")?.get(..4)?;
        u16::from_str_radix(digits, 16).ok()
    };
    let mut at = 0;
    while let Some(found) = quoted.get(at..).and_then(|rest| rest.find('\\')) {
        out.push_str(&quoted[at..at + found]);
        at += found;
        let length = match unit(at) {
            Some(0xd800..=0xdbff) if matches!(unit(at + 6), Some(0xdc00..=0xdfff)) => 12,
            Some(0xd800..=0xdfff) => {
                out.push('\\');
                6
            }
            Some(_) => 6,
            None => 2,
        };
        let end = (at + length).min(quoted.len());
        out.push_str(quoted.get(at..end).unwrap_or_default());
        at = end;
    }
    out.push_str(quoted.get(at..).unwrap_or_default());
}

/// The members of an object in their order, a key that comes twice twice.
struct Members(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        input.deserialize_map(Collect)
    }
}

/// An event made to fit its type.
pub(super) struct Fitted {
    pub(super) members: Object,
    /// What had to be taken for something else.
    pub(super) remarks: Vec<String>,
}

impl Fitted {
    /// `None` for what is no object.
    pub(super) fn of(json: &str) -> Option<Self> {
        Self::of_readable(&readable(json))
    }

    /// The same of an event of so many values that its members stay text.
    pub(super) fn of_heavy(json: &str) -> Option<Self> {
        let mut fitted = Self::of_readable(&readable_to(json, 1))?;
        fitted
            .remarks
            .push("too many values to look into, so that lists and objects are text".to_owned());
        Some(fitted)
    }

    fn of_readable(json: &str) -> Option<Self> {
        let Members(read) = serde_json::from_str(json).ok()?;
        let mut members = Object::new();
        let mut remarks = Vec::new();
        let mut twice = HashSet::new();
        for (name, value) in read {
            if members.contains_key(&name) {
                if twice.insert(name.clone()) {
                    remarks.push(format!("{name} comes twice, the first counts"));
                }
                continue;
            }
            match serde_json::from_str::<Value>(value.get()) {
                Ok(value) => drop(members.insert(name, value)),
                Err(_) => remarks.push(format!("{name} cannot be read")),
            }
        }
        Some(Self { members, remarks })
    }

    /// Takes what does not fit its field for something that does. Nothing is done to an event that
    /// has none of what its type is made of: it is of that type by name only.
    pub(super) fn fit(&mut self, kind: &str) {
        let fields = fields(kind);
        let required = || fields.iter().filter(|field| field.1.is_required());
        if required().count() > 0 && !required().any(|(name, _)| self.members.contains_key(*name)) {
            return;
        }
        for (name, shape) in fields {
            let held = take(&mut self.members, name);
            let (value, remark) = shape.fit(held);
            if let Some(remark) = remark {
                self.remarks.push(format!("{name} {remark}"));
            }
            if let Some(value) = value {
                self.members.insert((*name).to_owned(), value);
            }
        }
    }
}

/// A member that says something.
fn take(members: &mut Object, name: &str) -> Option<Value> {
    members.remove(name).filter(|value| !value.is_null())
}

/// What a field of an event has to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Text,
    MaybeText,
    /// Of anything else it is the only member, under this name.
    Object(&'static str),
    MaybeObject,
    Flag,
    Count,
    MaybeCount,
    Texts,
    Parts,
    Files,
}

impl Shape {
    fn is_required(self) -> bool {
        !matches!(self, Self::MaybeText | Self::MaybeObject | Self::MaybeCount | Self::Texts)
    }

    /// A value that fits, and what was not as it should be.
    fn fit(self, held: Option<Value>) -> (Option<Value>, Option<&'static str>) {
        let missing = self.is_required().then_some("is missing");
        let Some(value) = held else { return (self.empty(), missing) };
        match (self, value) {
            (Self::Text | Self::MaybeText, value) if !value.is_string() => {
                (Some(Value::from(value.to_string())), Some("is no text"))
            }
            (Self::Object(name), value) if !value.is_object() => {
                let mut object = Object::new();
                object.insert(name.to_owned(), value);
                (Some(Value::Object(object)), Some("is no object"))
            }
            (Self::MaybeObject, value) if !value.is_object() => (None, Some("is no object")),
            (Self::Flag, value) if !value.is_boolean() => {
                (Some(Value::from(is_told(&value))), Some("is neither true nor false"))
            }
            (Self::Count | Self::MaybeCount, value) if !value.is_u64() => {
                (self.empty(), Some("is no count"))
            }
            (Self::Texts, Value::Array(items)) => {
                let fits = items.iter().all(Value::is_string);
                let items = items.into_iter().map(text).collect();
                (Some(Value::Array(items)), (!fits).then_some("is no list of texts"))
            }
            (Self::Texts, value) => {
                (Some(Value::Array(vec![text(value)])), Some("is no list of texts"))
            }
            (Self::Parts, Value::Array(items)) => {
                let fits = items.iter().all(is_part);
                let items = items.into_iter().map(part).collect();
                (Some(Value::Array(items)), (!fits).then_some("has parts of an unknown kind"))
            }
            (Self::Parts, value) => {
                (Some(Value::Array(vec![part(value)])), Some("is no list of parts"))
            }
            (Self::Files, Value::Array(items)) => {
                let (items, fits): (Vec<_>, Vec<_>) = items.into_iter().map(file).unzip();
                let fits = fits.into_iter().all(|fits| fits);
                (Some(Value::Array(items)), (!fits).then_some("has files that lack something"))
            }
            (Self::Files, _) => (self.empty(), Some("is no list of files")),
            (_, value) => (Some(value), None),
        }
    }

    /// Stands where there is nothing.
    fn empty(self) -> Option<Value> {
        match self {
            Self::Text => Some(Value::from("")),
            Self::Object(_) => Some(Value::Object(Object::new())),
            Self::Flag => Some(Value::from(false)),
            Self::Count => Some(Value::from(0)),
            Self::Parts | Self::Files => Some(Value::Array(Vec::new())),
            Self::MaybeText | Self::MaybeObject | Self::MaybeCount | Self::Texts => None,
        }
    }
}

/// Whether a value that should say yes or no says more than nothing: an error in words is an error.
fn is_told(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_u64() != Some(0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

fn text(value: Value) -> Value {
    if value.is_string() { value } else { Value::from(value.to_string()) }
}

fn is_part(value: &Value) -> bool {
    exact::typed::<super::event::InputPart>(value).is_ok()
}

fn part(value: Value) -> Value {
    if is_part(&value) {
        return value;
    }
    let said = ["content", "text"].into_iter().find_map(|name| value.get(name)?.as_str());
    let content = said.map_or_else(|| text(value.clone()), Value::from);
    serde_json::json!({"type": "text", "content": content})
}

/// A file with all its fields, and whether it had them.
fn file(value: Value) -> (Value, bool) {
    let mut members = match value {
        Value::Object(members) => members,
        other => Object::from_iter([("filename".to_owned(), other)]),
    };
    let mut fits = true;
    let fields = ["artifact_id", "filename", "mime_type"].map(|name| (name, Shape::Text));
    for (name, shape) in fields.into_iter().chain([("size_bytes", Shape::Count)]) {
        let (value, remark) = shape.fit(take(&mut members, name));
        fits &= remark.is_none();
        members.extend(value.map(|value| (name.to_owned(), value)));
    }
    (Value::Object(members), fits)
}

/// What a type is made of; nothing for one without fields of its own, or with one that is read
/// exactly.
fn fields(kind: &str) -> &'static [(&'static str, Shape)] {
    use Shape::{
        Count, Files, Flag, MaybeCount, MaybeObject, MaybeText, Object, Parts, Text, Texts,
    };
    match kind {
        "input_message" => &[("messages", Parts), ("message_diffs", Texts)],
        "skill_load" => &[("skill_name", Text), ("content", Text)],
        "artifact_upload" => &[("artifacts", Files), ("agent_upload_message", MaybeText)],
        "tool_input" => &[
            ("tool_call_id", Text),
            ("tool_configuration_name", Text),
            ("tool_name", Text),
            ("tool_type", MaybeText),
            ("tool_input", Object("input")),
            ("argument_override_paths", Texts),
        ],
        "tool_output" => &[
            ("tool_call_id", Text),
            ("tool_configuration_name", Text),
            ("tool_name", Text),
            ("tool_output", Object("output")),
            ("error", Flag),
            ("resolved_argument_overrides", MaybeObject),
        ],
        "thinking" => &[("content", MaybeText)],
        "agent_output" => &[("content", Text)],
        "structured_output" => &[("schema_name", Text)],
        "image_read" => &[("artifact_id", Text), ("detail", MaybeText)],
        "step_transition" => &[("from_step", Text), ("to_step", Text), ("content", MaybeText)],
        "compaction" => &[
            ("turns_compacted", Count),
            ("events_compacted", Count),
            ("summary_key", Text),
            ("summary_text", MaybeText),
        ],
        "context_limit_exceeded" => {
            &[("message", Text), ("context_limit", MaybeCount), ("actual_tokens", MaybeCount)]
        }
        "step_transition_limit_exceeded" => &[("message", Text), ("transition_limit", MaybeCount)],
        "error" => &[("messages", Texts)],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_every_parser_takes_says_the_same() {
        let deep = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        for (odd, plain) in [
            (r#"{"a":"x\ud83d\u2026"}"#.to_owned(), r#"{"a":"x\\ud83d\u2026"}"#.to_owned()),
            (r#"["\udc00","\ud83d\ude00"]"#.into(), r#"["\\udc00","\ud83d\ude00"]"#.into()),
            (r#"["\\ud83d", "\ud83d\n"]"#.into(), r#"["\\ud83d", "\\ud83d\n"]"#.into()),
            ("[1e400, -1E999, 1e-400, -0.5]".into(), r#"["1e400", "-1E999", 1e-400, -0.5]"#.into()),
            (deep(97), format!("{}\"[1]\"{}", "[".repeat(96), "]".repeat(96))),
        ] {
            assert_eq!(readable(&odd), plain);
        }
        assert!(serde_json::from_str::<Value>(&readable(&deep(100_000))).is_ok());
    }

    proptest! {
        #[test]
        fn what_a_parser_takes_stays_as_it_is(text in "\\PC{0,20}", number in any::<f64>()) {
            let json = serde_json::json!({"a": [text, number], "b": {"c": number}}).to_string();
            prop_assert_eq!(readable(&json), json);
        }
    }
}
