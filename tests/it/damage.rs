//! Bits that flip on disk: one damaged record costs no other, is named, and can be deleted.

#![expect(clippy::similar_names, reason = "one record, and all of its kind")]

use std::fs;
use std::path::Path;

use foretop::api::{EventBody, Page};
use foretop::internals::server::{Options, Server};
use serde_json::{Value, json};

use crate::durability::check;
use crate::stage::{Stage, kinds};

const AGENT: &str = "/v2/agents/rehearsal";
const SESSION: &str = "/v2/agents/rehearsal/sessions/s";
const RECORD: &str = "foretop_damaged_record";

/// A world with two of everything, at rest, and the ids of its events.
async fn world() -> (tempfile::TempDir, Vec<String>) {
    let stage = Stage::open().await;
    let agent = stage.agent().await;
    stage.session(&agent, "s").await;
    stage.session(&agent, "t").await;
    stage.say(SESSION, "/slow 0\n/say one\n/artifact a.md text/markdown\n/say two").await;
    stage.say(SESSION, "/slow 0\n/artifact b.md text/markdown").await;
    let parked = format!("{AGENT}/sessions/t");
    stage.say(&parked, "/slow 0\n/call write_file {\"n\": 1}\n/say thanks").await;
    let other = json!({"key": "other", "name": "Other", "model": {"name": "m"},
        "tool_configurations": {}});
    stage.ask("POST", "/v2/agents", Some(other)).await;
    for name in ["left", "right"] {
        let tool = json!({"type": "client", "name": name, "description": "d", "input_schema": {}});
        stage.ask("POST", "/v2/tools", Some(tool)).await;
        let targets = json!({"type": "single", "agent_key": "rehearsal"});
        let policy = json!({"type": "routed", "rules": [{"targets": targets}]});
        let alias = json!({"key": name, "name": name, "policy": policy});
        stage.ask("POST", "/v2/agent_aliases", Some(alias)).await;
        let secrets = json!({"secrets": {name: "x"}});
        stage.ask("PATCH", &format!("{AGENT}/secrets"), Some(secrets)).await;
    }
    let events = stage.events(SESSION, true).await;
    let ids = events.iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect();
    (close(stage).await, ids)
}

async fn close(stage: Stage) -> tempfile::TempDir {
    let Stage { server, client, dir } = stage;
    drop(client);
    server.stop().await;
    dir
}

fn alter(dir: &Path, sql: &str) {
    let db = rusqlite::Connection::open(dir.join("foretop.db")).unwrap();
    db.execute_batch(sql).unwrap();
}

/// Refused in words that name what is damaged.
async fn refuses(stage: &Stage, method: &str, path: &str, body: Option<Value>, named: &str) {
    let (status, reply) = stage.http(method, path, body).await;
    let words = reply["messages"][0].as_str().unwrap_or_default();
    assert_eq!(status, 500, "{method} {path}: {reply}");
    assert!(words.starts_with("DATA_LOSS: ") && words.contains(named), "{method} {path}: {words}");
}

fn finds(dir: &Path, named: &str) {
    let (code, report) = check(dir);
    assert_eq!(code, Some(1));
    let problems = report["problems"].as_array().unwrap();
    let found = problems.iter().any(|problem| problem.as_str().unwrap().contains(named));
    assert!(found, "{named}: {problems:?}");
}

async fn reopen(dir: tempfile::TempDir) -> Stage {
    Stage::with(dir, |_| {}).await
}

