//! The process group of a child: everything it started and did not send elsewhere.

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::Child;

/// Killed when dropped, unless released before.
pub(super) struct Group(Option<Pid>);

impl Group {
    /// Of a child that was started as the leader of its group.
    pub(super) fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self(id.and_then(Pid::from_raw))
    }

    pub(super) fn terminate(&self) {
        self.send(Signal::TERM);
    }

    pub(super) fn kill(&self) {
        self.send(Signal::KILL);
    }

    fn send(&self, signal: Signal) {
        if let Some(id) = self.0 {
            // It fails where nobody is left in it.
            let _ = kill_process_group(id, signal);
        }
    }

    pub(super) fn release(&mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}
