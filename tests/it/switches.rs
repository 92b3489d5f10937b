//! The points on which the sources differ, set to the other side (contract section 9).

use foretop::internals::server::settings::Settings;
use serde_json::{Value, json};

use crate::stage::{Stage, kinds};

const SESSION: &str = "/v2/agents/rehearsal/sessions/s";

async fn stage(switch: &str) -> Stage {
    let settings = Settings::parse(&format!("[switches]\n{switch}\n")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let stage = Stage::with(dir, |options| options.settings = settings).await;
    let agent = stage.agent().await;
    stage.session(&agent, "s").await;
    stage
}

#[tokio::test]
async fn lists_can_be_oldest_first() {
    let stage = stage("list_order = \"oldest_first\"").await;
    stage.say(SESSION, "/slow 0\n/say a").await;
    let page = stage.ask("GET", &format!("{SESSION}/events"), None).await;
    assert_eq!(kinds(&page), ["input_message", "agent_output"]);
}

#[tokio::test]
async fn hidden_events_can_tell_why() {
    let stage = stage("hide_reason = true").await;
    stage.say(SESSION, "/slow 0\n/say a").await;
    let id = stage.events(SESSION, false).await[1]["id"].as_str().unwrap().to_owned();
    let hidden = stage.ask("POST", &format!("{SESSION}/events/{id}/hide"), None).await;
    assert_eq!(hidden["hide_reason"], "manual");
    let shown = stage.ask("POST", &format!("{SESSION}/events/{id}/unhide"), None).await;
    assert!(shown.get("hide_reason").is_none());
}

#[tokio::test]
async fn the_last_page_can_point_at_nothing() {
    let stage = stage("dangling_page_key = true").await;
    let page = stage.ask("GET", "/v2/agents", None).await;
    let key = page["metadata"]["page_key"].as_str().unwrap();
    let after = stage.ask("GET", &format!("/v2/agents?page_key={key}"), None).await;
    assert_eq!(after, json!({"agents": [], "metadata": {}}));
}

#[tokio::test]
async fn new_sessions_can_take_their_time_to_appear() {
    let settings = "[switches]\nvisibility_delay_ms = 600000\n";
    let settings = Settings::parse(settings).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let stage = Stage::with(dir, |options| options.settings = settings).await;
    let agent = stage.agent().await;
    stage.session(&agent, "s").await;
    assert_eq!(stage.http("GET", SESSION, None).await.0, 404);
    let page = stage.ask("GET", "/v2/agents/rehearsal/sessions", None).await;
    assert_eq!(page["sessions"], json!([]));
}

#[tokio::test]
async fn errors_can_be_stored_and_unknown_events_come_in() {
    let stage = stage("store_errors = true\ninject_unknown_event = true").await;
    stage.say(SESSION, "/fail out of tokens").await;
    let events = stage.events(SESSION, false).await;
    let types: Vec<_> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["input_message", "from_the_future", "error"]);
}

fn message(text: &str, since: Option<&str>) -> Value {
    let mut body = json!({"messages": [{"type": "text", "content": text}]});
    if let Some(since) = since {
        body["since"] = since.into();
    }
    body
}

#[tokio::test]
async fn a_message_to_a_running_session_can_merge() {
    let stage = stage("running_without_since = \"merge\"").await;
    let events = format!("{SESSION}/events");
    let say = Some(message("/slow 0\n/pause 2000\n/say first", None));
    let (running, merged) = tokio::join!(stage.http("POST", &events, say), async {
        while stage.events(SESSION, false).await.is_empty() {}
        stage.http("POST", &events, Some(message("/say second", None))).await
    });
    assert_eq!((running.0, merged.0), (201, 201));
    let said = stage.events(SESSION, false).await;
    let inputs = said.iter().filter(|event| event["type"] == "input_message").count();
    assert_eq!((inputs, said.len()), (2, 4));
}

#[tokio::test]
async fn without_a_behavior_a_message_can_wait_for_its_own_turn() {
    let stage = stage("default_behavior = \"follow_up\"").await;
    let events = format!("{SESSION}/events");
    let say = Some(message("/slow 0\n/pause 2000\n/say first", None));
    let (_, second) = tokio::join!(stage.http("POST", &events, say), async {
        while stage.events(SESSION, false).await.is_empty() {}
        stage.http("POST", &events, Some(message("/say second", Some("start")))).await
    });
    let expected = ["input_message", "agent_output", "input_message", "agent_output"];
    assert_eq!(kinds(&second.1), expected);
}

#[tokio::test]
async fn a_parked_session_can_take_messages_for_later() {
    for (switch, status) in [("refuse", 409), ("queue", 201)] {
        let stage = stage(&format!("parked_input = \"{switch}\"")).await;
        stage.say(SESSION, "/slow 0\n/call write_file {}").await;
        let events = format!("{SESSION}/events");
        let (found, reply) = stage.http("POST", &events, Some(message("and this", None))).await;
        assert_eq!(found, status, "{reply}");
        let calls = format!("{SESSION}/outstanding_client_tool_calls");
        let calls = stage.ask("GET", &calls, None).await;
        assert_eq!(calls["client_tool_calls"].as_array().unwrap().len(), 1, "still parked");
        if switch == "queue" {
            assert_eq!(kinds(&reply), ["input_message"]);
        }
    }
}
