pub mod api;
pub mod cli;
pub mod client;
pub mod model;
pub mod server;
pub mod text;
pub mod theme;
