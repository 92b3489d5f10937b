//! Text made fit for a screen: sanitising, measuring, wrapping, units, JSON as rows, highlighting.
//!
//! Knows nobody else in the crate and holds no state. Start with [`sanitize`]. The invariant: what
//! leaves here contains no control byte, so that no text of a service can drive the terminal.

pub mod breaking;
pub mod file_name;
pub mod highlight;
mod invisible;
pub mod json;
pub mod markdown;
pub mod quoted;
pub mod redact;
pub mod sanitize;
pub mod signs;
pub mod suggest;
pub mod units;
pub mod unroll;
pub mod wall_clock;
pub mod width;
pub mod wrap;
