//! Carrying out effects. Each becomes a task that answers with messages; a stream of a session
//! replaces the stream before it, and what writes is waited for at the end.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::commands::Commands;
use super::inbox::{Arrival, Sender};
use super::input_stream::InputStream;
use super::receive::receive;
use super::{compare, fetch, served_filter, session_compare, session_work};
use crate::api::{ArtifactId, Event, EventId, SessionRef, Timestamp};
use crate::app::Msg;
use crate::app::effect::{InputKind, Program, Request};
use crate::app::msg::{Problem, ServiceMsg, StreamMsg};
use crate::app::session_request::{SessionMsg, SessionRequest};
use crate::client::{Client, ClientError};
use crate::state::StateDir;

/// How long quitting waits for writes that are under way.
pub(super) const LAST_WRITES: Duration = Duration::from_secs(3);

pub(super) struct Executor {
    client: Client,
    inbox: Sender,
    /// Where copies of what is deleted go.
    copies: Option<StateDir>,
    /// Local programs for calls.
    commands: Commands,
    /// The open stream of each session.
    streams: HashMap<SessionRef, AbortHandle>,
    /// Files on their way.
    fetches: HashMap<ArtifactId, AbortHandle>,
    writes: TaskTracker,
    /// How many hides are done, and how many were asked for.
    hiding: Arc<watch::Sender<u64>>,
    hides: u64,
    quitting: CancellationToken,
    /// What asks the service for a part of the list's filter.
    filtering: Option<AbortHandle>,
    /// What reads two sessions to compare them.
    comparing: Option<AbortHandle>,
    /// Ends the work on sessions that is under way.
    stop_work: CancellationToken,
}

pub(super) fn problem(error: &ClientError) -> Problem {
    Problem {
        text: error.to_string(),
        details: error.details(),
        request_id: error.request_id().map(str::to_owned),
        may_have_happened: error.may_have_happened(),
        status: error.status(),
    }
}

impl Executor {
    pub(super) fn new(client: Client, inbox: Sender, copies: Option<StateDir>) -> Self {
        Self {
            commands: Commands::new(inbox.clone()),
            client,
            inbox,
            copies,
            streams: HashMap::new(),
            fetches: HashMap::new(),
            writes: TaskTracker::new(),
            hiding: Arc::new(watch::channel(0).0),
            hides: 0,
            quitting: CancellationToken::new(),
            filtering: None,
            comparing: None,
            stop_work: CancellationToken::new(),
        }
    }

