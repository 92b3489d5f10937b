//! What the schemas of requests bound: the last value within and the first one outside, request by
//! request (contract section 1.5).

use serde_json::{Value, json};

use crate::stage::Stage;

const AGENT: &str = "/v2/agents/rehearsal";
const SESSIONS: &str = "/v2/agents/rehearsal/sessions";
const EVENTS: &str = "/v2/agents/rehearsal/sessions/s/events";
const ALIASES: &str = "/v2/agent_aliases";

async fn stage() -> Stage {
    let stage = Stage::open().await;
    let agent = stage.agent().await;
    stage.session(&agent, "s").await;
    let targets = json!({"type": "single", "agent_key": "rehearsal"});
    let alias = json!({"key": "front", "name": "F", "policy": {"type": "routed",
        "rules": [{"targets": targets}]}});
    stage.ask("POST", ALIASES, Some(alias)).await;
    stage
}

fn x(count: usize) -> String {
    "x".repeat(count)
}

/// The same body with the value put at a path, by names and numbers joined by dots.
fn with(body: &Value, path: &str, value: Value) -> Value {
    let mut body = body.clone();
    let mut place = &mut body;
    for step in path.split('.') {
        place = match step.parse::<usize>() {
            Ok(index) => &mut place[index],
            Err(_) => &mut place[step],
        };
    }
    *place = value;
    body
}

/// Every value is taken, or every one is refused with a field that leads to it.
async fn check(stage: &Stage, ask: (&str, &str), body: &Value, cases: &[(&str, Value, bool)]) {
    for (path, value, fits) in cases {
        let (status, reply) = stage.http(ask.0, ask.1, Some(with(body, path, value.clone()))).await;
        let shown: String = value.to_string().chars().take(40).collect();
        let about = format!("{} {} {path} = {shown}: {status} {reply}", ask.0, ask.1);
        assert_eq!(status / 100, if *fits { 2 } else { 4 }, "{about}");
        if *fits {
            continue;
        }
        assert_eq!(status, 400, "{about}");
        let names: Vec<_> = path.split('.').filter(|step| step.parse::<usize>().is_err()).collect();
        let told = reply["field_errors"].as_object().unwrap_or_else(|| panic!("{about}"));
        assert!(told.keys().any(|field| field.starts_with(names[0])), "{about}");
    }
}

