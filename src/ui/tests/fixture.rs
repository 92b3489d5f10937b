//! One session like those of the demo, built by hand.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::api::{Agent, Event, PendingCall, Session, SessionRef, Timestamp};
use crate::content::prepare;
use crate::model::AnswerKind;
use crate::model::output_schema::{Against, OutputSchema};
use crate::model::sessions::{Probe, SeenError};
use crate::model::timeline::{UnitId, Window};
use crate::view::pane::artifacts::{Checksum, Content};
use crate::view::{Focus, Model, OpenSession, View};

const DAY: &str = "2026-05-03T";

pub(super) fn at(clock: &str) -> Timestamp {
    format!("{DAY}{clock}Z").parse().unwrap()
}

struct Seed(
    &'static str,
    &'static str,
    u64,
    &'static str,
    &'static [&'static str],
    u32,
    &'static str,
);

/// Key, status, percent, last event, waiting tools, trailing errors, last tool or error text.
const SESSIONS: [Seed; 14] = [
    Seed("refund-4411", "stopped", 61, "14:02:18", &["orders.refund", "notify_slack"], 0, ""),
    Seed("kyc-review-88", "stopped", 23, "13:54:20", &["id.verify"], 0, ""),
    Seed("tender-draft", "stopped", 88, "13:35:20", &["sign_document"], 0, ""),
    Seed("nightly-digest", "stopped", 44, "14:04:10", &[], 3, "web_get 504 (3 in a row)"),
    Seed("pricing-sync", "stopped", 99, "13:57:10", &[], 0, "context_limit_exceeded"),
    Seed("onboarding-eu", "running", 18, "14:06:27", &[], 0, "crm.update"),
    Seed("fraud-check", "running", 9, "14:06:22", &[], 0, "probing"),
    Seed("rfp-scan", "running", 37, "14:06:16", &[], 0, "thinking"),
    Seed("demo-0412", "stopped", 4, "13:12:10", &[], 0, "done"),
    Seed("quote-7731", "stopped", 33, "13:44:10", &[], 0, "done"),
    Seed("quote-7730", "stopped", 21, "13:40:10", &[], 0, "done"),
    Seed("hr-onboard-12", "stopped", 11, "13:00:10", &[], 0, "done"),
    Seed("hr-onboard-11", "stopped", 11, "12:30:10", &[], 0, "done"),
    Seed("hr-onboard-10", "stopped", 11, "12:00:10", &[], 0, "done"),
];

fn add_sessions(model: &mut Model) {
    let sessions = SESSIONS.map(|Seed(key, status, percent, ..)| {
        let parent = (key == "fraud-check").then_some("onboarding-eu");
        serde_json::from_value::<Session>(json!({
            "key": key, "agent_key": "support-bot", "enabled": true, "status": status,
            "name": if key == "refund-4411" { "Refund for order 4411" } else { key },
            "created_at": format!("{DAY}12:00:00.000Z"), "current_step_name": "refund",
            "tti_minutes": if key == "demo-0412" { 60 } else { 0 },
            "created_by_session_key": parent,
            "session_context_usage":
                {"total_tokens": percent * 2_000, "model_context_window": 200_000}
        }))
        .unwrap()
    });
    model.sessions.apply_listing(&"support-bot".into(), sessions.to_vec(), false);
    for Seed(key, _, _, last, waiting, errors, words) in SESSIONS {
        let probe = Probe {
            last_event_at: Some(at(last)),
            last_tool: Some(words.to_owned()),
            trailing_errors: errors,
            error_text: (!words.is_empty()).then(|| words.to_owned()),
            waiting: waiting.iter().map(|tool| (*tool).to_owned()).collect(),
            waiting_since: (!waiting.is_empty()).then(|| at(last)),
            step: None,
            ..Probe::default()
        };
        model.sessions.apply_probe(&SessionRef::new("support-bot", key), probe, model.now);
    }
    model.sessions.select(&SessionRef::new("support-bot", "refund-4411"));
}

