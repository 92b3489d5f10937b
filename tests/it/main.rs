//! Everything that is tested from outside, in one binary so that it links once.

mod architecture;
mod cli;
mod contract;
mod server;
mod stage;
