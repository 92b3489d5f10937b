//! The embedded server as its clients see it, through the real client and a real socket.

use std::collections::HashSet;
use std::net::SocketAddr;

use foretop::api::event::EventBody;
use foretop::api::frame::StreamOnly;
use foretop::api::input::{Behavior, Since, ToolAnswer, ToolOutputInput};
use foretop::api::session::SessionChanges;
use foretop::api::{Event, EventId, Frame, Input, Object, SessionRef, SessionStatus};
use foretop::client::{ArtifactQuery, ClientError, EventQuery};
use foretop::internals::server::store::OpenError;
use foretop::internals::server::{Options, Server, StartError};
use futures_util::{StreamExt as _, pin_mut};

use crate::stage::{Stage, say};

async fn frames(stage: &Stage, session: &SessionRef, input: &Input) -> Vec<Frame> {
    let stream = stage.client.stream_input(session, input).await.unwrap();
    stream.map(Result::unwrap).collect().await
}

fn kinds(frames: &[Frame]) -> Vec<&str> {
    frames.iter().map(Frame::kind).collect()
}

async fn listed(stage: &Stage, session: &SessionRef, include_hidden: bool) -> Vec<Event> {
    let query = EventQuery { include_hidden, limit: Some(100), page_key: None };
    stage.client.list_events(session, &query).await.unwrap().items
}

#[tokio::test]
async fn a_plain_turn_streams_chunks_and_stores_whole_events() {
    let stage = Stage::open().await;
    let session = stage.session(&stage.agent().await, "s").await;
    let frames = frames(&stage, &session, &say("/slow 0\n/think a plan\n/say two words")).await;
    assert_eq!(
        kinds(&frames),
        [
            "input_message",
            "streaming_thinking",
            "streaming_thinking",
            "streaming_thinking_end",
            "thinking",
            "streaming_agent_output",
            "streaming_agent_output",
            "streaming_agent_output_end",
            "context_consumed",
            "end"
        ]
    );
    let stored = listed(&stage, &session, false).await;
    let kinds: Vec<_> = stored.iter().map(|event| &*event.kind).collect();
    assert_eq!(kinds, ["agent_output", "thinking", "input_message"], "newest first");
    let ended = frames.iter().find_map(|frame| match frame {
        Frame::Only(StreamOnly::AgentTextEnd { event_id, .. }) => event_id.clone(),
        _ => None,
    });
    assert_eq!(ended, stored[0].id, "the stream names the stored event");
    let now = stage.client.get_session(&session).await.unwrap();
    assert_eq!(now.status, Some(SessionStatus::Stopped));
}

#[tokio::test]
async fn parallel_client_calls_park_and_resume_with_what_was_planned() {
    let stage = Stage::open().await;
    let session = stage.session(&stage.agent().await, "s").await;
    let script =
        "/slow 0\n/call write_file {\"path\": \"/a\"}\n/call notify {\"text\": \"hi\"}\n/say after";
    let frames = frames(&stage, &session, &say(script)).await;
    let kinds = kinds(&frames);
    assert_eq!(kinds, ["input_message", "tool_input", "tool_input", "client_tool_pending", "end"]);

    let calls = stage.client.outstanding_calls(&session).await.unwrap();
    assert_eq!(calls.len(), 2);
    let arguments = calls[1].arguments.to_value();
    assert_eq!(arguments["channel"], "ops", "overrides are merged in");
    let success =
        |id: &EventId| ToolAnswer::Success { event_id: id.clone(), output: Object::new().into() };

    let part = ToolOutputInput { tool_outputs: vec![success(&calls[0].event_id)] };
    let refused = stage.client.send_input(&session, &Input::ToolOutput(part)).await.unwrap_err();
    assert_eq!(refused.status(), Some(400));
    assert!(refused.details().iter().any(|line| line.contains("notify")), "{refused:?}");
    assert!(refused.request_id().is_some_and(|id| id.len() == 32));

    let both = calls.iter().map(|call| success(&call.event_id)).collect();
    let answers = Input::ToolOutput(ToolOutputInput { tool_outputs: both });
    let reply = stage.client.send_input(&session, &answers).await.unwrap();
    let kinds: Vec<_> = reply.events.iter().map(|event| &*event.kind).collect();
    assert_eq!(kinds, ["tool_output", "tool_output", "agent_output"]);
    assert!(stage.client.outstanding_calls(&session).await.unwrap().is_empty());
    let late = stage.client.send_input(&session, &answers).await.unwrap_err();
    assert_eq!(late.status(), Some(400), "a call is answered once");
}

