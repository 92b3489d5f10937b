//! MCP servers that behave and that do not, as child processes and over HTTP.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::server::reading;
use crate::server::tools::tests::{Desk, configuration, configured, why};
use crate::server::tools::{Done, Tools};

/// Speaks the protocol line by line. Its tools do what they are called.
const STUB: &str = r#"
echo started >> "starts"
answer() { printf '{"jsonrpc":"2.0","id":%s,"result":%s}\n' "$id" "$1"; }
while read -r line; do
    id=$(printf '%s' "$line" | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
    case "$line" in
    *'"method":"initialize"'*)
        answer '{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"stub","version":"1"}}' ;;
    *'"method":"tools/list"'*)
        answer '{"tools":[{"name":"echo","title":"Echo","description":"Says it again.","inputSchema":{"type":"object","properties":{"share":{"type":"number","minimum":0.5}}}},{"name":"die","inputSchema":{"type":"object"}}]}' ;;
    *'"name":"echo"'*)
        answer '{"content":[{"type":"text","text":"one"},{"type":"text","text":"two","annotations":{"priority":0.5}}]}' ;;
    *'"name":"structured"'*)
        answer '{"content":[{"type":"text","text":"{}"}],"structuredContent":{"share":84.20}}' ;;
    *'"name":"image"'*)
        answer '{"content":[{"type":"image","data":"iVBORw0KGgo=","mimeType":"image/png"}]}' ;;
    *'"name":"fails"'*) answer '{"content":[{"type":"text","text":"no such order"}],"isError":true}' ;;
    *'"name":"refuses"'*)
        printf '{"jsonrpc":"2.0","id":%s,"error":{"code":-32602,"message":"order is missing"}}\n' "$id" ;;
    *'"name":"environment"'*)
        answer "{\"content\":[{\"type\":\"text\",\"text\":\"$(env | sed 's/=.*//' | sort | tr '\n' ' ')\"}]}" ;;
    *'"name":"die"'*) echo "key sk-abcdefghijklmnopqrst" >&2; exit 3 ;;
    *'"name":"flood"'*) head -c 20000000 /dev/zero | tr '\0' x ;;
    *'"name":"noise"'*) echo 'no json'; echo '{"jsonrpc":"2.0","id":999,"result":{}}'; answer '{"content":[]}' ;;
    *'"name":"large"'*)
        answer "{\"content\":[{\"type\":\"text\",\"text\":\"$(head -c 2000000 /dev/zero | tr '\0' x)\"}]}" ;;
    *'"name":"silent"'*) ;;
    esac
done
"#;

fn stub(desk: &Desk, more: &str) -> Tools {
    std::fs::write(desk.dir.path().join("stub.sh"), STUB).unwrap();
    configured(&format!("[mcp.stub]\ncommand = [\"sh\", \"stub.sh\"]\n{more}"), desk.dir.path())
}

fn starts(desk: &Desk) -> usize {
    std::fs::read_to_string(desk.dir.path().join("starts")).map_or(0, |text| text.lines().count())
}

async fn call(desk: &Desk, tools: &Tools, tool: &str, arguments: Value) -> Done {
    let tool = json!({"type": "mcp", "tool_id": format!("tol_mcp_stub_{tool}")});
    desk.run(tools, tool, arguments).await
}

