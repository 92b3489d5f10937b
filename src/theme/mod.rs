//! How things look, by name. Stub of the shape that drawing uses.

use ratatui::style::{Color, Modifier, Style};

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Theme {
    pub text: Style,
    pub dim: Style,
    pub accent: Style,
    pub you: Style,
    pub error: Style,
    pub running: Style,
    pub selection: Style,
    pub rule: Style,
    pub heading: Style,
    pub hidden: Style,
    pub compacted: Style,
    pub code: Code,
    pub glyphs: Glyphs,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Code {
    pub comment: Style,
    pub keyword: Style,
    pub string: Style,
    pub number: Style,
    pub name: Style,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Glyphs {
    pub in_context: &'static str,
    pub compacted: &'static str,
    pub hidden: &'static str,
    pub fold_open: &'static str,
    pub fold_closed: &'static str,
    pub marker: &'static str,
    pub horizontal: &'static str,
    pub vertical: &'static str,
    pub tee_down: &'static str,
    pub tee_up: &'static str,
}

impl Theme {
    pub fn terminal() -> Self {
        let plain = Style::new();
        Self {
            text: plain,
            dim: plain.fg(Color::DarkGray),
            accent: plain.fg(Color::Cyan),
            you: plain.fg(Color::Yellow).add_modifier(Modifier::BOLD),
            error: plain.fg(Color::Red),
            running: plain.fg(Color::Green),
            selection: plain.add_modifier(Modifier::BOLD),
            rule: plain.fg(Color::DarkGray),
            heading: plain.add_modifier(Modifier::BOLD),
            hidden: plain.fg(Color::DarkGray),
            compacted: plain.fg(Color::DarkGray),
            code: Code {
                comment: plain.fg(Color::DarkGray),
                keyword: plain.fg(Color::Magenta),
                string: plain.fg(Color::Green),
                number: plain.fg(Color::Cyan),
                name: plain.fg(Color::Blue),
            },
            glyphs: Glyphs {
                in_context: "█",
                compacted: "▒",
                hidden: "░",
                fold_open: "▾",
                fold_closed: "▸",
                marker: "▌",
                horizontal: "─",
                vertical: "│",
                tee_down: "┬",
                tee_up: "┴",
            },
        }
    }
}
