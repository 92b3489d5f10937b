//! Finds the output of every tool call, wherever it lies.
//!
//! Works on event after event, so that a session that grows joins what is new only. Providers may
//! use a call id again: the first input that is still open takes the next output.

use std::collections::{HashMap, VecDeque};

use foldhash::fast::RandomState;

use crate::api::{EventKind, Glance};

/// Asked for every call of a file.
type Places = HashMap<u64, VecDeque<u32>, RandomState>;

#[derive(Debug, Clone, Default)]
pub(super) struct Joiner {
    /// Inputs without an output so far, oldest first, by the fingerprint of the call id.
    open: Places,
    /// Outputs that came before any input.
    early: Places,
}

impl Joiner {
    /// Takes the next event; input and output of a call that is now whole.
    pub(super) fn add(&mut self, at: usize, glance: &Glance) -> Option<(usize, usize)> {
        let call = glance.call?;
        let place = u32::try_from(at).ok()?;
        match glance.kind {
            EventKind::ToolInput => {
                self.open.entry(call).or_default().push_back(place);
                None
            }
            EventKind::ToolOutput => {
                let Some(inputs) = self.open.get_mut(&call) else {
                    self.early.entry(call).or_default().push_back(place);
                    return None;
                };
                let input = inputs.pop_front()?;
                if inputs.is_empty() {
                    self.open.remove(&call);
                }
                Some((input as usize, at))
            }
            _ => None,
        }
    }

    /// Pairs of which the output came first, as far as what is here so far tells: the next event may
    /// bring the true output. Only a call id with one open input is clear enough.
    pub(super) fn early_pairs(&self) -> Vec<(usize, usize)> {
        let pair = |(call, outputs): (&u64, &VecDeque<u32>)| {
            let inputs = self.open.get(call).filter(|inputs| inputs.len() == 1)?;
            Some((*inputs.front()? as usize, *outputs.front()? as usize))
        };
        self.early.iter().filter_map(pair).collect()
    }
}
