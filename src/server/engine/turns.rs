//! Who is running: takes input to sessions, starts turns, queues what comes meanwhile.
//!
//! A *run* lasts from idle to idle and holds one turn or, with follow-ups, several. The invariant:
//! the input is stored before it is answered, and `end` is streamed after the status is stored, so
//! that a client which saw `end` reads the truth.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::clock::Clock;
use super::log::Reader;
use super::moves::Move;
use super::perform::{Halt, Outcome, Performer};
use super::run::{Next, Run, RunGuard, lock};
use super::{Cue, Engine};
use crate::api::event::{InputMessage, ToolOutput};
use crate::api::frame::StreamOnly;
use crate::api::input::{MessageInput, Since, ToolAnswer, ToolOutputInput};
use crate::api::{Agent, Event, EventBody, Frame, Input, Object, SessionRef, SessionStatus};
use crate::server::error::{ApiError, ApiResult};
use crate::server::ids::Ids;
use crate::server::store::pending::StoredCall;
use crate::server::store::queue::{self, QueuedMessage};
use crate::server::store::sessions::StoredSession;
use crate::server::store::{Store, agents, events, pending, sessions};

/// Metadata key of an agent that names its playbook.
pub const PLAYBOOK_KEY: &str = "foretop_playbook";

/// What every turn needs.
pub struct Host {
    pub store: Store,
    pub ids: Arc<Ids>,
    pub clock: Clock,
    pub playbooks: Arc<HashMap<String, Arc<dyn Engine>>>,
    /// For agents that name no playbook.
    pub drive: Arc<dyn Engine>,
}

impl Host {
    pub(super) fn engine(&self, agent: &Agent) -> &dyn Engine {
        let named = agent.metadata.get(PLAYBOOK_KEY).and_then(serde_json::Value::as_str);
        named.and_then(|name| self.playbooks.get(name)).unwrap_or(&self.drive).as_ref()
    }
}

/// All running sessions.
#[derive(Clone)]
pub struct Turns {
    host: Arc<Host>,
    runs: Arc<Mutex<HashMap<SessionRef, Arc<Run>>>>,
    tasks: TaskTracker,
    stopped: CancellationToken,
}

/// How a run begins.
enum Start {
    Message(InputMessage),
    Answers { moves: Vec<Move>, failed: usize },
}

impl Turns {
    pub fn new(host: Host) -> Self {
        Self {
            host: Arc::new(host),
            runs: Arc::default(),
            tasks: TaskTracker::new(),
            stopped: CancellationToken::new(),
        }
    }

    pub fn host(&self) -> &Arc<Host> {
        &self.host
    }

    pub fn is_running(&self, session: &SessionRef) -> bool {
        lock(&self.runs).contains_key(session)
    }

    /// Waits until no turn runs.
    pub async fn settle(&self) {
        self.tasks.close();
        self.tasks.wait().await;
        self.tasks.reopen();
    }

