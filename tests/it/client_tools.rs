//! Client tools: what is handed out, what is shown, and how answers are checked (contract sections
//! 3.1 and 8.2).

use serde_json::{Value, json};

use crate::stage::{Stage, kinds};

const SESSION: &str = "/v2/agents/a/sessions/s";

/// An agent with a client tool that takes a literal, session metadata and two secrets.
async fn stage() -> Stage {
    let stage = Stage::open().await;
    let tool = json!({"type": "client", "name": "deploy", "input_schema": {"type": "object"},
        "output_schema": {"type": "object", "required": ["url"], "properties": {
            "url": {"type": "string"}, "nodes": {"type": "array", "items": {"type": "integer"}}}}});
    let tool = stage.ask("POST", "/v2/tools", Some(tool)).await;
    let agent = json!({"key": "a", "name": "A", "model": {"name": "m"}, "tool_configurations": {"deploy": {
    "type": "client", "tool_id": tool["id"], "argument_override": {
        "region": "eu", "auth": {"token": {"$ref": "session.secrets.token"}},
        "root": {"$ref": "agent.secrets.root"}, "tier": {"$ref": "session.metadata.plan.tier"}
    }}}});
    stage.ask("POST", "/v2/agents", Some(agent)).await;
    stage
}

async fn ready(stage: &Stage) {
    let secrets = json!({"secrets": {"root": "hunter2"}});
    stage.ask("PATCH", "/v2/agents/a/secrets", Some(secrets)).await;
    let session = json!({"key": "s", "metadata": {"plan": {"tier": 2}},
        "secrets": {"token": "s3cret"}});
    stage.ask("POST", "/v2/agents/a/sessions", Some(session)).await;
}

async fn answer(stage: &Stage, event_id: &Value, output: Value) -> (u16, Value) {
    let body = json!({"type": "tool_output", "tool_outputs": [
        {"type": "success", "event_id": event_id, "output": output}]});
    stage.http("POST", &format!("{SESSION}/events"), Some(body)).await
}

#[tokio::test]
async fn secrets_are_in_clear_in_the_arguments_and_nowhere_else() {
    let stage = stage().await;
    ready(&stage).await;
    let call = "/slow 0\n/call deploy {\"app\": \"shop\", \"region\": \"us\"}";
    let kinds = stage.say(SESSION, call).await;
    assert_eq!(kinds, ["input_message", "tool_input", "client_tool_pending"]);

    let calls = stage.ask("GET", &format!("{SESSION}/outstanding_client_tool_calls"), None).await;
    let call = &calls["client_tool_calls"][0];
    let expected = json!({"app": "shop", "region": "eu", "auth": {"token": "s3cret"},
        "root": "hunter2", "tier": 2});
    assert_eq!(call["arguments"], expected);

    let input = stage.events(SESSION, false).await.remove(1);
    assert_eq!(input["tool_input"], json!({"app": "shop", "region": "us"}), "the model's own");
    let paths = json!(["region", "auth.token", "root", "tier"]);
    assert_eq!(input["argument_override_paths"], paths);

    let (status, reply) = answer(&stage, &call["event_id"], json!({"url": "https://x"})).await;
    assert_eq!(status, 201, "{reply}");
    let output = &reply["events"][0];
    let shown = json!({"region": "eu", "auth.token": "****", "root": "****", "tier": 2});
    assert_eq!(output["resolved_argument_overrides"], shown);

    let session = stage.ask("GET", SESSION, None).await;
    assert_eq!(session["secrets"], json!({"token": "****"}));
    let stored = json!([stage.events(SESSION, true).await, session]).to_string();
    assert!(!stored.contains("s3cret") && !stored.contains("hunter2"), "{stored}");
}

#[tokio::test]
async fn a_reference_to_nothing_refuses_the_input() {
    let stage = stage().await;
    let session = json!({"key": "s", "secrets": {"token": "x"}});
    stage.ask("POST", "/v2/agents/a/sessions", Some(session)).await;
    let body = json!({"messages": [{"type": "text", "content": "hi"}]});
    let (status, reply) = stage.http("POST", &format!("{SESSION}/events"), Some(body)).await;
    assert_eq!(status, 422);
    let told = reply["messages"].to_string();
    assert!(told.contains("agent.secrets.root") && told.contains("session.metadata.plan.tier"));
    assert!(!told.contains("session.secrets.token"), "that one is there: {told}");
    assert!(stage.events(SESSION, true).await.is_empty(), "nothing was stored");
}

