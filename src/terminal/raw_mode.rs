//! The line to the terminal: raw while the terminal is ours, and before and after as the shell has it.
//!
//! Owns the settings to go back to. Sends the terminal nothing. Start with [`enable`]. The
//! invariant: settings to go back to are held exactly while the line is raw.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::stdio::stdin;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

/// There is one line per process, and a panic must find its settings.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

fn before() -> MutexGuard<'static, Option<Termios>> {
    BEFORE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Every byte comes as it was typed, and none is shown by the line itself (`cfmakeraw(3)`).
pub(super) fn enable() -> io::Result<()> {
    let mut before = before();
    if before.is_none() {
        let found = tcgetattr(stdin())?;
        let mut raw = found.clone();
        raw.make_raw();
        tcsetattr(stdin(), OptionalActions::Now, &raw)?;
        *before = Some(found);
    }
    Ok(())
}

/// As it was. Does nothing where it is.
pub(super) fn disable() -> io::Result<()> {
    let mut before = before();
    if let Some(found) = &*before {
        tcsetattr(stdin(), OptionalActions::Now, found)?;
        *before = None;
    }
    Ok(())
}
