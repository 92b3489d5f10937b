//! One key and its notation, the same for people, configuration and tests.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A key as it was pressed. `shift` is set for keys without a character only: with a character,
/// Shift is part of what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Key {
    pub code: Code,
    pub ctrl: bool,
    pub alt: bool,
    pub shift: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    Char(char),
    Enter,
    Esc,
    Tab,
    BackTab,
    Backspace,
    Delete,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    F(u8),
}

/// Code, notation, label in hints. A character that the notation needs for itself has a name too.
const NAMED: &[(Code, &str, &str)] = &[
    (Code::Enter, "enter", "Enter"),
    (Code::Esc, "esc", "Esc"),
    (Code::Tab, "tab", "Tab"),
    (Code::BackTab, "s-tab", "Shift-Tab"),
    (Code::Backspace, "bs", "Backspace"),
    (Code::Delete, "del", "Del"),
    (Code::Up, "up", "↑"),
    (Code::Down, "down", "↓"),
    (Code::Left, "left", "←"),
    (Code::Right, "right", "→"),
    (Code::Home, "home", "Home"),
    (Code::End, "end", "End"),
    (Code::PageUp, "pgup", "PgUp"),
    (Code::PageDown, "pgdn", "PgDn"),
    (Code::Char(' '), "space", "Space"),
    (Code::Char('<'), "lt", "<"),
];

/// What else people call keys.
const OTHER_NAMES: &[(&str, &str)] = &[
    ("return", "enter"),
    ("cr", "enter"),
    ("escape", "esc"),
    ("backtab", "s-tab"),
    ("backspace", "bs"),
    ("delete", "del"),
    ("pageup", "pgup"),
    ("pagedown", "pgdn"),
    ("↑", "up"),
    ("↓", "down"),
    ("←", "left"),
    ("→", "right"),
];

/// Text that names no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no key; {advice}")]
pub struct NotAKey {
    pub text: String,
    /// What to write instead.
    pub advice: String,
}

impl NotAKey {
    fn new(text: &str) -> Self {
        let advice = advice(text);
        let advice = advice
            .unwrap_or_else(|| "write j, G, space, enter, ctrl-d, shift-tab, f2 or <".to_owned());
        Self { text: text.to_owned(), advice }
    }
}

/// What was meant by what is no key, where that can be seen.
fn advice(text: &str) -> Option<String> {
    let inner = text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).unwrap_or(text);
    let last = inner.rsplit('-').next().and_then(only_char);
    let lower = inner.to_ascii_lowercase();
    let is_shifted = lower.starts_with("s-") || lower.starts_with("shift-");
    match last {
        Some(char) if is_shifted && char.is_ascii_alphabetic() => {
            return Some(format!(
                "with Shift a letter is upper case: {}",
                char.to_ascii_uppercase()
            ));
        }
        Some(_) if is_shifted => return Some("write the character that Shift makes".to_owned()),
        _ => {}
    }
    let few = (2..=3).contains(&text.chars().count());
    let are_keys =
        few && text.chars().all(|char| char.is_ascii_graphic() && char != '<' && char != '-');
    are_keys.then(|| {
        let keys: Vec<String> = text.chars().map(String::from).collect();
        format!(
            "keys that are pressed one after the other have spaces between them: {}",
            keys.join(" ")
        )
    })
}

/// What is held with a key.
type Hold = fn(&mut Key) -> &mut bool;

/// Holding a key, as it is written, short or long.
const HELD: [(&str, Hold); 7] = [
    ("ctrl-", |key| &mut key.ctrl),
    ("alt-", |key| &mut key.alt),
    ("meta-", |key| &mut key.alt),
    ("shift-", |key| &mut key.shift),
    ("c-", |key| &mut key.ctrl),
    ("a-", |key| &mut key.alt),
    ("s-", |key| &mut key.shift),
];

impl Key {
    pub const fn new(code: Code) -> Self {
        Self { code, ctrl: false, alt: false, shift: false }
    }

    pub const fn char(char: char) -> Self {
        Self::new(Code::Char(char))
    }

