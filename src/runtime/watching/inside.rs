//! What the watcher tells about itself, in words.

use super::Watcher;
use crate::api::Timestamp;
use crate::client::watch::{Ages, PlanStatus};
use crate::text::units;
use crate::view::layer::inside::{about, age};

type Section = (&'static str, Vec<(&'static str, String)>);

impl Watcher {
    /// The age of the data and the state of the plan.
    pub(in super::super) fn inside(&self, now: Timestamp) -> Vec<Section> {
        let status = self.plan.status(now);
        let ages = vec![
            ("open session", ages(&status.open, now)),
            ("session lists", ages(&status.lists, now)),
            ("other sessions", ages(&status.sessions, now)),
            ("agents", ages(&status.agents, now)),
        ];
        vec![("AGE OF THE DATA", ages), ("POLLING PLAN", plan(&status, now))]
    }
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
