//! Doing what an agent does: each move becomes stored events and streamed frames. An agent with a model
//! has no moves, see [`converse`].

mod compact;
mod converse;
mod files;
mod sub_agent;
mod tools;
mod usage;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use usage::{BYTES_PER_TOKEN, CONTEXT_WINDOW};

use super::Cue;
use super::compaction::{self, CompactionSettings};
use super::dialogue::bounds::{Bill, Tally};
use super::host::{Host, PACE_KEY};
use super::log::FrameLog;
use super::moves::{MAX_CHUNK_MS, Move};
use super::recorder::{Invoked, Recorder};
use super::run::{QueuedInput, Steering};
use crate::api::event::{
    AgentOutput, ContextLimitExceeded, ErrorEvent, StepTransition, StepTransitionLimitExceeded,
    StructuredOutput, Thinking,
};
use crate::api::frame::{Activity, StreamOnly, SubAgentTag, TextChunk, ToolActivity};
use crate::api::input::CompactInput;
use crate::api::session::ContextUsage;
use crate::api::time;
use crate::api::{Agent, Event, EventBody, Frame, Object, SessionRef, SessionStatus, ToolCallId};
use crate::server::models::Model;
use crate::server::store::queue::{self, TurnInput};
use crate::server::store::seal::Vault;
use crate::server::store::sessions::StoredSession;
use crate::server::store::traces::NewTrace;
use crate::server::store::{self, StoreError, events, sessions};

const DEFAULT_CHUNK: Duration = Duration::from_millis(30);

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
    parent: SessionRef,
    depth: usize,
}

/// One agent on its session, for the length of one turn.
pub(super) struct Performer {
    pub(super) host: Arc<Host>,
    pub(super) agent: Agent,
    pub(super) session: SessionRef,
    pub(super) vault: Vault,
    pub(super) log: Arc<FrameLog>,
    pub(super) turn: u64,
    pub(super) cancel: CancellationToken,
    pub(super) steering: Option<Arc<Steering>>,
    chunk: Duration,
    relay: Option<Relay>,
    compaction: CompactionSettings,
    step: Option<String>,
    /// What the latest model call reported.
    usage: Option<ContextUsage>,
    /// What it thinks with; `None` where it plays a script.
    model: Option<Arc<Model>>,
    /// What the turn has done so far.
    tally: Tally,
    /// What was spent and is not booked in the session yet.
    bill: Bill,
    /// What was spent in all, for whoever asked it.
    spent: Bill,
    /// Where a client reads that gave a sub-agent its answers.
    own_log: Option<Arc<FrameLog>>,
    /// Nobody has said anything to the session before.
    is_new: bool,
    /// What it said last, for whoever asked it.
    last_said: Option<Value>,
    /// Why the turn failed, for whoever asked it.
    failure: Option<String>,
    pub(super) recorder: Recorder,
}

impl Performer {
    pub(super) fn new(
        host: Arc<Host>,
        agent: Agent,
        stored: &StoredSession,
        log: Arc<FrameLog>,
        cancel: CancellationToken,
    ) -> Self {
        let pace = agent.metadata.get(PACE_KEY).and_then(serde_json::Value::as_u64);
        let chunk = pace.map_or(DEFAULT_CHUNK, |ms| Duration::from_millis(ms.min(MAX_CHUNK_MS)));
        Self {
            recorder: Recorder::new(host.clock.clone(), stored.vault.clone()),
            model: host.model(&agent).ok().flatten().cloned(),
            tally: Tally::default(),
            bill: Bill::default(),
            spent: Bill::default(),
            own_log: None,
            is_new: stored.session.status == Some(SessionStatus::Unstarted),
            last_said: None,
            failure: None,
            host,
            compaction: compaction::settings(&agent, &stored.session),
            usage: stored.session.session_context_usage.clone(),
            step: stored.session.current_step_name.clone(),
            session: stored.session.reference(),
            vault: stored.vault.clone(),
            agent,
            log,
            turn: 0,
            cancel,
            steering: None,
            chunk,
            relay: None,
        }
    }

    pub(super) fn respond(&self, cue: &Cue<'_>) -> Vec<Move> {
        self.host.engine(&self.agent).respond(self.host.ids.seed(), cue)
    }

