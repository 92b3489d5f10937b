//! Where a message ends, and whether its head can be read.

use axum::body::Bytes;
use axum::http::Uri;
use bytes::BytesMut;
use httparse::{EMPTY_HEADER, Error, Header, Request, Status};

use super::Refusal;

/// Headers of most requests, and of any.
const FEW_HEADERS: usize = 48;
pub(in crate::server) const MAX_HEADERS: usize = 1_000;

/// The longest target that the library reads.
const MAX_TARGET: usize = u16::MAX as usize - 1;

/// From here on a head is only looked at again where it may have ended.
const SMALL: usize = 8 << 10;

/// What is known of the beginning of a message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Parsed {
    Partial,
    Whole {
        length: usize,
        /// The body, where there is one.
        rest: Option<Rest>,
        /// Where the target is too long for the library.
        long: Option<LongTarget>,
    },
    Refused(Refusal),
}

/// The place of a query, question mark included, in a head.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LongTarget {
    start: usize,
    end: usize,
}

impl LongTarget {
    /// The head without the query, and the query.
    pub(super) fn cut(&self, head: &[u8]) -> (Bytes, String) {
        let mut short = BytesMut::from(&head[..self.start]);
        short.extend_from_slice(&head[self.end..]);
        let query = String::from_utf8_lossy(&head[self.start + 1..self.end]).into_owned();
        (short.freeze(), query)
    }
}

pub(super) fn head(bytes: &[u8], limit: usize) -> Parsed {
    if bytes.len() > SMALL && !may_have_ended(bytes) {
        return Parsed::Partial;
    }
    match parse(bytes, &mut [EMPTY_HEADER; FEW_HEADERS], limit) {
        Err(Error::TooManyHeaders) => {
            let many = parse(bytes, &mut vec![EMPTY_HEADER; MAX_HEADERS], limit);
            many.unwrap_or_else(|error| refused(error, limit))
        }
        read => read.unwrap_or_else(|error| refused(error, limit)),
    }
}

fn may_have_ended(bytes: &[u8]) -> bool {
    memchr::memmem::find(bytes, b"\n\r\n").is_some()
        || memchr::memmem::find(bytes, b"\n\n").is_some()
}

fn refused(error: Error, limit: usize) -> Parsed {
    Parsed::Refused(match error {
        Error::TooManyHeaders => Refusal::TooLarge(limit),
        Error::Version => Refusal::Unreadable("this server speaks HTTP/1.0 and HTTP/1.1"),
        Error::Token => Refusal::Unreadable("the request line cannot be read"),
        _ => Refusal::Unreadable("the head of the request cannot be read"),
    })
}

fn parse<'a>(bytes: &'a [u8], headers: &mut [Header<'a>], limit: usize) -> Result<Parsed, Error> {
    let mut request = Request::new(headers);
    let Status::Complete(length) = request.parse(bytes)? else {
        return Ok(Parsed::Partial);
    };
    let target = request.path.unwrap_or_default();
    if target.len() > limit {
        return Ok(Parsed::Refused(Refusal::TargetTooLong(limit)));
    }
    if length > limit {
        return Ok(Parsed::Refused(Refusal::TooLarge(limit)));
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let is_long = target.len() > MAX_TARGET;
    if path.len() > MAX_TARGET {
        return Ok(Parsed::Refused(Refusal::TargetTooLong(MAX_TARGET)));
    }
    if (if is_long { path } else { target }).parse::<Uri>().is_err() {
        return Ok(Parsed::Refused(Refusal::Unreadable("the request target cannot be read")));
    }
    let long = is_long.then(|| {
        // The target is a part of these bytes.
        let start = path.as_ptr() as usize - bytes.as_ptr() as usize + path.len();
        LongTarget { start, end: start + 1 + query.len() }
    });
    Ok(match rest(&request) {
        Ok(rest) => Parsed::Whole { length, rest, long },
        Err(why) => Parsed::Refused(Refusal::Unreadable(why)),
    })
}

/// How long the body is, as the library will see it.
fn rest(request: &Request<'_, '_>) -> Result<Option<Rest>, &'static str> {
    let (mut length, mut coding) = (None, None);
    for header in request.headers.iter() {
        let value = std::str::from_utf8(header.value).unwrap_or("?");
        if header.name.eq_ignore_ascii_case("content-length") {
            for value in value.split(',').map(str::trim) {
                let is_number = !value.is_empty() && value.bytes().all(|c| c.is_ascii_digit());
                let value = value.parse::<u64>().ok().filter(|_| is_number);
                if value.is_none() || length.is_some_and(|known| Some(known) != value) {
                    return Err("the content-length is no length");
                }
                length = value;
            }
        } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
            coding = value.rsplit(',').next().map(str::trim);
        }
    }
    match coding {
        Some(coding) if coding.eq_ignore_ascii_case("chunked") && request.version == Some(1) => {
            Ok(Some(Rest::Chunked(Chunks::default())))
        }
        Some(_) => Err("the transfer-encoding must be chunked, in HTTP/1.1"),
        None => Ok(length.filter(|length| *length > 0).map(Rest::Length)),
    }
}