fn event(id: &str, clock: &str, rest: &Value) -> Event {
    let mut rest = rest.clone();
    rest["id"] = id.into();
    rest["session_key"] = "refund-4411".into();
    rest["created_at"] = format!("{DAY}{clock}Z").into();
    serde_json::from_str(&rest.to_string()).unwrap()
}

fn input(id: &str, clock: &str, tool: &str, arguments: &Value) -> Event {
    event(
        id,
        clock,
        &json!({"type": "tool_input", "tool_call_id": id, "tool_name": tool,
        "tool_type": if tool == "fraud-check" { "sub_agent" } else { "client" },
        "tool_configuration_name": tool, "tool_input": arguments,
        "argument_override_paths": if tool == "orders.refund" { vec!["currency", "api_key"] } else { vec![] }}),
    )
}

fn output(call: &str, clock: &str, error: bool, result: &Value) -> Event {
    event(
        &format!("{call}_out"),
        clock,
        &json!({"type": "tool_output", "tool_call_id": call,
        "tool_name": "t", "tool_configuration_name": "t", "tool_output": result, "error": error}),
    )
}

fn message(id: &str, clock: &str, words: &str) -> Event {
    let body = json!({"type": "input_message", "messages": [{"type": "text", "content": words}]});
    event(id, clock, &body)
}

fn events() -> Vec<Event> {
    let agent = "DPD lost the parcel on 3 May. I will refund 84.20 to the original card and tell the \
        support channel.\n\nThen I will:\n- book the refund\n- write the letter\n- close the case";
    vec![
        message("aev_01", "13:58:02.000", "Customer 8842 says order 4411 never arrived."),
        event(
            "aev_02",
            "13:58:20.000",
            &json!({"type": "agent_output", "content": "I will look."}),
        ),
        event(
            "aev_03",
            "13:58:40.000",
            &json!({"type": "compaction", "turns_compacted": 1,
            "events_compacted": 1, "summary_key": "k", "summary_text": "A customer asks. ".repeat(80)}),
        ),
        message("aev_04", "14:01:07.000", "Same customer again. Please check and refund today."),
        event(
            "aev_05",
            "14:01:08.000",
            &json!({"type": "step_transition", "from_step": "triage", "to_step": "refund"}),
        ),
        event(
            "aev_06",
            "14:01:08.900",
            &json!({"type": "thinking",
            "content": "Check the carrier first, then the policy window, then the card.\nThen decide."}),
        ),
        input("aev_07", "14:01:10.000", "orders.lookup", &json!({"order_id": 4411})),
        output(
            "aev_07",
            "14:01:10.900",
            false,
            &json!({"status": "lost", "carrier": "DPD", "paid": 84.20}),
        ),
        input("aev_08", "14:01:13.000", "fraud-check", &json!({"customer": 8842})),
        output("aev_08", "14:01:24.200", false, &json!({"verdict": "clean"})),
        input("aev_09", "14:01:25.000", "crm.update", &json!({"id": 8842})),
        output("aev_09", "14:01:25.300", true, &json!({"message": "422 missing field: reason"})),
        input(
            "aev_10",
            "14:01:29.000",
            "web_get",
            &json!({"url": "dpd.com/track?id=09981122334455"}),
        ),
        output("aev_10", "14:01:30.100", false, &json!({"html": "x".repeat(62_000)})),
        event(
            "aev_11",
            "14:01:34.000",
            &json!({"type": "image_read", "artifact_id": "art_receipt_a3f2"}),
        ),
        event("aev_12", "14:02:11.000", &json!({"type": "agent_output", "content": agent})),
        input(
            "aev_13",
            "14:02:18.000",
            "orders.refund",
            &json!({"order_id": 4411, "amount": 84.20}),
        ),
        input(
            "aev_14",
            "14:02:18.100",
            "notify_slack",
            &json!({"channel": "support", "text": "Refund of 84.20 on its way"}),
        ),
    ]
}

