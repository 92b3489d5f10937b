//! What commands and the screen say when they cannot see everything, and that they find what can be
//! seen wherever it stands.

use std::os::unix::fs::PermissionsExt as _;

use foretop::api::SessionRef;
use foretop::internals::server::{Options, Server};
use serde_json::{Value, json};

use crate::flows::Person;
use crate::stage::{Stage, say};
use crate::verbs::Home;

const LOOKER: &str = "looker-looker-looker";

/// A session that waits with one call, whose event is older than the newest page by far.
async fn buried(stage: &Stage) -> SessionRef {
    let agent = stage.agent().await;
    let session = stage.session(&agent, "buried").await;
    let mut round = vec!["/call notify {\"text\": \"x\"}".to_owned()];
    round.extend((0..30).map(|n| format!("/call web_get {{\"n\": {n}}}")));
    let round = round.join("\n");
    stage.client.send_input(&session, &say(&round)).await.unwrap();
    let newest = stage.events("/v2/agents/rehearsal/sessions/buried", true).await;
    let newest = &newest[newest.len() - 20..];
    assert!(newest.iter().all(|event| event["type"] != "tool_input"), "it hides its own call");
    session
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_found_wherever_its_event_stands() {
    let stage = Stage::open().await;
    let session = buried(&stage).await;
    let home = Home::of(&stage);
    let listed = home.json(&["ls", "--state", "parked"]).await;
    assert_eq!(listed["items"][0]["key"], "buried", "{listed}");
    let pending = home.json(&["pending"]).await;
    let call = &pending["items"][0];
    assert_eq!((&call["session_key"], &pending["partial"]), (&json!("buried"), &json!(false)));
    assert!(call["waiting_since"].is_string(), "{call}");
    let waited = home.run(&["wait", "buried", "--until", "parked", "--timeout", "20s"]).await;
    assert_eq!(waited.code, 0, "{}", waited.stderr);
    let mut person = Person::sit_down(&stage, (120, 36));
    person.sees_text("1 need you").await;
    person.leaves().await;
    let answer = home.path("answer.json");
    std::fs::write(&answer, "{}").unwrap();
    let id = call["event_id"].as_str().unwrap();
    let sent = home.run(&["answer", id, "-f", answer.to_str().unwrap()]).await;
    assert_eq!(sent.code, 0, "{}", sent.stderr);
    assert!(stage.client.outstanding_calls(&session).await.unwrap().is_empty());
}

/// A server with a session that waits, and a key that may look and not ask which calls wait.
async fn looked_at() -> (Stage, Home) {
    let dir = tempfile::tempdir().unwrap();
    let tokens = dir.path().join("tokens.toml");
    let text =
        format!("[[token]]\nname = \"looker\"\ntoken = \"{LOOKER}\"\nroles = [\"viewer\"]\n");
    std::fs::write(&tokens, text).unwrap();
    std::fs::set_permissions(&tokens, std::fs::Permissions::from_mode(0o600)).unwrap();
    let stage = Stage::with(dir, |options: &mut Options| options.tokens = Some(tokens)).await;
    buried(&stage).await;
    let home = Home::at(&Server::url(&stage.server), LOOKER);
    (stage, home)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_ask_is_told_so_and_never_that_nothing_waits() {
    let (stage, home) = looked_at().await;
    let needs = "asking needs agent_user";
    let listed = home.run(&["ls", "--json"]).await;
    assert!(listed.stderr.contains(needs), "{}", listed.stderr);
    let listed = listed.json();
    assert_eq!(listed["partial"], true);
    let item = &listed["items"][0];
    assert_eq!(
        (&item["state"], &item["looked"], &item["needs_you"]),
        (&json!("unknown"), &json!(false), &json!(false))
    );
    assert_eq!(home.json(&["ls", "--state", "idle"]).await["items"], json!([]));

    let pending = home.run(&["pending", "--exit-code", "--json"]).await;
    assert_eq!(pending.code, 4, "{}", pending.stderr);
    let value: Value = serde_json::from_str(&pending.stdout).unwrap();
    assert_eq!((&value["items"], &value["partial"]), (&json!([]), &json!(true)));
    let table = home.run(&["pending"]).await;
    let said = format!("{}{}", table.stdout, table.stderr);
    assert!(said.contains("as far as could be asked") && said.contains(needs), "{said}");

    for arguments in [
        &["wait", "buried", "--until", "idle,parked", "--timeout", "20s"][..],
        &["answer", "aev_1", "--error", "no"],
    ] {
        let ran = home.run(arguments).await;
        assert_eq!(ran.code, 4, "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(needs), "{}", ran.stderr);
    }
    stage.server.stop().await;
}