/// What is left of a body.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Rest {
    Length(u64),
    Chunked(Chunks),
}

impl Rest {
    /// How many of these bytes belong to the body.
    pub(super) fn take(&mut self, bytes: &[u8]) -> usize {
        match self {
            Self::Length(left) => {
                let taken = bytes.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= taken as u64;
                taken
            }
            Self::Chunked(chunks) => chunks.take(bytes),
        }
    }

    pub(super) fn is_over(&self) -> bool {
        match self {
            Self::Length(left) => *left == 0,
            Self::Chunked(chunks) => chunks.part == Part::Over,
        }
    }
}

/// A chunked body, followed to its end. What is wrong in it the library sees as well, and ends the
/// connection.
#[derive(Debug, PartialEq, Eq, Default)]
pub(super) struct Chunks {
    part: Part,
    /// Of the chunk, as far as it was read.
    size: u64,
    /// Bytes of the trailer's line so far.
    line: usize,
}

#[derive(Debug, PartialEq, Eq, Clone, Copy, Default)]
enum Part {
    #[default]
    Size,
    /// Behind the size, to the end of its line.
    Extension,
    Data,
    /// The end of the line behind the data.
    DataEnd,
    Trailer,
    Over,
}

impl Chunks {
    fn take(&mut self, bytes: &[u8]) -> usize {
        let mut at = 0;
        while self.part != Part::Over {
            let Some(&byte) = bytes.get(at) else { break };
            if self.part == Part::Data {
                let rest = bytes.len() - at;
                let taken = rest.min(usize::try_from(self.size).unwrap_or(usize::MAX));
                self.size -= taken as u64;
                at += taken;
                if self.size == 0 {
                    self.part = Part::DataEnd;
                }
                continue;
            }
            at += 1;
            self.step(byte);
        }
        at
    }

