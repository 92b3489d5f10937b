//! Stands in until every text scrolls by the viewport.

use crate::model::{Arguments, Detail, Viewer};
use crate::viewport::Motion;

pub(crate) trait Go {
    fn step(&mut self, by: isize);
    fn go(&mut self, motion: Motion) {
        let end = if motion == Motion::First { -(1 << 30) } else { 1 << 30 };
        self.step(motion.rows(18).unwrap_or(end));
    }
}

macro_rules! go {
    ($($of:ty),+) => {
        $(impl Go for $of {
            fn step(&mut self, by: isize) {
                self.move_by(by);
            }
        })+
    };
}

go!(Arguments, Detail, Viewer);
