//! The polling plan: what a watcher asks next. The API has no subscribe call, so the plan spends a
//! budget of requests where they tell most.
//!
//! Pure: time and the state of the world come in. When the budget is short every cadence stretches
//! by the same factor, the open session's least, and nothing starves.

mod budget;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use jiff::SignedDuration;

use budget::Budget;

use crate::api::{AgentKey, SessionRef, Timestamp};

const AGENTS: SignedDuration = SignedDuration::from_secs(30);
const SESSIONS: SignedDuration = SignedDuration::from_secs(3);
const OPEN_RUNNING: SignedDuration = SignedDuration::from_secs(1);
const OPEN_IDLE: SignedDuration = SignedDuration::from_secs(2);
const PROBE_RUNNING: SignedDuration = SignedDuration::from_secs(5);
const PROBE_IDLE: SignedDuration = SignedDuration::from_secs(30);
/// "At once", but not in a loop while the view has yet to learn of the probe.
const PROBE_CHANGED: SignedDuration = SignedDuration::from_millis(500);

const FIRST_BACK_OFF: SignedDuration = SignedDuration::from_millis(500);
const LONGEST_BACK_OFF: SignedDuration = SignedDuration::from_secs(8);
/// When to look again if nothing at all is due.
const NOTHING_DUE: SignedDuration = SignedDuration::from_secs(60);
/// How much more the open session's lateness counts: somebody is looking at it.
const FOCUS: f64 = 4.0;
/// One question to the service.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Ask {
    Agents,
    Sessions(AgentKey),
    /// The events of the session on the screen.
    Open(SessionRef),
    /// The newest events and the outstanding calls of a session.
    Probe(SessionRef),
}

impl Ask {
    /// In requests.
    fn cost(&self) -> f64 {
        if matches!(self, Self::Probe(_)) { 2.0 } else { 1.0 }
    }
}

/// What is on the screen, as far as it matters here.
#[derive(Debug, Clone, Default)]
pub struct WatchView {
    /// The open session, and whether it is running.
    pub open: Option<(SessionRef, bool)>,
    pub sessions: Vec<Watched>,
    pub agents: Vec<AgentKey>,
}

#[derive(Debug, Clone)]
pub struct Watched {
    pub session: SessionRef,
    pub running: bool,
    /// The session list says that something happened since the last probe.
    pub changed: bool,
}

#[derive(Debug)]
pub struct WatchPlan {
    budget: Budget,
    /// When each ask of the view was answered last.
    answered: HashMap<Ask, Timestamp>,
    in_flight: HashSet<Ask>,
    trouble: Option<Trouble>,
    /// A key was pressed and no time is known yet.
    hurry: bool,
    /// What was answered before this is due.
    hurry_from: Option<Timestamp>,
}

/// The service does not answer.
#[derive(Debug)]
struct Trouble {
    wait: SignedDuration,
    until: Timestamp,
    /// The one ask that is let through to see whether it is over.
    test: Option<Ask>,
}

/// An ask with its turn in the queue.
struct Candidate {
    ask: Ask,
    due: Timestamp,
    /// How many times its cadence it has waited.
    lateness: f64,
}

impl WatchPlan {
    pub fn new(requests_per_second: f64) -> Self {
        Self {
            budget: Budget::new(requests_per_second),
            answered: HashMap::new(),
            in_flight: HashSet::new(),
            trouble: None,
            hurry: false,
            hurry_from: None,
        }
    }

    /// What to ask now. Each ask is in flight until `done`, `failed` or `dropped` is told of it.
    pub fn next(&mut self, now: Timestamp, view: &WatchView) -> Vec<Ask> {
        if std::mem::take(&mut self.hurry) {
            self.hurry_from = Some(now);
        }
        self.remember(now, view);
        if let Some(trouble) = &mut self.trouble {
            // A clock that was set back must not prolong the wait.
            trouble.until = trouble.until.min(after(now, trouble.wait));
            if trouble.test.is_some() || now < trouble.until {
                return Vec::new();
            }
        }
        let mut candidates = self.candidates(now, view);
        if self.trouble.is_none() {
            candidates.retain(|candidate| candidate.due <= now);
        }
        // Stable, so that equals keep the order of importance in which they were listed.
        let is_first_look = |candidate: &Candidate| {
            matches!(candidate.ask, Ask::Open(_)) && !self.answered.contains_key(&candidate.ask)
        };
        // Somebody waits in front of an empty pane: that goes before everything.
        candidates.sort_by(|a, b| {
            let first_look = is_first_look(b).cmp(&is_first_look(a));
            first_look.then(b.lateness.total_cmp(&a.lateness))
        });
        let mut asks = Vec::new();
        for Candidate { ask, .. } in candidates {
            if !self.budget.allows(now) {
                break;
            }
            // A view may name a session twice.
            if !self.in_flight.insert(ask.clone()) {
                continue;
            }
            self.budget.spend(ask.cost());
            asks.push(ask);
            if let Some(trouble) = &mut self.trouble {
                trouble.test = asks.first().cloned();
                break;
            }
        }
        asks
    }

