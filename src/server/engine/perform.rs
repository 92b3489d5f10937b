//! Doing an agent's moves: each becomes stored events and streamed frames.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::log::FrameLog;
use super::moves::{Move, ToolRequest};
use super::turns::{Host, Steering};
use super::{Cue, Scene, ToolRun};
use crate::api::event::{
    AgentOutput, ClientToolPending, Compaction, ContextLimitExceeded, ImageRead, InputMessage,
    StepTransition, StepTransitionLimitExceeded, StructuredOutput, Thinking, ToolInput, ToolOutput,
};
use crate::api::frame::{Activity, StreamOnly, SubAgentTag, TextChunk, ToolActivity};
use crate::api::session::{ContextUsage, InputTokens, OutputTokens};
use crate::api::{
    Agent, Event, EventBody, EventId, Frame, Object, PendingCall, Session, SessionRef,
    SessionStatus, ToolCallId,
};
use crate::server::artifact_files;
use crate::server::store::pending::StoredCall;
use crate::server::store::{StoreError, artifacts, events, pending, sessions};

/// Context window of every embedded model, in tokens.
pub(super) const CONTEXT_WINDOW: u64 = 200_000;
/// What instructions and tool descriptions cost before the first event.
const BASE_TOKENS: u64 = 1_200;
/// A common rule of thumb for English and JSON.
const BYTES_PER_TOKEN: u64 = 4;
const DEFAULT_CHUNK: Duration = Duration::from_millis(30);
/// Sub-agents that ask sub-agents stop here.
const MAX_DEPTH: usize = 3;

/// How a turn came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Done,
    /// Waits for client tools.
    Parked,
}

/// Why a turn was cut short.
#[derive(Debug)]
pub(super) enum Halt {
    Interrupted,
    /// The reason has been streamed already.
    Ended,
    Store(StoreError),
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Where a sub-agent's events go as well: the tool call of its parent.
#[derive(Clone)]
struct Relay {
    tool_call_id: ToolCallId,
    depth: usize,
}

/// One agent on its session, for the length of one turn.
pub(super) struct Performer {
    pub(super) host: Arc<Host>,
    pub(super) agent: Agent,
    pub(super) session: SessionRef,
    pub(super) id: i64,
    pub(super) log: Arc<FrameLog>,
    pub(super) turn: u64,
    pub(super) cancel: CancellationToken,
    pub(super) steering: Option<Arc<Steering>>,
    chunk: Duration,
    relay: Option<Relay>,
}

impl Performer {
    pub(super) fn new(
        host: Arc<Host>,
        agent: Agent,
        (session, id): (SessionRef, i64),
        log: Arc<FrameLog>,
        cancel: CancellationToken,
    ) -> Self {
        Self {
            host,
            agent,
            session,
            id,
            log,
            turn: 0,
            cancel,
            steering: None,
            chunk: DEFAULT_CHUNK,
            relay: None,
        }
    }

    pub(super) fn respond(&self, cue: &Cue<'_>) -> Vec<Move> {
        self.host.engine(&self.agent).respond(&self.scene(), cue)
    }

    fn scene(&self) -> Scene<'_> {
        Scene { agent: &self.agent, session: &self.session, seed: self.host.ids.seed() }
    }

