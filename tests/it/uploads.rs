//! Files by multipart (contract section 3.1).

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::stage::{Stage, kinds, plain_http};

const SESSION: &str = "/v2/agents/rehearsal/sessions/s";

async fn stage() -> Stage {
    let stage = Stage::open().await;
    let agent = stage.agent().await;
    stage.session(&agent, "s").await;
    stage
}

async fn send(stage: &Stage, path: &str, form: Form) -> (u16, Value) {
    let url = format!("{}{path}/events", stage.server.url());
    let request = plain_http().post(url).header("x-api-key", stage.server.token().reveal());
    let reply = request.multipart(form).send().await.unwrap();
    let status = reply.status().as_u16();
    (status, serde_json::from_str(&reply.text().await.unwrap()).unwrap())
}

fn file(name: &str) -> Part {
    Part::bytes(b"quarterly".to_vec()).file_name(name.to_owned()).mime_str("text/markdown").unwrap()
}

#[tokio::test]
async fn files_alone_run_a_turn_and_can_be_read_back() {
    let stage = stage().await;
    let (status, reply) = send(&stage, SESSION, Form::new().part("files", file("q3.md"))).await;
    assert_eq!(status, 201, "{reply}");
    assert_eq!(kinds(&reply), ["artifact_upload", "agent_output"]);
    let upload = &reply["events"][0];
    assert_eq!(upload["agent_upload_message"], "Uploaded: q3.md (9 B)");
    let id = upload["artifacts"][0]["artifact_id"].as_str().unwrap();

    let artifact = stage.ask("GET", &format!("{SESSION}/artifacts/{id}"), None).await;
    assert_eq!(artifact["data"], "cXVhcnRlcmx5");
    assert_eq!(artifact["mime_type"], "text/markdown");

    assert_eq!(artifact["checksum_sha256"].as_str().unwrap().len(), 64);
    let url = format!("{}{SESSION}/artifacts/{id}/content", stage.server.url());
    let raw = plain_http().get(url).header("x-api-key", stage.server.token().reveal());
    assert_eq!(raw.send().await.unwrap().text().await.unwrap(), "quarterly");
}

#[tokio::test]
async fn words_come_after_the_files_they_are_about() {
    let stage = stage().await;
    let messages = json!([{"type": "text", "content": "/slow 0\n/say read"}]).to_string();
    let messages = Part::text(messages).mime_str("application/json").unwrap();
    let form = Form::new()
        .part("messages", messages)
        .text("message", "ignored beside messages")
        .text("stream_response", "FALSE")
        .part("files", file("a.md"))
        .part("files", file("b.md"));
    let (status, reply) = send(&stage, SESSION, form).await;
    assert_eq!(status, 201, "{reply}");
    assert_eq!(kinds(&reply), ["artifact_upload", "input_message", "agent_output"]);
    assert_eq!(reply["events"][0]["artifacts"].as_array().unwrap().len(), 2);
    assert_eq!(reply["events"][2]["content"], "read");
}

fn typed(json: &str) -> Part {
    Part::text(json.to_owned()).mime_str("application/json; charset=utf-8").unwrap()
}

#[tokio::test]
async fn parts_of_a_json_type_are_json() {
    let stage = stage().await;
    stage.say(SESSION, "/slow 0\n/say before").await;
    let form = Form::new()
        .part("message", typed("\"/slow 0\\n/say \\u00e9\""))
        .part("since", typed("\"start\""))
        .part("behavior", typed("\"steer\""))
        .part("stream_response", typed("false"));
    let (status, reply) = send(&stage, SESSION, form).await;
    assert_eq!(status, 201, "{reply}");
    let kinds = kinds(&reply);
    assert_eq!(kinds, ["input_message", "agent_output", "input_message", "agent_output"]);
    assert_eq!(reply["events"][3]["content"], "é");
    let form = Form::new().text("message", "/slow 0\n/say x").part("since", typed("null"));
    let form = form.part("behavior", typed("null")).part("stream_response", typed("null"));
    assert_eq!(send(&stage, SESSION, form).await.0, 201);

    for (name, json) in [
        ("since", "\"yesterday\""),
        ("since", "start"),
        ("since", "7"),
        ("behavior", "\"shout\""),
        ("behavior", "steer"),
        ("behavior", "[\"steer\"]"),
        ("stream_response", "\"perhaps\""),
        ("stream_response", "1"),
        ("message", "true"),
    ] {
        let form = Form::new().part("files", file("a.md")).part(name, typed(json));
        let (status, reply) = send(&stage, SESSION, form).await;
        assert_eq!(status, 400, "{name} {json}: {reply}");
        assert!(reply["field_errors"][name].is_string(), "{name} {json}: {reply}");
    }
    let streamed = Form::new().text("message", "/say x").part("stream_response", typed("true"));
    let url = format!("{}{SESSION}/events", stage.server.url());
    let request = plain_http().post(url).header("x-api-key", stage.server.token().reveal());
    let reply = request.multipart(streamed).send().await.unwrap();
    assert_eq!(reply.headers()["content-type"], "text/event-stream");
}

#[tokio::test]
async fn what_is_wrong_is_named_and_nothing_is_stored() {
    let stage = stage().await;
    let cases = [
        (Form::new().part("files", file("../../etc/passwd")), "files[0].filename"),
        (Form::new().part("files", file("ok")).part("files", file("..")), "files[1].filename"),
        (Form::new().text("stream_response", "true"), "files"),
        (Form::new().text("message", "x").text("since", "yesterday"), "since"),
        (Form::new().text("message", "x").text("behavior", "shout"), "behavior"),
        (Form::new().text("messages", "[{\"type\": \"text\"}]"), "messages[0]"),
        (Form::new().text("messages", "{"), "messages"),
        (Form::new().text("message", "x").text("stream_response", "perhaps"), "stream_response"),
    ];
    for (form, field) in cases {
        let (status, reply) = send(&stage, SESSION, form).await;
        assert_eq!(status, 400, "{field}: {reply}");
        assert!(reply["field_errors"][field].is_string(), "{field}: {reply}");
    }
    let url = format!("{}{SESSION}/events", stage.server.url());
    let broken =
        "--x\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a\"\r\n\r\nhalf";
    for kind in ["multipart/form-data; boundary=x", "multipart/form-data"] {
        let request = plain_http().post(&url).header("x-api-key", stage.server.token().reveal());
        let request = request.header("content-type", kind).body(broken);
        assert_eq!(request.send().await.unwrap().status(), 400, "{kind}");
    }
    assert!(stage.events(SESSION, true).await.is_empty());
    let files = stage.ask("GET", &format!("{SESSION}/artifacts"), None).await;
    assert_eq!(files["artifacts"], json!([]));
}
