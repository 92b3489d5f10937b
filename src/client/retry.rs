//! When a request is sent again, and how long to wait before that. Pure: attempts, errors and
//! chance come in, a pause comes out.

use std::time::Duration;

use jiff::fmt::rfc2822::DateTimeParser;

use super::ClientError;
use crate::api::Timestamp;

/// Sendings of one request, the first included.
const TRIES: u32 = 3;
/// The pause after the first try; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// Shortens or lengthens a pause by up to this part, so that many clients do not come back at
/// the same moment.
const JITTER: f64 = 0.25;
/// A service that wants a longer pause gets none: a person would rather be told.
const LONGEST_WISH: Duration = Duration::from_secs(10);

/// What sending a request twice would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// Nothing beyond sending it once: reads, and marks that are set to what they are.
    Harmless,
    /// Nothing either, but a repetition may find that the thing is gone: then it is done.
    Delete,
    /// It would do it twice: repeated only when nothing can have left this machine.
    Unsent,
    /// It would do it twice: the caller decides.
    Never,
}

impl Repeat {
    /// The pause before the next sending, or `None` to give up.
    ///
    /// `tries` have failed so far, the last one with `error`; `chance` lies in 0..1; `left` is
    /// what remains of the deadline.
    pub(super) fn pause(
        self,
        tries: u32,
        error: &ClientError,
        chance: f64,
        left: Duration,
    ) -> Option<Duration> {
        let most = self.most_tries(error);
        let wish = error.retry_after();
        if tries >= most || wish.is_some_and(|wish| wish > LONGEST_WISH) {
            return None;
        }
        let doubled = FIRST_PAUSE * 2_u32.saturating_pow(tries.saturating_sub(1));
        let pause = doubled.mul_f64(1.0 + JITTER * (2.0 * chance - 1.0));
        // The service's wish is a lower bound; coming early would only be refused again.
        let pause = wish.map_or(pause, |wish| wish.max(pause));
        (pause < left).then_some(pause)
    }

    fn most_tries(self, error: &ClientError) -> u32 {
        match (self, error) {
            (Self::Unsent, ClientError::Unreachable { .. }) => 2,
            (Self::Unsent | Self::Never, _) => 1,
            (_, ClientError::Unreachable { .. } | ClientError::ConnectionLost { .. }) => TRIES,
            (_, error) => match error.status() {
                Some(408 | 429 | 502..=504) => TRIES,
                // Mostly a fault that stays; once is for the one that does not.
                Some(500) => 2,
                _ => 1,
            },
        }
    }

    /// Whether a failure after `tries` sendings means that an earlier one did its work.
    pub(super) fn is_done_by(self, error: &ClientError, tries: u32) -> bool {
        self == Self::Delete && tries > 1 && error.status() == Some(404)
    }
}

