//! Numbers come back from the server as they were written, whatever a double would make of them.

use serde_json::{Value, json};

use crate::stage::{Stage, plain_http};

/// None of these survives a double, or its way of writing.
const NUMBERS: &str = r#"{"long":123456789012345678901234567890,"fine":0.10000000000000000555,"big":1E5,"nothing":-0,"money":84.20,"huge":-1e400,"deep":[{"n":[18446744073709551616,1.0]}]}"#;

const SESSIONS: &str = "/v2/agents/exact/sessions";

impl Stage {
    /// As text in and out, so that no parser of this test is in between.
    async fn text(&self, method: &str, path: &str, body: &str) -> String {
        let url = format!("{}{path}", self.server.url());
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let request = plain_http()
            .request(method, url)
            .header("x-api-key", self.server.token().reveal())
            .header("content-type", "application/json")
            .body(body.to_owned());
        let reply = request.send().await.unwrap();
        let status = reply.status();
        let text = reply.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        text
    }

    async fn exact_agent(&self) {
        let tool = format!(
            r#"{{"type":"client","name":"ask","description":"d","input_schema":{{"type":"object"}},
                "output_schema":{{"properties":{{"n":{{"type":"integer","minimum":5}}}}}},
                "metadata":{NUMBERS}}}"#
        );
        let tool = self.text("POST", "/v2/tools", &tool).await;
        assert_holds(&tool, 1);
        let tool: Value = serde_json::from_str(&tool).unwrap();
        let agent = format!(
            r#"{{"key":"exact","name":"E","metadata":{NUMBERS},
                "model":{{"name":"m","parameters":{NUMBERS}}},"tool_configurations":{{
                "fetch":{{"type":"web_get"}},
                "ask":{{"type":"client","tool_id":{},"argument_override":{{"limits":{NUMBERS}}}}}}}}}"#,
            tool["id"]
        );
        assert_holds(&self.text("POST", "/v2/agents", &agent).await, 3);
    }
}

#[track_caller]
fn assert_holds(text: &str, times: usize) {
    assert_eq!(text.matches(NUMBERS).count(), times, "{text}");
}

fn said(text: &str) -> String {
    json!({"messages": [{"type": "text", "content": text}]}).to_string()
}

