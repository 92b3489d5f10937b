//! From moments to bars: which turn, call or text took how long, and what the time went to.
//!
//! One pass over the events, in their order. Clocks of services jump, so the time here is the sum
//! of the steps forward between one event and the next; a step back counts as none. The invariant:
//! every millisecond is counted for exactly one thing.

use std::collections::HashMap;

use super::bar::{Bar, End, Nature, ToolTotal, Totals, Turn};
use crate::api::EventKind;
use crate::model::timeline::{Kind, Moment, State};

/// Uploads directly before a message belong to its turn; of a longer row only the last ones may.
const UPLOADS_HELD: usize = 64;

/// What is known beside the events.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Present {
    pub(super) running: bool,
    /// It is known which calls wait.
    pub(super) told: bool,
    /// Milliseconds since 1970; `None` for a session in a file.
    pub(super) now: Option<i64>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Course {
    pub(super) turns: Vec<Turn>,
    /// In the order of their rows, and so of their turns.
    pub(super) bars: Vec<Bar>,
    pub(super) totals: Totals,
    /// By the number of the tool.
    pub(super) tools: Vec<ToolTotal>,
    /// Something goes on, so that the end is now.
    pub(super) open: bool,
}

impl Course {
    /// `yours` tells whether a person answers the calls of a tool, of which a row is given.
    pub(super) fn of(
        moments: impl Iterator<Item = Moment>,
        present: Present,
        yours: impl FnMut(u8, usize) -> bool,
    ) -> Self {
        let mut walk = Walk {
            course: Self::default(),
            present,
            yours,
            clock: 0,
            last: None,
            step: None,
            calls: HashMap::new(),
            unanswered: Vec::new(),
            working: 0,
            early: HashMap::new(),
        };
        let mut uploads: Vec<Moment> = Vec::new();
        for moment in moments {
            if moment.kind == EventKind::ArtifactUpload && uploads.len() < UPLOADS_HELD {
                uploads.push(moment);
                continue;
            }
            let message = moment.kind == EventKind::InputMessage;
            let mut begins = message;
            for upload in uploads.drain(..) {
                walk.take(upload, std::mem::take(&mut begins));
            }
            walk.take(moment, begins);
        }
        for upload in uploads {
            walk.take(upload, false);
        }
        walk.finish()
    }

    /// Lengths of all turns: the session without its pauses.
    pub(super) fn busy(&self) -> u64 {
        self.turns.last().map_or(0, |turn| turn.before + turn.length)
    }

    pub(super) fn turn_of(&self, bar: u32) -> usize {
        self.turns.partition_point(|turn| turn.bars.start <= bar).saturating_sub(1)
    }

    pub(super) fn bar_of_row(&self, row: usize) -> Option<usize> {
        self.bars.binary_search_by(|bar| (bar.row as usize).cmp(&row)).ok()
    }
}

/// A call that has no output so far.
#[derive(Debug, Clone, Copy)]
struct Call {
    bar: usize,
    yours: bool,
}

struct Walk<F> {
    course: Course,
    present: Present,
    yours: F,
    /// Milliseconds since the first event.
    clock: u64,
    last: Option<i64>,
    /// The bar of the step that goes on.
    step: Option<usize>,
    /// Those whose output is still to come, by the row of the input.
    calls: HashMap<usize, Call>,
    /// Those that go on as far as the service says.
    unanswered: Vec<Call>,
    /// How many of both a tool works on.
    working: usize,
    /// Rows of inputs whose output came before them, and whether it failed.
    early: HashMap<usize, bool>,
}

impl<F: FnMut(u8, usize) -> bool> Walk<F> {
    fn take(&mut self, moment: Moment, begins: bool) {
        let passed = self.pass(moment.at);
        if begins || self.course.turns.is_empty() {
            self.begin(moment, passed);
        } else {
            *self.goes_to(moment.kind) += passed;
        }
        self.place(moment, passed);
        if let Some(turn) = self.course.turns.last_mut() {
            turn.length = self.clock - turn.start;
        }
    }

    fn pass(&mut self, at: Option<i64>) -> u64 {
        let Some(at) = at else { return 0 };
        let before = self.last.replace(at).unwrap_or(at);
        let passed = u64::try_from(at.saturating_sub(before)).unwrap_or(0);
        self.clock = self.clock.saturating_add(passed);
        passed
    }

