//! What a tool says of its failure, in words instead of JSON.
//!
//! Knows the members that tools use for it, not the tools. The invariant: what is said stands in the
//! output; where none of it is known, the output itself stands there.

use serde_json::Value;

use crate::api::Object;

/// Members that hold the reason, the plainest first.
const REASONS: [&str; 8] =
    ["error", "message", "error_message", "detail", "reason", "description", "title", "stderr"];
/// Members that hold a number that people know a failure by.
const CODES: [&str; 4] = ["status_code", "status", "code", "exit_code"];

/// Those of them that hold a status of HTTP.
const STATUSES: [&str; 4] = ["status_code", "http_status", "status", "code"];

/// The reason, with the number that goes with it: `gateway timeout (504)`. Where none is known, the
/// output as it is.
pub fn words(output: &Object) -> String {
    reason(output).unwrap_or_else(|| Value::Object(output.clone()).to_string())
}

/// The same; `None` where none is known.
pub fn reason(output: &Object) -> Option<String> {
    let reason = REASONS.iter().find_map(|name| output.get(*name).and_then(reason_in));
    let code = CODES.iter().find_map(|name| output.get(*name).and_then(code_in));
    match (reason, code) {
        (Some(reason), Some(code)) if !reason.contains(&code) => Some(format!("{reason} ({code})")),
        (reason, _) => reason,
    }
}

/// The number of a status that goes with it, as HTTP has them; `None` where there is none. An exit code is
/// no such number.
pub fn number(output: &Object) -> Option<u64> {
    let number = |value: &Value| match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    let codes = STATUSES.iter().filter_map(|name| output.get(*name).and_then(number));
    codes.into_iter().find(|number| (100..600).contains(number))
}

/// A text, or the one in an object or a list of them: errors nest.
fn reason_in(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.trim().is_empty()),
        Value::Object(inner) => REASONS.iter().find_map(|name| match inner.get(*name) {
            Some(Value::String(text)) => Some(text.clone()),
            _ => None,
        }),
        Value::Array(list) => list.iter().find_map(|value| match value {
            Value::String(text) => Some(text.clone()),
            _ => None,
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

fn code_in(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        // A word such as `error` is no number that says more.
        Value::String(text) => Some(text.clone())
            .filter(|text| text.len() <= 8 && text.contains(|c: char| c.is_ascii_digit())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_reason_is_told_with_its_number() {
        let said = |value: Value| words(value.as_object().unwrap());
        for (output, wanted) in [
            (json!({"error": "gateway timeout", "status_code": 504}), "gateway timeout (504)"),
            (json!({"status": "error", "message": "no such order"}), "no such order"),
            (json!({"error": {"code": 7, "message": "quota"}}), "quota"),
            (json!({"error": true, "detail": "HTTP 422", "status": 422}), "HTTP 422"),
            (json!({"errors": ["a"]}), r#"{"errors":["a"]}"#),
            (json!({"message": "  ", "detail": ["first", "second"]}), "first"),
            (json!({"stderr": "killed", "exit_code": 137}), "killed (137)"),
        ] {
            assert_eq!(said(output), wanted);
        }
    }
}
