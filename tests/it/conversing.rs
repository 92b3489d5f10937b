//! Compacting, branching and replaying an answer: the screen, the client and the server together.

use std::time::Duration;

use serde_json::Value;

use crate::flows::Person;
use crate::stage::{Stage, say};

const SESSIONS: &str = "/v2/agents/rehearsal/sessions";
const PATIENCE: Duration = Duration::from_secs(20);

/// A session of two turns, open with the keyboard in its timeline.
async fn two_turns() -> (Stage, Person) {
    let stage = Stage::open().await;
    let session = stage.session(&stage.agent().await, "night-shift").await;
    for words in ["one", "two"] {
        let text = format!("/slow 0\n/say answer {words}");
        stage.client.send_input(&session, &say(&text)).await.unwrap();
    }
    let mut person = Person::sit_down(&stage, (120, 36));
    person.sees_text("answer two").await;
    person.press("2 G");
    person.sees_text("your turn").await;
    (stage, person)
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap()).collect()
}

/// All sessions but the one that was there first, once there is one.
async fn branch(stage: &Stage) -> Value {
    let found = async {
        loop {
            let listed = stage.ask("GET", SESSIONS, None).await;
            let mut sessions = listed["sessions"].as_array().unwrap().clone();
            sessions.retain(|session| session["key"] != "night-shift");
            if let Some(branch) = sessions.pop() {
                return branch;
            }
        }
    };
    tokio::time::timeout(PATIENCE, found).await.unwrap()
}

async fn events(stage: &Stage, key: &str) -> Vec<Value> {
    stage.events(&format!("{SESSIONS}/{key}"), false).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_listed_is_compacted_and_its_summary_is_shown() {
    let (stage, mut person) = two_turns().await;
    person.press("C");
    person.sees_text("Compact: 2 events go").await;
    person.press("<enter>");
    person.sees_text("Compact night-shift?").await;
    assert_eq!(events(&stage, "night-shift").await.len(), 4, "not sent yet");
    person.press("<enter>");
    person.sees_text("2 events became a summary").await;
    person.sees_text("compacted: 2 events").await;
    let events = events(&stage, "night-shift").await;
    assert_eq!(kinds(&events), ["input_message", "agent_output", "compaction"]);
    person.leaves().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_branch_ends_at_its_row_and_stands_in_the_tree() {
    let (stage, mut person) = two_turns().await;
    person.press("g g j b");
    person.sees_text("2 later events").await;
    person.press("<enter>");
    person.sees_text("[[ leads back to night-shift").await;
    let branch = branch(&stage).await;
    let origin = &branch["metadata"]["branched_from"];
    assert_eq!(
        (&origin["agent"], &origin["session"]),
        (&"rehearsal".into(), &"night-shift".into())
    );
    let events = events(&stage, branch["key"].as_str().unwrap()).await;
    assert_eq!(kinds(&events), ["input_message", "agent_output"]);
    person.press("g b");
    person.sees_text("Branches: 2 sessions").await;
    person.press("<esc> [ [");
    person.sees_text("answer two").await;
    person.leaves().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_is_replayed_in_a_branch_and_the_session_stays_as_it_is() {
    let (stage, mut person) = two_turns().await;
    person.press("g r");
    person.sees_text("Replay this answer?").await;
    person.press("<enter>");
    person.sees_text("2/2").await;
    let branch = branch(&stage).await;
    let key = branch["key"].as_str().unwrap();
    let answered = async {
        while events(&stage, key).await.len() < 4 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, answered).await.unwrap();
    let after = events(&stage, key).await;
    assert_eq!(kinds(&after), ["input_message", "agent_output", "input_message", "agent_output"]);
    let before = events(&stage, "night-shift").await;
    assert_eq!(before.len(), 4);
    assert_eq!(after[2]["messages"], before[2]["messages"], "the same question");
    person.sees_text("answer two").await;
    person.leaves().await;
}
