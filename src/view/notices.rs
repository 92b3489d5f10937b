//! What a person was told in passing: every notice and every refusal, kept to be read again.
//!
//! Owns the texts whole; what is on the screen for a moment is [`Toast`](super::Toast). Start with
//! [`Notices::add`]. The invariant: there are never more than [`MOST`], and what was dropped is
//! counted.

use std::collections::VecDeque;

use super::Level;
use crate::api::Timestamp;

/// Notices that are kept; the oldest goes first.
pub const MOST: usize = 200;
/// Bytes that are kept of a text. None of ours is as long; a service's may be.
const MOST_BYTES: usize = 16 * 1024;

/// Something that was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Counted up from the first of the run.
    pub number: u64,
    /// When it was said last.
    pub at: Timestamp,
    pub level: Level,
    /// As it was told, not yet fit for a screen.
    pub text: String,
    /// The HTTP status, where a service refused.
    pub status: Option<u16>,
    pub request_id: Option<String>,
    /// How often in a row it was said.
    pub times: u32,
}

#[derive(Debug, Clone, Default)]
pub struct Notices {
    /// The newest last.
    kept: VecDeque<Notice>,
    dropped: usize,
    /// Changes with every notice.
    said: u64,
}

impl Notices {
    pub fn add(
        &mut self,
        at: Timestamp,
        level: Level,
        text: &str,
        status: Option<u16>,
        request_id: Option<&str>,
    ) {
        self.said += 1;
        let text = cut(text);
        let same = |last: &&mut Notice| {
            let asked = (last.status, last.request_id.as_deref());
            last.level == level && last.text == text && asked == (status, request_id)
        };
        if let Some(last) = self.kept.back_mut().filter(same) {
            (last.at, last.times) = (at, last.times.saturating_add(1));
            return;
        }
        if self.kept.len() == MOST {
            self.kept.pop_front();
            self.dropped += 1;
        }
        let request_id = request_id.map(str::to_owned);
        let number = self.said;
        self.kept.push_back(Notice { number, at, level, text, status, request_id, times: 1 });
    }

    /// The newest first.
    pub fn newest(&self) -> impl Iterator<Item = &Notice> {
        self.kept.iter().rev()
    }

    pub fn get(&self, number: u64) -> Option<&Notice> {
        self.kept.iter().find(|notice| notice.number == number)
    }

    /// How many were said so far, those that were dropped included.
    pub fn said(&self) -> u64 {
        self.said
    }

    pub fn dropped(&self) -> usize {
        self.dropped
    }
}

fn cut(text: &str) -> String {
    if text.len() <= MOST_BYTES {
        return text.to_owned();
    }
    let kept = &text[..text.floor_char_boundary(MOST_BYTES)];
    format!("{kept} … ({} more bytes are not kept)", text.len() - kept.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_bounded_and_what_is_said_again_is_counted() {
        let mut notices = Notices::default();
        let at = |second| Timestamp::from_second(second).unwrap();
        for number in 0..250 {
            notices.add(at(number), Level::Error, &format!("no {number}"), Some(503), None);
        }
        notices.add(at(300), Level::Error, "no 249", Some(503), None);
        notices.add(at(301), Level::Error, "no 249", Some(503), Some("7d1c"));
        let newest: Vec<&Notice> = notices.newest().collect();
        assert_eq!((newest.len(), notices.dropped(), notices.said()), (MOST, 51, 252));
        assert_eq!((newest[0].request_id.as_deref(), newest[0].times), (Some("7d1c"), 1));
        assert_eq!((newest[1].at, newest[1].times), (at(300), 2));
        assert_eq!(notices.get(newest[1].number), Some(newest[1]));
    }

    #[test]
    fn a_text_without_end_is_cut_and_says_so() {
        let mut notices = Notices::default();
        notices.add(Timestamp::UNIX_EPOCH, Level::Info, &"ü".repeat(20_000), None, None);
        let text = &notices.newest().next().unwrap().text;
        assert!(text.len() < MOST_BYTES + 60 && text.ends_with("more bytes are not kept)"));
    }
}
