//! What becomes of turns, streams and the file when the server stops or much is deleted.

use std::fs;
use std::path::Path;

use foretop::internals::server::{Options, Server};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::durability::Process;
use crate::stage::{Stage, plain_http};

const SESSION: &str = "/v2/agents/rehearsal/sessions/s";

/// A turn that is being listened to.
struct Listening {
    reply: reqwest::Response,
    text: String,
}

impl Listening {
    async fn to(url: &str, key: &str, script: &str) -> Self {
        let body =
            json!({"messages": [{"type": "text", "content": script}], "stream_response": true});
        let request = plain_http().post(format!("{url}{SESSION}/events")).header("x-api-key", key);
        let request = request.header("content-type", "application/json").body(body.to_string());
        Self { reply: request.send().await.unwrap(), text: String::new() }
    }

    async fn until(&mut self, chunks: usize) {
        while self.text.matches("event:streaming_agent_output\n").count() < chunks {
            let bytes = self.reply.chunk().await.unwrap().unwrap();
            self.text.push_str(std::str::from_utf8(&bytes).unwrap());
        }
    }

    /// All frames up to the end of the stream.
    async fn rest(mut self) -> Vec<Value> {
        while let Some(bytes) = self.reply.chunk().await.unwrap() {
            self.text.push_str(std::str::from_utf8(&bytes).unwrap());
        }
        let data = self.text.lines().filter_map(|line| line.strip_prefix("data:"));
        data.map(|json| serde_json::from_str(json).unwrap()).collect()
    }
}

fn spoken(frames: &[Value]) -> String {
    let is_chunk = |frame: &&Value| frame["type"] == "streaming_agent_output";
    frames.iter().filter(is_chunk).map(|frame| frame["content"].as_str().unwrap()).collect()
}

/// An error in words and an end, and nothing of an interrupt that nobody asked for.
#[track_caller]
fn assert_told(frames: &[Value]) {
    let kinds: Vec<_> = frames.iter().map(|frame| frame["type"].as_str().unwrap()).collect();
    assert_eq!(
        kinds[kinds.len() - 3..],
        ["streaming_agent_output_end", "error", "end"],
        "{kinds:?}"
    );
    let why = frames[frames.len() - 2]["messages"][0].as_str().unwrap();
    assert!(why.starts_with("UNAVAILABLE: the server is stopping"), "{why}");
    assert!(!kinds.contains(&"session_interrupted"), "{kinds:?}");
}

fn long(words: usize) -> String {
    format!("/slow 20\n/say {}", "word ".repeat(words))
}

#[tokio::test]
async fn what_was_streamed_is_stored_and_the_readers_are_told() {
    let Stage { server, client, dir } = Stage::open().await;
    let stage = Stage { server, client, dir };
    let agent = stage.agent().await;
    stage.session(&agent, "s").await;
    let (url, key) = (stage.server.url(), stage.server.token().reveal().to_owned());
    let mut streamed = Listening::to(&url, &key, &long(10_000)).await;
    streamed.until(3).await;
    // Another one waits for the whole reply, and for its turn.
    let body = json!({"messages": [{"type": "text", "content": "/say later"}], "since": "start",
        "behavior": "follow_up"});
    let waiting = plain_http().post(format!("{url}{SESSION}/events")).header("x-api-key", &key);
    let waiting = waiting.header("content-type", "application/json").body(body.to_string());
    let waiting = tokio::spawn(waiting.send());
    streamed.until(6).await;
    let rest = tokio::spawn(streamed.rest());
    let Stage { server, client, dir } = stage;
    drop(client);
    server.stop().await;
    let frames = rest.await.unwrap();
    assert_told(&frames);
    assert_eq!(waiting.await.unwrap().unwrap().status(), 503);

    let stage = Stage::with(dir, |_| {}).await;
    let events = stage.events(SESSION, true).await;
    let kinds: Vec<_> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["input_message", "agent_output", "input_message"], "the queued one is kept");
    assert_eq!(events[1]["content"], spoken(&frames).as_str());
    assert_eq!(stage.ask("GET", SESSION, None).await["status"], "stopped");
}

