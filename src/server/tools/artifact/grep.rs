//! `artifact_grep`: the lines of a text that a pattern fits.
//!
//! The engine takes linear time whatever the pattern, patterns are bounded as they are compiled, long lines
//! are searched in pieces, and all of it has a time limit: a pattern cannot be a bomb. Start with
//! [`grep`].

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::ops::Range;
use std::time::{Duration, Instant};

use regex::{Regex, RegexBuilder};

use super::{Found, aside, find};
use crate::api::Object;
use crate::content::{self, Text};
use crate::server::tools::Workplace;
use crate::server::tools::arguments::Arguments;
use crate::server::tools::refusal::Refusal;

const PATTERN_BYTES: usize = 4_096;
/// Memory that a pattern may take once it is compiled.
const COMPILED_BYTES: usize = 256 << 10;
const TIME: Duration = Duration::from_secs(10);
/// Longer lines are searched in pieces of so many bytes.
const PIECE: usize = 64 << 10;
/// Of a line so much is shown, around what fits.
const SHOWN_CHARS: usize = 500;
/// Lines that are shown, unless `-m` says otherwise, and the most that it can say.
const SHOWN: usize = 200;
const MOST_SHOWN: usize = 2_000;
const CONTEXT: usize = 50;

/// What of grep's options there is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Options {
    flags: Flags,
    most: Option<usize>,
    before: usize,
    after: usize,
}

/// One bit for a switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Flags(u8);

const ANY_CASE: u8 = 1;
const INVERTED: u8 = 2;
const COUNT: u8 = 4;
const ONLY: u8 = 8;
const WORDS: u8 = 16;
const LINES: u8 = 32;
const FIXED: u8 = 64;

impl Flags {
    fn has(self, flag: u8) -> bool {
        self.0 & flag != 0
    }
}

/// Long names, and the letter that is the same.
const LONG: [(&str, char); 16] = [
    ("ignore-case", 'i'),
    ("invert-match", 'v'),
    ("count", 'c'),
    ("only-matching", 'o'),
    ("word-regexp", 'w'),
    ("line-regexp", 'x'),
    ("fixed-strings", 'F'),
    ("max-count", 'm'),
    ("after-context", 'A'),
    ("before-context", 'B'),
    ("context", 'C'),
    ("line-number", 'n'),
    ("extended-regexp", 'E'),
    ("perl-regexp", 'P'),
    ("text", 'a'),
    ("no-filename", 'h'),
];

impl Options {
    fn parse(words: &[&str]) -> Result<Self, Refusal> {
        let mut out = Self::default();
        let words = words.iter().flat_map(|words| words.split_ascii_whitespace());
        let mut words = words.peekable();
        while let Some(word) = words.next() {
            if let Some(long) = word.strip_prefix("--") {
                let (name, value) = match long.split_once('=') {
                    Some((name, value)) => (name, Some(value)),
                    None => (long, None),
                };
                let known = LONG.into_iter().find(|(known, _)| *known == name);
                let (_, letter) = known.ok_or_else(|| unknown(word))?;
                if !out.switch(letter) {
                    let value = value.or_else(|| words.next());
                    out.number(letter, value, word)?;
                }
                continue;
            }
            let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) else {
                return Err(unknown(word));
            };
            let mut rest = letters.chars();
            while let Some(letter) = rest.next() {
                if out.switch(letter) {
                    continue;
                }
                let own = rest.as_str();
                let value = if own.is_empty() { words.next() } else { Some(own) };
                out.number(letter, value, word)?;
                break;
            }
        }
        Ok(out)
    }

    /// Turns a switch on; `false` where the letter is none.
    fn switch(&mut self, letter: char) -> bool {
        self.flags.0 |= match letter {
            'i' | 'y' => ANY_CASE,
            'v' => INVERTED,
            'c' => COUNT,
            'o' => ONLY,
            'w' => WORDS,
            'x' => LINES,
            'F' => FIXED,
            // Numbers are always there, patterns always extended, and there is one file.
            'n' | 'E' | 'P' | 'G' | 'a' | 'h' | 'H' => 0,
            _ => return false,
        };
        true
    }

    fn number(&mut self, letter: char, value: Option<&str>, word: &str) -> Result<(), Refusal> {
        if !matches!(letter, 'm' | 'A' | 'B' | 'C') {
            return Err(unknown(word));
        }
        let number = value.and_then(|value| value.parse::<usize>().ok());
        let number = number.ok_or_else(|| {
            Refusal::input(format!("grep_options: -{letter} needs a number behind it"))
        })?;
        match letter {
            'm' => self.most = Some(number),
            'A' => self.after = number.min(CONTEXT),
            'B' => self.before = number.min(CONTEXT),
            _ => (self.before, self.after) = (number.min(CONTEXT), number.min(CONTEXT)),
        }
        Ok(())
    }
}