#[tokio::test]
async fn one_flipped_bit_in_the_file_is_one_damaged_event() {
    let (dir, ids) = world().await;
    let path = dir.path().join("foretop.db");
    let sealed: Vec<u8> = rusqlite::Connection::open(&path)
        .unwrap()
        .query_row("SELECT body FROM events WHERE id = ?1", [&ids[1]], |row| row.get(0))
        .unwrap();
    let mut file = fs::read(&path).unwrap();
    let at = file.windows(sealed.len()).position(|bytes| bytes == sealed).unwrap();
    file[at + 30] ^= 0x10;
    fs::write(&path, file).unwrap();
    finds(dir.path(), &format!("event {} of session rehearsal/s does not open", ids[1]));

    let stage = reopen(dir).await;
    let events = stage.events(SESSION, false).await;
    assert_eq!(events.len(), ids.len());
    let stand_in = &events[1];
    assert_eq!(stand_in["id"], json!(ids[1]));
    assert_eq!(
        (&stand_in["type"], &stand_in["schema_name"]),
        (&json!("structured_output"), &json!(RECORD))
    );
    assert_eq!(stand_in["content"]["type"], "agent_output");
    let page = stage.ask("GET", &format!("{SESSION}/events?limit=100"), None).await;
    let page: Page<foretop::api::Event> = serde_json::from_str(&page.to_string()).unwrap();
    assert!(page.items.iter().all(|event| !matches!(&*event.body, EventBody::Malformed(_))));

    let one = format!("{SESSION}/events/{}", ids[1]);
    refuses(&stage, "GET", &one, None, &ids[1]).await;
    let shown = stage.ask("POST", &format!("{one}/hide"), None).await;
    assert_eq!(shown["schema_name"], RECORD);
    assert_eq!(stage.events(SESSION, false).await.len(), ids.len() - 1);
    stage.ask("POST", &format!("{one}/unhide"), None).await;

    // A fork is as damaged, and hides nothing.
    let fork = json!({"key": "f", "from_session": {"session_key": "s"}});
    stage.ask("POST", &format!("{AGENT}/sessions"), Some(fork)).await;
    let forked = stage.events(&format!("{AGENT}/sessions/f"), false).await;
    assert_eq!((forked.len(), &forked[1]["schema_name"]), (ids.len(), &json!(RECORD)));
    // What needs its content says so, and what does not goes on.
    let compact = Some(json!({"type": "compact"}));
    refuses(&stage, "POST", &format!("{SESSION}/events"), compact, &ids[1]).await;
    assert_eq!(stage.say(SESSION, "/slow 0\n/say on").await, ["input_message", "agent_output"]);

    stage.ask("DELETE", &one, None).await;
    stage.ask("DELETE", &format!("{AGENT}/sessions/f"), None).await;
    let events = stage.events(SESSION, true).await;
    assert!(events.iter().all(|event| event["id"] != json!(ids[1])));
    let dir = close(stage).await;
    assert_eq!(check(dir.path()).1["problems"], json!([]));
}

#[tokio::test]
async fn an_event_whose_name_is_damaged_can_be_deleted_by_the_name_that_is_listed() {
    let (dir, ids) = world().await;
    // As a bit in the table alone flips: the index still has the old name.
    for (id, bytes) in [
        (&ids[0], "'aev_another'"),
        (&ids[1], "CAST(X'FF41' AS TEXT)"),
        (&ids[2], "'aev_/' || char(21)"),
    ] {
        let db = rusqlite::Connection::open(dir.path().join("foretop.db")).unwrap();
        let root: i64 = db
            .query_row(
                "SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_autoindex_events_1'",
                [],
                |row| row.get(0),
            )
            .unwrap();
        let size: i64 = db.query_row("PRAGMA page_size", [], |row| row.get(0)).unwrap();
        let page = || {
            let file = fs::read(dir.path().join("foretop.db")).unwrap();
            let start = usize::try_from((root - 1) * size).unwrap();
            (start, file[start..start + usize::try_from(size).unwrap()].to_vec())
        };
        let (start, old) = page();
        db.execute_batch(&format!("UPDATE events SET id = {bytes} WHERE id = '{id}'")).unwrap();
        db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
        drop(db);
        let mut file = fs::read(dir.path().join("foretop.db")).unwrap();
        file[start..start + old.len()].copy_from_slice(&old);
        fs::write(dir.path().join("foretop.db"), file).unwrap();
    }
    let stage = reopen(dir).await;
    let events = stage.events(SESSION, true).await;
    assert_eq!(events.len(), ids.len());
    let damaged: Vec<_> =
        events.iter().filter(|event| event["schema_name"] == RECORD).cloned().collect();
    assert_eq!(damaged.len(), 3, "{events:?}");
    for event in damaged {
        let path = format!("{SESSION}/events/{}", event["id"].as_str().unwrap());
        refuses(&stage, "GET", &path, None, event["id"].as_str().unwrap()).await;
        stage.ask("DELETE", &path, None).await;
    }
    assert_eq!(stage.events(SESSION, true).await.len(), ids.len() - 3);
    let dir = close(stage).await;
    assert_eq!(check(dir.path()).1["problems"], json!([]), "the index fits again");
}

