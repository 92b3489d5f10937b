pub mod api;
pub mod cli;
pub mod server;
pub mod text;
