//! The sixteen bytes that a timeline keeps of every event.
//!
//! Everything that jumps, counts, filters and the minimap ask of a whole session is in here, so
//! that none of them reads an event. The invariant: a record is made from a [`Glance`] and never
//! from text.

use crate::api::glance::HideReason;
use crate::api::{EventKind, Glance};

use crate::model::timeline::Visibility;

/// Times are kept in steps of this many milliseconds since the first event.
const TICK: i64 = 16;
/// No time, or no partner.
const NONE: u32 = u32::MAX;
/// Tools beyond the first 254 names share a number.
pub const OTHER_TOOL: u8 = u8::MAX;

const HIDDEN: u8 = 1;
/// The service said that a compaction hid it.
const BY_COMPACTION: u8 = 1 << 1;
/// The service said that something else hid it.
const BY_OTHERS: u8 = 1 << 2;
const FAILED: u8 = 1 << 3;
const SUB_AGENT: u8 = 1 << 4;
/// This output is shown with its input.
const JOINED: u8 = 1 << 5;
const COMPACTED: u8 = 1 << 6;
/// Nobody but us has it.
const UNSTORED: u8 = 1 << 7;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Record {
    /// Where its line lies in a file, 40 bits.
    place_low: u32,
    place_high: u8,
    kind: EventKind,
    flags: u8,
    tool: u8,
    ticks: u32,
    partner: u32,
}

impl Record {
    pub(super) fn new(glance: &Glance, tool: u8, since: i64) -> Self {
        let mut record = Self {
            place_low: 0,
            place_high: 0,
            kind: glance.kind,
            flags: 0,
            tool,
            ticks: glance.at.map_or(NONE, |at| ticks(at, since)),
            partner: NONE,
        };
        match glance.hidden {
            Some(HideReason::Compaction) => record.flags |= HIDDEN | BY_COMPACTION | COMPACTED,
            Some(HideReason::Other) => record.flags |= HIDDEN | BY_OTHERS,
            Some(HideReason::Untold) => record.flags |= HIDDEN,
            None => {}
        }
        record.set(FAILED, glance.failed);
        record.set(SUB_AGENT, glance.sub_agent);
        record
    }

    fn has(self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    fn set(&mut self, flag: u8, on: bool) {
        if on {
            self.flags |= flag;
        } else {
            self.flags &= !flag;
        }
    }

    /// Where its line begins in a file; beyond a terabyte it cannot be told.
    pub(super) fn place(self) -> u64 {
        u64::from(self.place_high) << 32 | u64::from(self.place_low)
    }

    pub(super) fn set_place(&mut self, place: u64) {
        let [.., high, a, b, c, d] = place.to_be_bytes();
        (self.place_high, self.place_low) = (high, u32::from_be_bytes([a, b, c, d]));
    }

    /// What a reader needs of it to close an event whose end it does not read.
    pub(super) fn glance(self) -> Glance {
        Glance {
            kind: self.kind,
            failed: self.failed(),
            sub_agent: self.sub_agent(),
            ..Glance::nothing()
        }
    }

    pub(crate) fn kind(self) -> EventKind {
        self.kind
    }

    pub(crate) fn tool(self) -> u8 {
        self.tool
    }

    /// Milliseconds since 1970, a few too early.
    pub(crate) fn at(self, since: i64) -> Option<i64> {
        (self.ticks != NONE).then(|| since + i64::from(self.ticks) * TICK)
    }

    pub(crate) fn failed(self) -> bool {
        self.has(FAILED)
    }

    pub(crate) fn sub_agent(self) -> bool {
        self.has(SUB_AGENT)
    }

    pub(crate) fn stored(self) -> bool {
        !self.has(UNSTORED)
    }

    pub(super) fn set_stored(&mut self, stored: bool) {
        self.set(UNSTORED, !stored);
    }

    pub(super) fn set_hidden(&mut self, hidden: bool) {
        self.set(HIDDEN, hidden);
    }

    /// Hidden, and not for a reason that rules a compaction out.
    pub(super) fn may_be_compacted(self) -> bool {
        self.has(HIDDEN) && !self.has(BY_OTHERS)
    }

    pub(super) fn set_compacted(&mut self) {
        self.set(COMPACTED, true);
    }

    pub(crate) fn visibility(self) -> Visibility {
        match (self.has(HIDDEN), self.has(COMPACTED)) {
            (false, _) => Visibility::InContext,
            (true, true) => Visibility::Compacted,
            (true, false) => Visibility::Hidden,
        }
    }

    /// The other half of a tool call.
    pub(crate) fn partner(self) -> Option<usize> {
        (self.partner != NONE).then_some(self.partner as usize)
    }

    /// This output has no row of its own.
    pub(crate) fn joined(self) -> bool {
        self.has(JOINED)
    }

    pub(super) fn join(&mut self, partner: usize) {
        self.partner = u32::try_from(partner).unwrap_or(NONE);
        self.set(JOINED, self.kind == EventKind::ToolOutput);
    }

    pub(super) fn part(&mut self) {
        self.partner = NONE;
        self.set(JOINED, false);
    }
}

fn ticks(at: i64, since: i64) -> u32 {
    u32::try_from((at - since).max(0) / TICK).unwrap_or(NONE - 1).min(NONE - 1)
}

/// Numbers for the names of tools.
#[derive(Debug, Clone, Default)]
pub(super) struct Tools(Vec<u64>);

/// What a number says of the name of a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fingerprint {
    None,
    Of(u64),
    /// One of several names.
    Shared,
}

