//! The sessions of sub-agents, from the side of those who look into them while they work.

use std::sync::Arc;

use foretop::internals::server::models::Limits;
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::conversations::{
    S, Scene, ask_helper, child_of, events_of, helper, message, of_kind, with_helper, write_tool,
};
use crate::provider::{Provider, Step, Turn};

fn with(text: &str, behavior: &str) -> Value {
    let mut body = message(text);
    body["since"] = "start".into();
    body["behavior"] = behavior.into();
    body
}

#[tokio::test]
async fn whoever_steers_a_sub_agent_is_heard_in_the_turn_of_its_parent() {
    let told = Arc::new(Notify::new());
    let script = vec![
        ask_helper(json!({"message": "look"})),
        Turn::text("First.").once(&told),
        Turn::text("As you say."),
        Turn::text("Done."),
    ];
    let scene = Scene::with(script, json!({"tool_configurations": helper("ephemeral")})).await;
    with_helper(&scene, json!({})).await;
    let turn = scene.stream(message("go")).await;
    scene.provider.asked(2).await;
    let child = child_of(&scene).await;
    // As in every session that runs.
    let (status, refused) =
        scene.stage.http("POST", &format!("{child}/events"), Some(message("bare"))).await;
    assert_eq!(status, 409, "{refused}");
    let steer = scene.stream_of(&child, with("rather so", "steer")).await;
    told.notify_one();
    let steered = steer.rest().await;
    assert!(steered.contains("As you") && steered.contains("event:end"), "{steered}");
    let text = turn.rest().await;
    assert!(text.contains("event:end"), "{text}");
    assert_eq!(scene.provider.requests().len(), 4, "no second run began");
    let stored = scene.stored().await;
    assert_eq!(stored[2]["tool_output"]["sub_agent_response"], "As you say.");
    let own = scene.stage.events(&child, false).await;
    let kinds: Vec<_> = own.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["input_message", "agent_output", "input_message", "agent_output"]);
    assert_eq!(scene.stage.ask("GET", &child, None).await["status"], "stopped");
}

#[tokio::test]
async fn whoever_follows_up_waits_until_the_work_is_over() {
    let told = Arc::new(Notify::new());
    let first = Arc::clone(&told);
    let provider = Provider::answering(move |question, _| {
        let messages = question["messages"].as_array().unwrap();
        let last = messages.last().unwrap();
        match (last["role"].as_str().unwrap(), last["content"].as_str().unwrap_or_default()) {
            ("tool", _) => Turn::text("Done."),
            (_, "go") => ask_helper(json!({"message": "look"})),
            (_, "look") => Turn::text("First.").once(&first),
            // Had a run of its own begun, the first answer would not be there yet.
            (_, "later") => Turn::text(&format!("After {} messages.", messages.len() - 1)),
            (_, other) => panic!("{other}"),
        }
    })
    .await;
    let tools = json!({"tool_configurations": helper("ephemeral")});
    let scene = Scene::of(provider, tools, |_| {}, Limits::default()).await;
    with_helper(&scene, json!({})).await;
    let turn = scene.stream(message("go")).await;
    scene.provider.asked(2).await;
    let child = child_of(&scene).await;
    let path = format!("{child}/events");
    let later = scene.stage.ask("POST", &path, Some(with("later", "follow_up")));
    let goes_on = async {
        // By then the other request has come in, as a rule.
        scene.stage.ask("GET", &child, None).await;
        told.notify_one();
    };
    let (reply, ()) = tokio::join!(later, goes_on);
    let said = of_kind(&events_of(&reply), "agent_output");
    assert_eq!(said.last().unwrap()["content"], "After 2 messages.", "{reply}");
    turn.rest().await;
    let stored = scene.stored().await;
    assert_eq!(stored[2]["tool_output"]["sub_agent_response"], "First.");
}

#[tokio::test]
async fn an_interrupt_of_a_sub_agent_ends_its_work_alone() {
    let script = vec![
        ask_helper(json!({"message": "look"})),
        Turn::text("A long story about").after(4, Step::Silence),
        Turn::text("Then without."),
    ];
    let scene = Scene::with(script, json!({"tool_configurations": helper("ephemeral")})).await;
    with_helper(&scene, json!({})).await;
    let turn = scene.stream(message("go")).await;
    scene.provider.asked(2).await;
    let child = child_of(&scene).await;
    scene.stage.ask("POST", &format!("{child}/events"), Some(json!({"type": "interrupt"}))).await;
    let text = turn.rest().await;
    assert!(text.contains("Then") && !text.contains("event:session_interrupted"), "{text}");
    let output = of_kind(&scene.stored().await, "tool_output").remove(0);
    assert_eq!(
        (&output["error"], &output["tool_output"]["error"]),
        (&json!(true), &json!("it was interrupted"))
    );
}

