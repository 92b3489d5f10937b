//! The one gate between text of the service and the screen, the title, the clipboard.
//!
//! Control characters become visible (`\x1b`), bidirectional controls are named instead of obeyed
//! (`<U+202E>`), because both can make a row say something else than it contains.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Tab stops of shown text.
const TAB: &str = "    ";

fn is_plain(c: char) -> bool {
    !c.is_control() && !is_invisible_format(c)
}

/// Bidirectional controls, and the other characters that render as nothing yet change what
/// surrounds them. Joiners stay: emoji and many scripts need them.
fn is_invisible_format(c: char) -> bool {
    matches!(c,
        '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn push_visible(out: &mut String, c: char) {
    if is_plain(c) {
        out.push(c);
    } else if c == '\t' {
        out.push_str(TAB);
    } else if (c as u32) < 0x100 {
        let _ = write!(out, "\\x{:02x}", c as u32);
    } else {
        let _ = write!(out, "<U+{:04X}>", c as u32);
    }
}

/// One line: runs of line breaks become one space, everything else hostile becomes visible.
pub fn one_line(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    let mut after_break = false;
    for c in text.chars() {
        if c == '\n' || c == '\r' {
            if !after_break && !out.is_empty() {
                out.push(' ');
            }
            after_break = true;
        } else {
            after_break = false;
            push_visible(&mut out, c);
        }
    }
    Cow::Owned(out)
}

/// A single-line preview that never looks at more of `text` than about `max_chars` needs.
pub fn preview(text: &str, max_chars: usize) -> String {
    let end = text.char_indices().nth(max_chars).map_or(text.len(), |(at, _)| at);
    one_line(&text[..end]).into_owned()
}

/// Lines as the author broke them (LF, CRLF or CR), each safe to draw.
pub fn lines(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    text.split('\n').map(|line| one_line_keep_spaces(line.strip_suffix('\r').unwrap_or(line)))
}

fn one_line_keep_spaces(line: &str) -> Cow<'_, str> {
    if line.chars().all(is_plain) {
        return Cow::Borrowed(line);
    }
    let mut out = String::with_capacity(line.len() + 8);
    line.chars().for_each(|c| push_visible(&mut out, c));
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes_are_shown_and_never_obeyed() {
        assert_eq!(one_line("a\x1b[2Jb"), "a\\x1b[2Jb");
        assert_eq!(one_line("\u{9b}31m"), "\\x9b31m");
        assert_eq!(one_line("safe\u{202e}gpj.exe"), "safe<U+202E>gpj.exe");
        assert_eq!(one_line("two\r\nlines\n"), "two lines ");
    }

    #[test]
    fn lines_keep_indentation_and_breaks() {
        assert_eq!(lines("a\r\n\tb\n").collect::<Vec<_>>(), ["a", "    b", ""]);
    }

    proptest! {
        #[test]
        fn nothing_that_leaves_can_drive_a_terminal(text in "\\PC*|[\\x00-\\x1f\\x7f-\\u{9f}a]*|.*") {
            prop_assert!(one_line(&text).chars().all(is_plain));
            prop_assert!(lines(&text).all(|line| line.chars().all(is_plain)));
        }
    }
}
