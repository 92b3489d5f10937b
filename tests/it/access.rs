//! Roles and credentials (contract sections 1.2 and 1.4).

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use foretop::internals::server::access::operations;
use foretop::internals::server::engine::clock::Clock;
use foretop::internals::server::{Options, Server, StartError};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::stage::{Stage, plain_http};

const TOKENS: &str = r#"
[[token]]
name = "talker"
token = "talker-talker-talker"
agents = { rehearsal = ["agent_user"] }

[[token]]
name = "watcher"
token = "watcher-watcher-watcher"
roles = ["viewer"]

[[token]]
name = "builder"
token = "builder-builder-builder"
agents = { rehearsal = ["agent_developer"] }

[[token]]
name = "reader"
token = "reader-reader-reader"
agents = { rehearsal = ["agent_viewer"], private = ["agent_user"] }

[[token]]
name = "clerk"
token = "clerk-clerk-clerk-clerk"
roles = ["agent_user"]

[[token]]
name = "guest"
token = "guest-guest-guest-guest"
"#;

const SESSIONS: &str = "/v2/agents/rehearsal/sessions";

async fn stage(change: impl FnOnce(&mut Options)) -> Stage {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tokens.toml");
    fs::write(&path, TOKENS).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let stage = Stage::with(dir, |options| {
        options.tokens = Some(path);
        change(options);
    })
    .await;
    stage.agent().await;
    stage
}

#[tokio::test]
async fn those_who_talk_do_not_browse_and_those_who_browse_do_not_talk() {
    let stage = stage(|_| {}).await;
    let talker = "talker-talker-talker";
    let watcher = "watcher-watcher-watcher";
    let builder = "builder-builder-builder";
    let session = json!({"key": "s"});
    let said = json!({"messages": [{"type": "text", "content": "/slow 0\n/say hi"}]});
    let one = format!("{SESSIONS}/s");
    assert_eq!(stage.http_as(talker, "POST", SESSIONS, Some(session)).await.0, 201);
    let input = format!("{one}/events");
    assert_eq!(stage.http_as(talker, "POST", &input, Some(said.clone())).await.0, 201);
    assert_eq!(stage.http_as(watcher, "POST", &input, Some(said)).await.0, 403);
    for (path, talks, watches) in [
        (one.clone(), 200, 200),
        (format!("{one}/outstanding_client_tool_calls"), 200, 403),
        (SESSIONS.to_owned(), 403, 200),
        (format!("{one}/events"), 403, 200),
        (format!("{one}/artifacts"), 403, 200),
        ("/v2/agents".to_owned(), 200, 200),
        ("/v2/agents/rehearsal".to_owned(), 403, 200),
        ("/v2/nothing/here".to_owned(), 404, 404),
    ] {
        assert_eq!(stage.http_as(talker, "GET", &path, None).await.0, talks, "talker {path}");
        assert_eq!(stage.http_as(watcher, "GET", &path, None).await.0, watches, "watcher {path}");
    }
    let (status, reply) = stage.http_as(talker, "DELETE", &one, None).await;
    assert_eq!(status, 403);
    let why = reply["messages"][0].as_str().unwrap();
    assert!(why.contains("talker") && why.contains("agent_developer"), "{why}");

    // A developer manages one agent, and no other, and makes none.
    let patch = Some(json!({"description": "d"}));
    let mine = stage.http_as(builder, "PATCH", "/v2/agents/rehearsal", patch.clone()).await;
    assert_eq!(mine.0, 200);
    assert_eq!(stage.http_as(builder, "PATCH", "/v2/agents/other", patch).await.0, 403);
    let agent = Some(json!({"name": "B"}));
    assert_eq!(stage.http_as(builder, "POST", "/v2/agents", agent).await.0, 403);
    assert_eq!(stage.http_as(builder, "DELETE", "/v2/agents/rehearsal", None).await.0, 403);
}

/// Two agents, each with a session, an artifact and a tool, another tool that neither has, and an alias.
async fn two_agents(stage: &Stage) -> Vec<String> {
    let mut tools = Vec::new();
    for name in ["mine", "theirs", "spare"] {
        let tool = json!({"type": "client", "name": name, "description": "d",
            "input_schema": {"type": "object"}});
        let made = stage.ask("POST", "/v2/tools", Some(tool)).await;
        tools.push(made["id"].as_str().unwrap().to_owned());
    }
    let with = |tool: &str| json!({"t": {"type": "client", "tool_id": tool}});
    let configurations = json!({"tool_configurations": with(&tools[0])});
    stage.ask("PATCH", "/v2/agents/rehearsal", Some(configurations)).await;
    let private = json!({"key": "private", "name": "P", "model": {"name": "m"},
        "tool_configurations": with(&tools[1])});
    stage.ask("POST", "/v2/agents", Some(private)).await;
    for agent in ["rehearsal", "private"] {
        let sessions = format!("/v2/agents/{agent}/sessions");
        stage.ask("POST", &sessions, Some(json!({"key": "s"}))).await;
        stage.say(&format!("{sessions}/s"), "/slow 0\n/artifact f.md text/markdown").await;
    }
    let targets = json!({"type": "single", "agent_key": "private"});
    let alias = json!({"key": "front", "name": "F",
        "policy": {"type": "routed", "rules": [{"targets": targets}]}});
    stage.ask("POST", "/v2/agent_aliases", Some(alias)).await;
    stage.ask("POST", "/v2/agent_aliases/front/sessions", Some(json!({"key": "a"}))).await;
    tools
}