#[tokio::test]
async fn a_session_that_is_deleted_while_it_works_fails_the_call() {
    let script = vec![
        ask_helper(json!({"message": "look"})),
        Turn::text("A long story about").after(4, Step::Silence),
        Turn::text("Then without."),
    ];
    let scene = Scene::with(script, json!({"tool_configurations": helper("ephemeral")})).await;
    with_helper(&scene, json!({})).await;
    let turn = scene.stream(message("go")).await;
    scene.provider.asked(2).await;
    let child = child_of(&scene).await;
    scene.stage.ask("DELETE", &child, None).await;
    let text = turn.rest().await;
    assert!(text.contains("Then") && text.contains("event:end"), "{text}");
    let output = of_kind(&scene.stored().await, "tool_output").remove(0);
    assert_eq!(output["error"], true, "{output}");
}

/// The helper has a helper, which asks a client.
#[tokio::test]
async fn after_a_restart_whoever_waits_for_a_sub_agent_goes_on_once_its_client_has_answered() {
    let second = json!({"ask_second": {"type": "sub_agent", "sub_agent_configuration":
        {"agent_key": "second", "session_mode": "ephemeral"}}});
    let script = vec![
        ask_helper(json!({"message": "have it written"})),
        Turn::calls(&[("ask_second", json!({"message": "write it"}))]),
        Turn::calls(&[("write_it", json!({"path": "/a"}))]),
        Turn::text("Written."),
        Turn::text("It is written."),
        Turn::text("All is done."),
    ];
    let scene = Scene::with(script, json!({"tool_configurations": helper("ephemeral")})).await;
    with_helper(&scene, second).await;
    let made = scene.stage.ask("GET", "/v2/tools", None).await;
    let tools =
        write_tool().to_string().replace("tol_write", made["tools"][0]["id"].as_str().unwrap());
    let tools: Value = serde_json::from_str(&tools).unwrap();
    let agent = json!({"key": "second", "name": "Second", "model": {"name": "stub"},
        "tool_configurations": tools});
    scene.stage.ask("POST", "/v2/agents", Some(agent)).await;
    let mut turn = scene.stream(message("go")).await;
    turn.until("\"type\":\"client_tool_pending\"").await;
    let scene = scene.restarted().await;
    assert_eq!(scene.stage.ask("GET", S, None).await["status"], "stopped");
    let all = scene.stage.ask("GET", "/v2/agents/second/sessions", None).await;
    let child =
        format!("/v2/agents/second/sessions/{}", all["sessions"][0]["key"].as_str().unwrap());
    scene.answer(&child, json!({"bytes": 1})).await;
    scene.provider.asked(6).await;
    scene.stage.server.turns().settle().await;
    let stored = scene.stored().await;
    let kinds: Vec<_> = stored.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["input_message", "tool_input", "tool_output", "agent_output"], "{stored:?}");
    assert_eq!(stored[2]["tool_output"]["sub_agent_response"], "It is written.");
    assert_eq!(stored[2]["tool_call_id"], stored[1]["tool_call_id"]);
    assert_eq!(stored[3]["content"], "All is done.");
    // Nobody is told twice, and what is answered later is answered there alone.
    let scene = scene.restarted().await;
    assert_eq!(scene.stored().await.len(), 4);
}

#[tokio::test]
async fn what_a_restart_cut_short_is_not_answered_later() {
    let told = Arc::new(Notify::new());
    let script = vec![
        ask_helper(json!({"message": "look"})),
        Turn::text("never heard").once(&told),
        Turn::text("By itself."),
    ];
    let scene = Scene::with(script, json!({"tool_configurations": helper("persistent")})).await;
    with_helper(&scene, json!({})).await;
    let turn = scene.stream(message("go")).await;
    scene.provider.asked(2).await;
    let scene = scene.restarted().await;
    drop(turn);
    let child = child_of(&scene).await;
    let reply = scene.stage.ask("POST", &format!("{child}/events"), Some(message("hello"))).await;
    assert_eq!(of_kind(&events_of(&reply), "agent_output")[0]["content"], "By itself.");
    scene.stage.server.turns().settle().await;
    assert!(of_kind(&scene.stored().await, "tool_output").is_empty());
}
