//! Readers of what a service sends, on texts that were damaged at random: the same seed each time, more
//! rounds where `FORETOP_FUZZ_ROUNDS` asks for them.

use foretop::api::{Agent, Artifact, Event, Frame, Glance, Page, PendingCall, Session};
use foretop::client::sse::{Message, Parser};
use foretop::internals::text::json::{Index, Json, inert, spread};
use foretop::internals::text::redact;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::liar::{event, page, session};

/// What is put into the middle of a text: what readers stumble over.
const BITS: &[&str] = &[
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\\u",
    "\\ud83d",
    "\\udc00",
    "\\u0000",
    "\n",
    "\r",
    "\r\n",
    "\n\n",
    "data:",
    "event:",
    "\u{feff}",
    "1e999",
    "-0",
    "null",
    "true",
    "é",
    "🦀",
    "\u{0}",
    "\u{1b}[2J",
    "\"type\":\"tool_output\",",
    "\"id\":",
    "\"metadata\":{}",
    "[[[[[[[[",
    "]]]]]]]]",
];

fn rounds() -> usize {
    let asked = std::env::var("FORETOP_FUZZ_ROUNDS").ok().and_then(|rounds| rounds.parse().ok());
    asked.unwrap_or(4_000)
}

/// The bytes of one of these texts with some damage.
fn damaged(random: &mut fastrand::Rng, corpus: &[String]) -> Vec<u8> {
    let pick = |random: &mut fastrand::Rng| corpus[random.usize(..corpus.len())].as_bytes();
    let mut bytes = pick(random).to_vec();
    for _ in 0..random.usize(0..6) {
        let at = random.usize(..=bytes.len());
        let end = (at + random.usize(0..20)).min(bytes.len());
        match random.u8(0..6) {
            0 => drop(bytes.drain(at..end)),
            1 => drop(bytes.splice(at..at, BITS[random.usize(..BITS.len())].bytes())),
            2 if at < bytes.len() => bytes[at] = random.u8(..),
            3 => {
                let again = bytes[at..end].repeat(random.usize(1..40));
                drop(bytes.splice(at..at, again));
            }
            4 => {
                let other = pick(random);
                let from = random.usize(..=other.len());
                drop(bytes.splice(at.., other[from..].iter().copied()));
            }
            _ => bytes.truncate(end.max(1)),
        }
    }
    bytes
}

fn every_round(seed: u64, corpus: &[String], mut check: impl FnMut(&mut fastrand::Rng, &[u8])) {
    let mut random = fastrand::Rng::with_seed(seed);
    for _ in 0..rounds() {
        let bytes = damaged(&mut random, corpus);
        check(&mut random, &bytes);
    }
}

