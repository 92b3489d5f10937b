//! What leaves as a file comes back as it was: `export`, `events`, and the screen on what they wrote.

use std::path::Path;

use foretop::internals::archive::{Archive, Reader};
use foretop::internals::model::Timeline;
use foretop::internals::model::timeline::Counts;
use serde_json::{Value, json};

use crate::stage::{Stage, say};
use crate::verbs::Home;

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_the_same_each_time_and_holds_no_key() {
    let stage = Stage::open().await;
    let agent = stage.agent().await;
    let session = stage.session(&agent, "out").await;
    let key = "zut_0123456789abcdefghij";
    stage.client.send_input(&session, &say(&format!("/say the key is {key}"))).await.unwrap();
    let home = Home::of(&stage);
    for format in ["md", "jsonl", "html"] {
        let one = home.run(&["export", "out", "--format", format]).await;
        let two = home.run(&["export", "out", "--format", format]).await;
        assert_eq!(one.code, 0, "{}", one.stderr);
        assert_eq!(one.stdout, two.stdout);
        assert!(one.stdout.contains("the key is [redacted]"), "{}", one.stdout);
        assert!(!one.stdout.contains(key));
    }
    let open = ["export", "out", "--format", "jsonl", "--reveal-secrets", "--yes"];
    let lines = home.run(&open).await.stdout;
    assert!(lines.contains(key));
    let first: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(first["session"]["key"], "out");
}

/// What `open` makes of a file.
fn opened(path: &Path) -> Timeline {
    let archive = Archive::open(path).unwrap();
    let mut reader = Reader::new(&archive);
    let first = reader.next_chunk().unwrap();
    let direction = reader.preamble().unwrap().direction;
    let mut timeline = Timeline::of_file(archive.clone(), direction);
    let mut next = first;
    while let Some(chunk) = next {
        timeline.absorb_chunk(chunk);
        next = reader.next_chunk().unwrap();
    }
    timeline
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_agent_sees_comes_back_from_every_form_in_lines() {
    let stage = Stage::with(tempfile::tempdir().unwrap(), |o| o.demo_seed = Some(7)).await;
    let home = Home::of(&stage);
    let path = home.path("session.jsonl");
    let live = Counts { in_context: 28, compacted: 12, hidden: 2 };
    for arguments in [
        &["export", "refund-4411", "--format", "jsonl"][..],
        &["events", "refund-4411", "--hidden", "--jsonl"],
    ] {
        let ran = home.run(arguments).await;
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        std::fs::write(&path, &ran.stdout).unwrap();
        let timeline = opened(&path);
        assert!(timeline.tells_context(), "{arguments:?}");
        assert_eq!(timeline.counts(), live, "{arguments:?}");
        // As it was written before: the mark beside the event.
        let apart = ran.stdout.lines().map(|line| {
            let mut event: Value = serde_json::from_str(line).unwrap();
            let hidden = event.as_object_mut().unwrap().remove("hidden");
            hidden
                .map_or(event.clone(), |hidden| json!({"hidden": hidden, "event": event}))
                .to_string()
        });
        std::fs::write(&path, apart.collect::<Vec<_>>().join("\n")).unwrap();
        assert_eq!(opened(&path).counts(), live, "{arguments:?}, the older form");
    }
    // Where hidden events are left out, nothing claims that there were none.
    for arguments in [
        &["export", "refund-4411", "--format", "jsonl", "--visible"][..],
        &["events", "refund-4411", "--jsonl"],
    ] {
        std::fs::write(&path, home.run(arguments).await.stdout).unwrap();
        assert!(!opened(&path).tells_context(), "{arguments:?}");
    }
    for format in ["md", "html"] {
        let text = home.run(&["export", "refund-4411", "--format", format]).await.stdout;
        assert_eq!(text.matches("hidden from the agent").count(), 2, "{format}");
        assert_eq!(text.matches("the agent sees a summary").count(), 12, "{format}");
    }
}

/// Where the sentence on stderr says that a copy is.
fn copy_in(stderr: &str) -> std::path::PathBuf {
    let path = stderr.split_whitespace().find(|word| word.contains("/deleted/")).unwrap();
    path.trim_end_matches([';', ',']).into()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_deleted_is_copied_whole_before_unless_nobody_wants_that() {
    let stage = Stage::with(tempfile::tempdir().unwrap(), |o| o.demo_seed = Some(7)).await;
    let home = Home::of(&stage);
    let refused = home.run(&["rm", "refund-4411", "--no-input"]).await;
    assert_ne!(refused.code, 0, "it asks");
    let ran = home.run(&["rm", "refund-4411", "--yes"]).await;
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "deleted support/refund-4411\n"));
    let copy = copy_in(&ran.stderr);
    let timeline = opened(&copy.join("session.jsonl"));
    let live = Counts { in_context: 28, compacted: 12, hidden: 2 };
    assert_eq!(timeline.counts(), live, "hidden events, too");
    let files = std::fs::read_dir(copy.join("files")).unwrap().count();
    assert_eq!(files, 3, "and its files");
    assert_eq!(home.run(&["show", "refund-4411"]).await.code, 3, "it is gone");
    let dry = home.run(&["rm", "tender-draft", "--dry-run"]).await;
    assert!(!dry.stderr.contains("/deleted/"), "nothing is written for what is not sent");
    let without = home.run(&["rm", "tender-draft", "--yes", "--no-backup"]).await;
    assert_eq!(without.code, 0, "{}", without.stderr);
    assert!(!without.stderr.contains("/deleted/"), "{}", without.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_event_is_shown_whole_and_goes_for_good_with_a_copy() {
    let stage = Stage::open().await;
    let agent = stage.agent().await;
    let session = stage.session(&agent, "out").await;
    stage.client.send_input(&session, &say("/say the very words")).await.unwrap();
    let home = Home::of(&stage);
    let events = home.run(&["events", "out", "--type", "agent_output", "--json"]).await.json();
    let id = events["items"][0]["id"].as_str().unwrap();
    let shown = home.run(&["event", "out", id]).await;
    assert!(shown.stdout.contains("\"content\": \"the very words\""), "{}", shown.stdout);
    assert_eq!(home.run(&["event", "out", id, "--json"]).await.json()["event"]["id"], id);
    let asks = home.run(&["events", "rm", "out", id, "--no-input"]).await;
    assert_ne!(asks.code, 0);
    let ran = home.run(&["events", "rm", "out", id, "--yes"]).await;
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let copy = std::fs::read_to_string(copy_in(&ran.stderr)).unwrap();
    assert!(copy.contains("the very words") && copy.lines().count() == 1, "{copy}");
    assert_ne!(home.run(&["event", "out", id]).await.code, 0, "it is gone");
    let list = home.run(&["events", "out"]).await;
    assert_eq!(list.code, 0, "the list is a verb as before");
}