#[tokio::test]
async fn hiding_is_visible_everywhere_and_can_be_undone() {
    let stage = Stage::open().await;
    let session = stage.session(&stage.agent().await, "s").await;
    stage.client.send_input(&session, &say("/slow 0\n/say a text of some length")).await.unwrap();
    let id = listed(&stage, &session, false).await[0].id.clone().unwrap();

    stage.client.hide_event(&session, &id).await.unwrap();
    stage.client.hide_event(&session, &id).await.unwrap();
    assert_eq!(listed(&stage, &session, false).await.len(), 1);
    let all = listed(&stage, &session, true).await;
    assert_eq!(all.len(), 2);
    assert!(all.iter().all(|event| event.hide_reason.is_none()), "off the wire by default");

    stage.client.unhide_event(&session, &id).await.unwrap();
    assert_eq!(listed(&stage, &session, false).await.len(), 2);
    let unknown = stage.client.hide_event(&session, &"aev_nope".into()).await.unwrap_err();
    assert_eq!(unknown.status(), Some(404));
}

#[tokio::test]
async fn an_interrupt_ends_the_turn_and_keeps_what_was_said() {
    let stage = Stage::open().await;
    let session = stage.session(&stage.agent().await, "s").await;
    let input = say("/slow 5\n/say one\n/pause 600000");
    let stream = stage.client.stream_input(&session, &input).await.unwrap();
    pin_mut!(stream);
    let mut seen = Vec::new();
    while let Some(frame) = stream.next().await {
        let frame = frame.unwrap();
        if frame.kind() == "context_consumed" {
            stage.client.send_input(&session, &Input::Interrupt).await.unwrap();
        }
        seen.push(frame.kind().to_owned());
    }
    assert_eq!(seen[seen.len() - 2..], ["session_interrupted", "end"]);
    assert_eq!(listed(&stage, &session, false).await.len(), 2);
    let idle = stage.client.send_input(&session, &Input::Interrupt).await.unwrap();
    assert!(idle.events.is_empty());
}

#[tokio::test]
async fn a_running_session_takes_input_only_with_a_cursor() {
    let stage = Stage::open().await;
    let session = stage.session(&stage.agent().await, "s").await;
    let running = stage.client.stream_input(&session, &say("/say hi\n/pause 600000")).await;
    let running = running.unwrap();
    pin_mut!(running);
    let first = running.next().await.unwrap().unwrap();
    let Frame::Event(first) = first else { panic!("{first:?}") };

    let refused = stage.client.send_input(&session, &say("hello")).await.unwrap_err();
    assert_eq!(refused.status(), Some(409));

    let Input::Message(mut follow_up) = say("/slow 0\n/say second turn") else { panic!() };
    follow_up.since = Some(Since::After(first.id.unwrap()));
    follow_up.behavior = Some(Behavior::FollowUp);
    let follow_up = Input::Message(follow_up);
    let queued = stage.client.stream_input(&session, &follow_up).await.unwrap();
    stage.client.send_input(&session, &Input::Interrupt).await.unwrap();
    let queued: Vec<Frame> = queued.map(Result::unwrap).collect().await;
    let kinds = kinds(&queued);
    assert_eq!(kinds.last(), Some(&"end"));
    assert!(kinds.contains(&"session_interrupted") && kinds.contains(&"input_message"));
    assert_eq!(kinds.iter().filter(|kind| **kind == "end").count(), 1, "{kinds:?}");
}