/// A call with overrides, a text in Markdown and an event that means harm, in a session of their
/// own.
pub(super) fn add_events_to_look_at(model: &mut Model) {
    let mut call = input(
        "aev_20",
        "14:03:00.000",
        "orders.refund",
        &json!({"order_id": 4411, "amount": 84.20,
            "customer": {"id": 8842, "email": "m.keller@example.com"},
            "reason": "Parcel lost by carrier (DPD), policy 4.2 allows a full refund in 30 days"}),
    );
    call = event("aev_20", "14:03:00.000", &{
        let mut json: Value = serde_json::from_str(call.raw().get()).unwrap();
        json["argument_override_paths"] = json!(["currency", "auth.api_key", "audit.by"]);
        json
    });
    let answer = event(
        "aev_20_out",
        "14:03:00.400",
        &json!({"type": "tool_output", "tool_call_id": "aev_20", "tool_name": "orders.refund",
            "tool_configuration_name": "orders.refund", "error": false,
            "resolved_argument_overrides": {"currency": "EUR", "auth.api_key": "****"},
            "tool_output": {"refund_id": "rf_20931", "receipt": format!("iVBORw0KGgo{}", "A".repeat(9_001)),
                "log": "line\n".repeat(400), "steps": [1, 2, {"done": true}]}}),
    );
    let text = "## What I did\n\nDPD **lost** the parcel, see [the log](https://dpd.example/t/1).\n\n\
        1. booked `rf_20931`\n2. wrote the *letter*\n\n```json\n{\"amount\": 84.20}\n```\n\n\
        | item | EUR |\n|---|---|\n| parcel | 79.30 |\n| shipping | 4.90 |\n\n> Thank you, 日本語.";
    let said = event("aev_21", "14:03:01.000", &json!({"type": "agent_output", "content": text}));
    let hostile = "{\"id\": \"aev_22\", \"type\": \"tool_output\", \"created_at\": \"2026-05-03T14:03:02Z\",\
        \"tool_output\": {\"n\": 12345678901234567890.10, \"n\": 1e999, \"\\u001b[2J\\u202ekey\": \
        \"\\u001b]52;c;eA==\\u0007 \u{202e}gpj\", \"deep\": DEEP, \"url\": \"data:text/html;base64,PHNjcmlwdD4=\"}}";
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let hostile: Event = serde_json::from_str(&hostile.replace("DEEP", &deep)).unwrap();
    let mut open = OpenSession::new(SessionRef::new("support-bot", "refund-4411"));
    let events = vec![call, answer, said, hostile];
    let visible = events.iter().filter_map(|event| event.id.clone()).collect();
    open.timeline.apply_window(Window { events, visible, reaches_start: true, reaches_end: true });
    model.open = Some(open);
    model.settle();
}

fn open_session(model: &mut Model) {
    let mut open = OpenSession::new(SessionRef::new("support-bot", "refund-4411"));
    let hidden = ["aev_01", "aev_02", "aev_10", "aev_10_out"];
    let events = events();
    let visible = events.iter().filter_map(|event| event.id.clone());
    let visible = visible.filter(|id| !hidden.contains(&id.as_str())).collect();
    open.timeline.set_situation(false, HashSet::from(["aev_13".into(), "aev_14".into()]));
    open.timeline.apply_window(Window { events, visible, reaches_start: true, reaches_end: true });
    open.timeline.toggle_fold(&UnitId::named("aev_07"));
    open.timeline.select(&UnitId::named("aev_13"));
    model.open = Some(open);
}

fn pending(id: &str, tool: &str, arguments: &Value) -> PendingCall {
    serde_json::from_value(json!({"event_id": id, "tool_configuration_name": tool,
        "tool_name": tool, "arguments": arguments}))
    .unwrap()
}

