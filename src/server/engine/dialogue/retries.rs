//! How often a question is asked again that failed, and when (`retry_configuration`).

use std::time::Duration;

use serde_json::Value;

use crate::api::Agent;
use crate::server::models::ModelError;

/// The patience that is left for one question.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::server::engine) struct Retries {
    left: u64,
    next: Duration,
    longest: Duration,
    factor: f64,
}

impl Retries {
    /// As the agent's model has it; where that says nothing nothing is repeated.
    pub(in crate::server::engine) fn of(agent: &Agent) -> Self {
        let configured = agent.model.extra.get("retry_configuration").filter(|one| one.is_object());
        let field = |name: &str| configured.and_then(|one| one.get(name));
        let number =
            |name: &str, default: u64| field(name).and_then(Value::as_u64).unwrap_or(default);
        let enabled = field("enabled").and_then(Value::as_bool).unwrap_or(true);
        let repeats = configured.is_some() && enabled;
        Self {
            left: if repeats { number("max_retries", 3).min(10) } else { 0 },
            next: Duration::from_millis(number("initial_backoff_ms", 1_000)),
            longest: Duration::from_millis(number("max_backoff_ms", 30_000)),
            factor: field("backoff_factor").and_then(Value::as_f64).unwrap_or(2.0).clamp(1.0, 10.0),
        }
    }

    /// How long to wait before the question is asked again; `None` where it is not. What the provider
    /// wants waited is waited at least.
    pub(in crate::server::engine) fn after(&mut self, error: &ModelError) -> Option<Duration> {
        if self.left == 0 || !error.is_transient() {
            return None;
        }
        self.left -= 1;
        let own = self.next.min(self.longest);
        self.next = own.mul_f64(self.factor).min(self.longest);
        Some(own.max(error.retry_after.unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::AgentKey;
    use crate::server::models::Failure;
    use serde_json::json;

    fn retries(configuration: Value) -> Retries {
        let mut agent = Agent::unread(AgentKey::from("a"));
        agent.model.extra.insert("retry_configuration".to_owned(), configuration);
        Retries::of(&agent)
    }

    fn error(failure: Failure, retry_after: Option<u64>) -> ModelError {
        ModelError {
            failure,
            model: "m".to_owned(),
            why: "w".to_owned(),
            next: "n".to_owned(),
            retry_after: retry_after.map(Duration::from_secs),
            status: None,
        }
    }

    #[test]
    fn waits_grow_up_to_the_longest_and_the_provider_is_heard() {
        let mut retries = retries(json!({"max_retries": 4, "initial_backoff_ms": 1000,
            "max_backoff_ms": 3000, "backoff_factor": 2}));
        let overloaded = error(Failure::Overloaded, None);
        let waits = [1_000, 2_000].map(|ms| Some(Duration::from_millis(ms)));
        assert_eq!([retries.after(&overloaded), retries.after(&overloaded)], waits);
        let told = error(Failure::RateLimited, Some(20));
        assert_eq!(retries.after(&told), Some(Duration::from_secs(20)));
        assert_eq!(retries.after(&overloaded), Some(Duration::from_secs(3)));
        assert_eq!(retries.after(&overloaded), None, "no more than asked for");
    }

    #[test]
    fn nothing_is_repeated_unasked_or_in_vain() {
        let overloaded = error(Failure::Overloaded, None);
        let unset = Agent::unread(AgentKey::from("a"));
        assert_eq!(Retries::of(&unset).after(&overloaded), None);
        assert_eq!(retries(json!({"enabled": false})).after(&overloaded), None);
        assert_eq!(retries(json!({})).after(&error(Failure::Refused, None)), None);
        assert!(retries(json!({})).after(&overloaded).is_some());
    }
}
