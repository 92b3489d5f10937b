//! Forking and compaction (contract sections 2.2, 3.1 and 5.2).

use serde_json::{Value, json};

use crate::stage::{Stage, kinds};

const SESSIONS: &str = "/v2/agents/a/sessions";
const SESSION: &str = "/v2/agents/a/sessions/s";

async fn stage_with(agent: Value) -> Stage {
    let stage = Stage::open().await;
    stage.ask("POST", "/v2/agents", Some(agent)).await;
    stage.ask("POST", SESSIONS, Some(json!({"key": "s"}))).await;
    stage
}

async fn stage() -> Stage {
    stage_with(json!({"key": "a", "name": "A", "model": {"name": "m"}, "tool_configurations": {}}))
        .await
}

fn field(events: &[Value], name: &str) -> Vec<String> {
    events.iter().map(|event| event[name].as_str().unwrap_or_default().to_owned()).collect()
}

async fn fork(stage: &Stage, key: &str, mut from: Value) -> (u16, Value) {
    from["session_key"] = "s".into();
    let body = json!({"key": key, "from_session": from});
    stage.http("POST", SESSIONS, Some(body)).await
}

#[tokio::test]
async fn a_fork_has_the_visible_events_under_new_ids_and_the_files() {
    let stage = stage().await;
    stage.say(SESSION, "/slow 0\n/artifact receipt.png image/png\n/image receipt.png").await;
    stage.say(SESSION, "/slow 0\n/say hide me").await;
    let before = stage.events(SESSION, false).await;
    let hidden = before.last().unwrap()["id"].as_str().unwrap();
    stage.ask("POST", &format!("{SESSION}/events/{hidden}/hide"), None).await;
    let before = stage.events(SESSION, false).await;

    assert_eq!(fork(&stage, "f", json!({})).await.0, 201);
    let copy = format!("{SESSIONS}/f");
    let after = stage.events(&copy, true).await;
    assert_eq!(field(&after, "type"), field(&before, "type"));
    assert!(field(&after, "session_key").iter().all(|key| key == "f"));
    let (old, new) = (field(&before, "id"), field(&after, "id"));
    assert!(new.iter().all(|id| !old.contains(id)), "ids are new");
    // Reading an image embeds the event that follows; the copy embeds its own.
    let image = after.iter().position(|event| event["type"] == "image_read").unwrap();
    let embedded = &after[image - 1]["tool_output"];
    assert_eq!(embedded["id"], after[image]["id"]);
    assert_eq!(embedded["session_key"], "f");
    let files = stage.ask("GET", &format!("{copy}/artifacts"), None).await;
    assert_eq!(files["artifacts"][0]["filename"], "receipt.png");
    // The two live on apart.
    stage.say(&copy, "/slow 0\n/say only here").await;
    assert_eq!(stage.events(SESSION, false).await.len(), before.len());
}

#[tokio::test]
async fn the_anchors_cut_or_sum_up() {
    let stage = stage().await;
    for text in ["one", "two", "three"] {
        stage.say(SESSION, &format!("/slow 0\n/say {text}")).await;
    }
    let events = stage.events(SESSION, false).await;
    let anchor = &events[3]["id"];

    fork(&stage, "cut", json!({"include_up_to_event_id": anchor})).await;
    let cut = stage.events(&format!("{SESSIONS}/cut"), true).await;
    assert_eq!(field(&cut, "type"), field(&events[..4], "type"));

    fork(&stage, "short", json!({"compact_up_to_event_id": anchor})).await;
    let short = stage.events(&format!("{SESSIONS}/short"), true).await;
    assert_eq!(field(&short, "type"), ["compaction", "input_message", "agent_output"]);
    assert_eq!(
        (&short[0]["events_compacted"], &short[0]["turns_compacted"]),
        (&json!(4), &json!(2))
    );
    assert!(short[0]["summary_text"].as_str().unwrap().contains("two"));

    let both = json!({"include_up_to_event_id": anchor, "compact_up_to_event_id": anchor});
    let unknown = json!({"include_up_to_event_id": "aev_nowhere"});
    for (from, named) in [
        (both, "from_session.compact_up_to_event_id"),
        (unknown, "from_session.include_up_to_event_id"),
    ] {
        let (status, reply) = fork(&stage, "bad", from).await;
        assert_eq!(status, 400);
        assert!(reply["field_errors"][named].is_string(), "{reply}");
    }
    let body = json!({"key": "bad", "from_session": {"session_key": "nowhere"}});
    assert_eq!(stage.http("POST", SESSIONS, Some(body)).await.0, 404);
    assert_eq!(stage.http("GET", &format!("{SESSIONS}/bad"), None).await.0, 404);

    stage.ask("POST", SESSIONS, Some(json!({"key": "empty"}))).await;
    let body = json!({"key": "of_empty", "from_session": {"session_key": "empty"}});
    let forked = stage.ask("POST", SESSIONS, Some(body)).await;
    assert_eq!(forked["status"], "unstarted");
}

const CALLS: &str = "outstanding_client_tool_calls";

