//! The one gate between text of the service and the screen, the title, the clipboard.
//!
//! Control characters become visible (`\x1b`), and what is drawn as nothing is named instead of
//! obeyed (`<U+202E>`, `<U+200B>`), because both can make a row say something else than it contains. What
//! shapes its neighbours, such as the joiners inside an emoji, stays. So do a few marks on a letter;
//! more of them are named, because a stack of them grows over the rows around it.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::invisible::{flag_tags, is_ignorable, is_mark, is_picture, shapes};

/// Tab stops of shown text.
const TAB: &str = "    ";

/// Marks on one letter that stay. Hebrew with its accents has four; Vietnamese two.
const MARKS: usize = 4;
/// What may be joined to one picture: a kiss between people of two colours has four joiners and
/// selectors.
const JOINED: usize = 8;

/// What is drawn as itself, whatever stands beside it.
fn is_plain(c: char) -> bool {
    matches!(c, ' '..='~') || !(c.is_control() || is_ignorable(c) || is_mark(c))
}

/// Takes a text over character by character; line breaks are left to the caller.
struct Visible {
    out: String,
    /// The character before, where it is drawn as itself.
    before: Option<char>,
    /// Where tags end that belong to a flag.
    flag: usize,
    /// What stands for a tab.
    tab: &'static str,
    /// Marks and joiners since the last letter, or picture that nothing is joined to.
    stacked: usize,
    /// Something was too much for that, and what it would have joined begins nothing new.
    over: bool,
}

impl Visible {
    fn new(room: usize) -> Self {
        Self {
            out: String::with_capacity(room + 8),
            before: None,
            flag: 0,
            tab: TAB,
            stacked: 0,
            over: false,
        }
    }

    fn push(&mut self, text: &str, at: usize, c: char) {
        let behind = || text.get(at + c.len_utf8()..).unwrap_or_default();
        let plain = is_plain(c);
        let joined = (self.over || self.before == Some('\u{200d}')) && is_picture(c);
        if plain && !joined {
            (self.stacked, self.over) = (0, false);
        }
        let most = if is_mark(c) { MARKS } else { JOINED };
        let fits = self.stacked < most;
        let shapes = |before| is_mark(c) || shapes(before, c, behind().chars().next());
        let stays = plain || at < self.flag || (fits && self.before.is_some_and(shapes));
        self.stacked += usize::from(stays && !plain);
        self.over |= !fits && !plain;
        if c == '\u{1f3f4}' {
            self.flag = at + c.len_utf8() + flag_tags(behind()).unwrap_or(0);
        }
        self.before = Some(c).filter(|_| stays);
        if stays {
            self.out.push(c);
        } else if c == '\t' {
            self.out.push_str(self.tab);
        } else if (c as u32) < 0xa0 {
            let _ = write!(self.out, "\\x{:02x}", c as u32);
        } else {
            let _ = write!(self.out, "<U+{:04X}>", c as u32);
        }
    }
}

/// One line: runs of line breaks become one space, everything else hostile becomes visible.
pub fn one_line(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut visible = Visible::new(text.len());
    let mut after_break = false;
    for (at, c) in text.char_indices() {
        if c == '\n' || c == '\r' {
            if !after_break && !visible.out.is_empty() {
                visible.out.push(' ');
            }
            (after_break, visible.before) = (true, None);
        } else {
            after_break = false;
            visible.push(text, at, c);
        }
    }
    Cow::Owned(visible.out)
}

/// A single-line preview that never looks at more of `text` than about `max_chars` needs. What was cut
/// ends in `…`.
pub fn preview(text: &str, max_chars: usize) -> String {
    match text.char_indices().nth(max_chars) {
        Some((end, _)) => format!("{}…", one_line(&text[..end])),
        None => one_line(text).into_owned(),
    }
}

/// Lines as the author broke them (LF, CRLF or CR), each safe to draw.
pub fn lines(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    text.split('\n').map(|line| one_line_keep_spaces(line.strip_suffix('\r').unwrap_or(line)))
}

fn one_line_keep_spaces(line: &str) -> Cow<'_, str> {
    if line.chars().all(is_plain) {
        return Cow::Borrowed(line);
    }
    let mut visible = Visible::new(line.len());
    line.char_indices().for_each(|(at, c)| visible.push(line, at, c));
    Cow::Owned(visible.out)
}

