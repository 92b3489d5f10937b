//! The circuit breaker: what keeps a service that does not answer from being asked over and over.
//!
//! Pure: time comes in. Closed while all is well; a failure opens it for half a second, and each
//! failed test after that doubles the wait, up to eight seconds. When a wait is over one request is
//! let through as a test, and nothing else until it is answered.

use std::time::Duration;

use jiff::SignedDuration;

use crate::api::Timestamp;

const FIRST_WAIT: SignedDuration = SignedDuration::from_millis(500);
const LONGEST_WAIT: SignedDuration = SignedDuration::from_secs(8);
/// A service that asks for a longer pause than this is taken for mistaken.
const LONGEST_ASKED_FOR: SignedDuration = SignedDuration::from_mins(10);

#[derive(Debug, Clone, Default)]
pub struct Breaker {
    open: Option<Open>,
}

#[derive(Debug, Clone)]
struct Open {
    /// What the next failed test doubles.
    wait: SignedDuration,
    /// The wait that stands now: `wait`, or what the service asked for.
    pause: SignedDuration,
    until: Timestamp,
    /// The one request that may find out whether it is over.
    testing: bool,
    failures: u32,
}

impl Breaker {
    /// Whether a request may be sent now. A yes while it is open is the test: until `succeeded`,
    /// `failed` or `gave_up` there is no second one.
    pub fn allows(&mut self, now: Timestamp) -> bool {
        let Some(open) = &mut self.open else { return true };
        // A clock that was set back must not prolong the wait.
        open.until = open.until.min(super::watch::after(now, open.pause));
        if open.testing || now < open.until {
            return false;
        }
        open.testing = true;
        true
    }

    /// A request failed in a way that says the service as a whole is in trouble. `retry_after` is
    /// how long the service asked to be left alone, where it said so.
    pub fn failed(&mut self, now: Timestamp, retry_after: Option<Duration>) {
        let asked_for = retry_after
            .map(|wait| SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX))
            .unwrap_or_default()
            .min(LONGEST_ASKED_FOR);
        let (wait, failures) = match &self.open {
            None => (FIRST_WAIT, 1),
            Some(open) if open.testing => ((open.wait * 2).min(LONGEST_WAIT), open.failures + 1),
            // Was sent before the trouble began: one outage counts once.
            Some(open) => (open.wait, open.failures),
        };
        let pause = wait.max(asked_for);
        let until = super::watch::after(now, pause);
        match &mut self.open {
            Some(open) if !open.testing => {
                if asked_for > SignedDuration::ZERO && until > open.until {
                    (open.pause, open.until) = (pause, until);
                }
            }
            open => *open = Some(Open { wait, pause, until, testing: false, failures }),
        }
    }

    /// The service answered, be it with a refusal of this one request.
    pub fn succeeded(&mut self) {
        self.open = None;
    }

    /// The test ended without an answer of either kind; another may follow at once.
    pub fn gave_up(&mut self) {
        if let Some(open) = &mut self.open {
            open.testing = false;
        }
    }

    /// Ends the wait, as for a key press.
    pub fn try_now(&mut self) {
        if let Some(open) = &mut self.open {
            open.until = Timestamp::MIN;
        }
    }

    /// When the next test may be sent; `None` while the breaker is closed. In the past while a test
    /// is under way.
    pub fn next_try(&self) -> Option<Timestamp> {
        self.open.as_ref().map(|open| open.until)
    }

    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    pub fn is_testing(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.testing)
    }

    /// Failures in a row; those that only met the same outage count once.
    pub fn failures(&self) -> u32 {
        self.open.as_ref().map_or(0, |open| open.failures)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(1_700_000_000_000 + ms).unwrap()
    }

    #[test]
    fn waits_double_to_eight_seconds_with_one_test_each() {
        let mut breaker = Breaker::default();
        assert!(breaker.allows(at(0)) && breaker.allows(at(0)), "closed");
        let mut now = 0;
        breaker.failed(at(now), None);
        for wait in [500, 1_000, 2_000, 4_000, 8_000, 8_000] {
            assert_eq!(breaker.next_try(), Some(at(now + wait)));
            assert!(!breaker.allows(at(now + wait - 1)));
            now += wait;
            assert!(breaker.allows(at(now)));
            assert!(!breaker.allows(at(now + 60_000)), "a second test");
            breaker.failed(at(now), None);
        }
        assert_eq!(breaker.failures(), 7);
        breaker.try_now();
        assert!(breaker.allows(at(now + 1)));
        breaker.succeeded();
        assert!(breaker.allows(at(now + 1)) && !breaker.is_open());
        breaker.failed(at(now), None);
        assert_eq!(breaker.next_try(), Some(at(now + 500)), "starts anew");
    }

    #[test]
    fn one_outage_counts_once_and_a_test_given_up_makes_room() {
        let mut breaker = Breaker::default();
        for _ in 0..3 {
            breaker.failed(at(0), None);
        }
        assert_eq!((breaker.failures(), breaker.next_try()), (1, Some(at(500))));
        assert!(breaker.allows(at(500)));
        breaker.gave_up();
        assert!(breaker.allows(at(500)));
    }

    #[test]
    fn the_service_may_ask_for_a_longer_wait_but_not_for_ever() {
        let mut breaker = Breaker::default();
        breaker.failed(at(0), None);
        breaker.failed(at(0), Some(Duration::from_secs(30)));
        assert_eq!(breaker.next_try(), Some(at(30_000)));
        assert!(!breaker.allows(at(29_999)) && breaker.allows(at(30_000)));
        breaker.failed(at(30_000), Some(Duration::from_millis(1)));
        assert_eq!(breaker.next_try(), Some(at(31_000)), "shorter than the own wait");
        assert!(breaker.allows(at(31_000)));
        breaker.failed(at(31_000), Some(Duration::MAX));
        assert_eq!(breaker.next_try(), Some(at(31_000 + 600_000)));
        // The clock is set back by an hour.
        assert!(!breaker.allows(at(-3_600_000)));
        assert!(breaker.allows(at(-3_000_000)));
    }
}
