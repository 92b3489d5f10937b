//! The beginning of a long line made into JSON of its own: what is open is closed, what is half
//! there is left out, except for a string, which ends where it was cut.
//!
//! Reads once from left to right and keeps its own stack. The invariant: no character, no escape
//! and no pair of surrogates is cut in two.

/// A beginning in which all is closed but the outermost object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Closed {
    bytes: Vec<u8>,
    /// Members stand in it already.
    filled: bool,
}

impl Closed {
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.bytes.push(b'}');
        self.bytes
    }

    /// With one more member.
    pub(super) fn finish_with(mut self, key: &str, value: bool) -> Vec<u8> {
        let comma = if self.filled { "," } else { "" };
        self.bytes.extend_from_slice(format!("{comma}\"{key}\":{value}}}").as_bytes());
        self.bytes
    }
}

/// What a string is, where it stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Key,
    Value,
}

/// Closes the beginning of an object. `None` where it is none, or is at its end already.
pub(super) fn close(start: &[u8]) -> Option<Closed> {
    // A character cut in two counts as not there.
    let start = match std::str::from_utf8(start) {
        Ok(_) => start,
        Err(error) => start.get(..error.valid_up_to())?,
    };
    let mut open: Vec<u8> = Vec::new();
    // Up to here, all is whole but for what is open.
    let mut whole = 0;
    let mut filled = false;
    let mut role = Role::Value;
    let mut at = 0;
    while let Some(&byte) = start.get(at) {
        match byte {
            b'"' => {
                let string = string_end(start, at + 1);
                match (string, role) {
                    (StringEnd::Closed(end), Role::Key) => {
                        at = end;
                        continue;
                    }
                    (StringEnd::Closed(end), Role::Value) => {
                        (at, whole, filled) = (end, end, true);
                        continue;
                    }
                    (StringEnd::Cut(_), Role::Key) => break,
                    (StringEnd::Cut(end), Role::Value) => {
                        let mut bytes = start.get(..end)?.to_vec();
                        bytes.push(b'"');
                        return finish(bytes, &open, true);
                    }
                }
            }
            b'{' | b'[' => {
                filled |= !open.is_empty();
                open.push(byte);
                role = if byte == b'{' { Role::Key } else { Role::Value };
                whole = at + 1;
            }
            b'}' | b']' => {
                open.pop();
                if open.is_empty() {
                    return None;
                }
                (whole, filled) = (at + 1, true);
            }
            b':' => role = Role::Value,
            b',' => role = if open.last() == Some(&b'{') { Role::Key } else { Role::Value },
            b' ' | b'\t' | b'\n' | b'\r' => {}
            _ => {
                let rest = start.get(at..)?;
                // A number at the cut may have had more digits.
                let Some(length) = rest.iter().position(|&byte| ends_word(byte)) else { break };
                at += length;
                (whole, filled) = (at, true);
                continue;
            }
        }
        at += 1;
    }
    finish(start.get(..whole)?.to_vec(), &open, filled)
}

fn finish(mut bytes: Vec<u8>, open: &[u8], filled: bool) -> Option<Closed> {
    let (outer, inner) = open.split_first()?;
    if *outer != b'{' {
        return None;
    }
    bytes.extend(inner.iter().rev().map(|open| if *open == b'{' { b'}' } else { b']' }));
    Some(Closed { bytes, filled })
}

/// Whether a number or a word ends before this byte. Only what JSON calls space is space.
pub(super) fn ends_word(byte: u8) -> bool {
    matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r')
}

enum StringEnd {
    /// Behind the closing quote.
    Closed(usize),
    /// Where it may be cut.
    Cut(usize),
}

/// Where the string ends whose text begins at `at`.
fn string_end(bytes: &[u8], mut at: usize) -> StringEnd {
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let Some(length) = memchr::memchr2(b'"', b'\\', rest) else {
            return StringEnd::Cut(bytes.len());
        };
        at += length;
        if bytes.get(at) == Some(&b'"') {
            return StringEnd::Closed(at + 1);
        }
        match escape_length(bytes.get(at..).unwrap_or_default()) {
            Some(length) => at += length,
            None => return StringEnd::Cut(at),
        }
    }
}

