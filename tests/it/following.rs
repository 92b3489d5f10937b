//! `tail` and `send`: what they print is new, and nothing is taken for new that is not.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use crate::fault_proxy::{Fault, FaultProxy};
use crate::stage::{Stage, say};
use crate::verbs::Home;

async fn stage_with_turns(turns: usize) -> (Stage, foretop::api::SessionRef) {
    let stage = Stage::open().await;
    let agent = stage.agent().await;
    let session = stage.session(&agent, "long").await;
    for turn in 0..turns {
        stage.client.send_input(&session, &say(&format!("/say turn {turn} is old"))).await.unwrap();
    }
    (stage, session)
}

#[tokio::test(flavor = "multi_thread")]
async fn following_begins_with_so_many_and_never_goes_back() {
    let (stage, session) = stage_with_turns(12).await;
    let home = Home::of(&stage);
    let told = home.run(&["tail", "long", "--last", "3"]).await.stdout;
    // A line of its own says which day it is by whose clock.
    assert_eq!(told.lines().count(), 1 + 3, "{told}");
    let mut command = home.command(&["tail", "-f", "long", "--last", "3", "--jsonl"]);
    let mut tail = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(tail.stdout.take().unwrap()).lines();
    let (told, mut hears) = tokio::sync::mpsc::unbounded_channel();
    std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| told.send(line)));
    for _ in 0..3 {
        assert!(hears.recv().await.unwrap().contains("is old"));
    }
    // Twenty older events are in every listing that it asks for from now on.
    stage.client.send_input(&session, &say("/say the news")).await.unwrap();
    let first = hears.recv().await.unwrap();
    assert!(first.contains("/say the news"), "{first}");
    tail.kill().unwrap();
    tail.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_is_what_came_after_the_input_whatever_the_stream_did() {
    let (stage, _session) = stage_with_turns(3).await;
    let proxy = FaultProxy::before(&stage.server.url()).await;
    let home = Home::at(&proxy.url, stage.server.token().reveal());
    for cut in [180, 260, 400, 700] {
        proxy.judge(
            move |line| {
                if line.starts_with("POST") { Fault::CutAfter(cut) } else { Fault::Pass }
            },
        );
        let said = format!("/say fresh words {cut}");
        let ran = home.run(&["send", "long", &said]).await;
        assert!(!ran.stdout.contains("is old"), "{cut}: {}", ran.stdout);
        assert!(!ran.stdout.contains("/say"), "{cut}: {}", ran.stdout);
        if ran.code == 0 {
            assert!(ran.stdout.contains(&format!("fresh words {cut}")), "{cut}: {}", ran.stdout);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_came_that_is_said_and_is_no_success() {
    let (stage, _session) = stage_with_turns(2).await;
    let proxy = FaultProxy::before(&stage.server.url()).await;
    let home = Home::at(&proxy.url, stage.server.token().reveal());
    for body in ["", "data:{\"type\":\"end\"}\n\n"] {
        let reply = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {}\r\n\
             connection: close\r\n\r\n{body}",
            body.len()
        );
        proxy.judge(move |line| {
            if line.starts_with("POST") { Fault::Reply(reply.clone()) } else { Fault::Pass }
        });
        let ran = home.run(&["send", "long", "hello"]).await;
        assert_eq!((ran.code, &*ran.stdout), (7, ""), "{}", ran.stderr);
        assert!(ran.stderr.contains("nothing came of it"), "{}", ran.stderr);
    }
}
