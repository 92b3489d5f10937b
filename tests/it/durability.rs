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
        "/slow 0\n/think {NEEDLE}\n/json triage {{\"text\": \"{NEEDLE}\"}}\n\
         /say {NEEDLE}\n/artifact {NEEDLE} text/plain\n/sub rehearsal {NEEDLE}\n\
         /compact {NEEDLE}\n/say {NEEDLE}\n\
         /call write_file {{\"text\": \"{NEEDLE}\"}}\n/say {NEEDLE}"
    );
    stage.say(SESSION, &call).await;
    let secret = json!({"secrets": {"key": NEEDLE}, "name": "in clear"});
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
pub struct Process {
    child: Child,
    pub url: String,
    pub key: String,
}

impl Process {
    pub fn start(dir: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_foretop"));
        command.args(["serve", "--json", "--data"]).arg(dir);
        Self::from(command, dir)
    }

    fn from(mut command: Command, dir: &Path) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let announced: Value = serde_json::from_str(&line).unwrap();
        let key = fs::read_to_string(dir.join("token")).unwrap().trim().to_owned();
        Self { child, url: announced["url"].as_str().unwrap().to_owned(), key }
    }

    pub async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Option<(u16, Value)> {
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

    /// Asks it to end, and waits until it has.
    pub fn end(mut self, signal: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success(), "{signal}");
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
    let agent = json!({"key": "a", "name": "A", "model": {"name": "m"}, "tool_configurations": {
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

/// A copy of nothing but the database and its key, in a directory of its own.
fn restored(database: &Path, key: &Path) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::copy(database, dir.path().join("foretop.db")).unwrap();
    fs::copy(key, dir.path().join("master.key")).unwrap();
    dir
}

async fn with_a_session(server: &Process) {
    let agent = json!({"key": "a", "name": "A", "model": {"name": "m"},
        "tool_configurations": {}});
    server.ask("POST", "/v2/agents", Some(agent)).await.unwrap();
    server.ask("POST", "/v2/agents/a/sessions", Some(json!({"key": "s"}))).await.unwrap();
}

const EVENTS: &str = "/v2/agents/a/sessions/s/events";

/// Says something, and tells whether it was taken.
async fn said(server: &Process, text: &str) -> (u16, Value) {
    server.ask("POST", EVENTS, Some(message(&format!("/slow 0\n/say {text}")))).await.unwrap()
}

/// What the agent said, oldest first.
async fn heard(server: &Process) -> Vec<String> {
    let (_, page) = server.ask("GET", &format!("{EVENTS}?limit=100"), None).await.unwrap();
    let events = page["events"].as_array().unwrap_or_else(|| panic!("{page}")).iter().rev();
    let spoken = events.filter(|event| event["type"] == "agent_output");
    spoken.map(|event| event["content"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn after_a_signal_the_database_and_its_key_are_all_there_is_to_copy() {
    for signal in ["-TERM", "-INT", "-HUP"] {
        let dir = tempfile::tempdir().unwrap();
        let server = Process::start(dir.path());
        with_a_session(&server).await;
        for text in ["one", "two"] {
            assert_eq!(said(&server, text).await.0, 201);
        }
        server.end(signal);
        let log = fs::metadata(dir.path().join("foretop.db-wal")).map_or(0, |log| log.len());
        assert_eq!(log, 0, "{signal}");
        let copy = restored(&dir.path().join("foretop.db"), &dir.path().join("master.key"));
        assert_eq!(check(copy.path()).0, Some(0));
        let server = Process::start(copy.path());
        assert_eq!(heard(&server).await, ["one", "two"], "{signal}");
    }
}

fn back_up(dir: &Path, file: &Path) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_foretop"))
        .args(["serve", "--backup"])
        .arg(file)
        .arg("--data")
        .arg(dir)
        .output()
        .unwrap();
    let told = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(told).unwrap())
}

#[tokio::test]
async fn a_backup_of_a_running_server_is_whole_sealed_and_can_be_restored() {
    use std::os::unix::fs::PermissionsExt as _;

    let (dir, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = Process::start(dir.path());
    with_a_session(&server).await;
    assert_eq!(said(&server, NEEDLE).await.0, 201);
    let file = elsewhere.path().join("copy.db");
    // While others write.
    let writing = async {
        for round in 0..20 {
            assert_eq!(said(&server, &format!("later {round}")).await.0, 201);
        }
    };
    let (path, data) = (file.clone(), dir.path().to_owned());
    let copying = tokio::task::spawn_blocking(move || back_up(&data, &path));
    let ((), copied) = tokio::join!(writing, copying);
    let (code, told) = copied.unwrap();
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("master.key opens it: keep a copy apart"), "{told}");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!is_in_files(elsewhere.path(), NEEDLE), "sealed stays sealed");
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 1, "nothing is left beside it");

    let before = fs::read(&file).unwrap();
    let (code, told) = back_up(dir.path(), &file);
    assert!(code == Some(2) && told.contains("never replaces"), "{code:?} {told}");
    assert_eq!(fs::read(&file).unwrap(), before);
    let (code, told) = back_up(elsewhere.path(), &elsewhere.path().join("none.db"));
    assert!(code == Some(2) && told.contains("master.key is missing"), "{code:?} {told}");

    let copy = restored(&file, &dir.path().join("master.key"));
    assert_eq!(check(copy.path()).1["problems"], json!([]));
    let again = Process::start(copy.path());
    let spoken = heard(&again).await;
    assert_eq!(spoken[0], NEEDLE);
    let expected: Vec<_> = (0..spoken.len() - 1).map(|round| format!("later {round}")).collect();
    assert_eq!(spoken[1..], expected, "as it was at one moment");
    assert_eq!(said(&again, "and on").await.0, 201);
}

/// A server whose files cannot grow beyond the limit, in blocks of 512 bytes, as on a disk that is full.
fn within(limit: &str, dir: &Path) -> Command {
    let mut command = Command::new("sh");
    let script = format!("trap '' XFSZ; ulimit -f {limit}; exec \"$0\" serve --json --data \"$1\"");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_foretop")]).arg(dir);
    // It says a lot, as it should.
    command.env("FORETOP_LOG", "off");
    command
}

#[tokio::test]
async fn a_first_start_without_room_leaves_nothing_that_blocks_the_next() {
    let mut failed = 0;
    for limit in [0, 1, 4, 8, 16, 32, 48, 64, 96, 128, 192, 256, 384, 2048] {
        let dir = tempfile::tempdir().unwrap();
        let mut command = within(&limit.to_string(), dir.path());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        if line.is_empty() {
            let output = child.wait_with_output().unwrap();
            let told = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(2), "{limit}: {told}");
            failed += 1;
            let key = dir.path().join("master.key");
            assert!(!key.exists() || dir.path().join("foretop.db").exists(), "{limit}");
        } else {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        let server = Process::start(dir.path());
        with_a_session(&server).await;
        assert_eq!(said(&server, "room").await.0, 201, "{limit}");
    }
    assert!((3..14).contains(&failed), "{failed} starts had no room");
}

#[tokio::test]
async fn a_disk_that_fills_up_in_between_is_told_and_costs_nothing_that_was_answered() {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};

    let dir = tempfile::tempdir().unwrap();
    let server = Process::from(within("unlimited", dir.path()), dir.path());
    with_a_session(&server).await;
    assert_eq!(said(&server, "before").await.0, 201);
    let pid = Pid::from_child(&server.child);
    let limit = |bytes: Option<u64>| {
        let limit = Rlimit { current: bytes, maximum: None };
        prlimit(Some(pid), Resource::Fsize, limit).unwrap();
    };
    let mut answered = vec!["before".to_owned()];
    for room in [0, 6_000, 12_000, 20_000, 40_000, 80_000] {
        let log = fs::metadata(dir.path().join("foretop.db-wal")).unwrap().len();
        limit(Some(log + room));
        let mut refused = 0;
        for turn in 0..12 {
            let text = format!("{room}.{turn}");
            let (status, reply) = said(&server, &text).await;
            if status == 201 {
                answered.push(text);
                continue;
            }
            refused += 1;
            assert_eq!(status, 503, "{reply}");
            let words = reply["messages"][0].as_str().unwrap();
            assert!(words.contains("cannot be read or written"), "{words}");
            // What is there can be read all the while.
            assert!(heard(&server).await.len() >= answered.len());
        }
        assert!(refused > 0, "{room}");
        limit(None);
        let text = format!("{room} and room again");
        assert_eq!(said(&server, &text).await.0, 201, "it goes on");
        answered.push(text);
    }
    let spoken = heard(&server).await;
    assert_eq!(spoken, answered, "all that was answered, and no half of the rest");
    server.end("-TERM");
    assert_eq!(check(dir.path()).1["problems"], json!([]));
}

#[tokio::test]
async fn what_others_may_change_is_refused_in_words() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    async fn refusal(options: Options) -> String {
        match Server::start(options).await {
            Ok(_) => panic!("it started"),
            Err(error) => error.to_string(),
        }
    }
    let mode = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    let Stage { server, client, dir } = Stage::open().await;
    drop(client);
    server.stop().await;
    let start = || refusal(Options::new(dir.path()));
    mode(dir.path(), 0o770);
    let told = start().await;
    assert!(told.contains("others may write") && told.contains("chmod go-w"), "{told}");
    mode(dir.path(), 0o755);
    let outside = tempfile::tempdir().unwrap();
    let link = outside.path().join("link");
    symlink(dir.path(), &link).unwrap();
    assert!(refusal(Options::new(&link)).await.contains("is a symbolic link"));
    for name in ["token", "master.key", "foretop.db", "lock"] {
        let (path, real) = (dir.path().join(name), outside.path().join(name));
        mode(&path, 0o620);
        assert!(start().await.contains("others may write"), "{name}");
        mode(&path, 0o600);
        fs::rename(&path, &real).unwrap();
        symlink(&real, &path).unwrap();
        assert!(start().await.contains("is a symbolic link"), "{name}");
        fs::remove_file(&path).unwrap();
        fs::rename(&real, &path).unwrap();
    }
    let token = foretop::internals::server::access::token::Token::new("0123456789abcde");
    let short = Options { token: Some(token), ..Options::new(dir.path()) };
    let told = refusal(short).await;
    assert!(told.contains("at least 16") && told.contains("openssl rand -hex 24"), "{told}");
    // As it was, it starts.
    Server::start(Options::new(dir.path())).await.unwrap().stop().await;
}

