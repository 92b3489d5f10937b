//! What the screen is told when it is opened on a service, with a session or without.

use std::path::PathBuf;

use clap::Args;

use crate::config::Notify;

use super::display::DisplayArgs;
use super::record::RecordArgs;

#[derive(Debug, Clone, Args)]
pub(super) struct LiveArgs {
    #[command(flatten)]
    pub(super) display: DisplayArgs,
    /// How to tell of a session that waits or fails: auto, bell, osc9, osc777, osc99 or off
    #[arg(long, value_name = "WAY")]
    pub(super) notify: Option<Notify>,
    /// File of rules that run commands for calls, and answer where they say so; see docs/answering.md
    #[arg(long, value_name = "FILE")]
    pub(super) rules: Option<PathBuf>,
    #[command(flatten)]
    pub(super) record: RecordArgs,
}

impl LiveArgs {
    /// A flag that was given.
    pub(super) fn given(&self) -> Option<&'static str> {
        self.display.given().or_else(|| self.given_of_service())
    }

    /// One that means nothing for a file.
    pub(super) fn given_of_service(&self) -> Option<&'static str> {
        let given = [
            ("--notify", self.notify.is_some()),
            ("--rules", self.rules.is_some()),
            ("--record", self.record.is_wanted()),
        ];
        given.into_iter().find(|(_, given)| *given).map(|(flag, _)| flag)
    }

    /// What either of them asks for, this one first.
    pub(super) fn or(self, other: &Self) -> Self {
        Self {
            display: self.display.or(&other.display),
            notify: self.notify.or(other.notify),
            rules: self.rules.or_else(|| other.rules.clone()),
            record: self.record.or(other.record.clone()),
        }
    }
}