    /// Starts what a request asks for.
    pub(super) fn start(&mut self, request: Request) {
        let (client, inbox) = (self.client.clone(), self.inbox.clone());
        match request {
            Request::SetHidden { session, events, hidden } => {
                let turn = Arc::clone(&self.hiding);
                let number = self.hides;
                self.hides += 1;
                self.writes.spawn(async move {
                    // One after the other: an undo must not overtake what it undoes.
                    let mut done = turn.subscribe();
                    let _ = done.wait_for(|done| *done == number).await;
                    let answer = set_hidden(&client, session, events, hidden).await;
                    turn.send_modify(|done| *done += 1);
                    let _ = inbox.send(Arrival::Msg(answer)).await;
                });
            }
            Request::Session(request) => self.work_on_sessions(request),
            Request::DeleteEvents { session, events } => {
                let copies = self.copies.clone();
                self.writes.spawn(async move {
                    let answer = delete(&client, session, events, copies).await;
                    let _ = inbox.send(Arrival::Msg(answer)).await;
                });
            }
            Request::Send { session, input, purpose: InputKind::Interrupt } => {
                self.writes.spawn(async move {
                    let purpose = InputKind::Interrupt;
                    let answer = match client.send_input(&session, &input).await {
                        Ok(_) => Msg::Stream(StreamMsg::InputTaken { session, purpose }),
                        Err(error) => Msg::Stream(StreamMsg::InputRefused {
                            session,
                            purpose,
                            problem: problem(&error),
                        }),
                    };
                    let _ = inbox.send(Arrival::Msg(answer)).await;
                });
            }
            Request::Send { session, input, purpose } => {
                let before = self.streams.remove(&session);
                let quitting = self.quitting.clone();
                let stream =
                    InputStream { client, inbox, session: session.clone(), before, quitting };
                let task = self.writes.spawn(stream.run(input, purpose));
                self.streams.insert(session, task.abort_handle());
            }
            Request::CloseStream { session } => {
                if let Some(stream) = self.streams.remove(&session) {
                    stream.abort();
                }
            }
            Request::ListArtifacts { session } => {
                tokio::spawn(async move {
                    let answer = fetch::artifacts(&client, session).await;
                    let _ = inbox.send(Arrival::Msg(answer)).await;
                });
            }
            Request::FetchArtifact { session, listed } => {
                let artifact = listed.id.clone();
                let task = tokio::spawn(async move {
                    let answer = receive(&client, session, *listed, &inbox).await;
                    let _ = inbox.send(Arrival::Msg(answer)).await;
                });
                self.fetches.retain(|_, task| !task.is_finished());
                self.fetches.insert(artifact, task.abort_handle());
            }
            Request::StopFetch { artifact } => {
                if let Some(task) = self.fetches.remove(&artifact) {
                    task.abort();
                }
            }
            Request::Upload { session, message, files } => {
                let before = self.streams.remove(&session);
                let quitting = self.quitting.clone();
                let stream =
                    InputStream { client, inbox, session: session.clone(), before, quitting };
                let task = self.writes.spawn(stream.upload(message, files));
                self.streams.insert(session, task.abort_handle());
            }
            Request::Compare { session, files } => {
                tokio::spawn(async move {
                    let answer = compare::artifacts(&client, session, files).await;
                    let _ = inbox.send(Arrival::Msg(answer)).await;
                });
            }
            Request::CompareSessions { sessions } => {
                self.stop_comparing();
                let task = tokio::spawn(session_compare::compare(client, inbox, sessions));
                self.comparing = Some(task.abort_handle());
            }
            Request::StopComparing => self.stop_comparing(),
            Request::FetchTraces { session } => {
                tokio::spawn(async move {
                    let answer = fetch::traces(&client, session).await;
                    let _ = inbox.send(Arrival::Msg(answer)).await;
                });
            }
            Request::ReadTool { tool } => {
                tokio::spawn(async move {
                    let answer = fetch::tool(&client, tool).await;
                    let _ = inbox.send(Arrival::Msg(answer)).await;
                });
            }
            Request::FilterSessions { number, agents, wanted } => {
                if let Some(before) = self.filtering.take() {
                    before.abort();
                }
                let task = tokio::spawn(served_filter::ask(client, inbox, number, agents, wanted));
                self.filtering = Some(task.abort_handle());
            }
            Request::ReadCatalogue => {
                tokio::spawn(async move {
                    for answer in Box::pin(fetch::catalogue(&client)).await {
                        let _ = inbox.send(Arrival::Msg(answer)).await;
                    }
                });
            }
            // The plan of polling is the watcher's, and with it what searches ask for.
            Request::AskNow | Request::SearchEvents { .. } | Request::StopSearchEvents => {}
        }
    }

    fn stop_comparing(&mut self) {
        if let Some(before) = self.comparing.take() {
            before.abort();
        }
    }

