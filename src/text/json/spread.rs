//! JSON on many lines, each value as it was written: no number is read, no escape resolved.

/// Deeper values are indented no further, so that nesting costs no more than it says.
const DEEPEST: usize = 32;

/// The same value with a line for each member and element.
pub fn spread(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    let mut opened = false;
    let new_line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth.min(DEEPEST)));
    };
    for c in json.chars() {
        if in_string {
            out.push(c);
            in_string = c != '"' || escaped;
            escaped = c == '\\' && !escaped;
            continue;
        }
        if c.is_ascii_whitespace() {
            continue;
        }
        let closes = matches!(c, '}' | ']');
        if closes {
            depth = depth.saturating_sub(1);
        }
        // Nothing stands between the two ends of what is empty.
        if opened != closes {
            new_line(&mut out, depth);
        }
        opened = false;
        match c {
            '{' | '[' => {
                depth += 1;
                opened = true;
                out.push(c);
            }
            ',' => {
                out.push(c);
                new_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            '"' => {
                in_string = true;
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    #[test]
    fn every_value_stays_as_it_was_written() {
        let json = r#"{"a": 84.20,"b":[1e400, {}, [ ]],"c":"x\"{,:\\" , "d":{"e":null}}"#;
        let wanted = r#"{
  "a": 84.20,
  "b": [
    1e400,
    {},
    []
  ],
  "c": "x\"{,:\\",
  "d": {
    "e": null
  }
}"#;
        assert_eq!(spread(json), wanted);
        assert_eq!(spread(" 7 "), "7");
        assert!(spread(&"[".repeat(10_000)).len() < 10_000 * 80);
    }

    proptest! {
        #[test]
        fn it_is_what_serde_writes(words in prop::collection::vec("\\PC{0,6}", 0..6), n in any::<i32>()) {
            let value = serde_json::json!({"words": words, "n": [n, [], {"deep": {"x": words.clone()}}]});
            let pretty = serde_json::to_string_pretty(&value).unwrap();
            prop_assert_eq!(&spread(&value.to_string()), &pretty);
            prop_assert_eq!(serde_json::from_str::<Value>(&pretty).unwrap(), value);
            prop_assert_eq!(spread(&pretty), pretty);
        }
    }
}
