//! Streams: framing, several readers, replay, and inputs that join a running session (contract
//! sections 3.2 and 5).

use futures_util::StreamExt as _;
use reqwest::Response;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpSocket;

use crate::stage::{Stage, plain_http};

const SESSION: &str = "/v2/agents/rehearsal/sessions/s";

async fn stage() -> Stage {
    let stage = Stage::open().await;
    let agent = stage.agent().await;
    stage.session(&agent, "s").await;
    stage
}

async fn open(stage: &Stage, mut body: Value) -> Response {
    body["stream_response"] = true.into();
    let request = plain_http().post(format!("{}{SESSION}/events", stage.server.url()));
    let request = request.header("x-api-key", stage.server.token().reveal());
    let reply = request.header("content-type", "application/json").body(body.to_string());
    let reply = reply.send().await.unwrap();
    assert_eq!(reply.status(), 201);
    reply
}

fn said(text: &str) -> Value {
    json!({"messages": [{"type": "text", "content": text}]})
}

/// Event names and data of a stream's text.
fn frames(text: &str) -> Vec<(String, Value)> {
    let blocks = text.split("\n\n").filter(|block| !block.is_empty() && !block.starts_with(':'));
    blocks
        .map(|block| {
            let (name, data) = block.split_once('\n').unwrap();
            let name = name.strip_prefix("event:").unwrap().to_owned();
            (name, serde_json::from_str(data.strip_prefix("data:").unwrap()).unwrap())
        })
        .collect()
}

fn names(frames: &[(String, Value)]) -> Vec<&str> {
    frames.iter().map(|(name, _)| name.as_str()).collect()
}

/// Reads until a frame of that name has come whole, and nothing of the next; the text so far.
async fn until(stream: &mut Response, name: &str) -> String {
    let mut text = String::new();
    while !(text.contains(&format!("event:{name}\n")) && text.ends_with("\n\n")) {
        let chunk = stream.chunk().await.unwrap().unwrap();
        text.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    text
}

#[tokio::test]
async fn frames_name_their_type_and_compaction_tells_its_start() {
    let stage = stage().await;
    stage.say(SESSION, "/slow 0\n/say one").await;
    stage.say(SESSION, "/slow 0\n/say two").await;
    let text = open(&stage, json!({"type": "compact"})).await.text().await.unwrap();
    let frames = frames(&text);
    assert_eq!(names(&frames), ["compaction_started", "compaction", "end"]);
    assert!(frames.iter().all(|(name, data)| data["type"] == *name));
}

#[tokio::test]
async fn a_replay_of_any_length_comes_before_the_turn_and_repeats_nothing() {
    let stage = stage().await;
    let thoughts = "/think x\n".repeat(130);
    stage.say(SESSION, &format!("/slow 0\n{thoughts}")).await;
    let mut body = said("/slow 0\n/say now");
    body["since"] = "start".into();
    let text = open(&stage, body).await.text().await.unwrap();
    let frames = frames(&text);
    let mut ids: Vec<_> =
        frames.iter().filter_map(|(_, data)| data["id"].as_str()).map(str::to_owned).collect();
    assert_eq!(ids.len(), 132, "both inputs and all thoughts");
    let stored = stage.events(SESSION, false).await;
    assert_eq!(ids.last().map(String::as_str), stored[stored.len() - 2]["id"].as_str());
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 132, "each once");
    let tail = ["streaming_agent_output", "streaming_agent_output_end", "context_consumed", "end"];
    assert_eq!(names(&frames)[132..], tail);
}

#[tokio::test]
async fn a_replay_speaks_the_language_of_streams_and_a_reply_has_whole_events() {
    let stage = stage().await;
    stage.say(SESSION, "/slow 0\n/say it was said before").await;
    let spoken = stage.events(SESSION, false).await[1]["id"].clone();
    let again = || {
        let mut body = said("/slow 0\n/think now");
        body["since"] = "start".into();
        body
    };
    let frames = frames(&open(&stage, again()).await.text().await.unwrap());
    assert_eq!(
        names(&frames)[..3],
        ["input_message", "streaming_agent_output", "streaming_agent_output_end"]
    );
    assert_eq!(frames[1].1["content"], "it was said before");
    assert_eq!(frames[2].1["event_id"], spoken);
    assert!(frames.iter().all(|(name, _)| name != "agent_output"));
    let reply = stage.ask("POST", &format!("{SESSION}/events"), Some(again())).await;
    assert_eq!(reply["events"][1]["id"], spoken);
    assert_eq!(reply["events"][1]["content"], "it was said before");
}