#[tokio::test]
async fn a_damaged_session_is_listed_named_and_deleted() {
    let (dir, ids) = world().await;
    alter(
        dir.path(),
        "UPDATE sessions SET body = substr(body, 2) WHERE key = 's';
         UPDATE sessions SET seal_key = zeroblob(61) WHERE key = 't'",
    );
    finds(dir.path(), "session rehearsal/s cannot be read");
    finds(dir.path(), "the key of session rehearsal/t does not open");
    let stage = reopen(dir).await;
    stage.session(&"rehearsal".into(), "u").await;
    let list = stage.ask("GET", &format!("{AGENT}/sessions"), None).await;
    let listed = list["sessions"].as_array().unwrap();
    assert_eq!(listed.len(), 3);
    for key in ["s", "t"] {
        let stand_in = listed.iter().find(|session| session["key"] == key).unwrap();
        assert_eq!(stand_in["enabled"], false);
        assert!(stand_in["metadata"][RECORD].is_string(), "{stand_in}");
        let path = format!("{AGENT}/sessions/{key}");
        refuses(&stage, "GET", &path, None, &format!("session {key}")).await;
        refuses(&stage, "PATCH", &path, Some(json!({"name": "n"})), key).await;
        let said = json!({"messages": [{"type": "text", "content": "hi"}]});
        refuses(&stage, "POST", &format!("{path}/events"), Some(said), key).await;
        let fork = json!({"from_session": {"session_key": key}});
        refuses(&stage, "POST", &format!("{AGENT}/sessions"), Some(fork), key).await;
    }
    // Its events open where only the record is damaged, and are named where its key is.
    assert_eq!(kinds(&json!({"events": stage.events(SESSION, true).await}))[0], "input_message");
    assert_eq!(stage.events(SESSION, true).await.len(), ids.len());
    let lost = stage.events(&format!("{AGENT}/sessions/t"), true).await;
    assert!(!lost.is_empty() && lost.iter().all(|event| event["schema_name"] == RECORD));
    for key in ["s", "t"] {
        stage.ask("DELETE", &format!("{AGENT}/sessions/{key}"), None).await;
    }
    let list = stage.ask("GET", &format!("{AGENT}/sessions"), None).await;
    assert_eq!(list["sessions"].as_array().unwrap().len(), 1);
    let dir = close(stage).await;
    assert_eq!(check(dir.path()).1["problems"], json!([]));
}

