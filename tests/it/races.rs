//! Input beside input: whatever meets, each is taken once, and nothing is refused for having met.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::stage::{Stage, plain_http};

const SESSION: &str = "/v2/agents/rehearsal/sessions/s";
const AT_ONCE: usize = 60;

async fn stage() -> Stage {
    let stage = Stage::open().await;
    let agent = stage.agent().await;
    stage.session(&agent, "s").await;
    stage
}

fn said(number: usize) -> Value {
    json!({"messages": [{"type": "text", "content": format!("/slow 0\n/say {number}")}]})
}

/// All events of the session, oldest first.
async fn history(stage: &Stage) -> Vec<Value> {
    let (mut events, mut key) = (Vec::new(), String::new());
    loop {
        let path = format!("{SESSION}/events?limit=100&include_hidden=true{key}");
        let page = stage.ask("GET", &path, None).await;
        events.extend(page["events"].as_array().unwrap().clone());
        match page["metadata"]["page_key"].as_str() {
            Some(next) => key = format!("&page_key={next}"),
            None => break,
        }
    }
    events.reverse();
    events
}

/// How often each number was said by somebody, and by the agent.
fn counts(events: &[Value]) -> (BTreeMap<usize, usize>, BTreeMap<usize, usize>) {
    let (mut asked, mut answered) = (BTreeMap::new(), BTreeMap::new());
    for event in events {
        if event["type"] == "input_message" {
            let text = event["messages"][0]["content"].as_str().unwrap();
            let number = text.rsplit(' ').next().unwrap().parse().unwrap();
            *asked.entry(number).or_insert(0) += 1;
        } else if event["type"] == "agent_output" {
            let number = event["content"].as_str().unwrap().parse().unwrap();
            *answered.entry(number).or_insert(0) += 1;
        }
    }
    (asked, answered)
}

fn once(numbers: usize) -> BTreeMap<usize, usize> {
    (0..numbers).map(|number| (number, 1)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_messages_at_once_are_all_taken_once_whatever_their_behavior() {
    for behavior in [json!("steer"), json!("follow_up"), Value::Null] {
        let stage = stage().await;
        let sent = (0..AT_ONCE).map(|number| {
            let (stage, behavior) = (&stage, behavior.clone());
            async move {
                let mut body = said(number);
                body["since"] = json!("start");
                if !behavior.is_null() {
                    body["behavior"] = behavior;
                }
                stage.http("POST", &format!("{SESSION}/events"), Some(body)).await
            }
        });
        for (status, reply) in join_all(sent).await {
            assert_eq!(status, 201, "{behavior}: {reply}");
        }
        let events = history(&stage).await;
        assert_eq!(counts(&events), (once(AT_ONCE), once(AT_ONCE)), "{behavior}");
        if behavior == "follow_up" {
            // Each gets a turn of its own, one after the other.
            for turn in events.chunks(2) {
                assert_eq!(
                    (&turn[0]["type"], &turn[1]["type"]),
                    (&json!("input_message"), &json!("agent_output"))
                );
                let (asked, answered) = counts(turn);
                assert_eq!(asked, answered);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_uploads_at_once_are_all_taken_once() {
    let stage = stage().await;
    let sent = (0..AT_ONCE).map(|number| {
        let stage = &stage;
        async move {
            let name = format!("{number}.txt");
            let form = Form::new()
                .text("since", "start")
                .text("behavior", "steer")
                .part("files", Part::bytes(name.clone().into_bytes()).file_name(name));
            let request = plain_http().post(format!("{}{SESSION}/events", stage.server.url()));
            let request = request.header("x-api-key", stage.server.token().reveal());
            let reply = request.multipart(form).send().await.unwrap();
            let status = reply.status().as_u16();
            assert_eq!(status, 201, "{}", reply.text().await.unwrap());
        }
    });
    join_all(sent).await;
    let mut names: Vec<String> = Vec::new();
    for event in history(&stage).await {
        for file in event["artifacts"].as_array().unwrap_or(&Vec::new()) {
            names.push(file["filename"].as_str().unwrap().to_owned());
        }
    }
    names.sort();
    let mut expected: Vec<_> = (0..AT_ONCE).map(|number| format!("{number}.txt")).collect();
    expected.sort();
    assert_eq!(names, expected);
    let (mut files, mut key) = (0, String::new());
    loop {
        let page = stage.ask("GET", &format!("{SESSION}/artifacts?limit=100{key}"), None).await;
        files += page["artifacts"].as_array().unwrap().len();
        match page["metadata"]["page_key"].as_str() {
            Some(next) => key = format!("&page_key={next}"),
            None => break,
        }
    }
    assert_eq!(files, AT_ONCE, "none is stored twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn compactions_beside_messages_are_never_in_each_others_way() {
    let stage = stage().await;
    for number in 0..4 {
        stage.ask("POST", &format!("{SESSION}/events"), Some(said(number))).await;
    }
    let sent = (4..AT_ONCE).map(|number| {
        let stage = &stage;
        async move {
            let body = if number % 8 == 0 {
                json!({"type": "compact"})
            } else {
                let mut body = said(number);
                body["since"] = json!("start");
                body
            };
            let compacts = body["type"] == "compact";
            (compacts, stage.http("POST", &format!("{SESSION}/events"), Some(body)).await)
        }
    });
    for (compacts, (status, reply)) in join_all(sent).await {
        // A compaction that finds nothing left before what is kept is a bad request.
        assert!(status == 201 || (compacts && status == 400), "{status} {reply}");
    }
    let (asked, answered) = counts(&history(&stage).await);
    assert_eq!(asked, answered);
    assert_eq!(asked.len(), (0..AT_ONCE).filter(|n| *n < 4 || n % 8 != 0).count());
    assert!(asked.values().all(|count| *count == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_answered_once_however_many_answer_at_once() {
    let stage = stage().await;
    stage.say(SESSION, "/slow 0\n/call write_file {}\n/say 0").await;
    let calls = stage.ask("GET", &format!("{SESSION}/outstanding_client_tool_calls"), None).await;
    let id = &calls["client_tool_calls"][0]["event_id"];
    let answer = json!({"type": "tool_output", "tool_outputs": [
        {"type": "success", "event_id": id, "output": {}}]});
    // Words beside the answers neither take its place nor withdraw the call.
    let sent = (0..20).map(|number| {
        let (stage, answer) = (&stage, answer.clone());
        async move {
            let body = if number % 2 == 0 { answer } else { said(number) };
            stage.http("POST", &format!("{SESSION}/events"), Some(body)).await.0
        }
    });
    let statuses = join_all(sent).await;
    let taken = statuses.iter().step_by(2).filter(|status| **status == 201).count();
    assert_eq!(taken, 1, "{statuses:?}");
    let events = history(&stage).await;
    let count = |kind: &str| events.iter().filter(|event| event["type"] == kind).count();
    assert_eq!(count("tool_output"), 1);
    assert_eq!(events.iter().filter(|event| event["content"] == "0").count(), 1);
}