    pub(super) async fn perform(&mut self, moves: Vec<Move>) -> Result<Outcome, Halt> {
        let mut rest = VecDeque::from(moves);
        loop {
            self.take_steering(&mut rest).await?;
            let Some(next) = rest.pop_front() else {
                return Ok(Outcome::Done);
            };
            match next {
                Move::Think { text } => self.think(text).await?,
                Move::Say { text } => self.say(text).await?,
                Move::Structured { schema, content } => {
                    let body = StructuredOutput { schema_name: schema, content };
                    self.store(EventBody::StructuredOutput(body)).await?;
                    self.report_usage(60).await?;
                }
                Move::Call { calls } => {
                    if self.call(calls, &rest).await? == Outcome::Parked {
                        return Ok(Outcome::Parked);
                    }
                }
                Move::Slow { chunk_ms } => self.chunk = Duration::from_millis(chunk_ms),
                Move::Pause { ms } => self.pause(Duration::from_millis(ms)).await?,
                Move::Tokens { total } => self.declare_usage(total).await?,
                Move::Step { name } => self.step(name).await?,
                Move::SubAgent { agent, text } => Box::pin(self.sub_agent(agent, text)).await?,
                Move::Artifact { filename, mime_type } => {
                    self.make_artifact(filename, mime_type).await?;
                }
                Move::Image { artifact } => self.read_image(artifact).await?,
                Move::Compact { summary } => self.compact(summary).await?,
                Move::Fail { message } => {
                    let messages = vec![format!("INTERNAL: {message}")];
                    self.stream(StreamOnly::Error { messages, extra: Object::new() });
                    return Err(Halt::Ended);
                }
                Move::Overflow => {
                    let actual = CONTEXT_WINDOW + CONTEXT_WINDOW / 10;
                    self.declare_usage(CONTEXT_WINDOW - 600).await?;
                    self.transient(&EventBody::ContextLimitExceeded(ContextLimitExceeded {
                        message: "The request is larger than the context window".to_owned(),
                        context_limit: Some(CONTEXT_WINDOW),
                        actual_tokens: Some(actual),
                    }))?;
                    return Err(Halt::Ended);
                }
                Move::StepLimit => {
                    let limit = StepTransitionLimitExceeded {
                        message: "Too many step transitions".to_owned(),
                        transition_limit: Some(500),
                    };
                    self.transient(&EventBody::StepTransitionLimitExceeded(limit))?;
                    return Err(Halt::Ended);
                }
            }
        }
    }

    /// Messages that were steered into this turn join it here, between two moves.
    async fn take_steering(&self, rest: &mut VecDeque<Move>) -> Result<(), Halt> {
        if self.cancel.is_cancelled() {
            return Err(Halt::Interrupted);
        }
        let Some(steering) = &self.steering else {
            return Ok(());
        };
        for message in steering.take() {
            let text = message.to_text();
            self.store(EventBody::InputMessage(message)).await?;
            for next in self.respond(&Cue::Message(&text)).into_iter().rev() {
                rest.push_front(next);
            }
        }
        Ok(())
    }

    fn event(&self, body: &EventBody) -> Result<Event, Halt> {
        let id = self.host.ids.event();
        Event::new(id, self.session.key.clone(), self.host.clock.now(), body)
            .map_err(|error| Halt::Store(error.into()))
    }

    /// Stores an event, then tells the readers.
    pub(super) async fn store(&self, body: EventBody) -> Result<Event, Halt> {
        let event = self.event(&body)?;
        self.append(&event).await?;
        self.show(event.clone());
        Ok(event)
    }

    async fn append(&self, event: &Event) -> Result<(), Halt> {
        let (session, event) = (self.id, event.clone());
        Ok(self.host.store.call(move |db| events::append(db, session, &event)).await?)
    }

    /// Streams an event that is never stored.
    pub(super) fn transient(&self, body: &EventBody) -> Result<(), Halt> {
        let event = self.event(body)?;
        self.show(event);
        Ok(())
    }

    fn show(&self, event: Event) {
        let frame = match &self.relay {
            None => Frame::Event(event),
            Some(relay) => Frame::Only(StreamOnly::ToolActivity(ToolActivity {
                tool_call_id: relay.tool_call_id.clone(),
                created_at: Some(self.host.clock.now()),
                activity: Activity::SubAgent {
                    activity_type: SubAgentTag::SubAgent,
                    agent_event: serde_json::from_str(event.raw().get()).unwrap_or_default(),
                },
            })),
        };
        self.log.push(self.turn, frame);
    }

    /// Streams a frame without an id; a sub-agent's are not relayed.
    pub(super) fn stream(&self, only: StreamOnly) {
        if self.relay.is_none() {
            self.log.push(self.turn, Frame::Only(only));
        }
    }

    async fn pause(&self, duration: Duration) -> Result<(), Halt> {
        tokio::select! {
            () = self.cancel.cancelled() => Err(Halt::Interrupted),
            () = self.host.clock.sleep(duration) => Ok(()),
        }
    }

    async fn think(&self, text: String) -> Result<(), Halt> {
        for content in chunks(&text) {
            self.pause(self.chunk).await?;
            let created_at = Some(self.host.clock.now());
            self.stream(StreamOnly::Thinking(TextChunk { content, created_at }));
        }
        self.stream(StreamOnly::ThinkingEnd { created_at: Some(self.host.clock.now()) });
        self.store(EventBody::Thinking(Thinking { content: Some(text) })).await?;
        Ok(())
    }

