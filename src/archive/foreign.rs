//! What lines seem to be that are no events of this API, by the keys of the first of them.

use serde_json::{Map, Value};

/// What is known by which keys, all of which it has to have.
const KNOWN: &[(&[&str], &str)] = &[
    (&["uuid", "sessionId", "message"], "a transcript of Claude Code"),
    (&["parentUuid", "type"], "a transcript of Claude Code"),
    (&["timestamp", "type", "payload"], "a rollout of Codex"),
    (&["resourceSpans"], "traces of OpenTelemetry"),
    (&["events"], "a reply with its events in a list: jq -c '.events[]' makes lines of it"),
    (&["messages"], "conversations, one a line"),
    (&["role", "content"], "messages of a chat"),
    (&["role", "parts"], "messages of a chat"),
    (&["level", "msg"], "a log"),
    (&["level", "message"], "a log"),
];

/// Keys that are named of what is not known.
const NAMED: usize = 6;

/// What a file seems to be whose first line with anything on it this is.
pub(super) fn seems(line: &[u8]) -> String {
    let Ok(value) = serde_json::from_slice::<Value>(line) else {
        return "it seems to be text".to_owned();
    };
    let Value::Object(members) = value else {
        return "its lines are JSON, but no objects".to_owned();
    };
    match KNOWN.iter().find(|(keys, _)| keys.iter().all(|key| members.contains_key(*key))) {
        Some((_, what)) => format!("it seems to be {what}"),
        None => named(&members),
    }
}

fn named(members: &Map<String, Value>) -> String {
    let keys: Vec<&str> = members.keys().take(NAMED).map(String::as_str).collect();
    let more = if members.len() > NAMED { ", …" } else { "" };
    match keys.as_slice() {
        [] => "its first line is an empty object".to_owned(),
        keys => format!("its first line has {}{more}", keys.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_line_is_known_by_its_keys_or_they_are_named() {
        let cases = [
            (
                r#"{"uuid":"u","sessionId":"s","type":"user","message":{}}"#,
                "it seems to be a transcript of Claude Code",
            ),
            (
                r#"{"timestamp":"t","type":"event_msg","payload":{}}"#,
                "it seems to be a rollout of Codex",
            ),
            (r#"{"role":"user","content":"x"}"#, "it seems to be messages of a chat"),
            (r#"{"a":1,"b":2}"#, "its first line has a, b"),
            ("[1]", "its lines are JSON, but no objects"),
            ("dear diary", "it seems to be text"),
        ];
        for (line, seems_to_be) in cases {
            assert_eq!(seems(line.as_bytes()), seems_to_be);
        }
        let many = named(&(0..9).map(|n| (format!("k{n}"), Value::Null)).collect());
        assert!(many.ends_with("k5, …"), "{many}");
    }
}
