//! Sessions and the lists they are in (contract sections 1.6, 2 and 7).

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use foretop::internals::server::engine::clock::Clock;
use serde_json::{Value, json};

use crate::stage::Stage;

const SESSIONS: &str = "/v2/agents/rehearsal/sessions";

async fn stage() -> Stage {
    let stage = Stage::open().await;
    stage.agent().await;
    stage
}

fn keys(page: &Value) -> Vec<String> {
    let sessions = page["sessions"].as_array().unwrap();
    sessions.iter().map(|session| session["key"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn pages_lose_and_repeat_nothing_while_sessions_come_and_go() {
    let stage = stage().await;
    for number in 0..25 {
        let session = json!({"key": format!("s{number}"), "name": format!("even {}", number % 2)});
        stage.ask("POST", SESSIONS, Some(session)).await;
    }
    let mut seen = Vec::new();
    let mut path = format!("{SESSIONS}?limit=4&filter=even");
    loop {
        let page = stage.ask("GET", &path, None).await;
        seen.extend(keys(&page));
        // One that was shown goes, one that was not shown goes, a new one comes.
        if seen.len() == 8 {
            for gone in [&seen[3], "s2"] {
                stage.ask("DELETE", &format!("{SESSIONS}/{gone}"), None).await;
            }
            stage.ask("POST", SESSIONS, Some(json!({"key": "late", "name": "even x"}))).await;
        }
        let Some(key) = page["metadata"]["page_key"].as_str() else { break };
        path = format!("{SESSIONS}?limit=4&filter=even&page_key={key}");
        // A key belongs to the filters that it came with.
        let other = format!("{SESSIONS}?limit=4&filter=odd&page_key={key}");
        assert_eq!(stage.http("GET", &other, None).await.0, 400);
    }
    let unique: HashSet<_> = seen.iter().collect();
    assert_eq!((seen.len(), unique.len()), (24, 24), "{seen:?}");
    let expected: Vec<_> = (0..25).rev().filter(|n| *n != 2).map(|n| format!("s{n}")).collect();
    assert_eq!(seen, expected, "newest first");
}

#[tokio::test]
async fn filters_choose_by_name_and_by_metadata() {
    let stage = stage().await;
    for (key, metadata) in [
        ("ada", json!({"tier": 2, "region": "us", "tags": ["vip"]})),
        ("bob", json!({"tier": 1, "region": "eu"})),
        ("cyd", json!({})),
    ] {
        let session = json!({"key": key, "name": format!("help {key}"), "metadata": metadata});
        stage.ask("POST", SESSIONS, Some(session)).await;
    }
    for (query, expected) in [
        ("filter=help%20(a|b)", vec!["bob", "ada"]),
        ("metadata_filter=tier%20%3E%3D%202%20AND%20region%20%3D%20'us'", vec!["ada"]),
        ("metadata_filter='vip'%20IN%20tags", vec!["ada"]),
        ("metadata_filter=tier%20IS%20NULL", vec!["cyd"]),
        ("metadata_filter=NOT%20(tier%20%3D%201)&filter=help", vec!["ada"]),
    ] {
        let page = stage.ask("GET", &format!("{SESSIONS}?{query}"), None).await;
        assert_eq!(keys(&page), expected, "{query}");
    }
    let bad = format!("{SESSIONS}?metadata_filter=tier%20%3E%3E%202");
    let (status, reply) = stage.http("GET", &bad, None).await;
    assert_eq!(status, 400);
    let why = reply["field_errors"]["metadata_filter"].as_str().unwrap();
    assert!(why.contains("Syntax error at 1:6"), "{why}");
}

#[tokio::test]
async fn an_idle_session_is_really_deleted_when_its_time_is_up() {
    let now = Arc::new(AtomicI64::new(1_700_000_000_000));
    let clock = Clock::Scripted(Arc::clone(&now));
    let dir = tempfile::tempdir().unwrap();
    let stage = Stage::with(dir, |options| options.clock = clock).await;
    stage.agent().await;
    for (key, minutes) in [("brief", 5), ("used", 5), ("forever", 0)] {
        let session = json!({"key": key, "tti_minutes": minutes});
        stage.ask("POST", SESSIONS, Some(session)).await;
    }
    let pass = |minutes: i64| now.fetch_add(minutes * 60_000, Ordering::Relaxed);
    pass(4);
    stage.say(&format!("{SESSIONS}/used"), "/slow 0\n/say I live").await;
    assert_eq!(stage.server.turns().expire().await.unwrap(), 0);
    pass(1);
    assert_eq!(stage.server.turns().expire().await.unwrap(), 1);
    assert_eq!(stage.http("GET", &format!("{SESSIONS}/brief"), None).await.0, 404);
    pass(1_000_000);
    assert_eq!(stage.server.turns().expire().await.unwrap(), 1);
    assert_eq!(stage.http("GET", &format!("{SESSIONS}/forever"), None).await.0, 200);
}

#[tokio::test]
async fn what_a_session_has_comes_back_and_changes_as_asked() {
    let stage = stage().await;
    let made = stage.ask("POST", SESSIONS, Some(json!({}))).await;
    for field in ["key", "agent_key", "name", "created_at"] {
        assert!(made[field].is_string(), "{field} in {made}");
    }
    assert_eq!((&made["status"], &made["enabled"]), (&json!("unstarted"), &json!(true)));
    let one = format!("{SESSIONS}/{}", made["key"].as_str().unwrap());
    let key = made["key"].as_str().unwrap();
    let again = stage.http("POST", SESSIONS, Some(json!({"key": key}))).await;
    assert_eq!(again.0, 409);

    let changed = stage.ask("PATCH", &one, Some(json!({"metadata": {"a": 1}, "name": "n"}))).await;
    assert_eq!((&changed["metadata"], &changed["name"]), (&json!({"a": 1}), &json!("n")));
    let changed = stage.ask("PATCH", &one, Some(json!({"metadata": {"b": 2}}))).await;
    assert_eq!(changed["metadata"], json!({"b": 2}), "replaced, not merged");

    stage.say(&one, "/slow 0\n/say hello").await;
    let described = stage.ask("GET", &one, None).await;
    assert_eq!(described["status"], "stopped");
    assert!(described["description"].as_str().is_some_and(|text| !text.is_empty()));
    let quiet = json!({"key": "quiet", "description": ""});
    stage.ask("POST", SESSIONS, Some(quiet)).await;
    stage.say(&format!("{SESSIONS}/quiet"), "/slow 0\n/say hello").await;
    let quiet = stage.ask("GET", &format!("{SESSIONS}/quiet"), None).await;
    assert_eq!(quiet["description"], "", "never generated");

    stage.ask("PATCH", &one, Some(json!({"enabled": false}))).await;
    let body = json!({"messages": [{"type": "text", "content": "hi"}]});
    assert_eq!(stage.http("POST", &format!("{one}/events"), Some(body)).await.0, 400);
    assert_eq!(stage.http("DELETE", &one, None).await.0, 204);
    assert_eq!(stage.http("GET", &one, None).await.0, 404);
}

#[tokio::test]
async fn deleting_what_is_in_use_is_never_the_servers_fault() {
    let stage = stage().await;
    for round in 0..12 {
        let key = format!("s{round}");
        stage.ask("POST", SESSIONS, Some(json!({"key": key}))).await;
        let (one, body) = (
            format!("{SESSIONS}/{key}"),
            json!({"messages": [
            {"type": "text", "content": "/slow 0\n/say a\n/say b\n/artifact f.md text/markdown"}]}),
        );
        let events = format!("{one}/events");
        let (said, deleted) =
            tokio::join!(stage.http("POST", &events, Some(body)), stage.http("DELETE", &one, None));
        assert!([201, 404, 409].contains(&said.0), "{said:?}");
        assert_eq!(deleted.0, 204);
        assert_eq!(stage.http("GET", &one, None).await.0, 404);
    }
}

#[tokio::test]
async fn an_agent_speaks_at_the_pace_of_its_metadata() {
    for (pace, took) in [(json!(0), 0), (json!(7), 21), (Value::Null, 90), (json!("x"), 90)] {
        let now = Arc::new(AtomicI64::new(0));
        let clock = Clock::Scripted(Arc::clone(&now));
        let stage =
            Stage::with(tempfile::tempdir().unwrap(), |options| options.clock = clock).await;
        let agent = json!({"key": "a", "name": "A", "model": {"name": "m"},
            "tool_configurations": {}, "metadata": {"foretop_pace_ms": pace}});
        stage.ask("POST", "/v2/agents", Some(agent)).await;
        stage.ask("POST", "/v2/agents/a/sessions", Some(json!({"key": "s"}))).await;
        stage.say("/v2/agents/a/sessions/s", "/say three small words").await;
        // Sleeping is what moves this clock.
        assert_eq!(now.load(Ordering::Relaxed), took, "{pace}");
    }
}