#[tokio::test]
async fn an_answer_must_fit_the_tools_output_schema() {
    let stage = stage().await;
    ready(&stage).await;
    stage.say(SESSION, "/slow 0\n/call deploy {}").await;
    let calls = stage.ask("GET", &format!("{SESSION}/outstanding_client_tool_calls"), None).await;
    let id = &calls["client_tool_calls"][0]["event_id"];
    let (status, reply) = answer(&stage, id, json!({"url": "x", "nodes": [1, "two"]})).await;
    assert_eq!(status, 400);
    assert!(reply["field_errors"]["tool_outputs[0].output.nodes[1]"].is_string(), "{reply}");
    let (status, reply) = answer(&stage, id, json!({"nodes": []})).await;
    assert_eq!(status, 400);
    assert!(reply["field_errors"]["tool_outputs[0].output"].is_string(), "{reply}");

    let body = json!({"type": "tool_output", "tool_outputs": [
        {"type": "error", "event_id": id, "error": "denied"}]});
    let reply = stage.ask("POST", &format!("{SESSION}/events"), Some(body)).await;
    assert_eq!(kinds(&reply), ["tool_output", "agent_output"], "errors fit no schema");
    assert_eq!(reply["events"][0]["error"], true);
}

#[tokio::test]
async fn secrets_merge_and_are_checked() {
    let stage = stage().await;
    ready(&stage).await;
    let change = json!({"secrets": {"token": null, "other": "x"}});
    let session = stage.ask("PATCH", SESSION, Some(change)).await;
    assert_eq!(session["secrets"], json!({"other": "****"}));
    for (bad, field) in [
        (json!({"secrets": {"two words": "x"}}), "secrets.two words"),
        (json!({"secrets": {"long": "x".repeat(4_097)}}), "secrets.long"),
        (json!({"secrets": {"empty": ""}}), "secrets.empty"),
    ] {
        let (status, reply) = stage.http("PATCH", SESSION, Some(bad)).await;
        assert_eq!(status, 400);
        assert!(reply["field_errors"][field].is_string(), "{reply}");
    }
    let all = json!({"secrets": {"only": "y"}});
    let agent = stage.ask("PUT", "/v2/agents/a/secrets", Some(all)).await;
    assert_eq!(agent, json!({"secrets": {"only": "****"}}));
}

#[tokio::test]
async fn a_step_allows_only_its_tools_and_skills() {
    let stage = Stage::open().await;
    let agent = json!({"key": "a", "name": "A", "model": {"name": "m"}, "tool_configurations": {
            "yes": {"type": "web_get"}, "no": {"type": "web_get"}},
        "skills": {"open": {"description": "d", "content": "Look twice."},
            "shut": {"description": "d", "content": "Never."}},
        "first_step": {"allowed_tools": ["yes"], "allowed_skills": ["open"]}});
    stage.ask("POST", "/v2/agents", Some(agent)).await;
    stage.ask("POST", "/v2/agents/a/sessions", Some(json!({"key": "s"}))).await;
    stage.say(SESSION, "/slow 0\n/call yes {}\n/call no {}").await;
    let events = stage.events(SESSION, false).await;
    let failed = |name: &str| {
        let output = events.iter().find(|event| {
            event["type"] == "tool_output" && event["tool_configuration_name"] == name
        });
        output.unwrap()["error"].as_bool().unwrap()
    };
    assert!(failed("no") && !failed("yes"));

    let skill = |name: &str| {
        json!({"messages": [{"type": "skill", "skill_name": name},
            {"type": "text", "content": "/say done"}]})
    };
    let reply = stage.ask("POST", &format!("{SESSION}/events"), Some(skill("open"))).await;
    assert_eq!(kinds(&reply), ["input_message", "skill_load", "agent_output"]);
    assert_eq!(reply["events"][1]["content"], "Look twice.");
    for unknown in ["shut", "missing"] {
        let (status, reply) =
            stage.http("POST", &format!("{SESSION}/events"), Some(skill(unknown))).await;
        assert_eq!(status, 400);
        assert!(reply["field_errors"]["messages[0].skill_name"].is_string(), "{reply}");
    }
}