#[tokio::test]
async fn of_agents() {
    let stage = stage().await;
    let base = json!({"model": {"name": "m"}, "metadata": {}});
    check(
        &stage,
        ("PATCH", AGENT),
        &base,
        &[
            ("name", json!(x(50)), true),
            ("name", json!(x(51)), false),
            ("name", json!(""), false),
            ("name", json!(7), false),
            ("description", json!([]), false),
            ("enabled", json!("true"), false),
            ("metadata", json!("x"), false),
            ("model.name", json!(7), false),
            ("model.parameters", json!([]), false),
            ("model.retry_configuration", json!({"max_retries": 0}), true),
            ("model.retry_configuration", json!({"max_retries": 10}), true),
            ("model.retry_configuration", json!({"max_retries": -1}), false),
            ("model.retry_configuration", json!({"max_retries": 11}), false),
            ("model.retry_configuration", json!({"max_retries": 1.5}), false),
            ("model.retry_configuration", json!({"initial_backoff_ms": 100}), true),
            ("model.retry_configuration", json!({"initial_backoff_ms": 60_000}), true),
            ("model.retry_configuration", json!({"initial_backoff_ms": 99}), false),
            ("model.retry_configuration", json!({"initial_backoff_ms": 60_001}), false),
            ("model.retry_configuration", json!({"max_backoff_ms": 1_000}), true),
            ("model.retry_configuration", json!({"max_backoff_ms": 300_000}), true),
            ("model.retry_configuration", json!({"max_backoff_ms": 999}), false),
            ("model.retry_configuration", json!({"max_backoff_ms": 300_001}), false),
            ("model.retry_configuration", json!({"backoff_factor": 1}), true),
            ("model.retry_configuration", json!({"backoff_factor": 10}), true),
            ("model.retry_configuration", json!({"backoff_factor": 0.9}), false),
            ("model.retry_configuration", json!({"backoff_factor": 10.1}), false),
            ("skills", json!({"s": {"description": x(500), "content": x(50_000)}}), true),
            ("skills", json!({"s": {"description": x(501), "content": ""}}), false),
            ("skills", json!({"s": {"description": "", "content": x(50_001)}}), false),
            (
                "skills",
                json!({"s": {"description": "", "content": "", "when_to_use": x(501)}}),
                false,
            ),
            ("skills", json!({"s": {"description": ""}}), false),
            ("skills", json!({"s": {"content": ""}}), false),
            ("first_step", json!({"name": x(255)}), true),
            ("first_step", json!({"name": x(256)}), false),
            ("first_step", json!({"name": ""}), false),
            ("first_step_name", json!(""), false),
            ("first_step", json!({"output_parser": {"type": "structured"}}), false),
            ("first_step", json!({"next_steps": [{}]}), false),
            ("first_step", json!({"reminders": [{"type": "templated", "template": ""}]}), false),
            ("first_step", json!({"reminders": [{"type": "glossary_expansion"}]}), false),
            ("compaction", json!({"threshold_percent": 50}), true),
            ("compaction", json!({"threshold_percent": 95}), true),
            ("compaction", json!({"threshold_percent": 49}), false),
            ("compaction", json!({"threshold_percent": 96}), false),
            ("compaction", json!({"keep_recent_inputs": 1}), true),
            ("compaction", json!({"keep_recent_inputs": 2_000_000}), true),
            ("compaction", json!({"keep_recent_inputs": 0}), false),
            ("compaction", json!({"compaction_message": x(10_000)}), true),
            ("compaction", json!({"compaction_message": x(10_001)}), false),
            ("compaction", json!({"tool_event_policy": "include_all"}), true),
            ("compaction", json!({"tool_event_policy": "some"}), false),
            ("tool_output_offloading", json!({"mode": "truncate"}), true),
            ("tool_output_offloading", json!({"mode": "drop"}), false),
            ("tool_output_offloading", json!({"context_percentage": 0.01}), true),
            ("tool_output_offloading", json!({"context_percentage": 1}), true),
            ("tool_output_offloading", json!({"context_percentage": 0.009}), false),
            ("tool_output_offloading", json!({"context_percentage": 1.1}), false),
            ("tool_output_offloading", json!({"headroom_percentage": 0.009}), false),
            ("tool_output_offloading", json!({"headroom_percentage": 1.1}), false),
            ("tool_output_offloading", json!({"max_threshold_bytes": 1_024}), true),
            ("tool_output_offloading", json!({"max_threshold_bytes": 1_023}), false),
            ("tool_output_offloading", json!({"min_threshold_bytes": 1_024}), true),
            ("tool_output_offloading", json!({"min_threshold_bytes": 1_023}), false),
            ("tool_configurations", json!({"t": {"tool_id": "tol_1"}}), false),
            ("tool_configurations", json!({"t": {"type": "client", "tool_id": "no"}}), false),
        ],
    )
    .await;
    let base = json!({"name": "Another", "model": {"name": "m"}, "tool_configurations": {}});
    for key in [x(51), String::new(), "a b".to_owned(), "a b".to_owned() + "c"] {
        check(&stage, ("POST", "/v2/agents"), &base, &[("key", json!(key), false)]).await;
    }
    check(&stage, ("POST", "/v2/agents"), &base, &[("key", json!(x(50)), true)]).await;
}

