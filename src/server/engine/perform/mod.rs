//! One agent on its session, for the length of one turn: it plays a script ([`script`]) or converses with a
//! model ([`converse`]), and what it does is stored and told ([`telling`]).
//!
//! Start with [`Performer::take_up`].

mod compact;
mod converse;
mod files;
mod script;
pub(super) mod sub_agent;
mod telling;
mod tools;
mod usage;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::Cue;
use super::compaction::{self, CompactionSettings};
use super::dialogue::bounds::{Bill, Tally};
use super::host::{Host, PACE_KEY};
use super::log::FrameLog;
use super::moves::{MAX_CHUNK_MS, Move};
use super::recorder::{Invoked, Recorder};
use super::run::{RunGuard, Steering};
use crate::api::event::{ErrorEvent, StepTransition};
use crate::api::frame::StreamOnly;
use crate::api::session::ContextUsage;
use crate::api::{Agent, Event, EventBody, EventId, Object, SessionRef, SessionStatus, ToolCallId};
use crate::server::models::Model;
use crate::server::store::queue::TurnInput;
use crate::server::store::seal::Vault;
use crate::server::store::sessions::StoredSession;
use crate::server::store::traces::NewTrace;
use crate::server::store::{StoreError, sessions};

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
    /// Of a sub-agent: where clients of its own session read, and what they steer it by.
    errand: Option<RunGuard>,
    /// The number of its turn there.
    own_turn: u64,
    /// What cancels the turn that a sub-agent works for.
    above: CancellationToken,
    /// Why the context could not be compacted in this turn.
    not_compacted: Option<String>,
    /// Nobody has said anything to the session before.
    is_new: bool,
    /// What its model thought before what it says now.
    thoughts: Vec<EventId>,
    /// What it said last, for whoever asked it.
    pub(super) last_said: Option<Value>,
    /// Why the turn failed, for whoever asked it.
    pub(super) failure: Option<String>,
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
            errand: None,
            own_turn: 0,
            above: CancellationToken::new(),
            not_compacted: None,
            is_new: stored.session.status == Some(SessionStatus::Unstarted),
            thoughts: Vec::new(),
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
                self.not_compacted = None;
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
        match self.tell_error(format!("{code}: {why}")).await {
            Ok(()) => Halt::Ended,
            Err(halt) => halt,
        }
    }

    /// Tells its readers of an error, which ends nothing by itself.
    async fn tell_error(&mut self, message: String) -> Result<(), Halt> {
        let messages = vec![message];
        if self.host.settings.switches.store_errors {
            self.store(EventBody::Error(ErrorEvent { messages })).await?;
        } else {
            self.stream(StreamOnly::Error { messages, extra: Object::new() });
        }
        Ok(())
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