/// Reads a `Retry-After` header: seconds, or a date, which counts from the service's own `Date`
/// where there is one, because clocks differ.
pub(super) fn retry_after(value: &str, date: Option<&str>, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let read = |text: &str| DateTimeParser::new().parse_timestamp(text.trim()).ok();
    let from = date.and_then(read).unwrap_or(now);
    // A date that has passed means now.
    Some(Duration::try_from(read(value)?.duration_since(from)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::super::error::{Intent, Refusal};
    use super::*;
    use crate::api::ErrorBody;
    use crate::api::Need;

    const MINUTE: Duration = Duration::from_mins(1);

    fn api(status: u16, retry_after: Option<u64>) -> ClientError {
        let refusal = Refusal {
            what: "it",
            need: Need::Read,
            intent: Intent::Read,
            retry_after: retry_after.map(Duration::from_secs),
            body: ErrorBody::default(),
        };
        ClientError::Api { status, refusal: Box::new(refusal) }
    }

    fn unreachable() -> ClientError {
        ClientError::Unreachable { base: String::new(), why: String::new() }
    }

    fn lost() -> ClientError {
        let intent = Intent::Read;
        ClientError::ConnectionLost { base: String::new(), why: String::new(), intent }
    }

    /// Sendings until the policy gives up.
    fn tries(repeat: Repeat, error: &ClientError) -> u32 {
        (1..100).find(|tries| repeat.pause(*tries, error, 0.5, MINUTE).is_none()).unwrap()
    }

    #[test]
    fn what_passes_is_tried_three_times_and_what_stays_once() {
        for repeat in [Repeat::Harmless, Repeat::Delete] {
            for status in [408, 429, 502, 503, 504] {
                assert_eq!(tries(repeat, &api(status, None)), 3, "{status}");
            }
            assert_eq!((tries(repeat, &unreachable()), tries(repeat, &lost())), (3, 3));
            assert_eq!(tries(repeat, &api(500, None)), 2);
            for status in [301, 400, 401, 403, 404, 409, 422, 501] {
                assert_eq!(tries(repeat, &api(status, None)), 1, "{status}");
            }
        }
    }

    #[test]
    fn what_would_be_done_twice_is_repeated_only_when_nothing_went_out() {
        assert_eq!(tries(Repeat::Unsent, &unreachable()), 2);
        for error in [lost(), api(409, None), api(429, Some(1)), api(502, None), api(503, None)] {
            assert_eq!(tries(Repeat::Unsent, &error), 1, "{error:?}");
        }
        assert_eq!(tries(Repeat::Never, &unreachable()), 1);
    }

    #[test]
    fn pauses_double_within_their_jitter_and_the_deadline() {
        let pause = |tries, chance, left| {
            Repeat::Harmless.pause(tries, &unreachable(), chance, Duration::from_millis(left))
        };
        let milliseconds = |n| Some(Duration::from_millis(n));
        assert_eq!(pause(1, 0.5, 5_000), milliseconds(200));
        assert_eq!(pause(2, 0.5, 5_000), milliseconds(400));
        assert_eq!(
            (pause(1, 0.0, 5_000), pause(1, 1.0, 5_000)),
            (milliseconds(150), milliseconds(250))
        );
        assert_eq!(pause(1, 0.5, 200), None, "it would end at the deadline");
    }

    #[test]
    fn the_wish_of_the_service_is_granted_up_to_a_bound() {
        let pause = |seconds| Repeat::Harmless.pause(1, &api(429, Some(seconds)), 0.5, MINUTE);
        assert_eq!(pause(0), Some(Duration::from_millis(200)));
        assert_eq!(pause(10), Some(Duration::from_secs(10)));
        assert_eq!(pause(11), None);
        assert_eq!(api(429, Some(11)).retry_after(), Some(Duration::from_secs(11)));
    }

    #[test]
    fn only_a_repeated_delete_is_done_by_a_404() {
        let gone = api(404, None);
        assert!(Repeat::Delete.is_done_by(&gone, 2) && !Repeat::Delete.is_done_by(&gone, 1));
        assert!(!Repeat::Harmless.is_done_by(&gone, 2));
        assert!(!Repeat::Delete.is_done_by(&api(403, None), 2));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_of_the_service_s_clock() {
        let now: Timestamp = "2026-07-02T09:00:00Z".parse().unwrap();
        let read = |value, date| retry_after(value, date, now).map(|wish| wish.as_secs());
        assert_eq!(
            (read(" 7 ", None), read("soon", None), read("-1", None)),
            (Some(7), None, None)
        );
        assert_eq!(read("Thu, 02 Jul 2026 09:00:30 GMT", None), Some(30));
        assert_eq!(read("Thu, 02 Jul 2026 08:00:00 GMT", None), Some(0));
        let (wish, date) = ("Thu, 02 Jul 2026 07:00:05 GMT", "Thu, 02 Jul 2026 07:00:00 GMT");
        assert_eq!(read(wish, Some(date)), Some(5), "whatever our clock says");
    }
}
