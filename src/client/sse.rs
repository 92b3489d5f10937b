//! A parser of server-sent events: bytes in, messages out, whatever the pieces they arrive in.
//!
//! Our own, because the usual crate (`eventsource-stream` 0.2) panics on a byte order mark, holds
//! a message that ends in a lone CR back until the next byte, gives up at the first byte that is
//! not UTF-8, and reads the whole unfinished line again for every piece of it. Working on bytes
//! and decoding whole lines only makes pieces harmless: no byte of a longer UTF-8 character looks
//! like a line break.

use std::mem;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// `id` and `retry` are left out: the service sends neither (contract section 5.1).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Message {
    /// Empty when the stream names none.
    pub event: String,
    /// The data lines, joined by line feeds.
    pub data: String,
}

#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each says one thing of what came so far")]
pub struct Parser {
    line: Vec<u8>,
    /// Bytes that one message may have.
    most: usize,
    /// One had more, and nothing after it is read.
    is_over: bool,
    message: Message,
    has_data: bool,
    /// A line feed that follows a carriage return belongs to it, even in another piece.
    after_return: bool,
    started: bool,
}

impl Default for Parser {
    fn default() -> Self {
        Self::of_at_most(usize::MAX)
    }
}

impl Parser {
    /// A parser that gives up at a message of more bytes.
    pub fn of_at_most(most: usize) -> Self {
        Self {
            line: Vec::new(),
            most,
            is_over: false,
            message: Message::default(),
            has_data: false,
            after_return: false,
            started: false,
        }
    }

    /// Whether a message was larger than any may be.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// The messages that `bytes` complete. One that the end of the stream cuts off is never
    /// returned, as the standard has it.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Message> {
        let mut messages = Vec::new();
        let mut rest = if self.is_over { &[][..] } else { bytes };
        while let Some(&first) = rest.first() {
            if mem::take(&mut self.after_return) && first == b'\n' {
                rest = &rest[1..];
                continue;
            }
            let found = memchr::memchr2(b'\n', b'\r', rest);
            let held = self.message.event.len() + self.message.data.len() + self.line.len();
            if held.saturating_add(found.unwrap_or(rest.len())) > self.most {
                self.is_over = true;
                self.line = Vec::new();
                self.message = Message::default();
                break;
            }
            let Some(end) = found else {
                self.line.extend_from_slice(rest);
                break;
            };
            self.line.extend_from_slice(&rest[..end]);
            self.after_return = rest[end] == b'\r';
            rest = &rest[end + 1..];
            let mut line = mem::take(&mut self.line);
            messages.extend(self.end_line(&line));
            // Gives the allocation back for the next line.
            line.clear();
            self.line = line;
        }
        messages
    }

    fn end_line(&mut self, line: &[u8]) -> Option<Message> {
        let line = if mem::replace(&mut self.started, true) {
            line
        } else {
            line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line)
        };
        if line.is_empty() {
            let message = mem::take(&mut self.message);
            return mem::take(&mut self.has_data).then_some(message);
        }
        let colon = line.iter().position(|&byte| byte == b':');
        let (field, value) = colon.map_or((line, &b""[..]), |at| (&line[..at], &line[at + 1..]));
        let value = String::from_utf8_lossy(value.strip_prefix(b" ").unwrap_or(value));
        match field {
            b"event" => self.message.event = value.into_owned(),
            b"data" => {
                if mem::replace(&mut self.has_data, true) {
                    self.message.data.push('\n');
                }
                self.message.data.push_str(&value);
            }
            // Comments have an empty name; unknown fields are ignored.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = "\u{feff}: hello\n\nevent:a\ndata:{\"x\":1}\n\nevent: b\r\ndata: two\r\n\
        data:  lines é🦀\r\n\r\n:ping\n\ndata\rid:7\rretry:1\r\revent:lost\n\nother: x\ndata:a:b\n\n";

    fn expected() -> Vec<Message> {
        [("a", "{\"x\":1}"), ("b", "two\n lines é🦀"), ("", ""), ("", "a:b")]
            .map(|(event, data)| Message { event: event.into(), data: data.into() })
            .into()
    }

    #[test]
    fn the_whole_grammar_in_one_piece() {
        assert_eq!(Parser::default().push(STREAM.as_bytes()), expected());
    }

    #[test]
    fn cuts_change_nothing_wherever_they_fall() {
        let bytes = STREAM.as_bytes();
        for first in 0..=bytes.len() {
            for second in first..=bytes.len() {
                let mut parser = Parser::default();
                let mut messages = parser.push(&bytes[..first]);
                messages.extend(parser.push(&bytes[first..second]));
                messages.extend(parser.push(&bytes[second..]));
                assert_eq!(messages, expected(), "cut at {first} and {second}");
            }
        }
        let mut parser = Parser::default();
        let messages: Vec<_> = bytes.iter().flat_map(|byte| parser.push(&[*byte])).collect();
        assert_eq!(messages, expected());
    }

    #[test]
    fn a_message_is_complete_with_its_last_byte() {
        for ending in ["\n\n", "\r\r", "\r\n\r"] {
            let mut parser = Parser::default();
            assert_eq!(parser.push(format!("data:x{ending}").as_bytes()).len(), 1, "{ending:?}");
        }
        assert_eq!(Parser::default().push(b"data:x\n"), []);
    }

    #[test]
    fn a_message_without_an_end_is_given_up_whatever_it_is_made_of() {
        for piece in [&b"data:xxxx\n"[..], b"event:xxxxxxxx", b"xxxx", b"data:", b":xxxx"] {
            let mut parser = Parser::of_at_most(1_000);
            let mut pushed = parser.push(b"data:whole\n\n");
            for _ in 0..400 {
                pushed.extend(parser.push(piece));
                let held = parser.line.capacity() + parser.message.data.capacity();
                assert!(held < 5_000, "{held}");
            }
            assert!(parser.is_over(), "{piece:?}");
            pushed.extend(parser.push(b"\n\ndata:late\n\n"));
            assert_eq!(pushed.len(), 1);
        }
        let mut parser = Parser::of_at_most(1_000);
        let small = (0..400).map(|_| parser.push(b": ping\n\ndata:x\n\n").len());
        assert_eq!(small.sum::<usize>(), 400);
        assert!(!parser.is_over());
    }

    #[test]
    fn bytes_that_are_no_text_lose_nothing_else() {
        let messages = Parser::default().push(b"data:\xff\n\ndata:x\n\n");
        assert_eq!(messages[0].data, "\u{fffd}");
        assert_eq!(messages[1].data, "x");
    }
}