fn unknown(word: &str) -> Refusal {
    let word = crate::text::sanitize::preview(word, 40);
    Refusal::input(format!(
        "grep_options: {word} is not known here; there are -i -v -c -o -w -x -F -n -m N -A N -B N -C N"
    ))
}

fn compile(pattern: &str, options: &Options) -> Result<Regex, Refusal> {
    if pattern.len() > PATTERN_BYTES {
        return Err(Refusal::input(format!("the pattern is longer than {PATTERN_BYTES} bytes")));
    }
    let mut built = pattern.to_owned();
    if options.flags.has(FIXED) {
        built = regex::escape(&built);
    }
    if options.flags.has(WORDS) {
        built = format!(r"\b(?:{built})\b");
    }
    if options.flags.has(LINES) {
        built = format!("^(?:{built})$");
    }
    let mut builder = RegexBuilder::new(&built);
    builder
        .case_insensitive(options.flags.has(ANY_CASE))
        .size_limit(COMPILED_BYTES)
        .dfa_size_limit(4 * COMPILED_BYTES);
    builder.build().map_err(|error| {
        // The parser draws a pointer under the pattern, on lines of its own.
        let text = error.to_string();
        let why = text.lines().last().unwrap_or_default().trim();
        Refusal::input(format!(
            "the pattern cannot be searched for: {why}. With grep_options -F it is taken as it is"
        ))
    })
}

pub(super) async fn grep(
    at: &Workplace,
    arguments: Arguments<'_>,
    most: usize,
) -> Result<Object, Refusal> {
    let pattern = arguments.required("pattern")?;
    let options = Options::parse(&arguments.texts("grep_options")?)?;
    let pattern = compile(pattern, &options)?;
    let Found { artifact, bytes } = find(at, arguments.required("artifact_id")?).await?;
    let room = (most / 2).min(64 << 10);
    aside(move |gone| {
        let file = content::prepare(&artifact.filename, &artifact.mime_type, bytes);
        let Some(text) = file.text() else {
            return Err(Refusal::input(format!(
                "{} is {}, not text; a document is searched once document_conversion made text of it",
                artifact.filename,
                file.format()
            )));
        };
        let mut out = Object::new();
        out.insert("artifact_id".to_owned(), artifact.id.as_str().into());
        out.insert("filename".to_owned(), artifact.filename.as_str().into());
        Ok(Search::new(pattern, options, room).through(text, gone, out))
    })
    .await?
}

/// Where a line is fitted.
#[derive(Default)]
struct Hit {
    /// Byte of the line, as far as bytes and letters go together.
    at: usize,
    /// With `-o`: all that fits.
    alone: Vec<String>,
}

/// A search was not let come to its end.
struct TimeIsOver;

/// A line of the text, counted from 0, without its break.
struct Line {
    number: usize,
    range: Range<usize>,
}

/// A search on its way.
struct Search {
    pattern: Regex,
    options: Options,
    room: usize,
    most: usize,
    content: String,
    matches: usize,
    shown: usize,
    full: bool,
    /// Lines before the next match, not shown yet.
    before: VecDeque<Line>,
    /// Lines after the last match that are still to be shown.
    after: usize,
    last_shown: Option<usize>,
}

impl Search {
    fn new(pattern: Regex, options: Options, room: usize) -> Self {
        let most = options.most.unwrap_or(SHOWN).min(MOST_SHOWN);
        Self {
            pattern,
            options,
            room,
            most,
            content: String::new(),
            matches: 0,
            shown: 0,
            full: false,
            before: VecDeque::new(),
            after: 0,
            last_shown: None,
        }
    }

