//! How urgently a session wants a person, and why. The one place that decides it, so that the
//! list, the header and the command line can never disagree.

use crate::api::{Session, SessionStatus, Timestamp};
use crate::model::sessions::{CallsAnswer, Probe, TurnStart};
use crate::text::units;

/// Most urgent first; the order of the variants is the order on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Attention {
    NeedsYou,
    Failing,
    /// Whether it waits for somebody has not been learnt.
    Unknown,
    Running,
    ExpiresSoon,
    Idle,
}

/// A context this full fails soon if it has not failed yet.
const FULL_PERCENT: u64 = 98;
/// Idle minutes before it is deleted at which that is worth saying.
pub const EXPIRES_SOON_MINUTES: u64 = 10;

impl Attention {
    pub const ALL: [Self; 6] = [
        Self::NeedsYou,
        Self::Failing,
        Self::Unknown,
        Self::Running,
        Self::ExpiresSoon,
        Self::Idle,
    ];

    /// Decided by outstanding calls, trailing errors, status and time to live, in this order.
    /// `status` alone never says "waiting for you".
    pub fn of(session: &Session, probe: Option<&Probe>, now: Timestamp) -> Self {
        if probe.is_some_and(|probe| !probe.waiting.is_empty()) {
            return Self::NeedsYou;
        }
        let running = session.status == Some(SessionStatus::Running);
        let full = percent(session).is_some_and(|percent| percent >= FULL_PERCENT);
        // One error while it works may be the next thing that it mends.
        let tolerated = u32::from(running);
        if full || probe.is_some_and(|probe| probe.trailing_errors > tolerated) {
            return Self::Failing;
        }
        if running {
            return Self::Running;
        }
        match minutes_left(session, probe, now) {
            Some(left) if left <= EXPIRES_SOON_MINUTES => Self::ExpiresSoon,
            _ if may_wait_unseen(session, probe) => Self::Unknown,
            _ => Self::Idle,
        }
    }

    /// Whether the group is folded until somebody unfolds it.
    pub fn begins_folded(self) -> bool {
        matches!(self, Self::Unknown | Self::Idle)
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::NeedsYou => "NEEDS YOU",
            Self::Failing => "FAILING",
            Self::Unknown => "NOT KNOWN",
            Self::Running => "RUNNING",
            Self::ExpiresSoon => "EXPIRES SOON",
            Self::Idle => "IDLE",
        }
    }

    pub fn glyph(self) -> &'static str {
        match self {
            Self::NeedsYou => "!",
            Self::Failing => "x",
            Self::Unknown => "?",
            Self::Running => "~",
            Self::ExpiresSoon | Self::Idle => "-",
        }
    }

    /// For lists without headings, one word or two.
    pub fn word(self) -> &'static str {
        match self {
            Self::NeedsYou => "your turn",
            Self::Failing => "failing",
            Self::Unknown => "not known",
            Self::Running => "running",
            Self::ExpiresSoon => "expires soon",
            Self::Idle => "idle",
        }
    }
}

/// Where a session stands among others: by what it wants, and within that who has waited, failed or run
/// longest first, who expires soonest first, and who did something last first. The smallest is first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Urgency {
    attention: Attention,
    within: i64,
}

impl Urgency {
    pub fn attention(self) -> Attention {
        self.attention
    }

    pub fn of(
        attention: Attention,
        session: &Session,
        probe: Option<&Probe>,
        now: Timestamp,
    ) -> Self {
        let since = since(attention, session, probe).as_millisecond();
        let within = match attention {
            Attention::NeedsYou | Attention::Failing | Attention::Running => since,
            Attention::ExpiresSoon => {
                minutes_left(session, probe, now).and_then(|left| left.try_into().ok()).unwrap_or(0)
            }
            Attention::Unknown | Attention::Idle => -since,
        };
        Self { attention, within }
    }
}

/// Since when it waits for a person, or runs; else the last sign of life.
pub fn since(attention: Attention, session: &Session, probe: Option<&Probe>) -> Timestamp {
    let turn = probe.and_then(|probe| probe.turn).filter(|_| attention == Attention::Running);
    turn.map(TurnStart::at)
        .or_else(|| probe.and_then(|probe| probe.waiting_since.or(probe.last_event_at)))
        .unwrap_or(session.created_at)
}