#[tokio::test]
async fn the_words_that_describe_a_session_are_sealed_and_go_with_their_message() {
    let stage = Stage::open().await;
    let agent = stage.agent().await;
    stage.session(&agent, "s").await;
    stage.say(SESSION, &format!("{NEEDLE}\n/slow 0\n/say yes")).await;
    let session = stage.ask("GET", SESSION, None).await;
    assert_eq!(session["description"], NEEDLE);
    let search = format!("/v2/agents/rehearsal/sessions?filter={NEEDLE}");
    let list = stage.ask("GET", &search, None).await;
    assert_eq!(list["sessions"].as_array().unwrap().len(), 1, "and can be searched for");
    // Whatever else is written into the record does not take them along.
    let renamed = json!({"name": "n", "metadata": {"m": 1}});
    assert_eq!(stage.ask("PATCH", SESSION, Some(renamed)).await["description"], NEEDLE);
    stage.say(SESSION, "/slow 0\n/say again").await;
    assert!(!is_in_files(stage.dir.path(), NEEDLE));

    let first = stage.events(SESSION, true).await[0]["id"].as_str().unwrap().to_owned();
    stage.ask("DELETE", &format!("{SESSION}/events/{first}"), None).await;
    assert_eq!(stage.ask("GET", SESSION, None).await["description"], Value::Null);
    let own = json!({"description": "by hand"});
    stage.ask("PATCH", SESSION, Some(own)).await;
    stage.say(SESSION, "/slow 0\n/say more").await;
    assert_eq!(stage.ask("GET", SESSION, None).await["description"], "by hand");
}
