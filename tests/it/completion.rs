//! What shells are offered behind Tab: by the real binary, on a real server and without one.

use std::io::Read as _;
use std::net::TcpListener;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::fault_proxy::{Fault, FaultProxy};
use crate::stage::{Stage, say};
use crate::verbs::{Home, ran};

/// What fish is offered for the last of the words.
async fn offered(home: &Home, words: &[&str]) -> Vec<String> {
    // A machine that is busy with other tests may need longer than a person would wait.
    offered_within(home, "1m", words).await
}

async fn offered_within(home: &Home, patience: &str, words: &[&str]) -> Vec<String> {
    let arguments = [&["--", "foretop", "--timeout", patience], words].concat();
    let mut command = home.command(&arguments);
    command.env("FORETOP_COMPLETE", "fish");
    let ran = ran(command, "").await;
    assert_eq!((ran.code, &*ran.stderr), (0, ""), "{words:?}");
    let name = |line: &str| line.split('\t').next().unwrap_or_default().to_owned();
    ran.stdout.lines().map(name).collect()
}

async fn scene() -> (Stage, Home) {
    let stage = Stage::open().await;
    let agent = stage.agent().await;
    for key in ["refund-1", "refund-2", "tender"] {
        stage.session(&agent, key).await;
    }
    let session = stage.session(&agent, "waits").await;
    let input = say("/artifact notes.md text/markdown\n/call write_file {\"path\": \"/srv/a\"}");
    stage.client.send_input(&session, &input).await.unwrap();
    let home = Home::of(&stage);
    (stage, home)
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_the_service_and_the_configuration_are_offered() {
    let (stage, home) = scene().await;
    home.config("[profiles.here]\nurl = \"http://127.0.0.1:9\"\n[profiles.there]\n");
    let other: foretop::api::NewAgent =
        serde_json::from_value(json!({"key": "other", "name": "Other"})).unwrap();
    let other = stage.client.create_agent(&other).await.unwrap().key;
    stage.session(&other, "tender").await;

    assert_eq!(offered(&home, &["--profile", ""]).await, ["here", "there"]);
    assert_eq!(offered(&home, &["ls", "--profile=t"]).await, ["--profile=there"]);
    let mut agents = offered(&home, &["ls", "--agent", ""]).await;
    agents.sort();
    assert_eq!(agents, ["other", "rehearsal"]);
    let mut sessions = offered(&home, &["rm", "refund-1", "refund"]).await;
    sessions.sort();
    assert_eq!(sessions, ["refund-1", "refund-2"]);
    // One name of two agents says whose it is.
    let mut tenders = offered(&home, &["show", ""]).await;
    tenders.retain(|name| name.ends_with("tender"));
    tenders.sort();
    assert_eq!(tenders, ["other/tender", "rehearsal/tender"]);
    assert_eq!(offered(&home, &["show", "--agent", "other", "t"]).await, ["tender"]);
    assert_eq!(offered(&home, &["show", "other/"]).await, ["other/tender"]);

    let pending = home.json(&["pending"]).await;
    let call = pending["items"][0]["event_id"].as_str().unwrap();
    assert_eq!(offered(&home, &["answer", "aev_"]).await, [call]);
    assert_eq!(offered(&home, &["run", ""]).await, [call]);
    assert_eq!(offered(&home, &["artifact", "get", "waits", ""]).await, ["notes.md"]);
    assert!(offered(&home, &["hide", "waits", ""]).await.iter().any(|event| event == call));

    assert_eq!(offered(&home, &["ls", "--state", "parked,er"]).await, ["parked,error"]);
    assert_eq!(offered(&home, &["help", "events", ""]).await, ["rm"]);
    assert_eq!(offered(&home, &["pend"]).await, ["pending"]);
    assert!(offered(&home, &["ls", "--no-l"]).await.contains(&"--no-look".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_said_where_nothing_can_be_had() {
    let offered = async |home, words| offered_within(home, "1s", words).await;
    let nowhere = Home::at("http://127.0.0.1:9", "zut_test_key");
    for words in [
        &["show", ""][..],
        &["answer", "x"],
        &["artifact", "get", "s", ""],
        &["show", "--agent", ""],
        &["show", "--url", "no address", ""],
        &["--no-such-flag", "show", ""],
    ] {
        let none = Vec::<String>::new();
        let mut names = offered(&nowhere, words).await;
        names.retain(|name| !name.starts_with('-'));
        assert_eq!(names, none, "{words:?}");
    }
    nowhere.config("this is no configuration");
    assert!(offered(&nowhere, &["--profile", ""]).await.is_empty());
    // A variable that is set for good breaks no command, and an unknown shell is none.
    let mut command = nowhere.command(&["--version"]);
    command.env("FORETOP_COMPLETE", "fish");
    assert!(ran(command, "").await.stdout.contains(env!("CARGO_PKG_VERSION")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_does_not_answer_holds_up_nobody() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let home = Home::at(&format!("http://{}", silent.local_addr().unwrap()), "zut_test_key");
    assert!(offered_within(&home, "10ms", &["show", "x"]).await.is_empty());
    let begun = Instant::now();
    let mut command = home.command(&["--", "foretop", "show", "x"]);
    command.env("FORETOP_COMPLETE", "fish");
    assert_eq!(ran(command, "").await.stdout, "");
    // A second, and what a busy machine adds to it; an answer is waited for much longer elsewhere.
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_shell_would_obey_is_not_offered() {
    let stage = Stage::open().await;
    let proxy = FaultProxy::before(&stage.server.url()).await;
    let bad = ["$(reboot)", "`reboot`", "a;reboot", "a b", "--yes", "x\u{1b}[2J", "a\nb", "fine"];
    let session = |key: &&str| {
        json!({"key": key, "agent_key": "a", "name": "x\u{1b}]0;t\u{7}\ty", "enabled": true,
            "metadata": {}, "tti_minutes": 0, "created_at": "2026-05-03T14:00:00.000Z"})
    };
    let sessions: Vec<_> = bad.iter().map(session).collect();
    proxy.judge(move |line| {
        let body = if line.contains("/sessions") {
            json!({"sessions": sessions, "metadata": {}})
        } else {
            json!({"agents": [{"key": "a", "name": "A"}], "metadata": {}})
        };
        let body = body.to_string();
        Fault::Reply(format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
             connection: close\r\n\r\n{body}",
            body.len()
        ))
    });
    let home = Home::at(&proxy.url, "zut_test_key");
    assert_eq!(offered(&home, &["show", ""]).await, ["fine"]);
    let mut command = home.command(&["--", "foretop", "--timeout", "1m", "show", ""]);
    command.env("FORETOP_COMPLETE", "fish");
    let said = ran(command, "").await.stdout;
    assert!(!said.contains(['\u{1b}', '\u{7}']), "{said:?}");
    std::fs::write(home.path("$(reboot)"), "").unwrap();
    std::fs::write(home.path("notes.md"), "").unwrap();
    let files = offered(&home, &["send", "fine", "-f", ""]).await;
    assert!(files.contains(&"notes.md".to_owned()), "{files:?}");
    assert!(!files.iter().any(|name| name.contains('$')), "{files:?}");
}

/// The script as bash runs it when somebody presses Tab.
#[tokio::test(flavor = "multi_thread")]
async fn bash_is_offered_the_same() {
    let (_stage, home) = scene().await;
    let program = env!("CARGO_BIN_EXE_foretop");
    for (line, wanted) in [
        ("foretop show --timeout 1m refund-1", "refund-1"),
        ("foretop ls --state = par", "parked"),
        ("foretop artifact --timeout = 1m get waits no", "notes.md"),
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        let last = words.last().unwrap();
        let script = format!(
            "source <({program} completion bash)\nCOMP_WORDS=({line})\nCOMP_CWORD={}\n\
             _clap_complete_foretop foretop '{last}' x\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"",
            words.len() - 1
        );
        let mut command = std::process::Command::new("bash");
        let example = home.command(&[]);
        command.env_clear().args(["--norc", "-c", &script]).current_dir(home.dir.path());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        let set = example.get_envs().filter_map(|(name, value)| Some((name, value?)));
        command.envs(set).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut said = String::new();
        child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
        let mut complaint = String::new();
        child.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
        assert!(child.wait().unwrap().success(), "{complaint}");
        assert_eq!((said.trim(), complaint.trim()), (wanted, ""), "{line}");
    }
}
