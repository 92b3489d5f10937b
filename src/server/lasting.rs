//! How long what is written must last.
//!
//! Whoever keeps sessions waits for the disk at every step; a demo in a directory that goes with it waits for
//! nothing. The invariant: without being told otherwise, a loss of power takes nothing that was answered.

use std::fs::File;
use std::io;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lasting {
    #[default]
    ForGood,
    /// Nobody needs it once the process is gone.
    WithTheProcess,
}

impl Lasting {
    /// Waits for the disk to have a file, or the names in a directory, where that is wanted.
    pub(super) fn sync(self, file: &File) -> io::Result<()> {
        match self {
            Self::ForGood => file.sync_all(),
            Self::WithTheProcess => Ok(()),
        }
    }

    /// How SQLite names it. FULL: an answered write survives a power cut, not only a killed process.
    pub(super) const fn pragma(self) -> &'static str {
        match self {
            Self::ForGood => "FULL",
            Self::WithTheProcess => "OFF",
        }
    }
}