/// Whether a call of it may wait and nobody can tell. In a session that was never started none does.
pub fn may_wait_unseen(session: &Session, probe: Option<&Probe>) -> bool {
    let told = probe.is_some_and(|probe| probe.calls == CallsAnswer::Told);
    !told && session.status != Some(SessionStatus::Unstarted)
}

/// How full the context window is, where the service said so.
pub fn percent(session: &Session) -> Option<u64> {
    session.session_context_usage.as_ref().and_then(crate::api::session::ContextUsage::percent)
}

/// Idle minutes until the service deletes the session; `None` when it never does, or when we do
/// not know since when it has been idle.
pub fn minutes_left(session: &Session, probe: Option<&Probe>, now: Timestamp) -> Option<u64> {
    let idle_since = probe?.last_event_at.unwrap_or(session.created_at);
    let idle = units::minutes_between(idle_since, now);
    (session.tti_minutes > 0).then(|| session.tti_minutes.saturating_sub(idle))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::session::ContextUsage;
    use serde_json::json;

    fn session(status: &str, tti: u64) -> Session {
        serde_json::from_value(json!({
            "key": "s", "agent_key": "a", "name": "S", "enabled": true, "status": status,
            "tti_minutes": tti, "created_at": "2026-05-03T14:00:00.000Z"
        }))
        .unwrap()
    }

    fn now() -> Timestamp {
        "2026-05-03T14:54:00Z".parse().unwrap()
    }

    #[test]
    fn an_outstanding_call_outranks_everything() {
        let probe = Probe { waiting: vec!["t".into()], trailing_errors: 3, ..Probe::default() };
        assert_eq!(
            Attention::of(&session("running", 60), Some(&probe), now()),
            Attention::NeedsYou
        );
        let failing = |errors| Probe { trailing_errors: errors, ..Probe::default() };
        let of = |status, errors| Attention::of(&session(status, 0), Some(&failing(errors)), now());
        assert_eq!(of("running", 2), Attention::Failing);
        assert_eq!(of("running", 1), Attention::Running, "it may mend that itself");
        assert_eq!(of("stopped", 1), Attention::Failing);
    }

    #[test]
    fn a_full_context_is_a_failure_even_before_it_is_probed() {
        let mut full = session("stopped", 0);
        full.session_context_usage = Some(ContextUsage {
            total_tokens: 99,
            model_context_window: 100,
            ..ContextUsage::default()
        });
        assert_eq!(Attention::of(&full, None, now()), Attention::Failing);
    }

    #[test]
    fn expiry_counts_from_the_last_event_and_needs_a_probe() {
        let probe = Probe::default();
        assert_eq!(
            Attention::of(&session("stopped", 60), Some(&probe), now()),
            Attention::ExpiresSoon
        );
        assert_eq!(Attention::of(&session("stopped", 0), Some(&probe), now()), Attention::Idle);
        assert_eq!(Attention::of(&session("stopped", 60), None, now()), Attention::Unknown);
    }

    #[test]
    fn who_was_not_told_claims_nothing() {
        let probe = |calls| Some(Probe { calls, ..Probe::default() });
        for (status, probe, attention) in [
            ("stopped", None, Attention::Unknown),
            ("stopped", probe(CallsAnswer::Forbidden), Attention::Unknown),
            ("stopped", probe(CallsAnswer::Failed), Attention::Unknown),
            ("stopped", probe(CallsAnswer::Told), Attention::Idle),
            ("unstarted", None, Attention::Idle),
            ("running", None, Attention::Running),
            ("a word of tomorrow", None, Attention::Unknown),
        ] {
            let of = Attention::of(&session(status, 0), probe.as_ref(), now());
            assert_eq!(of, attention, "{status} {probe:?}");
        }
        let failing = Probe { trailing_errors: 1, ..probe(CallsAnswer::Forbidden).unwrap() };
        let of = Attention::of(&session("stopped", 0), Some(&failing), now());
        assert_eq!(of, Attention::Failing, "that much is known");
    }
}
