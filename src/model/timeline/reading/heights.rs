//! How many lines units take, so that scrolling does not wrap the same texts again and again.

use std::collections::HashMap;

use super::UnitId;
use crate::model::timeline::clock::Clock;
use crate::model::timeline::rows;
use crate::model::timeline::unit::Unit;

/// Heights that are remembered; beyond that all are worked out anew.
const KEPT: usize = 4_096;

#[derive(Debug, Clone, Default)]
pub(super) struct Heights(HashMap<UnitId, Height>);

#[derive(Debug, Clone, Copy)]
struct Height {
    version: u64,
    width: usize,
    folded: bool,
    lines: usize,
}

impl Heights {
    /// The height as it was worked out before, if nothing about the unit changed since.
    pub(super) fn known(&self, unit: &Unit, width: usize, folded: bool) -> Option<usize> {
        let known = self.0.get(&unit.id)?;
        let is_current =
            (known.version, known.width, known.folded) == (unit.version, width, folded);
        is_current.then_some(known.lines)
    }

    /// Works the height out. Those of another clock must be forgotten before, where lines between
    /// days differ.
    pub(super) fn of(&mut self, unit: Unit, width: usize, folded: bool, clock: &Clock) -> usize {
        if self.0.len() >= KEPT {
            self.0.clear();
        }
        let lines = rows::rows(&unit, width, folded, clock).len();
        self.0.insert(unit.id, Height { version: unit.version, width, folded, lines });
        lines
    }
}
