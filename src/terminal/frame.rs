//! When to draw. Asks no clock and sleeps never: the caller brings the time.

use std::time::{Duration, Instant};

/// A write that takes longer waited for a terminal that cannot keep up.
const SLOW_WRITE: Duration = Duration::from_millis(100);
/// A write this quick says that it can again.
const QUICK_WRITE: Duration = Duration::from_millis(20);
/// Frames further apart would no longer feel like watching.
const LONGEST_INTERVAL: Duration = Duration::from_millis(250);

/// Shortest times between frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameRate {
    /// Of which somebody waits for one.
    pub awaited: Duration,
    /// Of what comes by itself, which no eye misses a part of.
    pub others: Duration,
    /// Of text that is written while it is watched: every frame of it costs more bytes than its words have.
    pub pieces: Duration,
}

impl FrameRate {
    /// The same for all.
    #[cfg(any(test, feature = "internals"))]
    pub const fn each(interval: Duration) -> Self {
        Self { awaited: interval, others: interval, pieces: interval }
    }
}

/// Lets a frame through at most once per interval, and none that nobody asked for. The interval
/// grows while the terminal does not keep up.
#[derive(Debug, Clone)]
pub struct FramePacer {
    shortest_interval: Duration,
    /// For frames that nobody waits for.
    others: Duration,
    /// For those that show a few more words and nothing else.
    pieces: Duration,
    interval: Duration,
    requested_at: Option<Instant>,
    /// Nothing but pieces of text asked for the next frame.
    only_pieces: bool,
    last_frame: Option<Instant>,
    /// Somebody waits for the next frame.
    awaited: bool,
    /// The last frame was waited for, too.
    last_awaited: bool,
}

impl FramePacer {
    pub const fn new(rate: FrameRate) -> Self {
        Self {
            shortest_interval: rate.awaited,
            others: rate.others,
            pieces: rate.pieces,
            interval: rate.awaited,
            requested_at: None,
            only_pieces: false,
            last_frame: None,
            awaited: false,
            last_awaited: false,
        }
    }

    /// A frame was written at `now`, which took `took`. A terminal that kept us waiting gets half as
    /// many, counted from here: what came meanwhile is one frame, and it is the newest.
    pub fn written(&mut self, took: Duration, now: Instant) {
        if took > SLOW_WRITE {
            self.interval = (self.interval * 2).min(LONGEST_INTERVAL).max(self.shortest_interval);
            self.last_frame = Some(now);
        } else if took < QUICK_WRITE {
            self.interval = (self.interval * 3 / 4).max(self.shortest_interval);
        }
    }

    /// The last frame looked like the one before. A key that asked for it still waits for what it
    /// is to show.
    pub fn nothing_written(&mut self) {
        self.awaited |= std::mem::take(&mut self.last_awaited);
    }

    /// Something changed. Requests while one waits are one frame.
    pub fn request(&mut self, now: Instant) {
        self.requested_at.get_or_insert(now);
        self.only_pieces = false;
    }

    /// A text that is being written has grown.
    pub fn request_piece(&mut self, now: Instant) {
        self.only_pieces |= self.requested_at.is_none();
        self.requested_at.get_or_insert(now);
    }

    /// Something changed that somebody waits for: a key, or the end of a start. It does not wait for a
    /// frame that came by itself; only keys that follow each other fast share one, and a terminal that
    /// does not keep up gets no more for it.
    pub fn request_awaited(&mut self, now: Instant) {
        self.request(now);
        self.awaited = true;
    }

    /// Whether to draw now. A yes uses the request up: the frame counts as drawn at `now`.
    pub fn due(&mut self, now: Instant) -> bool {
        let due = self.wake_at().is_some_and(|at| at <= now);
        if due {
            self.requested_at = None;
            self.only_pieces = false;
            self.last_frame = Some(now);
            self.last_awaited = std::mem::take(&mut self.awaited);
        }
        due
    }

