//! Signals as messages to the loop.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Request {
    Terminate,
    Suspend,
}

pub(super) struct Signals {
    terminate: Signal,
    hangup: Signal,
    interrupt: Signal,
    stop: Signal,
}

impl Signals {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            stop: signal(SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw()))?,
        })
    }

    /// Cancel safe.
    pub(super) async fn next(&mut self) -> Request {
        tokio::select! {
            _ = self.terminate.recv() => Request::Terminate,
            _ = self.hangup.recv() => Request::Terminate,
            _ = self.interrupt.recv() => Request::Terminate,
            _ = self.stop.recv() => Request::Suspend,
        }
    }

    /// Forgets a stop that has been acted on: suspending by key sends one to the whole group.
    pub(super) async fn forget_stop(&mut self) {
        let moment = std::time::Duration::from_millis(20);
        let _ = tokio::time::timeout(moment, self.stop.recv()).await;
    }
}