#[tokio::test]
async fn null_takes_a_step_out_and_a_patch_of_parameters_keeps_the_model() {
    let stage = stage().await;
    let steps = json!({"steps": {"ask": {"instructions": []}, "answer": {}}});
    let made = stage.ask("PATCH", AGENT, Some(steps)).await;
    assert_eq!(made["steps"].as_object().unwrap().len(), 2);
    let without = stage.ask("PATCH", AGENT, Some(json!({"steps": {"ask": null}}))).await;
    assert_eq!(without["steps"].as_object().unwrap().keys().collect::<Vec<_>>(), ["answer"]);
    let first = made["first_step_name"].as_str().unwrap();
    let gone = json!({"steps": {first: null}});
    let (status, reply) = stage.http("PATCH", AGENT, Some(gone)).await;
    assert_eq!(status, 400, "{reply}");
    let name = made["model"]["name"].clone();
    let change = json!({"model": {"parameters": {"temperature": 0.5}}});
    let model = &stage.ask("PATCH", AGENT, Some(change)).await["model"];
    assert_eq!((&model["name"], &model["parameters"]["temperature"]), (&name, &json!(0.5)));
}

#[tokio::test]
async fn of_sessions() {
    let stage = stage().await;
    let bounds = |fits_null: bool| {
        vec![
            ("name", json!(7), false),
            ("description", json!(7), false),
            ("metadata", json!([]), false),
            ("enabled", json!("yes"), false),
            ("tti_minutes", json!(0), true),
            ("tti_minutes", json!(i64::MAX), true),
            ("tti_minutes", json!(-1), false),
            ("tti_minutes", json!(1.5), false),
            ("tti_minutes", json!(u64::MAX), false),
            ("secrets", json!({"a-Z_9": x(4_096)}), true),
            ("secrets", json!({"a": x(4_097)}), false),
            ("secrets", json!({"a": ""}), false),
            ("secrets", json!({"a b": "x"}), false),
            ("secrets", json!({"": "x"}), false),
            ("secrets", json!({"a": 7}), false),
            ("secrets", json!({"a": null}), fits_null),
        ]
    };
    let create = [
        ("key", json!(x(50)), true),
        ("key", json!(x(51)), false),
        ("key", json!(""), false),
        ("key", json!("a/b"), false),
        ("from_session", json!({}), false),
        ("from_session", json!({"session_key": "s"}), true),
        (
            "from_session",
            json!({"session_key": "s", "include_up_to_event_id": "aev_1",
                "compact_up_to_event_id": "aev_1"}),
            false,
        ),
    ];
    let all: Vec<_> = bounds(false).into_iter().chain(create.clone()).collect();
    check(&stage, ("POST", SESSIONS), &json!({}), &all).await;
    check(&stage, ("PATCH", "/v2/agents/rehearsal/sessions/s"), &json!({}), &bounds(true)).await;
    let through = "/v2/agent_aliases/front/sessions";
    check(&stage, ("POST", through), &json!({}), &bounds(false)).await;
    stage.ask("POST", through, Some(json!({"key": "t"}))).await;
    let one = format!("{through}/t");
    check(&stage, ("PATCH", &one), &json!({}), &bounds(true)).await;
}

#[tokio::test]
async fn of_inputs() {
    let stage = stage().await;
    let text = json!({"type": "text", "content": "/slow 0\n/say x"});
    let base = json!({"type": "input_message", "messages": [text]});
    check(
        &stage,
        ("POST", EVENTS),
        &base,
        &[
            ("type", json!("input_message"), true),
            ("type", json!("song"), false),
            ("messages", json!("x"), false),
            ("messages.0", json!({"type": "text"}), false),
            ("messages.0", json!({"content": "x"}), false),
            ("messages.0", json!({"type": "skill"}), false),
            ("messages.0.content", json!(7), false),
            ("since", json!("start"), true),
            ("since", json!("aev_"), false),
            ("since", json!("Start"), false),
            ("since", json!("x aev_1"), false),
            ("behavior", json!("steer"), true),
            ("behavior", json!("follow_up"), true),
            ("behavior", json!("queue"), false),
            ("stream_response", json!("true"), false),
        ],
    )
    .await;
    check(
        &stage,
        ("POST", EVENTS),
        &json!({"type": "compact"}),
        &[
            ("compact_up_to_event_id", json!("aev_nowhere"), false),
            ("compact_up_to_event_id", json!(7), false),
            ("compaction_message", json!(7), false),
        ],
    )
    .await;
    check(
        &stage,
        ("POST", EVENTS),
        &json!({"type": "tool_output", "tool_outputs": []}),
        &[
            ("tool_outputs", json!({}), false),
            ("tool_outputs", json!([{"type": "success", "output": {}}]), false),
            ("tool_outputs", json!([{"type": "success", "event_id": "aev_1"}]), false),
            ("tool_outputs", json!([{"type": "error", "event_id": "aev_1"}]), false),
            ("tool_outputs", json!([{"type": "maybe", "event_id": "aev_1"}]), false),
        ],
    )
    .await;
}

