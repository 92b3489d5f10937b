//! Answers to waiting calls on the real screen: checked, refused, kept, sent.

use std::path::Path;
use std::time::Duration;

use foretop::api::SessionRef;
use serde_json::{Value, json};

use crate::flows::Person;
use crate::pty::Pty;
use crate::stage::{Stage, say};

const PATIENCE: Duration = Duration::from_secs(30);

/// A session whose agent waits for the output of a tool with a schema.
async fn waiting(stage: &Stage, script: &str) -> SessionRef {
    let tool = json!({"type": "client", "name": "refund", "output_schema": {
        "type": "object", "required": ["amount"],
        "properties": {"amount": {"type": "number"}}}});
    let tool = stage.ask("POST", "/v2/tools", Some(tool)).await;
    let agent = json!({"key": "till", "name": "Till", "model": {"name": "m"}, "tool_configurations": {
        "refund": {"type": "client", "tool_id": tool["id"]},
        "notify": {"type": "client", "tool_id": "tol_none"}}});
    stage.ask("POST", "/v2/agents", Some(agent)).await;
    let session = stage.session(&"till".into(), "refunds").await;
    stage.client.send_input(&session, &say(script)).await.unwrap();
    session
}

async fn last_output(stage: &Stage) -> Value {
    let events = stage.events("/v2/agents/till/sessions/refunds", true).await;
    let output = events.into_iter().rev().find(|event| event["type"] == "tool_output");
    output.unwrap()["tool_output"].take()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_is_checked_while_it_is_typed_and_the_turn_goes_on_in_place() {
    let stage = Stage::open().await;
    let script = "/slow 0\n/call refund {\"order\": 4411}\n/say the money is on its way";
    let session = waiting(&stage, script).await;
    let mut person = Person::sit_down(&stage, (80, 24));
    person.sees_text("NEEDS YOU").await;
    person.press("3");
    person.sees_text("output_schema known: e starts").await;
    person.sees_text("edit answer").await;
    person.press("e");
    person.sees_text("\"amount\": 0").await;
    person.press("\"");
    person.sees_text("1 error").await;
    person.press("<c-k> 8 \"");
    person.sees_text("~~~  amount: expected number, got string").await;
    person.press("<esc> s");
    person.sees_text("not sent; S sends although").await;
    person.press("e <c-u> \" a m o u n t \" : 7 . 5 0 <esc>");
    person.sees_text("[ s  send ]").await;
    person.press("s");
    person.sees_text("Send 1 answer to refunds?").await;
    assert_eq!(stage.client.outstanding_calls(&session).await.unwrap().len(), 1);
    person.press("<enter>");
    person.sees_text("sent 1 answer to refunds").await;
    person.sees_text("the money is on its way").await;
    assert_eq!(last_output(&stage).await.to_string(), "{\"amount\":7.50}", "as it was typed");
    person.press("<enter>");
    person.sees_text("2 refunds").await;
    person.leaves().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_service_refuses_is_said_on_its_line() {
    let stage = Stage::open().await;
    let session = waiting(&stage, "/slow 0\n/call refund {\"order\": 4411}").await;
    let mut person = Person::sit_down(&stage, (80, 24));
    person.sees_text("NEEDS YOU").await;
    person.press("3");
    person.sees_text("output_schema known: e starts").await;
    person.sees_text("edit answer").await;
    person.press("e t <c-k> <esc>");
    // Not JSON: not even somebody who insists sends it.
    person.sees_text("~  expected ident").await;
    person.press("S");
    person.sees_text("not sent").await;
    person.press("e <bs> t r u e <esc>");
    person.sees_text("amount: expected number, got boolean").await;
    person.press("S");
    person.sees_text("Send although refund: amount").await;
    person.press("<enter>");
    person.sees_text("(says the service)").await;
    person.sees_text("true").await;
    assert_eq!(stage.client.outstanding_calls(&session).await.unwrap().len(), 1);
    person.press("Q");
    person.sees_text("Quit and lose 1 draft").await;
    person.press("<enter>");
    person.wait_for_exit().await;
}

/// foretop as a process of its own, with a state directory.
fn start(stage: &Stage, home: &Path) -> Pty {
    let states = format!("XDG_STATE_HOME={}", home.display());
    let configs = format!("XDG_CONFIG_HOME={}", home.display());
    let (url, key) = (stage.server.url(), stage.dir.path().join("token"));
    let program = env!("CARGO_BIN_EXE_foretop");
    let key = key.to_str().unwrap();
    Pty::run(
        "/usr/bin/env",
        &[&states, &configs, program, "--url", &url, "--api-key-file", key, "ui", "till/refunds"],
        24,
        80,
    )
}

/// Waits until the disk has all of these texts.
fn until_kept(home: &Path, texts: &[&str]) {
    let deadline = std::time::Instant::now() + PATIENCE;
    loop {
        let kept = kept(home);
        if texts.iter().all(|text| kept.contains(text)) {
            return;
        }
        assert!(std::time::Instant::now() < deadline, "never kept {texts:?}, but {kept}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The files of drafts of all profiles, as they are on the disk.
fn kept(home: &Path) -> String {
    let profiles = std::fs::read_dir(home.join("foretop")).into_iter().flatten().flatten();
    let files =
        profiles.filter_map(|found| std::fs::read_to_string(found.path().join("drafts.json")).ok());
    files.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_texts_of_a_draft_survive_a_kill() {
    let stage = Stage::open().await;
    waiting(&stage, "/slow 0\n/call refund {\"order\": 4411}").await;
    let home = tempfile::tempdir().unwrap();
    let mut foretop = start(&stage, home.path());
    foretop.sees("YOUR TURN");
    foretop.type_keys("3");
    foretop.sees("output_schema known: e starts");
    foretop.sees("edit answer");
    foretop.type_keys("e7.5");
    foretop.sees("\"amount\": 7.50");
    foretop.type_keys("\u{1b}");
    foretop.sees("BROWSE");
    foretop.type_keys("Te");
    foretop.sees("[ error ]");
    foretop.type_keys("no such order");
    until_kept(home.path(), &["no such order", "7.50"]);
    foretop.kill();

    let mut foretop = start(&stage, home.path());
    foretop.sees("YOUR TURN");
    foretop.type_keys("3");
    foretop.sees("no such order");
    foretop.sees("edit answer");
    foretop.type_keys("T");
    foretop.sees("\"amount\": 7.50");
    foretop.type_keys("Q");
    foretop.ends();
}
