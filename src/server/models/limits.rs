//! What the agents with models may spend, before somebody has to look.

/// Bounds of a turn, of a session and of the whole server. `None` is no bound.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    pub turns_per_session: Option<u64>,
    /// Questions to a model within one turn, each tool round being one.
    pub model_calls_per_turn: u64,
    pub step_transitions_per_turn: u64,
    pub tool_calls_per_turn: u64,
    /// Input and output of all its turns, those of its sub-agents among them.
    pub tokens_per_session: Option<u64>,
    /// In the currency that the models' prices are written in.
    pub cost_per_session: Option<f64>,
    /// Agents below the one that a person talks to.
    pub sub_agent_depth: usize,
    pub running_turns: Option<usize>,
    /// A day is one of UTC.
    pub tokens_per_day: Option<u64>,
    pub cost_per_day: Option<f64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            turns_per_session: None,
            model_calls_per_turn: 50,
            // The contract's own bound (section 5.3).
            step_transitions_per_turn: 500,
            tool_calls_per_turn: 200,
            tokens_per_session: None,
            cost_per_session: None,
            sub_agent_depth: 3,
            running_turns: None,
            tokens_per_day: None,
            cost_per_day: None,
        }
    }
}
