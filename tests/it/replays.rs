//! A run of the real loop, recorded and played again.

use std::path::Path;

use foretop::api::SessionRef;
use foretop::internals::runtime::{Recorded, Recording};
use foretop::internals::server::Options;
use serde_json::{Value, json};

use crate::flows::Person;
use crate::stage::{Stage, say};

/// Never sent to a screen, so never to be found in a recording.
const SECRET: &str = "swordfish-of-the-configuration";
const KEY_LIKE: &str = "sk-abcdefghijklmnopqrstuvwx";
const TYPED: &str = "typed-and-never-sent";

/// The screen of the run without what the replay adds below.
fn above(screen: &str) -> String {
    let mut rows: Vec<&str> = screen.lines().collect();
    rows.pop();
    rows.join("\n")
}

/// A shorter text in the place of a key moves what follows in its row.
fn unredacted(screen: &str) -> Vec<&str> {
    let same = |row: &&str| !row.contains(KEY_LIKE) && !row.contains("[redacted]");
    screen.lines().filter(same).collect()
}

async fn stage_with_a_secret() -> Stage {
    let stage = Stage::with(tempfile::tempdir().unwrap(), |_: &mut Options| {}).await;
    let agent = json!({
        "key": "rehearsal", "name": "Rehearsal", "model": {"name": "m"},
        "tool_configurations": {
            "notify": {"type": "client", "tool_id": "tol_2",
                       "argument_override": {"hook": {"$ref": "session.secrets.hook"}, "channel": "ops"}}
        }
    });
    stage.ask("POST", "/v2/agents", Some(agent)).await;
    stage
}

fn text_of(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recorded_run_looks_the_same_again_and_holds_no_secret() {
    let stage = stage_with_a_secret().await;
    let new = json!({"key": "night-shift", "secrets": {"hook": SECRET}});
    stage.ask("POST", "/v2/agents/rehearsal/sessions", Some(new)).await;
    let session = SessionRef::new("rehearsal", "night-shift");
    let script = format!(
        "/slow 0\n/say the key is {KEY_LIKE}, keep it\n/call notify {{\"text\": \"tell them\"}}"
    );
    stage.client.send_input(&session, &say(&script)).await.unwrap();
    let calls = stage.client.outstanding_calls(&session).await.unwrap();
    assert!(serde_json::to_string(&calls).unwrap().contains(SECRET), "it arrives in clear");
    let path = stage.dir.path().join("run.jsonl");
    let recording = Recording::create(&path, false, false).unwrap();
    let size = (120, 36);
    let mut person = Person::recorded(&stage, size, recording);
    person.sees_text("NEEDS YOU").await;
    person.press("3");
    person.sees_text("tell them").await;
    person.sees_text("edit answer").await;
    person.press("e");
    person.sees_text("WRITE").await;
    person.paste(TYPED);
    person.press("t y p e d <esc> <esc> 2 g g");
    person.press("Q");
    person.sees_text("Quit and lose 1 draft").await;
    person.press("<enter>");
    let screen = person.wait_for_exit().await;

    let text = text_of(&path);
    for secret in [SECRET, KEY_LIKE, TYPED, stage.server.token().reveal()] {
        assert!(!text.contains(secret), "{secret} is in the recording");
    }
    assert!(text.contains("tell them") && text.contains("****"), "what the agent said is");
    for line in text.lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok(), "{line}");
    }

    let recorded = Recorded::open(&path).unwrap();
    let mut viewer = Person::looks_at(recorded, (size.0, size.1 + 1));
    let messages = text.lines().count() - 1;
    viewer.press("+ + +");
    let end = format!("message {messages} of {messages}");
    let last = viewer.sees(&end, |screen| screen.contains(&end) && screen.contains("paused")).await;
    assert!(!last.contains("unreadable"), "{last}");
    // The run ended with the last message and drew no frame after it.
    viewer.press(",");
    let before = format!("message {} of {messages}", messages - 1);
    let shown = viewer.sees_text(&before).await;
    assert_eq!(unredacted(&above(&shown)), unredacted(&screen));
    assert!(screen.contains("Quit and lose 1 draft"));

    // Back over every message and on again, it looks the same.
    viewer.press(&", ".repeat(messages + 3));
    let first = viewer.sees_text(&format!("message 0 of {messages}")).await;
    assert!(!first.contains("night-shift"), "{first}");
    viewer.press(&". ".repeat(messages));
    let again = viewer.sees_text(&end).await;
    assert_eq!(again, last);
    // The person's keys do not reach the run.
    viewer.press("2 x i <enter> q");
    viewer.leaves().await;
}
