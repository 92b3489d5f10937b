//! What we know about the connection: how old the data is, and what happens when it fails.

use crate::api::Timestamp;
use crate::text::units;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Link {
    /// The last reply that brought data.
    pub fresh_at: Option<Timestamp>,
    /// Since when every request failed; `None` while the link is well.
    pub lost_since: Option<Timestamp>,
    pub failures: u32,
    pub next_try: Option<Timestamp>,
    /// What went wrong, for a person.
    pub problem: Option<String>,
    /// A stream of our own is open: the only thing that may be called live.
    pub streaming: bool,
}

/// Data older than this is called stale, whatever the reason.
const STALE_SECONDS: u64 = 120;

impl Link {
    pub fn succeeded(&mut self, now: Timestamp) {
        let streaming = self.streaming;
        *self = Self { fresh_at: Some(now), streaming, ..Self::default() };
    }

    pub fn failed(&mut self, now: Timestamp, problem: String, next_try: Option<Timestamp>) {
        self.lost_since.get_or_insert(now);
        self.failures += 1;
        self.next_try = next_try;
        self.problem = Some(problem);
    }

    /// How old the data is, in words. Moves in steps, because a text that counts seconds would
    /// write to the terminal every second while nothing happens.
    pub fn age(&self, now: Timestamp) -> String {
        let Some(fresh_at) = self.fresh_at else {
            return if self.lost_since.is_some() { "no data yet" } else { "connecting" }.to_owned();
        };
        let seconds = units::seconds_between(fresh_at, now);
        if self.lost_since.is_some() || seconds > STALE_SECONDS {
            return format!("stale since {}Z", units::clock(fresh_at));
        }
        if self.streaming {
            return "live".to_owned();
        }
        let bucket = [2, 5, 15, 30, 60].into_iter().find(|bucket| seconds <= *bucket);
        format!("polled ≤{}s ago", bucket.unwrap_or(STALE_SECONDS))
    }

    /// When the age text changes next by time alone, so that nobody has to wake earlier.
    pub fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        if self.lost_since.is_some() || self.streaming {
            return None;
        }
        let fresh_at = self.fresh_at?;
        let seconds = units::seconds_between(fresh_at, now);
        let edge = [2, 5, 15, 30, 60, STALE_SECONDS].into_iter().find(|edge| seconds <= *edge)?;
        fresh_at.checked_add(jiff::SignedDuration::from_secs(i64::try_from(edge).ok()? + 1)).ok()
    }

    /// One line for the banner, while the link is lost.
    pub fn banner(&self) -> Option<String> {
        let since = self.lost_since?;
        let problem = self.problem.as_deref().unwrap_or("no reply");
        // What to do stands before why: a narrow screen cuts the end.
        let next = self
            .next_try
            .map_or(String::new(), |at| format!(" · next try {}Z, R tries now", units::clock(at)));
        let tries = units::counted(self.failures as usize, "failed try").replace("trys", "tries");
        Some(format!("LINK LOST since {}Z{next} · {problem} · {tries}", units::clock(since)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        format!("2026-05-03T{text}Z").parse().unwrap()
    }

    #[test]
    fn the_age_moves_in_steps_and_never_says_live_for_polled_data() {
        let mut link = Link::default();
        link.succeeded(at("14:00:00"));
        assert_eq!(link.age(at("14:00:02")), "polled ≤2s ago");
        assert_eq!(link.age(at("14:00:03")), link.age(at("14:00:05")));
        assert_eq!(link.next_change(at("14:00:03")), Some(at("14:00:06")));
        link.failed(at("14:00:20"), "timed out".into(), Some(at("14:00:24")));
        assert_eq!(link.age(at("14:00:21")), "stale since 14:00:00Z");
        assert_eq!(
            link.banner().unwrap(),
            "LINK LOST since 14:00:20Z · next try 14:00:24Z, R tries now · timed out · 1 failed try"
        );
        link.succeeded(at("14:00:30"));
        assert_eq!(link.banner(), None);
    }
}
