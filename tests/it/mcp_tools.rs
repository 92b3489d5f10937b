//! Tools of MCP servers over the API: listed, not to be changed, named by agents, ended with the server.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use foretop::internals::server::reading;
use foretop::internals::server::tools::file;
use rustix::process::{Pid, test_kill_process};
use serde_json::json;

use crate::stage::Stage;

/// Says its process id to a file, and two tools to whoever asks.
const STUB: &str = r#"
echo $$ > id.new; mv id.new id
while read -r line; do
    id=$(printf '%s' "$line" | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
    case "$line" in
    *'"method":"initialize"'*)
        result='{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"}}' ;;
    *'"method":"tools/list"'*)
        result='{"tools":[{"name":"read_file","description":"Reads.","inputSchema":{"type":"object","properties":{"path":{"type":"string"}}}},{"name":"write","inputSchema":{"type":"object"}}]}' ;;
    *) continue ;;
    esac
    printf '{"jsonrpc":"2.0","id":%s,"result":%s}\n' "$id" "$result"
done
"#;

async fn stage() -> (Stage, tempfile::TempDir) {
    let work = tempfile::tempdir().unwrap();
    std::fs::write(work.path().join("stub.sh"), STUB).unwrap();
    let text = "[mcp]\nfiles = { command = [\"sh\", \"stub.sh\"] }";
    let tools = reading::read(text, |reader, table| file::read(reader, table, work.path()));
    let tools = tools.unwrap();
    let stage =
        Stage::with(tempfile::tempdir().unwrap(), |options| options.tools = Arc::new(tools));
    (stage.await, work)
}

fn is_alive(id: &str) -> bool {
    let id = Pid::from_raw(id.trim().parse().unwrap()).unwrap();
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", id.as_raw_nonzero()));
    test_kill_process(id).is_ok() && !stat.is_ok_and(|stat| stat.contains(") Z"))
}

fn id(work: &Path) -> Option<String> {
    std::fs::read_to_string(work.join("id")).ok()
}

#[tokio::test]
async fn they_are_listed_among_the_others_and_cannot_be_changed() {
    let (stage, work) = stage().await;
    let own = json!({"type": "client", "name": "zebra", "description": "Mine"});
    stage.ask("POST", "/v2/tools", Some(own)).await;
    let others = stage.ask("GET", "/v2/tools?type=client", None).await;
    assert_eq!(others["tools"].as_array().unwrap().len(), 1);
    assert_eq!(id(work.path()), None, "nobody asked for it");
    let all = stage.ask("GET", "/v2/tools", None).await;
    let ids: Vec<_> =
        all["tools"].as_array().unwrap().iter().map(|tool| tool["id"].as_str().unwrap()).collect();
    assert_eq!(ids[..2], ["tol_mcp_files_read_file", "tol_mcp_files_write"]);
    assert!(ids[2].starts_with("tol_zebra"), "{ids:?}");
    let first = stage.ask("GET", "/v2/tools?limit=1", None).await;
    let key = first["metadata"]["page_key"].as_str().unwrap();
    let second = stage.ask("GET", &format!("/v2/tools?limit=1&page_key={key}"), None).await;
    assert_eq!(second["tools"][0]["id"], "tol_mcp_files_write");
    let mcp = stage.ask("GET", "/v2/tools?type=mcp&filter=Reads", None).await;
    assert_eq!(mcp["tools"].as_array().unwrap().len(), 1);
    let one = stage.ask("GET", "/v2/tools/tol_mcp_files_read_file", None).await;
    assert_eq!((&one["type"], &one["description"]), (&json!("mcp"), &json!("Reads.")));
    assert_eq!(one["input_schema"]["properties"]["path"]["type"], "string");
    assert_eq!(stage.http("GET", "/v2/tools/tol_mcp_files_none", None).await.0, 404);
    let change = Some(json!({"description": "Other"}));
    for (method, body) in [("PATCH", change), ("DELETE", None)] {
        let (status, reply) = stage.http(method, "/v2/tools/tol_mcp_files_read_file", body).await;
        assert_eq!(status, 409, "{reply}");
        assert!(reply.to_string().contains("configuration of this server"), "{reply}");
    }
    let agent = json!({"key": "reader", "name": "Reader", "model": {"name": "m"}, "tool_configurations": {
        "read": {"type": "mcp", "tool_id": "tol_mcp_files_read_file"}}});
    let agent = stage.ask("POST", "/v2/agents", Some(agent)).await;
    assert_eq!(agent["tool_configurations"]["read"]["tool_id"], "tol_mcp_files_read_file");
}

#[tokio::test]
async fn its_program_ends_with_the_server() {
    let (stage, work) = stage().await;
    stage.ask("GET", "/v2/tools", None).await;
    let id = id(work.path()).unwrap();
    assert!(is_alive(&id));
    stage.server.stop().await;
    while is_alive(&id) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
