//! Asking again and again: how long to wait between, and what a failure on the way means.

use std::time::Duration;

use super::connect::Context;
use super::exit::{Code, Failure};

const FIRST_BACK_OFF: Duration = Duration::from_millis(500);
const LONGEST_BACK_OFF: Duration = Duration::from_secs(8);

/// Waits its interval while all is well, and longer and longer while the service does not answer.
pub(super) struct Patience {
    interval: Duration,
    back_off: Option<Duration>,
}

impl Patience {
    pub(super) fn new(interval: Duration) -> Self {
        Self { interval, back_off: None }
    }

    /// An interval that keeps `requests` within the profile's budget.
    pub(super) fn for_requests(context: &Context, requests: usize) -> Self {
        let rate = context.settings.requests_per_second.value;
        let count = u32::try_from(requests).map_or(f64::MAX, f64::from);
        let seconds = (count / rate).clamp(1.0, 3600.0);
        Self::new(Duration::from_secs_f64(seconds))
    }

    pub(super) async fn wait(&self) {
        tokio::time::sleep(self.back_off.unwrap_or(self.interval)).await;
    }

    /// `None` for a failure that may pass; it is told once. Others end the command.
    pub(super) fn take<T>(
        &mut self,
        context: &Context,
        answer: Result<T, Failure>,
    ) -> Result<Option<T>, Failure> {
        match answer {
            Ok(answer) => {
                if self.back_off.take().is_some() {
                    context.out.note("the service answers again");
                }
                Ok(Some(answer))
            }
            Err(failure) if matches!(failure.code(), Code::Network | Code::RateLimited) => {
                if self.back_off.is_none() {
                    context.out.note(&format!("{failure} Trying again until it works."));
                }
                self.back_off = Some(
                    self.back_off
                        .map_or(FIRST_BACK_OFF, |before| (before * 2).min(LONGEST_BACK_OFF)),
                );
                Ok(None)
            }
            Err(failure) => Err(failure),
        }
    }
}
