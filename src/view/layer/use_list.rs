//! The rows that name a file, as a list to jump from.
//!
//! The invariant: the row that made the file is told from those that only used it, and what may be
//! missing is said.

use crate::api::Artifact;
use crate::model::timeline::rows::{self, Part};
use crate::model::timeline::{Clock, Timeline, UnitId};
use crate::text::sanitize::preview;
use crate::text::units::counted;
use crate::view::ItemList;

/// Characters of a subject that are kept, and the columns for which it is made.
const SHOWN: usize = 200;

/// All text in it is sanitised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub unit: UnitId,
    /// `made`, `sent`, `read` or `named`.
    pub role: &'static str,
    pub time: String,
    pub kind: &'static str,
    pub subject: String,
    /// The agent does not see it.
    pub hidden: bool,
}

pub type UseList = ItemList<Item>;

impl UseList {
    pub fn of(timeline: &Timeline, file: &Artifact, clock: &Clock) -> Self {
        let (uses, more) = timeline.uses(&file.id);
        let maker = timeline.maker(&uses, file.created_at).cloned();
        let item = |used: crate::model::timeline::Use| {
            let unit = timeline.unit(&used.unit)?;
            let rows = rows::rows(&unit, SHOWN, true, clock).into_iter();
            let head = rows.into_iter().find(|row| row.part != Part::Rule)?;
            let subject = [head.subject, head.detail].join(" ");
            let made = maker.as_ref().is_some_and(|maker| maker.unit == used.unit);
            Some(Item {
                role: if made { "made" } else { used.role.word() },
                time: unit.at.map_or_else(String::new, |at| clock.wall.exact(at)),
                kind: unit.kind.word(),
                subject: preview(subject.trim(), SHOWN),
                hidden: used.hidden,
                unit: used.unit,
            })
        };
        let items: Vec<Item> = uses.into_iter().filter_map(item).collect();
        let mut title =
            format!("{} is named by {}", preview(&file.filename, 60), counted(items.len(), "row"));
        if more > 0 {
            title = format!("{title}, and {more} more");
        }
        if !timeline.reaches_start() {
            title.push_str(" · older ones are not loaded");
        }
        Self::new(title, items)
    }
}
