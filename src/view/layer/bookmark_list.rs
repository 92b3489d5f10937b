//! The bookmarks of a session as a list to jump from.
//!
//! Made anew whenever bookmarks change while it is open. The invariant: the item that keys are about
//! keeps its name, not its place.

use crate::action::Action;
use crate::model::timeline::rows::{self, Part};
use crate::model::timeline::{Clock, Timeline, UnitId};
use crate::text::sanitize::preview;
use crate::view::{ItemList, KeyNames};

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

/// Rows of what is said where there are no items.
pub const ROWS_OF_NONE: usize = 3;

/// What is said in the place of items where there are none.
pub fn none(keys: &KeyNames) -> [String; ROWS_OF_NONE] {
    let makes = keys.of_scope("bookmarks", Action::Bookmark, "m");
    let next = keys.of(Action::NextBookmark, "]b");
    let previous = keys.of(Action::PreviousBookmark, "[b");
    [
        "There are no bookmarks in this session yet.".to_owned(),
        format!("{makes} makes one of the row under the cursor, with a note if you like;"),
        format!("{next} and {previous} go from one to the next."),
    ]
}

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
