pub mod api;
pub mod cli;
pub mod client;
pub mod server;
pub mod text;
