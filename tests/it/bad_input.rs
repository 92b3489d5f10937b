//! Whatever is sent: a refusal in the contract's shape that names the field, and nothing stored.

use std::time::Duration;

use foretop::internals::server::settings::Settings;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::stage::{Stage, plain_http};

const SESSION: &str = "/v2/agents/rehearsal/sessions/s";

async fn stage(settings: &str) -> Stage {
    let settings = Settings::parse(settings).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let stage = Stage::with(dir, |options| options.settings = settings).await;
    let agent = stage.agent().await;
    stage.session(&agent, "s").await;
    stage
}

/// Sends bytes as they are and reads what comes back until the server closes.
async fn raw(stage: &Stage, bytes: &[u8]) -> (u16, Value) {
    let mut stream = TcpStream::connect(stage.address()).await.unwrap();
    // The server may refuse and close before it has read everything.
    let _ = stream.write_all(bytes).await;
    let mut reply = Vec::new();
    let read = stream.read_to_end(&mut reply);
    let _ = tokio::time::timeout(Duration::from_secs(30), read).await.unwrap();
    let text = String::from_utf8_lossy(&reply);
    let status = text.split(' ').nth(1).map_or(0, |status| status.parse().unwrap());
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (status, serde_json::from_str(body).unwrap_or(Value::Null))
}

fn head(stage: &Stage, method: &str, path: &str, headers: &str) -> String {
    let key = stage.server.token().reveal();
    format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-api-key: {key}\r\n{headers}\r\n"
    )
}

async fn post(stage: &Stage, path: &str, body: &[u8]) -> (u16, Value) {
    let length = format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len());
    let mut bytes = head(stage, "POST", path, &length).into_bytes();
    bytes.extend_from_slice(body);
    raw(stage, &bytes).await
}

fn is_in_shape(reply: &Value) -> bool {
    let has_id = reply["request_id"].as_str().is_some_and(|id| id.len() == 32);
    has_id && reply["messages"].as_array().is_some_and(|messages| !messages.is_empty())
}