    /// Streams a text and stores what was streamed, even if an interrupt cuts it.
    async fn say(&self, text: String) -> Result<(), Halt> {
        let mut spoken = String::new();
        let mut halt = None;
        for content in chunks(&text) {
            if let Err(cut) = self.pause(self.chunk).await {
                halt = Some(cut);
                break;
            }
            spoken.push_str(&content);
            let created_at = Some(self.host.clock.now());
            self.stream(StreamOnly::AgentText(TextChunk { content, created_at }));
        }
        if !spoken.is_empty() {
            let body = EventBody::AgentOutput(AgentOutput { content: spoken });
            let event = self.event(&body)?;
            self.append(&event).await?;
            if self.relay.is_some() {
                self.show(event.clone());
            }
            let created_at = Some(self.host.clock.now());
            self.stream(StreamOnly::AgentTextEnd { event_id: event.id, created_at });
        }
        match halt {
            Some(halt) => Err(halt),
            None => self.report_usage(text.len() as u64 / BYTES_PER_TOKEN).await,
        }
    }

    fn tool_input(&self, request: &ToolRequest) -> Result<(Event, ToolInput), Halt> {
        let configuration = self.agent.tool_configurations.get(&request.tool);
        let overrides = configuration.and_then(|found| found.argument_override.as_ref());
        let kind = configuration.map_or("unknown", |found| found.kind.as_str());
        // These kinds run a tool of their own name; the others are the tool.
        let is_own = matches!(kind, "client" | "lambda" | "mcp" | "dynamic_vectara" | "unknown");
        let input = ToolInput {
            tool_call_id: self.host.ids.tool_call(),
            tool_configuration_name: request.tool.clone(),
            tool_name: if is_own { request.tool.clone() } else { kind.to_owned() },
            tool_type: configuration.map(|found| found.kind.clone()),
            tool_input: request.arguments.clone(),
            argument_override_paths: overrides
                .map(|overrides| overrides.keys().cloned().collect())
                .unwrap_or_default(),
        };
        Ok((self.event(&EventBody::ToolInput(input.clone()))?, input))
    }

    async fn tool_output(
        &self,
        input: &ToolInput,
        output: Object,
        error: bool,
    ) -> Result<(), Halt> {
        self.store(EventBody::ToolOutput(ToolOutput {
            tool_call_id: input.tool_call_id.clone(),
            tool_configuration_name: input.tool_configuration_name.clone(),
            tool_name: input.tool_name.clone(),
            tool_output: output,
            error,
            resolved_argument_overrides: None,
        }))
        .await?;
        Ok(())
    }

    /// One round of calls: all inputs first, then the server tools as they finish, then, if any
    /// client tool is among them, the park.
    async fn call(&self, calls: Vec<ToolRequest>, rest: &VecDeque<Move>) -> Result<Outcome, Halt> {
        let mut inputs = Vec::new();
        let mut running = Vec::new();
        let mut waiting = Vec::new();
        for request in calls {
            let (event, input) = self.tool_input(&request)?;
            let configuration = self.agent.tool_configurations.get(&request.tool);
            match configuration {
                Some(found) if found.kind == "client" && self.relay.is_none() => {
                    let mut arguments = request.arguments.clone();
                    arguments.extend(found.argument_override.clone().unwrap_or_default());
                    waiting.push(StoredCall {
                        tool_call_id: input.tool_call_id.clone(),
                        call: PendingCall {
                            event_id: event.id.clone().unwrap_or_else(|| EventId::from("")),
                            tool_configuration_name: input.tool_configuration_name.clone(),
                            tool_name: input.tool_name.clone(),
                            arguments,
                            extra: Object::new(),
                        },
                    });
                }
                Some(found) if found.kind == "client" => running.push((
                    input.clone(),
                    refusal("a sub-agent here cannot wait for a client tool"),
                )),
                Some(_) => {
                    let run = self.host.engine(&self.agent).run_tool(&self.scene(), &request);
                    running.push((input.clone(), run));
                }
                None => {
                    let why = format!("the agent has no tool configuration {}", request.tool);
                    running.push((input.clone(), refusal(&why)));
                }
            }
            inputs.push(event);
        }
        self.begin_round(&inputs, &waiting, rest).await?;
        self.run_tools(running).await?;
        if waiting.is_empty() {
            self.report_usage(80).await?;
            return Ok(Outcome::Done);
        }
        let pending_calls = waiting.into_iter().map(|stored| stored.call).collect();
        self.transient(&EventBody::ClientToolPending(ClientToolPending { pending_calls }))?;
        Ok(Outcome::Parked)
    }