    /// The service answered, be it with a refusal of this one ask.
    pub fn done(&mut self, ask: &Ask, now: Timestamp) {
        self.in_flight.remove(ask);
        self.trouble = None;
        self.answered.insert(ask.clone(), now);
    }

    /// The service did not answer, or not usefully: everything slows down.
    pub fn failed(&mut self, ask: &Ask, now: Timestamp) {
        self.in_flight.remove(ask);
        // Others are the next test, so that one bad ask cannot stand in the way.
        self.answered.insert(ask.clone(), now);
        let wait = match &self.trouble {
            None => FIRST_BACK_OFF,
            Some(trouble) if trouble.test.as_ref() == Some(ask) => {
                (trouble.wait * 2).min(LONGEST_BACK_OFF)
            }
            // Was sent before the trouble began; one outage counts once.
            Some(_) => return,
        };
        self.trouble = Some(Trouble { wait, until: after(now, wait), test: None });
    }

    /// The ask was given up without an answer of either kind.
    pub fn dropped(&mut self, ask: &Ask) {
        self.in_flight.remove(ask);
        if let Some(trouble) = &mut self.trouble
            && trouble.test.as_ref() == Some(ask)
        {
            trouble.test = None;
        }
    }

    /// Clears all waiting times, as for a key press. The budget still holds.
    pub fn ask_now(&mut self) {
        self.hurry = true;
        if let Some(trouble) = &mut self.trouble {
            trouble.until = Timestamp::MIN;
        }
    }

    /// When `next` has something to say again, unless an answer or another view comes first.
    pub fn wake_at(&self, now: Timestamp, view: &WatchView) -> Timestamp {
        let idle = after(now, NOTHING_DUE);
        let candidates = self.candidates(now, view);
        let ready = match &self.trouble {
            Some(Trouble { test: Some(_), .. }) => return idle,
            Some(_) if candidates.is_empty() => return idle,
            Some(trouble) => trouble.until,
            None => candidates.iter().map(|candidate| candidate.due).min().unwrap_or(idle),
        };
        ready.max(self.budget.ready_at(now)).clamp(now, idle)
    }

    /// Every ask of the view that is not in flight, the more important first.
    fn candidates(&self, now: Timestamp, view: &WatchView) -> Vec<Candidate> {
        let free = cadences(view).filter(|(ask, _)| !self.in_flight.contains(ask));
        let candidate = |(ask, cadence): (Ask, SignedDuration)| {
            // A clock that was set back must not silence the plan.
            let answered = self.answered.get(&ask).map(|at| (*at).min(now));
            let answered = answered.unwrap_or_else(|| after(now, -cadence));
            let hurried = self.hurry || self.hurry_from.is_some_and(|from| answered < from);
            let due = if hurried { answered } else { after(answered, cadence) };
            let weight = if matches!(ask, Ask::Open(_)) { FOCUS } else { 1.0 };
            let waited = now.duration_since(answered).as_secs_f64();
            Candidate { ask, due, lateness: weight * waited / cadence.as_secs_f64() }
        };
        free.map(candidate).collect()
    }

    /// New asks are due at once and start to wait; those that left the view are forgotten.
    fn remember(&mut self, now: Timestamp, view: &WatchView) {
        let mut kept = HashMap::with_capacity(self.answered.len());
        for (ask, cadence) in cadences(view) {
            let at = self.answered.get(&ask).copied();
            kept.insert(ask, at.map_or_else(|| after(now, -cadence), |at| at.min(now)));
        }
        self.answered = kept;
    }
}

/// How often each ask of the view is wanted.
fn cadences(view: &WatchView) -> impl Iterator<Item = (Ask, SignedDuration)> {
    let open = view.open.iter().map(|(session, running)| {
        (Ask::Open(session.clone()), if *running { OPEN_RUNNING } else { OPEN_IDLE })
    });
    let lists = view.agents.iter().map(|agent| (Ask::Sessions(agent.clone()), SESSIONS));
    let probes = view.sessions.iter().map(|watched| {
        let cadence = match (watched.changed, watched.running) {
            (true, _) => PROBE_CHANGED,
            (false, true) => PROBE_RUNNING,
            (false, false) => PROBE_IDLE,
        };
        (Ask::Probe(watched.session.clone()), cadence)
    });
    open.chain([(Ask::Agents, AGENTS)]).chain(lists).chain(probes)
}

fn after(time: Timestamp, wait: SignedDuration) -> Timestamp {
    time.checked_add(wait).unwrap_or(Timestamp::MAX)
}
