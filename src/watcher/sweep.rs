//! Going through the events of many sessions, for somebody who looks for something in them.
//!
//! Owns which page of which session is next, and how far it is. Knows neither what is looked for nor
//! what the budget is: leave to send comes in. Start with [`Sweep::due`]. The invariant: the newest page
//! of every session is asked for before a further page of any.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::SignedDuration;

use super::walks::ListingCursor;
use crate::api::{SessionRef, Timestamp};
use crate::client::ClientError;
use crate::client::watch::after;
use crate::model::event_search::Progress;

/// Pages of one session that are read.
const MOST_PAGES: usize = 10_000;
/// After so many outages in a row it ends.
const OUTAGES: u32 = 5;
/// How long nothing is asked after an outage, unless the service says how long.
const PAUSE: SignedDuration = SignedDuration::from_secs(2);

/// One page to ask for.
#[derive(Debug)]
pub struct Place {
    pub session: SessionRef,
    cursor: ListingCursor,
    begun: bool,
}

impl Place {
    pub fn page_key(&self) -> Option<&str> {
        self.cursor.next.as_deref()
    }
}

/// What came of a page.
#[derive(Debug)]
pub enum Landed {
    /// It was read; the key of the next one, if there is any.
    Read { events: usize, next: Option<String> },
    /// Nothing of this session can be read.
    Refused,
    /// Nothing can be asked now.
    Outage { retry_after: Option<Duration> },
}

impl From<&ClientError> for Landed {
    fn from(error: &ClientError) -> Self {
        if error.is_outage() {
            Self::Outage { retry_after: error.retry_after() }
        } else {
            Self::Refused
        }
    }
}

#[derive(Debug)]
pub struct Sweep {
    waiting: VecDeque<Place>,
    flying: usize,
    at_once: usize,
    /// Nothing is sent before.
    not_before: Option<Timestamp>,
    outages: u32,
    progress: Progress,
}

impl Sweep {
    /// Over these sessions, in this order, with so many requests under way at a time.
    pub fn over(sessions: impl IntoIterator<Item = SessionRef>, at_once: usize) -> Self {
        let place = |session| Place { session, cursor: ListingCursor::default(), begun: false };
        let waiting: VecDeque<Place> = sessions.into_iter().map(place).collect();
        let progress = Progress { sessions: waiting.len(), ..Progress::default() };
        let at_once = at_once.max(1);
        Self { waiting, flying: 0, at_once, not_before: None, outages: 0, progress }
    }

    /// The pages to ask for now. Each is to be told of with [`Self::landed`]. `leave` lets one request be
    /// sent, or says when to try again.
    pub fn due(
        &mut self,
        now: Timestamp,
        mut leave: impl FnMut() -> Result<(), Timestamp>,
    ) -> Vec<Place> {
        let mut due = Vec::new();
        if self.not_before.is_some_and(|at| now < at) {
            return due;
        }
        self.not_before = None;
        while self.flying < self.at_once && !self.waiting.is_empty() {
            if let Err(later) = leave() {
                self.not_before = Some(later);
                break;
            }
            if let Some(place) = self.waiting.pop_front() {
                self.flying += 1;
                due.push(place);
            }
        }
        due
    }

    /// When something is due, unless a page comes in first.
    pub fn wake_at(&self) -> Option<Timestamp> {
        self.not_before.filter(|_| !self.waiting.is_empty() && self.flying < self.at_once)
    }

    pub fn landed(&mut self, mut place: Place, landed: Landed, now: Timestamp) {
        self.flying -= 1;
        if !place.begun && !matches!(landed, Landed::Outage { .. }) {
            place.begun = true;
            self.progress.looked += 1;
        }
        match landed {
            Landed::Read { events, next } => {
                self.outages = 0;
                self.progress.events += events as u64;
                let next = next.filter(|_| events > 0);
                let goes_on = next.is_some();
                if place.cursor.follow(next, MOST_PAGES) {
                    self.waiting.push_back(place);
                } else if !goes_on {
                    self.progress.whole += 1;
                }
            }
            Landed::Refused => {
                self.outages = 0;
                self.progress.refused += 1;
            }
            Landed::Outage { retry_after } => {
                self.outages += 1;
                let asked = retry_after.and_then(|wait| SignedDuration::try_from(wait).ok());
                self.not_before = Some(after(now, asked.unwrap_or(PAUSE).max(PAUSE)));
                self.waiting.push_front(place);
                if self.outages >= OUTAGES {
                    self.progress.cut_off = true;
                    self.waiting.clear();
                }
            }
        }
    }