    /// Inputs, waiting calls and what comes after them are stored as one, so that no crash leaves
    /// a call that nobody can answer.
    async fn begin_round(
        &self,
        inputs: &[Event],
        waiting: &[StoredCall],
        rest: &VecDeque<Move>,
    ) -> Result<(), Halt> {
        let session = self.id;
        let (stored_inputs, stored_waiting) = (inputs.to_vec(), waiting.to_vec());
        let continuation = if waiting.is_empty() {
            None
        } else {
            Some(serde_json::to_string(rest).map_err(|error| Halt::Store(error.into()))?)
        };
        self.host
            .store
            .call(move |db| {
                let transaction = db.transaction()?;
                for event in &stored_inputs {
                    events::append(&transaction, session, event)?;
                }
                for call in &stored_waiting {
                    pending::insert(&transaction, session, call)?;
                }
                if continuation.is_some() {
                    sessions::set_continuation(&transaction, session, continuation.as_deref())?;
                }
                Ok(transaction.commit()?)
            })
            .await?;
        inputs.iter().cloned().for_each(|event| self.show(event));
        Ok(())
    }

    /// Runs server tools side by side: the one with the shortest delay answers first.
    async fn run_tools(&self, mut running: Vec<(ToolInput, ToolRun)>) -> Result<(), Halt> {
        running.sort_by_key(|(_, run)| run.delay);
        let mut elapsed = Duration::ZERO;
        for (input, run) in running {
            let steps = u32::try_from(run.activity.len()).unwrap_or(0) + 1;
            let slice = run.delay.saturating_sub(elapsed) / steps;
            for message in run.activity {
                self.pause(slice).await?;
                self.stream(StreamOnly::ToolActivity(ToolActivity {
                    tool_call_id: input.tool_call_id.clone(),
                    created_at: Some(self.host.clock.now()),
                    activity: Activity::Generic {
                        activity_type: "generic".to_owned(),
                        tool_configuration_name: input.tool_configuration_name.clone(),
                        tool_name: input.tool_name.clone(),
                        message,
                    },
                }));
            }
            self.pause(slice).await?;
            elapsed = elapsed.max(run.delay);
            self.tool_output(&input, run.output, run.failed).await?;
        }
        Ok(())
    }

    async fn step(&self, name: String) -> Result<(), Halt> {
        let of = self.session.clone();
        let to = name.clone();
        let first = self.agent.first_step_name.clone().unwrap_or_else(|| "first_step".to_owned());
        let from = self
            .host
            .store
            .call(move |db| {
                let mut from = None;
                sessions::update(db, &of, |session| {
                    from = session.current_step_name.replace(to);
                })?;
                Ok(from)
            })
            .await?;
        self.store(EventBody::StepTransition(StepTransition {
            from_step: from.unwrap_or(first),
            to_step: name.clone(),
            content: Some(format!("Continue with the {name} step.")),
        }))
        .await?;
        Ok(())
    }