    fn work_on_sessions(&mut self, request: SessionRequest) {
        let (client, inbox) = (self.client.clone(), self.inbox.clone());
        match request {
            SessionRequest::Edit(edits) => {
                self.stop_work = CancellationToken::new();
                let work = session_work::edit(client, inbox, edits, self.stop_work.clone());
                self.writes.spawn(work);
            }
            SessionRequest::Delete(sessions) => {
                self.stop_work = CancellationToken::new();
                let stop = self.stop_work.clone();
                let copies = self.copies.clone();
                self.writes.spawn(session_work::delete(client, inbox, sessions, copies, stop));
            }
            SessionRequest::WriteDown { sessions, to, what } => {
                self.stop_work = CancellationToken::new();
                let stop = self.stop_work.clone();
                self.writes
                    .spawn(session_work::write_down(client, inbox, sessions, to, what, stop));
            }
            SessionRequest::SetSecrets { session, secrets } => {
                self.writes.spawn(async move {
                    let answer = session_work::set_secrets(&client, session, secrets).await;
                    session_work::tell(&inbox, answer).await;
                });
            }
            SessionRequest::Make { agent, new } => {
                self.writes.spawn(async move {
                    let answer = session_work::make(&client, agent, *new).await;
                    session_work::tell(&inbox, answer).await;
                });
            }
            SessionRequest::AskAgain { from, by, new, message } => {
                self.writes.spawn(async move {
                    let made = session_work::made(&client, &by, &new).await;
                    let answer = SessionMsg::AskedAgain { from, message, made };
                    session_work::tell(&inbox, answer).await;
                });
            }
            SessionRequest::Stop => self.stop_work.cancel(),
        }
    }

    /// Runs a local program for a call, or ends it.
    pub(super) fn run(&mut self, program: Program) {
        match program {
            Program::Run { call, invocation, check } => {
                self.commands.start(self.client.clone(), call, invocation, check);
            }
            Program::Stop { call } => self.commands.stop(&call),
        }
    }

    /// Waits, not for ever, until what was sent is answered. Streams are cut: their turns go on.
    pub(super) async fn finish(self) {
        self.quitting.cancel();
        // What was not begun is not begun any more.
        self.stop_work.cancel();
        self.writes.close();
        let writes = self.writes.wait();
        let last = async { tokio::join!(writes, self.commands.finish()) };
        let _ = tokio::time::timeout(LAST_WRITES, last).await;
    }
}

/// Writes the copy first: what cannot be copied is not deleted.
async fn delete(
    client: &Client,
    session: SessionRef,
    events: Vec<Arc<Event>>,
    copies: Option<StateDir>,
) -> Msg {
    let ids: Vec<EventId> = events.iter().filter_map(|event| event.id.clone()).collect();
    let of = session.clone();
    let keep = move || copies.map(|state| state.keep_deleted(&of, &events, Timestamp::now()));
    let copy = match tokio::task::spawn_blocking(keep).await {
        Ok(Some(Ok(path))) => Some(path.display().to_string()),
        Ok(None) => None,
        Ok(Some(Err(error))) => {
            let refused = |id| (id, unwritten(&error.to_string()));
            let refused = ids.into_iter().map(refused).collect();
            return Msg::Service(ServiceMsg::EventsDeleted {
                session,
                done: Vec::new(),
                refused,
                copy: None,
            });
        }
        Err(_) => {
            return Msg::Service(ServiceMsg::EventsDeleted {
                session,
                done: Vec::new(),
                refused: Vec::new(),
                copy: None,
            });
        }
    };
    let (mut done, mut refused) = (Vec::new(), Vec::new());
    for id in ids {
        match client.delete_event(&session, &id).await {
            Ok(()) => done.push(id),
            Err(error) => refused.push((id, problem(&error))),
        }
    }
    Msg::Service(ServiceMsg::EventsDeleted { session, done, refused, copy })
}

fn unwritten(why: &str) -> Problem {
    of_this_machine(format!("nothing was sent, because no copy could be kept: {why}"))
}

/// What went wrong without the service.
pub(super) fn of_this_machine(text: String) -> Problem {
    Problem { text, details: Vec::new(), request_id: None, may_have_happened: false, status: None }
}

async fn set_hidden(
    client: &Client,
    session: SessionRef,
    events: Vec<EventId>,
    hidden: bool,
) -> Msg {
    let (mut done, mut refused) = (Vec::new(), Vec::new());
    for event in events {
        let answer = if hidden {
            client.hide_event(&session, &event).await
        } else {
            client.unhide_event(&session, &event).await
        };
        match answer {
            Ok(_) => done.push(event),
            Err(error) => refused.push((event, problem(&error))),
        }
    }
    Msg::Service(ServiceMsg::HideAnswered { session, hidden, done, refused })
}