    /// Terminals cannot tell Ctrl-D from Ctrl-d, so neither does the notation.
    pub const fn ctrl(char: char) -> Self {
        Self { ctrl: true, ..Self::char(char.to_ascii_lowercase()) }
    }

    /// The character that this key types, if it types one.
    pub const fn typed(self) -> Option<char> {
        match self.code {
            Code::Char(char) if !self.ctrl && !self.alt => Some(char),
            _ => None,
        }
    }

    /// Esc and the key, as which a key with Alt may have been pressed: terminals send both alike.
    pub fn apart(self) -> Option<[Self; 2]> {
        self.alt.then_some([Self::new(Code::Esc), Self { alt: false, ..self }])
    }

    /// Reads one key: `j`, `<c-d>`, `ctrl-d`, `space`, `<`. Names may stand in angle brackets.
    pub fn parse(text: &str) -> Result<Self, NotAKey> {
        let wrong = || NotAKey::new(text);
        if let Some(char) = only_char(text) {
            let needs_name = char.is_whitespace() || char.is_control();
            return if needs_name { Err(wrong()) } else { Ok(Self::char(char)) };
        }
        let inner = text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
        let mut name = inner.unwrap_or(text);
        let mut key = Self::new(Code::Esc);
        loop {
            if let Some(code) = named(name) {
                key.code = code;
                break;
            }
            let lower = name.to_ascii_lowercase();
            let held = HELD.iter().find(|(word, _)| lower.starts_with(word));
            let (word, held) = held.ok_or_else(wrong)?;
            // `<c-c-x>` is a slip, not emphasis.
            if std::mem::replace(held(&mut key), true) {
                return Err(wrong());
            }
            name = &name[word.len()..];
            if let Some(char) = only_char(name).filter(char::is_ascii_graphic) {
                let char = if key.ctrl { char.to_ascii_lowercase() } else { char };
                key.code = Code::Char(char);
                break;
            }
        }
        if key.code == Code::Tab && key.shift {
            (key.code, key.shift) = (Code::BackTab, false);
        }
        let shifted_char = key.shift && matches!(key.code, Code::Char(_));
        if shifted_char { Err(wrong()) } else { Ok(key) }
    }

    /// Reads keys with spaces between them: `g g`, `] e`.
    pub fn parse_sequence(text: &str) -> Result<Vec<Self>, NotAKey> {
        let keys = text.split_whitespace().map(Self::parse).collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() { Err(NotAKey::new(text)) } else { Ok(keys) }
    }

    /// For people, in hints: `Ctrl-d`, `Enter`, `↓`.
    pub fn label(self) -> String {
        let mut label = String::new();
        for (held, name) in [(self.ctrl, "Ctrl-"), (self.alt, "Alt-"), (self.shift, "Shift-")] {
            if held {
                label.push_str(name);
            }
        }
        match (self.code, name_of(self.code)) {
            (_, Some((_, name))) => label.push_str(name),
            (Code::Char(char), None) => label.push(char),
            (Code::F(number), None) => label.extend(['F'.to_string(), number.to_string()]),
            _ => {}
        }
        label
    }
}

/// A sequence in the notation: `g g`.
pub fn notation(keys: &[Key]) -> String {
    keys.iter().map(Key::to_string).collect::<Vec<_>>().join(" ")
}

/// A sequence as hints show it: `gg`, `]e`, `Ctrl-x Ctrl-e`.
pub fn label(keys: &[Key]) -> String {
    let letters_only = keys.iter().all(|key| key.typed().is_some_and(|char| char != ' '));
    let between = if letters_only { "" } else { " " };
    keys.iter().map(|key| key.label()).collect::<Vec<_>>().join(between)
}

impl From<Key> for String {
    fn from(key: Key) -> Self {
        key.to_string()
    }
}

impl TryFrom<String> for Key {
    type Error = NotAKey;

