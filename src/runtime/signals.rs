//! Signals that ask the process to end.

use std::io;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::sleep;

use crate::terminal;

pub struct ShutdownSignals {
    terminate: Signal,
    hangup: Signal,
    interrupt: Signal,
}

impl ShutdownSignals {
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Cancel safe.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// So long a terminal may take nothing once the process is asked to end.
const UNREAD: Duration = Duration::from_secs(3);
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// What a shell says of a process that `SIGTERM` ended.
const TERMINATED: i32 = 128 + 15;

/// Ends the process when it is asked to and cannot, because nobody reads what it writes: the loop waits
/// in that write. Any program with the default action would end at once. Drafts are on the disk by then.
pub fn end_though_unread() -> io::Result<()> {
    let watch = move || {
        // Its own, because the loop may be on the only thread of the other.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let Ok(runtime) = runtime else { return };
        runtime.block_on(async {
            let Ok(mut asked) = ShutdownSignals::listen() else { return };
            asked.next().await;
            // Also on the way out: what is said to the terminal last may be what it does not take.
            while terminal::stuck_for() <= UNREAD {
                sleep(LOOK_EVERY).await;
            }
            terminal::abandon();
            std::process::exit(TERMINATED);
        });
    };
    std::thread::Builder::new().name("endings".to_owned()).spawn(watch).map(drop)
}