#[tokio::test]
async fn documents_keep_their_numbers_through_every_change() {
    let stage = Stage::open().await;
    stage.exact_agent().await;
    let agent = "/v2/agents/exact";
    assert_holds(&stage.text("PATCH", agent, r#"{"description":"d"}"#).await, 3);
    let more = format!(r#"{{"model":{{"parameters":{NUMBERS}}},"metadata":{NUMBERS}}}"#);
    assert_holds(&stage.text("PATCH", agent, &more).await, 3);
    assert_holds(&stage.text("GET", agent, "").await, 3);
    assert_holds(&stage.text("GET", "/v2/agents", "").await, 3);
    let tools = stage.text("GET", "/v2/tools", "").await;
    assert_holds(&tools, 1);
    let tools: Value = serde_json::from_str(&tools).unwrap();
    let tool = format!("/v2/tools/{}", tools["tools"][0]["id"].as_str().unwrap());
    assert_holds(&stage.text("PATCH", &tool, r#"{"title":"t"}"#).await, 1);

    let new = format!(r#"{{"key":"s","metadata":{NUMBERS}}}"#);
    assert_holds(&stage.text("POST", SESSIONS, &new).await, 1);
    let session = format!("{SESSIONS}/s");
    assert_holds(&stage.text("PATCH", &session, r#"{"name":"n"}"#).await, 1);
    assert_holds(&stage.text("PATCH", &session, &format!(r#"{{"metadata":{NUMBERS}}}"#)).await, 1);
    assert_holds(&stage.text("GET", &session, "").await, 1);
    for (filter, count) in [
        ("long = 123456789012345678901234567890", 1),
        ("long = 123456789012345678901234567891", 0),
        ("fine = 0.1", 0),
        ("big = 100000 AND nothing = 0 AND money = 84.2 AND huge < 0", 1),
    ] {
        let mut url = reqwest::Url::parse("http://x").unwrap();
        url.query_pairs_mut().append_pair("metadata_filter", filter);
        let path = format!("{SESSIONS}?{}", url.query().unwrap());
        assert_holds(&stage.text("GET", &path, "").await, count);
    }
}

#[tokio::test]
async fn calls_and_their_outputs_keep_their_numbers() {
    let stage = Stage::open().await;
    stage.exact_agent().await;
    stage.text("POST", SESSIONS, r#"{"key":"s"}"#).await;
    let (session, events) = (format!("{SESSIONS}/s"), format!("{SESSIONS}/s/events"));
    let script = format!(
        "/slow 0\n/call fetch {NUMBERS}\n/json made {NUMBERS}\n/call ask {NUMBERS}\n\
         /json made {NUMBERS}\n/call ask {{}}"
    );
    // What the tool got and gave back with its override, the structured output, the client's call
    // in its event and in what is pending with the override.
    let reply = stage.text("POST", &events, &said(&script)).await;
    assert!(reply.matches(NUMBERS).count() >= 5, "{reply}");
    let waiting = stage.text("GET", &format!("{session}/outstanding_client_tool_calls"), "").await;
    let arguments = &NUMBERS[..NUMBERS.len() - 1];
    assert!(waiting.contains(&format!(r#"{arguments},"limits":{NUMBERS}}}"#)), "{waiting}");

    let calls: Value = serde_json::from_str(&waiting).unwrap();
    let id = calls["client_tool_calls"][0]["event_id"].as_str().unwrap();
    let answer = |item: &str| format!(r#"{{"type":"tool_output","tool_outputs":[{item}]}}"#);
    let output = format!(r#"{{"n":123456789012345678901234567890,"all":{NUMBERS}}}"#);
    let success = answer(&format!(r#"{{"type":"success","event_id":"{id}","output":{output}}}"#));
    let resumed = stage.text("POST", &events, &success).await;
    assert!(resumed.contains(&format!(r#""tool_output":{output}"#)), "{resumed}");
    assert!(
        resumed.contains(&format!(r#""content":{NUMBERS}"#)),
        "the rest of the plan: {resumed}"
    );

    let waiting = stage.text("GET", &format!("{session}/outstanding_client_tool_calls"), "").await;
    let calls: Value = serde_json::from_str(&waiting).unwrap();
    let id = calls["client_tool_calls"][0]["event_id"].as_str().unwrap();
    let error = answer(&format!(r#"{{"type":"error","event_id":"{id}","error":{NUMBERS}}}"#));
    assert!(stage.text("POST", &events, &error).await.contains(NUMBERS));

    let fork = r#"{"key":"f","from_session":{"session_key":"s"}}"#;
    stage.text("POST", SESSIONS, fork).await;
    let listed = stage.text("GET", &format!("{events}?limit=100"), "").await;
    let copied = stage.text("GET", &format!("{SESSIONS}/f/events?limit=100"), "").await;
    let count = listed.matches(NUMBERS).count();
    assert!(count >= 7, "{listed}");
    assert_holds(&copied, count);
}

#[tokio::test]
async fn an_output_is_checked_with_all_its_digits() {
    let stage = Stage::open().await;
    stage.exact_agent().await;
    stage.text("POST", SESSIONS, r#"{"key":"s"}"#).await;
    stage.text("POST", &format!("{SESSIONS}/s/events"), &said("/call ask")).await;
    let waiting = format!("{SESSIONS}/s/outstanding_client_tool_calls");
    let calls = stage.ask("GET", &waiting, None).await;
    let id = calls["client_tool_calls"][0]["event_id"].clone();
    for number in ["4", "5.5", "-123456789012345678901234567890", "\"5\""] {
        let n: Value = serde_json::from_str(number).unwrap();
        let body = json!({"type": "tool_output", "tool_outputs": [
            {"type": "success", "event_id": id, "output": {"n": n}}]});
        let (status, reply) = stage.http("POST", &format!("{SESSIONS}/s/events"), Some(body)).await;
        assert_eq!(status, 400, "{number}: {reply}");
        assert!(reply["field_errors"]["tool_outputs[0].output.n"].is_string(), "{reply}");
    }
}
