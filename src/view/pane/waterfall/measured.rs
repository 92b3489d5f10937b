//! Durations that traces tell, by the event that they are of.
//!
//! A trace measures where it runs, events are stamped when they are stored; so a length of a trace
//! is nearer to the truth. Where each began is still told by the events, so that one screen has one
//! clock.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::bar::{End, Nature};
use super::course::Course;
use crate::api::EventId;
use crate::model::timeline::{Kind, Timeline, UnitId};

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured(HashMap<EventId, u64>);

impl Measured {
    /// Milliseconds by the event that ends a text, or begins a call.
    pub fn new(lengths: impl IntoIterator<Item = (EventId, u64)>) -> Self {
        Self(lengths.into_iter().collect())
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Adds what another answer told; where both tell of one event, the later one counts.
    pub fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// Gives bars the lengths that are known; how many there were.
    pub(super) fn apply(&self, course: &mut Course, timeline: &Timeline) -> usize {
        let mut found = 0;
        for (event, length) in &self.0 {
            let row = timeline.row_of_id(&UnitId::from(event));
            let Some(at) = row.and_then(|row| course.bar_of_row(row)) else { continue };
            let bar = &mut course.bars[at];
            let length = u32::try_from(*length).unwrap_or(u32::MAX);
            match bar.nature {
                Nature::Tool if bar.end == End::Known => {
                    if let Some(total) = course.tools.get_mut::<usize>(bar.tool.into()) {
                        let others = total.length.saturating_sub(bar.length.into());
                        total.length = others.saturating_add(length.into());
                    }
                }
                // They are stamped at their end.
                Nature::Model | Nature::Compaction if bar.kind != Kind::Step => {
                    bar.start = bar.start.saturating_add(bar.length).saturating_sub(length);
                }
                // A trace does not measure how long a person took.
                _ => continue,
            }
            (bar.length, bar.measured) = (length, true);
            found += 1;
        }
        found
    }
}