/// In the place of a count: forbidden.
const NO: usize = usize::MAX;

#[tokio::test]
async fn a_list_shows_what_the_token_may_see_and_nothing_else() {
    let stage = stage(|_| {}).await;
    two_agents(&stage).await;
    let owner = stage.server.token().reveal().to_owned();
    let keys = [
        owner.as_str(),
        "watcher-watcher-watcher",
        "builder-builder-builder",
        "reader-reader-reader",
        "talker-talker-talker",
        "clerk-clerk-clerk-clerk",
        "guest-guest-guest-guest",
    ];
    for (path, field, counts) in [
        ("/v2/agents", "agents", [2, 2, 1, 2, 1, 2, NO]),
        ("/v2/tools", "tools", [3, 3, 1, 1, NO, NO, NO]),
        ("/v2/llms", "llms", [0, 0, 0, 0, NO, NO, NO]),
        ("/v2/foretop/upstream_requests", "requests", [0, NO, NO, NO, NO, NO, NO]),
        ("/v2/agent_analytics/traces", "traces", [2, 2, 1, 1, NO, NO, NO]),
        ("/v2/agent_aliases", "aliases", [1, 1, NO, NO, NO, NO, NO]),
        ("/v2/agent_aliases/front/sessions", "sessions", [1, 1, NO, NO, NO, NO, NO]),
        ("/v2/agents/rehearsal/sessions", "sessions", [1, 1, 1, 1, NO, NO, NO]),
        ("/v2/agents/rehearsal/sessions/s/events", "events", [3, 3, 3, 3, NO, NO, NO]),
        ("/v2/agents/rehearsal/sessions/s/artifacts", "artifacts", [1, 1, 1, 1, NO, NO, NO]),
        ("/v2/agents/private/sessions", "sessions", [2, 2, NO, NO, NO, NO, NO]),
        ("/v2/agents/private/sessions/s/events", "events", [3, 3, NO, NO, NO, NO, NO]),
        ("/v2/agents/private/sessions/s/artifacts", "artifacts", [1, 1, NO, NO, NO, NO, NO]),
        ("/v2/agent_aliases/front/sessions/a/events", "events", [0, 0, NO, NO, NO, NO, NO]),
    ] {
        for (key, count) in keys.iter().zip(counts) {
            let (status, page) = stage.http_as(key, "GET", path, None).await;
            if count == NO {
                assert_eq!(status, 403, "{key} {path}: {page}");
            } else {
                assert_eq!(status, 200, "{key} {path}: {page}");
                assert_eq!(page[field].as_array().unwrap().len(), count, "{key} {path}: {page}");
            }
        }
    }
    // What is left out takes no place on a page either.
    let (_, page) =
        stage.http_as("builder-builder-builder", "GET", "/v2/agents?limit=1", None).await;
    assert_eq!((&page["agents"][0]["key"], &page["metadata"]), (&json!("rehearsal"), &json!({})));
}

#[tokio::test]
async fn a_tool_that_is_not_in_somebodys_list_is_not_found() {
    let stage = stage(|_| {}).await;
    let tools = two_agents(&stage).await;
    for (key, statuses) in [
        ("watcher-watcher-watcher", [200, 200, 200]),
        ("builder-builder-builder", [200, 404, 404]),
        ("talker-talker-talker", [403, 403, 403]),
    ] {
        for (tool, status) in tools.iter().zip(statuses) {
            let found = stage.http_as(key, "GET", &format!("/v2/tools/{tool}"), None).await;
            assert_eq!(found.0, status, "{key} {tool}");
        }
    }
}

