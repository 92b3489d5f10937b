//! Asking again and again: how long to wait between, and what a failure on the way means.

use std::time::Duration;

use super::connect::Context;
use super::exit::Failure;
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
            Err(failure) if failure.may_pass() => {
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
