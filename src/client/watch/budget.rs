//! A token bucket: so many requests per second, with a burst of one second's worth.

use jiff::SignedDuration;

use super::after;
use crate::api::Timestamp;

const SLOWEST: f64 = 0.1;
const FASTEST: f64 = 1000.0;
/// Filling the bucket in small steps must not miss a whole token by a rounding error.
const ROUNDING: f64 = 1e-6;

#[derive(Debug)]
pub(super) struct Budget {
    rate: f64,
    /// May fall below zero, since an ask can cost more than the bucket holds.
    tokens: f64,
    filled_at: Option<Timestamp>,
}

impl Budget {
    pub(super) fn new(per_second: f64) -> Self {
        let rate = if per_second.is_nan() { SLOWEST } else { per_second.clamp(SLOWEST, FASTEST) };
        Self { rate, tokens: rate.max(1.0), filled_at: None }
    }

    pub(super) fn allows(&mut self, now: Timestamp) -> bool {
        self.tokens = self.tokens_at(now);
        self.filled_at = Some(now);
        self.tokens + ROUNDING >= 1.0
    }

    pub(super) fn spend(&mut self, tokens: f64) {
        self.tokens -= tokens;
    }

    /// The first moment at which it allows another request.
    pub(super) fn ready_at(&self, now: Timestamp) -> Timestamp {
        let missing = (1.0 - self.tokens_at(now)).max(0.0);
        after(now, SignedDuration::from_secs_f64(missing / self.rate))
    }

    fn tokens_at(&self, now: Timestamp) -> f64 {
        let elapsed = self.filled_at.map_or(0.0, |at| now.duration_since(at).as_secs_f64());
        // A clock that was set back gives nothing and takes nothing.
        (self.tokens + elapsed.max(0.0) * self.rate).min(self.rate.max(1.0))
    }
}
