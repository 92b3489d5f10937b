//! Every kind of reply has what clients rely on, in its type.

use serde_json::{Value, json};

use crate::stage::Stage;

const SCHEMAS: &str = include_str!("fixtures/replies.json");
const AGENT: &str = include_str!("../../assets/schemas/agent.json");
const SESSIONS: &str = "/v2/agents/a/sessions";
const SESSION: &str = "/v2/agents/a/sessions/s";

fn fits(name: &str, reply: &Value) {
    let mut schema: Value = serde_json::from_str(SCHEMAS).unwrap();
    schema["$ref"] = format!("#/$defs/{name}").into();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let misfits: Vec<_> = validator
        .iter_errors(reply)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(misfits.is_empty(), "{name}: {misfits:#?}\n{reply}");
}

#[test]
fn the_schemas_are_schemas_and_say_no() {
    let agent = serde_json::from_str::<Value>(AGENT).unwrap();
    let agent = jsonschema::validator_for(&agent).unwrap();
    assert!(!agent.is_valid(&json!({"key": "a"})));
    let mut schema: Value = serde_json::from_str(SCHEMAS).unwrap();
    schema["$ref"] = "#/$defs/event".into();
    let event = jsonschema::validator_for(&schema).unwrap();
    let mut sound = json!({"id": "aev_1", "session_key": "s", "type": "agent_output",
        "created_at": "2026-01-01T00:00:00.000Z", "content": "x"});
    assert!(event.is_valid(&sound));
    sound.as_object_mut().unwrap().remove("content");
    assert!(!event.is_valid(&sound));
}

#[tokio::test]
async fn a_life_of_a_session_gives_only_sound_replies() {
    let stage = Stage::open().await;
    let all = [
        "reference",
        "corpora_search",
        "web_search",
        "web_get",
        "lambda",
        "mcp",
        "dynamic_vectara",
        "client",
        "sub_agent",
        "artifact_read",
        "artifact_grep",
        "image_read",
        "document_conversion",
        "get_document_text",
    ];
    let tools: Value =
        all.into_iter().map(|kind| (kind.to_owned(), json!({"type": kind}))).collect();
    let agent = json!({"key": "a", "name": "A", "model": {"name": "m"}, "tool_configurations": tools, "steps": {"t": {}},
        "skills": {"k": {"description": "d", "content": "c"}}});
    let bare = json!({"name": "the least", "model": {"name": "m"}, "tool_configurations": {}});
    let agents = [
        stage.ask("POST", "/v2/agents", Some(agent)).await,
        stage.ask("PATCH", "/v2/agents/a", Some(json!({"first_step_name": "t"}))).await,
        stage.ask("POST", "/v2/agents", Some(bare)).await,
    ];
    let schema = serde_json::from_str::<Value>(AGENT).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    for agent in &agents {
        assert!(schema.is_valid(agent), "{agent}");
    }

    fits("session", &stage.ask("POST", SESSIONS, Some(json!({"key": "s"}))).await);
    let events = format!("{SESSION}/events");
    for script in [
        "/slow 0\n/think a\n/say b\n/json triage {\"urgent\": true}\n/step t\n/call web_get {}",
        "/slow 0\n/artifact receipt.png image/png\n/image receipt.png\n/sub a /say child",
        "/overflow",
        "/loop",
        "/fail broken",
        "/slow 0\n/compact so far\n/say on",
        "/slow 0\n/call client {}",
    ] {
        let body = json!({"messages": [{"type": "text", "content": script}]});
        fits("reply", &stage.ask("POST", &events, Some(body)).await);
    }
    let calls = stage.ask("GET", &format!("{SESSION}/outstanding_client_tool_calls"), None).await;
    fits("calls", &calls);
    let id = &calls["client_tool_calls"][0]["event_id"];
    for body in [
        json!({"type": "tool_output", "tool_outputs": [
            {"type": "success", "event_id": id, "output": {}}]}),
        json!({"messages": [{"type": "skill", "skill_name": "k"}]}),
        json!({"type": "compact"}),
        json!({"type": "interrupt"}),
    ] {
        fits("reply", &stage.ask("POST", &events, Some(body)).await);
    }
    fits("session", &stage.ask("GET", SESSION, None).await);
    fits("session", &stage.ask("PATCH", SESSION, Some(json!({"secrets": {"a": "b"}}))).await);
    fits("sessions", &stage.ask("GET", &format!("{SESSIONS}?limit=1"), None).await);
    let page = stage.ask("GET", &format!("{events}?include_hidden=TRUE&limit=100"), None).await;
    fits("events", &page);
    for event in page["events"].as_array().unwrap() {
        let one = format!("{events}/{}", event["id"].as_str().unwrap());
        fits("event", &stage.ask("GET", &one, None).await);
        fits("event", &stage.ask("POST", &format!("{one}/hide"), None).await);
        fits("event", &stage.ask("POST", &format!("{one}/unhide"), Some(json!({}))).await);
    }
    let files = stage.ask("GET", &format!("{SESSION}/artifacts"), None).await;
    fits("artifacts", &files);
    let id = files["artifacts"][0]["artifact_id"].as_str().unwrap();
    fits("artifact", &stage.ask("GET", &format!("{SESSION}/artifacts/{id}"), None).await);
    for (method, path) in [
        ("GET", "/v2/agents/none"),
        ("GET", "/v2/agents/a/sessions/none"),
        ("GET", "/v2/agents/a/sessions/s/events/aev_none"),
        ("GET", "/v2/agents/a/sessions/s/artifacts/art_none"),
        ("GET", "/v2/agent_aliases/none/sessions"),
        ("GET", "/v2/tools/tol_none"),
        ("GET", "/v2/corpora"),
        ("PUT", "/v2/agents/a/sessions"),
        ("GET", "/v2/agents?limit=0"),
    ] {
        let (status, reply) = stage.http(method, path, None).await;
        assert!((400..500).contains(&status), "{path}");
        fits("error", &reply);
    }
}
