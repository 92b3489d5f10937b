//! How full the agent's context is and what no longer is in it, as numbers and as text.

use crate::api::session::ContextUsage;
use crate::text::units;

use super::visibility::Counts;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ContextRibbon {
    /// Tokens of the latest model call: "in context now", never a sum.
    pub used: u64,
    pub window: u64,
    pub counts: Counts,
}

impl ContextRibbon {
    pub fn new(usage: Option<&ContextUsage>, counts: Counts) -> Self {
        let (used, window) =
            usage.map_or((0, 0), |usage| (usage.total_tokens, usage.model_context_window));
        Self { used, window, counts }
    }

    pub fn percent(&self) -> Option<u64> {
        (self.window > 0).then(|| self.used.saturating_mul(100) / self.window)
    }

    /// `122k of 200k`; empty while the window is unknown.
    pub fn amount(&self) -> String {
        if self.window == 0 {
            return String::new();
        }
        format!("{} of {}", units::tokens(self.used), units::tokens(self.window))
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
