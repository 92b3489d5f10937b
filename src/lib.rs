pub mod api;
pub mod model;
pub mod text;
pub mod theme;
pub mod ui;