#[tokio::test]
async fn every_command_of_the_notation_leaves_its_trace() {
    let stage = Stage::open().await;
    let session = stage.session(&stage.agent().await, "s").await;
    let script = "/slow 0\n/json triage {\"urgent\": true}\n/call web_get {\"url\": \"x\"}\n\
                  /step billing\n/sub rehearsal /say child speaks\n/artifact a.md text/markdown\n\
                  /artifact receipt.png image/png\n/image receipt.png\n/compact so far\n/tokens 9000";
    stage.client.send_input(&session, &say("/slow 0\n/say something to compact")).await.unwrap();
    let reply = stage.client.send_input(&session, &say(script)).await.unwrap();
    let kinds: HashSet<_> = reply.events.iter().map(|event| event.kind.to_string()).collect();
    for kind in ["structured_output", "tool_output", "step_transition", "image_read", "compaction"]
    {
        assert!(kinds.contains(kind), "{kind} in {kinds:?}");
    }
    let usage = stage.client.get_session(&session).await.unwrap().session_context_usage.unwrap();
    assert!((8_900..9_100).contains(&usage.total_tokens), "{usage:?}");
    let query = foretop::client::SessionQuery::default();
    let children = stage.client.list_sessions(&session.agent, &query);
    let child = children.await.unwrap().items.remove(0);
    assert_eq!(child.created_by_session_key, Some(session.key.clone()));

    for (command, frame) in [
        ("/fail the model is gone", "error"),
        ("/overflow", "context_limit_exceeded"),
        ("/loop", "step_transition_limit_exceeded"),
    ] {
        let frames = frames(&stage, &session, &say(command)).await;
        assert!(kinds_contain(&frames, frame), "{command}");
    }
}

fn kinds_contain(frames: &[Frame], kind: &str) -> bool {
    frames.iter().any(|frame| frame.kind() == kind)
}

#[tokio::test]
async fn a_sub_agents_events_are_relayed_and_stored_in_the_child_only() {
    let stage = Stage::open().await;
    let session = stage.session(&stage.agent().await, "s").await;
    let input = say("/sub rehearsal /say from below");
    let frames = frames(&stage, &session, &input).await;
    let relayed = frames.iter().filter(|frame| frame.kind() == "tool_activity").count();
    assert_eq!(relayed, 2, "{:?}", kinds(&frames));
    let own = listed(&stage, &session, true).await;
    assert!(own.iter().all(|event| event.session_key.as_ref() == Some(&session.key)));
    assert!(!own.iter().any(|event| matches!(&*event.body, EventBody::AgentOutput(_))));
}

#[tokio::test]
async fn artifacts_come_with_their_bytes_and_a_true_checksum() {
    use base64::Engine as _;
    use sha2::Digest as _;

    let stage = Stage::open().await;
    let session = stage.session(&stage.agent().await, "s").await;
    stage.client.send_input(&session, &say("/artifact notes.txt text/plain")).await.unwrap();
    let listing = stage.client.list_artifacts(&session, &ArtifactQuery::default()).await.unwrap();
    let artifact = &listing.items[0];
    assert!(artifact.data.is_none(), "a listing carries no data");
    let whole = stage.client.get_artifact(&session, &artifact.id).await.unwrap();
    let bytes = base64::engine::general_purpose::STANDARD.decode(whole.data.unwrap()).unwrap();
    let sum = sha2::Sha256::digest(&bytes);
    let sum = foretop::internals::text::units::hex(&sum);
    assert_eq!((bytes.len() as u64, sum), (whole.size_bytes, whole.checksum_sha256));
}