    /// A child session answers the text; its events are stored there and relayed here.
    async fn sub_agent(&self, agent_key: String, text: String) -> Result<(), Halt> {
        let arguments = json!({ "agent_key": agent_key, "message": text });
        let request = ToolRequest {
            tool: agent_key.clone(),
            arguments: arguments.as_object().cloned().unwrap_or_default(),
        };
        let (_, mut input) = self.tool_input(&request)?;
        "sub_agent".clone_into(&mut input.tool_name);
        input.tool_type = Some(input.tool_name.clone());
        self.store(EventBody::ToolInput(input.clone())).await?;

        let depth = self.relay.as_ref().map_or(0, |relay| relay.depth) + 1;
        let name = format!("{} for {}", agent_key, self.session.key);
        let child = match self.host.open_child(&agent_key, &name, &self.session).await? {
            Some(_) if depth > MAX_DEPTH => Err("sub-agents are nested too deeply".to_owned()),
            Some(child) => Ok(child),
            None => Err(format!("no agent named {agent_key}")),
        };
        let (agent, session) = match child {
            Ok(child) => child,
            Err(why) => {
                return self.tool_output(&input, refusal(&why).output, true).await;
            }
        };
        let mut performer = Self::new(
            Arc::clone(&self.host),
            agent,
            (session.session.reference(), session.id),
            Arc::clone(&self.log),
            self.cancel.clone(),
        );
        performer.turn = self.turn;
        performer.relay = Some(Relay { tool_call_id: input.tool_call_id.clone(), depth });
        performer.store(EventBody::InputMessage(InputMessage::text(&*text))).await?;
        let moves = performer.respond(&Cue::Message(&text));
        let spoken = last_said(&moves);
        let outcome = performer.perform(moves).await;
        self.host.set_status(session.id, SessionStatus::Stopped).await?;
        let failed = match outcome {
            Ok(_) => false,
            Err(Halt::Ended) => true,
            Err(halt) => return Err(halt),
        };
        let mut output = Object::new();
        output.insert("session_key".to_owned(), session.session.key.as_str().into());
        output.insert("sub_agent_response".to_owned(), spoken.into());
        self.tool_output(&input, output, failed).await?;
        self.report_usage(80).await
    }

    async fn make_artifact(&self, filename: String, mime_type: String) -> Result<(), Halt> {
        let mut arguments = Object::new();
        arguments.insert("filename".to_owned(), filename.clone().into());
        arguments.insert("mime_type".to_owned(), mime_type.clone().into());
        let request = ToolRequest { tool: "artifact_create".to_owned(), arguments };
        let (event, input) = self.tool_input(&request)?;
        self.append(&event).await?;
        self.show(event);
        let data = artifact_files::content(&filename, &mime_type);
        let id = self.host.ids.artifact();
        let now = self.host.clock.now();
        let artifact = artifact_files::describe(id, &filename, &mime_type, &data, now);
        let output = json!({
            "artifact_id": artifact.id, "filename": artifact.filename,
            "mime_type": artifact.mime_type, "size_bytes": artifact.size_bytes,
        });
        let session = self.id;
        self.host.store.call(move |db| artifacts::insert(db, session, &artifact, &data)).await?;
        self.pause(Duration::from_millis(200)).await?;
        self.tool_output(&input, output.as_object().cloned().unwrap_or_default(), false).await
    }

    async fn read_image(&self, wanted: String) -> Result<(), Halt> {
        let mut arguments = Object::new();
        arguments.insert("artifact_id".to_owned(), wanted.clone().into());
        let request = ToolRequest { tool: "image_read".to_owned(), arguments };
        let (event, input) = self.tool_input(&request)?;
        self.append(&event).await?;
        self.show(event);
        let session = self.id;
        let listing =
            artifacts::Listing { by_update: false, ascending: false, offset: 0, limit: 100 };
        let found = self.host.store.call(move |db| artifacts::list(db, session, listing)).await?;
        let is_wanted = |id: &str, filename: &str| id == wanted || filename == wanted;
        let artifact =
            found.into_iter().find(|found| is_wanted(found.id.as_str(), &found.filename));
        let Some(artifact) = artifact else {
            let why = format!("no artifact {wanted} in this session");
            return self.tool_output(&input, refusal(&why).output, true).await;
        };
        self.pause(Duration::from_millis(300)).await?;
        let image = ImageRead { artifact_id: artifact.id, detail: "auto".to_owned() };
        let image = self.event(&EventBody::ImageRead(image))?;
        // The output embeds the very event that follows it (contract section 4.2).
        let output = serde_json::from_str(image.raw().get()).unwrap_or_default();
        self.tool_output(&input, output, false).await?;
        self.append(&image).await?;
        self.show(image);
        Ok(())
    }

