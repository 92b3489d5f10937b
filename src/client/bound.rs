//! How much is believed of what a service sends: bounds on replies, on what they would take in memory
//! once they are read, and on everything that a listing or a live feed brings together.
//!
//! Start with [`Bounds`] and [`read`]. The invariant: nothing grows with what a service goes on sending.
//! A few small replies are read side by side, larger ones one after the other, and where a bound is met
//! the reading stops and the error names the bound.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use reqwest::Response;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::error::Fault;
use crate::api::weight;

/// What a reply may weigh where nothing else is asked for: a hundred events with large outputs.
pub(super) const REPLY: u64 = 32 << 20;
/// A reply that holds an access token.
pub(super) const TOKEN: u64 = 1 << 20;
/// Larger replies are read one at a time, and weighed before they are read as JSON.
const SMALL: usize = 256 * 1024;

/// The bounds of one client, all of them made from one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) reply: u64,
}

impl Bounds {
    /// One event of a live feed.
    pub(super) fn frame(self) -> u64 {
        self.reply / 4
    }

    /// What the values of a reply may take in memory, beside the text that is in them.
    fn values(self) -> u64 {
        self.reply.saturating_mul(2)
    }

    /// The same for all pages of a listing, and for all that a live feed brings.
    pub(super) fn together(self) -> u64 {
        self.reply.saturating_mul(5)
    }

    /// About what a JSON text takes in memory once it is read, unless that is more than it may.
    pub(super) fn weigh(self, json: &[u8]) -> Result<u64, Fault> {
        // A small one is no danger, whatever is in it.
        let values = weight::of_values(json);
        if json.len() > SMALL && values > self.values() {
            return Err(Fault::TooHeavy { values: self.values() });
        }
        Ok(values.saturating_add(json.len() as u64 * 2))
    }
}

impl Default for Bounds {
    fn default() -> Self {
        Self { reply: REPLY }
    }
}

/// What several replies weigh together.
#[derive(Debug, Clone, Default)]
pub(super) struct Sum(Arc<AtomicU64>);

impl Sum {
    /// Adds a weight; the new sum.
    pub(super) fn add(&self, weight: u64) -> u64 {
        self.0.fetch_add(weight, Ordering::Relaxed).saturating_add(weight)
    }
}

/// The turns of large replies.
#[derive(Debug, Clone)]
pub(super) struct Turns(Arc<Semaphore>);

impl Default for Turns {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(1)))
    }
}

/// A body that was read to its end.
pub(super) struct Body {
    pub(super) bytes: Vec<u8>,
    /// Held until it is read as JSON.
    _turn: Option<OwnedSemaphorePermit>,
}

impl Body {
    pub(super) fn empty() -> Self {
        Self { bytes: Vec::new(), _turn: None }
    }
}

/// Why a body was not read to its end.
#[derive(Debug)]
pub(super) enum Stop {
    TooLarge,
    Lost(reqwest::Error),
}

/// Reads a body of at most `most` bytes. One whose head promises more is not begun.
pub(super) async fn read(response: &mut Response, most: u64, turns: &Turns) -> Result<Body, Stop> {
    if response.content_length().is_some_and(|length| length > most) {
        return Err(Stop::TooLarge);
    }
    let (mut bytes, mut turn) = (Vec::new(), None);
    while let Some(piece) = response.chunk().await.map_err(Stop::Lost)? {
        let length = bytes.len() + piece.len();
        if length as u64 > most {
            return Err(Stop::TooLarge);
        }
        if length > SMALL && turn.is_none() {
            // Never closed. What has not been read yet waits at the other end.
            turn = Arc::clone(&turns.0).acquire_owned().await.ok();
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(Body { bytes, _turn: turn })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_text_is_not_refused_and_a_large_one_by_what_is_in_it() {
        let bounds = Bounds { reply: 1 << 20 };
        let list = |size: usize| format!("[{}]", "[],".repeat(size / 3));
        assert!(bounds.weigh(list(200 * 1024).as_bytes()).is_ok());
        assert!(matches!(bounds.weigh(list(300 * 1024).as_bytes()), Err(Fault::TooHeavy { .. })));
        let text = format!("\"{}\"", "x".repeat(1 << 20));
        assert!(bounds.weigh(text.as_bytes()).is_ok());
    }
}
