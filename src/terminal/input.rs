//! What arrives from the terminal, in the words of the keymap.

use std::io;

use crossterm::event::{Event, EventStream, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use futures_util::StreamExt;

use crate::keymap::{Code, Key};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TerminalEvent {
    Key(Key),
    /// Pasted text; its lines end in `\n`. Not made safe for the screen.
    Paste(String),
    /// Columns and rows.
    Resize(u16, u16),
}

/// The terminal's events, one at a time.
#[derive(Debug, Default)]
pub struct Input {
    events: EventStream,
}

impl Input {
    pub fn new() -> Self {
        Self::default()
    }

    /// The next event that matters; `None` when the terminal is gone. Safe to drop while it waits.
    pub async fn next(&mut self) -> Option<io::Result<TerminalEvent>> {
        loop {
            match self.events.next().await?.map(convert) {
                Ok(Some(event)) => return Some(Ok(event)),
                Ok(None) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// `None` for what the app has no use for: releases, focus, mouse, keys without a name here.
pub fn convert(event: Event) -> Option<TerminalEvent> {
    match event {
        Event::Key(key) => convert_key(key).map(TerminalEvent::Key),
        Event::Paste(text) => {
            // Terminals send line ends of a paste as the Enter key would.
            Some(TerminalEvent::Paste(text.replace("\r\n", "\n").replace('\r', "\n")))
        }
        Event::Resize(columns, rows) => Some(TerminalEvent::Resize(columns, rows)),
        Event::FocusGained | Event::FocusLost | Event::Mouse(_) => None,
    }
}

fn convert_key(event: KeyEvent) -> Option<Key> {
    let held = event.modifiers;
    let foreign = KeyModifiers::SUPER | KeyModifiers::HYPER | KeyModifiers::META;
    if event.kind == KeyEventKind::Release || held.intersects(foreign) {
        return None;
    }
    let ctrl = held.contains(KeyModifiers::CONTROL);
    let mut shift = held.contains(KeyModifiers::SHIFT);
    let code = match event.code {
        KeyCode::Char(char) => {
            // Some terminals send Shift and `g`, some send `G`, some both.
            let char = match char {
                _ if ctrl => char.to_ascii_lowercase(),
                _ if shift => upper(char),
                _ => char,
            };
            shift = false;
            Code::Char(char)
        }
        KeyCode::BackTab => {
            shift = false;
            Code::BackTab
        }
        KeyCode::Tab if shift => {
            shift = false;
            Code::BackTab
        }
        KeyCode::Tab => Code::Tab,
        KeyCode::Enter => Code::Enter,
        KeyCode::Esc => Code::Esc,
        KeyCode::Backspace => Code::Backspace,
        KeyCode::Delete => Code::Delete,
        KeyCode::Up => Code::Up,
        KeyCode::Down => Code::Down,
        KeyCode::Left => Code::Left,
        KeyCode::Right => Code::Right,
        KeyCode::Home => Code::Home,
        KeyCode::End => Code::End,
        KeyCode::PageUp => Code::PageUp,
        KeyCode::PageDown => Code::PageDown,
        KeyCode::F(number) => Code::F(number),
        _ => return None,
    };
    Some(Key { code, ctrl, alt: held.contains(KeyModifiers::ALT), shift })
}

/// The upper-case letter when it is one letter; `ß` stays.
fn upper(char: char) -> char {
    let mut letters = char.to_uppercase();
    match (letters.next(), letters.next()) {
        (Some(letter), None) => letter,
        _ => char,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(code: KeyCode, modifiers: KeyModifiers) -> Option<String> {
        convert_key(KeyEvent::new(code, modifiers)).map(|key| key.to_string())
    }

    #[test]
    fn keys_arrive_in_the_notation() {
        let (none, shift, ctrl) = (KeyModifiers::NONE, KeyModifiers::SHIFT, KeyModifiers::CONTROL);
        for (code, modifiers, expected) in [
            (KeyCode::Char('g'), none, "g"),
            (KeyCode::Char('G'), shift, "G"),
            (KeyCode::Char('g'), shift, "G"),
            (KeyCode::Char('ß'), shift, "ß"),
            (KeyCode::Char('D'), ctrl | shift, "<c-d>"),
            (KeyCode::Char('x'), KeyModifiers::ALT, "<a-x>"),
            (KeyCode::Char(' '), none, "<space>"),
            (KeyCode::BackTab, shift, "<s-tab>"),
            (KeyCode::Tab, shift, "<s-tab>"),
            (KeyCode::Left, shift, "<s-left>"),
            (KeyCode::F(2), none, "<f2>"),
        ] {
            assert_eq!(key(code, modifiers).as_deref(), Some(expected), "{code:?} {modifiers:?}");
        }
    }

    #[test]
    fn what_is_not_for_us_is_dropped() {
        let mut release = KeyEvent::new(KeyCode::Char('x'), KeyModifiers::NONE);
        release.kind = KeyEventKind::Release;
        assert_eq!(convert(Event::Key(release)), None);
        assert_eq!(key(KeyCode::Char('c'), KeyModifiers::SUPER), None);
        assert_eq!(key(KeyCode::CapsLock, KeyModifiers::NONE), None);
        assert_eq!(convert(Event::FocusGained), None);
    }

    #[test]
    fn pasted_lines_end_like_lines() {
        let pasted = convert(Event::Paste("a\rb\r\nc\n".to_owned()));
        assert_eq!(pasted, Some(TerminalEvent::Paste("a\nb\nc\n".to_owned())));
    }
}