#[tokio::test]
async fn a_server_starts_at_its_first_use_and_answers_as_its_tools_do() {
    let desk = Desk::new().await;
    let tools = stub(&desk, "");
    assert_eq!(starts(&desk), 0);
    let echo = call(&desk, &tools, "echo", json!({"a": 1.5})).await;
    assert_eq!(
        (echo.failure, &echo.output["content"]),
        (None, &json!("one\ntwo")),
        "{:?}",
        echo.output
    );
    let structured = call(&desk, &tools, "structured", json!({})).await;
    assert_eq!(serde_json::to_string(&structured.output).unwrap(), r#"{"share":84.20}"#);
    let image = call(&desk, &tools, "image", json!({})).await;
    let file = &image.output["artifacts"][0];
    assert_eq!(
        (&file["filename"], &file["mime_type"]),
        (&json!("image-1.png"), &json!("image/png"))
    );
    assert_eq!(desk.bytes(file["artifact_id"].as_str().unwrap()).await, b"\x89PNG\r\n\x1a\n");
    assert_eq!(
        why(&call(&desk, &tools, "fails", json!({})).await, "execution_error"),
        "no such order"
    );
    assert_eq!(
        why(&call(&desk, &tools, "refuses", json!({})).await, "invalid_input"),
        "order is missing"
    );
    assert_eq!(call(&desk, &tools, "noise", json!({})).await.failure, None);
    let environment = call(&desk, &tools, "environment", json!({})).await;
    let names = environment.output["content"].as_str().unwrap();
    assert!(names.contains("PATH") && !names.contains("CARGO"), "{names}");
    assert_eq!(starts(&desk), 1);
    tools.close().await;
    why(&call(&desk, &tools, "echo", json!({})).await, "execution_error");
}

#[tokio::test]
async fn what_a_server_has_is_offered_and_listed() {
    let desk = Desk::new().await;
    let tools = stub(&desk, "tools = [\"echo\", \"later\"]");
    let tool = |id: &str| configuration(json!({"type": "mcp", "tool_id": id}));
    let unasked = tools.offer("e", &tool("tol_mcp_stub_echo")).unwrap();
    assert!(unasked.description.contains("has not said"), "{}", unasked.description);
    let agent = json!({"key": "a", "name": "A", "tool_configurations": {
        "e": {"type": "mcp", "tool_id": "tol_mcp_stub_echo"}}});
    tools.prepare(&serde_json::from_value(agent).unwrap()).await;
    let offer = tools.offer("e", &tool("tol_mcp_stub_echo")).unwrap();
    assert_eq!((offer.name.as_str(), offer.description.as_str()), ("e", "Says it again."));
    assert_eq!(offer.schema["properties"]["share"]["minimum"], json!(0.5));
    let listed = tools.listed().await;
    let ids: Vec<_> = listed.iter().map(|tool| tool.id.as_str()).collect();
    assert_eq!(ids, ["tol_mcp_stub_echo"], "die is not let through");
    assert_eq!(
        (listed[0].kind.as_str(), &listed[0].metadata["mcp_server"]),
        ("mcp", &json!("stub"))
    );
    let filtered = why(&call(&desk, &tools, "die", json!({})).await, "invalid_configuration");
    assert!(filtered.contains("no MCP tool tol_mcp_stub_die"), "{filtered}");
    let near = why(&call(&desk, &tools, "echoo", json!({})).await, "invalid_configuration");
    assert!(near.contains("did you mean \"tol_mcp_stub_echo\"?"), "{near}");
    assert_eq!(starts(&desk), 1);
}

#[tokio::test]
async fn a_server_that_dies_is_started_once_more_and_then_left_alone() {
    let desk = Desk::new().await;
    let tools = stub(&desk, "");
    assert_eq!(call(&desk, &tools, "echo", json!({})).await.failure, None);
    let died = why(&call(&desk, &tools, "die", json!({})).await, "dependency_failed");
    assert!(died.contains("(exit 3)") && died.contains("may have been done or not"), "{died}");
    assert!(!died.contains("sk-"), "{died}");
    assert_eq!(call(&desk, &tools, "echo", json!({})).await.failure, None);
    assert_eq!(starts(&desk), 2);
    for _ in 0..2 {
        why(&call(&desk, &tools, "die", json!({})).await, "dependency_failed");
    }
    let alone = why(&call(&desk, &tools, "echo", json!({})).await, "dependency_failed");
    assert!(alone.contains("failed 2 times in a row") && alone.contains("left alone"), "{alone}");
    assert_eq!(starts(&desk), 3);
}

#[tokio::test]
async fn a_server_that_floods_or_never_answers_is_an_error_in_time() {
    let desk = Desk::new().await;
    let tools = stub(&desk, "timeout_seconds = 0.5");
    let silent = why(&call(&desk, &tools, "silent", json!({})).await, "timeout");
    assert!(silent.contains("had not answered after 0.5 s"), "{silent}");
    assert_eq!(call(&desk, &tools, "echo", json!({})).await.failure, None, "it goes on");
    assert_eq!(starts(&desk), 1);
    let tools = stub(&desk, "timeout_seconds = 60");
    let flood = why(&call(&desk, &tools, "flood", json!({})).await, "dependency_failed");
    assert!(flood.contains("it floods its output"), "{flood}");
    let large = why(&call(&desk, &tools, "large", json!({})).await, "execution_error");
    assert!(large.contains("1.9M") && large.contains("1.0M"), "{large}");
}

#[tokio::test]
async fn what_does_not_start_says_why() {
    let desk = Desk::new().await;
    for (command, wanted) in [
        ("[\"./no-such-server\"]", "there is no file"),
        ("[\"sh\", \"-c\", \"exit 7\"]", "exit 7"),
        ("[\"sh\", \"-c\", \"echo hello; sleep 600\"]", "had not started after 0.5 s"),
    ] {
        let toml = format!("[mcp.stub]\ncommand = {command}\nstart_seconds = 0.5");
        let tools = configured(&toml, desk.dir.path());
        let done = call(&desk, &tools, "echo", json!({})).await;
        let why = done.output["error"].as_str().unwrap();
        assert!(why.contains(wanted), "{why}");
        assert!(tools.listed().await.is_empty());
    }
}

#[tokio::test]
async fn calls_go_side_by_side_within_their_bound() {
    let desk = Desk::new().await;
    let tools = stub(&desk, "parallel = 2");
    let calls = (0..6).map(|_| call(&desk, &tools, "echo", json!({})));
    for done in futures_util::future::join_all(calls).await {
        assert_eq!(done.failure, None, "{:?}", done.output);
    }
    assert_eq!(starts(&desk), 1);
}

#[tokio::test]
async fn a_server_is_reached_over_http_too() {
    use axum::Json;
    use axum::http::{HeaderMap, StatusCode};
    use axum::response::IntoResponse as _;
    use axum::routing::post;

    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let answer = post(move |headers: HeaderMap, Json(request): Json<Value>| async move {
        assert_eq!(headers.get("x-key").unwrap(), "secret-token");
        let result = match request["method"].as_str().unwrap() {
            "initialize" => json!({
                "protocolVersion": "2025-06-18", "capabilities": {"tools": {}},
                "serverInfo": {"name": "stub", "version": "1"},
            }),
            "tools/list" => json!({"tools": [{"name": "echo", "inputSchema": {"type": "object"}}]}),
            "tools/call" if request["params"]["name"] == "broken" => {
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            }
            "tools/call" => {
                count.fetch_add(1, Ordering::Relaxed);
                json!({"content": [{"type": "text", "text": request["params"]["arguments"]["word"]}]})
            }
            _ => return StatusCode::ACCEPTED.into_response(),
        };
        Json(json!({"jsonrpc": "2.0", "id": request["id"], "result": result})).into_response()
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let site = axum::Router::new().route("/mcp", answer);
    tokio::spawn(axum::serve(listener, site).into_future());

    let desk = Desk::new().await;
    let toml = format!(
        "[mcp.stub]\nurl = \"http://127.0.0.1:{port}/mcp\"\nheaders_env = {{ X-Key = \"TOKEN\" }}"
    );
    let environment = |name: &str| (name == "TOKEN").then(|| "secret-token".to_owned());
    let read = reading::read(&toml, |file, whole| {
        super::super::file::read_with(file, whole, desk.dir.path(), &environment)
    });
    let tools = read.unwrap();
    let echo = call(&desk, &tools, "echo", json!({"word": "over HTTP"})).await;
    assert_eq!(
        (echo.failure, &echo.output["content"]),
        (None, &json!("over HTTP")),
        "{:?}",
        echo.output
    );
    let broken = why(&call(&desk, &tools, "broken", json!({})).await, "dependency_failed");
    assert!(broken.contains("500") && !broken.contains("secret-token"), "{broken}");
    assert_eq!(call(&desk, &tools, "echo", json!({"word": "again"})).await.failure, None);
    assert_eq!(asked.load(Ordering::Relaxed), 2);
    tools.close().await;
}
