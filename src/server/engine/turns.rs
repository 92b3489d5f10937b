//! Who is running: begins runs, plays their turns, ends them.
//!
//! A *run* lasts from idle to idle and holds one turn or, with follow-ups, several. What clients
//! send is taken in [`super::submit`], what an end left undone in [`super::recovery`]. The invariant:
//! the input is stored before it is answered, and `end` is streamed after the status is stored, so that
//! a client which saw `end` reads the truth.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::dialogue::bounds::Tally;
use super::host::Host;
use super::log::{Reader, Ticket};
use super::moves::Move;
use super::perform::{Halt, Outcome, Performer};
use super::run::{Next, Run, RunGuard, lock};
use crate::api::frame::StreamOnly;
use crate::api::{Agent, Artifact, Event, EventBody, EventId, Frame, SessionRef, SessionStatus};
use crate::server::error::{ApiError, ApiResult};
use crate::server::store::queue::TurnInput;
use crate::server::store::seal::Vault;
use crate::server::store::sessions::StoredSession;
use crate::server::store::traces::NewTrace;
use crate::server::store::{
    self, Db, StoreError, artifacts, descriptions, errands, events, pending, sessions, traces,
};

/// How long turns may take to come to their end when the process ends.
const STOP_PATIENCE: Duration = Duration::from_secs(2);

/// All running sessions.
#[derive(Clone)]
pub struct Turns {
    pub(super) host: Arc<Host>,
    tasks: TaskTracker,
    /// No run begins any more, and those that go on are cut short.
    stopped: CancellationToken,
    /// Lets go of runs that do not end.
    dropped: CancellationToken,
    /// Sessions that came to rest while nothing could be stored.
    pub(super) unsettled: Arc<Mutex<HashSet<SessionRef>>>,
}

/// An input that has found no run yet.
pub(super) struct Waiting {
    pub(super) input: TurnInput,
    pub(super) files: Vec<(Artifact, Vec<u8>)>,
}

/// How a run begins.
pub(super) enum Start {
    /// With an input, whose files are stored along with it.
    Input(Waiting),
    /// With the answers to the calls that a parked turn waited for, and with what it had planned to
    /// do then.
    Answers {
        calls: Vec<EventId>,
        outputs: Vec<Event>,
        moves: Vec<Move>,
        tally: Tally,
        failed: usize,
        /// The row of the session that worked for this one, where they are what came of that.
        errand: Option<i64>,
    },
}

impl Start {
    /// Whether the calls that wait are those that it reckons with.
    fn fits(&self, waiting: &[EventId]) -> bool {
        match self {
            Self::Input(_) => waiting.is_empty(),
            Self::Answers { calls, .. } => calls == waiting,
        }
    }

    fn files(&self) -> &[(Artifact, Vec<u8>)] {
        match self {
            Self::Input(waiting) => &waiting.files,
            Self::Answers { .. } => &[],
        }
    }

    fn into_input(self) -> Option<Waiting> {
        match self {
            Self::Input(waiting) => Some(waiting),
            Self::Answers { .. } => None,
        }
    }

    /// For the length of a turn, which has no use for them.
    fn without_files(mut self) -> Self {
        if let Self::Input(waiting) = &mut self {
            waiting.files = Vec::new();
        }
        self
    }
}

/// What became of a beginning.
pub(super) enum Begun {
    Running(Box<Reader>),
    /// Another run was faster, or calls wait that did not before, or no longer do. An input comes
    /// back.
    NotNow(Option<Waiting>),
}

impl Turns {
    pub fn new(host: Host) -> Self {
        Self {
            host: Arc::new(host),
            tasks: TaskTracker::new(),
            stopped: CancellationToken::new(),
            dropped: CancellationToken::new(),
            unsettled: Arc::default(),
        }
    }

    pub fn host(&self) -> &Arc<Host> {
        &self.host
    }

    pub fn is_running(&self, session: &SessionRef) -> bool {
        self.host.runs.lock().contains_key(session)
    }

