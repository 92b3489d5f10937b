//! Bodies of refusals, which gateways write too: whatever comes becomes something to show.

use std::collections::BTreeMap;

use reqwest::Response;
use serde_json::Value;

use crate::api::ErrorBody;
use crate::text::sanitize;

/// Error bodies may be whole web pages; this much is read, and a part of it shown.
const MAX_ERROR_BODY: usize = 64 * 1024;
const SHOWN_ERROR_BODY: usize = 300;

pub(super) async fn read(mut response: Response) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A body that breaks off still says more than none.
    while let Ok(Some(chunk)) = response.chunk().await {
        bytes.extend_from_slice(&chunk);
        if bytes.len() >= MAX_ERROR_BODY {
            break;
        }
    }
    bytes
}

/// A reply without the byte order mark that some gateways put before it.
pub(super) fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// Whether an answer is a page for people, by its type or by how it begins.
pub(super) fn is_web_page(content_type: &str, bytes: &[u8]) -> bool {
    let start = without_mark(bytes).trim_ascii_start();
    let begins = |tag: &[u8]| start.get(..tag.len()).is_some_and(|s| s.eq_ignore_ascii_case(tag));
    content_type == "text/html" || begins(b"<!doctype html") || begins(b"<html")
}

/// Whatever a gateway may answer becomes something to show (contract section 1.5).
pub(super) fn from_bytes(bytes: &[u8]) -> ErrorBody {
    let bytes = without_mark(bytes);
    if let Some(title) = title(bytes) {
        return ErrorBody { messages: vec![title], ..ErrorBody::default() };
    }
    let mut body: ErrorBody =
        serde_json::from_slice(bytes).or_else(|_| lenient(bytes).ok_or(())).unwrap_or_default();
    if body.messages.is_empty() && body.field_errors.is_empty() {
        let start = String::from_utf8_lossy(&bytes[..bytes.len().min(SHOWN_ERROR_BODY)]);
        // A character that was cut in two is not the service's mistake.
        let start = sanitize::one_line(start.trim_end_matches('\u{fffd}')).trim().to_owned();
        body.messages.extend((!start.is_empty()).then_some(start));
    }
    body
}

/// What a web page calls itself: the one thing in a gateway's page that is worth reading.
fn title(bytes: &[u8]) -> Option<String> {
    if !is_web_page("", bytes) {
        return None;
    }
    let page = String::from_utf8_lossy(bytes);
    let lower = page.to_ascii_lowercase();
    let start = lower.find("<title>")? + "<title>".len();
    let end = start + lower[start..].find("</title>")?;
    let title = sanitize::preview(page[start..end].trim(), SHOWN_ERROR_BODY);
    (!title.is_empty()).then_some(title)
}

/// An object with the documented fields in undocumented types.
fn lenient(bytes: &[u8]) -> Option<ErrorBody> {
    fn text(value: &Value) -> String {
        value.as_str().map_or_else(|| value.to_string(), str::to_owned)
    }
    let Ok(Value::Object(object)) = serde_json::from_slice(bytes) else {
        return None;
    };
    let messages = match object.get("messages") {
        Some(Value::Array(items)) => items.iter().map(text).collect(),
        None | Some(Value::Null) => Vec::new(),
        Some(other) => vec![text(other)],
    };
    let field_errors = match object.get("field_errors") {
        Some(Value::Object(fields)) => {
            fields.iter().map(|(field, value)| (field.clone(), text(value))).collect()
        }
        _ => BTreeMap::new(),
    };
    let request_id = object.get("request_id").and_then(Value::as_str).map(str::to_owned);
    Some(ErrorBody { field_errors, messages, request_id, ..ErrorBody::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_error_body_leaves_something_to_show() {
        let shown = |bytes: &[u8]| from_bytes(bytes).messages;
        assert_eq!(shown(b""), [""; 0]);
        assert_eq!(shown(b"<html>\n502 \x1b[1mBad</html>"), ["<html> 502 \\x1b[1mBad</html>"]);
        let page = b"<!DOCTYPE html>\n<HTML><head><Title> 502 Bad\x1b Gateway </TITLE>";
        assert_eq!(shown(page), ["502 Bad\\x1b Gateway"]);
        assert_eq!(shown(br#"{"error":"x"}"#), [r#"{"error":"x"}"#]);
        assert_eq!(shown(b"\xef\xbb\xbf{\"messages\":[\"no\"]}"), ["no"]);
        assert_eq!(shown(br#"{"messages":"one","request_id":7}"#), ["one"]);
        let long = format!("{}{}", "a".repeat(299), "é".repeat(50));
        assert_eq!(shown(long.as_bytes()), ["a".repeat(299)]);
    }
}
