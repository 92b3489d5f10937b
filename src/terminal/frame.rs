//! When to draw. Asks no clock and sleeps never: the caller brings the time.

use std::time::{Duration, Instant};

/// Lets a frame through at most once per interval, and none that nobody asked for.
#[derive(Debug, Clone)]
pub struct FramePacer {
    min_interval: Duration,
    requested_at: Option<Instant>,
    last_frame: Option<Instant>,
}

impl FramePacer {
    pub const fn new(min_interval: Duration) -> Self {
        Self { min_interval, requested_at: None, last_frame: None }
    }

    /// Widens or narrows the interval, for instance when a link turns out to be slow.
    pub const fn set_min_interval(&mut self, min_interval: Duration) {
        self.min_interval = min_interval;
    }

    /// Something changed. Requests while one waits are one frame.
    pub fn request(&mut self, now: Instant) {
        self.requested_at.get_or_insert(now);
    }

    /// Whether to draw now. A yes uses the request up: the frame counts as drawn at `now`.
    pub fn due(&mut self, now: Instant) -> bool {
        let due = self.wake_at().is_some_and(|at| at <= now);
        if due {
            self.requested_at = None;
            self.last_frame = Some(now);
        }
        due
    }

    /// When to come back. `None` while nothing was requested: then nothing needs to wake.
    pub fn wake_at(&self) -> Option<Instant> {
        let requested = self.requested_at?;
        let earliest = self.last_frame.map(|last| last + self.min_interval);
        Some(earliest.map_or(requested, |earliest| earliest.max(requested)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_millis(16);

    #[test]
    fn without_a_request_nothing_wakes() {
        let mut pacer = FramePacer::new(INTERVAL);
        assert_eq!(pacer.wake_at(), None);
        assert!(!pacer.due(Instant::now()));
    }

    #[test]
    fn the_first_frame_is_drawn_at_once_and_the_next_waits_its_turn() {
        let mut pacer = FramePacer::new(INTERVAL);
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
    fn after_a_rest_a_frame_does_not_wait() {
        let mut pacer = FramePacer::new(INTERVAL);
        let start = Instant::now();
        pacer.request(start);
        assert!(pacer.due(start));
        let later = start + INTERVAL * 10;
        pacer.request(later);
        assert!(pacer.due(later));
    }

    #[test]
    fn a_slower_link_gets_fewer_frames() {
        let mut pacer = FramePacer::new(INTERVAL);
        let start = Instant::now();
        pacer.request(start);
        assert!(pacer.due(start));
        pacer.set_min_interval(INTERVAL * 4);
        pacer.request(start);
        assert_eq!(pacer.wake_at(), Some(start + INTERVAL * 4));
    }
}