    /// Begins the trace of a turn, or of a sub-agent's part of one.
    pub(super) fn record(&mut self, inputs: &[Event]) {
        let inputs = inputs.iter().filter_map(|event| event.id.clone()).collect();
        let depth = self.relay.as_ref().map_or(0, |relay| relay.depth);
        let parent = self.relay.as_ref().map(|relay| relay.parent.clone());
        self.recorder.enter(&self.current_step());
        self.recorder.invoke(Invoked { agent: &self.agent, inputs, parent, depth });
    }

    /// Ends the trace.
    pub(super) fn trace(&mut self, outcome: &Result<Outcome, Halt>) -> Option<NewTrace> {
        if let Err(Halt::Store(error)) = outcome {
            self.recorder.fail("internal", &error.words_of_turn());
        }
        self.recorder.finish(&self.session)
    }

    fn current_step(&self) -> String {
        let first = || self.agent.first_step_name.clone();
        self.step.clone().or_else(first).unwrap_or_else(|| "first_step".to_owned())
    }

    /// Plays the turn that an input calls for. The input itself is stored already.
    pub(super) async fn take_up(&mut self, input: &TurnInput) -> Result<Outcome, Halt> {
        if self.host.settings.switches.inject_unknown_event {
            self.surprise().await?;
        }
        match input {
            TurnInput::Compact(request) => {
                self.compact(request.clone(), None).await?;
                Ok(Outcome::Done)
            }
            TurnInput::Message { message: Some(message), .. } => {
                self.answer(&Cue::Message(&message.to_text())).await
            }
            TurnInput::Message { message: None, uploads } => {
                self.answer(&Cue::Files(uploads)).await
            }
        }
    }

    /// Plays the turn that begins with a message, which is stored already.
    async fn answer(&mut self, cue: &Cue<'_>) -> Result<Outcome, Halt> {
        match self.thinks_with().await? {
            Some(model) => {
                self.tally = Tally::default();
                self.reenter().await?;
                self.converse(&model).await
            }
            None => self.perform(self.respond(cue)).await,
        }
    }

    /// Goes on where it parked, with what it had planned and done by then.
    pub(super) async fn go_on(
        &mut self,
        moves: Vec<Move>,
        tally: Tally,
        failed: usize,
    ) -> Result<Outcome, Halt> {
        if let Some(model) = self.thinks_with().await? {
            self.tally = tally;
            return self.converse(&model).await;
        }
        let planned =
            if moves.is_empty() { self.respond(&Cue::ToolsAnswered { failed }) } else { moves };
        self.perform(planned).await
    }

    /// What it thinks with. A model that this server no longer has ends the turn.
    async fn thinks_with(&mut self) -> Result<Option<Arc<Model>>, Halt> {
        match self.host.model(&self.agent).map(Option::<&_>::cloned) {
            Ok(model) => Ok(model),
            Err(why) => Err(self.fail("internal", "FAILED_PRECONDITION", &why).await),
        }
    }

    /// Ends the turn with an error that its readers are told.
    async fn fail(&mut self, error_type: &'static str, code: &str, why: &str) -> Halt {
        self.recorder.fail(error_type, why);
        self.failure = Some(why.to_owned());
        let messages = vec![format!("{code}: {why}")];
        if self.host.settings.switches.store_errors {
            if let Err(halt) = self.store(EventBody::Error(ErrorEvent { messages })).await {
                return halt;
            }
        } else {
            self.stream(StreamOnly::Error { messages, extra: Object::new() });
        }
        Halt::Ended
    }

    /// Stores an event of a type that no client knows, as a newer service might.
    async fn surprise(&self) -> Result<(), Halt> {
        let event = json!({
            "id": self.host.ids.event(), "session_key": self.session.key,
            "created_at": time::format(self.host.clock.now()), "type": "from_the_future",
            "content": "An event of a type that is not in the contract.",
        });
        let raw = serde_json::value::to_raw_value(&event).map_err(StoreError::from)?;
        let event = Event::from_raw(raw);
        let seq = self.append(&event).await?;
        self.show(seq, event);
        Ok(())
    }

