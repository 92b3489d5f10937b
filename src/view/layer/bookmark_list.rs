//! The bookmarks of a session as a list to jump from.
//!
//! Made anew whenever bookmarks change while it is open. The invariant: the item that keys are about
//! keeps its name, not its place.

use crate::model::timeline::rows::{self, Part};
use crate::model::timeline::{Clock, Timeline, UnitId};
use crate::text::sanitize::preview;
use crate::view::ItemList;

/// Characters that are kept of a note and of a subject; no line shows more.
const SHOWN: usize = 400;
/// Columns for which subjects are made.
const COLUMNS: usize = 200;

/// All text in it is sanitised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub unit: UnitId,
    /// Empty for a bookmark without words.
    pub note: String,
    /// When the row happened, with its date unless that is today's.
    pub time: String,
    /// What the row is; `None` while it is not here.
    pub row: Option<(&'static str, String)>,
}

/// What is said in the place of items where there are none.
pub const NONE: [&str; 3] = [
    "There are no bookmarks in this session yet.",
    "m makes one of the row under the cursor, with a note if you like;",
    "]b and [b go from one to the next.",
];

pub type BookmarkList = ItemList<Item>;

impl BookmarkList {
    /// In the order of the timeline; what is not here comes first, because it is older.
    pub fn of(timeline: &Timeline, clock: &Clock) -> Self {
        let item = |(unit, note): (UnitId, &str)| {
            let shown = timeline.unit(&unit);
            let time = shown.as_ref().and_then(|unit| unit.at);
            let row = shown.and_then(|unit| {
                let rows = rows::rows(&unit, COLUMNS, true, clock).into_iter();
                let head = rows.into_iter().find(|row| row.part != Part::Rule)?;
                let words = [head.subject, head.detail].join(" ");
                Some((unit.kind.word(), preview(words.trim(), SHOWN)))
            });
            let time = time.map_or_else(String::new, |at| clock.wall.exact(at));
            Item { unit, note: preview(note, SHOWN), time, row }
        };
        Self::new("Bookmarks", timeline.bookmarks().into_iter().map(item).collect())
    }

    /// The same keys are about the same item, or about the one that has taken its place.
    #[must_use]
    pub fn in_place_of(mut self, before: &Self) -> Self {
        let here = before.selected().map(|item| &item.unit);
        let found = self.items.iter().position(|item| Some(&item.unit) == here);
        self.viewport = before.viewport;
        self.viewport.select(found.unwrap_or(before.at()));
        self
    }
}
