//! Asking again and again: how long to wait between, and what a failure on the way means.

use std::time::Duration;

use super::connect::Context;
use super::exit::{Code, Failure};
use crate::api::Timestamp;
use crate::client::breaker::Breaker;

/// Waits its interval while all is well, and as its breaker says while the service does not answer.
pub(super) struct Patience {
    interval: Duration,
    breaker: Breaker,
}

impl Patience {
    pub(super) fn new(interval: Duration) -> Self {
        Self { interval, breaker: Breaker::default() }
    }

    /// An interval that keeps `requests` within the profile's budget.
    pub(super) fn for_requests(context: &Context, requests: usize) -> Self {
        let mut patience = Self::new(Duration::ZERO);
        patience.spread(context, requests);
        patience
    }

    /// From now on one round takes so many requests.
    pub(super) fn spread(&mut self, context: &Context, requests: usize) {
        let rate = context.settings.requests_per_second.value;
        let count = u32::try_from(requests).map_or(f64::MAX, f64::from);
        self.interval = Duration::from_secs_f64((count / rate).clamp(1.0, 3600.0));
    }

    pub(super) async fn wait(&mut self) {
        let Some(next) = self.breaker.next_try() else {
            return tokio::time::sleep(self.interval).await;
        };
        let pause = next.duration_since(Timestamp::now());
        tokio::time::sleep(Duration::try_from(pause).unwrap_or_default()).await;
        // One loop, one request: there is no other that this could be the test of.
        self.breaker.allows(Timestamp::now().max(next));
    }

    /// `None` for a failure that may pass; it is told once. Others end the command.
    pub(super) fn take<T>(
        &mut self,
        context: &Context,
        answer: Result<T, Failure>,
    ) -> Result<Option<T>, Failure> {
        match answer {
            Ok(answer) => {
                if self.breaker.is_open() {
                    context.out.note("the service answers again");
                }
                self.breaker.succeeded();
                Ok(Some(answer))
            }
            Err(failure) if matches!(failure.code(), Code::Network | Code::RateLimited) => {
                if !self.breaker.is_open() {
                    context.out.note(&format!("{failure} Trying again until it works."));
                }
                self.breaker.failed(Timestamp::now(), failure.retry_after());
                Ok(None)
            }
            Err(failure) => Err(failure),
        }
    }
}
