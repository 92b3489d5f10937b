//! The sessions that were branched from one another, as a list to walk.
//!
//! Made anew each time it is opened. The invariant: an origin stands above its branches, and one that
//! is not listed any more is named all the same.

use crate::api::{SessionRef, Timestamp};
use crate::model::Sessions;
use crate::model::attention::Attention;
use crate::model::lineage::{self, Taken};
use crate::text::{quoted, units};
use crate::view::ItemList;

/// Columns of a name that are kept.
const NAME: usize = 60;
/// Characters of an event's id that tell it from others.
const ID: usize = 12;

/// All text in it is sanitised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub session: SessionRef,
    pub depth: usize,
    pub name: String,
    /// How it stands; `None` for one that is not listed.
    pub state: Option<Attention>,
    /// `after aev_0b6f0a0e, 3h`.
    pub origin: String,
    /// It is the one that is open.
    pub is_open: bool,
}

pub type BranchList = ItemList<Item>;

impl BranchList {
    /// `None` where nothing of the kind is known of the session.
    pub fn of_family(sessions: &Sessions, of: &SessionRef, now: Timestamp) -> Option<Self> {
        let family = lineage::family(sessions, of);
        if family.len() < 2 {
            return None;
        }
        let item = |kin: lineage::Kin| {
            let entry = sessions.get(&kin.session);
            let key = kin.session.key.as_str();
            let name =
                entry.map(|entry| entry.session.name.as_str()).filter(|name| !name.is_empty());
            let age = entry.map(|entry| units::ago(entry.session.created_at, now));
            let taken = kin.taken.as_ref().map(|taken| match taken {
                Taken::All => "of all of it".to_owned(),
                Taken::UpTo(event) => format!("after {}", quoted::in_heading(event.as_str(), ID)),
                Taken::Nothing => "begun anew".to_owned(),
            });
            let parts: Vec<String> = taken.into_iter().chain(age).collect();
            Item {
                depth: kin.depth,
                name: quoted::in_list(name.unwrap_or(key), NAME),
                state: entry.map(|entry| entry.attention),
                origin: parts.join(", "),
                is_open: kin.session == *of,
                session: kin.session,
            }
        };
        let items: Vec<Item> = family.into_iter().map(item).collect();
        let here = items.iter().position(|item| item.is_open).unwrap_or(0);
        let title = format!("Branches: {}", units::counted(items.len(), "session"));
        let mut list = Self::new(title, items);
        list.viewport.select(here);
        Some(list)
    }
}