    pub fn is_over(&self) -> bool {
        self.waiting.is_empty() && self.flying == 0
    }

    pub fn progress(&self) -> Progress {
        self.progress
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sessions(count: usize) -> Vec<SessionRef> {
        let session = |at| SessionRef { agent: "a".into(), key: format!("s{at}").as_str().into() };
        (0..count).map(session).collect()
    }

    fn seconds(after_start: i64) -> Timestamp {
        Timestamp::from_second(after_start).unwrap()
    }

    fn read(events: usize, next: Option<&str>) -> Landed {
        Landed::Read { events, next: next.map(str::to_owned) }
    }

    #[test]
    fn every_session_is_looked_at_before_any_is_read_on() {
        let mut sweep = Sweep::over(sessions(3), 2);
        let mut asked = Vec::new();
        let now = seconds(0);
        while !sweep.is_over() {
            for place in sweep.due(now, || Ok(())) {
                asked.push((place.session.key.to_string(), place.page_key().map(str::to_owned)));
                let next = place.page_key().is_none().then_some("older");
                sweep.landed(place, read(100, next), now);
            }
        }
        let (first, further) = asked.split_at(3);
        assert!(first.iter().all(|(_, key)| key.is_none()), "{first:?}");
        assert!(further.iter().all(|(_, key)| key.as_deref() == Some("older")), "{further:?}");
        let Progress { sessions, looked, whole, events, .. } = sweep.progress();
        assert_eq!((sessions, looked, whole, events), (3, 3, 3, 600));
    }

    #[test]
    fn a_listing_that_goes_in_a_circle_ends_and_is_not_called_whole() {
        let mut sweep = Sweep::over(sessions(1), 8);
        let mut asked = 0;
        while !sweep.is_over() {
            asked += 1;
            assert!(asked < 10, "it never ends");
            for place in sweep.due(seconds(0), || Ok(())) {
                sweep.landed(place, read(100, Some("again")), seconds(0));
            }
        }
        assert_eq!((sweep.progress().looked, sweep.progress().whole), (1, 0));
    }

    #[test]
    fn it_keeps_to_what_is_lent() {
        let mut sweep = Sweep::over(sessions(9), 8);
        let mut left = 2;
        let mut lend = || {
            left -= 1;
            if left >= 0 { Ok(()) } else { Err(seconds(7)) }
        };
        assert_eq!(sweep.due(seconds(0), &mut lend).len(), 2);
        assert_eq!(sweep.wake_at(), Some(seconds(7)));
        assert!(sweep.due(seconds(6), || Ok(())).is_empty(), "it asked before it may");
        assert_eq!(sweep.due(seconds(7), || Ok(())).len(), 6, "eight are under way");
        assert_eq!(sweep.wake_at(), None, "only an answer makes room");
    }

    #[test]
    fn after_an_outage_the_same_page_is_asked_for_again_when_the_service_said() {
        let mut sweep = Sweep::over(sessions(2), 1);
        let place = sweep.due(seconds(0), || Ok(())).remove(0);
        let retry_after = Some(Duration::from_secs(30));
        sweep.landed(place, Landed::Outage { retry_after }, seconds(0));
        assert!(sweep.due(seconds(29), || Ok(())).is_empty());
        assert_eq!(sweep.due(seconds(30), || Ok(()))[0].session.key.as_str(), "s0");
        assert_eq!(sweep.progress().looked, 0, "nothing was learnt yet");
    }

    #[test]
    fn it_ends_where_nothing_answers_any_more_and_says_so() {
        let mut sweep = Sweep::over(sessions(2), 1);
        let mut now = 0;
        while !sweep.is_over() {
            now += 1;
            assert!(now < 1_000, "it never ends");
            for place in sweep.due(seconds(now), || Ok(())) {
                sweep.landed(place, Landed::Outage { retry_after: None }, seconds(now));
            }
        }
        assert!(sweep.progress().cut_off);
    }

    #[test]
    fn a_session_that_may_not_be_read_is_counted_and_the_others_go_on() {
        let mut sweep = Sweep::over(sessions(2), 1);
        let place = sweep.due(seconds(0), || Ok(())).remove(0);
        sweep.landed(place, Landed::Refused, seconds(0));
        let place = sweep.due(seconds(0), || Ok(())).remove(0);
        sweep.landed(place, read(0, None), seconds(0));
        assert!(sweep.is_over());
        let Progress { looked, whole, refused, .. } = sweep.progress();
        assert_eq!((looked, whole, refused), (2, 1, 1));
    }
}
