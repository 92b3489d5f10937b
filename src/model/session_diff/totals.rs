//! What a session came to: its time, calls, errors and tokens, and how two of them stand to each other.

use serde::Serialize;

use crate::api::{Event, EventBody, Session};
use crate::model::event_words::outcome;
use crate::model::timeline::tokens_of;
use crate::text::units;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Totals {
    pub events: u64,
    /// What somebody said.
    pub turns: u64,
    pub calls: u64,
    pub errors: u64,
    /// From the first event to the last, where their times are told.
    pub milliseconds: Option<u64>,
    /// About that many: four bytes are taken for one.
    pub tokens: u64,
    /// Tokens of the latest model call, where the service tells them.
    pub context_tokens: Option<u64>,
}

impl Totals {
    pub fn of(session: &Session, events: &[Event]) -> Self {
        let count = |wanted: &dyn Fn(&Event) -> bool| {
            events.iter().filter(|event| wanted(event)).count() as u64
        };
        let times = || events.iter().filter_map(|event| event.created_at);
        let span = times().min().zip(times().max());
        Self {
            events: events.len() as u64,
            turns: count(&|event| {
                matches!(&*event.body, EventBody::InputMessage(_) | EventBody::ArtifactUpload(_))
            }),
            calls: count(&|event| matches!(&*event.body, EventBody::ToolInput(_))),
            errors: count(&|event| outcome(event) == "ERR"),
            milliseconds: span.and_then(|(first, last)| {
                u64::try_from(last.duration_since(first).as_millis()).ok()
            }),
            tokens: events.iter().map(|event| tokens_of(event.size() as u64)).sum(),
            context_tokens: session.session_context_usage.as_ref().map(|usage| usage.total_tokens),
        }
    }
}

/// One measure of both, with the word for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delta {
    pub what: &'static str,
    pub old: String,
    pub new: String,
    /// `+12.0s`, `-3`; empty where they are the same or one is not known.
    pub change: String,
}

/// Old and new side by side, in the order that people look for them.
pub fn deltas(old: &Totals, new: &Totals) -> Vec<Delta> {
    let number = |count: u64| units::grouped(usize::try_from(count).unwrap_or(usize::MAX));
    let about = |count: u64| format!("~{}", units::tokens(count));
    let known =
        |what, old, new, words: &dyn Fn(u64) -> String| delta(what, Some(old), Some(new), words);
    vec![
        delta("time", old.milliseconds, new.milliseconds, &units::duration),
        known("events", old.events, new.events, &number),
        known("turns", old.turns, new.turns, &number),
        known("calls", old.calls, new.calls, &number),
        known("errors", old.errors, new.errors, &number),
        known("tokens", old.tokens, new.tokens, &about),
        delta("context", old.context_tokens, new.context_tokens, &units::tokens),
    ]
}

fn delta(
    what: &'static str,
    old: Option<u64>,
    new: Option<u64>,
    words: &dyn Fn(u64) -> String,
) -> Delta {
    let value = |value: Option<u64>| value.map_or_else(|| "?".to_owned(), words);
    let change = match (old, new) {
        (Some(old), Some(new)) if old != new => {
            let sign = if new > old { "+" } else { "-" };
            format!("{sign}{}", words(new.abs_diff(old)).trim_start_matches('~'))
        }
        _ => String::new(),
    };
    Delta { what, old: value(old), new: value(new), change }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_told_is_no_zero() {
        let old = Totals { milliseconds: None, errors: 3, tokens: 1_200, ..Totals::default() };
        let new =
            Totals { milliseconds: Some(4_000), errors: 1, tokens: 3_000, ..Totals::default() };
        let told = deltas(&old, &new);
        let of = |what: &str| {
            let found = told.iter().find(|delta| delta.what == what).unwrap();
            format!("{} {} {}", found.old, found.new, found.change)
        };
        assert_eq!(of("time"), "? 4.0s ");
        assert_eq!(of("errors"), "3 1 -2");
        assert_eq!(of("tokens"), "~1.2k ~3.0k +1.8k");
        assert_eq!(of("calls"), "0 0 ");
        assert_eq!(of("context"), "? ? ");
    }
}
