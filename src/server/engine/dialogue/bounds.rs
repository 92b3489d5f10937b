//! What a turn has done so far, what a session has spent, and which limit that meets.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::api::Object;
use crate::api::session::ContextUsage;
use crate::server::models::{Limits, ModelSettings, Used};
use crate::text::units;

/// Rounds in a row of which every call goes wrong, until the turn ends.
const MAX_MISSES: u64 = 5;

const MODEL: &str = "model";
const CURRENCY: &str = "currency";
const COST: &str = "cost";
const ESTIMATED: &str = "estimated";
const SESSION_TOKENS: &str = "session_tokens";
const SESSION_COST: &str = "session_cost";

/// What a turn has done. It goes on counting when a parked turn goes on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::server::engine) struct Tally {
    pub model_calls: u64,
    pub tool_calls: u64,
    pub transitions: u64,
    pub misses: u64,
}

/// A bound that a loop has met: the words of the event that ends it, and the bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::server::engine) struct LoopLimit {
    pub message: String,
    pub limit: u64,
    /// As traces name it.
    pub error_type: &'static str,
}

impl Tally {
    /// As a parked turn keeps it; what is none is a beginning.
    pub(in crate::server::engine) fn read(json: &str) -> Self {
        serde_json::from_str(json).unwrap_or_default()
    }

    /// Whether the model may be asked once more.
    pub(in crate::server::engine) fn ask(&mut self, limits: &Limits) -> Result<(), LoopLimit> {
        self.model_calls += 1;
        within("actions_limit_reached", self.model_calls, limits.model_calls_per_turn, || {
            "asked its model more often than".to_owned()
        })
    }

    /// Whether so many calls may be made.
    pub(in crate::server::engine) fn call(
        &mut self,
        calls: usize,
        limits: &Limits,
    ) -> Result<(), LoopLimit> {
        self.tool_calls += calls as u64;
        within("actions_limit_reached", self.tool_calls, limits.tool_calls_per_turn, || {
            "called tools more often than".to_owned()
        })
    }

    /// Whether the agent may go to the step.
    pub(in crate::server::engine) fn go_to(
        &mut self,
        step: &str,
        limits: &Limits,
    ) -> Result<(), LoopLimit> {
        self.transitions += 1;
        let most = limits.step_transitions_per_turn;
        within("step_transition_limit_exceeded", self.transitions, most, || {
            format!("went from step to step, to {step} at last, more often than")
        })
    }

    /// Notes how a round went. `false`: too many in a row have gone wrong.
    pub(in crate::server::engine) fn round(&mut self, all_missed: bool) -> bool {
        self.misses = if all_missed { self.misses + 1 } else { 0 };
        self.misses < MAX_MISSES
    }
}

fn within(
    error_type: &'static str,
    count: u64,
    limit: u64,
    what: impl FnOnce() -> String,
) -> Result<(), LoopLimit> {
    if count <= limit {
        return Ok(());
    }
    let message = format!(
        "This turn {} the {limit} times that this server allows: it looks like a loop. What it did is \
         stored; say how to go on",
        what()
    );
    Err(LoopLimit { message, limit, error_type })
}

/// What was spent and is not booked yet.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(in crate::server) struct Bill {
    pub tokens: u64,
    pub cost: f64,
}

impl Bill {
    pub(in crate::server::engine) fn of(settings: &ModelSettings, used: &Used) -> Self {
        let tokens = used.input.saturating_add(used.output);
        Self { tokens, cost: settings.prices.map_or(0.0, |prices| prices.of(used)) }
    }

    pub(in crate::server::engine) fn add(&mut self, other: Self) {
        self.tokens = self.tokens.saturating_add(other.tokens);
        self.cost += other.cost;
    }
}

/// What a session has spent in all, as its usage says.
pub(in crate::server::engine) fn spent(usage: Option<&ContextUsage>) -> Bill {
    let field = |name: &str| usage.and_then(|usage| usage.extra.get(name));
    Bill {
        tokens: field(SESSION_TOKENS).and_then(Value::as_u64).unwrap_or(0),
        cost: field(SESSION_COST).and_then(Value::as_f64).unwrap_or(0.0),
    }
}

/// Whether a session may spend more; says why not.
pub(in crate::server::engine) fn may_spend(spent: Bill, limits: &Limits) -> Result<(), String> {
    if let Some(most) = limits.tokens_per_session.filter(|most| spent.tokens >= *most) {
        return Err(format!(
            "this session has used {} tokens, and this server allows {most} (`tokens_per_session` in \
             models.toml). Begin another session, or fork this one with a summary",
            spent.tokens
        ));
    }
    if let Some(most) = limits.cost_per_session.filter(|most| spent.cost >= *most) {
        return Err(format!(
            "this session has cost {}, and this server allows {} (`cost_per_session` in \
             models.toml). Begin another session, or fork this one with a summary",
            units::cost(spent.cost),
            units::cost(most)
        ));
    }
    Ok(())
}

