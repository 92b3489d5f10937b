//! Aliases: their documents, the agent that a policy picks, and the sessions below them (contract
//! section 6).

use serde_json::{Value, json};

use crate::stage::Stage;

const ALIASES: &str = "/v2/agent_aliases";
const SESSIONS: &str = "/v2/agent_aliases/front/sessions";

/// With the agents `rehearsal` and `second`.
async fn stage() -> Stage {
    let stage = Stage::open().await;
    stage.agent().await;
    let second = json!({"key": "second", "name": "Second", "model": {"name": "m"},
        "tool_configurations": {}});
    stage.ask("POST", "/v2/agents", Some(second)).await;
    stage
}

fn single(agent: &str) -> Value {
    json!({"type": "single", "agent_key": agent})
}

fn routed(rules: &Value) -> Value {
    json!({"type": "routed", "rules": rules})
}

async fn picked(stage: &Stage, session: Value) -> String {
    let made = stage.ask("POST", SESSIONS, Some(session)).await;
    assert_eq!(made["alias_key"], "front");
    made["agent_key"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_alias_picks_an_agent_once_and_its_sessions_are_reached_both_ways() {
    let stage = stage().await;
    let policy = routed(&json!([{"targets": single("rehearsal")}]));
    let alias = json!({"key": "front", "name": "Front", "policy": policy});
    let made = stage.ask("POST", ALIASES, Some(alias.clone())).await;
    assert_eq!((&made["policy"], &made["enabled"]), (&policy, &json!(true)));
    assert_eq!((&made["metadata"], made.get("updated_at")), (&json!({}), None));
    assert!(made["created_at"].is_string());
    assert_eq!(stage.http("POST", ALIASES, Some(alias)).await.0, 409);
    assert_eq!(picked(&stage, json!({"key": "s"})).await, "rehearsal");

    stage.say(&format!("{SESSIONS}/s"), "/slow 0\n/say hi").await;
    assert_eq!(stage.events("/v2/agents/rehearsal/sessions/s", false).await.len(), 2);
    let list = stage.ask("GET", SESSIONS, None).await;
    assert_eq!(list["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(stage.http("DELETE", &format!("{ALIASES}/front"), None).await.0, 409);

    // A new policy is for new sessions.
    let policy = routed(&json!([{"targets": single("second")}]));
    let body = Some(json!({"policy": policy}));
    let changed = stage.ask("PUT", &format!("{ALIASES}/front/policy"), body).await;
    assert_eq!(changed["policy"], policy);
    assert!(changed["updated_at"].is_string());
    assert_eq!(stage.ask("GET", &format!("{SESSIONS}/s"), None).await["agent_key"], "rehearsal");
    assert_eq!(picked(&stage, json!({"key": "t"})).await, "second");

    // What it points at may go, or be switched off, and then it finds no agent.
    let off = Some(json!({"enabled": false}));
    stage.ask("PATCH", "/v2/agents/second", off.clone()).await;
    let (status, reply) = stage.http("POST", SESSIONS, Some(json!({}))).await;
    assert_eq!(status, 400);
    assert!(reply["messages"][0].as_str().unwrap().contains("second"), "{reply}");
    stage.ask("DELETE", "/v2/agents/second", None).await;
    assert_eq!(stage.http("POST", SESSIONS, Some(json!({}))).await.0, 400);
    stage.ask("PATCH", &format!("{ALIASES}/front"), off).await;
    assert_eq!(stage.http("POST", SESSIONS, Some(json!({}))).await.0, 404, "inactive");
    stage.ask("DELETE", &format!("{SESSIONS}/s"), None).await;
    stage.ask("DELETE", &format!("{ALIASES}/front"), None).await;
    assert_eq!(stage.http("GET", &format!("{ALIASES}/front"), None).await.0, 404);
}

#[tokio::test]
async fn rules_look_at_the_session_and_at_the_alias() {
    let stage = stage().await;
    let split = json!({"type": "weighted", "partition_by": "get('$.session.metadata.user')",
        "options": [{"agent_key": "rehearsal", "weight": 1}, {"agent_key": "second", "weight": 1}]});
    let policy = routed(&json!([
        {"match": "get('$.session.metadata.tier') == 'gold'", "targets": single("second")},
        {"match": "get('$.session.key') == 'mine'", "targets": single("second")},
        {"match": "get('$.session.metadata.canary') and (get('$.agent.metadata.region') == 'eu')",
            "targets": split},
        {"match": "get('$.session.name') != 'none'", "targets": single("rehearsal")},
    ]));
    let alias = json!({"key": "front", "name": "Front", "policy": policy,
        "metadata": {"region": "eu"}});
    stage.ask("POST", ALIASES, Some(alias)).await;
    for (session, agent) in [
        (json!({"metadata": {"tier": "gold"}}), "second"),
        (json!({"metadata": {"tier": "lead"}}), "rehearsal"),
        (json!({"key": "mine"}), "second"),
        (json!({}), "rehearsal"),
    ] {
        assert_eq!(picked(&stage, session.clone()).await, agent, "{session}");
    }
    let mut agents = Vec::new();
    for user in 0..24 {
        let session = json!({"metadata": {"canary": true, "user": user / 2}});
        agents.push(picked(&stage, session).await);
    }
    assert!(agents.chunks(2).all(|pair| pair[0] == pair[1]), "the same user, the same agent");
    assert!(agents.contains(&"rehearsal".to_owned()) && agents.contains(&"second".to_owned()));

    for (session, why) in [
        (json!({"metadata": {"canary": true}}), "partition_by is null"),
        (json!({"name": "none"}), "no rule matches"),
    ] {
        let (status, reply) = stage.http("POST", SESSIONS, Some(session)).await;
        assert_eq!(status, 400);
        assert!(reply["messages"][0].as_str().unwrap().contains(why), "{reply}");
    }
}

#[tokio::test]
async fn a_policy_that_cannot_work_is_refused_and_nothing_changes() {
    let stage = stage().await;
    let good = routed(&json!([{"targets": single("rehearsal")}]));
    let alias = |policy: &Value| json!({"key": "front", "name": "Front", "policy": policy});
    let bad = [
        (json!({"type": "single", "agent_key": "rehearsal"}), "policy.type"),
        (json!({"rules": []}), "policy"),
        (routed(&json!([])), "policy.rules"),
        (routed(&json!([{}])), "policy.rules[0]"),
        (routed(&json!([{"targets": {"type": "all"}}])), "policy.rules[0].targets.type"),
        (
            routed(&json!([{"match": "1 =", "targets": single("rehearsal")}])),
            "policy.rules[0].match",
        ),
        (routed(&json!([{"targets": single("gone")}])), "policy"),
    ];
    for (policy, field) in &bad {
        let (status, reply) = stage.http("POST", ALIASES, Some(alias(policy))).await;
        assert_eq!(status, 400, "{policy}");
        let told = reply["field_errors"].as_object().unwrap();
        assert!(told.keys().any(|key| field.starts_with(key.as_str())), "{policy}: {reply}");
    }
    stage.ask("POST", ALIASES, Some(alias(&good))).await;
    for (policy, _) in bad {
        let body = Some(json!({"policy": policy}));
        assert_eq!(stage.http("PUT", &format!("{ALIASES}/front/policy"), body).await.0, 400);
    }
    // Bare, as it once was, it is not the body that the document wants.
    let bare = stage.http("PUT", &format!("{ALIASES}/front/policy"), Some(good.clone())).await;
    assert_eq!(bare.0, 400);
    let now = stage.ask("GET", &format!("{ALIASES}/front"), None).await;
    assert_eq!((&now["policy"], now.get("updated_at")), (&good, None));
}

#[tokio::test]
async fn a_patch_changes_what_it_names_and_a_list_finds_by_agent_words_and_switch() {
    let stage = stage().await;
    for (key, agent, enabled) in [("a", "rehearsal", true), ("b", "second", false)] {
        let policy = routed(&json!([{"targets": single(agent)}]));
        let alias = json!({"key": key, "name": format!("Name {key}"), "policy": policy,
            "enabled": enabled, "description": "d", "metadata": {"x": 1}});
        stage.ask("POST", ALIASES, Some(alias)).await;
    }
    for (query, found) in [
        ("", vec!["a", "b"]),
        ("?aliased_agent_key=second", vec!["b"]),
        ("?aliased_agent_key=none", vec![]),
        ("?enabled=true", vec!["a"]),
        ("?filter=e%20b$", vec!["b"]),
        ("?limit=1", vec!["a"]),
    ] {
        let page = stage.ask("GET", &format!("{ALIASES}{query}"), None).await;
        let keys: Vec<_> = page["aliases"].as_array().unwrap().iter().map(|a| &a["key"]).collect();
        assert_eq!(keys, found, "{query}");
        assert!(page["metadata"].is_object());
    }
    let path = format!("{ALIASES}/a");
    let change = json!({"name": "N", "description": null, "metadata": {"y": 2}});
    let changed = stage.ask("PATCH", &path, Some(change)).await;
    assert_eq!((&changed["name"], changed.get("description")), (&json!("N"), None));
    assert_eq!((&changed["metadata"], &changed["enabled"]), (&json!({"y": 2}), &json!(true)));
    for (body, field) in [
        (json!({"name": "x".repeat(101)}), "name"),
        (json!({"name": null}), "name"),
        (json!({"enabled": null}), "enabled"),
        (json!({"enabled": "yes"}), "enabled"),
        (json!({"metadata": []}), "metadata"),
        (json!({"key": "other"}), "key"),
        (json!({"policy": routed(&json!([{"targets": single("second")}]))}), "policy"),
    ] {
        let (status, reply) = stage.http("PATCH", &path, Some(body.clone())).await;
        assert_eq!(status, 400, "{body}");
        assert!(reply["field_errors"][field].is_string(), "{body}: {reply}");
    }
    let policy = routed(&json!([{"targets": single("second")}]));
    for (body, missing) in [
        (json!({"name": "N", "policy": policy}), "key"),
        (json!({"key": "c", "policy": policy}), "name"),
        (json!({"key": "c", "name": "N"}), "policy"),
    ] {
        let (status, reply) = stage.http("POST", ALIASES, Some(body)).await;
        assert_eq!(status, 400);
        assert!(reply.to_string().contains(missing), "{reply}");
    }
}
