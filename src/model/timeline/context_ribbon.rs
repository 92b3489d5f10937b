//! How full the agent's context is, what no longer is in it and what the session has cost, as numbers and
//! as text.

use serde_json::Value;

use crate::api::session::ContextUsage;
use crate::text::units;

use super::visibility::Counts;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ContextRibbon {
    /// Tokens of the latest model call: "in context now", never a sum.
    pub used: u64,
    pub window: u64,
    /// The provider of the model did not count them.
    pub estimated: bool,
    pub counts: Counts,
}

impl ContextRibbon {
    pub fn new(usage: Option<&ContextUsage>, counts: Counts) -> Self {
        let (used, window) =
            usage.map_or((0, 0), |usage| (usage.total_tokens, usage.model_context_window));
        let estimated = usage.is_some_and(is_estimated);
        Self { used, window, estimated, counts }
    }

    pub fn percent(&self) -> Option<u64> {
        (self.window > 0).then(|| self.used.saturating_mul(100) / self.window)
    }

    /// `122k of 200k`; empty while the window is unknown.
    pub fn amount(&self) -> String {
        if self.window == 0 {
            return String::new();
        }
        let about = if self.estimated { "about " } else { "" };
        format!("{about}{} of {}", units::tokens(self.used), units::tokens(self.window))
    }

    /// Cells of a gauge: how many are full, and whether a compacted and a hidden mark follow.
    pub fn cells(&self, width: usize) -> (usize, bool, bool) {
        let percent = usize::try_from(self.percent().unwrap_or(0).min(100)).unwrap_or(0);
        let full = (width * percent).div_ceil(100).min(width);
        let compacted = self.counts.compacted > 0 && full < width;
        let hidden = self.counts.hidden > 0 && full + usize::from(compacted) < width;
        (full, compacted, hidden)
    }
}

fn is_estimated(usage: &ContextUsage) -> bool {
    usage.extra.get("estimated").and_then(Value::as_bool) == Some(true)
}

/// `fast · 45k tokens · EUR 0.31 so far`: which model it is that the agent thinks with, and what the session
/// has taken in all, where the service tells; as the service spells it.
pub fn spending(usage: &ContextUsage) -> Option<String> {
    let text = |name: &str| usage.extra.get(name).and_then(Value::as_str);
    let sum = |name: &str| {
        usage
            .extra
            .get(name)
            .and_then(Value::as_f64)
            .filter(|cost| cost.is_finite() && *cost >= 0.0)
    };
    let model = text("model")?.to_owned();
    let about = if is_estimated(usage) { "about " } else { "" };
    let tokens = usage.extra.get("session_tokens").and_then(Value::as_u64).filter(|sum| *sum > 0);
    let tokens = tokens.map(|tokens| format!("{about}{} tokens", units::tokens(tokens)));
    let currency = text("currency").unwrap_or_default();
    let all = sum("session_cost").map(|cost| (cost, "so far"));
    let cost = all.or_else(|| sum("cost").map(|cost| (cost, "at the last call")));
    let cost = cost.map(|(cost, since)| {
        format!("{about}{currency} {} {since}", units::cost(cost)).trim_start().to_owned()
    });
    Some([Some(model), tokens, cost].into_iter().flatten().collect::<Vec<_>>().join(" · "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[expect(
        clippy::needless_pass_by_value,
        reason = "a literal reads better without a sign before it"
    )]
    fn said(extra: Value) -> Option<String> {
        let usage = ContextUsage {
            extra: extra.as_object().cloned().unwrap_or_default(),
            ..ContextUsage::default()
        };
        spending(&usage)
    }

    #[test]
    fn what_the_service_tells_is_said_and_nothing_is_made_up() {
        assert_eq!(said(json!({})), None);
        assert_eq!(said(json!({"cost": 1.0})), None, "of which model?");
        assert_eq!(said(json!({"model": "local", "session_tokens": 0})).unwrap(), "local");
        let all = json!({"model": "fast", "session_tokens": 45_000, "session_cost": 0.312,
            "cost": 0.001, "currency": "EUR"});
        assert_eq!(said(all).unwrap(), "fast · 45k tokens · EUR 0.31 so far");
        let last = json!({"model": "fast", "cost": 0.0042, "estimated": true, "currency": "$"});
        assert_eq!(said(last).unwrap(), "fast · about $ 0.0042 at the last call");
        let odd =
            json!({"model": "fast", "cost": -3, "session_cost": "much", "session_tokens": -1});
        assert_eq!(said(odd).unwrap(), "fast");
    }

    #[test]
    fn an_estimate_is_called_one() {
        let usage = ContextUsage {
            total_tokens: 12_000,
            model_context_window: 128_000,
            extra: json!({"estimated": true}).as_object().cloned().unwrap(),
            ..ContextUsage::default()
        };
        let ribbon = ContextRibbon::new(Some(&usage), Counts::default());
        assert_eq!(ribbon.amount(), "about 12k of 128k");
    }
}