fn json_corpus() -> Vec<String> {
    let call = r#"{"event_id":"aev_1","tool_configuration_name":"t","tool_name":"t","arguments":
        {"n":84.20,"deep":{"a":[1,{"b":null}]},"token":"hunter2","s":"a\u2026\ud83d\ude00"}}"#;
    let output = r#"{"id":"aev_2","type":"tool_output","created_at":"2026-01-01T00:00:01.5Z",
        "tool_call_id":"d","tool_configuration_name":"t","tool_name":"t","error":"no",
        "tool_output":{"a":1e400,"a":2},"hide_reason":"compaction"}"#;
    let input = r#"{"type":"input_message","messages":[{"type":"text","content":"hi"},{"type":
        "skill","skill_name":"s"}]}"#;
    let file = r#"{"artifact_id":"art_1","filename":"f","mime_type":"t","size_bytes":1}"#;
    let own = |text: &str| text.to_owned();
    vec![
        event("1", "some words"),
        own(output),
        own(input),
        format!(r#"{{"type":"client_tool_pending","pending_calls":[{call}]}}"#),
        own(call),
        own(r#"{"type":"streaming_agent_output","content":"a"}"#),
        own(
            r#"{"type":"tool_activity","tool_call_id":"c","activity_type":"sub_agent","agent_event":{}}"#,
        ),
        page("events", &[event("1", "a"), own(output)], "k"),
        page("sessions", &[session("s"), session("t")], "k"),
        page("agents", &[own(r#"{"key":"a","name":"n","metadata":{"x":[1]}}"#)], ""),
        page("artifacts", &[own(file)], ""),
    ]
}

#[test]
fn whatever_an_event_says_it_is_an_event_with_its_exact_text() {
    let mut whole = 0;
    every_round(1, &json_corpus(), |_, bytes| {
        let text = String::from_utf8_lossy(bytes);
        let frame = Frame::read("agent_output", &text);
        let _ = serde_json::from_slice::<Page<Event>>(bytes);
        let _ = serde_json::from_slice::<Page<Session>>(bytes);
        let _ = serde_json::from_slice::<Page<Agent>>(bytes);
        let _ = serde_json::from_slice::<Page<Artifact>>(bytes);
        let call = serde_json::from_str::<PendingCall>(&text);
        if let Ok(call) = call {
            assert!(text.contains(call.arguments.text()), "{text}");
        }
        let Ok(raw) = serde_json::from_str::<Box<RawValue>>(&text) else {
            assert!(frame.is_none(), "{text}");
            return;
        };
        whole += 1;
        assert!(frame.is_some(), "{text}");
        let event = Event::from_raw(raw);
        assert_eq!(event.raw().get(), text.trim_ascii());
        let _ = Glance::from(&event);
    });
    assert!(whole > rounds() / 10, "{whole} are still JSON");
}

#[test]
fn a_stream_says_the_same_however_it_is_cut_and_holds_no_more_than_it_may() {
    let frames = json_corpus().into_iter().map(|json| format!("event:x\r\ndata:{json}\n\n"));
    let mut corpus = vec![frames.clone().take(4).collect::<String>()];
    corpus.extend(frames);
    corpus.push("\u{feff}: ping\n\ndata\rid:7\rretry:1\r\revent:lost\n\n".to_owned());
    every_round(2, &corpus, |random, bytes| {
        let most = if random.bool() { usize::MAX } else { random.usize(1..400) };
        let whole = (Parser::of_at_most(most), Parser::of_at_most(most));
        let (mut at_once, mut cut) = whole;
        let wanted = at_once.push(bytes);
        let mut messages = Vec::new();
        let mut rest = bytes;
        while !rest.is_empty() {
            let (piece, more) = rest.split_at(random.usize(1..=rest.len().min(40)));
            messages.extend(cut.push(piece));
            rest = more;
        }
        assert_eq!((messages, cut.is_over()), (wanted.clone(), at_once.is_over()), "{bytes:?}");
        // A byte that is no text becomes a sign of three.
        let fits =
            |message: &Message| message.event.len() + message.data.len() <= most.saturating_mul(3);
        assert!(wanted.iter().all(fits));
    });
}

#[test]
fn json_that_is_none_is_indexed_and_printed_without_harm() {
    every_round(3, &json_corpus(), |_, bytes| {
        let text = String::from_utf8_lossy(bytes);
        for index in [Index::of(&text), Index::of_file(bytes)] {
            let json = Json::new(&text, &index);
            for node in json.nodes().take(500) {
                let (start, end) = json.span(node);
                assert!(start <= end, "{text}");
                assert!(json.end(node).number() > node.number());
                let _ = (json.raw(node), json.inner(node), json.kind(node), json.depth(node));
                if let Some(parent) = json.parent(node) {
                    assert!(parent.number() < node.number());
                    assert!(json.children(parent).any(|child| child.number() == node.number()));
                }
            }
        }
        let spread = spread(&text);
        assert!(!inert(&spread).contains('\u{9b}'));
        let is_json = |text: &str| serde_json::from_str::<IgnoredAny>(text).is_ok();
        assert!(is_json(&spread) || !is_json(&text), "{text}");
        if is_json(&text)
            && let Some(clean) = redact::json(&text)
        {
            assert!(is_json(&clean), "{text} became {clean}");
        }
    });
}
