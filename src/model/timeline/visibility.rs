//! What the agent still sees of its past: the one place that decides it.

use crate::api::EventBody;

use super::Entry;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Visibility {
    #[default]
    InContext,
    /// Replaced by the summary of a compaction.
    Compacted,
    /// Hidden by a person or a program.
    Hidden,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub in_context: usize,
    pub compacted: usize,
    pub hidden: usize,
}

/// Visibility of each entry, and for compacted ones the index of the compaction that covers them.
///
/// `hide_reason` decides where the service sends it. Where it does not, a compaction stands for the
/// `events_compacted` hidden events nearest before it, and any other hidden event was hidden by
/// hand.
pub(super) fn of(entries: &[Entry]) -> Vec<(Visibility, Option<usize>)> {
    let mut out = vec![(Visibility::InContext, None); entries.len()];
    // From the newest compaction backwards: each may take what no later one took.
    let mut open: Vec<(usize, u64)> = Vec::new();
    for (at, entry) in entries.iter().enumerate().rev() {
        if let EventBody::Compaction(compaction) = &entry.event.body {
            open.push((at, compaction.events_compacted));
        }
        if !entry.hidden {
            continue;
        }
        let reason = entry.event.hide_reason.as_deref();
        let nearest = open.iter_mut().rev().find(|(index, left)| *left > 0 && *index != at);
        out[at] = match (reason, nearest) {
            (None | Some("compaction"), Some((index, left))) => {
                *left -= 1;
                (Visibility::Compacted, Some(*index))
            }
            (Some("compaction"), None) => (Visibility::Compacted, None),
            _ => (Visibility::Hidden, None),
        };
    }
    out
}
