//! Time of a turn: the system's while people watch, a scripted one that jumps ahead while a
//! history is being written.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::api::Timestamp;

#[derive(Debug, Clone)]
pub enum Clock {
    System,
    /// Milliseconds since 1970; sleeping moves it and takes no time.
    Scripted(Arc<AtomicI64>),
}

impl Clock {
    pub fn scripted(start: Timestamp) -> Self {
        Self::Scripted(Arc::new(AtomicI64::new(start.as_millisecond())))
    }

    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => Timestamp::now(),
            Self::Scripted(at) => {
                Timestamp::from_millisecond(at.load(Ordering::Relaxed)).unwrap_or_default()
            }
        }
    }

    pub async fn sleep(&self, duration: Duration) {
        match self {
            Self::System => tokio::time::sleep(duration).await,
            Self::Scripted(at) => {
                let milliseconds = i64::try_from(duration.as_millis()).unwrap_or(0);
                at.fetch_add(milliseconds, Ordering::Relaxed);
            }
        }
    }
}
