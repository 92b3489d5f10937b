//! How the service answers at all, for somebody who wonders why it does not.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use reqwest::Method;
use reqwest::header::{DATE, HeaderMap};

use super::{Client, ClientError};
use crate::api::Need;

/// One small request, measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Health {
    /// From sending to the head of the answer, the connection included if there was none.
    pub round_trip: Duration,
    /// The service's clock in whole seconds, where it tells (RFC 9110 section 6.6.1).
    pub clock: Option<Timestamp>,
}

/// How far the service's clock is from this machine's, as of the last reply that told.
#[derive(Debug)]
pub(super) struct ClockOffset(AtomicI64);

const UNTOLD: i64 = i64::MIN;

impl Default for ClockOffset {
    fn default() -> Self {
        Self(AtomicI64::new(UNTOLD))
    }
}

impl ClockOffset {
    pub(super) fn note(&self, headers: &HeaderMap, now: Timestamp) {
        if let Some(clock) = clock(headers) {
            self.0.store(clock.as_second() - now.as_second(), Ordering::Relaxed);
        }
    }
}

fn clock(headers: &HeaderMap) -> Option<Timestamp> {
    let date = headers.get(DATE)?.to_str().ok()?;
    Some(jiff::fmt::rfc2822::parse(date).ok()?.timestamp())
}

impl Client {
    /// Seconds by which the service's clock is ahead of this machine's, as of the last reply that told
    /// (RFC 9110 section 6.6.1); a reply may have been on its way for as long as it took.
    pub fn clock_offset(&self) -> Option<i64> {
        Some(self.clock.0.load(Ordering::Relaxed)).filter(|offset| *offset != UNTOLD)
    }

    pub async fn health(&self) -> Result<Health, ClientError> {
        let begun = Instant::now();
        let request = self.request("the agents", Need::ReadOrSubmit, Method::GET, &["agents"])?;
        let response = request.query("limit", Some(1)).open().await?;
        let round_trip = begun.elapsed();
        Ok(Health { round_trip, clock: clock(response.headers()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::scripted::{Server, json};

    #[tokio::test]
    async fn every_reply_tells_how_far_the_clocks_are_apart() {
        let dated = |offset: i64| {
            let at = Timestamp::from_second(Timestamp::now().as_second() + offset).unwrap();
            let date = jiff::fmt::rfc2822::DateTimePrinter::new()
                .timestamp_to_rfc9110_string(&at)
                .unwrap();
            let page = json(200, r#"{"agents":[],"metadata":{}}"#);
            page.replacen("\r\n", &format!("\r\ndate: {date}\r\n"), 1)
        };
        let page = json(200, r#"{"agents":[],"metadata":{}}"#);
        let server = Server::start([page, dated(300)]).await;
        let client = server.client();
        client.list_agents(&crate::client::AgentQuery::default()).await.unwrap();
        assert_eq!(client.clock_offset(), None, "the service does not tell");
        client.clone().list_agents(&crate::client::AgentQuery::default()).await.unwrap();
        let offset = client.clock_offset().unwrap();
        assert!((295..=301).contains(&offset), "{offset}");
    }
}
