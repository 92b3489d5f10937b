pub mod api;
pub mod keymap;
pub mod terminal;
pub mod text;
pub mod theme;