    pub(super) async fn perform(&mut self, moves: Vec<Move>) -> Result<Outcome, Halt> {
        let mut rest = VecDeque::from(moves);
        loop {
            self.take_steering(&mut rest).await?;
            let Some(next) = rest.pop_front() else {
                return Ok(Outcome::Done);
            };
            if next.calls_the_model() {
                self.compact_if_due().await?;
                self.recorder.ask(&self.agent.model.name);
            } else if next.acts() {
                self.recorder.answered("tool_calls");
            }
            match next {
                Move::Think { text } => self.think(text).await?,
                Move::Say { text } => self.say(text).await?,
                Move::Structured { schema, content } => {
                    self.last_said = Some(content.clone());
                    let body = StructuredOutput { schema_name: schema, content };
                    let span = self.recorder.begin_part("output");
                    let event = self.store(EventBody::StructuredOutput(body)).await?;
                    self.recorder.said(span, &event, "json");
                    self.recorder.answered("stop");
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
                Move::Compact { summary } => {
                    self.compact(CompactInput::default(), Some(summary)).await?;
                }
                Move::Fail { message } => {
                    return Err(self.fail("internal", "INTERNAL", &message).await);
                }
                Move::Overflow => {
                    let actual = CONTEXT_WINDOW + CONTEXT_WINDOW / 10;
                    self.declare_usage(CONTEXT_WINDOW - 600).await?;
                    let message = "The request is larger than the context window";
                    self.recorder.fail("context_limit_exceeded", message);
                    self.transient(&EventBody::ContextLimitExceeded(ContextLimitExceeded {
                        message: message.to_owned(),
                        context_limit: Some(CONTEXT_WINDOW),
                        actual_tokens: Some(actual),
                    }))?;
                    return Err(Halt::Ended);
                }
                Move::StepLimit => {
                    let message = "Too many step transitions";
                    self.recorder.fail("step_transition_limit_exceeded", message);
                    let limit = StepTransitionLimitExceeded {
                        message: message.to_owned(),
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
        for queued in steering.take() {
            let input = queued.input.clone();
            self.store_queued(queued).await?;
            let moves = match &input {
                TurnInput::Message { message: Some(message), .. } => {
                    self.respond(&Cue::Message(&message.to_text()))
                }
                TurnInput::Message { uploads, .. } => self.respond(&Cue::Files(uploads)),
                // Compactions wait for the end of the turn; see `Turns::submit`.
                TurnInput::Compact(_) => Vec::new(),
            };
            for next in moves.into_iter().rev() {
                rest.push_front(next);
            }
        }
        Ok(())
    }

    fn event(&self, body: &EventBody) -> Result<Event, Halt> {
        Ok(self.host.event(&self.session, body)?)
    }

    /// Stores an event, then tells the readers.
    pub(super) async fn store(&self, body: EventBody) -> Result<Event, Halt> {
        let event = self.event(&body)?;
        let seq = self.append(&event).await?;
        self.show(seq, event.clone());
        Ok(event)
    }

    /// Gives an input from the queue its place in the history, then tells the readers.
    pub(super) async fn store_queued(&self, queued: QueuedInput) -> Result<Vec<Event>, Halt> {
        queued.ticket.taken_by(self.turn);
        let events = self.host.input_events(&self.agent, &self.session, &queued.input)?;
        let (vault, row, stored) = (self.vault.clone(), queued.row, events.clone());
        let placed = self.host.store.write(move |db| {
            if !queue::remove(db, row)? {
                return Ok(Vec::new());
            }
            let places = stored.iter().map(|event| events::append(db, &vault, event));
            places.collect::<store::Result<Vec<_>>>()
        });
        for (seq, event) in placed.await?.into_iter().zip(&events) {
            self.show(seq, event.clone());
        }
        Ok(events)
    }

    async fn append(&self, event: &Event) -> Result<i64, Halt> {
        let (vault, event) = (self.vault.clone(), event.clone());
        Ok(self.host.store.write(move |db| events::append(db, &vault, &event)).await?)
    }

    /// Streams an event that is never stored.
    pub(super) fn transient(&self, body: &EventBody) -> Result<(), Halt> {
        let event = self.event(body)?;
        match &self.relay {
            None => self.log.push(self.turn, Frame::Event(event)),
            Some(relay) => {
                self.relay(relay, &event);
                if let Some(own) = &self.own_log {
                    own.push(0, Frame::Event(event));
                }
            }
        }
        Ok(())
    }

    /// Tells the readers of an event that lies at `seq` in the session's list.
    fn show(&self, seq: i64, event: Event) {
        match &self.relay {
            None => self.log.push_stored(self.turn, seq, event),
            Some(relay) => {
                self.relay(relay, &event);
                if let Some(own) = &self.own_log {
                    own.push_stored(0, seq, event);
                }
            }
        }
    }

    fn relay(&self, relay: &Relay, event: &Event) {
        let frame = Frame::Only(StreamOnly::ToolActivity(ToolActivity {
            tool_call_id: relay.tool_call_id.clone(),
            created_at: Some(self.host.clock.now()),
            activity: Activity::SubAgent {
                activity_type: SubAgentTag::SubAgent,
                agent_event: serde_json::from_str(event.raw().get()).unwrap_or_default(),
            },
        }));
        self.log.push(self.turn, frame);
    }

    /// Streams a frame without an id; a sub-agent's are not relayed.
    pub(super) fn stream(&self, only: StreamOnly) {
        if self.relay.is_none() {
            self.log.push(self.turn, Frame::Only(only));
        } else if let Some(own) = &self.own_log {
            own.push(0, Frame::Only(only));
        }
    }

    async fn pause(&self, duration: Duration) -> Result<(), Halt> {
        if duration.is_zero() {
            // A timer would take its millisecond. Others get their turn all the same.
            tokio::task::yield_now().await;
            return if self.cancel.is_cancelled() { Err(Halt::Interrupted) } else { Ok(()) };
        }
        tokio::select! {
            () = self.cancel.cancelled() => Err(Halt::Interrupted),
            () = self.host.clock.sleep(duration) => Ok(()),
        }
    }

    async fn think(&self, text: String) -> Result<(), Halt> {
        let span = self.recorder.begin_part("thinking");
        for content in chunks(&text) {
            self.pause(self.chunk).await?;
            let created_at = Some(self.host.clock.now());
            self.stream(StreamOnly::Thinking(TextChunk { content, created_at }));
        }
        self.stream(StreamOnly::ThinkingEnd { created_at: Some(self.host.clock.now()) });
        let event = self.store(EventBody::Thinking(Thinking { content: Some(text) })).await?;
        self.recorder.thought(span, &event);
        Ok(())
    }

    /// Streams a text and stores what was streamed, even if an interrupt cuts it.
    async fn say(&mut self, text: String) -> Result<(), Halt> {
        let span = self.recorder.begin_part("output");
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
        let tokens = text.len() as u64 / BYTES_PER_TOKEN;
        let mut measured = None;
        if !spoken.is_empty() {
            self.last_said = Some(spoken.as_str().into());
            let body = EventBody::AgentOutput(AgentOutput { content: spoken });
            let event = self.event(&body)?;
            let seq = if halt.is_some() {
                self.append(&event).await?
            } else {
                let (seq, usage) = self.append_measured(&event, tokens).await?;
                measured = Some(usage);
                seq
            };
            self.recorder.said(span, &event, "text");
            self.spoken(seq, event);
        }
        if let Some(halt) = halt {
            return Err(halt);
        }
        self.recorder.answered("stop");
        match measured {
            Some(usage) => self.tell_usage(usage),
            None => self.report_usage(tokens).await?,
        }
        Ok(())
    }

    /// Tells the readers of a text that was streamed, and lies at `seq` now.
    fn spoken(&self, seq: i64, event: Event) {
        let (event_id, created_at) = (event.id.clone(), Some(self.host.clock.now()));
        match &self.relay {
            None => self.log.push_spoken(self.turn, seq, event),
            Some(relay) => {
                self.relay(relay, &event);
                if let Some(own) = &self.own_log {
                    own.push_spoken(0, seq, event);
                }
            }
        }
        self.stream(StreamOnly::AgentTextEnd { event_id, created_at });
    }

    async fn step(&mut self, name: String) -> Result<(), Halt> {
        let span = self.recorder.begin("step_transition", Value::Null);
        let (of, to) = (self.session.clone(), name.clone());
        self.host
            .store
            .write(move |db| {
                sessions::update(db, &of, |session| session.current_step_name = Some(to))?;
                Ok(())
            })
            .await?;
        let from_step = self.current_step();
        self.step = Some(name.clone());
        let attributes = json!({ "from_step": from_step, "to_step": name });
        let body = StepTransition {
            from_step,
            content: Some(format!("Continue with the {name} step.")),
            to_step: name,
        };
        let event = self.store(EventBody::StepTransition(body)).await?;
        self.recorder.came_to(span, &event, attributes);
        self.recorder.enter(&self.current_step());
        Ok(())
    }
}

/// Pieces of a text as a model streams them: a word with the space before it.
fn chunks(text: &str) -> Vec<String> {
    text.split_inclusive(char::is_whitespace).map(str::to_owned).collect()
}