    fn try_from(text: String) -> Result<Self, NotAKey> {
        Self::parse(&text)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = name_of(self.code);
        if let (Code::Char(char), None, false, false) = (self.code, name, self.ctrl, self.alt) {
            return write!(f, "{char}");
        }
        f.write_str("<")?;
        for (held, name) in [(self.ctrl, "c-"), (self.alt, "a-"), (self.shift, "s-")] {
            if held {
                f.write_str(name)?;
            }
        }
        match (self.code, name) {
            (_, Some((name, _))) => f.write_str(name)?,
            (Code::Char(char), None) => write!(f, "{char}")?,
            (Code::F(number), None) => write!(f, "f{number}")?,
            _ => {}
        }
        f.write_str(">")
    }
}

fn only_char(text: &str) -> Option<char> {
    let mut chars = text.chars();
    chars.next().filter(|_| chars.next().is_none())
}

fn named(name: &str) -> Option<Code> {
    let lower = name.to_ascii_lowercase();
    let function = lower.strip_prefix('f').and_then(|number| number.parse().ok());
    if let Some(number @ 1..=24) = function {
        return Some(Code::F(number));
    }
    let other =
        OTHER_NAMES.iter().find(|(other, _)| *other == lower).map_or(&*lower, |(_, known)| known);
    NAMED.iter().find(|(_, known, _)| *known == other).map(|(code, ..)| *code)
}

fn name_of(code: Code) -> Option<(&'static str, &'static str)> {
    NAMED.iter().find(|(known, ..)| *known == code).map(|(_, name, label)| (*name, *label))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_notation_goes_there_and_back() {
        let all = "j G é ] > <lt> <space> <enter> <esc> <tab> <s-tab> <bs> <del> <up> <c-down> \
                   <s-left> <home> <pgdn> <f2> <f12> <c-d> <c-\\> <c-space> <a-x> <a-X> <c-a-x>";
        for text in all.split_whitespace() {
            let key = Key::parse(text).unwrap();
            assert_eq!(key.to_string(), text, "{key:?}");
        }
        assert_eq!(notation(&Key::parse_sequence(" g   g ").unwrap()), "g g");
    }

    #[test]
    fn what_terminals_cannot_tell_apart_is_one_key() {
        assert_eq!(Key::parse("<C-D>"), Ok(Key::ctrl('d')));
        assert_eq!(Key::parse("<S-Tab>"), Ok(Key::new(Code::BackTab)));
    }

    #[test]
    fn names_are_read_as_people_write_them_and_as_hints_show_them() {
        for (text, notation) in [
            ("ctrl-x Ctrl-E", "<c-x> <c-e>"),
            ("space", "<space>"),
            ("<", "<lt>"),
            ("Shift-Tab", "<s-tab>"),
            ("PgUp Backspace return", "<pgup> <bs> <enter>"),
            ("alt-x F2", "<a-x> <f2>"),
            ("- c-d", "- <c-d>"),
        ] {
            let keys = Key::parse_sequence(text).unwrap();
            assert_eq!(super::notation(&keys), notation, "{text}");
        }
    }

    #[test]
    fn slips_are_refused() {
        for text in
            ["", "jj", "<>", "<c->", "<nope>", "<c-c-x>", "<s-x>", "<f0>", "<f25>", "nope-x"]
        {
            assert!(Key::parse(text).is_err(), "{text}");
        }
        let advice = |text| Key::parse(text).unwrap_err().advice;
        assert!(advice("gg").ends_with(": g g"), "{}", advice("gg"));
        assert!(advice("shift-x").ends_with("upper case: X"), "{}", advice("shift-x"));
        assert!(Key::parse_sequence("  ").is_err());
    }

    #[test]
    fn labels_are_for_people() {
        let shown = |text| label(&Key::parse_sequence(text).unwrap());
        assert_eq!(shown("<c-d>"), "Ctrl-d");
        assert_eq!(shown("g g"), "gg");
        assert_eq!(shown("<space>"), "Space");
        assert_eq!(shown("<down>"), "↓");
        assert_eq!(shown("<c-x> <c-e>"), "Ctrl-x Ctrl-e");
    }
}