/// The usage that a call of the model reported, with what the session has spent in all.
pub(in crate::server::engine) fn reported(
    settings: &ModelSettings,
    used: &Used,
    before: Option<&ContextUsage>,
    bill: Bill,
) -> ContextUsage {
    let mut usage = of(settings, used.input, used.output, before, bill);
    usage.input_tokens.cached_tokens = Some(used.cached);
    usage.output_tokens.reasoning_tokens = Some(used.reasoning);
    if used.estimated {
        usage.extra.insert(ESTIMATED.to_owned(), true.into());
    }
    if let Some(prices) = settings.prices {
        usage.extra.insert(COST.to_owned(), prices.of(used).into());
        usage.extra.insert(CURRENCY.to_owned(), settings.currency.as_str().into());
    }
    usage
}

/// The usage as it is worked out between two calls of the model.
pub(in crate::server::engine) fn estimated(
    settings: &ModelSettings,
    tokens: u64,
    before: Option<&ContextUsage>,
    bill: Bill,
) -> ContextUsage {
    let mut usage = of(settings, tokens, 0, before, bill);
    usage.extra.insert(ESTIMATED.to_owned(), true.into());
    usage
}

fn of(
    settings: &ModelSettings,
    input: u64,
    output: u64,
    before: Option<&ContextUsage>,
    bill: Bill,
) -> ContextUsage {
    let mut all = spent(before);
    all.add(bill);
    let mut extra = Object::new();
    extra.insert(MODEL.to_owned(), settings.name.as_str().into());
    extra.insert(SESSION_TOKENS.to_owned(), all.tokens.into());
    if all.cost > 0.0 {
        extra.insert(SESSION_COST.to_owned(), all.cost.into());
        extra.insert(CURRENCY.to_owned(), settings.currency.as_str().into());
    }
    let mut usage = ContextUsage {
        total_tokens: input.saturating_add(output),
        model_context_window: settings.context_window,
        extra,
        ..ContextUsage::default()
    };
    usage.input_tokens.count = input;
    usage.output_tokens.count = output;
    usage
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::models::{Kind, Prices};

    #[test]
    fn a_loop_meets_its_limit_and_a_good_round_forgives_bad_ones() {
        let limits =
            Limits { model_calls_per_turn: 2, tool_calls_per_turn: 3, ..Limits::default() };
        let mut done = Tally::default();
        assert!(done.ask(&limits).is_ok() && done.ask(&limits).is_ok());
        let met = done.ask(&limits).unwrap_err();
        assert_eq!((met.limit, met.error_type), (2, "actions_limit_reached"));
        assert!(done.call(3, &limits).is_ok() && done.call(1, &limits).is_err());
        let rounds = [true, true, true, true, false, true].map(|missed| done.round(missed));
        assert_eq!(rounds, [true; 6]);
        assert_eq!([true, true, true].map(|missed| done.round(missed)), [true; 3]);
        assert!(!done.round(true));
        assert_eq!(Tally::read(&serde_json::to_string(&done).unwrap()), done);
        assert_eq!(Tally::read("[]"), Tally::default());
    }

    #[test]
    fn a_session_adds_up_what_its_turns_spend_until_that_is_too_much() {
        let mut settings = ModelSettings::new("m", Kind::OpenAi, "id");
        settings.prices = Some(Prices { input: 1.0, cached: 1.0, output: 2.0 });
        let used = Used { input: 1_000_000, output: 500_000, ..Used::default() };
        let bill = Bill::of(&settings, &used);
        let first = reported(&settings, &used, None, bill);
        let second = estimated(&settings, 7, Some(&first), Bill::default());
        let third = reported(&settings, &used, Some(&second), bill);
        assert_eq!(spent(Some(&third)), Bill { tokens: 3_000_000, cost: 4.0 });
        assert_eq!(second.extra["estimated"], true);
        assert_eq!(
            second.extra["currency"], "USD",
            "what was spent before has a currency all the same"
        );
        assert!(third.extra.get("estimated").is_none());
        assert_eq!((&third.extra["cost"], &third.extra["model"]), (&2.0.into(), &"m".into()));
        let limits = |tokens, cost| Limits {
            tokens_per_session: tokens,
            cost_per_session: cost,
            ..Limits::default()
        };
        let all = spent(Some(&third));
        assert!(may_spend(all, &limits(None, None)).is_ok());
        assert!(may_spend(all, &limits(Some(3_000_000), None)).unwrap_err().contains("tokens"));
        assert!(may_spend(all, &limits(None, Some(4.0))).unwrap_err().contains("4.00"));
    }
}