pub(super) fn exact(id: &str, tool: &str, arguments: &str) -> PendingCall {
    let text = format!(
        r#"{{"event_id": "{id}", "tool_configuration_name": "{tool}", "tool_name": "{tool}",
            "arguments": {arguments}}}"#
    );
    serde_json::from_str(&text).unwrap()
}

fn schema() -> Value {
    json!({"type": "object", "properties": {
        "order_id": {"type": "integer", "description": "the order to refund"},
        "amount": {"type": "number", "description": "in the currency of the order, with at most \
            two decimals; never more than what was paid for it"},
        "customer": {"type": "object", "properties": {"id": {"type": "integer"}}},
        "reason": {"type": "string", "description": "told to the customer"}}})
}

fn add_calls(model: &mut Model) {
    let session = |key: &str| SessionRef::new("support-bot", key);
    let sign = vec![pending("aev_s", "sign_document", &json!({"document": "d"}))];
    model.calls.apply(&session("tender-draft"), sign, at("13:35:20"));
    let verify = vec![pending("aev_v", "id.verify", &json!({"person": "p"}))];
    model.calls.apply(&session("kyc-review-88"), verify, at("13:54:20"));
    let arguments = r#"{"order_id": 4411, "amount": 84.20, "currency": "EUR",
        "customer": {"id": 8842, "email": "m.keller@example.com"}, "api_key": "hunter2", "reason":
        "Parcel lost by carrier (DPD), policy 4.2 allows a full refund within 30 days"}"#;
    let two = vec![
        exact("aev_13", "orders.refund", arguments),
        pending("aev_14", "notify_slack", &json!({"channel": "support"})),
    ];
    model.calls.apply(&session("refund-4411"), two, at("14:02:18"));
    let agent = serde_json::from_value(json!({"key": "support-bot", "name": "Support",
        "tool_configurations": {"orders.refund": {"type": "client", "input_schema": schema(),
            "argument_override": {"currency": "EUR", "api_key": {"$ref": "k"}}}}}))
    .unwrap();
    let said = r#"{"order_id": 4411, "amount": 84.20, "reason":
        "Parcel lost by carrier (DPD), policy 4.2 allows a full refund within 30 days",
        "customer": {"id": 8842, "email": "m.keller@example.com"}}"#;
    let input = format!(
        r#"{{"id": "aev_13", "type": "tool_input", "created_at": "{DAY}14:02:18.000Z",
            "tool_call_id": "c", "tool_name": "orders.refund", "tool_input": {said},
            "tool_configuration_name": "orders.refund",
            "argument_override_paths": ["currency", "api_key"]}}"#
    );
    let input = serde_json::from_str(&input).unwrap();
    model.calls.learn(&session("refund-4411"), &[input], Some(&agent));
    model.calls.select(&"aev_13".into());
    let schema = json!({"properties": {"amount": {"type": "number"}}});
    let schema = OutputSchema::new(schema.as_object().unwrap().clone());
    let text = "{\n  \"refund_id\": \"rf_20931\",\n  \"status\": \"accepted\",\n  \"amount\": \"84.20\",\n  \
        \"settles_on\": \"2026-05-09\"\n}";
    write(model, "aev_13", AnswerKind::Success, text, &Against::Schema(Arc::new(schema)));
    write(model, "aev_14", AnswerKind::Error, "channel is archived", &Against::Free);
}

/// An answer that somebody wrote and that was checked.
fn write(model: &mut Model, id: &str, kind: AnswerKind, text: &str, against: &Against) {
    let call = model.calls.get_mut(&id.into()).unwrap();
    if kind == AnswerKind::Error {
        call.draft.switch();
    }
    call.draft.replace(text);
    let check = call.draft.next_check(&id.into(), || against.clone()).unwrap();
    call.draft.judge(check.run());
}

