pub mod api;
pub mod keymap;
pub mod text;
pub mod theme;