    /// What the time until an event of this kind is counted for.
    fn goes_to(&mut self, kind: EventKind) -> &mut u64 {
        let totals = &mut self.course.totals;
        if kind == EventKind::Compaction {
            &mut totals.compaction
        } else if self.working > 0 {
            &mut totals.tools
        } else if !self.calls.is_empty() || !self.unanswered.is_empty() {
            &mut totals.yours
        } else {
            &mut totals.model
        }
    }

    fn begin(&mut self, moment: Moment, passed: u64) {
        // The pause is no part of it.
        let length = self.course.turns.last().map_or(0, |turn| turn.length);
        self.end_step(length);
        self.end_turn();
        // What was never answered did not go on into the next turn, as far as anything tells.
        let (bars, working) = (&mut self.course.bars, &mut self.working);
        self.unanswered.retain(|call| {
            let bar = &mut bars[call.bar];
            let waits = bar.state == State::YourTurn;
            if !waits {
                (bar.state, bar.end) = (State::Cancelled, End::Unknown);
                *working -= usize::from(!call.yours);
            }
            waits
        });
        if self.calls.is_empty() && self.unanswered.is_empty() {
            self.course.totals.idle += passed;
        } else {
            *self.goes_to(moment.kind) += passed;
        }
        let bar = u32::try_from(self.course.bars.len()).unwrap_or(u32::MAX);
        self.course.turns.push(Turn {
            row: number(moment.row),
            start: self.clock,
            length: 0,
            pause: passed,
            before: self.course.busy(),
            bars: bar..bar,
            calls: 0,
            failed: 0,
            state: State::None,
            end: End::Known,
        });
    }

    /// The step that goes on ended that many milliseconds after its turn began.
    fn end_step(&mut self, since: u64) {
        if let Some(at) = self.step.take() {
            let since = u32::try_from(since).unwrap_or(u32::MAX);
            let bar = &mut self.course.bars[at];
            bar.length = since.saturating_sub(bar.start);
        }
    }

    fn end_turn(&mut self) {
        let bars = number(self.course.bars.len());
        if let Some(turn) = self.course.turns.last_mut() {
            turn.bars.end = bars;
        }
    }

    /// Milliseconds since the turn began.
    fn since_turn(&self) -> u32 {
        let start = self.course.turns.last().map_or(0, |turn| turn.start);
        u32::try_from(self.clock - start).unwrap_or(u32::MAX)
    }

    fn place(&mut self, moment: Moment, passed: u64) {
        let kind = match moment.kind {
            EventKind::InputMessage
            | EventKind::ArtifactUpload
            | EventKind::ClientToolPending
            | EventKind::CompactionStarted => return,
            EventKind::ToolInput => return self.call(moment),
            EventKind::ToolOutput => return self.output(moment),
            EventKind::StepTransition => {
                self.end_step(self.since_turn().into());
                self.step = Some(self.course.bars.len());
                Kind::Step
            }
            EventKind::Thinking => Kind::Think,
            EventKind::AgentOutput => Kind::Agent,
            EventKind::StructuredOutput => Kind::Structured,
            EventKind::ImageRead => Kind::Image,
            EventKind::SkillLoad => Kind::Skill,
            EventKind::Compaction => Kind::Compaction,
            EventKind::SessionInterrupted => Kind::Interrupted,
            EventKind::ContextLimitExceeded | EventKind::StepTransitionLimitExceeded => Kind::Limit,
            EventKind::Error => Kind::Error,
            EventKind::Unknown => Kind::Unknown,
        };
        let nature = match kind {
            Kind::Compaction => Nature::Compaction,
            Kind::Interrupted | Kind::Limit | Kind::Error => Nature::Mark,
            _ => Nature::Model,
        };
        let failed = matches!(kind, Kind::Limit | Kind::Error);
        let timed = nature != Nature::Mark && kind != Kind::Step;
        let length = if timed { u32::try_from(passed).unwrap_or(u32::MAX) } else { 0 };
        let now = self.since_turn();
        let state = if failed { State::Failed } else { State::None };
        let bar = Bar {
            row: number(moment.row),
            // The time before a turn is none of its bars'.
            start: now.saturating_sub(length),
            length: length.min(now),
            kind,
            state,
            nature,
            end: End::Known,
            tool: 0,
            inside: self.step.is_some() && kind != Kind::Step,
            measured: false,
        };
        self.course.bars.push(bar);
        if let Some(turn) = self.course.turns.last_mut() {
            turn.state = state;
        }
    }