/// What led to the calls of the open session.
pub(super) fn add_reasons(model: &mut Model) {
    let session = SessionRef::new("support-bot", "refund-4411");
    let mut events = vec![
        event(
            "aev_r1",
            "14:01:05",
            &json!({"type": "input_message",
            "messages": [{"type": "text", "content": "Same customer again. Please check and refund today."}]}),
        ),
        event(
            "aev_r2",
            "14:01:09",
            &json!({"type": "tool_input", "tool_call_id": "r2",
            "tool_name": "lookup", "tool_configuration_name": "lookup", "tool_input": {}}),
        ),
        event(
            "aev_r3",
            "14:01:10",
            &json!({"type": "tool_output", "tool_call_id": "r2",
            "tool_name": "lookup", "tool_configuration_name": "lookup", "error": false,
            "tool_output": {"parcel": "lost", "since": "3 May", "note": "\u{1b}[2J carrier confirms"}}),
        ),
        event(
            "aev_r4",
            "14:02:11",
            &json!({"type": "agent_output",
            "content": "I will refund 84.20 to the original card and tell the support channel."}),
        ),
    ];
    let calls: Vec<PendingCall> =
        model.calls.of_session(&session).map(|call| call.pending.clone()).collect();
    events.extend(
        calls
            .iter()
            .map(|call| input(call.event_id.as_str(), "14:02:18", &call.tool_name, &json!({}))),
    );
    let now = model.now;
    let probe = crate::model::probe::read_probe(&events, &calls);
    model.sessions.apply_probe(&session, probe, now);
}

fn add_artifacts(model: &mut Model) {
    let files = [
        ("refund-letter.md", "text/markdown", 4_310, "14:02:09", "14"),
        ("dpd-tracking.json", "application/json", 62_481, "14:01:29", "30"),
        ("receipt.png", "image/png", 422_195, "14:01:12", "1"),
    ];
    let artifacts = files.map(|(name, kind, size, clock, ttl)| {
        serde_json::from_value(json!({"artifact_id": format!("art_{name}"), "filename": name,
            "mime_type": kind, "size_bytes": size, "ttl_days": ttl.parse::<u32>().unwrap(),
            "checksum_sha256": "a3f2b1c4d5e6f7a8", "created_at": format!("{DAY}{clock}.000Z"),
            "updated_at": format!("{DAY}{clock}.000Z")}))
        .unwrap()
    });
    let session = SessionRef::new("support-bot", "refund-4411");
    model.artifacts.apply_listing(&session, artifacts.to_vec());
    let text = "# Refund for order 4411\n\nDear Mr Keller,\n\nDPD confirmed on **3 May 2026** that \
        your parcel was lost in transit, and 日本語 text stays within its columns too.\n\nKind regards";
    let file = prepare("refund-letter.md", "text/markdown", text.as_bytes().into());
    let content = Content::Ready(Arc::new(file));
    model.artifacts.set_content(&"art_refund-letter.md".into(), content, Checksum::Matches);
    model.artifacts.wrap = true;
}

