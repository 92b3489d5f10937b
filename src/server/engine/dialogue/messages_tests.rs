//! What a model is told, held against the ribbon.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::api::{Agent, AgentKey};

fn event(number: usize, body: Value) -> Event {
    let Value::Object(mut body) = body else { panic!("{body}") };
    body.insert("id".to_owned(), format!("aev_{number}").into());
    body.insert("session_key".to_owned(), "s".into());
    body.insert("created_at".to_owned(), "2026-01-01T00:00:00.000Z".into());
    serde_json::from_value(body.into()).unwrap()
}

fn input(text: &str) -> Value {
    json!({"type": "input_message", "messages": [{"type": "text", "content": text}]})
}

fn said(text: &str) -> Value {
    json!({"type": "agent_output", "content": text})
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a literal reads better without a sign before it"
)]
fn call(id: &str, arguments: Value) -> Value {
    json!({"type": "tool_input", "tool_call_id": id, "tool_configuration_name": "find it",
        "tool_name": "find it", "tool_input": arguments})
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a literal reads better without a sign before it"
)]
fn output(id: &str, output: Value) -> Value {
    json!({"type": "tool_output", "tool_call_id": id, "tool_configuration_name": "find it",
        "tool_name": "find it", "tool_output": output, "error": false})
}

fn told(events: &[Event], reminders: &[Reminder]) -> Vec<Message> {
    let mut agent = Agent::unread(AgentKey::from("a"));
    agent.tool_configurations =
        serde_json::from_value(json!({"find it": {"type": "client"}})).unwrap();
    let names = Names::of(&agent);
    let image = |read: &ImageRead| {
        let is_there = read.artifact_id.as_str() == "art_there";
        is_there.then(|| Part::Image { mime_type: "image/png".to_owned(), data: vec![1] })
    };
    messages(events, &Telling { names: &names, reminders, image: &image, reasoned: &[] })
}

fn of(bodies: Vec<Value>) -> Vec<Message> {
    let events: Vec<_> = bodies.into_iter().enumerate().map(|(at, body)| event(at, body)).collect();
    told(&events, &[])
}

fn user(texts: &[&str]) -> Message {
    Message::User(texts.iter().map(|text| Part::Text((*text).to_owned())).collect())
}

fn assistant(text: &str, calls: &[(&str, Value)]) -> Message {
    let calls = calls
        .iter()
        .map(|(id, arguments)| ((*id).to_owned(), "find_it".to_owned(), arguments.clone()));
    Message::Assistant { text: text.to_owned(), calls: calls.collect(), reasoning: None }
}

fn answer(id: &str, output: &str) -> Message {
    let (call_id, tool) = (id.to_owned(), "find_it".to_owned());
    Message::Tool(Answered { call_id, tool, output: output.to_owned() })
}

