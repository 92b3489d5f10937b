//! A token bucket: so many requests per second, and a burst that may be spent ahead: at a start, after
//! a sleep, when somebody asks for everything now.

use jiff::SignedDuration;

use super::after;
use crate::api::Timestamp;

const SLOWEST: f64 = 0.1;
const FASTEST: f64 = 1000.0;
/// Filling the bucket in small steps must not miss a whole token by a rounding error.
const ROUNDING: f64 = 1e-6;
/// What only the session on the screen may spend: its newest events and its outstanding calls, so
/// that neither ever waits for the bucket to fill.
const RESERVE: f64 = 2.0;

#[derive(Debug)]
pub struct Budget {
    rate: f64,
    /// The most that is saved up.
    burst: f64,
    tokens: f64,
    filled_at: Option<Timestamp>,
}

impl Budget {
    /// Requests per second, within what a service can be asked.
    pub fn new(per_second: f64) -> Self {
        let rate = if per_second.is_nan() { SLOWEST } else { per_second.clamp(SLOWEST, FASTEST) };
        let burst = rate.max(1.0);
        Self { rate, burst, tokens: burst, filled_at: None }
    }

    /// With a full bucket of at least one second's worth.
    #[must_use]
    pub fn with_burst(mut self, requests: f64) -> Self {
        self.burst = requests.max(self.burst);
        self.tokens = self.burst;
        self
    }

    /// The service asked to be left alone: nothing is saved up any more.
    pub(super) fn empty(&mut self, now: Timestamp) {
        (self.tokens, self.filled_at) = (0.0, Some(now));
    }

    /// Requests that may be spent ahead.
    pub(super) fn burst(&self) -> f64 {
        self.burst
    }

    /// Whether so many others can go before without waiting.
    pub(super) fn could_reach(&self, others: usize) -> bool {
        u32::try_from(others).is_ok_and(|others| f64::from(others) < self.burst)
    }

    /// Requests per second.
    pub(super) fn rate(&self) -> f64 {
        self.rate
    }

    /// Takes one request out of the bucket, or says when to try again.
    pub fn take(&mut self, now: Timestamp) -> Result<(), Timestamp> {
        if self.spend(now, true) { Ok(()) } else { Err(self.ready_at(now, true)) }
    }

    /// Takes one request out of the bucket, if it holds that many and, unless `reserved`, leaves
    /// the reserve alone.
    pub(super) fn spend(&mut self, now: Timestamp, reserved: bool) -> bool {
        self.tokens = self.tokens_at(now);
        self.filled_at = Some(now);
        let enough = self.tokens + ROUNDING >= self.needed(reserved);
        if enough {
            self.tokens -= 1.0;
        }
        enough
    }

    /// The first moment at which it allows another request.
    pub(super) fn ready_at(&self, now: Timestamp, reserved: bool) -> Timestamp {
        let missing = (self.needed(reserved) - self.tokens_at(now)).max(0.0);
        after(now, SignedDuration::from_secs_f64(missing / self.rate))
    }

    fn needed(&self, reserved: bool) -> f64 {
        if reserved { 1.0 } else { (1.0 + RESERVE).min(self.burst) }
    }

    pub(super) fn tokens_at(&self, now: Timestamp) -> f64 {
        let elapsed = self.filled_at.map_or(0.0, |at| now.duration_since(at).as_secs_f64());
        // A clock that was set back gives nothing and takes nothing.
        (self.tokens + elapsed.max(0.0) * self.rate).min(self.burst)
    }
}
