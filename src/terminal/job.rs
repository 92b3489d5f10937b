//! Being stopped and continued by the shell, by a key or by `kill`.
//!
//! In raw mode Ctrl-Z is only a key, and `SIGTSTP` must not stop us before the terminal is given
//! back, so we listen to it instead of letting it act. That leaves three steps, which both ways
//! in share:
//!
//! 1. give the terminal back;
//! 2. stop for good with `SIGSTOP`, which needs no handler taken away and cannot be missed;
//! 3. wait for `SIGCONT`, and only then take the terminal again.
//!
//! The third step is no formality: with several threads, `SIGSTOP` may take effect a moment after
//! the call that sent it returns, and a line further on would already draw on the shell's screen.
//!
//! The key sends `SIGTSTP` to the whole process group first, so that a parent that waits for us
//! (`cargo run`, `time`, a wrapper script) stops too and the shell gets its prompt. Our own copy
//! of it is taken off the queue before we stop, or we would stop again right after `fg`.

use std::io;

use futures_util::FutureExt;
use rustix::process::{Signal as Number, getpgrp, getpid, getsid};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Listens to the signals of job control.
#[derive(Debug)]
pub struct JobSignals {
    stop: Signal,
    resume: Signal,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobSignal {
    /// Someone wants us to stop: answer with [`Screen::suspend`](super::Screen::suspend).
    Stop,
    /// We ran on after a stop that we could not see coming (`kill -STOP`): answer with
    /// [`Screen::resume`](super::Screen::resume).
    Continue,
}

impl JobSignals {
    /// From here on `SIGTSTP` does not stop this process by itself. Needs a tokio runtime.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            stop: signal(SignalKind::from_raw(Number::TSTP.as_raw()))?,
            resume: signal(SignalKind::from_raw(Number::CONT.as_raw()))?,
        })
    }

    /// The next signal. Safe to drop while it waits.
    pub async fn next(&mut self) -> JobSignal {
        tokio::select! {
            _ = self.stop.recv() => JobSignal::Stop,
            _ = self.resume.recv() => JobSignal::Continue,
        }
    }

    /// Asks the whole process group to stop, and takes our own copy of that off the queue.
    pub(super) async fn stop_group(&mut self) -> io::Result<()> {
        rustix::process::kill_current_process_group(Number::TSTP)?;
        self.stop.recv().await;
        Ok(())
    }

    /// Stops this process; returns when it was continued.
    pub(super) async fn stop_self(&mut self) -> io::Result<()> {
        // One that is left over from before must not pass for the one that we wait for.
        while self.resume.recv().now_or_never().is_some() {}
        rustix::process::kill_process(getpid(), Number::STOP)?;
        self.resume.recv().await;
        Ok(())
    }
}

/// Whether a shell with job control stands behind us. In the process group of the session's own
/// leader (`ssh host foretop`, `docker run -it`, a tmux window's only command) nobody could type
/// `fg`, and a stop would be for ever.
pub(super) fn somebody_can_resume() -> bool {
    getsid(None).is_ok_and(|leader| leader != getpgrp())
}
