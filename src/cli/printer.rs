//! The only way to stdout and stderr. What is written there is made harmless here, so that no command
//! can forget it.
//!
//! Start with [`Printer`]. What is handed over says what it is: words with a style of ours, data with
//! lines, JSON, bytes of a file, or something that this program wrote down itself. The invariant: of
//! what services, files and arguments say nothing reaches a stream that a terminal obeys, but for the
//! bytes of a file that somebody asked for. A test of the architecture forbids every other way.

use std::borrow::Cow;
use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Write as _};

use super::global::ColorWhen;
use super::pager::Pager;
use crate::terminal;
use crate::text::{json, redact, sanitize, signs, width};

/// How a piece of a line stands out. Escapes come from here, and never from the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Bold,
    Faint,
    Alarming,
    /// Something that waits for somebody.
    Waiting,
    /// Something under way.
    Busy,
    Good,
}

impl Style {
    fn sequence(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Bold => "\x1b[1m",
            Self::Faint => "\x1b[2m",
            Self::Alarming => "\x1b[1;31m",
            Self::Waiting => "\x1b[1;33m",
            Self::Busy => "\x1b[36m",
            Self::Good => "\x1b[32m",
        }
    }
}

/// A line in pieces.
pub(super) type Line<'a> = Vec<(Style, &'a str)>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stream {
    Stdout,
    Stderr,
}

/// One of the two streams, and what is known of who reads it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Printer {
    stream: Stream,
    is_terminal: bool,
    color: bool,
    ascii: bool,
}

impl Printer {
    pub(super) fn stdout(color: ColorWhen) -> Self {
        Self::new(Stream::Stdout, io::stdout().is_terminal(), color)
    }

    pub(super) fn stderr(color: ColorWhen) -> Self {
        Self::new(Stream::Stderr, io::stderr().is_terminal(), color)
    }

    fn new(stream: Stream, is_terminal: bool, when: ColorWhen) -> Self {
        let color = is_colored(when, is_terminal, |name| std::env::var_os(name));
        Self { stream, is_terminal, color, ascii: false }
    }

    /// The same with signs in ASCII. A terminal gets nothing else then; into a pipe data goes as it is.
    pub(super) fn in_ascii(self, ascii: bool) -> Self {
        Self { ascii, ..self }
    }

