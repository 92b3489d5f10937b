//! What frames cost, in steps: a page that shows an exact time would change with its own drawing.

use std::time::Duration;

#[derive(Debug, Default)]
pub(super) struct Frames {
    last: Duration,
    longest: Duration,
}

impl Frames {
    pub(super) fn drawn(&mut self, took: Duration) {
        self.last = took;
        self.longest = self.longest.max(took);
    }

    /// `waiting` is how many messages have arrived and were not worked in yet.
    pub(super) fn facts(&self, waiting: usize) -> Vec<(&'static str, String)> {
        vec![
            ("last frame", step(self.last)),
            ("longest frame", step(self.longest)),
            ("inbox", waiting.to_string()),
        ]
    }
}

fn step(took: Duration) -> String {
    let took = took.as_millis();
    match [2, 5, 10, 16, 33, 100].into_iter().find(|limit| took < *limit) {
        Some(limit) => format!("under {limit} ms"),
        None => format!("{} ms", took / 100 * 100),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_move_in_steps() {
        let ms = Duration::from_millis;
        assert_eq!((step(ms(3)), step(ms(4))), ("under 5 ms".into(), step(ms(3))));
        assert_eq!(step(ms(250)), "200 ms");
    }
}