    fn through(mut self, text: &Text, gone: &dyn Fn() -> bool, mut out: Object) -> Object {
        let begun = Instant::now();
        let is_over = || gone() || begun.elapsed() > TIME;
        let (bytes, mut looked, mut start) = (text.bytes(), 0, 0);
        while start < bytes.len() {
            // Looking at the clock costs more than a short line does.
            if looked % 64 == 0 && is_over() {
                break;
            }
            let end = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |at| start + at);
            let ends = if bytes[start..end].ends_with(b"\r") { end - 1 } else { end };
            let line = Line { number: looked, range: start..ends };
            let Ok(found) = self.find(text, &line, &is_over) else { break };
            start = end + 1;
            looked += 1;
            if found.is_some() != self.options.flags.has(INVERTED) {
                if self.options.most.is_some_and(|most| self.matches >= most) {
                    break;
                }
                self.matches += 1;
                self.show(text, &line, &found.unwrap_or_default());
            } else if self.after > 0 {
                self.after -= 1;
                self.push_line(text, &line, '-', 0);
            } else if self.options.before > 0 {
                self.before.push_back(line);
                if self.before.len() > self.options.before {
                    self.before.pop_front();
                }
            }
        }
        out.insert("match_count".to_owned(), self.matches.into());
        out.insert("total_lines".to_owned(), text.len().into());
        if !self.options.flags.has(COUNT) {
            out.insert("content".to_owned(), self.content.into());
        }
        let limited = self.options.most.is_some_and(|most| self.matches >= most);
        let late = looked < text.len() && !limited;
        if late {
            let why = format!("only the first {looked} lines were searched: it took too long");
            out.insert("incomplete".to_owned(), why.into());
        }
        out.insert("truncated".to_owned(), (self.full || late).into());
        out
    }

    /// What of a line the pattern fits, of which long ones are searched in pieces. The error: time is over.
    fn find(
        &self,
        text: &Text,
        line: &Line,
        is_over: &dyn Fn() -> bool,
    ) -> Result<Option<Hit>, TimeIsOver> {
        let range = line.range.clone();
        let mut hit: Option<Hit> = None;
        let mut from = range.start;
        loop {
            let to = text.boundary(from.saturating_add(PIECE)).min(range.end);
            let piece = text.decoded(from..to);
            if self.options.flags.has(ONLY) {
                let left = self.most - hit.as_ref().map_or(0, |hit| hit.alone.len()).min(self.most);
                let found = self.pattern.find_iter(&piece).filter(|found| !found.is_empty());
                for found in found.take(left) {
                    let alone = found.as_str().chars().take(SHOWN_CHARS).collect();
                    hit.get_or_insert_default().alone.push(alone);
                }
            } else if let Some(found) = self.pattern.find(&piece) {
                let at = from - range.start + found.start();
                return Ok(Some(Hit { at, alone: Vec::new() }));
            }
            if to >= range.end {
                return Ok(hit);
            }
            if is_over() {
                return Err(TimeIsOver);
            }
            from = to;
        }
    }

    fn show(&mut self, text: &Text, line: &Line, hit: &Hit) {
        self.after = self.options.after;
        if self.shown >= self.most {
            self.full = true;
        }
        for line in std::mem::take(&mut self.before) {
            self.push_line(text, &line, '-', 0);
        }
        if self.options.flags.has(ONLY) {
            for alone in &hit.alone {
                self.push(line.number, ':', alone);
            }
        } else {
            self.push_line(text, line, ':', hit.at);
        }
        self.shown += 1;
    }

    /// A line, of a long one what stands around a byte of it.
    fn push_line(&mut self, text: &Text, line: &Line, sign: char, at: usize) {
        let range = &line.range;
        let from = range.start + at.saturating_sub(SHOWN_CHARS / 2);
        let from = text.boundary(from.min(range.end)).min(range.end);
        // Four bytes are the most that a character has.
        let to = text.boundary((from + 4 * SHOWN_CHARS).min(range.end)).min(range.end);
        let piece = text.decoded(from..to);
        let mut shown: String = piece.chars().take(SHOWN_CHARS).collect();
        if to < range.end || shown.len() < piece.len() {
            shown.push('…');
        }
        if from > range.start {
            shown.insert(0, '…');
        }
        self.push(line.number, sign, &shown);
    }

    fn push(&mut self, line: usize, sign: char, shown: &str) {
        if self.full || self.options.flags.has(COUNT) {
            return;
        }
        if self.content.len() + shown.len() > self.room {
            self.full = true;
            return;
        }
        let gap = self.last_shown.is_some_and(|last| last + 1 < line);
        if gap && self.options.before + self.options.after > 0 {
            self.content.push_str("--\n");
        }
        self.last_shown = Some(line);
        let _ = writeln!(self.content, "{}{sign}{shown}", line + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn search(pattern: &str, words: &[&str], text: &str) -> Object {
        let options = Options::parse(words).unwrap();
        let pattern = compile(pattern, &options).unwrap();
        let file = content::prepare("a.txt", "text/plain", text.as_bytes().into());
        let search = Search::new(pattern, options, 10_000);
        search.through(file.text().unwrap(), &|| false, Object::new())
    }

    #[test]
    fn lines_that_fit_are_shown_with_their_numbers_as_grep_does() {
        let text = "one\ntwo error\nthree\nfour\nERROR five\nsix\n";
        let found = search("error|six", &[], text);
        assert_eq!(
            (&found["content"], &found["match_count"]),
            (&"2:two error\n6:six\n".into(), &2.into())
        );
        assert_eq!(search("error", &["-i", "-n"], text)["content"], "2:two error\n5:ERROR five\n");
        assert_eq!(search("error", &["-ic"], text)["match_count"], 2);
        assert_eq!(search("error", &["-c"], text).get("content"), None);
        assert_eq!(search("e", &["-v"], text)["content"], "4:four\n6:six\n");
        assert_eq!(search("t.o|r", &["-o"], text)["content"], "2:two\n2:r\n2:r\n2:r\n3:r\n4:r\n");
        assert_eq!(search("t.o", &["-F"], text)["match_count"], 0);
        assert_eq!(search("six|one t", &["-x"], text)["content"], "6:six\n");
        assert_eq!(search("o", &["-m1"], text)["match_count"], 1);
        assert_eq!(search("e$", &[], "one\r\ntwo\r\n")["content"], "1:one\n");
        let around = search("two|six", &["-A", "1", "--before-context=1"], text);
        assert_eq!(around["content"], "1-one\n2:two error\n3-three\n--\n5-ERROR five\n6:six\n");
    }

    #[test]
    fn options_that_are_not_known_are_told() {
        for words in [&["-z"][..], &["--color"], &["-m"], &["-m", "x"], &["rm"], &["-f/etc/passwd"]]
        {
            let why = Options::parse(words).unwrap_err().why;
            assert!(why.starts_with("grep_options: "), "{why}");
        }
    }

    #[test]
    fn a_pattern_is_no_bomb() {
        let options = Options::default();
        for bomb in [r"(a{1000}){1000}", r"(?:\pL{1,500}x){500}", "(", &"x".repeat(5_000), r"(?=a)"]
        {
            assert!(compile(bomb, &options).unwrap_err().why.contains("pattern"), "{bomb}");
        }
        let long = "a".repeat(3 << 20);
        assert_eq!(search("(a*)*b", &[], &long)["match_count"], 0);
        let found = search("a+", &[], &long);
        assert!(found["content"].as_str().unwrap().chars().count() < SHOWN_CHARS + 10);
    }

    #[test]
    fn what_is_shown_has_a_bound_and_what_is_counted_has_none() {
        let text = "needle in a line\n".repeat(100_000);
        let found = search("needle", &[], &text);
        assert_eq!(
            (&found["match_count"], &found["truncated"]),
            (&100_000.into(), &Value::Bool(true))
        );
        assert_eq!(found["content"].as_str().unwrap().lines().count(), SHOWN);
        let wide = search("needle", &["-m", "2000"], &"needle ".repeat(300).repeat(100));
        assert!(wide["content"].as_str().unwrap().len() <= 10_000);
    }

    #[test]
    fn a_search_that_nobody_waits_for_ends() {
        let options = Options::default();
        let search = Search::new(compile("x", &options).unwrap(), options, 1_000);
        let file = content::prepare("a", "", "a\n".repeat(1_000).as_bytes().into());
        let out = search.through(file.text().unwrap(), &|| true, Object::new());
        assert_eq!((&out["truncated"], &out["match_count"]), (&Value::Bool(true), &0.into()));
        assert!(out["incomplete"].as_str().unwrap().contains("first 0 lines"));
    }
}
