//! Everything that is tested from outside, in one binary so that it links once.
#![expect(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test fails by panicking, and its modules are all there is"
)]

mod architecture;
mod cli;
mod client_tools;
mod contract;
mod flows;
mod forks;
mod pty;
mod readme;
mod server;
mod stage;
mod uploads;