    fn call(&mut self, moment: Moment) {
        let tool = usize::from(moment.tool);
        if self.course.tools.len() <= tool {
            self.course.tools.resize(tool + 1, ToolTotal::default());
        }
        let total = &mut self.course.tools[tool];
        total.calls = total.calls.saturating_add(1);
        if total.calls == 1 {
            total.row = number(moment.row);
        }
        let answered_by_person = (self.yours)(moment.tool, moment.row);
        let yours = !moment.sub_agent && (moment.pending || answered_by_person);
        let bar = self.course.bars.len();
        let early = self.early.remove(&moment.row);
        let (state, end) = match (moment.partner, early) {
            (_, Some(failed)) => (if failed { State::Failed } else { State::Ok }, End::Known),
            (Some(_), None) => (State::Ok, End::Known),
            (None, None) if moment.pending => (State::YourTurn, End::Open),
            (None, None) if self.present.running => (State::Running, End::Open),
            (None, None) if self.present.now.is_none() || !self.present.told => {
                (State::Unanswered, End::Unknown)
            }
            (None, None) => (State::Cancelled, End::Unknown),
        };
        self.course.bars.push(Bar {
            row: number(moment.row),
            start: self.since_turn(),
            length: 0,
            kind: if moment.sub_agent { Kind::SubAgent } else { Kind::Tool },
            state,
            nature: if yours { Nature::Yours } else { Nature::Tool },
            end,
            tool: moment.tool,
            inside: self.step.is_some(),
            measured: false,
        });
        if let Some(turn) = self.course.turns.last_mut() {
            turn.calls = turn.calls.saturating_add(1);
            turn.failed += u32::from(state == State::Failed);
            turn.state = State::None;
        }
        let call = Call { bar, yours };
        match (early, moment.partner, end) {
            (None, Some(_), _) => _ = self.calls.insert(moment.row, call),
            (None, None, End::Open) => self.unanswered.push(call),
            _ => return,
        }
        self.working += usize::from(!yours);
    }

    fn output(&mut self, moment: Moment) {
        let Some(input) = moment.partner else {
            let state = if moment.failed { State::Failed } else { State::Ok };
            self.course.bars.push(Bar {
                row: number(moment.row),
                start: self.since_turn(),
                length: 0,
                kind: Kind::Tool,
                state,
                nature: Nature::Mark,
                end: End::Unknown,
                tool: moment.tool,
                inside: self.step.is_some(),
                measured: false,
            });
            return;
        };
        if input > moment.row {
            self.early.insert(input, moment.failed);
        } else if let Some(call) = self.calls.remove(&input) {
            self.working -= usize::from(!call.yours);
            self.close(call.bar);
            if moment.failed {
                self.course.bars[call.bar].state = State::Failed;
                let turn = self.course.turn_of(number(call.bar));
                if let Some(turn) = self.course.turns.get_mut(turn) {
                    turn.failed = turn.failed.saturating_add(1);
                }
            }
        }
    }

    /// The call that this bar is of ends now.
    fn close(&mut self, at: usize) {
        let turn = self.course.turn_of(number(at));
        let start = self.course.turns.get(turn).map_or(0, |turn| turn.start);
        let bar = &mut self.course.bars[at];
        let length = (self.clock - start).saturating_sub(bar.start.into());
        bar.length = u32::try_from(length).unwrap_or(u32::MAX);
        let tool = bar.tool.into();
        if let Some(total) = self.course.tools.get_mut::<usize>(tool) {
            total.length = total.length.saturating_add(length);
        }
    }

    /// What goes on goes on until now.
    fn finish(mut self) -> Course {
        let waits = self.unanswered.iter().any(|call| call.yours);
        let open = self.present.now.is_some() && (self.present.running || waits);
        if open {
            let passed = self.pass(self.present.now);
            *self.goes_to(EventKind::Unknown) += passed;
            if let Some(turn) = self.course.turns.last_mut() {
                turn.length = self.clock - turn.start;
                turn.end = End::Open;
                turn.state =
                    if waits && !self.present.running { State::YourTurn } else { State::Running };
            }
        }
        self.end_step(self.since_turn().into());
        self.end_turn();
        for call in std::mem::take(&mut self.unanswered) {
            self.close(call.bar);
        }
        self.course.open = open && !self.course.turns.is_empty();
        self.course
    }
}

fn number(row: usize) -> u32 {
    u32::try_from(row).unwrap_or(u32::MAX)
}