#[tokio::test]
async fn of_aliases_and_tools() {
    let stage = stage().await;
    let targets = json!({"type": "weighted", "partition_by": "get('$.session.key')",
        "options": [{"agent_key": "rehearsal", "weight": 1}]});
    let policy = json!({"type": "routed", "rules": [{"targets": targets}]});
    let bounds = [
        ("policy.rules", json!([]), false),
        ("policy.rules.0.targets.options", json!([]), false),
        ("policy.rules.0.targets.options.0.weight", json!(-1), false),
        ("policy.rules.0.targets.options.0.weight", json!(1.5), false),
        ("policy.rules.0.targets.options.0.weight", json!(u64::MAX), true),
        ("policy.rules.0.targets.options.0.agent_key", json!(7), false),
        ("policy.rules.0.targets.partition_by", Value::Null, false),
    ];
    let base = json!({"policy": policy});
    check(&stage, ("PUT", "/v2/agent_aliases/front/policy"), &base, &bounds).await;
    let mut base = json!({"key": "new", "name": "N", "policy": policy});
    check(&stage, ("POST", ALIASES), &base, &bounds[..4]).await;
    let create = [
        ("key", json!(x(50)), true),
        ("key", json!(x(51)), false),
        ("key", json!(""), false),
        ("key", json!("a.b"), false),
        ("name", json!(x(101)), false),
        ("description", json!(7), false),
        ("enabled", json!(1), false),
        ("metadata", json!("x"), false),
    ];
    check(&stage, ("POST", ALIASES), &base, &create).await;
    base["name"] = json!(x(100));
    stage.ask("POST", ALIASES, Some(base)).await;

    let tool = json!({"type": "client", "name": "n", "description": "d", "input_schema": {}});
    let bounds = [
        ("type", json!("lambda"), false),
        ("name", json!(x(50)), true),
        ("name", json!(x(51)), false),
        ("name", json!(""), false),
        ("name", json!("a b"), false),
        ("description", json!(x(5_000)), true),
        ("description", json!(x(5_001)), false),
        ("input_schema", json!({"type": "nonsense"}), false),
        ("output_schema", json!({"type": "nonsense"}), false),
    ];
    check(&stage, ("POST", "/v2/tools"), &tool, &bounds).await;
}

#[tokio::test]
async fn of_queries() {
    let stage = stage().await;
    let lists = [
        "/v2/agents",
        "/v2/tools",
        ALIASES,
        SESSIONS,
        EVENTS,
        "/v2/agents/rehearsal/sessions/s/artifacts",
        "/v2/agent_aliases/front/sessions",
    ];
    for path in lists {
        for (limit, status) in [("1", 200), ("100", 200), ("0", 400), ("101", 400), ("1.5", 400)] {
            let found = stage.http("GET", &format!("{path}?limit={limit}"), None).await;
            assert_eq!(found.0, status, "{path} {limit}");
        }
    }
    for path in ["/v2/agents?enabled=", "/v2/tools?enabled=1", "/v2/agent_aliases?enabled="] {
        assert_eq!(stage.http("GET", path, None).await.0, 400, "{path}");
    }
    for (chars, status) in [(8_000, 200), (8_001, 400)] {
        let filter = format!("x{}%3D1", "%20".repeat(chars - 3));
        let path = format!("{SESSIONS}?metadata_filter={filter}");
        assert_eq!(stage.http("GET", &path, None).await.0, status, "{chars}");
    }
}
