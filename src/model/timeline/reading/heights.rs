//! How many lines units take, so that scrolling does not wrap the same texts again and again, and the
//! rows that they were measured by, until somebody draws them.

use std::cell::RefCell;
use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::UnitId;
use crate::model::timeline::clock::{Clock, Tick};
use crate::model::timeline::rows::{self, Row};
use crate::model::timeline::unit::{Before, Unit};

/// Heights that are remembered; beyond that all are worked out anew.
const KEPT: usize = 4_096;

/// Units whose rows are kept until they are drawn: more than a screen has, of units as low as they get.
const LAID_OUT: usize = 256;

#[derive(Debug, Clone, Default)]
pub(super) struct Heights {
    known: HashMap<UnitId, Height, RandomState>,
    /// What was laid out to be measured, for whoever draws it next.
    laid_out: RefCell<HashMap<UnitId, LaidOut, RandomState>>,
}

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

#[derive(Debug, Clone)]
struct LaidOut {
    /// Of the unit below what is shown above it.
    version: u64,
    width: usize,
    folded: bool,
    tick: Tick,
    rows: Vec<Row>,
}

impl Heights {
    /// The height as it was worked out before, or anew. Those of another clock must be forgotten
    /// before, where lines between days differ.
    pub(super) fn of(
        &mut self,
        mut unit: Unit,
        width: usize,
        folded: bool,
        clock: &Clock,
    ) -> usize {
        let made_of = MadeOf { version: unit.version, before: unit.before, width, folded };
        if let Some(known) = self.known.get(&unit.id).filter(|known| known.made_of == made_of) {
            return known.lines;
        }
        if self.known.len() >= KEPT {
            self.known.clear();
        }
        unit.follow(unit.before);
        let (version, tick) = (unit.version, clock.tick());
        let rows = rows::rows(&unit, width, folded, clock);
        let lines = rows.len();
        self.known.insert(unit.id.clone(), Height { made_of, lines });
        let laid_out = self.laid_out.get_mut();
        if laid_out.len() >= LAID_OUT {
            laid_out.clear();
        }
        laid_out.insert(unit.id, LaidOut { version, width, folded, tick, rows });
        lines
    }

    /// The rows of a unit: those that it was measured by, which are given away, or else new ones.
    pub(super) fn rows(&self, unit: &Unit, width: usize, folded: bool, clock: &Clock) -> Vec<Row> {
        let laid_out = self.laid_out.borrow_mut().remove(&unit.id).filter(|laid_out| {
            (laid_out.version, laid_out.width) == (unit.version, width)
                && (laid_out.folded, laid_out.tick) == (folded, clock.tick())
        });
        laid_out.map_or_else(|| rows::rows(unit, width, folded, clock), |laid_out| laid_out.rows)
    }
}
