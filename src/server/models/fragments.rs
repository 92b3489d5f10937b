//! Calls of chat completions, put together from the fragments that they come in.
//!
//! The library could do that, but makes room for as many calls as the largest number that a provider gives to
//! one of them. Start with [`Fragments::calls`]. The invariant: what is held grows with what was sent, and no
//! further than an answer may.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use genai::chat::{ChatFrameSink, FrameCtx, RawFrameRef, ToolCall};
use serde::Deserialize;
use serde_json::Value;

use super::reply::{MAX_ANSWER, MAX_CALLS};

#[derive(Default)]
pub(super) struct Fragments(Mutex<Joined>);

#[derive(Default)]
struct Joined {
    /// By the number that the provider gives.
    calls: BTreeMap<u64, Begun>,
    /// The one that the latest fragment was of.
    latest: u64,
    bytes: usize,
}

#[derive(Default)]
struct Begun {
    id: String,
    tool: String,
    arguments: String,
}

#[derive(Deserialize)]
struct Chunk {
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    delta: Delta,
}

#[derive(Deserialize, Default)]
struct Delta {
    #[serde(default)]
    tool_calls: Option<Vec<Fragment>>,
}

#[derive(Deserialize)]
struct Fragment {
    #[serde(default)]
    index: Option<u64>,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    function: Option<Function>,
}

#[derive(Deserialize)]
struct Function {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    arguments: Option<Value>,
}

impl Fragments {
    fn joined(&self) -> MutexGuard<'_, Joined> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes of all arguments so far.
    pub(super) fn bytes(&self) -> usize {
        self.joined().bytes
    }

    /// How many calls there are so far; of more than an answer may have, one more than that.
    pub(super) fn count(&self) -> usize {
        self.joined().calls.len()
    }

    /// All of them, in the provider's order. Arguments that are no JSON stay a text.
    pub(super) fn calls(&self) -> Vec<ToolCall> {
        let calls = std::mem::take(&mut self.joined().calls);
        let whole = calls.into_iter().map(|(index, Begun { id, tool, arguments })| ToolCall {
            call_id: if id.is_empty() { format!("call_{index}") } else { id },
            fn_name: tool,
            fn_arguments: serde_json::from_str(&arguments)
                .unwrap_or_else(|_| Value::String(arguments)),
            thought_signatures: None,
        });
        whole.collect()
    }

    fn take(&self, data: &str) {
        // Most of an answer is text.
        if !data.contains("tool_calls") {
            return;
        }
        let Ok(Chunk { choices }) = serde_json::from_str(data) else { return };
        let delta = choices.into_iter().next().and_then(|choice| choice.delta.tool_calls);
        let mut joined = self.joined();
        for fragment in delta.into_iter().flatten() {
            joined.add(fragment);
        }
    }
}

impl Joined {
    fn add(&mut self, fragment: Fragment) {
        let id = fragment.id.filter(|id| !id.is_empty());
        // Some give no numbers: an id begins a call, and what has none goes on with it.
        let next = self.calls.last_key_value().map_or(0, |(last, _)| last.saturating_add(1));
        let index = fragment.index.unwrap_or(if id.is_some() { next } else { self.latest });
        if self.bytes > MAX_ANSWER
            || (self.calls.len() > MAX_CALLS && !self.calls.contains_key(&index))
        {
            // The answer is given up, and nobody looks at the rest.
            return;
        }
        self.latest = index;
        let call = self.calls.entry(index).or_default();
        if let Some(id) = id {
            call.id = id;
        }
        let Some(Function { name, arguments }) = fragment.function else { return };
        if let Some(name) = name.filter(|name| !name.is_empty()) {
            call.tool = name;
        }
        let text = match arguments {
            None | Some(Value::Null) => return,
            Some(Value::String(text)) => text,
            // Some send them whole, and as what they are.
            Some(whole) => whole.to_string(),
        };
        self.bytes = self.bytes.saturating_add(text.len());
        call.arguments.push_str(&text);
    }
}

impl ChatFrameSink for Fragments {
    fn on_frame(&self, _: &FrameCtx, frame: RawFrameRef<'_>) {
        self.take(frame.data);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn joined(deltas: &[Value]) -> Vec<(String, String, Value)> {
        let fragments = Fragments::default();
        for delta in deltas {
            fragments.take(&json!({"choices": [{"delta": {"tool_calls": [delta]}}]}).to_string());
        }
        let calls = fragments.calls().into_iter();
        calls.map(|call| (call.call_id, call.fn_name, call.fn_arguments)).collect()
    }

    #[test]
    fn a_number_that_is_too_large_takes_no_room() {
        let far = json!({"index": u64::MAX, "id": "far", "function": {"name": "look", "arguments": "{}"}});
        let near = json!({"index": 3, "id": "near", "function": {"name": "look"}});
        let calls = joined(&[far, near]);
        assert_eq!(calls.len(), 2);
        assert_eq!((&*calls[0].0, &*calls[1].0), ("near", "far"));
    }

    #[test]
    fn fragments_without_numbers_go_on_with_the_call_before() {
        let calls = joined(&[
            json!({"id": "a", "function": {"name": "one", "arguments": "{\"n\":"}}),
            json!({"function": {"arguments": "1}"}}),
            json!({"id": "b", "function": {"name": "two", "arguments": {"n": 2}}}),
        ]);
        let expected = [("a", "one", json!({"n": 1})), ("b", "two", json!({"n": 2}))];
        let expected = expected.map(|(id, tool, value)| (id.to_owned(), tool.to_owned(), value));
        assert_eq!(calls, expected);
    }

    #[test]
    fn what_is_held_has_a_bound() {
        let fragments = Fragments::default();
        for index in 0..MAX_CALLS as u64 + 50 {
            let function = json!({"name": "look", "arguments": "x".repeat(50_000)});
            let delta = json!({"tool_calls": [{"index": index, "function": function}]});
            fragments.take(&json!({"choices": [{"delta": delta}]}).to_string());
        }
        assert!(fragments.bytes() <= MAX_ANSWER + 50_000);
        assert!(fragments.count() <= MAX_CALLS + 1);
    }
}
