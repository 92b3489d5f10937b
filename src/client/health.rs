//! How the service answers at all, for somebody who wonders why it does not.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use reqwest::Method;
use reqwest::header::DATE;

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

impl Client {
    pub async fn health(&self) -> Result<Health, ClientError> {
        let begun = Instant::now();
        let request = self.request("the agents", Need::ReadOrSubmit, Method::GET, &["agents"])?;
        let response = request.query("limit", Some(1)).open().await?;
        let round_trip = begun.elapsed();
        let date = response.headers().get(DATE).and_then(|date| date.to_str().ok());
        let clock = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
        Ok(Health { round_trip, clock: clock.map(|zoned| zoned.timestamp()) })
    }
}
