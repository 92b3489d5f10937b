//! Listings for people: within the columns of a terminal, in colours, and in a pager where they are
//! longer than it; whole where nobody looks.

use foretop::api::NewAgent;
use serde_json::json;
use unicode_width::UnicodeWidthStr as _;

use crate::stage::{Stage, say};
use crate::verbs::{Home, ran};

const WIDE: &str =
    "夜勤のセッション 4411 が終わりました。詳しくは記録を見てください 👩‍👩‍👧 and in the end a tail";

/// A session that waits, with texts and arguments that are longer than a terminal is wide.
async fn scene() -> (Stage, Home) {
    let stage = Stage::open().await;
    let agent: NewAgent = serde_json::from_value(json!({
        "key": "night-shift", "name": "Night shift", "metadata": {"foretop_pace_ms": 0},
        "tool_configurations": {"write_file": {"type": "client", "tool_id": "tol_1"}}
    }))
    .unwrap();
    let agent = stage.client.create_agent(&agent).await.unwrap().key;
    let session = stage.session(&agent, "a-session-with-a-rather-long-key").await;
    stage.client.send_input(&session, &say(&format!("/say {WIDE}"))).await.unwrap();
    let call = json!({"path": "/srv/where/the/file/goes", "text": WIDE, "mode": "0644"});
    stage.client.send_input(&session, &say(&format!("/call write_file {call}"))).await.unwrap();
    let home = Home::of(&stage);
    (stage, home)
}

fn without_styles(text: &str) -> String {
    let mut pieces = text.split('\u{1b}');
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |out, piece| out + piece.split_once('m').map_or(piece, |(_, rest)| rest))
}

