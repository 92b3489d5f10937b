//! The watcher on the screen: its questions go out from the loop, and what it learnt becomes messages.
//!
//! Start with [`Watching::ask_what_is_due`]. Decides nothing: what to ask and what an answer means is
//! the [`Watcher`]'s, what it changes is the model's.

use super::execute::problem;
use super::inbox::{Arrival, Sender};
use super::session_sweep::{Sweeping, Swept};
use crate::api::{AgentKey, PendingCall, SessionRef, Timestamp};
use crate::app::Msg;
use crate::app::msg::ServiceMsg;
use crate::client::Client;
use crate::client::watch::{Ages, PlanStatus};
use crate::model::Sessions;
use crate::query::Query;
use crate::text::units;
use crate::view::Model;
use crate::view::layer::inside::{about, age};
use crate::watcher::{Asked, Learnt, Scope, Spending, Watcher, World, ask};

impl World for Model {
    fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    fn agents(&self) -> impl Iterator<Item = &AgentKey> {
        self.agents.keys()
    }

    fn open(&self) -> Option<&SessionRef> {
        self.open.as_ref().map(|open| &open.reference)
    }

    fn calls(&self, session: &SessionRef) -> Vec<PendingCall> {
        self.calls.of_session(session).map(|call| call.pending.clone()).collect()
    }

    fn awaits_listing(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.latest().awaits_listing())
    }

    fn reads_to_start(&self) -> bool {
        true
    }
}

pub(super) struct Watching {
    client: Client,
    sender: Sender,
    watcher: Watcher,
    /// What is looked for in many sessions, out of the same budget.
    sweeping: Option<Sweeping>,
    /// What was said of the service's clock: how far it is off, where that matters.
    clock_told: Option<i64>,
}

/// Clocks that are less apart may only look so: a reply takes its time.
const APART_SECONDS: i64 = 30;

impl Watching {
    /// `only` are the agents to watch; empty means all.
    pub(super) fn new(
        client: &Client,
        sender: Sender,
        spending: Spending,
        only: Vec<AgentKey>,
    ) -> Self {
        // The plan counts requests and decides when to repeat one.
        let client = client.clone().without_repeats();
        let watcher = Watcher::new(spending, Scope::Agents(only));
        Self { client, sender, watcher, sweeping: None, clock_told: None }
    }

    /// Asks what is due; what there is to say without an answer.
    pub(super) fn ask_what_is_due(&mut self, model: &Model, now: Timestamp) -> Option<Msg> {
        // First, because watching takes what it gets; a search has a share and no more.
        if let Some(sweeping) = &mut self.sweeping {
            let watcher = &mut self.watcher;
            sweeping.ask_what_is_due(&self.client, &self.sender, watcher, model, now);
        }
        for asking in self.watcher.due(model, now) {
            let (client, sender) = (self.client.clone(), self.sender.clone());
            tokio::spawn(async move {
                let answer = ask(&client, asking.question.clone()).await;
                let _ = sender.send(Arrival::Asked(asking.answered(answer))).await;
            });
        }
        self.watcher.silence(now).and_then(message)
    }

    /// Takes an answer in.
    pub(super) fn arrived(&mut self, asked: Asked, model: &Model, now: Timestamp) -> Vec<Msg> {
        let learnt = self.watcher.arrived(asked, model, now);
        learnt.into_iter().filter_map(message).chain(self.clock_news()).collect()
    }

    /// Whether the clocks are apart, when that is another than was said.
    fn clock_news(&mut self) -> Option<Msg> {
        let apart = self.client.clock_offset().filter(|offset| offset.abs() >= APART_SECONDS);
        let same = match (apart, self.clock_told) {
            (Some(apart), Some(told)) => (apart - told).abs() < APART_SECONDS,
            (apart, told) => apart == told,
        };
        if same {
            return None;
        }
        self.clock_told = apart;
        Some(ServiceMsg::ClocksApart { seconds: apart }.into())
    }

    /// Looks for events of these sessions, in the place of what was looked for before.
    pub(super) fn search(&mut self, number: u64, query: Query, sessions: Vec<SessionRef>) {
        self.sweeping = Some(Sweeping::new(number, query, sessions));
    }

    pub(super) fn stop_search(&mut self) {
        self.sweeping = None;
    }

    /// Takes a page of a search in.
    pub(super) fn swept(&mut self, swept: Swept, now: Timestamp) -> Option<Msg> {
        Some(self.sweeping.as_mut()?.arrived(swept, now)?.into())
    }

    pub(super) fn wake_at(&self, model: &Model, now: Timestamp) -> Timestamp {
        let due = self.watcher.wake_at(now);
        let search = self.sweeping.as_ref().and_then(|sweeping| sweeping.wake_at(model));
        search.map_or(due, |search| due.min(search))
    }