    /// When to come back. `None` while nothing was requested: then nothing needs to wake.
    pub fn wake_at(&self) -> Option<Instant> {
        let requested = self.requested_at?;
        if self.awaited && !self.last_awaited && self.interval == self.shortest_interval {
            return Some(requested);
        }
        let least = match (self.awaited, self.only_pieces) {
            (true, _) => Duration::ZERO,
            (false, false) => self.others,
            (false, true) => self.pieces,
        };
        let interval = self.interval.max(least);
        let earliest = self.last_frame.map(|last| last + interval);
        Some(earliest.map_or(requested, |earliest| earliest.max(requested)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_millis(16);

    #[test]
    fn without_a_request_nothing_wakes() {
        let mut pacer = FramePacer::new(FrameRate::each(INTERVAL));
        assert_eq!(pacer.wake_at(), None);
        assert!(!pacer.due(Instant::now()));
    }

    #[test]
    fn a_key_does_not_wait_for_a_frame_that_came_by_itself() {
        let mut pacer = FramePacer::new(FrameRate::each(INTERVAL));
        let start = Instant::now();
        pacer.request(start);
        assert!(pacer.due(start));
        let soon = start + INTERVAL / 8;
        pacer.request_awaited(soon);
        assert!(pacer.due(soon), "a key is seen at once");
        pacer.request_awaited(soon + INTERVAL / 8);
        assert!(!pacer.due(soon + INTERVAL / 8), "held keys share frames");
        assert!(pacer.due(soon + INTERVAL));
        pacer.written(SLOW_WRITE * 2, soon + INTERVAL);
        pacer.request(soon + INTERVAL);
        pacer.request_awaited(soon + INTERVAL + INTERVAL / 8);
        assert!(!pacer.due(soon + INTERVAL + INTERVAL / 8), "the terminal does not keep up");
    }

    #[test]
    fn a_key_whose_frame_showed_nothing_gets_the_next_one_at_once() {
        let mut pacer = FramePacer::new(FrameRate::each(INTERVAL));
        let start = Instant::now();
        pacer.request_awaited(start);
        assert!(pacer.due(start));
        pacer.nothing_written();
        assert_eq!(pacer.wake_at(), None, "nothing is drawn for it alone");
        pacer.request(start + INTERVAL / 8);
        assert!(pacer.due(start + INTERVAL / 8));
        pacer.request(start + INTERVAL / 4);
        assert!(!pacer.due(start + INTERVAL / 4), "once");
    }

    #[test]
    fn the_first_frame_is_drawn_at_once_and_the_next_waits_its_turn() {
        let mut pacer = FramePacer::new(FrameRate::each(INTERVAL));
        let start = Instant::now();
        pacer.request(start);
        assert!(pacer.due(start));
        assert!(!pacer.due(start), "a request is used up");

        let soon = start + INTERVAL / 4;
        pacer.request(soon);
        pacer.request(soon + INTERVAL / 4);
        assert!(!pacer.due(soon));
        assert_eq!(pacer.wake_at(), Some(start + INTERVAL));
        assert!(pacer.due(start + INTERVAL));
        assert_eq!(pacer.wake_at(), None);
    }

    #[test]
    fn what_comes_by_itself_may_have_fewer_frames_than_keys() {
        let rate = FrameRate { others: INTERVAL * 4, ..FrameRate::each(INTERVAL) };
        let mut pacer = FramePacer::new(rate);
        let start = Instant::now();
        pacer.request(start);
        assert!(pacer.due(start));
        pacer.request(start + INTERVAL);
        assert_eq!(pacer.wake_at(), Some(start + INTERVAL * 4));
        pacer.request_awaited(start + INTERVAL);
        assert!(pacer.due(start + INTERVAL), "a key is seen at once");
        pacer.request_awaited(start + INTERVAL * 3 / 2);
        assert_eq!(pacer.wake_at(), Some(start + INTERVAL * 2), "and so are those behind it");
    }

    #[test]
    fn text_that_is_being_written_comes_in_fewer_frames_than_other_news() {
        let rate = FrameRate { pieces: INTERVAL * 3, ..FrameRate::each(INTERVAL) };
        let mut pacer = FramePacer::new(rate);
        let start = Instant::now();
        pacer.request_piece(start);
        assert!(pacer.due(start), "the first words are there at once");
        pacer.request_piece(start);
        pacer.request_piece(start + INTERVAL);
        assert_eq!(pacer.wake_at(), Some(start + INTERVAL * 3));
        pacer.request(start + INTERVAL);
        assert_eq!(pacer.wake_at(), Some(start + INTERVAL), "news takes them along");
        pacer.request_piece(start + INTERVAL);
        assert!(pacer.due(start + INTERVAL), "and stays news");
        pacer.request_piece(start + INTERVAL * 2);
        pacer.request_awaited(start + INTERVAL * 2);
        assert!(pacer.due(start + INTERVAL * 2), "a key is seen at once");
    }

    #[test]
    fn after_a_rest_a_frame_does_not_wait() {
        let mut pacer = FramePacer::new(FrameRate::each(INTERVAL));
        let start = Instant::now();
        pacer.request(start);
        assert!(pacer.due(start));
        let later = start + INTERVAL * 10;
        pacer.request(later);
        assert!(pacer.due(later));
    }

    /// When the next frame may come, seen from the last.
    fn interval(pacer: &mut FramePacer, took: Duration, now: Instant) -> Duration {
        pacer.request(now);
        assert!(pacer.due(now));
        pacer.written(took, now + took);
        pacer.request(now);
        let wake = pacer.wake_at().unwrap();
        assert!(pacer.due(wake));
        let from = if took > SLOW_WRITE { now + took } else { now };
        wake.duration_since(from)
    }

    #[test]
    fn a_slow_terminal_gets_half_as_many_frames_and_recovers() {
        let ms = Duration::from_millis;
        let mut pacer = FramePacer::new(FrameRate::each(INTERVAL));
        let mut now = Instant::now();
        let mut intervals = Vec::new();
        for took in [1, 150, 150, 150, 150, 150, 60, 1, 1].into_iter().chain([1; 8]) {
            now += ms(10_000);
            intervals.push(interval(&mut pacer, ms(took), now).as_millis());
        }
        assert_eq!(intervals[..9], [16, 32, 64, 128, 250, 250, 250, 187, 140]);
        assert_eq!(intervals.last(), Some(&16));
    }

    #[test]
    fn a_wish_for_few_frames_is_not_overridden_by_a_slow_write() {
        let second = Duration::from_secs(1);
        let mut pacer = FramePacer::new(FrameRate::each(second));
        assert_eq!(interval(&mut pacer, SLOW_WRITE * 2, Instant::now()), second);
    }
}