    /// Words, or what is laid out with them.
    fn signed(self, text: Cow<'_, str>) -> Cow<'_, str> {
        if !self.ascii || text.is_ascii() {
            return text;
        }
        let shown =
            if self.is_terminal { signs::all_in_ascii(&text) } else { signs::in_ascii(&text) };
        shown.into_owned().into()
    }

    /// Whether a terminal obeys what is written.
    pub(super) fn is_terminal(self) -> bool {
        self.is_terminal
    }

    /// Columns and rows of the terminal that stdout is.
    pub(super) fn room(self) -> Option<(usize, usize)> {
        let is_ours = self.is_terminal && self.stream == Stream::Stdout;
        is_ours.then(|| {
            let (columns, rows) = terminal::size();
            (usize::from(columns), usize::from(rows))
        })
    }

    /// One line of words, whatever is in it.
    pub(super) fn line(self, text: &str) -> io::Result<()> {
        self.styled(&[vec![(Style::Plain, text)]])
    }

    /// Words, a line each.
    pub(super) fn lines<T: AsRef<str>>(self, lines: impl IntoIterator<Item = T>) -> io::Result<()> {
        let line = |line: T| format!("{}\n", self.signed(sanitize::one_line(line.as_ref())));
        self.write(lines.into_iter().map(line).collect::<String>().as_bytes())
    }

    /// Lines with a style here and there, where colours are wanted.
    pub(super) fn styled(self, lines: &[Line<'_>]) -> io::Result<()> {
        self.write(self.words(lines).as_bytes())
    }

    /// The same for lines that are read one after the other: in the pager, where the screen does not
    /// hold them.
    pub(super) fn read_styled(self, lines: &[Line<'_>], pager: &Pager) -> io::Result<()> {
        self.read(&self.words(lines), pager)
    }

    fn words(self, lines: &[Line<'_>]) -> String {
        let mut out = String::new();
        for line in lines {
            for (style, text) in line {
                let text = self.signed(sanitize::one_line(text));
                if self.color && *style != Style::Plain {
                    out.extend([style.sequence(), &text, "\x1b[0m"]);
                } else {
                    out.push_str(&text);
                }
            }
            out.push('\n');
        }
        out
    }

    /// Data that has lines and tabs of its own, as it is but for what a terminal obeys. Adds nothing.
    pub(super) fn data(self, text: &str) -> io::Result<()> {
        self.write(self.harmless(text).as_bytes())
    }

    fn harmless(self, text: &str) -> String {
        if !self.is_terminal {
            return sanitize::data(text);
        }
        self.signed(sanitize::shown_data(text).into()).into_owned()
    }

    /// JSON on lines of its own.
    pub(super) fn json(self, json: &str) -> io::Result<()> {
        // In pieces, because it may be large and need not be copied for the end of its line.
        self.write_pieces(&[self.inert(json).as_bytes(), b"\n"])
    }

    /// The same for a person who reads it.
    pub(super) fn read_json(self, json: &str, pager: &Pager) -> io::Result<()> {
        self.read(&[&self.inert(json), "\n"].concat(), pager)
    }

    fn inert(self, json: &str) -> Cow<'_, str> {
        if !self.is_terminal {
            return json::inert(json);
        }
        let json = json::inert_shown(json);
        if self.ascii { signs::json_in_ascii(&json).into_owned().into() } else { json.into() }
    }

    /// Bytes of a file, as they are: for whoever asked for them.
    pub(super) fn file(self, bytes: &[u8]) -> io::Result<()> {
        self.write(bytes)
    }

    /// What is written in this program itself: help, scripts, sequences for the terminal.
    pub(super) fn own(self, bytes: &[u8]) -> io::Result<()> {
        self.write(bytes)
    }

    /// The page of help or the version, which holds nothing of what was typed.
    pub(super) fn help(self, page: &clap::builder::StyledStr, pager: &Pager) -> io::Result<()> {
        let page = if self.color { page.ansi().to_string() } else { page.to_string() };
        self.read(&self.signed(page.into()), pager)
    }

    /// The line of the prompt needs room, too.
    fn read(self, text: &str, pager: &Pager) -> io::Result<()> {
        if let (Some(rows), Some((columns, _))) = (pager.rows(), self.room()) {
            return self.by_pages(text, columns, rows);
        }
        let is_long = |(columns, rows)| !fits(text, columns, rows);
        if self.room().is_some_and(is_long) && pager.show(text) {
            return Ok(());
        }
        self.write(text.as_bytes())
    }

    /// So many lines at a time, each time after a question.
    fn by_pages(self, text: &str, columns: usize, rows: usize) -> io::Result<()> {
        let (mut page, mut left) = (String::new(), rows);
        for line in text.split_inclusive('\n') {
            let needed = width::width(line.trim_end()).div_ceil(columns.max(1)).max(1);
            if needed > left && !page.is_empty() {
                self.write(page.as_bytes())?;
                self.question("more? Enter goes on, q leaves ")?;
                if !Pager::is_to_go_on() {
                    return Ok(());
                }
                (page, left) = (String::new(), rows);
            }
            page.push_str(line);
            left = left.saturating_sub(needed);
        }
        self.write(page.as_bytes())
    }

    /// Words that the cursor stays behind.
    pub(super) fn question(self, text: &str) -> io::Result<()> {
        self.write(self.signed(sanitize::one_line(text)).as_bytes())
    }

    /// A line in the place of the one that the cursor is on; an empty one only takes that away.
    pub(super) fn over(self, text: &str) -> io::Result<()> {
        self.write(format!("\r\x1b[K{}", self.signed(sanitize::one_line(text))).as_bytes())
    }

    fn write(self, bytes: &[u8]) -> io::Result<()> {
        self.write_pieces(&[bytes])
    }

    /// Failures and notes repeat what was typed and set, and nobody wants a password back.
    fn write_pieces(self, pieces: &[&[u8]]) -> io::Result<()> {
        match self.stream {
            Stream::Stdout => {
                let mut out = io::stdout().lock();
                pieces.iter().try_for_each(|bytes| out.write_all(bytes))?;
                out.flush()
            }
            Stream::Stderr => {
                let text = pieces.concat();
                let text = String::from_utf8_lossy(&text);
                io::stderr().lock().write_all(redact::addresses(&text).as_bytes())
            }
        }
    }
}

/// Whether a screen shows a text of ours at once, with a line left. A terminal breaks what is wider.
fn fits(text: &str, columns: usize, rows: usize) -> bool {
    let mut left = rows.saturating_sub(1);
    text.lines().all(|line| {
        // Styles take no room.
        let pieces =
            line.split('\x1b').enumerate().map(|(at, piece)| match piece.split_once('m') {
                Some((_, behind)) if at > 0 => behind,
                _ => piece,
            });
        let wide: usize = pieces.map(width::width).sum();
        let needed = wide.div_ceil(columns.max(1)).max(1);
        let fits = needed <= left;
        left = left.saturating_sub(needed);
        fits
    })
}

/// Whether colours are written: by the flag, else by the variables that are usual for it, else where a
/// terminal shows them. `variable` looks up the environment.
fn is_colored(
    when: ColorWhen,
    is_terminal: bool,
    variable: impl Fn(&str) -> Option<OsString>,
) -> bool {
    let is = |name: &str, value: &str| variable(name).is_some_and(|set| set == value);
    let is_set = |name: &str| variable(name).is_some_and(|set| !set.is_empty());
    match when {
        ColorWhen::Always => true,
        ColorWhen::Never => false,
        ColorWhen::Auto if is_set("NO_COLOR") => false,
        ColorWhen::Auto if is_set("CLICOLOR_FORCE") && !is("CLICOLOR_FORCE", "0") => true,
        ColorWhen::Auto => {
            is_terminal && !is("CLICOLOR", "0") && !is("TERM", "dumb") && !is("TERM", "")
        }
    }
}

/// Asks for something that is not shown while it is typed.
pub(super) fn ask_hidden(question: &str) -> io::Result<String> {
    rpassword::prompt_password(sanitize::one_line(question))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn printer(is_terminal: bool, color: bool) -> Printer {
        Printer { stream: Stream::Stdout, is_terminal, color, ascii: false }
    }

    #[test]
    fn styles_are_ours_and_what_looks_like_one_in_a_text_is_text() {
        let lines = [vec![(Style::Bold, "a\x1b[0m\nb"), (Style::Plain, "\u{9b}1m")]];
        assert_eq!(printer(true, true).words(&lines), "\x1b[1ma\\x1b[0m b\x1b[0m\\x9b1m\n");
        assert_eq!(printer(true, false).words(&lines), "a\\x1b[0m b\\x9b1m\n");
    }

    #[test]
    fn a_screen_holds_what_its_rows_hold_broken_where_it_is_wide() {
        let three = "\u{1b}[1mabcde\u{1b}[0mfgh\n日本語\nx\n";
        assert!(fits(three, 8, 4) && !fits(three, 8, 3));
        assert!(!fits(three, 7, 4) && fits(three, 7, 5));
        assert!(!fits(three, 5, 5) && fits(three, 5, 6));
        assert!(fits("", 80, 24) && !fits("x", 0, 0));
    }

    #[test]
    fn colours_are_by_the_flag_then_the_variables_then_the_terminal() {
        let colored = |when, is_terminal, set: &[(&str, &str)]| {
            is_colored(when, is_terminal, |name| {
                let found = set.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| value.into())
            })
        };
        let auto = |is_terminal, set: &[_]| colored(ColorWhen::Auto, is_terminal, set);
        assert!(auto(true, &[]) && !auto(false, &[]));
        assert!(auto(true, &[("NO_COLOR", ""), ("CLICOLOR_FORCE", "0"), ("CLICOLOR", "1")]));
        assert!(!auto(true, &[("CLICOLOR", "0")]) && !auto(true, &[("TERM", "dumb")]));
        assert!(!auto(true, &[("TERM", "")]), "nobody says what it is");
        assert!(auto(false, &[("CLICOLOR_FORCE", "1"), ("CLICOLOR", "0")]));
        assert!(!auto(false, &[("CLICOLOR_FORCE", "0")]));
        assert!(!auto(true, &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]));
        assert!(colored(ColorWhen::Always, false, &[("NO_COLOR", "1")]));
        assert!(!colored(ColorWhen::Never, true, &[("CLICOLOR_FORCE", "1")]));
    }

    #[test]
    fn data_keeps_its_lines_and_a_terminal_is_told_what_is_drawn_as_nothing() {
        let text = "a\tb\r\nc\u{202e}\u{200b}\x07\u{7f}\rd";
        assert_eq!(printer(false, false).harmless(text), "a\tb\nc\u{202e}\u{200b}\\x07\\x7f\\x0dd");
        assert_eq!(printer(true, false).harmless(text), "a\tb\nc<U+202E><U+200B>\\x07\\x7f\\x0dd");
        let json = "{\"a\":\"\u{202e}\u{9b}\",\n\"b\":1}";
        assert_eq!(printer(false, false).inert(json), "{\"a\":\"\u{202e}\\u009b\",\n\"b\":1}");
        assert_eq!(printer(true, false).inert(json), "{\"a\":\"\\u202e\\u009b\",\n\"b\":1}");
    }

    proptest! {
        #[test]
        fn no_form_lets_through_what_a_terminal_obeys(
            text in "\\PC*|[\\x00-\\x1f\\x7f-\\u{9f}\\u{202a}-\\u{202e}\\u{2066}-\\u{2069}a\"]*|.*",
            is_terminal: bool, color: bool
        ) {
            let printer = printer(is_terminal, color);
            let harmless = |c: char| !c.is_control() || c == '\n' || c == '\t';
            let bidi = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            for out in [printer.harmless(&text), printer.inert(&text).into_owned()] {
                prop_assert!(out.chars().all(harmless), "{:?}", out);
                prop_assert!(!is_terminal || !out.contains(bidi), "{:?}", out);
            }
            let words = printer.words(&[vec![(Style::Plain, &text), (Style::Faint, &text)]]);
            let words = words.replace("\x1b[2m", "").replace("\x1b[0m", "");
            prop_assert!(words.strip_suffix('\n').unwrap().chars().all(|c| !c.is_control() && !bidi(c)));
        }
    }
}