    pub(super) fn running(&self, of: &SessionRef) -> Option<Arc<Run>> {
        self.host.runs.get(of)
    }

    /// Waits until no turn runs.
    pub async fn settle(&self) {
        self.tasks.close();
        self.tasks.wait().await;
        self.tasks.reopen();
    }

    /// Cuts every turn short and waits until all have let go. What was said so far is stored, what is
    /// queued or waits for a client stays that way, and the readers are told.
    pub async fn stop(&self) {
        self.stopped.cancel();
        self.host.parked.close();
        for run in self.host.runs.lock().values() {
            run.stop();
        }
        self.tasks.close();
        if tokio::time::timeout(STOP_PATIENCE, self.tasks.wait()).await.is_err() {
            tracing::warn!("turns did not end in time; what they had not stored is lost");
            self.dropped.cancel();
            self.tasks.wait().await;
        }
    }

    /// Ends the runs of sessions that are about to be deleted.
    pub fn abandon(&self, fits: impl Fn(&SessionRef) -> bool) {
        self.host.parked.abandon(&fits);
        self.host.models.upstream().forget(&fits);
        let mut runs = self.host.runs.lock();
        runs.retain(|of, run| {
            let goes = fits(of);
            if goes {
                run.abandon();
            }
            !goes
        });
    }

    /// Deletes sessions whose idle time is over (contract section 2.1, `tti_minutes`).
    pub async fn expire(&self) -> store::Result<usize> {
        let now = self.host.clock.now();
        let expired = self.host.store.read(move |db| sessions::expired(db, now)).await?;
        if expired.is_empty() {
            return Ok(0);
        }
        let erased = self.host.store.erase(move |db| {
            let mut deleted = Vec::new();
            // Looked up again: some may have been used in between.
            for of in sessions::expired(db, now)? {
                if sessions::delete(db, &of)? {
                    deleted.push(of);
                }
            }
            Ok(deleted)
        });
        let deleted = erased.await?;
        self.host.parked.abandon(|of| deleted.contains(of));
        self.host.models.upstream().forget(|of| deleted.contains(of));
        Ok(deleted.len())
    }

