//! The bytes that a terminal sends, as keys, pastes and answers.
//!
//! Sequences are cut by their grammar first and looked up second, so that one with an unknown
//! meaning is dropped as a whole and what follows is understood again. Owns what is unfinished, and
//! must know no clock: whoever reads waits as long as [`Decoder::patience`] says and then calls
//! [`Decoder::decide`]. Start there. The invariants: whatever arrived, after that wait the next key
//! is a key; and what only a terminal says is never typed.

mod answers;
mod codes;
mod paste;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use crate::keymap::{Code, Key};

use super::input::TerminalEvent;
use super::mouse;
use super::probe::Answer;
use answers::Progress;
use codes::{Held, by_codepoint, first_number, key, letter, numbered, single};
use paste::{Paste, Paused};

/// What a terminal sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    Event(TerminalEvent),
    Answer(Answer),
}

/// How long to wait for more before it is decided what the bytes so far were.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// As long as the bytes of one key may be apart.
    Short,
    /// As long as a terminal or a line may be busy.
    Long,
}

const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;
/// A longer sequence means nothing here.
const LONGEST_SEQUENCE: usize = 256;
/// So many bytes of something that a terminal says are no keys: nobody types them at once.
const UNMISTAKABLE: usize = 3;
/// What reports of the mouse begin with (xterm's control sequences, SGR mouse mode).
const MOUSE_REPORT: &[u8] = b"\x1b[<";

#[derive(Debug, Default, Clone)]
enum State {
    #[default]
    Ground,
    /// After ESC.
    Escape,
    /// After ESC O.
    Single,
    /// After ESC \[.
    Sequence,
    /// After ESC \[ \[, as the console of Linux sends its function keys.
    Console,
    /// Within a character of several bytes; so many are missing, and whether Alt is held.
    Character(u8, bool),
    /// Within the old report of a mouse; so many bytes are left.
    Mouse(u8),
    /// Within a string that only ESC \\ or BEL ends; whether ESC was there.
    String(bool),
    /// After a pause in what may be said by the terminal, of which so many bytes are done with:
    /// given as keys while there were few. `silent` once the pause was long.
    Torn {
        done: usize,
        silent: bool,
    },
    Paste(Paste),
}

/// Cuts bytes into events, wherever they were torn apart on their way.
#[derive(Debug, Default)]
pub struct Decoder {
    state: State,
    /// What is unfinished, from its first byte on.
    pending: Vec<u8>,
    /// Another ESC stood before `pending`. Some terminals say Alt like that.
    doubled: bool,
    /// Whether the terminal was asked what it is, and did not answer yet.
    asked: bool,
    heard: VecDeque<Heard>,
}

impl Decoder {
    /// Of a terminal that was asked.
    pub fn expecting_answers() -> Self {
        Self { asked: true, ..Self::default() }
    }

    pub const fn expects_answers(&self) -> bool {
        self.asked
    }

    /// The terminal was asked again, or will hardly answer any more.
    pub const fn expect_answers(&mut self, expected: bool) {
        self.asked = expected;
    }

    /// Whether what is unfinished can only be said by the terminal.
    pub fn is_amid_answer(&self) -> bool {
        self.pending.len() >= UNMISTAKABLE && self.progress() != Progress::No
    }

    /// Whether what follows may go on with something that was torn.
    pub const fn is_torn(&self) -> bool {
        matches!(self.state, State::Torn { .. })
    }

