//! How many lines units take, so that scrolling does not wrap the same texts again and again.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::UnitId;
use crate::model::timeline::clock::Clock;
use crate::model::timeline::rows;
use crate::model::timeline::unit::{Before, Unit};

/// Heights that are remembered; beyond that all are worked out anew.
const KEPT: usize = 4_096;

#[derive(Debug, Clone, Default)]
pub(super) struct Heights(HashMap<UnitId, Height, RandomState>);

#[derive(Debug, Clone, Copy)]
struct Height {
    made_of: MadeOf,
    lines: usize,
}

/// Everything that a height depends on, beside the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct MadeOf {
    version: u64,
    before: Before,
    width: usize,
    folded: bool,
}

impl Heights {
    /// The height as it was worked out before, or anew. Those of another clock must be forgotten
    /// before, where lines between days differ.
    pub(super) fn of(&mut self, unit: Unit, width: usize, folded: bool, clock: &Clock) -> usize {
        let made_of = MadeOf { version: unit.version, before: unit.before, width, folded };
        if let Some(known) = self.0.get(&unit.id).filter(|known| known.made_of == made_of) {
            return known.lines;
        }
        if self.0.len() >= KEPT {
            self.0.clear();
        }
        let lines = rows::rows(&unit, width, folded, clock).len();
        self.0.insert(unit.id, Height { made_of, lines });
        lines
    }
}