    /// Runs what must not be left half done in a task of its own: a client that leaves, or whose
    /// deadline passes, drops only its wait for the outcome.
    pub(super) async fn to_the_end<T: Send + 'static>(
        &self,
        work: impl Future<Output = ApiResult<T>> + Send + 'static,
    ) -> ApiResult<T> {
        self.tasks.spawn(work).await.map_err(|_| StoreError::Stopped)?
    }

    /// Runs what nobody waits for, but the end of the process.
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(work);
    }

    /// Stores how a run begins, then lets it go. What it begins with comes back when it cannot: the
    /// session may have changed since it was looked at.
    pub(super) async fn begin(
        &self,
        agent: Agent,
        stored: &StoredSession,
        start: Start,
    ) -> ApiResult<Begun> {
        let of = stored.session.reference();
        let run = Run::new();
        {
            let mut runs = self.host.runs.lock();
            // Under the lock: whoever stops looks at the list once.
            if self.stopped.is_cancelled() {
                return Err(StoreError::Stopped.into());
            }
            if runs.contains_key(&of) {
                return Ok(Begun::NotNow(start.into_input()));
            }
            // A turn that waited for answers goes on in any case: it has begun.
            let most = self.host.models.limits().running_turns;
            if let (Some(most), Start::Input(_)) = (most, &start)
                && runs.values().filter(|run| !run.is_errand).count() >= most
            {
                return Err(ApiError::too_many_turns(most));
            }
            runs.insert(of.clone(), Arc::clone(&run));
        }
        // From here on the guard ends the run, whatever happens to this task or the next.
        let runs = Arc::clone(&self.host.runs);
        let guard = RunGuard { runs, of: of.clone(), run: Arc::clone(&run) };
        let host = self.host.for_turns_of(&of, stored.vault.row).await?;
        let first = match &start {
            Start::Input(waiting) => host.input_events(&agent, &of, &waiting.input)?,
            Start::Answers { outputs, .. } => outputs.clone(),
        };
        let is_described = stored.session.description.is_some();
        let description = if is_described { None } else { descriptions::of(&first) };
        let (vault, events) = (stored.vault.clone(), first.clone());
        let begun = self
            .host
            .store
            .write(move |db| {
                if !sessions::is_there(db, vault.row)? {
                    return Ok(None);
                }
                if !start.fits(&pending::ids(db, vault.row)?) {
                    return Ok(Some((start, None)));
                }
                let base = events::last_seq(db, vault.row)?;
                for (artifact, data) in start.files() {
                    artifacts::insert(db, &vault, artifact, data)?;
                }
                let placed: Vec<i64> = events
                    .iter()
                    .map(|event| events::append(db, &vault, event))
                    .collect::<store::Result<_>>()?;
                pending::clear(db, vault.row)?;
                if let Start::Answers { errand: Some(child), .. } = &start {
                    errands::end(db, *child)?;
                }
                sessions::set_continuation(db, &vault, None)?;
                sessions::set_status(db, vault.row, &SessionStatus::Running)?;
                Ok(Some((start, Some((base, placed)))))
            })
            .await?;
        let (start, placed) = begun.ok_or_else(|| gone(&of))?;
        let Some((base, placed)) = placed else {
            return Ok(Begun::NotNow(start.into_input()));
        };
        run.log.starts_after(base);
        for (seq, event) in placed.into_iter().zip(&first) {
            run.log.push_stored(0, seq, event.clone());
        }
        let reader = run.log.read_from_start(Ticket::of(0));
        run.begun.cancel();
        let (turns, stored, start) = (self.clone(), stored.clone(), start.without_files());
        let inputs = first;
        self.tasks.spawn(async move {
            tokio::select! {
                () = turns.dropped.cancelled() => {}
                () = turns.play(&guard, host, (agent, stored), start, (inputs, description)) => {}
            }
        });
        Ok(Begun::Running(Box::new(reader)))
    }

    /// Plays turns until nothing is left to do.
    async fn play(
        &self,
        guard: &RunGuard,
        host: Arc<Host>,
        (agent, stored): (Agent, StoredSession),
        start: Start,
        (inputs, description): (Vec<Event>, Option<(EventId, String)>),
    ) {
        let run = &guard.run;
        let vault = stored.vault.clone();
        let mut performer = Performer::new(host, agent, &stored, Arc::clone(&run.log), run.token());
        performer.steering = Some(Arc::clone(&run.steering));
        performer.record(&inputs);
        // One that worked for another session can only have waited for a client.
        let mut may_be_errand = matches!(start, Start::Answers { .. });
        let last;
        let mut outcome = match start {
            Start::Input(waiting) => performer.take_up(&waiting.input).await,
            Start::Answers { moves, tally, failed, .. } => {
                performer.go_on(moves, tally, failed).await
            }
        };
        loop {
            let parked = matches!(outcome, Ok(Outcome::Parked));
            let ends = !matches!(outcome, Ok(_) | Err(Halt::Ended));
            if ends && run.is_abandoned() {
                // Whatever it met was the deletion.
                run.log.push_failure(performer.turn, StoreError::Deleted);
                return;
            }
            let trace = performer.trace(&outcome);
            let is_stopping = self.stopped.is_cancelled() && !parked;
            let turn = performer.turn;
            if is_stopping && matches!(outcome, Err(Halt::Interrupted)) {
                // Nobody interrupted it: what waits for a client or for a turn goes on waiting.
                run.close();
                run.log.push_failure(turn, StoreError::Stopped);
                last = trace;
                break;
            }
            self.conclude(outcome, &performer, &vault).await;
            if is_stopping {
                if run.close() {
                    // This turn came to its end; those that wait for the next one are told.
                    run.log.push(turn, Frame::Only(StreamOnly::End {}));
                    run.log.push_failure(turn + 1, StoreError::Stopped);
                }
                last = trace;
                break;
            }
            if may_be_errand && !parked {
                may_be_errand = false;
                self.report(&performer, &vault).await;
            }
            match run.next_turn(parked) {
                Next::Turn(next, fresh) => {
                    self.keep(&vault, trace).await;
                    if self.stopped.is_cancelled() {
                        fresh.cancel();
                    }
                    performer.cancel = fresh;
                    run.log.push(turn, Frame::Only(StreamOnly::End {}));
                    performer.turn = turn + 1;
                    let input = next.input.clone();
                    outcome = match performer.store_queued(next).await {
                        Ok(events) => {
                            performer.record(&events);
                            performer.take_up(&input).await
                        }
                        Err(halt) => Err(halt),
                    };
                }
                Next::End(left) => {
                    // Nothing that was accepted is lost: the agent sees it when it goes on.
                    for queued in left {
                        if let Err(halt) = performer.store_queued(queued).await {
                            tracing::error!(?halt, session = %guard.of, "an input waits on");
                            lock(&self.unsettled).insert(guard.of.clone());
                        }
                    }
                    last = trace;
                    break;
                }
            }
        }
        let keep = self.keep(&vault, last);
        let rest = self.rest(vault.clone(), description);
        // Both in one commit, as it comes, and neither costs the other.
        let ((), rest) = tokio::join!(keep, rest);
        if let Err(error) = rest {
            tracing::error!(%error, session = %guard.of, "status not stored");
            lock(&self.unsettled).insert(guard.of.clone());
        }
    }

    /// The session rests, which a start finds out by itself; what a first turn is about it does not.
    async fn rest(
        &self,
        vault: Vault,
        description: Option<(EventId, String)>,
    ) -> Result<(), StoreError> {
        let row = vault.row;
        let stopped = move |db: &Db| sessions::set_status(db, row, &SessionStatus::Stopped);
        let Some((from, words)) = description else {
            return self.host.store.settle(stopped).await;
        };
        let both = move |db: &Db| {
            descriptions::set(db, &vault, &from, &words)?;
            stopped(db)
        };
        self.host.store.write(both).await
    }

    /// Keeps the trace of a turn. One that is lost costs the turn nothing.
    async fn keep(&self, vault: &Vault, trace: Option<NewTrace>) {
        let Some(trace) = trace else { return };
        let vault = vault.clone();
        let kept = self.host.store.settle(move |db| traces::insert(db, &vault, &trace));
        if let Err(error) = kept.await {
            tracing::error!(%error, "a trace was not kept");
        }
    }

    /// Tells the readers how a turn came to its end, where the turn has not.
    async fn conclude(&self, outcome: Result<Outcome, Halt>, performer: &Performer, vault: &Vault) {
        match outcome {
            Ok(_) | Err(Halt::Ended) => {}
            Err(Halt::Interrupted) => {
                let _ = performer.transient(&EventBody::SessionInterrupted {});
                // A round that was cut short waits for nobody.
                let vault = vault.clone();
                let cleared = self.host.store.write(move |db| {
                    pending::clear(db, vault.row)?;
                    sessions::set_continuation(db, &vault, None)
                });
                if let Err(error) = cleared.await {
                    tracing::error!(%error, session = %performer.session, "calls not withdrawn");
                }
            }
            Err(Halt::Store(error)) => {
                tracing::error!(%error, session = %performer.session, "turn failed");
                performer.log.push_failure(performer.turn, error);
            }
        }
    }
}

/// For a session that was deleted between two looks at it.
pub(super) fn gone(of: &SessionRef) -> ApiError {
    ApiError::not_found("session", of.key.as_str())
}

pub(super) fn already_running() -> ApiError {
    ApiError::conflict("The session is already running; send `since` and `behavior`")
}
