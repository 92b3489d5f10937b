//! `--record`: what a run of the screen is written down with.

use std::io::ErrorKind;
use std::path::PathBuf;

use clap::Args;

use crate::runtime::Recording;

use super::exit::{Code, Failure};

#[derive(Debug, Clone, Args)]
pub(super) struct RecordArgs {
    /// Write everything that happens into this file, for `foretop open --replay`. Arguments that
    /// may be secrets and text that is typed are masked; what agents say is not
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Record text that is typed as it is
    #[arg(long, requires = "record")]
    record_typed: bool,
    /// Record over a file that is there
    #[arg(long, requires = "record")]
    force: bool,
}

impl RecordArgs {
    pub(super) fn or(self, other: Self) -> Self {
        if self.record.is_some() { self } else { other }
    }

    pub(super) fn is_wanted(&self) -> bool {
        self.record.is_some()
    }

    pub(super) fn create(&self) -> Result<Option<Recording>, Failure> {
        let Some(path) = &self.record else { return Ok(None) };
        let made = Recording::create(path, self.force, self.record_typed);
        made.map(Some).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => Failure::new(
                Code::Conflict,
                format!("{} is there already; --force records over it", path.display()),
            ),
            _ => Failure::other(format!("cannot record into {}: {error}", path.display())),
        })
    }
}
