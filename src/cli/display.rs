//! How the screen is drawn, whatever it is opened on.

use clap::Args;

use super::places::Places;
use crate::terminal::{Capabilities, Manners};

#[derive(Debug, Clone, Default, Args)]
pub(super) struct DisplayArgs {
    /// Do not use synchronised output (mode 2026), even where the terminal has it
    #[arg(long)]
    no_sync: bool,
    /// Colours: a built-in theme, or NAME of themes/NAME.toml beside the configuration
    #[arg(long, value_name = "NAME")]
    theme: Option<String>,
}

impl DisplayArgs {
    /// What either of them asks for.
    pub(super) fn or(self, other: &Self) -> Self {
        Self {
            no_sync: self.no_sync || other.no_sync,
            theme: self.theme.or_else(|| other.theme.clone()),
        }
    }

    /// A flag that was given.
    pub(super) fn given(&self) -> Option<&'static str> {
        let given = [("--no-sync", self.no_sync), ("--theme", self.theme.is_some())];
        given.into_iter().find(|(_, given)| *given).map(|(flag, _)| flag)
    }

    pub(super) fn theme(&self) -> Option<&str> {
        self.theme.as_deref()
    }

    /// What the terminal is asked whether it has it.
    pub(super) fn capabilities(&self) -> Capabilities {
        let all = Capabilities::worth_asking(|name| std::env::var(name).ok());
        if self.no_sync { all.unsynchronized() } else { all }
    }
}

/// What the terminal is not to be told.
pub(super) fn manners() -> Manners {
    Manners::of_environment(|name| std::env::var(name).ok())
}

/// Whether the title of the window may be ours.
pub(super) fn titles() -> bool {
    Places::readable_config().title.is_none_or(|title| title.value)
}
