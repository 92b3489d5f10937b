//! What turns measure of themselves, and who may see it (contract section 8.4).

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use foretop::internals::server::engine::clock::Clock;
use serde_json::{Value, json};

use crate::stage::Stage;

const TRACES: &str = "/v2/agent_analytics/traces";
const SESSION: &str = "/v2/agents/rehearsal/sessions/s";

const TOKENS: &str = r#"
[[token]]
name = "mine"
token = "mine-mine-mine-mine-mine"
agents = { rehearsal = ["agent_viewer"], second = ["agent_user"] }

[[token]]
name = "theirs"
token = "theirs-theirs-theirs"
agents = { second = ["agent_developer"] }

[[token]]
name = "talker"
token = "talker-talker-talker"
roles = ["agent_user"]
"#;

/// With a session of an agent, another agent, and a clock that moves when somebody waits.
async fn stage() -> (Stage, Arc<AtomicI64>) {
    let now = Arc::new(AtomicI64::new(1_700_000_000_000));
    let clock = Clock::Scripted(Arc::clone(&now));
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tokens.toml");
    fs::write(&path, TOKENS).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let stage = Stage::with(dir, |options| {
        options.clock = clock;
        options.tokens = Some(path);
    })
    .await;
    let agent = stage.agent().await;
    let second = json!({"key": "second", "name": "Second", "model": {"name": "m2"},
        "tool_configurations": {}});
    stage.ask("POST", "/v2/agents", Some(second)).await;
    stage.session(&agent, "s").await;
    (stage, now)
}

async fn traces(stage: &Stage, query: &str) -> Vec<Value> {
    stage.ask("GET", &format!("{TRACES}?{query}"), None).await["traces"].as_array().unwrap().clone()
}

async fn spans(stage: &Stage, trace: &Value, query: &str) -> Vec<Value> {
    let path = format!("{TRACES}/{}/spans?{query}", trace["trace_id"].as_str().unwrap());
    stage.ask("GET", &path, None).await["spans"].as_array().unwrap().clone()
}

fn of<'a>(spans: &'a [Value], operation: &str) -> Vec<&'a Value> {
    spans.iter().filter(|span| span["operation"] == operation).collect()
}

fn at(value: &Value) -> i64 {
    let time: jiff::Timestamp = value.as_str().unwrap().parse().unwrap();
    time.as_millisecond()
}