    /// Leaves every turn as far as it got, as a crash would, and waits until all have let go.
    pub async fn stop(&self) {
        self.stopped.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Takes one input. The reader gives what the reply must contain.
    pub async fn submit(&self, of: &SessionRef, input: Input) -> ApiResult<Reader> {
        match input {
            Input::Message(message) => self.message(of, message).await,
            Input::Interrupt => {
                self.load(of).await?;
                Ok(self.running(of).map_or_else(Reader::empty, |run| run.interrupt()))
            }
            Input::ToolOutput(answers) => self.answer(of, answers).await,
            Input::Compact(_) => {
                Err(ApiError::bad_request("this server does not take `compact` yet"))
            }
        }
    }

    async fn message(&self, of: &SessionRef, input: MessageInput) -> ApiResult<Reader> {
        if input.messages.is_empty() {
            return Err(ApiError::field("messages", "must hold at least one part"));
        }
        let (agent, stored) = self.load(of).await?;
        if !stored.session.enabled {
            return Err(ApiError::bad_request("the session is disabled and takes no input"));
        }
        let session = stored.id;
        let cursor = self.cursor(session, input.since.clone()).await?;
        let message = InputMessage { messages: input.messages };
        if let Some(run) = self.running(of) {
            if !run.is_closed() {
                if input.since.is_none() {
                    return Err(already_running());
                }
                let (kept, row) = (message.clone(), self.host.store.clone());
                let row = row.call(move |db| queue::push(db, session, &kept)).await?;
                let queued = QueuedMessage { row, message: message.clone() };
                match run.enqueue(queued, input.behavior.as_ref()) {
                    // The reader has its place before the replay is read: what is stored in
                    // between comes twice and is shown once.
                    Ok(reader) => return Ok(reader.replaying(self.replay(session, cursor).await?)),
                    Err(late) => {
                        self.host.store.call(move |db| queue::remove(db, late.row)).await?;
                    }
                }
            }
            run.ended().await;
        }
        let replay = self.replay(session, cursor).await?;
        let waiting = self.host.store.call(move |db| pending::list(db, session)).await?;
        if !waiting.is_empty() {
            return Err(ApiError::conflict(format!(
                "The session waits for {} client tool outputs; send them first",
                waiting.len()
            )));
        }
        let reader = self.start(agent, stored, Vec::new(), Start::Message(message)).await?;
        Ok(reader.replaying(replay))
    }

    async fn answer(&self, of: &SessionRef, input: ToolOutputInput) -> ApiResult<Reader> {
        let (agent, stored) = self.load(of).await?;
        let session = stored.id;
        let waiting = self.host.store.call(move |db| pending::list(db, session)).await?;
        check_answers(&waiting, &input.tool_outputs)?;
        if self.is_running(of) {
            return Err(ApiError::conflict("The session still runs; wait until it is parked"));
        }
        let failed = input
            .tool_outputs
            .iter()
            .filter(|answer| matches!(answer, ToolAnswer::Error { .. }))
            .count();
        let mut outputs = Vec::new();
        for answer in input.tool_outputs {
            let Some(call) = waiting.iter().find(|call| call.call.event_id == *answer.event_id())
            else {
                continue;
            };
            outputs.push(self.output_event(of, call, answer)?);
        }
        let rest = self.host.store.call(move |db| sessions::continuation(db, session)).await?;
        let moves =
            rest.and_then(|json| serde_json::from_str::<Vec<Move>>(&json).ok()).unwrap_or_default();
        self.start(agent, stored, outputs, Start::Answers { moves, failed }).await
    }

    fn output_event(
        &self,
        of: &SessionRef,
        waiting: &StoredCall,
        answer: ToolAnswer,
    ) -> ApiResult<Event> {
        let (output, error) = match answer {
            ToolAnswer::Success { output, .. } => (output, false),
            ToolAnswer::Error { error, .. } => match error {
                serde_json::Value::Object(object) => (object, true),
                other => (Object::from_iter([("error".to_owned(), other)]), true),
            },
        };
        let body = EventBody::ToolOutput(ToolOutput {
            tool_call_id: waiting.tool_call_id.clone(),
            tool_configuration_name: waiting.call.tool_configuration_name.clone(),
            tool_name: waiting.call.tool_name.clone(),
            tool_output: output,
            error,
            resolved_argument_overrides: None,
        });
        self.event(of, &body)
    }

    /// Ends the runs of sessions that are about to be deleted.
    pub fn abandon(&self, fits: impl Fn(&SessionRef) -> bool) {
        let mut runs = lock(&self.runs);
        runs.retain(|of, run| {
            let goes = fits(of);
            if goes {
                run.abandon();
            }
            !goes
        });
    }

    /// Takes a run off the list, unless another one has its place by now.
    pub(super) fn remove(&self, of: &SessionRef, run: &Arc<Run>) {
        let mut runs = lock(&self.runs);
        if runs.get(of).is_some_and(|listed| Arc::ptr_eq(listed, run)) {
            runs.remove(of);
        }
    }

    /// Gives messages that a crash left in the queue their place in the history.
    pub async fn recover(&self) -> crate::server::store::Result<()> {
        for (session, key, queued) in self.host.store.call(|db| queue::left_over(db)).await? {
            let body = EventBody::InputMessage(queued.message);
            let (id, now) = (self.host.ids.event(), self.host.clock.now());
            let event = Event::new(id, key.into(), now, &body)?;
            self.host.store.call(move |db| queue::settle(db, session, queued.row, &event)).await?;
        }
        Ok(())
    }

    fn running(&self, of: &SessionRef) -> Option<Arc<Run>> {
        lock(&self.runs).get(of).cloned()
    }

    async fn load(&self, of: &SessionRef) -> ApiResult<(Agent, StoredSession)> {
        let wanted = of.clone();
        let found = self.host.store.call(move |db| {
            let agent = agents::get(db, &wanted.agent)?;
            let session = sessions::get(db, &wanted)?;
            Ok((agent, session))
        });
        match found.await? {
            (Some(agent), Some(session)) => Ok((agent, session)),
            (None, _) => Err(ApiError::not_found("agent", of.agent.as_str())),
            (_, None) => Err(ApiError::not_found("session", of.key.as_str())),
        }
    }

    /// The row that `since` names; `None` when nothing is to be replayed.
    async fn cursor(&self, session: i64, since: Option<Since>) -> ApiResult<Option<i64>> {
        let id = match since {
            None => return Ok(None),
            Some(Since::Start) => return Ok(Some(0)),
            Some(Since::After(id)) => id,
        };
        let wanted = id.clone();
        let found = self.host.store.call(move |db| events::get(db, session, &wanted)).await?;
        let problem = || ApiError::field("since", format!("no event {id} in this session"));
        Ok(Some(found.ok_or_else(problem)?.seq))
    }

    /// Events stored after the cursor.
    async fn replay(&self, session: i64, cursor: Option<i64>) -> ApiResult<Vec<Event>> {
        let Some(seq) = cursor else {
            return Ok(Vec::new());
        };
        Ok(self.host.store.call(move |db| events::after(db, session, seq)).await?)
    }

    /// Begins a run in a task of its own: a client that leaves must not stop it half way.
    async fn start(
        &self,
        agent: Agent,
        stored: StoredSession,
        outputs: Vec<Event>,
        start: Start,
    ) -> ApiResult<Reader> {
        let turns = self.clone();
        let begun =
            self.tasks.spawn(async move { turns.begin(agent, stored, outputs, start).await });
        begun.await.map_err(|_| crate::server::store::StoreError::Stopped)?
    }

    /// Stores how the run begins, then lets it go.
    async fn begin(
        &self,
        agent: Agent,
        stored: StoredSession,
        outputs: Vec<Event>,
        start: Start,
    ) -> ApiResult<Reader> {
        let of = stored.session.reference();
        let run = Run::new();
        {
            let mut runs = lock(&self.runs);
            if runs.contains_key(&of) {
                return Err(already_running());
            }
            runs.insert(of.clone(), Arc::clone(&run));
        }
        // From here on the guard ends the run, whatever happens to this task or the next.
        let guard = RunGuard { turns: self.clone(), of: of.clone(), run: Arc::clone(&run) };
        let first = match &start {
            Start::Message(message) => {
                vec![self.event(&of, &EventBody::InputMessage(message.clone()))?]
            }
            Start::Answers { .. } => outputs,
        };
        let (session, events) = (stored.id, first.clone());
        self.host
            .store
            .call(move |db| {
                let transaction = db.transaction()?;
                for event in &events {
                    events::append(&transaction, session, event)?;
                }
                pending::clear(&transaction, session)?;
                sessions::set_continuation(&transaction, session, None)?;
                sessions::set_status(&transaction, session, &SessionStatus::Running)?;
                Ok(transaction.commit()?)
            })
            .await?;
        for event in first {
            run.log.push(0, Frame::Event(event));
        }
        let reader = run.log.read_from_start(0);
        let turns = self.clone();
        let id = stored.id;
        self.tasks.spawn(async move {
            tokio::select! {
                () = turns.stopped.cancelled() => {}
                () = turns.play(&guard, agent, id, start) => {}
            }
        });
        Ok(reader)
    }

    fn event(&self, of: &SessionRef, body: &EventBody) -> ApiResult<Event> {
        let (id, now) = (self.host.ids.event(), self.host.clock.now());
        Event::new(id, of.key.clone(), now, body)
            .map_err(|error| crate::server::store::StoreError::from(error).into())
    }

    /// Plays turns until nothing is left to do.
    async fn play(&self, guard: &RunGuard, agent: Agent, id: i64, start: Start) {
        let run = &guard.run;
        let mut performer = Performer::new(
            Arc::clone(&self.host),
            agent,
            (guard.of.clone(), id),
            Arc::clone(&run.log),
            run.token(),
        );
        performer.steering = Some(Arc::clone(&run.steering));
        let mut moves = match start {
            Start::Message(message) => performer.respond(&Cue::Message(&message.to_text())),
            Start::Answers { moves, failed } if moves.is_empty() => {
                performer.respond(&Cue::ToolsAnswered { failed })
            }
            Start::Answers { moves, .. } => moves,
        };
        loop {
            let outcome = performer.perform(moves).await;
            let turn = performer.turn;
            match &outcome {
                Ok(_) | Err(Halt::Ended) => {}
                Err(Halt::Interrupted) => {
                    let _ = performer.transient(&EventBody::SessionInterrupted {});
                    // A round that was cut short waits for nobody.
                    let cleared = self.host.store.call(move |db| {
                        pending::clear(db, id)?;
                        sessions::set_continuation(db, id, None)
                    });
                    if let Err(error) = cleared.await {
                        tracing::error!(%error, session = %guard.of, "calls not withdrawn");
                    }
                }
                Err(Halt::Store(error)) => {
                    tracing::error!(%error, session = %guard.of, "turn failed");
                    let messages = vec!["INTERNAL: the store failed".to_owned()];
                    performer.stream(StreamOnly::Error { messages, extra: Object::new() });
                }
            }
            let parked = matches!(outcome, Ok(Outcome::Parked));
            match run.next_turn(parked) {
                Next::Turn(next, fresh) => {
                    performer.cancel = fresh;
                    run.log.push(turn, Frame::Only(StreamOnly::End {}));
                    performer.turn = turn + 1;
                    let text = next.message.to_text();
                    moves = match performer.store_queued(next).await {
                        Ok(()) => performer.respond(&Cue::Message(&text)),
                        Err(_) => Vec::new(),
                    };
                }
                Next::End(left) => {
                    // Nothing that was accepted is lost: the agent sees it when it goes on.
                    for queued in left {
                        let _ = performer.store_queued(queued).await;
                    }
                    break;
                }
            }
        }
        let stopped = SessionStatus::Stopped;
        let stored = self.host.store.call(move |db| sessions::set_status(db, id, &stopped)).await;
        if let Err(error) = stored {
            tracing::error!(%error, session = %guard.of, "status not stored");
        }
    }
}

/// Every outstanding call needs exactly one answer, and nothing else is answered.
fn check_answers(waiting: &[StoredCall], answers: &[ToolAnswer]) -> ApiResult<()> {
    let mut problems = BTreeMap::new();
    for (index, answer) in answers.iter().enumerate() {
        let id = answer.event_id();
        let field = format!("tool_outputs[{index}].event_id");
        if !waiting.iter().any(|call| call.call.event_id == *id) {
            problems.insert(field, format!("no call is outstanding for {id}"));
        } else if answers[..index].iter().any(|earlier| earlier.event_id() == id) {
            problems.insert(field, format!("{id} is answered twice"));
        }
    }
    for call in waiting {
        let id = &call.call.event_id;
        if !answers.iter().any(|answer| answer.event_id() == id) {
            let problem = format!("{id} ({}) is outstanding too", call.call.tool_name);
            problems.insert("tool_outputs".to_owned(), problem);
        }
    }
    if answers.is_empty() && problems.is_empty() {
        problems.insert("tool_outputs".to_owned(), "must hold at least one answer".to_owned());
    }
    if problems.is_empty() { Ok(()) } else { Err(ApiError::fields(problems)) }
}

fn already_running() -> ApiError {
    ApiError::conflict("The session is already running; send `since` and `behavior`")
}
