//! What each pane is made of, from above: named rectangles, for settling and drawing alike.
//!
//! Knows sizes, and of what is shown only how much there is. Start with the pane in question. The
//! invariant: the parts of a pane lie within it, however small it is.

use super::Area;
use crate::text::width;

/// What the list of sessions is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionsParts {
    pub heading: Area,
    /// Which sessions are listed; without rows in a narrow pane.
    pub filter: Area,
    pub list: Area,
}

impl SessionsParts {
    pub fn of(pane: Area, wide: bool) -> Self {
        let filter = u16::from(wide);
        Self {
            heading: pane.row(0),
            filter: pane.between(1, 0).top(filter),
            list: pane.between(1 + filter, 0),
        }
    }
}

/// What the timeline's pane is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimelineParts {
    pub heading: Area,
    /// The minimap, with what stands at its ends.
    pub minimap: Area,
    /// What is in the context; without rows in a narrow pane.
    pub context: Area,
    pub units: Area,
    pub footer: Area,
}

impl TimelineParts {
    pub fn of(pane: Area, wide: bool) -> Self {
        Self {
            heading: pane.row(0),
            minimap: pane.row(1),
            context: pane.between(2, 0).top(u16::from(wide)),
            units: pane.between(if wide { 4 } else { 2 }, 1),
            footer: pane.last_row(),
        }
    }

    /// Columns of the minimap itself, between what stands at its ends: each end has a margin, and
    /// the map an end.
    pub fn map_columns(&self, ends: &[String; 2]) -> u16 {
        let beside: usize = ends.iter().map(|end| width::width(end) + 1).sum();
        self.minimap.width.saturating_sub(u16::try_from(beside + 2).unwrap_or(u16::MAX))
    }
}

/// What the detail of a unit is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DetailParts {
    pub heading: Area,
    pub path: Area,
    pub body: Area,
    pub footer: Area,
}

impl DetailParts {
    pub fn of(pane: Area) -> Self {
        Self {
            heading: pane.row(0),
            path: pane.row(1),
            body: pane.between(2, 1),
            footer: pane.last_row(),
        }
    }
}

/// What the account of where time went is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaterfallParts {
    pub heading: Area,
    pub summary: Area,
    pub axis: Area,
    pub bars: Area,
    pub footer: Area,
}

impl WaterfallParts {
    /// Rows that bars have at least, before the summary has any.
    const BARS: u16 = 4;

    /// `summary`: lines that there are to say.
    pub fn of(pane: Area, summary: usize) -> Self {
        let body = pane.between(1, 1);
        let room = body.height.saturating_sub(1 + Self::BARS);
        let rows = u16::try_from(summary).unwrap_or(u16::MAX).min(room);
        Self {
            heading: pane.row(0),
            summary: body.top(rows),
            axis: body.row(rows),
            bars: body.between(rows + 1, 0),
            footer: pane.last_row(),
        }
    }
}

/// What the pane of the queue is made of, from above.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QueueParts {
    pub heading: Area,
    pub order: Area,
    /// The calls, two rows each.
    pub list: Area,
    /// What is known of the selected one.
    pub facts: Area,
    /// What led to it; without rows where there is no room.
    pub why: Area,
}

impl QueueParts {
    const ABOVE: u16 = 3;
    const CALL: u16 = 2;
    const FACTS: u16 = 6;
    const WHY: u16 = 8;
    /// Pane rows from which the list does not suffer from the reasons below it.
    const ROOM_FOR_WHY: u16 = 26;

    /// `is_empty`: there is no call, and nothing to say of one.
    pub fn of(pane: Area, is_empty: bool) -> Self {
        let why = if pane.height >= Self::ROOM_FOR_WHY && !is_empty { Self::WHY } else { 0 };
        let (rest, why) = pane.between(Self::ABOVE, 0).split_bottom(why);
        // However little room there is, a call is seen.
        let room = rest.height.saturating_sub(Self::CALL);
        let (list, facts) = rest.split_bottom(if is_empty { 0 } else { Self::FACTS.min(room) });
        Self { heading: pane.row(0), order: pane.row(1), list, facts, why }
    }