#[tokio::test]
async fn a_turn_leaves_a_trace_that_joins_to_its_events() {
    let (stage, _) = stage().await;
    let script = "/slow 10\n/think let me see\n/say one two three\n/call web_get {\"url\": \"x\"}\n\
        /call web_get {\"url\": \"y\"}\n/step next\n/artifact f.md text/markdown\n/image f.md\n\
        /json plan {\"a\": 1}\n/say done";
    stage.say(SESSION, script).await;
    let events = stage.events(SESSION, true).await;
    let listed = traces(&stage, "").await;
    assert_eq!(listed.len(), 1);
    let trace = &listed[0];
    assert_eq!(trace["agent_key"], "rehearsal");
    assert_eq!((&trace["session_key"], &trace["status"]), (&json!("s"), &json!("ok")));
    let last = events.last().unwrap();
    let whole = at(&last["created_at"]) - at(&events[0]["created_at"]);
    assert!(whole > 500, "{whole}");
    assert_eq!(trace["duration_ms"], whole);
    assert!(trace["input_tokens"].as_u64().unwrap() > 1_200);
    assert!(trace["output_tokens"].as_u64().unwrap() > 0);
    let path = format!("{TRACES}/{}", trace["trace_id"].as_str().unwrap());
    assert_eq!(&stage.ask("GET", &path, None).await, trace);

    let spans = spans(&stage, trace, "").await;
    let root = &spans[0];
    assert_eq!(root["operation"], "invoke_agent");
    assert_eq!((root.get("parent_span_id"), &root["has_children"]), (None, &json!(true)));
    assert_eq!(root["attributes"]["input_event_id"], events[0]["id"]);
    assert_eq!(root["attributes"]["output_event_id"], last["id"]);
    assert_eq!(root["attributes"]["output_tokens"], trace["output_tokens"]);
    assert_eq!(root["duration_ms"], whole);
    for span in &spans {
        assert_eq!(span["trace_id"], trace["trace_id"]);
        assert!(span["step_name"].is_string() && span.get("content").is_none(), "{span}");
        let parent = spans.iter().find(|other| other["span_id"] == span["parent_span_id"]);
        assert!(span == root || parent.unwrap()["has_children"] == true, "{span}");
    }

    // Each event that takes time has its span, with the length that the clock gave it.
    let events_of = |kind: &str| -> Vec<&Value> {
        events.iter().filter(|event| event["type"] == kind).collect()
    };
    let said: Vec<_> = of(&spans, "output").iter().map(|span| span["event_id"].clone()).collect();
    let outputs = events.iter().filter(|event| {
        ["agent_output", "structured_output"].contains(&event["type"].as_str().unwrap())
    });
    assert_eq!(said, outputs.map(|event| event["id"].clone()).collect::<Vec<_>>());
    assert_eq!(of(&spans, "output")[0]["duration_ms"], 30, "three words");
    assert_eq!(of(&spans, "thinking")[0]["duration_ms"], 30);
    let calls = of(&spans, "execute_tool");
    let (inputs, results) = (events_of("tool_input"), events_of("tool_output"));
    assert_eq!((calls.len(), inputs.len()), (4, 4));
    for call in calls {
        let find = |all: &[&Value], name: &str| {
            let id = &call["attributes"][name];
            at(&all.iter().find(|event| event["id"] == *id).unwrap()["created_at"])
        };
        let length = find(&results, "tool_output_event_id") - find(&inputs, "tool_input_event_id");
        assert_eq!(call["duration_ms"], length, "{call}");
    }
    let step = of(&spans, "step_transition")[0];
    assert_eq!(step["event_id"], events_of("step_transition")[0]["id"]);
    assert_eq!(step["attributes"], json!({"from_step": "first_step", "to_step": "next"}));
    assert_eq!(of(&spans, "image_read")[0]["event_id"], events_of("image_read")[0]["id"]);
    let chats = of(&spans, "chat");
    let reasons: Vec<_> = chats.iter().map(|chat| &chat["attributes"]["finish_reasons"]).collect();
    assert_eq!(
        reasons,
        [&json!(["stop"]), &json!(["tool_calls"]), &json!(["stop"]), &json!(["stop"])]
    );
    assert_eq!(of(&spans, "thinking")[0]["parent_span_id"], chats[0]["span_id"]);
    assert_eq!(chats[0]["duration_ms"], 60);

    // As the screen asks for them: each length has its event.
    let session = foretop::api::SessionRef::new("rehearsal", "s");
    let page = stage.client.list_traces(&session, 10, None).await.unwrap();
    let told = stage.client.list_spans(&page.items[0].id, 500, None).await.unwrap();
    let told = told.items.iter().filter(|span| span.event().is_some() && span.duration().is_some());
    assert_eq!(told.count(), 3 + 4 + 1 + 1);
}

