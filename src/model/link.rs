//! What we know about the connection: how old the data is, and what happens when it fails.

use crate::api::Timestamp;
use crate::text::units;
use crate::text::wall_clock::WallClock;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Link {
    /// The last reply that brought data.
    pub fresh_at: Option<Timestamp>,
    /// When the oldest of what is shown was asked for.
    pub oldest: Option<Timestamp>,
    /// Since when every request failed; `None` while the link is well.
    pub lost_since: Option<Timestamp>,
    pub failures: u32,
    pub next_try: Option<Timestamp>,
    /// What went wrong, for a person.
    pub problem: Option<String>,
    /// A stream of our own is open: the only thing that may be called live.
    pub streaming: bool,
    /// Since when requests wait and nothing comes back.
    silent_since: Option<Timestamp>,
    /// The service answers, and asks to be left alone for a while.
    limited: bool,
    /// The service answers, and lets this key see nothing.
    refused_since: Option<Timestamp>,
}

/// Data is promised not to be older than this while all is well.
const PROMISE_SECONDS: u64 = 30;
/// Data older than this is called stale, whatever the reason.
const STALE_SECONDS: u64 = 120;
/// Ages that the words step through.
const STEPS: [u64; 3] = [PROMISE_SECONDS, 60, STALE_SECONDS];

impl Link {
    /// An answer came; nothing that is shown was asked for before `oldest`.
    pub fn succeeded(&mut self, now: Timestamp, oldest: Option<Timestamp>) {
        let streaming = self.streaming;
        *self = Self { fresh_at: Some(now), oldest, streaming, ..Self::default() };
    }

    /// The service answers, though not with data.
    pub fn answered(&mut self) {
        (self.lost_since, self.silent_since, self.next_try) = (None, None, None);
        self.failures = 0;
    }

    /// `limited` where it is the service that asked for the pause.
    pub fn failed(
        &mut self,
        now: Timestamp,
        problem: String,
        next_try: Option<Timestamp>,
        limited: bool,
    ) {
        // It has been lost as long as it was silent.
        let since = self.silent_since.take().unwrap_or(now);
        self.lost_since.get_or_insert(since);
        self.failures += 1;
        (self.next_try, self.limited) = (next_try, limited);
        (self.problem, self.refused_since) = (Some(problem), None);
    }

    /// Nothing has come back since then, though something was asked.
    pub fn fell_silent(&mut self, since: Timestamp) {
        self.silent_since = Some(since);
    }

    /// The service answers, and will not tell this key anything.
    pub fn refused(&mut self, now: Timestamp, problem: String) {
        self.answered();
        self.refused_since.get_or_insert(now);
        self.problem = Some(problem);
    }

    pub fn is_well(&self) -> bool {
        self.lost_since.is_none() && self.silent_since.is_none() && self.refused_since.is_none()
    }

    /// How old the data is at most, in words. Moves in steps, because a text that counts seconds
    /// would write to the terminal every second while nothing happens.
    pub fn age(&self, wall: &WallClock) -> String {
        let now = wall.now();
        let Some(fresh_at) = self.fresh_at else {
            let words = match (self.refused_since, self.is_well()) {
                (Some(_), _) => "refused",
                (None, true) => "connecting",
                (None, false) => "no data yet",
            };
            return words.to_owned();
        };
        let oldest = self.oldest.unwrap_or(fresh_at);
        let seconds = units::seconds_between(oldest, now);
        if !self.is_well() || seconds > STALE_SECONDS {
            return format!("stale since {}", wall.exact(fresh_at));
        }
        if self.streaming {
            return "live".to_owned();
        }
        let step = STEPS.into_iter().find(|step| seconds <= *step);
        format!("polled ≤{}s ago", step.unwrap_or(STALE_SECONDS))
    }

