pub mod api;
pub mod text;
