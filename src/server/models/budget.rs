//! What all models together have taken today, and whether that is all that they may.
//!
//! A day is one of UTC. Start with [`Budget::check`] and [`Budget::book`]. The invariant: what was booked
//! counts until the day ends, also after another start; an answer that is under way is not cut short.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::Limits;
use crate::text::units;

/// What was taken on a day, counted from the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
struct Spent {
    day: i64,
    tokens: u64,
    cost: f64,
}

#[derive(Debug, Default)]
struct State {
    most_tokens: Option<u64>,
    most_cost: Option<f64>,
    spent: Spent,
    /// Where it is kept between runs.
    file: Option<PathBuf>,
}

#[derive(Debug, Default)]
pub(super) struct Budget(Mutex<State>);

impl Budget {
    fn state(&self) -> MutexGuard<'_, State> {
        // Numbers are never half written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn limit(&self, limits: &Limits) {
        let mut state = self.state();
        state.most_tokens = limits.tokens_per_day;
        state.most_cost = limits.cost_per_day;
    }

    /// Keeps it in that file from now on, and counts on from what it says. One that cannot be read is
    /// begun anew.
    pub(super) fn keep_in(&self, file: &Path) {
        let mut state = self.state();
        if state.most_tokens.is_none() && state.most_cost.is_none() {
            return;
        }
        let text = std::fs::read_to_string(file).unwrap_or_default();
        if let Ok(spent) = serde_json::from_str(&text) {
            state.spent = spent;
        } else if !text.is_empty() {
            tracing::warn!(file = %file.display(), "what was spent today cannot be read");
        }
        state.file = Some(file.to_owned());
    }

    /// Why no more may be asked on that day.
    pub(super) fn check(&self, day: i64) -> Result<(), String> {
        let state = self.state();
        let Spent { tokens, cost, .. } = state.spent;
        if state.spent.day != day {
            return Ok(());
        }
        match (state.most_tokens, state.most_cost) {
            (Some(most), _) if tokens >= most => {
                let of = "tokens_per_day";
                Err(format!(
                    "was not asked: this server has used {tokens} of {most} tokens today ({of})"
                ))
            }
            (_, Some(most)) if cost >= most => {
                let of = "cost_per_day";
                let [cost, most] = [cost, most].map(units::cost);
                Err(format!("was not asked: models have cost {cost} of {most} today ({of})"))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn book(&self, day: i64, tokens: u64, cost: f64) {
        let mut state = self.state();
        let before = if state.spent.day == day { state.spent } else { Spent::default() };
        let tokens = before.tokens.saturating_add(tokens);
        state.spent = Spent { day, tokens, cost: before.cost + cost };
        let Some(file) = &state.file else { return };
        let text = serde_json::to_string(&state.spent).unwrap_or_default();
        // Whole, under another name first; a crash may lose the last of it, which is little.
        let partial = file.with_extension("partial");
        let written = std::fs::write(&partial, text).and_then(|()| std::fs::rename(&partial, file));
        if let Err(error) = written {
            tracing::warn!(%error, file = %file.display(), "what was spent today is not kept");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(tokens: Option<u64>, cost: Option<f64>) -> Budget {
        let budget = Budget::default();
        let limits = Limits { tokens_per_day: tokens, cost_per_day: cost, ..Limits::default() };
        budget.limit(&limits);
        budget
    }

    #[test]
    fn a_day_has_so_much_and_the_next_one_again() {
        let tokens = budget(Some(100), None);
        tokens.book(7, 99, 5.0);
        assert_eq!(tokens.check(7), Ok(()), "what runs may go over it");
        tokens.book(7, 60, 5.0);
        assert!(tokens.check(7).unwrap_err().contains("159 of 100 tokens"));
        assert_eq!(tokens.check(8), Ok(()));
        tokens.book(8, 1, 0.0);
        assert_eq!(tokens.check(8), Ok(()), "yesterday does not count");
        let cost = budget(None, Some(0.5));
        cost.book(7, 1_000_000, 0.5);
        assert!(cost.check(7).unwrap_err().contains("0.50 of 0.50"));
        let none = budget(None, None);
        none.book(7, u64::MAX, f64::MAX);
        none.book(7, u64::MAX, 0.0);
        assert_eq!(none.check(7), Ok(()));
    }

    #[test]
    fn another_start_counts_on() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("spent");
        let first = budget(Some(100), None);
        first.keep_in(&file);
        first.book(7, 100, 0.0);
        let second = budget(Some(100), None);
        second.keep_in(&file);
        assert!(second.check(7).is_err());
        std::fs::write(&file, "oops").unwrap();
        let third = budget(Some(100), None);
        third.keep_in(&file);
        assert_eq!(third.check(7), Ok(()));
        let unlimited = budget(None, None);
        let other = dir.path().join("other");
        unlimited.keep_in(&other);
        unlimited.book(7, 1, 0.0);
        assert!(!other.exists(), "nothing is kept that nobody asks for");
    }
}