impl Tools {
    /// 0 is no tool.
    pub(super) fn number(&mut self, tool: Option<u64>) -> u8 {
        let Some(tool) = tool else { return 0 };
        let place = self.0.iter().position(|known| *known == tool).unwrap_or_else(|| {
            if self.0.len() < usize::from(OTHER_TOOL) {
                self.0.push(tool);
            }
            self.0.len() - 1
        });
        u8::try_from(place + 1).unwrap_or(OTHER_TOOL)
    }

    pub(super) fn fingerprint(&self, number: u8) -> Fingerprint {
        match number {
            OTHER_TOOL => Fingerprint::Shared,
            number => {
                let place = usize::from(number).checked_sub(1);
                let known = place.and_then(|place| self.0.get(place));
                known.map_or(Fingerprint::None, |print| Fingerprint::Of(*print))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_sixteen_bytes() {
        assert_eq!(size_of::<Record>(), 16);
    }

    #[test]
    fn a_place_in_a_file_is_kept_up_to_a_terabyte() {
        let mut record = Record::new(&Glance::nothing(), 0, 0);
        for place in [0, 1, u64::from(u32::MAX), (1 << 40) - 1] {
            record.set_place(place);
            assert_eq!(record.place(), place);
        }
    }

    #[test]
    fn times_before_the_first_and_after_the_end_of_time_stay_in_range() {
        let glance = |at| Glance { at: Some(at), ..Glance::nothing() };
        assert_eq!(Record::new(&glance(5_000), 0, 1_000).at(1_000), Some(5_000));
        assert_eq!(Record::new(&glance(0), 0, 1_000).at(1_000), Some(1_000));
        assert!(Record::new(&glance(i64::MAX / 2), 0, 1_000).at(1_000).is_some());
        assert_eq!(Record::new(&Glance::nothing(), 0, 1_000).at(1_000), None);
    }

    #[test]
    fn tools_beyond_the_last_number_share_one() {
        let mut tools = Tools::default();
        assert_eq!(tools.number(None), 0);
        let numbers: Vec<u8> = (0..300).map(|n| tools.number(Some(n))).collect();
        assert_eq!((numbers[0], numbers[1], numbers[299]), (1, 2, OTHER_TOOL));
        assert_eq!(tools.number(Some(0)), 1);
        assert_eq!(tools.fingerprint(0), Fingerprint::None);
        assert_eq!(tools.fingerprint(2), Fingerprint::Of(1));
        assert_eq!(tools.fingerprint(OTHER_TOOL), Fingerprint::Shared);
    }
}
