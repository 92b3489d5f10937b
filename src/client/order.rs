//! The order of listed events. It is not documented and was seen both ways (contract section 3.3),
//! so it is detected; the rest of the program knows only oldest first.

use crate::api::Event;

/// Stamps that are closer may stand against the stored order: that happens within one turn.
const NEARLY_EQUAL_MS: i128 = 50;

/// The order in which a service lists, as far as its pages have shown. Keep one per listing, or
/// one per service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// Read as newest first, which the newest evidence says.
    #[default]
    Unknown,
    NewestFirst,
    OldestFirst,
}

/// A page turned oldest first. The stored order is kept and never sorted by time, because both
/// differ by milliseconds. A page that shows no order is read in the direction learnt before.
pub fn oldest_first(mut events: Vec<Event>, direction: &mut Direction) -> Vec<Event> {
    let stamps: Vec<_> = events.iter().filter_map(|event| event.created_at).collect();
    if let (Some(first), Some(last)) = (stamps.first(), stamps.last()) {
        let whole = last.duration_since(*first).as_millis();
        // A clock that was set in between makes one step against many; the many are right.
        let steps = stamps.windows(2).map(|pair| pair[1].duration_since(pair[0]).as_millis());
        let clear = steps.filter(|step| step.abs() >= NEARLY_EQUAL_MS);
        let majority = clear.map(i128::signum).sum::<i128>();
        let rising = if majority * whole < 0 { -whole } else { whole };
        // Any difference teaches a beginner; only a clear one changes what is known.
        let enough = if *direction == Direction::Unknown { 1 } else { NEARLY_EQUAL_MS };
        if rising >= enough {
            *direction = Direction::OldestFirst;
        } else if -rising >= enough {
            *direction = Direction::NewestFirst;
        }
    }
    if *direction != Direction::OldestFirst {
        events.reverse();
    }
    events
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Events named by their place, stamped so many milliseconds into a day; `None` is no stamp.
    fn page(stamps: &[Option<u32>]) -> Vec<Event> {
        let event = |(place, stamp): (usize, &Option<u32>)| {
            let stamp = stamp.map_or(String::new(), |ms| {
                format!(r#","created_at":"2026-01-01T00:00:{:02}.{:03}Z""#, ms / 1000, ms % 1000)
            });
            serde_json::from_str(&format!(r#"{{"id":"{place}"{stamp}}}"#)).unwrap()
        };
        stamps.iter().enumerate().map(event).collect()
    }

    fn places(stamps: &[Option<u32>], direction: &mut Direction) -> String {
        let events = oldest_first(page(stamps), direction);
        events.iter().map(|event| event.id.as_ref().unwrap().as_str()).collect()
    }

    #[test]
    fn both_directions_are_detected() {
        let mut direction = Direction::default();
        assert_eq!(places(&[Some(9000), Some(5000), Some(1000)], &mut direction), "210");
        assert_eq!(direction, Direction::NewestFirst);
        let mut direction = Direction::default();
        assert_eq!(places(&[Some(1000), Some(5000), Some(9000)], &mut direction), "012");
        assert_eq!(direction, Direction::OldestFirst);
    }

    #[test]
    fn ambiguous_pages_follow_what_was_learnt() {
        let mut unknown = Direction::default();
        assert_eq!(places(&[Some(7)], &mut unknown), "0");
        assert_eq!(places(&[None, None], &mut unknown), "10");
        assert_eq!(unknown, Direction::Unknown);
        let mut learnt = Direction::OldestFirst;
        assert_eq!(places(&[Some(5), Some(5)], &mut learnt), "01");
        assert_eq!(places(&[Some(30), Some(27)], &mut learnt), "01");
        assert_eq!(learnt, Direction::OldestFirst);
    }

    #[test]
    fn stored_order_wins_over_stamps_inside_a_page() {
        let mut direction = Direction::default();
        let stamps = [None, Some(9000), Some(30_187), Some(30_184), Some(40_000)];
        assert_eq!(places(&stamps, &mut direction), "01234");
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_turn_the_order() {
        // Newest first; the two newest events were stamped after the clock went back.
        let stamps = [Some(2_000), Some(1_000), Some(59_000), Some(58_000), Some(57_000)];
        let mut direction = Direction::default();
        assert_eq!(places(&stamps, &mut direction), "43210");
        assert_eq!(direction, Direction::NewestFirst);
    }
}