#[tokio::test]
async fn paging_gives_every_event_once() {
    let stage = Stage::open().await;
    let session = stage.session(&stage.agent().await, "s").await;
    let script = format!("/slow 0\n{}", "/json n {}\n".repeat(24));
    stage.client.send_input(&session, &say(&script)).await.unwrap();
    let mut seen = Vec::new();
    let mut page_key = None;
    loop {
        let query = EventQuery { include_hidden: false, limit: Some(7), page_key };
        let page = stage.client.list_events(&session, &query).await.unwrap();
        seen.extend(page.items.into_iter().filter_map(|event| event.id));
        page_key = page.page_key;
        if page_key.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 25);
    assert_eq!(seen.iter().collect::<HashSet<_>>().len(), 25);
    let bad = EventQuery { page_key: Some("AAAA".into()), ..EventQuery::default() };
    assert_eq!(stage.client.list_events(&session, &bad).await.unwrap_err().status(), Some(400));
    let bad = EventQuery { limit: Some(101), ..EventQuery::default() };
    let refused = stage.client.list_events(&session, &bad).await.unwrap_err();
    assert!(refused.details().iter().any(|line| line.contains("limit")), "{refused:?}");
}

#[tokio::test]
async fn sessions_are_created_changed_and_removed() {
    let stage = Stage::open().await;
    let agent = stage.agent().await;
    let session = stage.session(&agent, "s").await;
    let changes = SessionChanges { enabled: Some(false), ..SessionChanges::default() };
    let disabled = stage.client.update_session(&session, &changes).await.unwrap();
    assert!(!disabled.enabled);
    let refused = stage.client.send_input(&session, &say("hi")).await.unwrap_err();
    assert_eq!(refused.status(), Some(400));
    stage.client.delete_session(&session).await.unwrap();
    let gone = stage.client.get_session(&session).await.unwrap_err();
    assert!(matches!(gone, ClientError::Api { status: 404, .. }));
    stage.client.delete_agent(&agent).await.unwrap();
    assert_eq!(stage.client.get_agent(&agent).await.unwrap_err().status(), Some(404));
}

#[tokio::test]
async fn what_was_answered_is_there_after_a_restart_and_so_is_the_park() {
    let stage = Stage::open().await;
    let session = stage.session(&stage.agent().await, "s").await;
    let script = "/slow 0\n/call write_file {}\n/say resumed";
    stage.client.send_input(&session, &say(script)).await.unwrap();
    let before = listed(&stage, &session, true).await;
    let Stage { server, dir, .. } = stage;
    server.stop().await;

    let stage = Stage::with(dir, |_| {}).await;
    assert_eq!(listed(&stage, &session, true).await, before);
    let calls = stage.client.outstanding_calls(&session).await.unwrap();
    let answer =
        ToolAnswer::Error { event_id: calls[0].event_id.clone(), error: "disk full".into() };
    let answers = Input::ToolOutput(ToolOutputInput { tool_outputs: vec![answer] });
    let reply = stage.client.send_input(&session, &answers).await.unwrap();
    let last = reply.events.last().unwrap();
    assert!(matches!(&*last.body, EventBody::AgentOutput(said) if said.content == "resumed"));
}

#[tokio::test]
async fn a_server_that_cannot_run_says_why_and_leaves_nothing() {
    let stage = Stage::open().await;
    let taken = Server::start(Options::new(stage.dir.path())).await;
    assert!(matches!(taken, Err(StartError::Store(OpenError::Locked { .. }))));

    let elsewhere = tempfile::tempdir().unwrap();
    let data = elsewhere.path().join("data");
    let mut options = Options::new(&data);
    options.listen = stage.address();
    assert!(matches!(Server::start(options).await, Err(StartError::Listen { .. })));
    assert!(!data.exists(), "nothing is half-written");

    let mut options = Options::new(&data);
    options.listen = SocketAddr::from(([192, 0, 2, 1], 0));
    assert!(matches!(Server::start(options).await, Err(StartError::NotLoopback(_))));
}

