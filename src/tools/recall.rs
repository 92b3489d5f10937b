//! Knowing a call again: an earlier answer to the same tool with the same arguments.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

/// Deeper values count as the text that they are.
const DEEPEST: usize = 100;

/// The same for calls of one tool whose arguments mean the same JSON, whatever the order of their
/// keys and the space between them. Tells nothing about the arguments. Numbers count as written.
pub fn print(tool: &str, arguments: &str) -> String {
    let mut text = String::with_capacity(arguments.len() + tool.len() + 1);
    text.push_str(tool);
    text.push('\n');
    canonical(arguments.trim(), DEEPEST, &mut text);
    let mut print = String::with_capacity(64);
    for byte in Sha256::digest(text.as_bytes()) {
        // Writing to a string cannot fail.
        let _ = write!(print, "{byte:02x}");
    }
    print
}

fn canonical(json: &str, depth: usize, out: &mut String) {
    let first = json.bytes().next().filter(|_| depth > 0);
    match first {
        Some(b'{') => {
            let Ok(map) = serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(json) else {
                return out.push_str(json);
            };
            out.push('{');
            for (key, value) in map {
                // A text always has a form as JSON.
                out.push_str(&serde_json::to_string(&key).unwrap_or_default());
                out.push(':');
                canonical(value.get(), depth - 1, out);
                out.push(',');
            }
            out.push('}');
        }
        Some(b'[') => {
            let Ok(items) = serde_json::from_str::<Vec<Box<RawValue>>>(json) else {
                return out.push_str(json);
            };
            out.push('[');
            for value in items {
                canonical(value.get(), depth - 1, out);
                out.push(',');
            }
            out.push(']');
        }
        Some(b'"') => match serde_json::from_str::<String>(json) {
            Ok(text) => out.push_str(&serde_json::to_string(&text).unwrap_or_default()),
            Err(_) => out.push_str(json),
        },
        _ => out.push_str(json),
    }
}

#[cfg(test)]
mod tests {
    use super::print;

    #[test]
    fn order_and_space_do_not_count_and_everything_else_does() {
        let one = print("t", r#"{"a": 1, "b": ["x", {"c": "\u0041"}]}"#);
        assert_eq!(one, print("t", r#" {"b":["x",{"c":"A"}],"a":1}"#));
        assert_eq!(one.len(), 64);
        for other in [r#"{"a": 1.0, "b": ["x", {"c": "A"}]}"#, r#"{"a": 1}"#, "{}"] {
            assert_ne!(one, print("t", other), "{other}");
        }
        assert_ne!(one, print("u", r#"{"a": 1, "b": ["x", {"c": "A"}]}"#));
        let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
        assert_eq!(print("t", &deep).len(), 64);
    }
}