/// Bytes of the escape at the beginning of `rest`, both halves of a pair of surrogates; `None` if
/// it is cut. One that breaks the rules has the length that it seems to have.
pub(super) fn escape_length(rest: &[u8]) -> Option<usize> {
    if *rest.get(1)? != b'u' {
        return Some(2);
    }
    let high = rest.get(2..6)?;
    let is_high = matches!(high, [b'd' | b'D', b'8' | b'9' | b'a' | b'b' | b'A' | b'B', ..]);
    if !is_high {
        return Some(6);
    }
    match rest.get(6..8) {
        Some(br"\u") => rest.get(8..12).map(|_| 12),
        // A high half alone is a mistake, which whoever reads the JSON will find.
        Some(_) => Some(6),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use std::fmt::Write as _;

    fn closed(start: &str) -> Option<Value> {
        serde_json::from_slice(&close(start.as_bytes())?.finish()).unwrap()
    }

    #[test]
    fn what_is_half_there_is_left_out_and_a_string_is_kept() {
        let cases = [
            (r#"{"a":"bc"#, json!({"a": "bc"})),
            (r#"{"a":"b\u00e"#, json!({"a": "b"})),
            (r#"{"a":"b\ud83d\ude0"#, json!({"a": "b"})),
            (r#"{"a":"b\ud83d"#, json!({"a": "b"})),
            (r#"{"a":"b\"#, json!({"a": "b"})),
            (r#"{"a":1,"b":12"#, json!({"a": 1})),
            (r#"{"a":1,"b":tr"#, json!({"a": 1})),
            (r#"{"a":1,"be"#, json!({"a": 1})),
            (r#"{"a":1,"b":"#, json!({"a": 1})),
            (r#"{"a":[1,{"b":["#, json!({"a": [1, {"b": []}]})),
            (r#"{"a":[1,"#, json!({"a": [1]})),
            ("{", json!({})),
        ];
        for (start, value) in cases {
            assert_eq!(closed(start), Some(value), "{start}");
        }
        assert_eq!(close(b"{}"), None);
        assert_eq!(close(b"[1,"), None);
        assert_eq!(close(b""), None);
        assert!(close(b"{\"a\":\x0c1,").is_some());
        let cut = close("{\"a\":\"gr\u{f6}".as_bytes().split_last().unwrap().1).unwrap();
        assert_eq!(cut.finish(), b"{\"a\":\"gr\"}");
        assert_eq!(close(b"{\"a\":1").unwrap().finish_with("error", true), b"{\"error\":true}");
        let more = close(b"{\"a\":{").unwrap().finish_with("error", true);
        assert_eq!(more, br#"{"a":{},"error":true}"#);
    }

    fn document() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "\\PC{0,12}|[\"\\\\\\n{}\\[\\]:,😀é]{0,9}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::hash_map("[a-c\"\\\\é]{0,3}", inner, 0..5)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    /// The same JSON with every character that may be one written as an escape.
    fn escaped(value: &Value) -> String {
        let text = value.to_string();
        let mut out = String::new();
        for c in text.chars() {
            if c.is_ascii() {
                out.push(c);
            } else {
                let units = c.encode_utf16(&mut [0; 2]).to_vec();
                for unit in units {
                    write!(out, "\\u{unit:04x}").unwrap();
                }
            }
        }
        out
    }

    proptest! {
        #[test]
        fn a_document_cut_anywhere_becomes_json(
            value in document(), escapes in any::<bool>(), cut in any::<prop::sample::Index>(),
        ) {
            let value = json!({"a": 1, "b": value});
            let text = if escapes { escaped(&value) } else { value.to_string() };
            let start = &text.as_bytes()[..=cut.index(text.len() - 1)];
            if let Some(closed) = close(start) {
                prop_assert!(serde_json::from_slice::<Value>(&closed.clone().finish()).is_ok());
                let more = closed.finish_with("z", true);
                prop_assert_eq!(&serde_json::from_slice::<Value>(&more).unwrap()["z"], &json!(true));
            } else {
                prop_assert_eq!(start.len(), text.len());
            }
        }

        #[test]
        fn noise_is_closed_without_harm(start in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = close(&start);
        }
    }
}