#[tokio::test]
async fn a_signal_lets_short_turns_end_and_cuts_long_ones() {
    for (words, is_cut) in [(12, false), (10_000, true)] {
        let dir = tempfile::tempdir().unwrap();
        let server = Process::start(dir.path());
        let agent = json!({"key": "rehearsal", "name": "R", "model": {"name": "m"},
            "tool_configurations": {}});
        server.ask("POST", "/v2/agents", Some(agent)).await.unwrap();
        let session = json!({"key": "s"});
        server.ask("POST", "/v2/agents/rehearsal/sessions", Some(session)).await.unwrap();
        let mut streamed = Listening::to(&server.url, &server.key, &long(words)).await;
        streamed.until(3).await;
        let rest = tokio::spawn(streamed.rest());
        tokio::task::spawn_blocking(move || server.end("-TERM")).await.unwrap();
        let frames = rest.await.unwrap();
        if is_cut {
            assert_told(&frames);
        } else {
            assert_eq!(frames.last().unwrap()["type"], "end");
            assert_eq!(spoken(&frames).split_whitespace().count(), words);
        }
        assert!(!dir.path().join("foretop.db-wal").exists());
        let server = Process::start(dir.path());
        let (_, page) = server.ask("GET", &format!("{SESSION}/events"), None).await.unwrap();
        assert_eq!(page["events"][0]["content"], spoken(&frames).as_str());
        server.end("-INT");
    }
}

fn size(dir: &Path) -> u64 {
    fs::metadata(dir.join("foretop.db")).unwrap().len()
}

fn auto_vacuum(dir: &Path) -> i64 {
    let file = Connection::open(dir.join("foretop.db")).unwrap();
    file.pragma_query_value(None, "auto_vacuum", |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn the_file_shrinks_when_much_is_deleted_also_one_of_an_earlier_build() {
    const MUCH: usize = 8 << 20;
    let stage = Stage::open().await;
    let agent = stage.agent().await;
    let add = async |stage: &Stage, key: &str| {
        stage.session(&agent, key).await;
        let events = format!("/v2/agents/rehearsal/sessions/{key}/events");
        let part = reqwest::multipart::Part::bytes(vec![7; MUCH]).file_name("much.bin");
        let form = reqwest::multipart::Form::new().part("files", part);
        let request = plain_http().post(format!("{}{events}", stage.server.url()));
        let request = request.header("x-api-key", stage.server.token().reveal());
        assert_eq!(request.multipart(form).send().await.unwrap().status(), 201);
    };
    add(&stage, "s").await;
    add(&stage, "kept").await;
    stage.ask("DELETE", SESSION, None).await;
    let Stage { server, client, dir } = stage;
    drop(client);
    server.stop().await;
    let one = size(dir.path());
    assert!(one > MUCH as u64 && one < 3 * MUCH as u64 / 2, "{one}");

    // As earlier builds made it.
    let file = Connection::open(dir.path().join("foretop.db")).unwrap();
    file.execute_batch("PRAGMA journal_mode = DELETE; PRAGMA auto_vacuum = NONE; VACUUM;").unwrap();
    drop(file);
    assert_eq!(auto_vacuum(dir.path()), 0);
    let server = Server::start(Options::new(dir.path())).await.unwrap();
    server.stop().await;
    assert_eq!(auto_vacuum(dir.path()), 2);
    let stage = Stage::with(dir, |_| {}).await;
    let files = stage.ask("GET", "/v2/agents/rehearsal/sessions/kept/artifacts", None).await;
    assert_eq!(files["artifacts"][0]["size_bytes"], MUCH);
    stage.ask("DELETE", "/v2/agents/rehearsal/sessions/kept", None).await;
    let Stage { server, client, dir } = stage;
    drop(client);
    server.stop().await;
    assert!(size(dir.path()) < 1 << 20, "{}", size(dir.path()));
}
