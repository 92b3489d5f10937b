//! The theme that is drawn with: by the background that the terminal told, and by what somebody chose on the
//! screen.
//!
//! Start with [`Dress::new`]. The invariant: what is drawn with is what the themes give for both.

use crate::theme::{Ground, Theme, Themes};

pub(super) struct Dress {
    themes: Themes,
    shown: Theme,
    /// Its name, where somebody chose it on the screen.
    worn: Option<String>,
}

impl Dress {
    pub(super) fn new(themes: Themes) -> Self {
        Self { shown: themes.shown(), themes, worn: None }
    }

    pub(super) fn theme(&self) -> &Theme {
        &self.shown
    }

    /// The terminal has told its background.
    pub(super) fn stand_on(&mut self, rgb: [u8; 3]) {
        self.themes.ground = Some(Ground::of(rgb));
        self.shown = self.themes.worn(self.worn.as_deref());
    }

    /// What somebody chose on the screen; `None` is the theme of the configuration.
    pub(super) fn wear(&mut self, name: Option<&str>) {
        if self.worn.as_deref() != name {
            self.worn = name.map(str::to_owned);
            self.shown = self.themes.worn(name);
        }
    }
}