#[tokio::test]
async fn damaged_agents_tools_and_aliases_are_listed_named_and_deleted() {
    let (dir, _) = world().await;
    alter(
        dir.path(),
        "UPDATE agents SET body = 'x' || body;
         UPDATE tools SET body = 'x' || body WHERE body LIKE '%left%';
         UPDATE aliases SET body = CAST(X'7BFF' AS TEXT) WHERE key = 'left'",
    );
    for named in ["agent other cannot", "tool tol_left", "alias left cannot"] {
        finds(dir.path(), named);
    }
    let stage = reopen(dir).await;
    let agents = stage.ask("GET", "/v2/agents", None).await;
    assert_eq!(agents["agents"].as_array().unwrap().len(), 2);
    for agent in agents["agents"].as_array().unwrap() {
        assert!(agent["metadata"][RECORD].is_string() && agent["enabled"] == false, "{agent}");
    }
    refuses(&stage, "GET", "/v2/agents/other", None, "agent other").await;
    let patch = Some(json!({"name": "n"}));
    refuses(&stage, "PATCH", "/v2/agents/other", patch, "agent other").await;
    let said = json!({"messages": [{"type": "text", "content": "hi"}]});
    refuses(&stage, "POST", &format!("{SESSION}/events"), Some(said), "agent rehearsal").await;
    // A whole new document mends it, and costs none of its sessions.
    let mended = json!({"name": "Rehearsal", "model": {"name": "m"}, "tool_configurations": {}});
    stage.ask("PUT", AGENT, Some(mended)).await;
    assert_eq!(stage.say(SESSION, "/slow 0\n/say on").await, ["input_message", "agent_output"]);
    stage.ask("DELETE", "/v2/agents/other", None).await;

    let tools = stage.ask("GET", "/v2/tools", None).await;
    let tools = tools["tools"].as_array().unwrap().clone();
    assert_eq!(tools.len(), 2);
    let tool = tools.iter().find(|tool| tool["metadata"][RECORD].is_string()).unwrap();
    let path = format!("/v2/tools/{}", tool["id"].as_str().unwrap());
    refuses(&stage, "GET", &path, None, "tool tol_left").await;
    stage.ask("DELETE", &path, None).await;
    let (status, _) = stage.http("DELETE", &path, None).await;
    assert_eq!(status, 404);
    let tools = stage.ask("GET", "/v2/tools", None).await;
    assert_eq!(tools["tools"].as_array().unwrap().len(), 1);

    let path = "/v2/agent_aliases/left";
    refuses(&stage, "GET", path, None, "alias left").await;
    refuses(&stage, "POST", &format!("{path}/sessions"), Some(json!({})), "alias left").await;
    let list = stage.ask("GET", "/v2/agent_aliases", None).await;
    assert!(list.to_string().contains(RECORD));
    stage.ask("DELETE", path, None).await;
    let dir = close(stage).await;
    assert_eq!(check(dir.path()).1["problems"], json!([]));
}

#[tokio::test]
async fn damaged_files_calls_secrets_and_queued_inputs_are_named_where_they_are_missed() {
    let (dir, _) = world().await;
    alter(
        dir.path(),
        "UPDATE artifacts SET body = zeroblob(length(body)) WHERE seq = 1;
         UPDATE artifacts SET data = zeroblob(length(data)) WHERE seq = 2;
         UPDATE pending_calls SET body = zeroblob(length(body));
         UPDATE sessions SET continuation = zeroblob(60) WHERE continuation IS NOT NULL;
         UPDATE agent_secrets SET value = zeroblob(length(value)) WHERE name = 'left';
         UPDATE master SET proof = zeroblob(60);
         INSERT INTO queued_inputs (session, body) SELECT id, zeroblob(60) FROM sessions
             WHERE key = 's'",
    );
    for named in
        ["artifact", "the data of", "the call", "the plan", "secret left", "the record that"]
    {
        finds(dir.path(), named);
    }
    let stage = reopen(dir).await;
    let list = stage.ask("GET", &format!("{SESSION}/artifacts?order_by=asc"), None).await;
    let files = list["artifacts"].as_array().unwrap();
    assert_eq!(files.len(), 2);
    assert!(files[0]["metadata"][RECORD].is_string());
    assert!(files[0]["size_bytes"].as_u64().unwrap() > 0);
    assert_eq!(files[1]["filename"], "b.md", "its record is sound");
    for file in files {
        let id = file["artifact_id"].as_str().unwrap();
        refuses(&stage, "GET", &format!("{SESSION}/artifacts/{id}"), None, id).await;
        refuses(&stage, "GET", &format!("{SESSION}/artifacts/{id}/content"), None, id).await;
    }
    // What was accepted and is lost shows in the list.
    let events = stage.events(SESSION, true).await;
    let last = events.last().unwrap();
    assert_eq!(
        (&last["schema_name"], &last["content"]["type"]),
        (&json!(RECORD), &json!("input_message"))
    );

    let parked = format!("{AGENT}/sessions/t");
    let calls = stage.ask("GET", &format!("{parked}/outstanding_client_tool_calls"), None).await;
    let call = &calls["client_tool_calls"][0];
    assert_eq!(call["tool_name"], RECORD);
    let answer = json!({"type": "tool_output", "tool_outputs": [
        {"type": "success", "event_id": call["event_id"], "output": {}}]});
    refuses(&stage, "POST", &format!("{parked}/events"), Some(answer), "had planned").await;
    // Without the call the session goes on.
    let path = format!("{parked}/events/{}", call["event_id"].as_str().unwrap());
    stage.ask("DELETE", &path, None).await;
    let secrets = stage.ask("GET", &format!("{AGENT}/secrets"), None).await;
    assert_eq!(secrets["secrets"].as_object().unwrap().len(), 2);
    let said = json!({"messages": [{"type": "text", "content": "hi"}]});
    refuses(&stage, "POST", &format!("{parked}/events"), Some(said), "secret left").await;
    let again = json!({"secrets": {"left": "y"}});
    stage.ask("PATCH", &format!("{AGENT}/secrets"), Some(again)).await;
    assert_eq!(stage.say(&parked, "/slow 0\n/say on").await, ["input_message", "agent_output"]);
}

