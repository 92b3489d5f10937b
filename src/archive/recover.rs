//! Whole records on a line that is none: behind a run of NUL bytes that a crash left, before one,
//! behind a record that was cut off, or two on one line.
//!
//! Reads a line once, and again from each place where a record may begin, so often and no oftener.
//! The invariant: the pieces lie in the order of the line, and what is no record and no white space
//! is in one of them.

use serde_json::value::RawValue;

use super::block::Scanned;
use super::fault::FaultKind;
use super::{Line, header};

/// Places at which a record does not begin after all, each of which costs a look at the rest.
const MOST_TRIES: usize = 64;

/// The pieces of a line at fault, whose first byte lies at `offset`; `None` where it holds no record
/// and nothing else than text.
pub(super) fn pieces(bytes: &[u8], offset: u64, cut_off: bool) -> Option<Vec<Scanned>> {
    let mut pieces = Vec::new();
    // Up to here all is in a piece.
    let mut done = 0;
    let mut at = 0;
    let mut tries = 0;
    while let Some(found) = memchr::memchr(b'{', bytes.get(at..)?) {
        let start = at + found;
        let Some(record) = record_at(bytes.get(start..)?) else {
            tries += 1;
            if tries > MOST_TRIES {
                break;
            }
            at = start + 1;
            continue;
        };
        at = start + record.len();
        let behind = bytes.get(at..)?;
        // An event that is a value of another, which was cut off, is not one of the session.
        let before = bytes.get(done..start)?;
        let parted = before.last() == Some(&0) || is_break(before);
        let alone = parted || is_break(behind) || starts_anew(behind);
        let (read, error) = header::whole(record);
        if alone && read.is_event() && error.is_none() {
            rest(bytes, done, start, offset, false, &mut pieces);
            let line = Line { offset: offset + start as u64, length: record.len() as u64 };
            pieces.push(Scanned::parsed(line, &read, None));
            done = at;
        }
    }
    if pieces.is_empty() && bytes.first() != Some(&0) && bytes.last() != Some(&0) {
        return None;
    }
    rest(bytes, done, bytes.len(), offset, cut_off, &mut pieces);
    Some(pieces)
}

/// The JSON object at the beginning.
fn record_at(bytes: &[u8]) -> Option<&[u8]> {
    let mut values = serde_json::Deserializer::from_slice(bytes).into_iter::<&RawValue>();
    values.next()?.ok()?;
    bytes.get(..values.byte_offset())
}

fn is_filling(byte: u8) -> bool {
    byte == 0 || byte.is_ascii_whitespace()
}

/// Nothing at all, or nothing but NUL bytes and white space.
fn is_break(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| is_filling(*byte))
}

fn starts_anew(bytes: &[u8]) -> bool {
    let next = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    matches!(next, Some(0 | b'{'))
}

/// What lies between records: a run of NUL bytes at either end of it, and what is between them.
fn rest(
    bytes: &[u8],
    from: usize,
    to: usize,
    offset: u64,
    cut_off: bool,
    pieces: &mut Vec<Scanned>,
) {
    let gap = bytes.get(from..to).unwrap_or_default();
    let ahead = gap.iter().take_while(|byte| is_filling(**byte)).count();
    let behind = gap.iter().skip(ahead).rev().take_while(|byte| is_filling(**byte)).count();
    for (start, end) in [(0, ahead), (ahead, gap.len() - behind), (gap.len() - behind, gap.len())] {
        let piece = gap.get(start..end).unwrap_or_default();
        let blank = piece.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let piece = piece.get(blank..).unwrap_or_default();
        let Some(first) = piece.first() else { continue };
        let offset = offset + (from + start + blank) as u64;
        let line = Line { offset, length: piece.len() as u64 };
        pieces.push(if *first == 0 {
            Scanned::at_fault(line, FaultKind::Nul)
        } else if std::str::from_utf8(piece).is_err() {
            Scanned::at_fault(line, FaultKind::NotUtf8)
        } else {
            let truncated = cut_off && from + end == bytes.len() && *first == b'{';
            let what = if truncated { FaultKind::Truncated } else { FaultKind::NotJson };
            Scanned::parsed(line, &header::whole(piece).0, Some(what))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ONE: &str = r#"{"id":"a","created_at":"2026-05-03T11:00:01Z","type":"agent_output"}"#;

    fn found(line: &str) -> Vec<(String, Option<FaultKind>)> {
        let text = |piece: &Scanned| {
            let start = usize::try_from(piece.line.offset).unwrap() - 7;
            let end = start + usize::try_from(piece.line.length).unwrap();
            (line[start..end].to_owned(), piece.fault)
        };
        pieces(line.as_bytes(), 7, true).unwrap_or_default().iter().map(text).collect()
    }

    #[test]
    fn records_beside_filling_and_beside_each_other_are_found() {
        let nul = |count: usize| ("\0".repeat(count), Some(FaultKind::Nul));
        let one = || (ONE.to_owned(), None);
        assert_eq!(found(&format!("\0\0\0{ONE}")), [nul(3), one()]);
        assert_eq!(
            found(&format!("{ONE}\0\0 {ONE}\0")),
            [one(), ("\0\0 ".into(), nul(1).1), one(), nul(1)]
        );
        assert_eq!(found(&format!("{ONE} {ONE}")), [one(), one()]);
        assert_eq!(found("\0\0"), [nul(2)]);
        let torn = &ONE[..40];
        let torn_off = (torn.to_owned(), Some(FaultKind::NotJson));
        assert_eq!(found(&format!("{torn}{ONE}")), [torn_off, one()]);
        let cut = (torn.to_owned(), Some(FaultKind::Truncated));
        let torn_off = (torn.to_owned(), Some(FaultKind::NotJson));
        assert_eq!(found(&format!("{torn}\0\0")), [torn_off, nul(2)]);
        assert_eq!(found(&format!("{ONE}\0{torn}")), [one(), nul(1), cut]);
        assert_eq!(found(&format!("{ONE}, x")), [one(), (", x".into(), Some(FaultKind::NotJson))]);
    }

    #[test]
    fn a_value_of_a_torn_record_is_no_record() {
        assert_eq!(found(&format!("{{\"type\":\"tool_output\",\"of\":[{ONE},{ONE}],\"x\":")), []);
        assert_eq!(found("{\"a\":{\"b\":1},"), []);
        assert_eq!(found("no text {} of ours"), []);
    }

    proptest! {
        #[test]
        fn nothing_but_white_space_is_lost(parts in prop::collection::vec(
            prop_oneof![Just(ONE), Just("\0\0"), Just(" "), Just("{\"id\":"), Just("\"x"), Just("}")],
            1..9,
        )) {
            let line = parts.concat();
            if let Some(pieces) = pieces(line.as_bytes(), 0, true) {
                let mut at = 0;
                for piece in pieces {
                    let start = usize::try_from(piece.line.offset).unwrap();
                    prop_assert!(line[at..start].trim().is_empty());
                    at = start + usize::try_from(piece.line.length).unwrap();
                }
                prop_assert!(line[at..].trim().is_empty());
            }
        }
    }
}
