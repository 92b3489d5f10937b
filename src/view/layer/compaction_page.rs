//! What a compaction takes and what it leaves, as a list, before anything is asked of the service.
//!
//! Made anew for each look; the list shows the rows that are nearest to the border, and its headings
//! count all of them. Start with [`CompactionPage::of`]. The invariant: a plan names the last event that
//! goes, so that one that has become another is told from it.

use crate::api::SessionRef;
use crate::model::timeline::rows::{self, Part};
use crate::model::timeline::{Clock, Parting, Share, Timeline, Unit, UnitId};
use crate::text::sanitize::preview;
use crate::text::units::{counted, grouped, tokens};
use crate::view::ItemList;

/// Rows of each part that are listed.
const LISTED: usize = 200;
/// Characters of a subject that are kept, and the columns for which it is made.
const SHOWN: usize = 200;

/// Where the border is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UpTo {
    /// Behind this row.
    Row(UnitId),
    /// Before the newest so many messages; whether somebody told that number.
    Inputs { kept: usize, told: bool },
}

/// What is asked about, and held against what there is when the answer comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompactionPlan {
    pub session: SessionRef,
    pub up_to: UpTo,
    pub parting: Parting,
}

impl CompactionPlan {
    /// `None` where nothing would go.
    pub fn of(timeline: &Timeline, session: &SessionRef, up_to: UpTo) -> Option<Self> {
        let parting = match &up_to {
            UpTo::Row(unit) => timeline.part_behind(unit),
            UpTo::Inputs { kept, .. } => timeline.part_before_inputs(*kept),
        };
        let parting = parting.filter(|parting| parting.first.events > 0)?;
        Some(Self { session: session.clone(), up_to, parting })
    }

    /// Whether the same would go now.
    pub fn still_holds(&self, timeline: &Timeline) -> bool {
        let now = Self::of(timeline, &self.session, self.up_to.clone());
        now.is_some_and(|now| {
            let (now, then) = (&now.parting, &self.parting);
            (&now.border, now.first, now.whole) == (&then.border, then.first, then.whole)
        })
    }
}

/// `12 events, about 18k tokens`.
pub fn weighed(share: Share) -> String {
    format!("{}, about {} tokens", counted(share.events, "event"), tokens(share.tokens))
}

/// All text in it is sanitised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// Above a part, and what is to be known of it.
    Heading(String),
    Remark(String),
    Row(Row),
}

#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Row {
    pub goes: bool,
    pub time: String,
    pub kind: &'static str,
    pub subject: String,
    pub tokens: u64,
    pub bookmarked: bool,
    /// A tool call with its output.
    pub pair: bool,
    /// Its output is on the other side.
    pub split: bool,
}

#[derive(Debug, Clone)]
pub struct CompactionPage {
    pub plan: CompactionPlan,
    pub list: ItemList<Line>,
}

impl CompactionPage {
    pub fn of(plan: CompactionPlan, timeline: &Timeline, clock: &Clock) -> Self {
        let parting = &plan.parting;
        let [first, rest] = timeline.around(parting, LISTED);
        let mut lines = vec![Line::Heading(format!("goes: {}", weighed(parting.first)))];
        lines.extend(remarks(parting).into_iter().map(Line::Remark));
        if first.more > 0 {
            lines.push(Line::Remark(format!("{} older rows", grouped(first.more))));
        }
        let row = |goes| move |unit: &Unit| Line::Row(row(timeline, parting, unit, goes, clock));
        lines.extend(first.units.iter().map(row(true)));
        let border = lines.len();
        let stays = match parting.rest.events {
            0 => "nothing".to_owned(),
            _ => weighed(parting.rest),
        };
        lines.push(Line::Heading(format!("stays: {stays}")));
        if let UpTo::Inputs { told: false, .. } = plan.up_to {
            let words = "how much the agent's rule keeps was not told: this is what is usual";
            lines.push(Line::Remark(words.to_owned()));
        }
        lines.extend(rest.units.iter().map(row(false)));
        if rest.more > 0 {
            lines.push(Line::Remark(format!("{} newer rows", grouped(rest.more))));
        }
        let mut list = ItemList::new(title(parting), lines);
        // What is nearest to the border is what may be meant otherwise.
        list.viewport.select(border);
        Self { plan, list }
    }
}

fn title(parting: &Parting) -> String {
    let (first, rest) = (parting.first, parting.rest);
    let go = if first.events == 1 { "goes" } else { "go" };
    let goes =
        format!("{} {go}, about {} tokens", counted(first.events, "event"), tokens(first.tokens));
    let stays = match rest.events {
        0 => "nothing stays".to_owned(),
        1 => format!("1 stays, about {}", tokens(rest.tokens)),
        many => format!("{} stay, about {}", grouped(many), tokens(rest.tokens)),
    };
    format!("Compact: {goes}; {stays}")
}

fn remarks(parting: &Parting) -> Vec<String> {
    let mut parts = Vec::new();
    if parting.calls > 0 {
        let them = if parting.calls == 1 { "its output" } else { "their outputs" };
        parts.push(format!("{} with {them}", counted(parting.calls, "tool call")));
    }
    if parting.bookmarked > 0 {
        parts.push(counted(parting.bookmarked, "bookmark"));
    }
    let mut remarks = Vec::new();
    if !parts.is_empty() {
        remarks.push(format!("among them {}", parts.join(" and ")));
    }
    if parting.split > 0 {
        let calls = counted(parting.split, "tool call");
        remarks.push(format!("half of {calls} only: the output stays"));
    }
    if !parting.whole {
        remarks.push("older events, which are not loaded, go too".to_owned());
    }
    remarks
}

fn row(timeline: &Timeline, parting: &Parting, unit: &Unit, goes: bool, clock: &Clock) -> Row {
    let rows = rows::rows(unit, SHOWN, true, clock).into_iter();
    let head = rows.into_iter().find(|row| row.part != Part::Rule);
    let subject = head.map(|head| [head.subject, head.detail].join(" ")).unwrap_or_default();
    let events = unit.event.iter().chain(&unit.output);
    Row {
        goes,
        time: unit.at.map_or_else(String::new, |at| clock.wall.exact(at)),
        kind: unit.kind.word(),
        subject: preview(subject.trim(), SHOWN),
        tokens: events.map(|event| event.size() as u64 / 4).sum(),
        bookmarked: unit.note.is_some(),
        pair: unit.tool_input().is_some() && unit.output.is_some(),
        split: goes && timeline.is_split(parting, unit),
    }
}
