//! What is noted about an answer: who gave it, what was sent, and what became of it.
//!
//! What was sent is kept with secrets masked: every value that came from a masked argument is
//! looked for in the answer, and what looks like a key goes, too.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::lookup;
use crate::api::input::ToolAnswer;
use crate::api::{EventId, SessionRef, Timestamp};
use crate::text::redact;

const MASK: &str = "****";
/// Shorter secrets are masked only where they are the whole value: they occur everywhere.
const LONG_ENOUGH: usize = 4;

/// Who gave an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    Person,
    /// A rule while the screen was open.
    Rule(String),
    /// A rule of a worker without a screen.
    Worker(String),
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person => f.write_str("person"),
            Self::Rule(name) => write!(f, "rule {name}"),
            Self::Worker(name) => write!(f, "worker rule {name}"),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Sent,
    Refused,
    /// The connection broke before a reply: it may have arrived.
    Unknown,
}

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub at: Timestamp,
    pub profile: String,
    pub agent: String,
    pub session: String,
    pub call: String,
    pub tool: String,
    pub by: String,
    /// `success` or `error`.
    pub kind: String,
    /// The output or the error, masked.
    pub sent: Value,
    pub outcome: Outcome,
    /// HTTP status of a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// An answer about to be sent, masked already; the outcome makes it a [`Record`].
#[derive(Debug, Clone, PartialEq)]
pub struct Sending {
    pub session: SessionRef,
    pub call: EventId,
    pub tool: String,
    pub by: String,
    pub kind: &'static str,
    pub sent: Value,
}

impl Sending {
    pub fn new(
        session: &SessionRef,
        tool: &str,
        by: &By,
        answer: &ToolAnswer,
        secrets: &Secrets,
    ) -> Self {
        let (kind, mut sent) = content(answer);
        secrets.mask(&mut sent);
        Self {
            session: session.clone(),
            call: answer.event_id().clone(),
            tool: tool.to_owned(),
            by: by.to_string(),
            kind,
            sent,
        }
    }

    pub fn record(
        self,
        at: Timestamp,
        profile: &str,
        outcome: Outcome,
        status: Option<u16>,
        request_id: Option<&str>,
    ) -> Record {
        Record {
            at,
            profile: profile.to_owned(),
            agent: self.session.agent.to_string(),
            session: self.session.key.to_string(),
            call: self.call.to_string(),
            tool: self.tool,
            by: self.by,
            kind: self.kind.to_owned(),
            sent: self.sent,
            outcome,
            status,
            request_id: request_id.map(str::to_owned),
        }
    }
}

/// What an answer says, as a value.
pub fn content(answer: &ToolAnswer) -> (&'static str, Value) {
    match answer {
        ToolAnswer::Success { output, .. } => ("success", Value::Object(output.clone())),
        ToolAnswer::Error { error, .. } => ("error", error.clone()),
    }
}

/// The values of a call that must not be written down.
#[derive(Clone, Default)]
pub struct Secrets {
    values: Vec<String>,
    /// A masked path led nowhere, so that nothing is known to be plain.
    unsure: bool,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets(<{} masked>)", self.values.len())
    }
}

impl Secrets {
    /// Every scalar at or below the masked paths of exact JSON arguments.
    pub fn of<'a>(arguments: &str, masked: impl IntoIterator<Item = &'a String>) -> Self {
        let mut secrets = Self::default();
        for path in masked {
            let found = lookup::at(arguments, path);
            match found.and_then(|json| serde_json::from_str::<Value>(&json).ok()) {
                Some(value) => collect(&value, &mut secrets.values),
                None => secrets.unsure = true,
            }
        }
        // The longest first, so that a secret inside another leaves no rest of it.
        secrets.values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        secrets.values.dedup();
        secrets
    }

    /// Masks in place; says whether anything was masked.
    pub fn mask(&self, value: &mut Value) -> bool {
        if self.unsure {
            *value = Value::from(MASK);
            return true;
        }
        let masked = self.mask_known(value);
        redact::value(value) | masked
    }

    /// The same for a text.
    pub fn masked_text(&self, text: &str) -> String {
        if self.unsure && !text.is_empty() {
            return MASK.to_owned();
        }
        let masked = self.mask_text(text);
        redact::text(masked.as_deref().unwrap_or(text)).into_owned()
    }

    fn mask_known(&self, value: &mut Value) -> bool {
        match value {
            Value::String(text) => {
                let masked = self.mask_text(text);
                let changed = masked.is_some();
                if let Some(masked) = masked {
                    *text = masked;
                }
                changed
            }
            Value::Number(_) | Value::Bool(_) => {
                let text = value.to_string();
                let is_secret = self.values.contains(&text);
                if is_secret {
                    *value = Value::from(MASK);
                }
                is_secret
            }
            Value::Array(items) => {
                items.iter_mut().fold(false, |any, item| self.mask_known(item) | any)
            }
            Value::Object(map) => {
                let mut any = false;
                let old = std::mem::take(map);
                for (key, mut held) in old {
                    any |= self.mask_known(&mut held);
                    let masked = self.mask_text(&key);
                    any |= masked.is_some();
                    map.insert(masked.unwrap_or(key), held);
                }
                any
            }
            Value::Null => false,
        }
    }

    fn mask_text(&self, text: &str) -> Option<String> {
        if self.values.iter().any(|secret| secret == text) {
            return Some(MASK.to_owned());
        }
        let mut out = text.to_owned();
        for secret in self.values.iter().filter(|secret| secret.len() >= LONG_ENOUGH) {
            if out.contains(secret.as_str()) {
                out = out.replace(secret.as_str(), MASK);
            }
        }
        (out != text).then_some(out)
    }
}

fn collect(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) if !text.is_empty() => into.push(text.clone()),
        Value::Number(_) => into.push(value.to_string()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
        Value::Object(map) => map.values().for_each(|held| collect(held, into)),
        // Too common to be a secret, and nothing would be left of an answer.
        Value::String(_) | Value::Bool(_) | Value::Null => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn masked(mut value: Value, arguments: &str, paths: &[&str]) -> Value {
        let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
        Secrets::of(arguments, &paths).mask(&mut value);
        value
    }

    #[test]
    fn a_secret_of_the_call_is_masked_wherever_the_answer_repeats_it() {
        let arguments = r#"{"order": 7, "auth": {"key": "hunter2", "pin": 1234}, "id": "ab"}"#;
        let answer = json!({"log": "used hunter2 twice: hunter2", "pin": 1234, "hunter2": [1],
            "order": 7, "id": "ab", "note": "about ab"});
        assert_eq!(
            masked(answer.clone(), arguments, &["auth", "id"]),
            json!({"log": "used **** twice: ****", "pin": "****", "****": [1], "order": 7,
                "id": "****", "note": "about ab"})
        );
        assert_eq!(masked(answer.clone(), arguments, &[]), answer, "nothing is a secret");
    }

    #[test]
    fn where_a_path_leads_nowhere_nothing_is_written_down() {
        assert_eq!(masked(json!({"a": 1}), "{}", &["auth.key"]), "****");
    }

    #[test]
    fn what_looks_like_a_key_goes_although_nothing_is_known_of_it() {
        let answer = json!({"header": "Bearer abcdefgh12345678"});
        assert_eq!(masked(answer, "{}", &[]), json!({"header": "[redacted]"}));
    }
}