    async fn compact(&self, summary: String) -> Result<(), Halt> {
        self.transient(&EventBody::CompactionStarted {})?;
        self.pause(Duration::from_millis(600)).await?;
        let (session, key) = (self.id, self.session.key.clone());
        let (id, now) = (self.host.ids.event(), self.host.clock.now());
        let event = self
            .host
            .store
            .call(move |db| {
                let transaction = db.transaction()?;
                let compacted = events::compact(&transaction, session)?;
                let body = EventBody::Compaction(Compaction {
                    turns_compacted: compacted.turns,
                    events_compacted: compacted.events,
                    summary_key: format!("sum_{}", &id.as_str()[4..12]),
                    summary_text: Some(summary),
                });
                let event = Event::new(id, key, now, &body)?;
                events::append(&transaction, session, &event)?;
                transaction.commit()?;
                Ok(event)
            })
            .await?;
        self.show(event);
        Ok(())
    }

    /// Reports what the visible events amount to; hiding some lowers the next report.
    async fn report_usage(&self, output_tokens: u64) -> Result<(), Halt> {
        let (session, of) = (self.id, self.session.clone());
        let usage = self
            .host
            .store
            .call(move |db| {
                let bytes = events::context_bytes(db, session)?;
                let base = sessions::get(db, &of)?.map_or(0, |found| found.context_base);
                let base = u64::try_from(base).unwrap_or(0);
                let input = BASE_TOKENS + base + bytes / BYTES_PER_TOKEN;
                let usage = context_usage(input, output_tokens);
                sessions::set_usage(db, &of, &usage)?;
                Ok(usage)
            })
            .await?;
        let created_at = Some(self.host.clock.now());
        self.stream(StreamOnly::ContextConsumed { created_at, session_context_usage: usage });
        Ok(())
    }

    /// Makes the usage read `total` from here on, less what is hidden later.
    async fn declare_usage(&self, total: u64) -> Result<(), Halt> {
        let session = self.id;
        self.host
            .store
            .call(move |db| {
                let own = BASE_TOKENS + events::context_bytes(db, session)? / BYTES_PER_TOKEN;
                let base = i64::try_from(total.saturating_sub(own)).unwrap_or(0);
                sessions::set_context_base(db, session, base)
            })
            .await?;
        self.report_usage(0).await
    }
}

fn context_usage(input: u64, output: u64) -> ContextUsage {
    ContextUsage {
        input_tokens: InputTokens { count: input, cached_tokens: Some(0), extra: Object::new() },
        output_tokens: OutputTokens {
            count: output,
            reasoning_tokens: Some(0),
            extra: Object::new(),
        },
        total_tokens: input + output,
        model_context_window: CONTEXT_WINDOW,
        extra: Object::new(),
    }
}

/// A tool run that fails at once and says why.
fn refusal(why: &str) -> ToolRun {
    let mut output = Object::new();
    output.insert("error".to_owned(), Value::from(why));
    ToolRun { delay: Duration::ZERO, activity: Vec::new(), output, failed: true }
}

fn last_said(moves: &[Move]) -> String {
    let said = moves.iter().rev().find_map(|next| match next {
        Move::Say { text } => Some(text.clone()),
        _ => None,
    });
    said.unwrap_or_default()
}

/// Pieces of a text as a model streams them: a word with the space before it.
fn chunks(text: &str) -> Vec<String> {
    text.split_inclusive(char::is_whitespace).map(str::to_owned).collect()
}

impl Host {
    /// Makes a session for a sub-agent, already running.
    async fn open_child(
        &self,
        agent_key: &str,
        name: &str,
        parent: &SessionRef,
    ) -> Result<Option<(Agent, sessions::StoredSession)>, Halt> {
        let key = self.ids.session(name);
        let (agent_key, name, parent) = (agent_key.to_owned(), name.to_owned(), parent.clone());
        let now = self.clock.now();
        let made = self.store.call(move |db| {
            let agent_key = agent_key.as_str().into();
            let Some(agent) = crate::server::store::agents::get(db, &agent_key)? else {
                return Ok(None);
            };
            let mut session = Session::named(agent_key, key, name, now);
            session.status = Some(SessionStatus::Running);
            session.created_by_agent_key = Some(parent.agent);
            session.created_by_session_key = Some(parent.key);
            sessions::insert(db, &session)?;
            Ok(sessions::get(db, &session.reference())?.map(|session| (agent, session)))
        });
        Ok(made.await?)
    }

    async fn set_status(&self, session: i64, status: SessionStatus) -> Result<(), Halt> {
        Ok(self.store.call(move |db| sessions::set_status(db, session, &status)).await?)
    }
}
