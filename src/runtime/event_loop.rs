//! The loop: waits for whatever comes first, lets the machine work it in, draws at most once.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::OptionFuture;
use tokio::time::{Instant, sleep_until};

use super::console::{Console, ConsoleEvent};
use super::execute::{Executor, problem};
use super::hints::hints;
use super::inbox::{Arrival, Inbox, Sender};
use super::keeper::Keeper;
use super::observe;
use super::signals::Endings;
use crate::api::Timestamp;
use crate::app::update::Machine;
use crate::app::{Effect, Msg};
use crate::client::order::Direction;
use crate::client::watch::{Ask, WatchPlan, WatchView, Watched};
use crate::client::{Client, ClientError};
use crate::keymap::Keymap;
use crate::model::Model;
use crate::state::StateDir;
use crate::terminal::{FramePacer, Suspension, TerminalEvent};
use crate::theme::Theme;
use crate::ui::{self, RowCache};

/// Keys that are worked in before a frame is drawn.
const KEYS_PER_FRAME: usize = 1_000;
/// Every so often the open session is read to its start, to see what others hid far up.
const DEEP_EVERY: u32 = 10;

/// What the loop runs with.
pub struct Setup {
    pub client: Client,
    pub model: Model,
    pub theme: Theme,
    pub keymap: Keymap,
    /// Requests a second that watching may cost.
    pub requests_per_second: f64,
    /// Shortest time between two frames.
    pub frame_interval: Duration,
    /// Where drafts and the like outlive the run; `None` keeps nothing.
    pub state: Option<StateDir>,
}

/// Runs until the person leaves or the process is asked to end.
pub async fn run<C: Console>(
    console: &mut C,
    endings: &mut Endings,
    setup: Setup,
) -> io::Result<()> {
    let (sender, mut inbox) = Inbox::new();
    let remembered = remember(setup.state.clone()).await;
    let mut screen = Screen {
        executor: Executor::new(setup.client.clone(), sender.clone()),
        keeper: Keeper::new(setup.state, sender.clone()),
        client: setup.client,
        sender,
        plan: WatchPlan::new(setup.requests_per_second),
        machine: Machine::new(setup.keymap),
        model: setup.model,
        theme: setup.theme,
        cache: RowCache::default(),
        pacer: FramePacer::new(setup.frame_interval),
        direction: Arc::default(),
        opens: 0,
    };
    if screen.model.open.is_some() {
        screen.machine.keep_open();
    }
    let (columns, rows) = console.size()?;
    let mut effects = screen.take(Msg::Resize(columns, rows));
    effects.extend(remembered.into_iter().flat_map(|msg| screen.take(msg)));
    loop {
        screen.carry_out(console, effects).await?;
        if screen.model.quit {
            break;
        }
        screen.keeper.save_if_due(Instant::now());
        screen.ask_what_is_due();
        if screen.pacer.due(std::time::Instant::now()) {
            screen.draw(console)?;
        }
        let wake = screen.wake_at();
        let timer = OptionFuture::from(wake.map(sleep_until));
        effects = tokio::select! {
            biased;
            () = endings.next() => screen.take(Msg::Terminate),
            event = console.next() => match event {
                None => screen.take(Msg::Terminate),
                Some(ConsoleEvent::Stop) => {
                    screen.suspend(console, false).await?;
                    Vec::new()
                }
                Some(ConsoleEvent::Continued) => {
                    console.resume()?;
                    screen.repaint(console)?;
                    Vec::new()
                }
                Some(ConsoleEvent::Terminal(event)) => {
                    let mut effects = screen.take_event(event);
                    for _ in 0..KEYS_PER_FRAME {
                        let Some(event) = console.next_ready() else { break };
                        effects.extend(screen.take_event(event));
                    }
                    effects
                }
            },
            batch = inbox.next_batch() => {
                batch.into_iter().flat_map(|arrival| screen.take_arrival(arrival)).collect()
            }
            Some(()) = timer => screen.wake(),
        };
    }
    // Boxed, or everything on the screen would be in this future twice.
    Box::pin(screen.finish(&mut inbox)).await;
    Ok(())
}

