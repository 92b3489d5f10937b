//! What every operation says when it fails: only of a write is it ever doubtful whether it was
//! carried out.

use std::sync::Arc;

use super::scripted::{Server, answer, json, status};
use super::{
    AgentQuery, AliasQuery, ArtifactQuery, Client, ClientError, EventQuery, LlmQuery, SessionQuery,
    ToolQuery,
};
use crate::api::input::MessageInput;
use crate::api::session::{NewSession, SessionChanges};
use crate::api::{ArtifactId, EventId, Input, SessionRef};

type Failed = Vec<Option<ClientError>>;

async fn reads(client: &Client) -> Failed {
    let (at, event) = (SessionRef::new("a", "s"), EventId::from("aev_1"));
    let artifact = ArtifactId::from("art_1");
    let listed = r#"{"artifact_id":"art_1","filename":"f","mime_type":"","size_bytes":1,
        "checksum_sha256":"","created_at":"1970-01-01T00:00:00Z",
        "updated_at":"1970-01-01T00:00:00Z"}"#;
    let listed = serde_json::from_str(listed).unwrap();
    vec![
        client.list_agents(&AgentQuery::default()).await.err(),
        client.get_agent(&at.agent).await.err(),
        client.list_sessions(&at.agent, &SessionQuery::default()).await.err(),
        client.get_session(&at).await.err(),
        client.wait_until_visible(&at).await.err(),
        client.list_events(&at, &EventQuery::default()).await.err(),
        client.get_event(&at, &event).await.err(),
        client.outstanding_calls(&at).await.err(),
        client.list_artifacts(&at, &ArtifactQuery::default()).await.err(),
        client.get_artifact(&at, &artifact).await.err(),
        client.list_tools(&ToolQuery::default()).await.err(),
        client.get_tool(&"tol_1".into()).await.err(),
        client.list_llms(&LlmQuery::default()).await.err(),
        client.list_aliases(&AliasQuery::default()).await.err(),
        client.list_traces(&at, 1, None).await.err(),
        client.list_spans("trace", 1, None).await.err(),
        client.open_artifact(&at, &listed).await.err(),
        client.health().await.err(),
    ]
}

/// Those whose answer is not looked into.
const UNREAD: usize = 2;

async fn writes(client: &Client) -> Failed {
    let (at, event) = (SessionRef::new("a", "s"), EventId::from("aev_1"));
    let agent = serde_json::from_str(r#"{"name":"n"}"#).unwrap();
    let (files, sent) = (Vec::new, Arc::default());
    vec![
        client.create_agent(&agent).await.err(),
        client.create_session(&at.agent, &NewSession::default()).await.err(),
        client.update_session(&at, &SessionChanges::default()).await.err(),
        client.hide_event(&at, &event).await.err(),
        client.unhide_event(&at, &event).await.err(),
        client.send_input(&at, &Input::Interrupt).await.err(),
        client.stream_input(&at, &Input::Interrupt).await.err(),
        client.upload(&at, files(), MessageInput::default()).await.err(),
        client.upload_counted(&at, files(), MessageInput::default(), sent).await.err(),
        client.delete_agent(&at.agent).await.err(),
        client.delete_session(&at).await.err(),
        client.delete_event(&at, &event).await.err(),
    ]
}

/// Those whose answer has no content.
const EMPTY: usize = 3;
const READS: usize = 18;
const WRITES: usize = 12;

#[test]
fn no_operation_is_left_out() {
    let sources = [
        include_str!("agents.rs"),
        include_str!("aliases.rs"),
        include_str!("artifacts.rs"),
        include_str!("events.rs"),
        include_str!("health.rs"),
        include_str!("llms.rs"),
        include_str!("sessions.rs"),
        include_str!("tools.rs"),
        include_str!("traces.rs"),
        include_str!("upload.rs"),
    ];
    let count: usize = sources.iter().map(|text| text.matches("pub async fn ").count()).sum();
    assert_eq!(count, READS + WRITES);
}

#[tokio::test]
async fn only_a_write_may_have_been_carried_out() {
    let page = "<!doctype html><title>Console</title>";
    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{";
    // How it fails, and whether every operation does.
    let ways = [
        (status(408, ""), true),
        (status(500, ""), true),
        (status(502, "busy"), true),
        (status(504, ""), true),
        (cut.to_owned(), false),
        (json(200, ""), false),
        (json(200, "{\"half\":"), false),
        (json(200, "no JSON"), false),
        (json(200, "\"x"), false),
        (answer(200, "text/html", page), false),
    ];
    for (way, always) in ways {
        let server = Server::start(std::iter::repeat_n(way.clone(), READS + WRITES)).await;
        let client = server.client().without_repeats();
        let (reads, writes) = (reads(&client).await, writes(&client).await);
        assert_eq!((reads.len(), writes.len()), (READS, WRITES));
        let fail = |of: &Failed, unread| {
            let must = if always { of.len() } else { of.len() - unread };
            assert!(of[..must].iter().all(Option::is_some), "{way}\n{of:?}");
        };
        fail(&reads, UNREAD);
        fail(&writes, EMPTY);
        for error in reads.into_iter().flatten() {
            let text = error.to_string();
            assert!(!error.may_have_happened(), "{way}\n{text}");
            assert!(!text.contains("carried out") && !text.contains("look before"), "{text}");
        }
        for error in writes.into_iter().flatten() {
            assert!(error.may_have_happened(), "{way}\n{error}");
            let text = error.to_string();
            let told = text.contains("look before you repeat it") || text.contains("web page");
            assert!(told || matches!(error, ClientError::BrokenStream { .. }), "{text}");
            assert!(!text.contains("ry again"), "{text}");
        }
    }
}