#[test]
fn what_an_agent_says_and_calls_at_once_is_one_message_with_its_outputs_behind_it() {
    let messages = of(vec![
        input("go"),
        json!({"type": "thinking", "content": "hm"}),
        said("I look."),
        call("a", json!({"n": 1})),
        call("b", json!({"n": 2})),
        output("b", json!({"hits": 2})),
        output("a", json!({"hits": 1})),
        call("c", json!({})),
        output("c", json!({})),
        said("Three."),
        input("thanks"),
    ]);
    let expected = vec![
        user(&["go"]),
        assistant("I look.", &[("a", json!({"n": 1})), ("b", json!({"n": 2}))]),
        answer("a", r#"{"hits":1}"#),
        answer("b", r#"{"hits":2}"#),
        assistant("", &[("c", json!({}))]),
        answer("c", "{}"),
        assistant("Three.", &[]),
        user(&["thanks"]),
    ];
    assert_eq!(messages, expected);
}

#[test]
fn a_call_without_an_output_and_an_output_without_a_call_are_told_all_the_same() {
    let messages =
        of(vec![output("gone", json!({"left": 1})), call("cut", json!({})), input("what now?")]);
    let expected = vec![
        user(&[r#"Output of an earlier call of find it: {"left":1}"#]),
        assistant("", &[("cut", json!({}))]),
        answer("cut", NO_OUTPUT),
        user(&["what now?"]),
    ];
    assert_eq!(messages, expected);
}

#[test]
fn an_output_is_told_with_its_call_though_somebody_spoke_in_between() {
    let messages =
        of(vec![input("go"), call("a", json!({})), input("hurry"), output("a", json!({}))]);
    let expected = vec![
        user(&["go"]),
        assistant("", &[("a", json!({}))]),
        answer("a", "{}"),
        user(&["hurry"]),
    ];
    assert_eq!(messages, expected);
}

#[test]
fn a_summary_stands_in_front_and_what_a_person_brings_is_one_message() {
    let messages = of(vec![
        json!({"type": "artifact_upload", "artifacts": [{"artifact_id": "art_1", "filename": "a.md",
            "mime_type": "text/markdown", "size_bytes": 7}]}),
        input("look"),
        json!({"type": "skill_load", "skill_name": "review", "content": "Check."}),
        json!({"type": "compaction", "turns_compacted": 1, "events_compacted": 2,
            "summary_key": "sum_1", "summary_text": "They met."}),
        json!({"type": "image_read", "artifact_id": "art_there"}),
        json!({"type": "image_read", "artifact_id": "art_gone"}),
        json!({"type": "from_the_future", "content": "?"}),
    ]);
    let [Message::User(parts)] = &messages[..] else { panic!("{messages:?}") };
    let texts: Vec<_> = parts
        .iter()
        .map(|part| match part {
            Part::Text(text) => text.as_str(),
            Part::Image { .. } => "<image>",
        })
        .collect();
    let expected = [
        "Summary of the conversation before this:\n\nThey met.",
        "Uploaded: a.md (artifact art_1, text/markdown, 7 B)",
        "look",
        "The skill review:\n\nCheck.",
        "<image>",
        "(This model cannot look at the image art_gone.)",
    ];
    assert_eq!(texts, expected);
}

#[test]
fn a_conversation_begins_and_ends_as_providers_want_it() {
    assert_eq!(of(vec![]), [user(&[GO_ON])]);
    let expected = [user(&[BEGINNING]), assistant("hello", &[]), user(&[GO_ON])];
    assert_eq!(of(vec![said("hello")]), expected);
}

#[test]
fn numbers_and_failures_are_told_as_they_were_written() {
    let raw = r#"{"id":"aev_1","type":"tool_input","tool_call_id":"a","tool_configuration_name":"t",
        "tool_name":"t","tool_input":{"n": 1E5, "big": 12345678901234567890123}}"#;
    let output = r#"{"id":"aev_2","type":"tool_output","tool_call_id":"a","tool_configuration_name":
        "t","tool_name":"t","tool_output":{"n": 1E5 },"error":false}"#;
    let events = [raw, output].map(|raw| serde_json::from_str(raw).unwrap());
    let messages = told(&events, &[]);
    let Message::Assistant { calls, .. } = &messages[1] else { panic!("{messages:?}") };
    assert_eq!(calls[0].2.to_string(), r#"{"n":1E5,"big":12345678901234567890123}"#);
    let Message::Tool(answered) = &messages[2] else { panic!("{messages:?}") };
    assert_eq!(answered.output, r#"{"n": 1E5 }"#);
    let mut failed = super::tests::output("b", json!({"kind": "denied"}));
    failed["error"] = true.into();
    let messages = of(vec![call("b", json!({})), failed]);
    let Message::Tool(answered) = &messages[2] else { panic!("{messages:?}") };
    assert_eq!(answered.output, r#"{"error":{"kind":"denied"}}"#);
}

#[test]
fn reminders_come_along_and_begin_again_after_a_compaction() {
    let step = json!({"reminders": [{"type": "templated", "template_type": "text",
        "template": "Mind.", "hooks": ["tool_output", "input_message"], "skip_first": 1}]});
    let agent = Agent::unread(AgentKey::from("a"));
    let now = crate::api::Timestamp::UNIX_EPOCH;
    let session = crate::api::Session::named("a".into(), "s".into(), "S".into(), now);
    let scene = super::super::instructions::Scene { agent: &agent, session: &session, now };
    let reminders = super::super::reminders::of_step(&step, &scene).unwrap();
    let bodies = vec![
        input("one"),
        input("two"),
        call("a", json!({})),
        output("a", json!({})),
        call("b", json!({})),
        output("b", json!({})),
        json!({"type": "compaction", "turns_compacted": 1, "events_compacted": 2,
            "summary_key": "sum_1", "summary_text": "Sum."}),
        input("three"),
        input("four"),
    ];
    let events: Vec<_> = bodies.into_iter().enumerate().map(|(at, body)| event(at, body)).collect();
    let messages = told(&events, &reminders);
    let summary = "Summary of the conversation before this:\n\nSum.";
    let expected = vec![
        user(&[summary, "one", "two", "Mind."]),
        assistant("", &[("a", json!({}))]),
        answer("a", "{}"),
        assistant("", &[("b", json!({}))]),
        answer("b", "{}\n\nMind."),
        user(&["three", "four", "Mind."]),
    ];
    assert_eq!(messages, expected);
}

/// An event that names itself in whatever it says.
fn made(number: usize, kind: u8, id: u8) -> Event {
    let mark = format!("<{number}>");
    let id = format!("call_{id}");
    event(
        number,
        match kind {
            0 => input(&mark),
            1 => said(&mark),
            2 | 3 => call(&id, json!({ "mark": mark })),
            4 | 5 => output(&id, json!({ "mark": mark })),
            6 => json!({"type": "skill_load", "skill_name": "s", "content": mark}),
            7 => json!({"type": "step_transition", "from_step": "a", "to_step": "b",
                "content": mark}),
            8 => json!({"type": "structured_output", "schema_name": "s", "content": {"m": mark}}),
            9 => json!({"type": "compaction", "turns_compacted": 1, "events_compacted": 1,
                "summary_key": "s", "summary_text": mark}),
            10 => json!({"type": "thinking", "content": mark}),
            _ => json!({"type": "from_the_future", "content": mark}),
        },
    )
}

/// The numbers that a text names, in their order.
fn marks(text: &str) -> Vec<usize> {
    let parts = text.split('<').skip(1);
    parts.filter_map(|part| part.split('>').next()?.parse().ok()).collect()
}

fn kind_of(event: &Event) -> &str {
    &event.kind
}

proptest! {
    #[test]
    fn a_question_is_exactly_what_the_ribbon_shows(
        drawn in proptest::collection::vec((0_u8..12, 0_u8..4, any::<bool>()), 0..40)
    ) {
        let all: Vec<_> =
            drawn.iter().enumerate().map(|(at, (kind, id, _))| made(at, *kind, *id)).collect();
        let visible: Vec<_> = all
            .iter()
            .zip(&drawn)
            .filter(|(_, (_, _, is_hidden))| !is_hidden)
            .map(|(event, _)| event.clone())
            .collect();
        let messages = told(&visible, &[]);

        // It is a request that every provider takes.
        prop_assert!(matches!(messages[0], Message::User(_)));
        let last = &messages[messages.len() - 1];
        let is_for_it = matches!(last, Message::User(_) | Message::Tool(_));
        prop_assert!(is_for_it, "ends with the agent's own word");
        let mut ids = HashSet::new();
        let mut open: Vec<String> = Vec::new();
        for (at, message) in messages.iter().enumerate() {
            let before = at.checked_sub(1).map(|at| &messages[at]);
            match message {
                Message::Tool(answered) => {
                    prop_assert!(!open.is_empty(), "an answer to nothing");
                    prop_assert_eq!(&open.remove(0), &answered.call_id);
                }
                Message::User(parts) => {
                    prop_assert!(open.is_empty() && !parts.is_empty());
                    prop_assert!(!matches!(before, Some(Message::User(_))));
                }
                Message::Assistant { text, calls, .. } => {
                    prop_assert!(open.is_empty() && !(text.is_empty() && calls.is_empty()));
                    let twice = matches!(before, Some(Message::Assistant { .. }));
                    prop_assert!(!twice, "twice in a row");
                    for (id, _, _) in calls {
                        prop_assert!(ids.insert(id.clone()), "{} twice", id);
                        open.push(id.clone());
                    }
                }
            }
        }
        prop_assert!(open.is_empty(), "calls without an answer");

        // Everything that is visible and can be told is told once, in order; nothing else is.
        let mut spoken = Vec::new();
        let mut outputs = Vec::new();
        let mut unanswered = Vec::new();
        for message in &messages {
            match message {
                Message::User(parts) => {
                    for part in parts {
                        let Part::Text(text) = part else { panic!("no image was there") };
                        let found = marks(text);
                        let is_orphan = text.starts_with("Output of");
                        if is_orphan { outputs.extend(found) } else { spoken.extend(found) }
                    }
                }
                Message::Assistant { text, calls, .. } => {
                    spoken.extend(marks(text));
                    spoken.extend(calls.iter().flat_map(|(_, _, value)| marks(&value.to_string())));
                    unanswered.extend(calls.iter().flat_map(|one| marks(&one.2.to_string())));
                }
                Message::Tool(answered) => {
                    // Calls are answered in their order.
                    let asked = unanswered.remove(0);
                    let EventBody::ToolInput(call) = &*all[asked].body else { panic!("no call") };
                    match &marks(&answered.output)[..] {
                        [] => prop_assert_eq!(&*answered.output, NO_OUTPUT),
                        [found] => {
                            let EventBody::ToolOutput(output) = &*all[*found].body else {
                                panic!("no output")
                            };
                            prop_assert_eq!(&output.tool_call_id, &call.tool_call_id);
                            prop_assert!(asked < *found);
                            outputs.push(*found);
                        }
                        more => prop_assert!(false, "{:?}", more),
                    }
                }
            }
        }
        let number = |event: &Event| marks(event.raw().get())[0];
        let of_kind = |kinds: &[&str]| -> Vec<usize> {
            visible.iter().filter(|event| kinds.contains(&kind_of(event))).map(number).collect()
        };
        let mut expected = of_kind(&["compaction"]);
        expected.extend(of_kind(&["input_message", "agent_output", "tool_input", "skill_load",
            "step_transition", "structured_output"]));
        prop_assert_eq!(spoken, expected);
        outputs.sort_unstable();
        prop_assert_eq!(outputs, of_kind(&["tool_output"]));
    }
}