    /// Calls that are seen at once; those set aside have a heading of one row.
    pub fn calls(&self, set_aside: usize) -> usize {
        usize::from(self.list.height.saturating_sub(u16::from(set_aside > 0)) / Self::CALL).max(1)
    }
}

/// What the reasons of a call are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WhyParts {
    pub heading: Area,
    /// The reasons, and a row that says which keys there are.
    pub reasons: Area,
    /// Lines that a reason has at most.
    pub lines: usize,
}

impl WhyParts {
    /// Below the queue.
    pub fn below_queue(area: Area) -> Self {
        Self { heading: area.row(0), reasons: area.between(1, 0), lines: 2 }
    }

    /// In a pane of their own.
    pub fn alone(pane: Area) -> Self {
        Self { heading: pane.row(0), reasons: pane.between(2, 0), lines: 6 }
    }

    /// Reasons of which at least the beginning is seen, however long they are.
    pub fn shown(&self) -> usize {
        usize::from(self.reasons.height.saturating_sub(1)).div_ceil(self.lines)
    }
}

/// What the list of files is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileListParts {
    pub heading: Area,
    /// Order and filter; without rows in a narrow pane.
    pub order: Area,
    pub files: Area,
    /// What is known of the selected one.
    pub facts: Area,
}

impl FileListParts {
    /// Rows of facts, with their heading.
    const FACTS: u16 = 7;
    const FACTS_WIDE: u16 = 12;
    /// Rows that files have, even where that leaves too few for facts.
    const FILES: u16 = 3;

    pub fn of(pane: Area, wide: bool) -> Self {
        let (above, facts) = if wide { (3, Self::FACTS_WIDE) } else { (1, Self::FACTS) };
        let rest = pane.between(above, 0);
        let files = rest.height.saturating_sub(facts).max(Self::FILES);
        let (files, facts) = rest.split_bottom(rest.height.saturating_sub(files));
        Self { heading: pane.row(0), order: pane.between(1, 0).top(u16::from(wide)), files, facts }
    }
}

/// What the list of agents is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgentListParts {
    pub heading: Area,
    pub rows: Area,
}

impl AgentListParts {
    pub fn of(pane: Area) -> Self {
        Self { heading: pane.row(0), rows: pane.between(1, 0) }
    }
}

/// What the pane of what is known of an agent is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgentFactsParts {
    pub heading: Area,
    pub lines: Area,
    pub footer: Area,
}

impl AgentFactsParts {
    pub fn of(pane: Area) -> Self {
        Self { heading: pane.row(0), lines: pane.between(1, 1), footer: pane.last_row() }
    }
}

/// What a comparison of two files is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiffParts {
    pub heading: Area,
    pub names: Area,
    pub lines: Area,
}

impl DiffParts {
    pub fn of(pane: Area) -> Self {
        Self { heading: pane.row(0), names: pane.row(1), lines: pane.between(2, 0) }
    }
}

/// What a comparison of two sessions is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionDiffParts {
    pub heading: Area,
    pub names: Area,
    /// What both came to.
    pub totals: Area,
    pub lines: Area,
}

impl SessionDiffParts {
    pub fn of(pane: Area) -> Self {
        let (heading, names, totals) = (pane.row(0), pane.row(1), pane.row(2));
        Self { heading, names, totals, lines: pane.between(3, 0) }
    }
}

/// What the answer to a call is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerParts {
    pub heading: Area,
    /// What is written, and below that what a command said.
    pub field: Area,
    /// What is checked and what is not; without rows where nothing is to be said of that.
    pub note: Area,
    /// What would be sent.
    pub summary: Area,
}

impl AnswerParts {
    /// Calls that are told of one by one.
    pub const TOLD: usize = 6;

    /// `together`: answers that go together.
    pub fn of(pane: Area, wide: bool, together: usize, noted: bool) -> Self {
        let summary = if wide { together.min(Self::TOLD) + 3 } else { 2 };
        let summary = u16::try_from(summary).unwrap_or(u16::MAX);
        let body = pane.below_heading();
        let (field, below) = body.split_bottom(summary.saturating_add(u16::from(noted)));
        let note = below.top(u16::from(noted));
        Self { heading: pane.row(0), field, note, summary: below.between(note.height, 0) }
    }
}