/// A session parked at two client calls, one of them with a secret, after a server tool answered.
async fn parked() -> Stage {
    let stage = stage_with(json!({"key": "a", "name": "A", "model": {"name": "m"},
        "tool_configurations": {
            "get": {"type": "web_get"}, "ask": {"type": "client", "tool_id": "tol_1"},
            "pay": {"type": "client", "tool_id": "tol_2",
                "argument_override": {"token": {"$ref": "session.secrets.token"}}}}}))
    .await;
    stage.ask("PATCH", SESSION, Some(json!({"secrets": {"token": "of the source"}}))).await;
    let script = "/slow 0\n/call get\n/call ask {\"n\": 1}\n/call pay {\"n\": 2}\n/say planned";
    stage.say(SESSION, script).await;
    stage
}

async fn waiting(stage: &Stage, session: &str) -> Vec<Value> {
    let mut calls = stage.ask("GET", &format!("{session}/{CALLS}"), None).await;
    calls["client_tool_calls"].take().as_array().unwrap().clone()
}

/// Answers all that waits: the types of the events that follow.
async fn answer(stage: &Stage, session: &str) -> Vec<String> {
    let items: Vec<_> = waiting(stage, session)
        .await
        .into_iter()
        .map(|call| json!({"type": "success", "event_id": call["event_id"], "output": {"ok": 1}}))
        .collect();
    let body = json!({"type": "tool_output", "tool_outputs": items});
    kinds(&stage.ask("POST", &format!("{session}/events"), Some(body)).await)
}

#[tokio::test]
async fn what_waits_in_the_source_waits_in_the_fork_with_the_secrets_of_the_fork() {
    let stage = parked().await;
    let fork = format!("{SESSIONS}/f");
    let body = json!({"key": "f", "secrets": {"token": "of the fork"},
        "from_session": {"session_key": "s"}});
    stage.ask("POST", SESSIONS, Some(body)).await;
    let (here, there) = (waiting(&stage, &fork).await, waiting(&stage, SESSION).await);
    assert_eq!((here.len(), there.len()), (2, 2));
    assert_eq!(here[0]["arguments"], json!({"n": 1}));
    assert_eq!(here[1]["arguments"], json!({"n": 2, "token": "of the fork"}));
    assert_ne!(here[0]["event_id"], there[0]["event_id"]);
    let events = stage.events(&fork, true).await;
    assert!(events.iter().any(|event| event["id"] == here[0]["event_id"]));

    let ends = ["tool_output", "tool_output", "agent_output"];
    assert_eq!(answer(&stage, &fork).await, ends);
    assert_eq!(stage.events(&fork, false).await.last().unwrap()["content"], "planned");
    assert_eq!(waiting(&stage, SESSION).await.len(), 2, "the source waits on");
    assert_eq!(answer(&stage, SESSION).await, ends);
}

#[tokio::test]
async fn what_nobody_can_answer_in_a_fork_is_closed_there() {
    let stage = parked().await;
    // Without the secret that one of them needs.
    assert_eq!(fork(&stage, "f", json!({})).await.0, 201);
    let copy = format!("{SESSIONS}/f");
    assert_eq!(waiting(&stage, &copy).await.len(), 1);
    let last = stage.events(&copy, true).await.pop().unwrap();
    assert_eq!((&last["type"], &last["error"]), (&json!("tool_output"), &json!(true)));
    assert_eq!(last["tool_configuration_name"], "pay");
    let why = last["tool_output"]["error"].as_str().unwrap();
    assert!(why.contains("session.secrets.token") && !why.contains("of the source"), "{why}");
    assert_eq!(answer(&stage, &copy).await, ["tool_output", "agent_output"]);

    // By an agent that has none of these tools.
    let other = json!({"key": "b", "name": "B", "model": {"name": "m"}, "tool_configurations": {}});
    stage.ask("POST", "/v2/agents", Some(other)).await;
    let body = json!({"key": "f", "from_session": {"session_key": "s", "agent_key": "a"}});
    stage.ask("POST", "/v2/agents/b/sessions", Some(body)).await;
    let there = "/v2/agents/b/sessions/f";
    assert!(waiting(&stage, there).await.is_empty());
    let events = stage.events(there, true).await;
    let outputs = events.iter().filter(|event| event["type"] == "tool_output").count();
    assert_eq!(outputs, 3, "every input has one");
    assert_eq!(stage.say(there, "/slow 0\n/say on").await, ["input_message", "agent_output"]);
}

