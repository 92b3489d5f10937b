//! When the service compacts a session by itself, and what it keeps then: only what was told.
//!
//! Start with [`CompactionRule::of`]. The invariant: a number that nobody told is `None`.

use serde_json::Value;

use crate::api::{Agent, Object, Session};

/// From so many percent below the threshold on, it is said that a compaction is near.
const NEAR: u64 = 15;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompactionRule {
    pub enabled: bool,
    /// Percent of the context.
    pub threshold: Option<u64>,
    /// Messages to the agent that stay, the newest.
    pub kept_inputs: Option<usize>,
}

impl CompactionRule {
    /// Of the session, which froze it when it was made, or else of its agent.
    pub fn of(session: &Session, agent: Option<&Agent>) -> Option<Self> {
        let of_agent = agent.and_then(|agent| agent.extra.get("compaction"));
        let frozen = session.effective_compaction.as_ref().filter(|frozen| frozen.is_object());
        match frozen {
            Some(frozen) => Some(Self::read(&frozen.to_object())),
            None => of_agent.and_then(Value::as_object).map(Self::read),
        }
    }

    fn read(settings: &Object) -> Self {
        let number = |name: &str| settings.get(name).and_then(Value::as_u64);
        let kept = number("keep_recent_inputs").and_then(|kept| usize::try_from(kept).ok());
        Self {
            enabled: settings.get("enabled") != Some(&Value::Bool(false)),
            threshold: number("threshold_percent"),
            kept_inputs: kept,
        }
    }

    /// What is said beside a context that is so full; nothing while that is far from it.
    pub fn announcement(&self, percent: u64) -> Option<String> {
        let threshold = self.threshold.filter(|_| self.enabled)?;
        if percent >= threshold {
            return Some("compacts at next call".to_owned());
        }
        (percent.saturating_add(NEAR) >= threshold).then(|| format!("compacts at {threshold}%"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Exact, Timestamp};
    use serde_json::json;

    fn session(compaction: &Value) -> Session {
        let now = Timestamp::UNIX_EPOCH;
        let session = Session::named("a".into(), "s".into(), String::new(), now);
        Session {
            effective_compaction: compaction.as_object().cloned().map(Exact::from),
            ..session
        }
    }

    #[test]
    fn the_session_s_own_rule_goes_before_its_agent_s_and_nothing_is_filled_in() {
        let agent: Agent = serde_json::from_value(json!({"key": "a", "name": "A",
            "compaction": {"threshold_percent": 60, "keep_recent_inputs": 3}}))
        .unwrap();
        let own = CompactionRule::of(&session(&json!({"threshold_percent": 80})), Some(&agent));
        let wanted = CompactionRule { enabled: true, threshold: Some(80), kept_inputs: None };
        assert_eq!(own, Some(wanted));
        let of_agent = CompactionRule::of(&session(&Value::Null), Some(&agent)).unwrap();
        assert_eq!((of_agent.threshold, of_agent.kept_inputs), (Some(60), Some(3)));
        assert_eq!(CompactionRule::of(&session(&Value::Null), None), None);
    }

    #[test]
    fn it_is_announced_when_it_is_near_and_never_where_it_is_off() {
        let said = |settings: Value, percent| {
            CompactionRule::of(&session(&settings), None).unwrap().announcement(percent)
        };
        let at = |percent| said(json!({"threshold_percent": 80}), percent);
        assert_eq!(at(64), None);
        assert_eq!(at(65).as_deref(), Some("compacts at 80%"));
        assert_eq!(at(80).as_deref(), Some("compacts at next call"));
        assert_eq!(said(json!({"threshold_percent": 80, "enabled": false}), 90), None);
        assert_eq!(said(json!({}), 99), None, "at what percentage was not told");
    }
}