    /// Somebody wants to know now, or something just ended.
    pub(super) fn ask_now(&mut self, now: Timestamp) {
        self.watcher.ask_now(now);
    }

    /// A key was pressed.
    pub(super) fn attend(&mut self, now: Timestamp) {
        self.watcher.attend(now);
    }

    /// The age of the data and the state of the plan.
    pub(super) fn inside(&self, now: Timestamp) -> Vec<Section> {
        let status = self.watcher.status(now);
        let ages = vec![
            ("open session", ages(&status.open, now)),
            ("session lists", ages(&status.lists, now)),
            ("other sessions", ages(&status.sessions, now)),
            ("agents", ages(&status.agents, now)),
            ("clock", self.clock_told.map_or_else(|| "as the service's".to_owned(), off)),
        ];
        vec![("AGE OF THE DATA", ages), ("POLLING PLAN", plan(&status, now))]
    }
}

/// Of an outage it is told what became of the link: each question is asked again.
fn message(learnt: Learnt) -> Option<Msg> {
    let msg = match learnt {
        Learnt::Missed { .. } => return None,
        Learnt::Agents(agents) => ServiceMsg::AgentsListed(agents),
        Learnt::Sessions { agent, sessions, complete } => {
            ServiceMsg::SessionsListed { agent, sessions, complete }
        }
        Learnt::ListingEnded { agent, listed } => ServiceMsg::ListingEnded { agent, listed },
        Learnt::Session(session) => ServiceMsg::SessionRead(session),
        Learnt::Looked { session, probe, calls, inputs, asked_at } => {
            ServiceMsg::Probed { session, probe, calls, inputs, asked_at }
        }
        Learnt::Events(window) => ServiceMsg::EventsListed(window),
        Learnt::Visible { session, visible, from, to, asked_at } => {
            ServiceMsg::VisibleListed { session, visible, from, to, asked_at }
        }
        Learnt::Gone(session) => ServiceMsg::SessionGone(session),
        Learnt::Refused { session, error } => {
            ServiceMsg::Refused { session, problem: problem(&error) }
        }
        Learnt::Unlisted { agent, error } => {
            ServiceMsg::Unlisted { agent, problem: problem(&error) }
        }
        Learnt::LinkLost { error, next_try } => {
            ServiceMsg::LinkFailed { problem: problem(&error), next_try }
        }
        Learnt::Silent { since } => ServiceMsg::LinkSilent { since },
        Learnt::LinkAnswers => ServiceMsg::LinkAnswers,
        Learnt::LinkWorks { oldest } => ServiceMsg::LinkWorks { oldest },
    };
    Some(msg.into())
}

type Section = (&'static str, Vec<(&'static str, String)>);

/// How far the service's clock is off.
fn off(seconds: i64) -> String {
    let by = units::duration(seconds.unsigned_abs() * 1_000);
    format!("the service's is {by} {}", if seconds > 0 { "ahead" } else { "behind" })
}

fn ages(ages: &Ages, now: Timestamp) -> String {
    let words = |at: Option<Timestamp>| at.map_or_else(|| "-".to_owned(), |at| age(at, now));
    let never = match ages.unknown {
        0 => String::new(),
        unknown => format!("  {} not yet asked", about(unknown)),
    };
    match ages.known {
        0 => format!("none{never}"),
        1 => format!("{}{never}", words(ages.newest)),
        _ => format!(
            "newest {}  median {}  oldest {}{never}",
            words(ages.newest),
            words(ages.median),
            words(ages.oldest)
        ),
    }
}

fn plan(status: &PlanStatus, now: Timestamp) -> Vec<(&'static str, String)> {
    // Whole requests: the exact number changes with every one that is sent.
    let left = match status.tokens / status.burst {
        share if share >= 0.9 => "rested",
        share if share >= 0.1 => "in use",
        _ => "spent",
    };
    let breaker = match status.next_try {
        None => "closed".to_owned(),
        Some(at) => {
            let tries = units::counted(status.failures as usize, "failure");
            format!("open after {tries}, next try in {}", age(now, at))
        }
    };
    vec![
        ("budget", format!("{} a second, {} ahead, {left}", status.rate, status.burst)),
        ("last minute", units::counted(0, "request").replace('0', &about(status.last_minute))),
        ("questions", about(status.asks)),
        ("due", format!("{}, {} of them overdue", about(status.due), about(status.overdue))),
        ("in flight", status.in_flight.to_string()),
        ("backing off", about(status.backing_off)),
        ("breaker", breaker),
    ]
}