#[tokio::test]
async fn a_fork_cut_at_a_call_waits_as_the_source_did_then() {
    let stage = parked().await;
    answer(&stage, SESSION).await;
    let events = stage.events(SESSION, false).await;
    let ask = events.iter().find(|event| event["tool_configuration_name"] == "ask").unwrap();
    fork(&stage, "cut", json!({"include_up_to_event_id": ask["id"]})).await;
    let copy = format!("{SESSIONS}/cut");
    let calls = waiting(&stage, &copy).await;
    assert_eq!(calls.len(), 1, "{calls:?}");
    assert_eq!(calls[0]["tool_configuration_name"], "ask");
    // The call of the server's tool was cut off, too, and is not to be answered by anybody.
    let kinds = field(&stage.events(&copy, true).await, "type");
    assert_eq!(kinds, ["input_message", "tool_input", "tool_input", "tool_output"]);
    assert_eq!(answer(&stage, &copy).await, ["tool_output", "agent_output"]);

    // An interrupted round waits for nobody, in the fork neither.
    stage.say(SESSION, "/slow 0\n/call ask").await;
    stage.ask("POST", &format!("{SESSION}/events"), Some(json!({"type": "interrupt"}))).await;
    let left = waiting(&stage, SESSION).await.len();
    fork(&stage, "late", json!({})).await;
    assert_eq!(waiting(&stage, &format!("{SESSIONS}/late")).await.len(), left);
}

#[tokio::test]
async fn a_manual_compaction_hides_all_but_the_recent_inputs() {
    let stage = stage().await;
    let compact = |body: Value| stage.http("POST", "/v2/agents/a/sessions/s/events", Some(body));
    let (status, reply) = compact(json!({"type": "compact"})).await;
    assert_eq!((status, reply["messages"].as_array().unwrap().len()), (400, 1), "nothing there");
    stage.say(SESSION, "/slow 0\n/say one").await;
    stage.say(SESSION, "/slow 0\n/say two").await;

    let body = json!({"type": "compact", "compaction_message": "Only the names."});
    let (status, reply) = compact(body).await;
    assert_eq!((status, kinds(&reply)), (201, vec!["compaction".to_owned()]));
    let summary = reply["events"][0]["summary_text"].as_str().unwrap();
    assert!(summary.contains("Only the names."), "{summary}");
    let visible = stage.events(SESSION, false).await;
    assert_eq!(field(&visible, "type"), ["input_message", "agent_output", "compaction"]);
    assert_eq!(stage.events(SESSION, true).await.len(), 5, "hidden, not deleted");

    let anchor = visible[1]["id"].clone();
    compact(json!({"type": "compact", "compact_up_to_event_id": anchor})).await;
    let visible = stage.events(SESSION, false).await;
    assert_eq!(field(&visible, "type"), ["compaction", "compaction"]);
    let (status, reply) =
        compact(json!({"type": "compact", "compact_up_to_event_id": "aev_nowhere"})).await;
    assert_eq!(status, 400);
    assert!(reply["field_errors"]["compact_up_to_event_id"].is_string());

    let first = stage.events(SESSION, true).await[0]["id"].clone();
    let unhide = format!("{SESSION}/events/{}/unhide", first.as_str().unwrap());
    stage.ask("POST", &unhide, None).await;
    assert_eq!(stage.events(SESSION, false).await.len(), 3, "unhiding clears any reason");
}

#[tokio::test]
async fn compaction_comes_by_itself_at_the_threshold_that_the_session_began_with() {
    let compaction = json!({"threshold_percent": 50, "keep_recent_inputs": 2});
    let agent = json!({"key": "a", "name": "A", "model": {"name": "m"}, "tool_configurations": {},
        "compaction": compaction});
    let stage = stage_with(agent).await;
    // What the agent says later is for later sessions.
    let off = json!({"compaction": {"enabled": false}});
    stage.ask("PATCH", "/v2/agents/a", Some(off)).await;
    let session = stage.ask("GET", SESSION, None).await;
    assert_eq!(session["effective_compaction"]["threshold_percent"], 50);

    for text in ["one", "two", "three"] {
        stage.say(SESSION, &format!("/slow 0\n/say {text}")).await;
    }
    let kinds = stage.say(SESSION, "/slow 0\n/tokens 150000\n/say and on").await;
    assert_eq!(kinds, ["input_message", "compaction", "agent_output"]);
    let all = stage.events(SESSION, true).await;
    let visible = stage.events(SESSION, false).await;
    assert_eq!(all.len() - visible.len(), 4, "all but the two most recent inputs");
    let usage = &stage.ask("GET", SESSION, None).await["session_context_usage"]["total_tokens"];
    assert!(usage.as_u64().unwrap() < 10_000, "{usage}");
}

#[tokio::test]
async fn what_is_hidden_or_deleted_leaves_the_context() {
    let stage = stage().await;
    let long = "word ".repeat(2_000);
    stage.say(SESSION, &format!("/slow 0\n/say {long}")).await;
    let usage = async || {
        stage.say(SESSION, "/slow 0\n/say x").await;
        let session = stage.ask("GET", SESSION, None).await;
        session["session_context_usage"]["total_tokens"].as_u64().unwrap()
    };
    let full = usage().await;
    let events = stage.events(SESSION, false).await;
    let path = |event: &Value| format!("{SESSION}/events/{}", event["id"].as_str().unwrap());
    stage.ask("POST", &format!("{}/hide", path(&events[0])), Some(json!({}))).await;
    let less = usage().await;
    stage.ask("DELETE", &path(&events[1]), None).await;
    let least = usage().await;
    assert!(full > less + 2_000 && less > least + 2_000, "{full} {less} {least}");
    assert_eq!(stage.http("GET", &path(&events[1]), None).await.0, 404);
}