/// Agents of every kind, their tools and aliases, as they were listed.
pub(super) fn add_agents(model: &mut Model) {
    let agents = [
        json!({"key": "support-bot", "name": "Support", "enabled": true,
            "description": "Answers customers, and books refunds once somebody agreed.",
            "model": {"name": "gpt-4o", "parameters": {"temperature": 0.2},
                "retry_configuration": {"max_retries": 3, "initial_backoff_ms": 1000,
                    "max_backoff_ms": 30000}},
            "first_step_name": "triage",
            "first_step": {"instructions": [{}], "next_steps": [{"step_name": "refund"}],
                "allowed_tools": ["web_get"]},
            "steps": {"refund": {"instructions": [{}, {}]}},
            "tool_configurations": {
                "orders.refund": {"type": "client", "tool_id": "tol_refund", "argument_override":
                    {"currency": "EUR", "api_key": {"$ref": "agent.secrets.orders"}}},
                "notify_slack": {"type": "client", "tool_id": "tol_gone"},
                "web_get": {"type": "web_get"},
                "fraud": {"type": "sub_agent",
                    "sub_agent_configuration": {"agent_key": "fraud"}}},
            "skills": {"letters": {"description": "How letters to customers are written",
                "content": "Be kind.\nBe short."}},
            "compaction": {"enabled": true, "threshold_percent": 80, "keep_recent_inputs": 2,
                "tool_event_policy": "include_outputs"},
            "created_at": "2026-04-01T09:00:00Z"}),
        json!({"key": "fraud", "name": "Fraud", "enabled": false}),
        json!({"key": "old\u{202e}one", "name": "Old\n\u{1b}[2Jone", "metadata": {"a": 1}}),
    ];
    for agent in agents {
        let mut agent: Agent = serde_json::from_value(agent).unwrap();
        if agent.key.as_str().starts_with("old") {
            agent.damage = Some("cannot be read: skills (recursion limit)".to_owned());
        }
        model.agents.insert(agent.key.clone(), agent);
    }
    let keys: Vec<_> = model.agents.keys().cloned().collect();
    model.sessions.apply_agents(&keys);
    let error = |clock: &str, text: &str| {
        let at = Some(at(clock));
        let last_error = at.map(|at| Box::new(SeenError { at, text: text.to_owned() }));
        Probe { last_event_at: at, trailing_errors: 1, last_error, ..Probe::default() }
    };
    let digest = SessionRef::new("support-bot", "nightly-digest");
    let failed = error("14:04:10", "web_get: gateway timeout (504)");
    model.sessions.apply_probe(&digest, failed, model.now);
    let tool = json!({"id": "tol_refund", "type": "client", "name": "orders_refund",
        "description": "Books a refund to the card that an order was paid with.",
        "input_schema": {"type": "object", "properties": {"order_id": {"type": "integer"},
            "amount": {"type": "number"}}},
        "created_at": "2026-04-01T09:00:00Z", "updated_at": "2026-04-01T09:00:00Z"});
    let tools = vec![serde_json::from_value(tool).unwrap()];
    let front = json!({"key": "front-door", "name": "Front door", "enabled": true,
    "created_at": "2026-04-01T09:00:00Z", "policy": {"type": "routed", "rules": [
        {"match": "session.metadata.tier = 'gold'",
            "targets": {"type": "single", "agent_key": "support-bot"}},
        {"targets": {"type": "weighted", "partition_by": "session.key", "options": [
            {"agent_key": "support-bot", "weight": 70}, {"agent_key": "beta", "weight": 30}]}}
    ]}});
    let aliases = vec![serde_json::from_value(front).unwrap()];
    model.catalogue.begin();
    model.catalogue.read_agents(2);
    model.catalogue.listed_tools(tools, false, model.now);
    model.catalogue.listed_aliases(aliases, false, model.now);
    model.settle();
}

pub(super) fn model(size: (u16, u16), view: View, focus: Focus) -> Model {
    let mut model = Model::new(at("14:06:30"), size);
    model.profile.name = "prod".to_owned();
    model.link.succeeded(at("14:06:28"), None);
    add_sessions(&mut model);
    open_session(&mut model);
    add_calls(&mut model);
    add_artifacts(&mut model);
    (model.view, model.focus) = (view, focus);
    settle(&mut model);
    model
}

/// Settles the model with everything worked out that the screen shows.
pub(super) fn settle(model: &mut Model) {
    model.settle();
    loop {
        let wanted = model.artifacts.wanted();
        if wanted.is_empty() {
            return;
        }
        for (artifact, file, job) in wanted {
            let done = job.run(&file, &|| false).unwrap();
            model.artifacts.take(&artifact, &file, done);
        }
        model.settle();
    }
}
