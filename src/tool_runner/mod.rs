//! Running one program for one tool call, within limits, and ending it with everything it started.
//!
//! Decides nothing about calls and knows no service. Start with [`run`]; a program that answers many
//! calls is a [`Companion`]. The invariant: when it returns or is dropped, the process is reaped and no
//! process of its group is left that was to be stopped.

mod capture;
mod child;
mod companion;
mod group;
#[cfg(test)]
mod tests;

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::tools::{Ending, Inherits, Invocation, Ran};
use capture::Capture;
pub use child::{SECRETS, program};
pub use companion::Companion;
use group::Group;

/// Bytes of stderr that are kept: the last ones.
const MAX_STDERR: usize = 64 * 1024;
/// How long the kernel may take to end a process that was killed.
const DYING: Duration = Duration::from_secs(2);
/// How long output is waited for once the process has ended: what it left running may hold the pipe
/// open for ever.
const LAST_OUTPUT: Duration = Duration::from_millis(250);

/// Where a program complains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stderr {
    /// Its last part is part of the outcome.
    Kept,
    /// On our own stderr, as it comes.
    Shared,
}

/// Runs a program to its end: its own, that of its time or output limit, or `stop`.
pub async fn run(invocation: &Invocation, stderr: Stderr, stop: &CancellationToken) -> Ran {
    run_fed(invocation, invocation.stdin.clone(), stderr, stop).await
}

/// The same with other input than the invocation's, which may be any bytes.
pub async fn run_fed(
    invocation: &Invocation,
    input: impl AsRef<[u8]> + Send + 'static,
    stderr: Stderr,
    stop: &CancellationToken,
) -> Ran {
    let mut command = prepared(invocation);
    if stderr == Stderr::Shared {
        command.stderr(Stdio::inherit());
    }
    let begun = Instant::now();
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return Ran::not_started(why(invocation, &error)),
    };
    let mut group = Group::of(&child);
    let feed = tokio::spawn(feed(child.stdin.take(), input));
    let stdout = Capture::first(child.stdout.take(), invocation.limits.max_output);
    let stderr = Capture::last(child.stderr.take(), MAX_STDERR);
    let limit = invocation.limits.timeout;
    let stopped = tokio::select! {
        biased;
        status = child.wait() => Err(status),
        () = stdout.overflowed() => Ok(Ending::Flooded(invocation.limits.max_output)),
        () = stop.cancelled() => Ok(Ending::Stopped),
        () = tokio::time::sleep(limit) => Ok(Ending::TimedOut(limit)),
    };
    let ending = match stopped {
        Ok(ending) => {
            group.terminate();
            let _ = timeout(invocation.limits.grace, child.wait()).await;
            group.kill();
            reap(&mut child).await;
            ending
        }
        Err(Ok(status)) => ending_of(status),
        Err(Err(error)) => {
            group.kill();
            Ending::NotStarted(format!("it could not be waited for: {error}"))
        }
    };
    let took = begun.elapsed();
    group.release();
    feed.abort();
    let (stdout, stderr) = tokio::join!(stdout.finish(LAST_OUTPUT), stderr.finish(LAST_OUTPUT));
    // A short process may have ended before the flood was read.
    let flooded = stdout.overflowed && matches!(ending, Ending::Exited(_));
    Ran {
        ending: if flooded { Ending::Flooded(invocation.limits.max_output) } else { ending },
        took,
        stdout: String::from_utf8_lossy(&stdout.bytes).into_owned(),
        stderr: String::from_utf8_lossy(&stderr.bytes).into_owned(),
    }
}

/// The process to be, with all its pipes, as the leader of a group of its own: so that it can be ended
/// with all that it starts, and a key on the terminal does not reach it.
fn prepared(invocation: &Invocation) -> Command {
    let mut command = Command::from(match &invocation.inherits {
        Inherits::All => program(&invocation.program),
        Inherits::Named(names) => child::bare(&invocation.program, names),
    });
    command
        .args(&invocation.arguments)
        .envs(invocation.env.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    if let Some(cwd) = &invocation.cwd {
        command.current_dir(cwd);
    }
    command
}

async fn reap(child: &mut Child) {
    let _ = timeout(DYING, child.wait()).await;
}

/// A program that reads nothing, or not all, has its reasons.
async fn feed(stdin: Option<ChildStdin>, input: impl AsRef<[u8]>) {
    if let Some(mut stdin) = stdin {
        let _ = stdin.write_all(input.as_ref()).await;
        let _ = stdin.shutdown().await;
    }
}

fn ending_of(status: ExitStatus) -> Ending {
    use std::os::unix::process::ExitStatusExt as _;

    match (status.code(), status.signal()) {
        (Some(code), _) => Ending::Exited(code),
        (None, Some(signal)) => Ending::Signal(signal),
        (None, None) => Ending::NotStarted("its end is unknown".to_owned()),
    }
}

fn why(invocation: &Invocation, error: &std::io::Error) -> String {
    use std::io::ErrorKind;

    let program = &invocation.program;
    let missing_cwd = invocation.cwd.as_ref().filter(|cwd| !cwd.is_dir());
    match (error.kind(), missing_cwd) {
        (_, Some(cwd)) => format!("there is no directory {} to run it in", cwd.display()),
        (ErrorKind::NotFound, _) if program.contains('/') => {
            format!("there is no file {program}, or not the interpreter that it names")
        }
        (ErrorKind::NotFound, _) => format!("there is no command {program} on the PATH"),
        (ErrorKind::PermissionDenied, _) => {
            format!("{program} may not be run: is it executable?")
        }
        (ErrorKind::ArgumentListTooLong, _) => {
            "its arguments are too long for a process; all of them are on stdin".to_owned()
        }
        _ => format!("{program}: {error}"),
    }
}