#[tokio::test]
async fn a_fork_is_no_way_around_the_roles_of_another_agent() {
    let stage = stage(|_| {}).await;
    let agent = json!({"key": "private", "name": "P", "model": {"name": "m"},
        "tool_configurations": {}});
    stage.ask("POST", "/v2/agents", Some(agent)).await;
    stage.ask("POST", "/v2/agents/private/sessions", Some(json!({"key": "p"}))).await;
    let talker = "talker-talker-talker";
    let from = json!({"from_session": {"agent_key": "private", "session_key": "p"}});
    assert_eq!(stage.http_as(talker, "POST", SESSIONS, Some(from.clone())).await.0, 403);
    assert_eq!(stage.http("POST", SESSIONS, Some(from)).await.0, 201, "an owner may");
}

#[tokio::test]
async fn every_route_of_the_table_is_there_and_needs_a_credential() {
    let stage = stage(|_| {}).await;
    for (method, route) in operations::all() {
        let path = route.replace(['{', '}'], "");
        let url = format!("{}{path}", stage.server.url());
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let bare = plain_http().request(method.clone(), &url).send().await.unwrap();
        assert_eq!(bare.status(), 401, "{method} {route}");
        assert_eq!(bare.headers()["www-authenticate"], "Bearer");
        let key = stage.server.token().reveal();
        let known = plain_http().request(method.clone(), &url).header("x-api-key", key);
        let known = known.send().await.unwrap();
        let status = known.status().as_u16();
        let reply: Value = serde_json::from_str(&known.text().await.unwrap()).unwrap();
        assert_ne!(status, 405, "{method} {route}");
        assert_ne!(reply["id"], "no_such_path", "{method} {route}");
        let nobody = stage.http_as("nobody's key", method.as_str(), &path, None).await;
        assert_eq!(nobody.0, 403, "{method} {route}");
    }
}

async fn reply(request: RequestBuilder) -> (u16, Value) {
    let reply = request.send().await.unwrap();
    let status = reply.status().as_u16();
    (status, serde_json::from_str(&reply.text().await.unwrap()).unwrap())
}

#[tokio::test]
async fn client_credentials_are_traded_for_a_token_that_expires() {
    let now = Arc::new(AtomicI64::new(1_700_000_000_000));
    let clock = Clock::Scripted(Arc::clone(&now));
    let stage = stage(|options| options.clock = clock).await;
    let url = stage.server.url();
    let form =
        "grant_type=client_credentials&client_id=watcher&client_secret=watcher-watcher-watcher";
    let request = plain_http().post(format!("{url}/oauth2/token"));
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
    let (status, granted) = reply(request).await;
    assert_eq!((status, &granted["token_type"]), (200, &json!("Bearer")));
    assert_eq!(granted["expires_in"], 1_800);

    let ask = |path: &str| {
        let token = granted["access_token"].as_str().unwrap();
        reply(plain_http().get(format!("{url}{path}")).bearer_auth(token))
    };
    assert_eq!(ask("/v2/agents/rehearsal").await.0, 200);
    assert_eq!(
        ask(&format!("{SESSIONS}/s/outstanding_client_tool_calls")).await.0,
        403,
        "its role"
    );
    now.fetch_add(1_801_000, Ordering::Relaxed);
    let (status, expired) = ask("/v2/agents/rehearsal").await;
    assert_eq!(status, 401);
    assert!(expired["messages"][0].as_str().unwrap().contains("expired"), "{expired}");

    for (body, status, code) in [
        (json!({"client_id": "watcher", "client_secret": "x"}), 400, "invalid_request"),
        (json!({"grant_type": "password"}), 400, "unsupported_grant_type"),
        (
            json!({"grant_type": "client_credentials", "client_id": "talker",
                "client_secret": "watcher-watcher-watcher"}),
            401,
            "invalid_client",
        ),
    ] {
        let request = plain_http().post(format!("{url}/oauth/token"));
        let request = request.header("content-type", "application/json").body(body.to_string());
        let (found, told) = reply(request).await;
        assert_eq!((found, &told["error"]), (status, &json!(code)));
        assert!(told["messages"].is_array() && told["request_id"].is_string());
    }
}

#[tokio::test]
async fn two_different_credentials_are_one_too_many() {
    let stage = stage(|_| {}).await;
    let request = plain_http()
        .get(format!("{}/v2/agents", stage.server.url()))
        .header("x-api-key", "watcher-watcher-watcher")
        .bearer_auth("talker-talker-talker");
    assert_eq!(reply(request).await.0, 400);
}

#[tokio::test]
async fn a_bad_tokens_file_stops_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tokens.toml");
    fs::write(&path, "[[token]]\nname = \"x\"\n").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let data = dir.path().join("data");
    let options = Options { tokens: Some(path), ..Options::new(&data) };
    let Err(error) = Server::start(options).await else { panic!("it started") };
    assert!(matches!(error, StartError::Tokens(_)), "{error}");
    assert!(!data.exists(), "nothing is left behind");
}