#[tokio::test]
async fn deleting_under_a_running_turn_is_told_for_what_it_is() {
    for script in ["/slow 0\n/say x\n/pause 600000", "/slow 600000\n/say never heard"] {
        let stage = stage().await;
        let mut running = open(&stage, said(script)).await;
        let begun = until(&mut running, "input_message").await;
        stage.ask("DELETE", SESSION, None).await;
        let rest = frames(&(begun + &running.text().await.unwrap()));
        let told = rest.iter().find(|(name, _)| name == "error").unwrap();
        let words = told.1["messages"][0].as_str().unwrap();
        assert_eq!(words, "ABORTED: the session was deleted while its turn ran");
        assert!(!names(&rest).contains(&"session_interrupted"), "nobody interrupted it");
    }
    let stage = stage().await;
    let events = format!("{SESSION}/events");
    let reply = stage.http("POST", &events, Some(said("/slow 0\n/say x\n/pause 600000")));
    let deletion = async {
        while stage.events(SESSION, false).await.len() < 2 {}
        stage.ask("DELETE", SESSION, None).await
    };
    let ((status, reply), _) = tokio::join!(reply, deletion);
    assert_eq!(status, 409, "{reply}");
    assert!(reply["messages"][0].as_str().unwrap().contains("was deleted"));
}

#[tokio::test]
async fn a_reader_that_stands_still_slows_nobody_and_loses_nothing() {
    let stage = stage().await;
    // More than a socket with so small a window buffers, in few frames.
    let word = "x".repeat(400) + " ";
    let mut body = said(&format!("/slow 0\n/say {}", word.repeat(2_000)));
    body["stream_response"] = true.into();
    let body = body.to_string();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut slow = socket.connect(stage.address()).await.unwrap();
    let key = stage.server.token().reveal();
    let request = format!(
        "POST {SESSION}/events HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-api-key: {key}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    slow.write_all(request.as_bytes()).await.unwrap();
    while stage.events(SESSION, false).await.len() < 2 {}
    stage.server.turns().settle().await;
    stage.say(SESSION, "/slow 0\n/say meanwhile").await;

    let mut reply = String::new();
    slow.read_to_string(&mut reply).await.unwrap();
    assert_eq!(reply.matches("event:streaming_agent_output\n").count(), 2_000);
    assert!(reply.contains("event:end\n"));
}

#[tokio::test]
async fn follow_ups_have_turns_of_their_own_in_order_and_steering_joins() {
    let stage = stage().await;
    let mut running =
        open(&stage, said("/slow 0\n/say first\n/pause 2000\n/say still first")).await;
    let first = until(&mut running, "context_consumed").await;
    let since = frames(&first)[0].1["id"].clone();
    let join = |text: &str, behavior: &str| {
        let mut body = said(text);
        body["since"] = since.clone();
        body["behavior"] = behavior.into();
        body
    };
    let one = open(&stage, join("/slow 0\n/say second", "follow_up")).await;
    let two = open(&stage, join("/slow 0\n/say third", "follow_up")).await;
    let steered = open(&stage, join("/say steered", "steer")).await;
    let (steered, one, two) = (
        frames(&steered.text().await.unwrap()),
        frames(&one.text().await.unwrap()),
        frames(&two.text().await.unwrap()),
    );
    let inputs = |frames: &[(String, Value)]| {
        let inputs = frames.iter().filter(|(name, _)| name == "input_message");
        inputs
            .map(|(_, data)| {
                let text = data["messages"][0]["content"].as_str().unwrap();
                text.split_whitespace().last().unwrap().to_owned()
            })
            .collect::<Vec<_>>()
    };
    // Each reader sees what follows, up to the end of the turn that took its own input.
    assert_eq!(inputs(&steered), ["steered"]);
    assert_eq!(inputs(&one), ["steered", "second"]);
    assert_eq!(inputs(&two), ["steered", "second", "third"]);
    let said: Vec<_> = stage
        .events(SESSION, false)
        .await
        .into_iter()
        .filter(|event| event["type"] == "agent_output")
        .map(|event| event["content"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(said, ["first", "steered", "still first", "second", "third"]);
    let ends = names(&frames(&running.text().await.unwrap())).join(" ");
    assert!(ends.ends_with("end") && ends.contains("streaming_agent_output"));
}

#[tokio::test]
async fn leaving_does_not_stop_the_turn() {
    let stage = stage().await;
    let mut stream = open(&stage, said("/slow 0\n/pause 200\n/say to the end")).await;
    until(&mut stream, "input_message").await;
    drop(stream);
    stage.server.turns().settle().await;
    assert_eq!(stage.events(SESSION, false).await.len(), 2);
}

#[tokio::test]
async fn silence_is_filled_with_comments() {
    let settings = "[limits]\nkeep_alive_ms = 20\n";
    let settings = foretop::internals::server::settings::Settings::parse(settings).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let stage = Stage::with(dir, |options| options.settings = settings).await;
    let agent = stage.agent().await;
    stage.session(&agent, "s").await;
    let stream = open(&stage, said("/slow 0\n/pause 200\n/say x")).await;
    let chunks: Vec<_> = stream.bytes_stream().collect().await;
    let comments = chunks.iter().filter(|chunk| chunk.as_ref().unwrap().starts_with(b":")).count();
    assert!(comments > 0, "{chunks:?}");
}