#[tokio::test]
async fn what_fails_is_told_and_found() {
    let (stage, now) = stage().await;
    for script in [
        "/slow 0\n/say fine",
        "/slow 0\n/call nothing {}\n/say on",
        "/slow 0\n/sub nobody hello",
        "/slow 0\n/fail it broke",
        "/slow 0\n/overflow",
        "/slow 0\n/loop",
    ] {
        now.fetch_add(60_000, Ordering::Relaxed);
        stage.say(SESSION, script).await;
    }
    let all = traces(&stage, "").await;
    let statuses: Vec<_> = all.iter().map(|trace| trace["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["error", "error", "error", "ok", "ok", "ok"], "newest first");
    let failed = &spans(&stage, &all[2], "operation=invoke_agent").await[0];
    assert_eq!(
        (&failed["status"], &failed["error_message"]),
        (&json!("error"), &json!("it broke"))
    );
    let call = &spans(&stage, &all[4], "operation=execute_tool").await[0];
    assert_eq!(call["status"], "error");
    assert!(call["error_message"].as_str().unwrap().contains("no tool configuration"), "{call}");

    let id = |at: usize| all[at]["trace_id"].as_str().unwrap().to_owned();
    let started = all[2]["started_at"].as_str().unwrap();
    for (query, found) in [
        ("status=error".to_owned(), vec![id(0), id(1), id(2)]),
        ("status=ok".to_owned(), vec![id(3), id(4), id(5)]),
        ("error_type=internal".to_owned(), vec![id(2)]),
        ("error_type=context_limit_exceeded".to_owned(), vec![id(1)]),
        ("error_type=step_transition_limit_exceeded".to_owned(), vec![id(0)]),
        ("operation=execute_tool".to_owned(), vec![id(3), id(4)]),
        ("operation=guardrail".to_owned(), vec![]),
        ("tool_name=nothing".to_owned(), vec![id(4)]),
        ("tool_name=nothing&tool_error_type=invalid_configuration".to_owned(), vec![id(4)]),
        ("tool_name=nothing&tool_error_type=not_found".to_owned(), vec![]),
        ("tool_error_type=not_found".to_owned(), vec![id(3)]),
        (format!("started_after={started}"), vec![id(0), id(1), id(2)]),
        (format!("started_before={started}"), vec![id(2), id(3), id(4), id(5)]),
        ("min_duration_ms=1000000".to_owned(), vec![]),
        ("max_duration_ms=1000000&status=error".to_owned(), vec![id(0), id(1), id(2)]),
        ("agent_key=second".to_owned(), vec![]),
        ("agent_key=rehearsal&session_key=s&error_type=internal".to_owned(), vec![id(2)]),
        ("session_key=other".to_owned(), vec![]),
    ] {
        let traces = traces(&stage, &query).await;
        let ids: Vec<_> = traces.iter().map(|trace| trace["trace_id"].as_str().unwrap()).collect();
        assert_eq!(ids, found, "{query}");
    }
    let mut seen = Vec::new();
    let mut path = format!("{TRACES}?limit=2&session_key=s");
    loop {
        let page = stage.ask("GET", &path, None).await;
        seen.extend(page["traces"].as_array().unwrap().clone());
        let Some(key) = page["metadata"]["page_key"].as_str() else { break };
        let other = format!("{TRACES}?limit=2&session_key=t&page_key={key}");
        assert_eq!(stage.http("GET", &other, None).await.0, 400, "of another list");
        path = format!("{TRACES}?limit=2&session_key=s&page_key={key}");
    }
    assert_eq!(seen, all);
    for query in [
        "status=fine",
        "error_type=none",
        "operation=dance",
        "tool_error_type=x",
        "started_after=yesterday",
        "min_duration_ms=long",
        "limit=0",
        "limit=101",
    ] {
        let (status, reply) = stage.http("GET", &format!("{TRACES}?{query}"), None).await;
        assert_eq!(status, 400, "{query}");
        let field = query.split('=').next().unwrap();
        assert!(reply["field_errors"][field].is_string(), "{query}: {reply}");
    }
    let spans = format!("{TRACES}/{}/spans", id(0));
    for (query, status) in [("limit=500", 200), ("limit=501", 400), ("operation=x", 400)] {
        assert_eq!(stage.http("GET", &format!("{spans}?{query}"), None).await.0, status, "{query}");
    }
    assert_eq!(stage.http("GET", &format!("{spans}/none"), None).await.0, 404);
    assert_eq!(stage.http("GET", &format!("{TRACES}/none/spans"), None).await.0, 404);
}

#[tokio::test]
async fn a_sub_agents_part_is_in_the_trace_for_those_who_may_read_that_agent() {
    let (stage, _) = stage().await;
    stage.say(SESSION, "/slow 0\n/sub second /say from below").await;
    let all = traces(&stage, "").await;
    assert_eq!(all.len(), 1, "one invocation from outside");
    let trace = &all[0];
    let whole = spans(&stage, trace, "include_content=true").await;
    let invocations = of(&whole, "invoke_agent");
    assert_eq!(invocations.len(), 2);
    let call = of(&whole, "execute_tool")[0];
    let child = invocations[1];
    assert_eq!(child["parent_span_id"], call["span_id"]);
    assert_eq!(
        (&child["attributes"]["depth"], &child["attributes"]["model"]),
        (&json!(1), &json!("m2"))
    );
    assert_eq!(child["attributes"]["parent_session_id"], "s");
    assert_eq!(child["content"]["output_messages"], "from below");
    let own = spans(&stage, trace, "exclude_subagents=true").await;
    assert_eq!(of(&own, "invoke_agent").len(), 1);
    assert!(own.len() < whole.len());
    let below = format!("parent_span_id={}", call["span_id"].as_str().unwrap());
    assert_eq!(spans(&stage, trace, &below).await.len(), 1);

    let path = format!("{TRACES}/{}", trace["trace_id"].as_str().unwrap());
    let of_child = format!("{path}/spans/{}", child["span_id"].as_str().unwrap());
    for (key, statuses, count) in [
        ("mine-mine-mine-mine-mine", [200, 200, 200, 404], own.len()),
        ("theirs-theirs-theirs", [200, 404, 404, 404], 0),
        ("talker-talker-talker", [403, 403, 403, 403], 0),
    ] {
        let asked = [TRACES.to_owned(), path.clone(), format!("{path}/spans"), of_child.clone()];
        for (path, status) in asked.iter().zip(statuses) {
            let (found, reply) = stage.http_as(key, "GET", path, None).await;
            assert_eq!(found, status, "{key} {path}: {reply}");
            if let Some(spans) = reply["spans"].as_array() {
                assert_eq!(spans.len(), count, "{key} {path}");
            }
            if let Some(traces) = reply["traces"].as_array() {
                assert_eq!(traces.len(), usize::from(key.starts_with("mine")), "{key} {path}");
            }
        }
    }
    assert_eq!(stage.ask("GET", &of_child, None).await["span_id"], child["span_id"]);
}

#[tokio::test]
async fn content_is_what_the_events_hold_and_goes_with_them() {
    let (stage, _) = stage().await;
    let script = "/slow 0\n/think secret-thought\n/say secret-answer\n/call web_get {\"q\": \"secret-q\"}\n\
        /fail secret-failure";
    stage.say(SESSION, script).await;
    let trace = traces(&stage, "").await.remove(0);
    let with = "include_content=true";
    let whole = spans(&stage, &trace, with).await;
    let root = &whole[0]["content"];
    assert_eq!(root["input_messages"], script);
    assert_eq!(
        (&root["output_messages"], &root["thinking"]),
        (&json!("secret-answer"), &json!("secret-thought"))
    );
    let call = of(&whole, "execute_tool")[0];
    assert_eq!(call["content"]["tool_arguments"], r#"{"q":"secret-q"}"#);
    assert!(call["content"]["tool_result"].is_string());
    assert_eq!(of(&whole, "output")[0]["content"]["output_text"], "secret-answer");
    assert_eq!(of(&whole, "thinking")[0]["content"]["thinking"], "secret-thought");
    let one = format!(
        "{TRACES}/{}/spans/{}",
        trace["trace_id"].as_str().unwrap(),
        call["span_id"].as_str().unwrap()
    );
    assert_eq!(&stage.ask("GET", &format!("{one}?{with}"), None).await, call);
    assert!(stage.ask("GET", &one, None).await.get("content").is_none());

    // A deleted event is gone from the trace that it was in.
    let output = of(&whole, "output")[0]["event_id"].as_str().unwrap();
    stage.ask("DELETE", &format!("{SESSION}/events/{output}"), None).await;
    let left = spans(&stage, &trace, with).await;
    assert_eq!(left.len(), whole.len());
    assert!(!json!(left).to_string().contains("\"output_text\""));
    assert!(left[0]["content"].get("output_messages").is_none());

    // What is kept is sealed, outlives the server, and goes with its session.
    let Stage { server, dir, .. } = stage;
    server.stop().await;
    let holds = |word: &str| {
        let file = fs::read(dir.path().join("foretop.db")).unwrap();
        file.windows(word.len()).any(|part| part == word.as_bytes())
    };
    assert!(!holds("secret-"), "in clear in the file");
    assert!(holds(trace["trace_id"].as_str().unwrap()));
    let stage = Stage::with(dir, |_| {}).await;
    assert_eq!(spans(&stage, &trace, with).await, left);
    stage.ask("DELETE", SESSION, None).await;
    assert!(traces(&stage, "").await.is_empty());
    assert_eq!(stage.http("GET", &one, None).await.0, 404);
    let dir = {
        let Stage { server, dir, .. } = stage;
        server.stop().await;
        dir
    };
    let file = fs::read(dir.path().join("foretop.db")).unwrap();
    let id = trace["trace_id"].as_str().unwrap().as_bytes();
    assert!(!file.windows(id.len()).any(|part| part == id), "left behind in the file");
}

#[tokio::test]
async fn a_call_that_waits_is_told_without_a_length_and_its_answer_begins_another_trace() {
    let (stage, now) = stage().await;
    stage.say(SESSION, "/slow 0\n/call write_file {}\n/say thanks").await;
    let first = traces(&stage, "").await.remove(0);
    let call = spans(&stage, &first, "operation=execute_tool").await.remove(0);
    assert_eq!((call.get("duration_ms"), &call["status"]), (None, &json!("ok")));
    let id = call["attributes"]["tool_input_event_id"].clone();
    now.fetch_add(3_600_000, Ordering::Relaxed);
    let answer = json!({"type": "tool_output", "tool_outputs": [
        {"type": "success", "event_id": id, "output": {}}]});
    stage.ask("POST", &format!("{SESSION}/events"), Some(answer)).await;
    let all = traces(&stage, "").await;
    assert_eq!(all.len(), 2);
    let root = spans(&stage, &all[0], "operation=invoke_agent").await.remove(0);
    let events = stage.events(SESSION, false).await;
    let output = events.iter().find(|event| event["type"] == "tool_output").unwrap();
    assert_eq!(root["attributes"]["input_event_id"], output["id"]);
    assert!(all[1]["duration_ms"].as_i64().unwrap() < 60_000, "nobody's hour is the agent's");
}

#[tokio::test]
async fn an_interrupted_turn_and_a_compaction_have_traces_too() {
    let stage = Stage::open().await;
    let agent = stage.agent().await;
    stage.session(&agent, "s").await;
    stage.say(SESSION, "/slow 0\n/say one").await;
    stage.say(SESSION, "/slow 0\n/say two").await;
    stage.ask("POST", &format!("{SESSION}/events"), Some(json!({"type": "compact"}))).await;
    let latest = traces(&stage, "").await.remove(0);
    let compaction = spans(&stage, &latest, "operation=compaction").await.remove(0);
    let events = stage.events(SESSION, true).await;
    assert_eq!(compaction["event_id"], events.last().unwrap()["id"]);
    assert_eq!(compaction["attributes"]["events_compacted"], 2);
    assert!(compaction["duration_ms"].as_u64().unwrap() >= 400, "by the system's clock");

    let url = format!("{}{SESSION}/events", stage.server.url());
    let said = json!({"messages": [{"type": "text", "content": "/slow 0\n/say a\n/pause 3600000"}],
        "stream_response": true});
    let request = crate::stage::plain_http().post(url);
    let request = request.header("x-api-key", stage.server.token().reveal());
    let request = request.header("content-type", "application/json").body(said.to_string());
    let mut reply = request.send().await.unwrap();
    let mut seen = String::new();
    while !seen.contains("agent_output_end") {
        seen.push_str(&String::from_utf8_lossy(&reply.chunk().await.unwrap().unwrap()));
    }
    stage.ask("POST", &format!("{SESSION}/events"), Some(json!({"type": "interrupt"}))).await;
    stage.server.turns().settle().await;
    let latest = traces(&stage, "").await.remove(0);
    assert_eq!(latest["status"], "ok");
    assert_eq!(spans(&stage, &latest, "operation=output").await.len(), 1);
}
