//! The jump list: where a person was before each jump, to go back to, and forward again.

use crate::api::{ArtifactId, EventId, SessionRef};
use crate::model::timeline::UnitId;

/// A row of a session, a call in the inspector, or the comparison of two sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jump {
    pub session: SessionRef,
    pub unit: UnitId,
    /// The place was the inspector, on the call of that row.
    pub call: Option<EventId>,
    /// The place was the files of the session, on this one.
    pub file: Option<ArtifactId>,
    /// The place was the comparison of two sessions.
    pub compared: bool,
}

impl Jump {
    /// A row of the timeline.
    pub fn to(session: SessionRef, unit: UnitId) -> Self {
        Self { session, unit, call: None, file: None, compared: false }
    }
}

const KEPT: usize = 100;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JumpList {
    back: Vec<Jump>,
    forward: Vec<Jump>,
}

impl JumpList {
    /// A jump leaves this place; what lay ahead is forgotten.
    pub fn leave(&mut self, place: Jump) {
        self.forward.clear();
        if self.back.last() != Some(&place) {
            self.back.push(place);
            if self.back.len() > KEPT {
                self.back.remove(0);
            }
        }
    }

    /// The place to go to from `here`, if there is one in that direction.
    pub fn walk(&mut self, back: bool, here: Option<Jump>) -> Option<Jump> {
        let (from, to) = if back {
            (&mut self.back, &mut self.forward)
        } else {
            (&mut self.forward, &mut self.back)
        };
        let mut next = from.pop()?;
        if Some(&next) == here.as_ref() {
            next = from.pop()?;
        }
        to.extend(here);
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(unit: &str) -> Jump {
        Jump::to(SessionRef::new("a", "s"), UnitId::named(unit))
    }

    #[test]
    fn the_way_back_leads_forward_again_until_another_jump() {
        let mut jumps = JumpList::default();
        jumps.leave(place("1"));
        jumps.leave(place("2"));
        assert_eq!(jumps.walk(true, Some(place("3"))), Some(place("2")));
        assert_eq!(jumps.walk(true, Some(place("2"))), Some(place("1")));
        assert_eq!(jumps.walk(true, Some(place("1"))), None);
        assert_eq!(jumps.walk(false, Some(place("1"))), Some(place("2")));
        jumps.leave(place("2"));
        assert_eq!(jumps.walk(false, Some(place("9"))), None);
    }
}
