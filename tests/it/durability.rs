//! The data directory: what is in it, what survives, what is gone (the store's promises).

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use foretop::internals::server::store::OpenError;
use foretop::internals::server::{Options, Server, StartError};
use serde_json::{Value, json};

use crate::stage::{Stage, plain_http};

const SESSION: &str = "/v2/agents/rehearsal/sessions/s";
const NEEDLE: &str = "a-text-that-is-nowhere-else";

/// Whether a text is in any file of the directory, in clear.
fn is_in_files(dir: &Path, text: &str) -> bool {
    let files = fs::read_dir(dir).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap());
    files.into_iter().any(|bytes| bytes.windows(text.len()).any(|window| window == text.as_bytes()))
}

#[tokio::test]
async fn bodies_files_arguments_and_secrets_are_never_in_clear() {
    let stage = Stage::open().await;
    let agent = stage.agent().await;
    stage.session(&agent, "s").await;
    let call = format!(
        "/slow 0\n/say {NEEDLE}\n/artifact {NEEDLE} text/plain\n\
                        /call write_file {{\"text\": \"{NEEDLE}\"}}\n/say {NEEDLE}"
    );
    stage.say(SESSION, &call).await;
    let secret = json!({"secrets": {"key": NEEDLE}, "description": "", "name": "in clear"});
    stage.ask("PATCH", SESSION, Some(secret)).await;
    let agents = json!({"secrets": {"key": NEEDLE}});
    stage.ask("PATCH", "/v2/agents/rehearsal/secrets", Some(agents)).await;
    assert!(!is_in_files(stage.dir.path(), NEEDLE));
    assert!(is_in_files(stage.dir.path(), "in clear"), "names can be searched for");

    // Deleting takes the rest as well.
    let metadata = json!({"metadata": {"note": "so-is-metadata"}});
    stage.ask("PATCH", SESSION, Some(metadata)).await;
    assert!(is_in_files(stage.dir.path(), "so-is-metadata"));
    let event = stage.events(SESSION, false).await[1]["id"].as_str().unwrap().to_owned();
    assert!(is_in_files(stage.dir.path(), &event));
    stage.ask("DELETE", &format!("{SESSION}/events/{event}"), None).await;
    assert!(!is_in_files(stage.dir.path(), &event), "the event's row is gone");
    stage.ask("DELETE", SESSION, None).await;
    assert!(!is_in_files(stage.dir.path(), "so-is-metadata"));
}

#[tokio::test]
async fn a_second_server_and_a_lost_key_are_refused() {
    let stage = Stage::open().await;
    let start = || Server::start(Options::new(stage.dir.path()));
    let Err(StartError::Store(error)) = start().await else { panic!("two servers") };
    assert!(matches!(error, OpenError::Locked { .. }), "{error}");
    let Stage { server, client, dir } = stage;
    drop(client);
    server.stop().await;
    fs::remove_file(dir.path().join("master.key")).unwrap();
    let Err(StartError::Store(error)) = Server::start(Options::new(dir.path())).await else {
        panic!("without a key")
    };
    assert!(matches!(error, OpenError::KeyMissing { .. }), "{error}");
}

/// A server in a process of its own, which can be killed.
struct Process {
    child: Child,
    url: String,
    key: String,
}

impl Process {
    fn start(dir: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_foretop"))
            .args(["serve", "--json", "--data"])
            .arg(dir)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let announced: Value = serde_json::from_str(&line).unwrap();
        let key = fs::read_to_string(dir.join("token")).unwrap().trim().to_owned();
        Self { child, url: announced["url"].as_str().unwrap().to_owned(), key }
    }

    async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Option<(u16, Value)> {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = plain_http().request(method, format!("{}{path}", self.url));
        request = request.header("x-api-key", &self.key);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let reply = request.send().await.ok()?;
        let status = reply.status().as_u16();
        Some((status, serde_json::from_str(&reply.text().await.ok()?).unwrap_or(Value::Null)))
    }