/// Data for a stream that others read on: its lines and tabs stay, and nothing in it is obeyed. What is
/// drawn as nothing stays, too: it may be meant.
pub fn data(text: &str) -> String {
    by_lines(text, |out, line| {
        for c in line.chars() {
            if c.is_control() && c != '\t' {
                let _ = write!(out, "\\x{:02x}", c as u32);
            } else {
                out.push(c);
            }
        }
    })
}

/// The same for a person's screen, where what is drawn as nothing is named.
pub fn shown_data(text: &str) -> String {
    by_lines(text, |out, line| {
        let mut visible = Visible { tab: "\t", ..Visible::new(line.len()) };
        line.char_indices().for_each(|(at, c)| visible.push(line, at, c));
        out.push_str(&visible.out);
    })
}

fn by_lines(text: &str, each: impl Fn(&mut String, &str)) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 {
            out.push('\n');
        }
        // Of a text that comes in pieces this may be the last one, whose line goes on.
        each(&mut out, line.strip_suffix('\r').unwrap_or(line));
    }
    out
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

    #[test]
    fn what_is_drawn_as_nothing_is_named_and_what_shapes_its_neighbours_stays() {
        assert_eq!(one_line("sup\u{200b}port ret\u{ad}urns"), "sup<U+200B>port ret<U+00AD>urns");
        assert_eq!(
            one_line("a\u{200d}b\u{fe0f}\u{3164}\u{2062}"),
            "a<U+200D>b<U+FE0F><U+3164><U+2062>"
        );
        let scotland = "\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}";
        for text in ["👩‍👩‍👧 ❤️ 1️⃣ 🏳️‍🌈", "می‌خواهم", "क्‍ष", "葛\u{e0100}", scotland]
        {
            assert_eq!(one_line(text), text);
        }
        assert_eq!(one_line("❤\u{fe0f}\u{fe0f}"), "❤\u{fe0f}<U+FE0F>");
        let smuggled = format!("\u{1f3f4}{}", "\u{e0061}".repeat(20));
        assert!(!one_line(&smuggled).contains('\u{e0061}'));
    }

    #[test]
    fn a_few_marks_stay_and_a_stack_of_them_is_named() {
        for text in ["Việt Nam", "Vie\u{323}\u{302}t", "בְּרֵאשִׁ֖ית", "ที่นี่", "བསྒྲུབས", "हिन्दी", "각", "👩🏻‍❤️‍💋‍👨🏼"]
        {
            assert_eq!(one_line(text), text);
        }
        let zalgo = format!("e{}x", "\u{301}".repeat(6));
        assert_eq!(one_line(&zalgo), format!("e{}<U+0301><U+0301>x", "\u{301}".repeat(4)));
        // On nothing of its own it would stand on what is in front.
        assert_eq!(one_line("\u{301}a"), "<U+0301>a");
        assert_eq!(one_line("a\n\u{301}"), "a <U+0301>");
        let family = "👩\u{200d}".repeat(40) + "👩";
        let shown = one_line(&family).into_owned();
        assert_eq!(shown.matches('\u{200d}').count(), JOINED, "{shown}");
        let jamo = format!("ᄀ{}", "\u{1161}".repeat(50));
        assert_eq!(one_line(&jamo).matches('\u{1161}').count(), MARKS);
    }

    #[test]
    fn a_preview_says_that_it_is_one() {
        assert_eq!(preview("abc", 3), "abc");
        assert_eq!(preview("abcd", 3), "abc…");
    }

    proptest! {
        #[test]
        fn nothing_that_leaves_can_drive_a_terminal(text in "\\PC*|[\\x00-\\x1f\\x7f-\\u{9f}a]*|.*") {
            let harmless = |c: char| !c.is_control() && !matches!(c, '\u{202a}'..='\u{202e}');
            prop_assert!(one_line(&text).chars().all(harmless));
            prop_assert!(lines(&text).all(|line| line.chars().all(harmless)));
        }

        #[test]
        fn what_is_fit_stays_as_it_is(
            text in "[a👩❤❤1م葛क्\u{301}\u{200d}\u{200c}\u{fe0f}\u{e0100}\u{200b}\u{1f3f4}\u{e0067}\u{e007f}\n]{0,20}"
        ) {
            let once = one_line(&text).into_owned();
            prop_assert_eq!(&one_line(&once), &once);
        }
    }
}