#[tokio::test]
async fn the_demo_world_is_whole_and_has_every_situation() {
    let dir = tempfile::tempdir().unwrap();
    let stage = Stage::with(dir, |options| options.demo_seed = Some(7)).await;
    let agents = stage.client.list_agents(&foretop::client::AgentQuery::default()).await.unwrap();
    assert_eq!(agents.items.len(), 3);
    let mut sessions = Vec::new();
    for agent in &agents.items {
        let query = foretop::client::SessionQuery { limit: Some(100), ..Default::default() };
        sessions.extend(stage.client.list_sessions(&agent.key, &query).await.unwrap().items);
    }
    assert!(sessions.len() >= 12, "{}", sessions.len());
    let mut waiting = Vec::new();
    for session in &sessions {
        let calls = stage.client.outstanding_calls(&session.reference()).await.unwrap();
        if !calls.is_empty() {
            waiting.push(calls.len());
        }
    }
    assert!(waiting.contains(&1) && waiting.contains(&2), "{waiting:?}");
    assert!(sessions.iter().any(|session| session.created_by_session_key.is_some()));
    assert!(sessions.iter().any(|session| session.tti_minutes > 0));
    let percents =
        sessions.iter().filter_map(|session| session.session_context_usage.as_ref()?.percent());
    assert!(percents.max() > Some(90));
}

#[tokio::test]
async fn a_queued_message_that_was_answered_survives_a_restart() {
    let stage = Stage::open().await;
    let session = stage.session(&stage.agent().await, "s").await;
    let running = stage.client.stream_input(&session, &say("/pause 600000")).await.unwrap();
    pin_mut!(running);
    running.next().await.unwrap().unwrap();
    let Input::Message(mut follow_up) = say("do not lose me") else { panic!() };
    follow_up.since = Some(Since::Start);
    follow_up.behavior = Some(Behavior::FollowUp);
    let queued = stage.client.stream_input(&session, &Input::Message(follow_up)).await.unwrap();
    drop(queued);
    // The process is not asked to settle anything: its turns are cut where they are.
    let Stage { server, dir, .. } = stage;
    server.stop().await;

    let stage = Stage::with(dir, |_| {}).await;
    let events = listed(&stage, &session, false).await;
    assert!(events[0].raw().get().contains("do not lose me"), "{events:?}");
    let now = stage.client.get_session(&session).await.unwrap();
    assert_eq!(now.status, Some(SessionStatus::Stopped));
}

#[tokio::test]
async fn an_interrupted_round_waits_for_nobody() {
    let stage = Stage::open().await;
    let session = stage.session(&stage.agent().await, "s").await;
    let input = say("/call write_file {}\n/call web_get {}");
    let stream = stage.client.stream_input(&session, &input).await.unwrap();
    pin_mut!(stream);
    while let Some(frame) = stream.next().await {
        if frame.unwrap().kind() == "tool_activity" {
            stage.client.send_input(&session, &Input::Interrupt).await.unwrap();
        }
    }
    assert!(stage.client.outstanding_calls(&session).await.unwrap().is_empty());
    stage.client.send_input(&session, &say("/slow 0\n/say free again")).await.unwrap();
}

#[tokio::test]
async fn a_deleted_session_stops_running_and_frees_its_key() {
    let stage = Stage::open().await;
    let session = stage.session(&stage.agent().await, "s").await;
    let running = stage.client.stream_input(&session, &say("/pause 600000")).await.unwrap();
    pin_mut!(running);
    running.next().await.unwrap().unwrap();
    stage.client.delete_session(&session).await.unwrap();
    let again = stage.session(&session.agent, "s").await;
    stage.client.send_input(&again, &say("/slow 0\n/say new life")).await.unwrap();
    assert_eq!(listed(&stage, &again, true).await.len(), 2);
}