    /// As `kill -9` does.
    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn message(text: &str) -> Value {
    json!({"messages": [{"type": "text", "content": text}]})
}

#[tokio::test]
async fn a_kill_loses_nothing_that_was_answered() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Process::start(dir.path());
    let agent = json!({"key": "a", "name": "A", "tool_configurations": {
        "ask": {"type": "client"}}});
    server.ask("POST", "/v2/agents", Some(agent)).await.unwrap();
    let sessions = "/v2/agents/a/sessions";
    for key in ["parked", "running", "w0", "w1", "w2"] {
        server.ask("POST", sessions, Some(json!({"key": key}))).await.unwrap();
    }
    let events = |key: &str| format!("{sessions}/{key}/events");
    server
        .ask("POST", &events("parked"), Some(message("/slow 0\n/call ask {\"n\": 1}\n/say thanks")))
        .await;
    // A turn that is under way when the end comes: it has said one thing and waits with the next.
    let say = Some(message("/slow 0\n/say before\n/pause 600000\n/say after"));
    let path = events("running");
    let running = server.ask("POST", &path, say);
    let writers = ["w0", "w1", "w2"].map(|key| {
        let (server, path) = (&server, events(key));
        async move {
            let mut answered = Vec::new();
            loop {
                match server.ask("POST", &path, Some(message("/slow 0\n/say x"))).await {
                    Some((201, reply)) => answered.extend(
                        reply["events"].as_array().unwrap().iter().map(|event| event["id"].clone()),
                    ),
                    _ => return answered,
                }
                if answered.len() >= 40 {
                    return answered;
                }
            }
        }
    });
    let mut answered = Vec::new();
    let spoken = async {
        loop {
            let (_, page) = server.ask("GET", &path, None).await.unwrap();
            if page["events"].as_array().unwrap().len() == 2 {
                return;
            }
        }
    };
    tokio::select! {
        _ = running => panic!("the turn ended"),
        (all, ()) = async { tokio::join!(futures_util::future::join_all(writers), spoken) } => {
            answered.extend(all);
        }
    }
    server.kill();

    let server = Process::start(dir.path());
    for (key, answered) in ["w0", "w1", "w2"].into_iter().zip(answered) {
        let (_, page) =
            server.ask("GET", &format!("{}?limit=100", events(key)), None).await.unwrap();
        let mut stored: Vec<_> =
            page["events"].as_array().unwrap().iter().map(|event| event["id"].clone()).collect();
        stored.reverse();
        assert_eq!(stored, answered, "{key}");
    }
    let (_, session) = server.ask("GET", &format!("{sessions}/running"), None).await.unwrap();
    assert_eq!(session["status"], "stopped");
    let (_, page) = server.ask("GET", &events("running"), None).await.unwrap();
    assert_eq!(page["events"].as_array().unwrap().len(), 2, "as far as it got");
    let calls = format!("{sessions}/parked/outstanding_client_tool_calls");
    let (_, calls) = server.ask("GET", &calls, None).await.unwrap();
    let id = &calls["client_tool_calls"][0]["event_id"];
    let answer = json!({"type": "tool_output", "tool_outputs": [
        {"type": "success", "event_id": id, "output": {}}]});
    let (status, reply) = server.ask("POST", &events("parked"), Some(answer)).await.unwrap();
    assert_eq!(status, 201);
    assert_eq!(reply["events"][1]["content"], "thanks", "it goes on as planned");
}

pub fn check(dir: &Path) -> (Option<i32>, Value) {
    let output = Command::new(env!("CARGO_BIN_EXE_foretop"))
        .args(["serve", "--check", "--json", "--data"])
        .arg(dir)
        .output()
        .unwrap();
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap_or(Value::Null))
}

#[tokio::test]
async fn a_check_finds_what_was_moved_or_altered() {
    let stage = Stage::open().await;
    let agent = stage.agent().await;
    stage.session(&agent, "s").await;
    stage.say(SESSION, "/slow 0\n/say one\n/artifact a.md text/markdown\n/call notify {}").await;
    let (code, report) = check(stage.dir.path());
    assert_eq!((code, &report["problems"]), (Some(0), &json!([])), "beside the server");
    assert_eq!((&report["events"], &report["artifacts"]), (&json!(5), &json!(1)));

    let Stage { server, client, dir } = stage;
    drop(client);
    server.stop().await;
    let db = rusqlite::Connection::open(dir.path().join("foretop.db")).unwrap();
    db.execute_batch(
        "UPDATE events SET body = (SELECT body FROM events WHERE seq = 2) WHERE seq = 1;
         UPDATE artifacts SET data = zeroblob(length(data));
         DELETE FROM events WHERE type = 'tool_input' AND seq = (SELECT max(seq) FROM events);",
    )
    .unwrap();
    drop(db);
    let (code, report) = check(dir.path());
    let problems = report["problems"].as_array().unwrap();
    assert_eq!(code, Some(1));
    for told in ["event aev_", "the data of artifact", "has no tool_input"] {
        let found = problems.iter().any(|problem| problem.as_str().unwrap().contains(told));
        assert!(found, "{told}: {problems:?}");
    }
}
