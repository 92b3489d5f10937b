//! What lies over the panes for a while.

pub(super) mod bookmarks;
pub(super) mod help;
pub(super) mod inside;
pub(super) mod output;
pub(super) mod palette;
pub(super) mod types;
pub(super) mod uses;