/// Wherever a bit flips, the server refuses the directory in words or serves it, and then every
/// listing is there.
#[tokio::test]
async fn no_flipped_bit_anywhere_fails_a_listing() {
    let (dir, _) = world().await;
    let path = dir.path().join("foretop.db");
    let sound = fs::read(&path).unwrap();
    let (mut random, mut refused, mut served) = (fastrand::Rng::with_seed(11), 0, 0);
    for _ in 0..40 {
        let mut file = sound.clone();
        // Where there is something, which is not everywhere.
        let at = loop {
            let at = random.usize(..file.len());
            if file[at] != 0 {
                break at;
            }
        };
        file[at] ^= 1 << random.u8(..8);
        fs::write(&path, &file).unwrap();
        let server = match Server::start(Options::new(dir.path())).await {
            Ok(server) => server,
            Err(error) => {
                assert!(error.to_string().contains("Nothing was changed"), "byte {at}: {error}");
                refused += 1;
                continue;
            }
        };
        served += 1;
        for list in [
            "/v2/agents",
            "/v2/tools",
            "/v2/agent_aliases",
            "/v2/agents/rehearsal/sessions",
            "/v2/agents/rehearsal/sessions/s/events?include_hidden=true",
            "/v2/agents/rehearsal/sessions/s/artifacts",
            "/v2/agents/rehearsal/sessions/t/outstanding_client_tool_calls",
            "/v2/agents/rehearsal/secrets",
        ] {
            let request = crate::stage::plain_http()
                .get(format!("{}{list}", server.url()))
                .header("x-api-key", server.token().reveal());
            let reply = request.send().await.unwrap();
            let status = reply.status().as_u16();
            let text = reply.text().await.unwrap();
            // The owner's own record may be what is damaged, and then it is not found by its name.
            assert!(status == 200 || status == 404, "byte {at}, {list}: {status} {text}");
        }
        server.stop().await;
    }
    println!("{refused} refused, {served} served");
    // About a half of what is not zero there describes the tables, and no seed says which bytes those are.
    assert!(served > 8, "{refused} refused");
}

#[tokio::test]
async fn a_damaged_span_is_one_stand_in_in_its_trace() {
    let (dir, _) = world().await;
    alter(
        dir.path(),
        "UPDATE spans SET body = zeroblob(length(body))
         WHERE operation = 'output' AND seq = (SELECT min(seq) FROM spans WHERE operation = 'output')",
    );
    finds(dir.path(), "span");
    let stage = reopen(dir).await;
    let traces = "/v2/agent_analytics/traces";
    let listed = stage.ask("GET", &format!("{traces}?limit=100"), None).await;
    let mut found = Vec::new();
    for trace in listed["traces"].as_array().unwrap() {
        let path = format!("{traces}/{}/spans", trace["trace_id"].as_str().unwrap());
        let spans = stage.ask("GET", &format!("{path}?include_content=true"), None).await;
        for span in spans["spans"].as_array().unwrap() {
            let why = span["error_message"].as_str().unwrap_or_default();
            found.extend(why.contains("is damaged").then(|| span.clone()));
        }
    }
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((&found[0]["operation"], &found[0]["status"]), (&json!("output"), &json!("error")));
}