    /// When the words change next by time alone, so that nobody has to wake earlier.
    pub fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        let later = |at: Timestamp, seconds: u64| {
            at.checked_add(jiff::SignedDuration::from_secs(i64::try_from(seconds).ok()?)).ok()
        };
        if let Some(since) = self.silent_since {
            let silent = units::seconds_between(since, now);
            return later(since, silence_step(silent) + silence_width(silent));
        }
        if !self.is_well() || self.streaming {
            return None;
        }
        let oldest = self.oldest.or(self.fresh_at)?;
        let seconds = units::seconds_between(oldest, now);
        let edge = STEPS.into_iter().find(|edge| seconds <= *edge)?;
        later(oldest, edge + 1)
    }

    /// One line for the banner, while the link is not well; `refresh` is the key that asks anew.
    pub fn banner(&self, wall: &WallClock, refresh: &str) -> Option<String> {
        let now = wall.now();
        if let Some(since) = self.silent_since {
            let seconds = silence_step(units::seconds_between(since, now));
            let silent = match seconds {
                0..60 => format!("{seconds}s"),
                _ => units::duration(seconds * 1_000),
            };
            let since = wall.exact(since);
            let text = "it takes requests and does not answer, or the way to it is broken";
            return Some(format!(
                "NO ANSWER for {silent}, since {since} · {refresh} asks anew · {text}"
            ));
        }
        let problem = self.problem.as_deref().unwrap_or("no reply");
        if let Some(since) = self.refused_since {
            let since = wall.exact(since);
            return Some(format!("REFUSED since {since} · {refresh} asks again · {problem}"));
        }
        let since = self.lost_since?;
        // What to do stands before why: a narrow screen cuts the end.
        let next = self.next_try.map_or(String::new(), |at| {
            format!(" · next try {}, {refresh} tries now", wall.exact(at))
        });
        let what = if self.limited { "RATE LIMITED" } else { "LINK LOST" };
        let tries = units::counted(self.failures as usize, "failed try").replace("trys", "tries");
        Some(format!("{what} since {}{next} · {problem} · {tries}", wall.exact(since)))
    }
}

/// Silence is counted in fives, then in halves of a minute.
fn silence_width(seconds: u64) -> u64 {
    if seconds < 30 { 5 } else { 30 }
}

fn silence_step(seconds: u64) -> u64 {
    seconds / silence_width(seconds) * silence_width(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        format!("2026-05-03T{text}Z").parse().unwrap()
    }

    fn wall(text: &str) -> WallClock {
        WallClock::utc(at(text))
    }

    #[test]
    fn the_age_is_that_of_the_oldest_and_moves_in_steps() {
        let mut link = Link::default();
        assert_eq!(link.age(&wall("14:00:00")), "connecting");
        link.succeeded(at("14:00:10"), Some(at("14:00:00")));
        assert_eq!(link.age(&wall("14:00:10")), "polled ≤30s ago");
        assert_eq!(link.next_change(at("14:00:10")), Some(at("14:00:31")));
        assert_eq!(link.age(&wall("14:00:31")), "polled ≤60s ago");
        assert_eq!(link.age(&wall("14:02:01")), "stale since 14:00:10");
        link.succeeded(at("14:02:02"), Some(at("14:01:40")));
        assert_eq!(link.age(&wall("14:02:02")), "polled ≤30s ago");
    }

    #[test]
    fn a_lost_link_says_since_when_what_and_when_next() {
        let mut link = Link::default();
        link.succeeded(at("14:00:00"), None);
        link.failed(at("14:00:20"), "timed out".into(), Some(at("14:00:24")), false);
        assert_eq!(link.age(&wall("14:00:21")), "stale since 14:00:00");
        assert_eq!(
            link.banner(&wall("14:00:21"), "R").unwrap(),
            "LINK LOST since 14:00:20 · next try 14:00:24, R tries now · timed out · 1 failed try"
        );
        link.succeeded(at("14:00:30"), None);
        assert_eq!(link.banner(&wall("14:00:30"), "R"), None);
        link.failed(at("14:00:40"), "busy".into(), Some(at("14:05:40")), true);
        let banner = link.banner(&wall("14:00:41"), "R").unwrap();
        assert!(banner.starts_with("RATE LIMITED since 14:00:40 · next try 14:05:40"), "{banner}");
    }

    #[test]
    fn silence_is_counted_and_ends_with_any_answer_or_failure() {
        let mut link = Link::default();
        link.fell_silent(at("14:00:00"));
        assert_eq!(link.age(&wall("14:00:05")), "no data yet");
        assert!(
            link.banner(&wall("14:00:09"), "R").unwrap().starts_with("NO ANSWER for 5s, since")
        );
        assert_eq!(link.next_change(at("14:00:09")), Some(at("14:00:10")));
        assert!(link.banner(&wall("14:01:10"), "R").unwrap().starts_with("NO ANSWER for 1m00s"));
        assert_eq!(link.next_change(at("14:01:10")), Some(at("14:01:30")));
        link.failed(at("14:00:30"), "timed out".into(), None, false);
        assert_eq!(link.lost_since, Some(at("14:00:00")), "since nothing was heard");
        link.fell_silent(at("14:00:40"));
        link.succeeded(at("14:00:50"), None);
        assert!(link.is_well());
    }

    #[test]
    fn a_key_that_is_refused_is_no_lost_link() {
        let mut link = Link::default();
        link.refused(at("14:00:00"), "the key is not accepted".into());
        assert_eq!(link.age(&wall("14:00:01")), "refused");
        let banner = link.banner(&wall("14:00:01"), "R").unwrap();
        assert_eq!(banner, "REFUSED since 14:00:00 · R asks again · the key is not accepted");
    }
}
