//! A file on its way, here or there: how much of it, and how fast.

use crate::api::Timestamp;
use crate::text::units;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transfer {
    pub done: u64,
    pub total: u64,
    begun: Timestamp,
    latest: Timestamp,
}

impl Transfer {
    pub fn new(total: u64, now: Timestamp) -> Self {
        Self { done: 0, total, begun: now, latest: now }
    }

    pub fn advance(&mut self, done: u64, now: Timestamp) {
        (self.done, self.latest) = (done, now);
    }

    /// Of 100; what comes beyond what was promised does not count.
    pub fn percent(&self) -> u64 {
        self.done.min(self.total).saturating_mul(100).checked_div(self.total).unwrap_or(0)
    }

    /// `3.1M of 4.8M · 64% · 1.2M/s`.
    pub fn words(&self) -> String {
        let took = self.latest.duration_since(self.begun).as_millis();
        let took = u64::try_from(took).unwrap_or(0);
        let (done, total) = (units::bytes(self.done), units::size(self.total));
        let rate = self.done.saturating_mul(1_000).checked_div(took);
        let rate = rate.map_or_else(String::new, |rate| format!(" · {}/s", units::size(rate)));
        format!("{done} of {total} · {}%{rate}", self.percent())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_that_of_the_whole_way() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut transfer = Transfer::new(4 << 20, at(0));
        assert_eq!(transfer.words(), "0 of 4.0M · 0%");
        transfer.advance(1 << 20, at(2));
        assert_eq!(transfer.words(), "1.0M of 4.0M · 25% · 512K/s");
        transfer.advance(5 << 20, at(4));
        assert_eq!(transfer.percent(), 100);
        assert_eq!(Transfer::new(0, at(0)).percent(), 0);
    }
}
