//! Everything that is tested from outside, in one binary so that it links once.
#![expect(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test fails by panicking, and its modules are all there is"
)]

mod access;
mod advice;
mod agents;
mod aliases;
mod answers;
mod any_request;
mod architecture;
mod artifacts;
mod bad_input;
mod bounds;
mod bundles;
mod cli;
mod client_tools;
mod completion;
mod configuration;
mod contract;
mod conversations;
mod conversing;
mod coverage;
mod damage;
mod demo;
mod demo_screen;
mod dependencies;
mod depths;
mod durability;
mod exports;
mod fault_proxy;
mod faults;
mod finding;
mod flows;
mod following;
mod forks;
mod hostile;
mod key_names;
mod liar;
mod lies;
mod logs;
mod manual;
mod mcp_tools;
mod model_files;
mod models;
mod mutations;
mod network;
mod notices;
mod numbers;
mod open;
mod opening;
mod own_keys;
mod plain;
mod provider;
mod pty;
mod races;
mod readme;
mod replays;
mod replies;
mod scrambled;
mod serve_files;
mod server;
mod sessions;
mod signs;
mod sources;
mod stage;
mod stopping;
mod streams;
mod switches;
mod tables;
mod times;
mod traces;
mod uploads;
mod verbs;
mod workers;