/// What the composer is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ComposerParts {
    /// The rule that says what Enter would do.
    pub border: Area,
    /// What goes along; without rows where nothing does.
    pub along: Area,
    /// What the word under the cursor may become.
    pub offers: Area,
    pub field: Area,
    /// How much the message is; without rows where there is no room.
    pub foot: Area,
}

impl ComposerParts {
    /// Rows of the text, as long as it has no more lines than that.
    const TEXT: u16 = 4;
    /// Rows of the text that are seen, before anything else has one.
    const FIELD: u16 = 2;

    /// Rows that it wants: it grows with its text.
    pub fn rows(lines: usize, along: bool, offers: u16) -> u16 {
        let text = u16::try_from(lines).unwrap_or(u16::MAX).max(Self::TEXT);
        text.saturating_add(2 + u16::from(along) + offers)
    }

    pub fn of(pane: Area, along: bool, offers: u16) -> Self {
        let room = |used: u16| pane.height.saturating_sub(1 + Self::FIELD + used);
        let foot = room(0).min(1);
        let along = room(foot).min(u16::from(along));
        let offers = room(foot + along).min(offers);
        let below = pane.between(1 + along, 0);
        Self {
            border: pane.row(0),
            along: pane.between(1, 0).top(along),
            offers: below.top(offers),
            field: below.between(offers, foot),
            foot: below.split_bottom(foot).1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_lie_one_below_the_other_within_their_pane() {
        for (height, wide) in (0..40).flat_map(|height| [(height, false), (height, true)]) {
            let pane = Area::new(3, 5, 50, height);
            let sessions = SessionsParts::of(pane, wide);
            stacked(pane, &[sessions.heading, sessions.filter, sessions.list]);
            let files = FileListParts::of(pane, wide);
            stacked(pane, &[files.heading, files.order, files.files, files.facts]);
            let diff = DiffParts::of(pane);
            stacked(pane, &[diff.heading, diff.names, diff.lines]);
            let diff = SessionDiffParts::of(pane);
            stacked(pane, &[diff.heading, diff.names, diff.totals, diff.lines]);
            let agents = AgentListParts::of(pane);
            stacked(pane, &[agents.heading, agents.rows]);
            let facts = AgentFactsParts::of(pane);
            stacked(pane, &[facts.heading, facts.lines]);
            stacked(pane, &[facts.lines, facts.footer]);
            let queue = QueueParts::of(pane, !wide);
            stacked(pane, &[queue.heading, queue.order, queue.list, queue.facts, queue.why]);
            for why in [WhyParts::alone(pane), WhyParts::below_queue(pane)] {
                stacked(pane, &[why.heading, why.reasons]);
            }
            // A footer takes its row from what is above it.
            let timeline = TimelineParts::of(pane, wide);
            stacked(pane, &[timeline.heading, timeline.minimap, timeline.context, timeline.units]);
            let detail = DetailParts::of(pane);
            stacked(pane, &[detail.heading, detail.path, detail.body]);
            for summary in [0, 2, 6] {
                let account = WaterfallParts::of(pane, summary);
                stacked(pane, &[account.heading, account.summary, account.axis, account.bars]);
                stacked(pane, &[account.bars, account.footer]);
            }
            for offers in [0, 3, 9] {
                let composer = ComposerParts::of(pane, wide, offers);
                let ComposerParts { border, along, offers, field, foot } = composer;
                stacked(pane, &[border, along, offers, field, foot]);
                assert!(field.height >= pane.height.saturating_sub(1).min(2), "{composer:?}");
            }
            stacked(pane, &[timeline.units, timeline.footer]);
            stacked(pane, &[detail.body, detail.footer]);
        }
    }

    fn stacked(pane: Area, parts: &[Area]) {
        let mut y = pane.y;
        for part in parts.iter().filter(|part| part.height > 0) {
            assert!(part.y >= y, "{parts:?} in {pane:?}");
            y = part.y + part.height;
        }
        assert!(y <= pane.y + pane.height, "{parts:?} in {pane:?}");
    }
}
