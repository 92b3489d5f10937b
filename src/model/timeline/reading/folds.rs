//! What a person folded: units by name, and turns and steps by the units they begin with.

use std::collections::HashSet;

use super::UnitId;

#[derive(Debug, Clone, Default)]
pub(super) struct Folds {
    open_by_default: bool,
    /// Units folded otherwise than by default.
    units: HashSet<UnitId>,
    /// Every turn, unless `groups` says otherwise.
    turns: bool,
    /// Groups folded otherwise than `turns` says.
    groups: HashSet<UnitId>,
}

impl Folds {
    pub(super) fn is_folded(&self, unit: &UnitId) -> bool {
        self.open_by_default == self.units.contains(unit)
    }

    pub(super) fn toggle(&mut self, unit: &UnitId) {
        toggle(&mut self.units, unit);
    }

    pub(super) fn all(&mut self, folded: bool) {
        self.open_by_default = !folded;
        self.units.clear();
    }

    /// A unit has another name now.
    pub(super) fn rename(&mut self, from: &UnitId, to: &UnitId) {
        if self.units.remove(from) {
            self.units.insert(to.clone());
        }
    }

    /// No turn and no step is folded.
    pub(super) fn no_group(&self) -> bool {
        self.groups.is_empty() && !self.turns
    }

    /// Whether the turn, or (unless `turn`) the step, is folded that begins with this unit.
    pub(super) fn is_group_folded(&self, first: Option<&UnitId>, turn: bool) -> bool {
        (turn && self.turns) != first.is_some_and(|id| self.groups.contains(id))
    }

    pub(super) fn toggle_group(&mut self, first: &UnitId) {
        toggle(&mut self.groups, first);
    }

    /// Folds every turn, or unfolds every turn and step.
    pub(super) fn all_turns(&mut self, folded: bool) {
        self.turns = folded;
        self.groups.clear();
    }
}

fn toggle(set: &mut HashSet<UnitId>, unit: &UnitId) {
    if !set.remove(unit) {
        set.insert(unit.clone());
    }
}
