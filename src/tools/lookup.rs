//! Values inside exact JSON text, found by a dotted path.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

/// The text of the value at `path` (`customer.id`, `items.0.name`), exactly as it stands. A key
/// that itself contains dots is found, too, and comes before a way through several keys.
pub(super) fn at(json: &str, path: &str) -> Option<String> {
    let mut text = json.to_owned();
    let mut rest = path;
    loop {
        if let Some(whole) = step(&text, rest) {
            return Some(whole);
        }
        let (first, behind) = rest.split_once('.')?;
        text = step(&text, first)?;
        rest = behind;
    }
}

/// The same for a judgement, which must be about the value that everybody finds: nothing where several
/// ways lead somewhere.
pub(super) fn sole(json: &str, path: &str) -> Option<String> {
    let mut ways = Vec::new();
    follow(json, path, &mut ways);
    ways.pop().filter(|_| ways.is_empty())
}

/// Each dot may be one between keys, or one in a key.
fn follow(json: &str, path: &str, ways: &mut Vec<String>) {
    ways.extend(step(json, path));
    for (dot, _) in path.match_indices('.') {
        if let Some(inner) = step(json, &path[..dot]) {
            follow(&inner, &path[dot + 1..], ways);
        }
    }
}

fn step(json: &str, key: &str) -> Option<String> {
    match json.trim_start().bytes().next()? {
        b'{' => {
            let mut object: BTreeMap<String, Box<RawValue>> = serde_json::from_str(json).ok()?;
            object.remove(key).map(|value| value.get().to_owned())
        }
        b'[' => {
            let at: usize = key.parse().ok()?;
            let items: Vec<Box<RawValue>> = serde_json::from_str(json).ok()?;
            items.get(at).map(|value| value.get().to_owned())
        }
        _ => None,
    }
}

/// What a program gets for a value: the characters of a string, anything else as JSON.
pub(super) fn plain(json: String) -> String {
    if json.starts_with('"') { serde_json::from_str(&json).unwrap_or(json) } else { json }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_judgement_is_about_what_everybody_finds() {
        let json = r#"{"a.b": 1, "a": {"b": 2, "c": 3}, "d.e": {"f": 4}}"#;
        assert_eq!(sole(json, "a.b"), None, "there are two");
        assert_eq!(sole(json, "a.c").as_deref(), Some("3"));
        assert_eq!(sole(json, "d.e.f").as_deref(), Some("4"));
        assert_eq!(sole(json, "x"), None);
    }

    #[test]
    fn a_path_leads_through_objects_and_lists_and_numbers_stay_exact() {
        let json =
            r#"{"a.b": 1, "a": {"b": [10.50, {"c": "x\"y"}]}, "n": 12345678901234567890123}"#;
        let found = |path| at(json, path).map(plain);
        assert_eq!(found("a.b").as_deref(), Some("1"));
        assert_eq!(found("a.b.0").as_deref(), Some("10.50"));
        assert_eq!(found("a.b.1.c").as_deref(), Some("x\"y"));
        assert_eq!(found("a.b.1").as_deref(), Some(r#"{"c": "x\"y"}"#));
        assert_eq!(found("n").as_deref(), Some("12345678901234567890123"));
        for nothing in ["", "b", "a.c", "a.b.2", "a.b.x", "n.x"] {
            assert_eq!(found(nothing), None, "{nothing}");
        }
    }
}