    fn step(&mut self, byte: u8) {
        match self.part {
            Part::Size | Part::Extension if byte == b'\n' => {
                self.part = if self.size == 0 { Part::Trailer } else { Part::Data };
                self.line = 0;
            }
            Part::Size => match char::from(byte).to_digit(16) {
                Some(digit) => {
                    self.size = self.size.saturating_mul(16).saturating_add(u64::from(digit));
                }
                None => self.part = Part::Extension,
            },
            Part::DataEnd if byte == b'\n' => self.part = Part::Size,
            Part::Trailer if byte == b'\n' => {
                if self.line == 0 {
                    self.part = Part::Over;
                }
                self.line = 0;
            }
            Part::Trailer if byte != b'\r' => self.line += 1,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMIT: usize = 200_000;

    fn read(text: &str) -> Parsed {
        head(text.as_bytes(), LIMIT)
    }

    #[test]
    fn a_head_is_whole_once_its_empty_line_is_there() {
        let text = "POST /v2/x?a=b HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello";
        for cut in 0..text.len() - 5 {
            assert_eq!(read(&text[..cut]), Parsed::Partial, "{cut}");
        }
        let whole =
            Parsed::Whole { length: text.len() - 5, rest: Some(Rest::Length(5)), long: None };
        assert_eq!(read(text), whole);
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(900));
        assert_eq!(read(&many), Parsed::Whole { length: many.len(), rest: None, long: None });
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_its_kind() {
        let unreadable = |text: &str| match read(text) {
            Parsed::Refused(Refusal::Unreadable(why)) => why,
            other => panic!("{text:?}: {other:?}"),
        };
        for text in [
            "\u{16}\u{3}\u{1}\0",
            "GET\r\n",
            "GET / HTTP/9.9\r\n\r\n",
            "GET / HTTP/1.1\r\nno colon\r\n\r\n",
            "GET http:///x HTTP/1.1\r\n\r\n",
            "POST / HTTP/1.1\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n",
            "POST / HTTP/1.1\r\ncontent-length: +5\r\n\r\n",
            "POST / HTTP/1.1\r\ncontent-length: 99999999999999999999999\r\n\r\n",
            "POST / HTTP/1.1\r\ntransfer-encoding: gzip\r\n\r\n",
            "POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n",
        ] {
            unreadable(text);
        }
        let line = |target: usize, header: usize| {
            format!("GET /{} HTTP/1.1\r\nx: {}\r\n\r\n", "a".repeat(target), "b".repeat(header))
        };
        assert_eq!(read(&line(1, LIMIT)), Parsed::Refused(Refusal::TooLarge(LIMIT)));
        assert_eq!(read(&line(LIMIT, 1)), Parsed::Refused(Refusal::TargetTooLong(LIMIT)));
        assert_eq!(read(&line(70_000, 1)), Parsed::Refused(Refusal::TargetTooLong(MAX_TARGET)));
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(1_001));
        assert_eq!(read(&many), Parsed::Refused(Refusal::TooLarge(LIMIT)));
    }

    #[test]
    fn a_long_query_is_cut_out_of_its_head() {
        let query = format!("filter={}", "%F0%9F%8E%89".repeat(8_000));
        let text = format!("GET /v2/agents?{query} HTTP/1.1\r\nhost: x?y\r\n\r\nmore");
        let Parsed::Whole { length, long: Some(long), .. } = read(&text) else { panic!("short") };
        let (head, found) = long.cut(&text.as_bytes()[..length]);
        assert_eq!(head, "GET /v2/agents HTTP/1.1\r\nhost: x?y\r\n\r\n");
        assert_eq!(found, query);
    }

    #[test]
    fn a_chunked_body_ends_where_it_says() {
        let body = "5;a=b\r\nhello\r\n00A\r\n0123\r\n0\r\n6\r\n0\r\nx-a: b\r\n\r\n";
        let body = body.replace("6\r\n0\r\nx", "2\r\nhi\r\n0\r\nx");
        let all = format!("{body}GET / HTTP/1.1\r\n\r\n");
        for step in 1..all.len() {
            let mut rest = Rest::Chunked(Chunks::default());
            let mut taken = 0;
            while !rest.is_over() {
                let end = (taken + step).min(all.len());
                assert!(taken < end, "no end in sight");
                taken += rest.take(&all.as_bytes()[taken..end]);
            }
            assert_eq!(taken, body.len(), "in steps of {step}");
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_or_refused(
            bytes in prop::collection::vec(any::<u8>(), 0..200), start in "[A-Z]{0,5} ?/?",
        ) {
            let bytes = [start.into_bytes(), bytes].concat();
            if let Parsed::Whole { length, .. } = head(&bytes, 100) {
                prop_assert!(length <= bytes.len() && length <= 100);
            }
        }
    }
}
