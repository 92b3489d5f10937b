//! Which keys a terminal cannot send, and as what it sends them instead.

use super::key::{Code, Key};

/// Why a key never arrives as it is written; `None` for one that does.
pub(super) fn why_never(key: Key) -> Option<String> {
    let label = key.label();
    let instead = |other: &str| {
        Some(format!("terminals send {label} as {other}; write <{}>", other.to_ascii_lowercase()))
    };
    match key.code {
        Code::Char('i') if key.ctrl => instead("Tab"),
        Code::Char('m') if key.ctrl => instead("Enter"),
        Code::Char('[') if key.ctrl => instead("Esc"),
        Code::Char('h') if key.ctrl => {
            Some(format!("terminals send {label} as Backspace; write <bs>"))
        }
        Code::Char(char) if key.ctrl && !has_control(char) => {
            Some(format!("terminals have no code for {label}"))
        }
        Code::Enter | Code::Tab | Code::BackTab | Code::Esc | Code::Backspace
            if key.ctrl || key.shift =>
        {
            Some(format!("most terminals send {label} as if nothing were held with it"))
        }
        _ => None,
    }
}

/// Whether Ctrl and the character are one byte.
fn has_control(char: char) -> bool {
    char.is_ascii_lowercase() || matches!(char, ' ' | '@' | '\\' | ']' | '^' | '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_terminals_send_as_something_else_says_as_what() {
        let why = |text| why_never(Key::parse(text).unwrap());
        assert_eq!(why("<c-i>").unwrap(), "terminals send Ctrl-i as Tab; write <tab>");
        for text in
            ["<c-m>", "<c-h>", "<c-[>", "<c-1>", "<c-,>", "<c-enter>", "<s-enter>", "<s-bs>"]
        {
            assert!(why(text).is_some(), "{text}");
        }
        for text in ["<c-x>", "<c-space>", "<c-]>", "<tab>", "<s-tab>", "<c-left>", "<a-x>", "i"] {
            assert_eq!(why(text), None, "{text}");
        }
    }
}
