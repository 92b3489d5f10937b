//! What the agent still sees of its past: the one place that decides it.

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Visibility {
    #[default]
    InContext,
    /// Replaced by the summary of a compaction.
    Compacted,
    /// Hidden by a person or a program.
    Hidden,
    /// The file that it lies in does not tell.
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub in_context: usize,
    pub compacted: usize,
    pub hidden: usize,
}

impl Counts {
    pub(crate) fn add(&mut self, visibility: Visibility) {
        match visibility {
            Visibility::InContext | Visibility::Unknown => self.in_context += 1,
            Visibility::Compacted => self.compacted += 1,
            Visibility::Hidden => self.hidden += 1,
        }
    }

    pub(crate) fn remove(&mut self, visibility: Visibility) {
        let count = match visibility {
            Visibility::InContext | Visibility::Unknown => &mut self.in_context,
            Visibility::Compacted => &mut self.compacted,
            Visibility::Hidden => &mut self.hidden,
        };
        *count = count.saturating_sub(1);
    }

    /// An event turns out to be compacted; without a reason it was taken for hidden by hand.
    pub(crate) fn compact(&mut self, taken_for: Visibility) {
        if taken_for == Visibility::Hidden {
            self.hidden = self.hidden.saturating_sub(1);
            self.compacted += 1;
        }
    }
}
