//! What a failure advises, followed: the command that it names does what it says.

use serde_json::json;

use crate::stage::Stage;
use crate::verbs::{Home, Ran};

/// The commands that a sentence names, as arguments.
fn advised(ran: &Ran) -> Vec<Vec<String>> {
    let quoted = ran.stderr.split('`').skip(1).step_by(2);
    let words = |text: &str| text.split(' ').skip(1).map(str::to_owned).collect();
    quoted.filter(|text| text.starts_with("foretop ")).map(words).collect()
}

async fn follow(home: &Home, arguments: &[String]) -> Ran {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    home.run(&arguments).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parked_session_refuses_a_message_before_it_is_sent_and_names_the_answer() {
    let stage = Stage::open().await;
    let agent = stage.agent().await;
    stage.session(&agent, "parked").await;
    let home = Home::of(&stage);
    std::fs::write(home.path("FILE"), r#"{"ok": true}"#).unwrap();
    let path = "/v2/agents/rehearsal/sessions/parked";
    for verb in [
        &["send", "parked", "hello"][..],
        &["steer", "parked", "hello"],
        &["upload", "parked", "FILE"],
    ] {
        home.json(&["send", "parked", r#"/call write_file {"path": "/a"}"#]).await;
        let before = stage.events(path, true).await.len();
        let refused = home.run(verb).await;
        assert_eq!(refused.code, 5, "{verb:?}: {}", refused.stderr);
        assert!(refused.stderr.contains("nothing was sent"), "{}", refused.stderr);
        assert!(!refused.stderr.contains("steer"), "{}", refused.stderr);
        assert_eq!(stage.events(path, true).await.len(), before, "{verb:?}");
        let [answer, pending] = &advised(&refused)[..] else { panic!("{}", refused.stderr) };
        assert_eq!(follow(&home, pending).await.code, 0);
        let answered = follow(&home, answer).await;
        assert_eq!(answered.code, 0, "{answer:?}: {}", answered.stderr);
        let again = home.run(verb).await;
        assert_eq!(again.code, 0, "{verb:?}: {}", again.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_session_names_what_enables_it() {
    let stage = Stage::open().await;
    let agent = stage.agent().await;
    stage.session(&agent, "off").await;
    let home = Home::of(&stage);
    stage.ask("PATCH", "/v2/agents/rehearsal/sessions/off", Some(json!({"enabled": false}))).await;
    for verb in [&["send", "off", "x"][..], &["steer", "off", "x"], &["compact", "off"]] {
        let refused = home.run(verb).await;
        assert_eq!(refused.code, 5, "{verb:?}: {}", refused.stderr);
        assert!(refused.stderr.contains("disabled"), "{}", refused.stderr);
    }
    let refused = home.run(&["send", "off", "x"]).await;
    let [enable] = &advised(&refused)[..] else { panic!("{}", refused.stderr) };
    assert_eq!(follow(&home, enable).await.code, 0);
    assert_eq!(home.run(&["send", "off", "/say x"]).await.code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_run_is_not_interrupted() {
    let stage = Stage::open().await;
    let agent = stage.agent().await;
    stage.session(&agent, "still").await;
    let home = Home::of(&stage);
    for said in ["", "/say hello"] {
        if !said.is_empty() {
            home.json(&["send", "still", said]).await;
        }
        let refused = home.run(&["interrupt", "still"]).await;
        assert_eq!(refused.code, 5, "{}", refused.stderr);
        assert!(refused.stderr.contains("does not run"), "{}", refused.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_turn_is_steered_as_advised() {
    let stage = Stage::open().await;
    let agent = stage.agent().await;
    stage.session(&agent, "busy").await;
    let home = Home::of(&stage);
    let slow = home.run(&["send", "busy", "--detach", "/slow 3000\n/say one two three"]).await;
    assert_eq!(slow.code, 0, "{}", slow.stderr);
    let refused = home.run(&["send", "busy", "more"]).await;
    assert_eq!(refused.code, 5, "{}", refused.stderr);
    let first = advised(&refused).into_iter().next().unwrap();
    let arguments = [first, vec!["busy".into(), "--detach".into(), "/say more".into()]].concat();
    assert_eq!(follow(&home, &arguments).await.code, 0, "{arguments:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_in_which_nothing_passes_does_not_advise_another_session() {
    let stage = Stage::open().await;
    let agent = stage.agent().await;
    let home = Home::of(&stage);
    let empty = home.run(&["ls"]).await;
    assert!((empty.stdout + &empty.stderr).contains("foretop new"));
    stage.session(&agent, "one").await;
    for narrowed in [&["ls", "--state", "parked"][..], &["ls", "--filter", "nothing"]] {
        let listed = home.run(narrowed).await;
        let said = listed.stdout + &listed.stderr;
        assert!(said.contains("no session passes; without --state"), "{said}");
        assert!(!said.contains("foretop new"), "{said}");
    }
}
