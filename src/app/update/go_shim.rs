//! Stands in until every list scrolls by the viewport.

use crate::model::{
    Arguments, BookmarkList, CallQueue, Detail, Sessions, Timeline, TypeMenu, UseList, Viewer,
    Waterfall, text_diff::DiffView,
};
use crate::viewport::Motion;

pub(crate) trait Go {
    fn step(&mut self, by: isize);
    fn go(&mut self, motion: Motion) {
        self.step(motion.rows(18).unwrap_or(if motion == Motion::First {
            -(1 << 30)
        } else {
            1 << 30
        }));
    }
}

macro_rules! go {
    ($($of:ty: $step:ident),+) => {
        $(impl Go for $of {
            fn step(&mut self, by: isize) {
                self.$step(by);
            }
        })+
    };
}

go! {
    Arguments: move_by, BookmarkList: move_by, CallQueue: move_selection, Detail: move_by,
    Sessions: move_selection, TypeMenu: move_by, UseList: move_by, Viewer: move_by,
    DiffView: move_by, crate::model::artifacts::list::FileList: move_selection
}

impl Waterfall {
    pub(super) fn go(&mut self, motion: Motion, timeline: &Timeline) {
        self.move_by(
            motion.rows(18).unwrap_or(if motion == Motion::First { -(1 << 30) } else { 1 << 30 }),
            timeline,
        );
    }
}
