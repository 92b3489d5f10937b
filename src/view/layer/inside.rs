//! What foretop tells about itself: how old its data is, what the plan is doing, what a frame costs.
//! Plain data that the runtime fills in; coarse, so that a still screen stays still.

use crate::api::Timestamp;
use crate::text::units;
use crate::viewport::{Motion, Viewport};

/// Labelled facts in sections, ready to be drawn.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inside {
    pub sections: Vec<(&'static str, Vec<(&'static str, String)>)>,
}

impl Inside {
    /// Rows with a blank one and a title before each section.
    pub fn rows(&self) -> usize {
        self.sections.iter().map(|(_, facts)| facts.len() + 2).sum()
    }
}

/// The page that shows them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InsidePage {
    /// As of when it was last looked up; empty until then.
    pub facts: Inside,
    window: Viewport,
}

impl InsidePage {
    pub fn go(&mut self, motion: Motion) {
        self.window.scroll(motion, self.facts.rows());
    }

    pub fn settle(&mut self, height: usize) {
        self.window.settle(self.facts.rows(), height);
    }

    pub fn window(&self) -> &Viewport {
        &self.window
    }
}

/// How long ago, in steps that widen: a text that counts seconds would write to the terminal every
/// second.
pub fn age(then: Timestamp, now: Timestamp) -> String {
    let seconds = units::seconds_between(then, now);
    match [2, 5, 15, 30, 60].into_iter().find(|bucket| seconds <= *bucket) {
        Some(bucket) => format!("≤{bucket}s"),
        None => units::age(seconds),
    }
}

/// A count in steps of a tenth, for numbers that never rest.
pub fn about(count: usize) -> String {
    let step = match count {
        0..20 => 1,
        20..200 => 10,
        _ => 100,
    };
    let rounded = (count + step / 2) / step * step;
    if step == 1 { rounded.to_string() } else { format!("about {rounded}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_and_counts_move_in_steps() {
        let at = |second: i64| Timestamp::from_second(1_700_000_000 + second).unwrap();
        assert_eq!(age(at(0), at(3)), age(at(0), at(5)));
        assert_eq!((age(at(0), at(0)), age(at(0), at(200))), ("≤2s".to_owned(), "3m".to_owned()));
        assert_eq!(
            (about(7), about(236), about(239)),
            ("7".into(), about(239), "about 200".into())
        );
    }
}