#[tokio::test]
async fn bodies_that_are_wrong_are_refused_by_field() {
    let stage = stage("").await;
    let events = format!("{SESSION}/events");
    let sessions = "/v2/agents/rehearsal/sessions";
    let deep = format!("{{\"messages\": {}{}}}", "[".repeat(5_000), "]".repeat(5_000));
    let long = json!({"messages": [{"type": "text", "content": "x".repeat(1_000_001)}]});
    let metadata = json!({"metadata": {"x": "y".repeat(70_000)}});
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        (&events, b"{".to_vec(), ""),
        (&events, b"[]".to_vec(), ""),
        (&events, b"{} trailing".to_vec(), ""),
        (&events, b"{\"messages\": \"\xff\xfe\"}".to_vec(), ""),
        (&events, deep.into_bytes(), ""),
        (&events, b"{}".to_vec(), ""),
        (&events, br#"{"messages": []}"#.to_vec(), "messages"),
        (&events, br#"{"messages": [{"type": "song"}]}"#.to_vec(), "messages[0].type"),
        (&events, br#"{"messages": "hi"}"#.to_vec(), "messages"),
        (&events, br#"{"type": "dance"}"#.to_vec(), "type"),
        (&events, br#"{"type": 7}"#.to_vec(), "type"),
        (
            &events,
            br#"{"type": "interrupt", "stream_response": "yes"}"#.to_vec(),
            "stream_response",
        ),
        (
            &events,
            br#"{"messages": [{"type": "text", "content": "x"}], "behavior": "shout"}"#.to_vec(),
            "behavior",
        ),
        (
            &events,
            br#"{"messages": [{"type": "text", "content": "x"}], "since": "aev_no"}"#.to_vec(),
            "since",
        ),
        (&events, br#"{"type": "tool_output", "tool_outputs": [{}]}"#.to_vec(), "tool_outputs[0]"),
        (&events, br#"{"type": "tool_output", "tool_outputs": []}"#.to_vec(), "tool_outputs"),
        (&events, long.to_string().into_bytes(), "messages"),
        (sessions, br#"{"key": "a b"}"#.to_vec(), "key"),
        (sessions, br#"{"key": ""}"#.to_vec(), "key"),
        (sessions, br#"{"name": 7}"#.to_vec(), "name"),
        (sessions, br#"{"tti_minutes": -1}"#.to_vec(), "tti_minutes"),
        (sessions, br#"{"tti_minutes": 18446744073709551615}"#.to_vec(), "tti_minutes"),
        (sessions, br#"{"enabled": "true"}"#.to_vec(), "enabled"),
        (sessions, br#"{"metadata": []}"#.to_vec(), "metadata"),
        (sessions, br#"{"from_session": {}}"#.to_vec(), "from_session"),
        (sessions, metadata.to_string().into_bytes(), "metadata"),
    ];
    for (path, body, field) in cases {
        let (status, reply) = post(&stage, path, &body).await;
        let shown = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
        assert_eq!(status, 400, "{shown}: {reply}");
        assert!(is_in_shape(&reply), "{shown}: {reply}");
        let fields = reply["field_errors"].as_object();
        let named = fields
            .into_iter()
            .flat_map(|fields| fields.keys())
            .any(|found| found == field || field.starts_with(found.as_str()));
        assert!(field.is_empty() || named, "{shown}: {reply}");
    }
    assert!(stage.events(SESSION, true).await.is_empty());
    let page = stage.ask("GET", &format!("{sessions}?limit=100"), None).await;
    assert_eq!(page["sessions"].as_array().unwrap().len(), 1, "nothing was stored");
}

#[tokio::test]
async fn queries_and_paths_that_are_wrong_are_refused_by_name() {
    let stage = stage("").await;
    for (path, field) in [
        ("/v2/agents?limit=0", "limit"),
        ("/v2/agents?limit=101", "limit"),
        ("/v2/agents?limit=ten", "limit"),
        ("/v2/agents?page_key=%ff", ""),
        ("/v2/agents?page_key=bm9uc2Vuc2U", "page_key"),
        ("/v2/agents?filter=(", "filter"),
        ("/v2/agents?filter=(a%7B99999%7D)%7B99999%7D", "filter"),
        ("/v2/agents?enabled=maybe", "enabled"),
        ("/v2/llms?limit=0", "limit"),
        ("/v2/llms?page_key=bm9uc2Vuc2U", "page_key"),
        ("/v2/agents/rehearsal/sessions?metadata_filter=tier%20%3E", "metadata_filter"),
        ("/v2/agents/rehearsal/sessions/s/events?include_hidden=2", "include_hidden"),
        ("/v2/agents/rehearsal/sessions/s/artifacts?sort_by=size", "sort_by"),
        ("/v2/agents/rehearsal/sessions/s/artifacts?order_by=up", "order_by"),
    ] {
        let (status, reply) = stage.http("GET", path, None).await;
        assert!(status == 400 && is_in_shape(&reply), "{path}: {status} {reply}");
        assert!(field.is_empty() || reply["field_errors"][field].is_string(), "{path}: {reply}");
    }
    for path in ["/v2/agents/%ff", "/v2/agents/%00", "/v2/agents/a%2F..%2Fb", "/v2/corpora", "/"] {
        let (status, reply) = raw(&stage, head(&stage, "GET", path, "").as_bytes()).await;
        assert!((400..500).contains(&status) && is_in_shape(&reply), "{path}: {status} {reply}");
    }
    let (status, reply) = stage.http("DELETE", "/v2/agents", None).await;
    assert!(status == 405 && is_in_shape(&reply), "{status} {reply}");
}

#[tokio::test]
async fn bodies_and_heads_have_their_limits() {
    let stage = stage("[limits]\nmax_body_bytes = 1000\nmax_header_bytes = 2000\n").await;
    let events = format!("{SESSION}/events");
    let (status, reply) = post(&stage, &events, &vec![b' '; 1_001]).await;
    assert!(status == 413 && is_in_shape(&reply), "{status} {reply}");
    for size in [3_000, 1_000_000] {
        let header = format!("x-filler: {}\r\n", "x".repeat(size));
        let request = head(&stage, "GET", "/v2/agents", &header);
        let (status, reply) = raw(&stage, request.as_bytes()).await;
        assert!(status == 431 && is_in_shape(&reply), "{size}: {status} {reply}");
    }
    let short = "content-type: application/json\r\ncontent-length: 100\r\n";
    let mut stream = TcpStream::connect(stage.address()).await.unwrap();
    let cut = head(&stage, "POST", &events, short) + "{\"messages\": [";
    stream.write_all(cut.as_bytes()).await.unwrap();
    drop(stream);
    let request = plain_http().post(format!("{}{events}", stage.server.url()));
    let request = request.header("x-api-key", stage.server.token().reveal());
    let reply = request.header("content-type", "text/plain").body("hi").send().await.unwrap();
    assert_eq!(reply.status(), 400);
    assert!(stage.events(SESSION, true).await.is_empty());
}

#[tokio::test]
async fn a_client_that_dawdles_is_let_go() {
    let stage = stage("[limits]\nheader_timeout_ms = 100\nbody_timeout_ms = 100\n").await;
    let (status, _) = raw(&stage, b"GET /v2/agents HTTP/1.1\r\nx-slow: ").await;
    assert!(status == 0 || status == 408, "{status}");
    let half = "content-type: application/json\r\ncontent-length: 100\r\n";
    let half = head(&stage, "POST", &format!("{SESSION}/events"), half) + "{";
    let (status, reply) = raw(&stage, half.as_bytes()).await;
    assert!(status == 408 && is_in_shape(&reply), "{status} {reply}");
}

#[tokio::test]
async fn a_deadline_ends_the_reply_and_not_the_turn() {
    let stage = stage("").await;
    let url = format!("{}{SESSION}/events", stage.server.url());
    let send = |script: &str, streamed: bool, header: &'static str, value: &'static str| {
        let body = json!({"messages": [{"type": "text", "content": script}],
            "stream_response": streamed});
        let request = plain_http().post(&url).header("x-api-key", stage.server.token().reveal());
        request
            .header(header, value)
            .header("content-type", "application/json")
            .body(body.to_string())
    };
    let script = "/slow 0\n/pause 2000\n/say late";
    let reply = send(script, false, "request-timeout-millis", "700").send().await.unwrap();
    assert_eq!(reply.status(), 504);
    assert!(is_in_shape(&serde_json::from_str(&reply.text().await.unwrap()).unwrap()));
    stage.server.turns().settle().await;
    assert_eq!(stage.events(SESSION, false).await.len(), 2, "the turn went on");

    let reply = send(script, true, "request-timeout-millis", "700").send().await.unwrap();
    let text = reply.text().await.unwrap();
    assert!(text.contains("event:input_message") && !text.contains("event:end"), "{text}");
    let last = text.trim_end().rsplit("\n\n").next().unwrap();
    assert!(last.starts_with("event:error\n") && last.contains("DEADLINE_EXCEEDED"), "{last}");
    stage.server.turns().settle().await;
    assert_eq!(stage.events(SESSION, false).await.len(), 4);
    // One that is over in time ends as ever.
    let reply = send("/slow 0\n/say x", true, "request-timeout", "60").send().await.unwrap();
    let text = reply.text().await.unwrap();
    assert!(text.ends_with("}\n\n") && text.contains("event:end"), "{text}");
    assert!(!text.contains("event:error"), "{text}");

    for value in ["0", "-1", "soon"] {
        let reply = send("/say x", false, "request-timeout", value).send().await.unwrap();
        assert_eq!(reply.status(), 400, "{value}");
    }
}

#[tokio::test]
async fn what_is_required_is_required_and_empty_is_no_choice() {
    let stage = stage("").await;
    for query in
        ["artifacts?sort_by=", "artifacts?order_by=", "events?include_hidden=", "events?limit="]
    {
        let (status, reply) = stage.http("GET", &format!("{SESSION}/{query}"), None).await;
        assert_eq!(status, 400, "{query}: {reply}");
        assert_eq!(reply["field_errors"].as_object().unwrap().len(), 1, "{query}");
    }
    assert_eq!(stage.http("GET", "/v2/agents?enabled=", None).await.0, 400);
    assert_eq!(stage.http("GET", "/v2/agents?filter=", None).await.0, 200, "any text fits");
    let sessions = SESSION.rsplit_once('/').unwrap().0;
    assert_eq!(stage.http("POST", sessions, None).await.0, 400, "without a body");
    assert_eq!(stage.http("POST", sessions, Some(json!({}))).await.0, 201);
    let agent = json!({"name": "A", "tool_configurations": {}, "model": {}});
    let (status, reply) = stage.http("POST", "/v2/agents", Some(agent)).await;
    assert_eq!((status, &reply["field_errors"]["model.name"]), (400, &json!("is required")));

    let key = stage.server.token().reveal();
    let two = |other: &str| {
        let request = plain_http().get(format!("{}/v2/agents", stage.server.url()));
        request.header("x-api-key", key).header("x-api-key", other)
    };
    assert_eq!(two("another-key-altogether").send().await.unwrap().status(), 400);
    assert_eq!(two(key).send().await.unwrap().status(), 200, "the same twice is one");
}

#[tokio::test]
async fn what_is_refused_before_it_is_routed_has_a_body_too() {
    let stage = stage("").await;
    let key = stage.server.token().reveal();
    let long =
        |length: usize| format!("GET /v2/agents?filter={} HTTP/1.1\r\n\r\n", "a".repeat(length));
    for (request, wanted) in [
        ("GET /v2/agents HTTP/1.1\r\nno colon\r\n\r\n".to_owned(), 400),
        ("GET http:///x HTTP/1.1\r\n\r\n".to_owned(), 400),
        ("GET /v2/agents HTTP/3.0\r\n\r\n".to_owned(), 400),
        ("\u{16}\u{3}\u{1} \r\n\r\n".to_owned(), 400),
        (
            "POST /v2/agents HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n".to_owned(),
            400,
        ),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), 400),
        ("OPTIONS * HTTP/1.1\r\n\r\n".to_owned(), 401),
        (long(300_000), 414),
        (long(100_000), 401),
        (format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(70_000)), 414),
        (format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(1_100)), 431),
        (format!("GET / HTTP/1.1\r\na: {}\r\n\r\n", "b".repeat(300_000)), 431),
        (head(&stage, "GET", "/v2/nothing", ""), 404),
        (head(&stage, "PUT", "/v2/agents", ""), 405),
        (head(&stage, "CONNECT", "x:80", ""), 404),
        (
            head(&stage, "POST", "/v2/agents", "content-type: text/html\r\ncontent-length: 0\r\n"),
            400,
        ),
        (
            head(
                &stage,
                "POST",
                &format!("{SESSION}/events"),
                "content-type: multipart/form-data\r\ncontent-length: 0\r\n",
            ),
            400,
        ),
    ] {
        // Without this the server waits for another request.
        let request = request.replacen("\r\n\r\n", "\r\nconnection: close\r\n\r\n", 1);
        let (status, reply) = raw(&stage, request.as_bytes()).await;
        let shown = &request[..request.len().min(60)];
        assert_eq!(status, wanted, "{shown:?}: {reply}");
        assert!(is_in_shape(&reply), "{shown:?}: {reply}");
    }
    // After a request that was fine, on the same connection, and sent ahead.
    let two = format!("GET /v2/agents HTTP/1.1\r\nx-api-key: {key}\r\n\r\nnonsense\r\n\r\n");
    let mut stream = TcpStream::connect(stage.address()).await.unwrap();
    stream.write_all(two.as_bytes()).await.unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.unwrap();
    assert!(reply.starts_with("HTTP/1.1 200 "), "{reply}");
    assert!(reply.contains("}HTTP/1.1 400 Bad Request\r\n"), "{reply}");
    assert!(reply.ends_with('}') && reply.contains("request line cannot be read"), "{reply}");
}

#[tokio::test]
async fn filters_of_any_script_fit_into_a_url() {
    let stage = stage("").await;
    let sessions = "/v2/agents/rehearsal/sessions";
    // As long as they may be, each character as long as one can be in a URL.
    let filter = format!("{}|^.*$", "🎉".repeat(7_990));
    let metadata = format!("note IS NULL OR note = '{}'", "🎉".repeat(7_970));
    let mut url = reqwest::Url::parse("http://x").unwrap();
    url.query_pairs_mut().append_pair("filter", &filter).append_pair("metadata_filter", &metadata);
    let path = format!("{sessions}?{}", url.query().unwrap());
    assert!(path.len() > 190_000, "{}", path.len());
    let (status, reply) = raw(&stage, head(&stage, "GET", &path, "").as_bytes()).await;
    assert_eq!(status, 200, "{reply}");
    assert_eq!(reply["sessions"].as_array().unwrap().len(), 1);
    let wrong = format!("{path}%28");
    let (status, reply) = raw(&stage, head(&stage, "GET", &wrong, "").as_bytes()).await;
    assert!(status == 400 && reply["field_errors"]["metadata_filter"].is_string(), "{reply}");
}
