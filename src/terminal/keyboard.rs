//! Where keys come from when standard input is a pipe with something else in it.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};

use rustix::{stdio, termios};

/// Gives back what standard input was, and makes standard input the terminal that standard output
/// draws on: from now on keys are read there. An error where standard output is no terminal.
pub fn take_piped_input() -> io::Result<File> {
    let piped: OwnedFd = io::stdin().as_fd().try_clone_to_owned()?;
    // By its name and not as `/dev/tty`, which some systems cannot wait for.
    let name = termios::ttyname(stdio::stdout(), Vec::new())?;
    let name = name.into_string().map_err(io::Error::other)?;
    let terminal = OpenOptions::new().read(true).write(true).open(name)?;
    stdio::dup2_stdin(&terminal)?;
    Ok(File::from(piped))
}