/// What earlier runs kept, read aside: another program may hold the lock for a moment.
async fn remember(state: Option<StateDir>) -> Option<Msg> {
    let state = state?;
    let load = move || match state.load(Timestamp::now()) {
        Ok((memory, remarks)) => Msg::Remembered { memory: Box::new(memory), remarks },
        Err(error) => Msg::NotKept(error.to_string()),
    };
    tokio::task::spawn_blocking(load).await.ok()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Screen {
    executor: Executor,
    keeper: Keeper,
    client: Client,
    sender: Sender,
    plan: WatchPlan,
    machine: Machine,
    model: Model,
    theme: Theme,
    cache: RowCache,
    pacer: FramePacer,
    /// In which order the service lists events; learnt once for all sessions.
    direction: Arc<Mutex<Direction>>,
    /// Questions about the open session so far.
    opens: u32,
}

impl Screen {
    fn take(&mut self, msg: Msg) -> Vec<Effect> {
        self.pacer.request(std::time::Instant::now());
        self.machine.update(&mut self.model, msg, Timestamp::now())
    }

    fn take_event(&mut self, event: TerminalEvent) -> Vec<Effect> {
        match event {
            TerminalEvent::Key(key) => self.take(Msg::Key(key)),
            TerminalEvent::Paste(text) => self.take(Msg::Paste(text)),
            TerminalEvent::Resize(width, height) => self.take(Msg::Resize(width, height)),
        }
    }

    fn take_arrival(&mut self, arrival: Arrival) -> Vec<Effect> {
        let now = Timestamp::now();
        match arrival {
            Arrival::Msg(msg) => self.take(msg),
            Arrival::Asked { ask, result: Ok(msg) } => {
                self.plan.done(&ask, now);
                let mut effects = self.take(msg);
                effects.extend(self.take(Msg::LinkWorks));
                effects
            }
            Arrival::Asked { ask, result: Err(error) } => self.asked_in_vain(&ask, &error, now),
        }
    }

    /// Only an outage slows the plan down; one request that was refused must not.
    fn asked_in_vain(&mut self, ask: &Ask, error: &ClientError, now: Timestamp) -> Vec<Effect> {
        if error.is_outage() {
            self.plan.failed(ask, now);
            let next_try = self.plan.wake_at(now, &self.view());
            return self.take(Msg::LinkFailed { problem: problem(error), next_try });
        }
        self.plan.done(ask, now);
        let session = match ask {
            Ask::Open(session) => Some(session.clone()),
            // The pane of the session says it once somebody looks there.
            Ask::Probe(_) => return Vec::new(),
            Ask::Agents | Ask::Sessions(_) => None,
        };
        self.take(Msg::Refused { session, problem: problem(error) })
    }

    fn wake(&mut self) -> Vec<Effect> {
        if self.model.next_change().is_some_and(|at| at <= Timestamp::now()) {
            self.take(Msg::Wake)
        } else {
            Vec::new()
        }
    }

    async fn carry_out<C: Console>(
        &mut self,
        console: &mut C,
        effects: Vec<Effect>,
    ) -> io::Result<()> {
        for effect in effects {
            match effect {
                Effect::AskNow => self.plan.ask_now(),
                Effect::Remember(change) => self.keeper.note(change, Instant::now()),
                Effect::RememberNow => self.keeper.save(),
                Effect::Redraw => self.repaint(console)?,
                Effect::Suspend => self.suspend(console, true).await?,
                other => self.executor.start(other),
            }
        }
        Ok(())
    }

    async fn suspend<C: Console>(&mut self, console: &mut C, whole_group: bool) -> io::Result<()> {
        match console.suspend(whole_group).await? {
            Suspension::Resumed => self.repaint(console),
            Suspension::NobodyToResume => {
                self.take(Msg::NobodyToResume);
                Ok(())
            }
        }
    }

    /// Paints every cell at the next frame: what is on the terminal is not what we drew.
    fn repaint<C: Console>(&mut self, console: &mut C) -> io::Result<()> {
        let (columns, rows) = console.size()?;
        console.clear()?;
        self.take(Msg::Resize(columns, rows));
        Ok(())
    }

    fn view(&self) -> WatchView {
        let open = self.model.open.as_ref().map(|open| {
            let running = self.model.is_running(&open.reference);
            (open.reference.clone(), running)
        });
        let changed: std::collections::HashSet<_> =
            self.model.sessions.changed_since_probe().cloned().collect();
        let sessions = self.model.sessions.iter().map(|(session, entry)| Watched {
            session: session.clone(),
            running: observe::is_running(entry.session.status.as_ref()),
            changed: changed.contains(session),
        });
        WatchView {
            open,
            sessions: sessions.collect(),
            agents: self.model.agents.keys().cloned().collect(),
        }
    }

    fn ask_what_is_due(&mut self) {
        let view = self.view();
        for question in self.plan.next(Timestamp::now(), &view) {
            let mut deep = false;
            if let Ask::Open(_) = &question {
                // A session longer than one question may take is never whole: do not try each time.
                let whole = self.model.open.as_ref().is_some_and(|open| {
                    open.timeline.reaches_start()
                        || open.timeline.event_count() >= observe::MAX_EVENTS
                });
                deep = !whole || self.opens.is_multiple_of(DEEP_EVERY);
                self.opens = self.opens.wrapping_add(1);
            }
            let (client, sender) = (self.client.clone(), self.sender.clone());
            let direction = Arc::clone(&self.direction);
            tokio::spawn(async move {
                let mut learnt = *lock(&direction);
                let result = observe::ask(&client, question.clone(), deep, &mut learnt).await;
                *lock(&direction) = learnt;
                let _ = sender.send(Arrival::Asked { ask: question, result }).await;
            });
        }
    }

    /// The next moment at which something is to be drawn, asked or changed.
    fn wake_at(&self) -> Option<Instant> {
        let now = Timestamp::now();
        let from_now = |at: Timestamp| {
            let wait = Duration::try_from(at.duration_since(now)).unwrap_or_default();
            Instant::now() + wait
        };
        let frame = self.pacer.wake_at().map(Instant::from_std);
        let plan = Some(from_now(self.plan.wake_at(now, &self.view())));
        let change = self.model.next_change().map(from_now);
        [frame, plan, change, self.keeper.wake_at()].into_iter().flatten().min()
    }

    /// Drafts first: whoever ended us may not wait for the rest.
    async fn finish(mut self, inbox: &mut Inbox) {
        self.keeper.save();
        self.executor.finish().await;
        // The last inputs may have arrived: what was sent must not come back as a draft.
        let last = inbox.next_batch().now_or_never().unwrap_or_default();
        for arrival in last {
            let Arrival::Msg(msg @ (Msg::InputTaken { .. } | Msg::InputRefused { .. })) = arrival
            else {
                continue;
            };
            for effect in self.machine.update(&mut self.model, msg, Timestamp::now()) {
                if let Effect::Remember(change) = effect {
                    self.keeper.note(change, Instant::now());
                }
            }
        }
        self.keeper.finish().await;
    }

    fn draw<C: Console>(&mut self, console: &mut C) -> io::Result<()> {
        let hints = hints(&self.model, self.machine.keymap());
        let (model, theme, cache) = (&self.model, &self.theme, &mut self.cache);
        console.draw(|frame| ui::draw(frame, model, theme, cache, &hints))
    }
}