    pub fn feed(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.byte(*byte);
        }
    }

    /// How long more may take to follow; `None` when nothing is unfinished that a wait would end.
    pub fn patience(&self) -> Option<Patience> {
        match &self.state {
            State::Ground | State::Character(..) => None,
            State::Paste(paste) => paste.patience(),
            State::Torn { done, .. } if self.pending.len() > *done => Some(Patience::Short),
            // Where a key cannot be taken for what is missing, it may be missing for ever.
            State::Torn { silent, .. } => {
                let deaf = !silent && self.progress() == Progress::Text;
                deaf.then_some(Patience::Long)
            }
            _ => Some(Patience::Short),
        }
    }

    /// Nothing followed for as long as [`Self::patience`] said: what is unfinished was typed, or is
    /// the beginning of something that the terminal says.
    pub fn decide(&mut self) {
        match &mut self.state {
            State::Ground | State::Character(..) => {}
            &mut State::Torn { done, silent } => self.decide_torn(done, silent),
            State::Paste(paste) => match paste.pause() {
                Paused::GoesOn => {}
                Paused::Piece(text) => self.paste(text),
                Paused::Over(text, key) => {
                    self.state = State::Ground;
                    self.paste(text);
                    self.feed(&key);
                    self.decide_all();
                }
            },
            _ => {
                let done = self.pending.len();
                match self.progress() {
                    Progress::No => {
                        self.drop_torn_report();
                        self.give_back();
                        self.decide_all();
                        return;
                    }
                    _ if done < UNMISTAKABLE => {
                        let begun = self.pending.clone();
                        self.give_back();
                        self.pending = begun;
                    }
                    _ => self.press_doubled(),
                }
                self.state = State::Torn { done, silent: false };
            }
        }
    }

    pub fn next_heard(&mut self) -> Option<Heard> {
        self.heard.pop_front()
    }

    fn byte(&mut self, byte: u8) {
        match &mut self.state {
            State::Ground => self.begin(byte, false),
            State::Escape => self.escape_byte(byte),
            State::Single => match byte {
                b'0'..=b'9' | b';' => self.extend(byte),
                b' '..=b'~' => self.finish(byte, Self::single),
                _ => self.interrupt(byte),
            },
            State::Sequence => match byte {
                b'[' if self.pending.len() == 2 => self.go(State::Console, byte),
                b'M' if self.pending.len() == 2 => self.go(State::Mouse(3), byte),
                0x20..=0x3f => self.extend(byte),
                0x40..=0x7e => self.finish(byte, Self::sequence),
                _ => self.interrupt(byte),
            },
            State::Console => {
                self.state = State::Ground;
                if let b'A'..=b'E' = byte {
                    self.key(Code::F(byte - b'A' + 1), Held::default());
                }
                self.press_doubled();
            }
            &mut State::Character(missing, alt) => self.character_byte(byte, missing, alt),
            State::Mouse(_) if byte < b' ' => self.interrupt(byte),
            State::Mouse(1) => self.finish(byte, |_, _, _| {}),
            State::Mouse(left) => {
                *left -= 1;
                self.extend(byte);
            }
            &mut State::String(escaped) => self.string_byte(byte, escaped),
            &mut State::Torn { done, silent } => self.torn_byte(byte, done, silent),
            State::Paste(paste) => {
                if let Some(text) = paste.push(byte) {
                    self.state = State::Ground;
                    self.heard.push_back(Heard::Event(TerminalEvent::Paste(text)));
                }
            }
        }
    }

    /// Another state, to which this byte leads.
    fn go(&mut self, state: State, byte: u8) {
        self.state = state;
        self.extend(byte);
    }

    fn extend(&mut self, byte: u8) {
        if self.pending.len() < LONGEST_SEQUENCE {
            self.pending.push(byte);
        }
    }

    /// The first byte of something; `alt` when ESC came before it.
    fn begin(&mut self, byte: u8, alt: bool) {
        self.state = State::Ground;
        self.pending.clear();
        let ctrl = Held { ctrl: true, alt, ..Held::default() };
        let plain = Held { alt, ..Held::default() };
        match byte {
            ESC => self.go(State::Escape, byte),
            b'\r' => self.key(Code::Enter, plain),
            b'\t' => self.key(Code::Tab, plain),
            // Which of them the key sends is a setting of the terminal.
            0x08 | 0x7f => self.key(Code::Backspace, plain),
            0 => self.key(Code::Char(' '), ctrl),
            1..=26 => self.key(Code::Char(char::from(byte - 1 + b'a')), ctrl),
            28..=31 => self.key(Code::Char(char::from(byte - 28 + b'4')), ctrl),
            0x20..=0x7e => self.key(Code::Char(char::from(byte)), plain),
            0xc2..=0xf4 => {
                let missing = if byte < 0xe0 { 1 } else { 2 + u8::from(byte >= 0xf0) };
                self.go(State::Character(missing, alt), byte);
            }
            _ => {}
        }
    }

    fn escape_byte(&mut self, byte: u8) {
        match byte {
            ESC => {
                self.press_doubled();
                self.doubled = true;
            }
            b'[' => self.go(State::Sequence, byte),
            b'O' => self.go(State::Single, byte),
            b'P' | b']' | b'_' | b'^' | b'X' => self.go(State::String(false), byte),
            _ => {
                self.press_doubled();
                self.begin(byte, true);
            }
        }
    }

    fn character_byte(&mut self, byte: u8, missing: u8, alt: bool) {
        if byte & 0xc0 != 0x80 {
            // Torn: what was there is no character, this byte begins something new.
            self.begin(byte, false);
            return;
        }
        self.pending.push(byte);
        if missing > 1 {
            self.state = State::Character(missing - 1, alt);
            return;
        }
        self.state = State::Ground;
        let text = str::from_utf8(&self.pending).ok();
        if let Some(char) = text.and_then(|text| text.chars().next()) {
            self.key(Code::Char(char), Held { alt, ..Held::default() });
        }
    }

    fn string_byte(&mut self, byte: u8, escaped: bool) {
        match (byte, escaped) {
            (b'\\', true) | (BEL, false) => self.finish(byte, Self::string),
            (_, true) => {
                // That ESC begins something else.
                self.pending.pop();
                self.interrupt(ESC);
                self.byte(byte);
            }
            (ESC, false) => {
                self.state = State::String(true);
                self.pending.push(byte);
            }
            // No string has control characters: somebody tries to get out of here.
            (..b' ' | 0x7f, false) => self.interrupt(byte),
            _ => self.extend(byte),
        }
    }

    fn torn_byte(&mut self, byte: u8, done: usize, silent: bool) {
        self.pending.push(byte);
        let progress = self.progress();
        if progress == Progress::Whole {
            self.pending.pop();
            match self.pending[1] {
                b'[' => self.finish(byte, Self::sequence),
                _ => self.finish(byte, Self::string),
            }
        } else if progress == Progress::No || self.pending.len() > LONGEST_SEQUENCE {
            self.pending.pop();
            self.state = State::Ground;
            let held = self.pending.split_off(done);
            if done < UNMISTAKABLE || silent {
                self.feed(&held);
            }
            self.byte(byte);
        }
    }

    fn decide_torn(&mut self, done: usize, silent: bool) {
        let count = self.pending.len();
        if count == done {
            self.state = State::Torn { done, silent: true };
        } else if count < UNMISTAKABLE {
            // A single letter, and still the beginning of something.
            let begun = self.pending.clone();
            self.state = State::Ground;
            self.feed(&begun[done..]);
            self.pending = begun;
            self.state = State::Torn { done: count, silent };
        } else if silent && self.progress() == Progress::Text {
            self.state = State::Ground;
            let typed = self.pending.split_off(done);
            self.feed(&typed);
            self.decide_all();
        } else {
            self.state = State::Torn { done: count, silent };
        }
    }

    fn progress(&self) -> Progress {
        answers::progress(&self.pending, self.asked)
    }

    /// What is unfinished will not be finished: it was typed, unless only a terminal says it.
    fn interrupt(&mut self, byte: u8) {
        if !self.is_amid_answer() {
            self.give_back();
        }
        self.press_doubled();
        self.state = State::Ground;
        self.byte(byte);
    }

    /// Of a report of the mouse whose rest never came only the keys behind it are left.
    fn drop_torn_report(&mut self) {
        if !self.pending.starts_with(MOUSE_REPORT) {
            return;
        }
        let fits =
            |end: &usize| answers::progress(&self.pending[..*end], self.asked) != Progress::No;
        let torn = (MOUSE_REPORT.len()..=self.pending.len()).take_while(fits).last();
        self.pending.drain(..torn.unwrap_or(0));
    }

    /// Gives what is unfinished as keys.
    fn give_back(&mut self) {
        self.press_doubled();
        self.state = State::Ground;
        let bytes = std::mem::take(&mut self.pending);
        match bytes.as_slice() {
            [first, rest @ ..] if *first != ESC => {
                self.begin(*first, false);
                self.feed(rest);
            }
            // Nobody types that much at once.
            long if long.len() >= LONGEST_SEQUENCE => {}
            [_, second, rest @ ..] => {
                self.begin(*second, true);
                self.feed(rest);
            }
            _ => self.key(Code::Esc, Held::default()),
        }
    }

    /// Decides about what was given back, too: it was waited for long enough.
    fn decide_all(&mut self) {
        if self.patience() == Some(Patience::Short) {
            self.decide();
        }
    }

    /// The ESC before another one was the key, since no key with Alt followed.
    fn press_doubled(&mut self) {
        if std::mem::take(&mut self.doubled) {
            self.key(Code::Esc, Held::default());
        }
    }

    /// What is pending ends with this byte; `meaning` says what it is.
    fn finish(&mut self, end: u8, meaning: fn(&mut Self, &[u8], u8)) {
        self.state = State::Ground;
        let begun = std::mem::take(&mut self.pending);
        let before = self.heard.len();
        if begun.len() < LONGEST_SEQUENCE {
            meaning(self, &begun, end);
        }
        if std::mem::take(&mut self.doubled) {
            let esc = TerminalEvent::Key(Key::new(Code::Esc));
            self.heard.insert(before, Heard::Event(esc));
        }
    }

    fn string(&mut self, begun: &[u8], _end: u8) {
        let said = begun[1..].strip_suffix(&[ESC]).unwrap_or(&begun[1..]);
        self.hear(answers::in_string(said));
    }

    fn single(&mut self, begun: &[u8], end: u8) {
        let Ok(text) = str::from_utf8(&begun[2..]) else { return };
        self.key_if(single(end), text.rsplit(';').next());
    }

    fn sequence(&mut self, begun: &[u8], end: u8) {
        let Ok(text) = str::from_utf8(&begun[2..]) else { return };
        if let Some(text) = text.strip_prefix('?') {
            self.hear(answers::in_sequence(text, end));
            return;
        }
        if let Some(report) = text.strip_prefix('<') {
            let report = mouse::parse(report, end).map(TerminalEvent::Mouse);
            self.heard.extend(report.map(Heard::Event));
            return;
        }
        let mut fields = text.split(';');
        let number = first_number(fields.next());
        let held = fields.next();
        match (end, number) {
            (b'~', Some(200)) => self.state = State::Paste(Paste::default()),
            (b'~', Some(27)) => {
                // Any key at all, as xterm sends them where it was told to.
                let code = first_number(fields.next()).and_then(by_codepoint);
                self.key_if(code, held);
            }
            (b'~', Some(number)) => self.key_if(numbered(number), held),
            (b'u', Some(codepoint)) => self.key_if(by_codepoint(codepoint), held),
            (b'I' | b'O', _) if text.is_empty() => {
                self.heard.push_back(Heard::Event(TerminalEvent::Focus(end == b'I')));
            }
            (b't', Some(6)) => self.hear(answers::cell_size(held, fields.next())),
            (b'Z', _) => self.key(Code::BackTab, Held::default()),
            (_, Some(1)) => self.key_if(letter(end), held),
            (_, None) if text.is_empty() || text.starts_with(';') => {
                self.key_if(letter(end), held);
            }
            _ => {}
        }
    }

    fn hear(&mut self, answers: impl IntoIterator<Item = Answer>) {
        for answer in answers {
            // The last of them.
            self.asked &= answer != Answer::Identity;
            self.heard.push_back(Heard::Answer(answer));
        }
    }

    fn paste(&mut self, text: String) {
        if !text.is_empty() {
            self.heard.push_back(Heard::Event(TerminalEvent::Paste(text)));
        }
    }

    fn key_if(&mut self, code: Option<Code>, held: Option<&str>) {
        if let (Some(code), Some(held)) = (code, Held::parse(held)) {
            self.key(code, held);
        }
    }

    fn key(&mut self, code: Code, mut held: Held) {
        held.alt |= std::mem::take(&mut self.doubled);
        self.heard.push_back(Heard::Event(TerminalEvent::Key(key(code, held))));
    }
}