#[tokio::test(flavor = "multi_thread")]
async fn listings_fit_the_terminal_and_show_what_matters() {
    let (_stage, home) = scene().await;
    let whole = home.json(&["events", "a-session"]).await;
    let ids: Vec<&str> = whole["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["id"].as_str().unwrap())
        .collect();
    for columns in [80, 60, 40] {
        for (arguments, shows) in [
            (&["events", "a-session"][..], "夜勤の"),
            (&["pending"], "{\"path\":"),
            (&["ls"], "write_file"),
            (&["artifact", "ls", "a-session"], ""),
        ] {
            let (code, shown) = home.shown((50, columns), &[], arguments).await;
            let shown = without_styles(&shown);
            assert_eq!(code, 0, "{shown}");
            assert!(shown.contains(shows), "{arguments:?} in {columns}:\n{shown}");
            for line in shown.lines() {
                assert!(line.width() <= usize::from(columns), "{columns}: {line:?}\n{shown}");
            }
        }
        let (_, shown) = home.shown((50, columns), &[], &["events", "a-session"]).await;
        assert!(ids.iter().all(|id| !shown.contains(id)), "{shown}");
        let short = shown.split_whitespace().find(|word| word.starts_with("aev_")).unwrap();
        let event = home.run(&["event", "a-session", short]).await;
        assert_eq!(event.code, 0, "the beginning is a name: {}", event.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipe_and_a_wide_table_get_everything() {
    let (_stage, home) = scene().await;
    let json = home.json(&["events", "a-session"]).await;
    let id = json["items"][1]["id"].as_str().unwrap();
    let piped = home.run(&["events", "a-session"]).await.stdout;
    let wide = home.shown((50, 80), &[], &["events", "a-session", "-o", "wide"]).await.1;
    for text in [&piped, &wide] {
        assert!(text.contains(id) && text.contains("and in the end a tail"), "{text}");
    }
    assert!(wide.contains("SIZE") && !piped.contains("SIZE"), "{wide}");
    let pending = home.shown((50, 80), &[], &["pending", "-o", "wide"]).await.1;
    assert!(pending.contains("\"mode\":\"0644\""), "{pending}");
}

#[tokio::test(flavor = "multi_thread")]
async fn colours_are_an_addition_that_is_asked_for_or_usual() {
    let (_stage, home) = scene().await;
    let plain = home.run(&["ls"]).await.stdout;
    assert!(plain.contains("parked") && !plain.contains('\u{1b}'), "{plain}");
    let colored = home.run(&["ls", "--color", "always"]).await.stdout;
    assert!(colored.contains("\u{1b}[1;33mparked\u{1b}[0m"), "{colored:?}");
    assert_eq!(without_styles(&colored), plain);
    for (variables, arguments, colours) in [
        (&[("CLICOLOR_FORCE", "1")][..], &["ls"][..], true),
        (&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], &["ls"], false),
        (&[("CLICOLOR_FORCE", "1")], &["ls", "--color", "never"], false),
        (&[("CLICOLOR_FORCE", "1")], &["ls", "--json"], false),
        (&[("CLICOLOR_FORCE", "1")], &["ls", "-o", "csv"], false),
    ] {
        let mut command = home.command(arguments);
        command.envs(variables.iter().copied());
        let said = ran(command, "").await.stdout;
        assert_eq!(said.contains('\u{1b}'), colours, "{variables:?} {arguments:?}: {said:?}");
    }
    for (variable, colours) in [("CLICOLOR=1", true), ("CLICOLOR=0", false), ("NO_COLOR=1", false)]
    {
        let (_, shown) = home.shown((50, 80), &[variable], &["ls"]).await;
        assert_eq!(shown.contains('\u{1b}'), colours, "{variable}: {shown:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_longer_than_the_screen_is_read_in_the_pager() {
    let (_stage, home) = scene().await;
    let file = home.path("paged");
    let taken = || std::fs::read_to_string(&file).ok();
    let pager = format!("FORETOP_PAGER=sh -c 'cat > {}; echo LEFT'", file.display());
    let events = ["events", "a-session"];
    let whole = home.shown((50, 80), &[&pager], &events).await;
    assert!(taken().is_none() && whole.1.contains("TIME UTC"), "it fits: {whole:?}");

    for arguments in [&events[..], &["show", "a-session"], &["help", "ls"], &["ls", "--help"]] {
        let (code, shown) = home.shown((4, 80), &[&pager], arguments).await;
        assert_eq!((code, shown.as_str()), (0, "LEFT\n"), "{arguments:?}");
        assert!(taken().is_some_and(|text| text.lines().count() >= 4), "{arguments:?}");
        std::fs::remove_file(&file).unwrap();
    }
    for arguments in [
        &["events", "a-session", "--no-pager"][..],
        &["events", "a-session", "--json"],
        &["events", "a-session", "-o", "csv"],
        &["--no-pager", "ls", "--help"],
        &["tail", "a-session"],
    ] {
        let (code, shown) = home.shown((4, 80), &[&pager], arguments).await;
        assert!(code == 0 && taken().is_none(), "{arguments:?}");
        assert!(shown.lines().count() >= 4, "{arguments:?}: {shown}");
    }
    assert_eq!(home.run(&events).await.code, 0, "nobody reads a pipe");
    assert!(taken().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pager_that_is_left_or_missing_changes_no_outcome() {
    let (_stage, home) = scene().await;
    for (pager, shows) in [
        ("FORETOP_PAGER=head -n 1", "TIME UTC"),
        ("FORETOP_PAGER=false", ""),
        ("FORETOP_PAGER=/nowhere/pager", "agent_output"),
        ("FORETOP_PAGER=sh -c 'exit 127'", "agent_output"),
        ("FORETOP_PAGER=", "agent_output"),
        ("FORETOP_PAGER=less 'open", "agent_output"),
    ] {
        let arguments = ["events", "a-session", "-o", "wide"];
        let (code, shown) = home.shown((4, 80), &[pager], &arguments).await;
        assert!(code == 0 && shown.contains(shows), "{pager}: {shown}");
    }
    // A session that is named wrongly fails as ever.
    assert_eq!(home.shown((4, 80), &["FORETOP_PAGER=cat"], &["show", "nobody"]).await.0, 3);
}
