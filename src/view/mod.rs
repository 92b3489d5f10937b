//! What a person does with the model: panes, layers over them, selections, drafts and scrolls, as
//! plain data without a terminal.
//!
//! Does no IO, draws nothing and never asks for the time. Start with [`Model`], which is everything
//! that the screen shows; then [`pane`] and [`layer`]. The invariant: nothing is shown that is not in
//! here, so that a frame follows from one value.

mod answer_note;
pub mod ask_line;
pub mod commands;
pub mod editor;
pub mod excerpt;
pub mod file_cache;
pub mod first_run;
pub mod hints;
pub mod hit;
mod item_list;
pub mod jump_list;
pub mod key_names;
pub mod layer;
pub mod layout;
mod list_excerpt;
pub mod mouse;
mod nothing;
pub mod notices;
pub mod own_commands;
pub mod pane;
pub mod reader;
pub mod rendered;
pub mod replayed;
pub mod session_work;
mod settle;
mod sub_agent;
pub mod text_field;
pub mod tour;
pub mod transfer;
pub mod tree_view;
pub mod undo;

use std::collections::BTreeMap;

use jiff::SignedDuration;
use jiff::tz::TimeZone;

use crate::api::session::ContextUsage;
use crate::api::{Agent, AgentKey, EventId, SessionRef, Timestamp};
use crate::content::Graphics;
use crate::model::memory::{Kept, RecordedAnswer};
use crate::model::reasons::Why;
use crate::model::sessions::ListView;
use crate::model::sessions::columns::Columns;
use crate::model::step::{EditStep, HideStep};
use crate::model::timeline::{Clock, ContextRibbon, TimeStyle, Unit, spending};
use crate::model::{
    Catalogue, CompactionRule, Link, Memory, OutputSchemas, Permissions, Profile, Sessions,
    Timeline, sessions,
};
use crate::text::wall_clock::WallClock;

pub use commands::Commands;
pub use editor::{Edit, Editor};
pub use file_cache::{FileCache, FileLimits};
pub use hints::{Hint, Hints};
pub use item_list::ItemList;
pub use jump_list::{Jump, JumpList};
pub use key_names::KeyNames;
pub use layer::bookmark_list::BookmarkList;
pub use layer::decision::Decision;
pub use layer::form::Form;
pub use layer::palette::Palette;
pub use layer::prompt::Prompt;
pub use layer::session_search::SessionSearch;
pub use layer::type_menu::TypeMenu;
pub use layer::use_list::UseList;
pub use layer::{Layer, LayerKind, Layers, Mode, Question, QuestionKind};
pub use layout::{Area, Layout};
pub use mouse::{Mouse, Selection};
pub use notices::Notices;
pub use own_commands::OwnCommands;
pub use pane::Pane;
pub use pane::agents::AgentPane;
pub use pane::arguments::Arguments;
pub use pane::artifacts::ArtifactPane;
pub use pane::composer::Composer;
pub use pane::detail::Detail;
pub use pane::open_session::OpenSession;
pub use pane::tool_calls::CallQueue;
pub use pane::viewer::Viewer;
pub use pane::waterfall::Waterfall;
pub use replayed::Replayed;
pub use session_work::SessionWork;
pub use tour::Tour;
pub use transfer::Transfer;
pub use undo::UndoJournal;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum View {
    #[default]
    Triage,
    Calls,
    Artifacts,
    /// Agents and aliases, and what is known of the selected one.
    Agents,
    /// Two sessions, compared.
    Compare,
    /// A session in a file, and nothing beside it.
    File,
}

/// The pane that keys go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Focus {
    #[default]
    Sessions,
    Timeline,
    Queue,
    Arguments,
    Answer,
    /// What led to the selected call.
    Why,
    ArtifactList,
    Viewer,
    AgentList,
    AgentFacts,
    SessionDiff,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Info,
    Warning,
    Error,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    pub text: String,
    pub until: Timestamp,
    pub level: Level,
}

/// What is known of a file beside its lines.
#[derive(Debug, Clone, Default)]
pub struct SessionFile {
    pub name: String,
    /// Where it is; `None` for what came by a pipe.
    pub path: Option<String>,
    /// What was wrong with lines and is worth saying, once the file is read.
    pub remarks: Vec<String>,
}

/// So long after the last key the rows of the list stay where they are.
pub(crate) const LIST_SETTLES: SignedDuration = SignedDuration::from_secs(3);

/// What quitting waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Leaving {
    /// That what was written is on the disk, or its person was asked.
    #[default]
    WhenKept,
    ForGood,
}

#[derive(Debug, Clone)]
pub struct Model {
    pub now: Timestamp,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// Where the person is, for clocks.
    pub zone: TimeZone,
    pub time_style: TimeStyle,
    pub view: View,
    pub focus: Focus,
    /// The focused pane has the whole body.
    pub zoomed: bool,
    /// What lies over the panes.
    pub layers: Layers,
    /// Lines that were looked for or filtered by, the latest last.
    pub searches: Vec<String>,
    pub profile: Profile,
    pub link: Link,
    pub sessions: Sessions,
    pub open: Option<OpenSession>,
    /// The event of the first open session that the screen begins at.
    pub begins_at: Option<EventId>,
    /// Where the person was before the last jumps.
    pub jumps: JumpList,
    /// The file that the open session is read from, instead of a service.
    pub file: Option<SessionFile>,
    pub calls: CallQueue,
    /// Local commands for calls.
    pub commands: Commands,
    /// Commands of one's own.
    pub own: OwnCommands,
    /// What keys are called that are not where they usually are.
    pub keys: KeyNames,
    pub artifacts: ArtifactPane,
    /// Files of all sessions that need not be fetched again.
    pub file_cache: FileCache,
    /// Two files, compared in the place of their list.
    pub comparison: Option<Box<pane::text_diff::Comparison>>,
    /// Two sessions, compared; here until somebody leaves it, to come back to.
    pub session_diff: Option<Box<pane::session_diff::SessionComparison>>,
    pub composer: Composer,
    pub toast: Option<Toast>,
    /// All that was said in passing, the toast included.
    pub notices: Notices,
    /// What was hidden and shown.
    pub undo: UndoJournal<HideStep>,
    /// When somebody last pressed a key in the list of sessions.
    pub moved_at: Option<Timestamp>,
    /// What is being done to sessions.
    pub session_work: Option<SessionWork>,
    /// What was looked for in many sessions, and found.
    pub session_search: SessionSearch,
    pub mouse: Mouse,
    /// Text that was selected with the mouse.
    pub selection: Option<Box<Selection>>,
    /// Columns that the list has more than usual.
    pub list_wider: i16,
    /// What the list has beside the name, where that was chosen.
    pub list_columns: Option<Columns>,
    /// Themes that this terminal can show, and the one that was chosen in this run.
    pub themes: Vec<String>,
    pub theme: Option<String>,
    /// Filters of the list under names.
    pub views: Vec<ListView>,
    /// A form that was left with something in it.
    pub left_form: Option<Box<Form>>,
    /// What was changed of sessions.
    pub edits: UndoJournal<EditStep>,
    /// What is kept between runs.
    pub memory: Memory,
    /// Which roles the key lacks, as far as the service showed.
    pub permissions: Permissions,
    /// What is to be kept is handed to whoever keeps it.
    pub remembers: bool,
    /// Why nothing can be kept just now, although it should be.
    pub unkept: Option<String>,
    /// When a change of our own to a session was last done; older answers about it are stale.
    pub settled_at: BTreeMap<SessionRef, Timestamp>,
    /// Sessions whose answers are on their way.
    pub answering: Vec<SessionRef>,
    pub agents: BTreeMap<AgentKey, Agent>,
    /// Tools and aliases of the service, once somebody asked.
    pub catalogue: Catalogue,
    pub agent_pane: AgentPane,
    /// What answers to calls are checked against.
    pub output_schemas: OutputSchemas,
    /// Answers that were just taken, shown where they were written until a key is pressed.
    pub sent: Option<pane::tool_calls::Sent>,
    /// Keys are ignored until then: something that must not be answered by accident has opened.
    pub guard_until: Option<Timestamp>,
    /// Keys that may follow the prefix typed so far, and what they do.
    pub which_key: Vec<(String, String)>,
    /// Set while a recorded run is played again. The last row of the terminal is then none of the
    /// run's.
    pub replayed: Option<Replayed>,
    /// Where the tour of the demo is, while somebody takes it.
    pub tour: Option<Tour>,
    /// What the terminal proved to draw pictures with.
    pub graphics: Option<Graphics>,
    pub quit: bool,
    /// Profiles that can be shown instead of this one.
    pub profiles: Vec<String>,
    /// The one that is shown once this run has ended.
    pub next_profile: Option<String>,
    /// What quitting waits for.
    pub leaving: Leaving,
    /// A directory for what cannot be kept where it should be.
    pub elsewhere: String,
    /// Said once the terminal is given back.
    pub last_words: Option<String>,
}

/// The command that chooses one.
pub const THEME: &str = "theme";

impl Model {
    /// The theme that somebody chose on the screen: what the arrows are on while they choose, so that it is
    /// seen before it is taken. `None` is that of the configuration.
    pub fn theme_to_show(&self) -> Option<&str> {
        let tried = match self.layers.top() {
            Some(Layer::Palette(palette)) => {
                let about = palette.about.is_some_and(|(command, _)| command == THEME);
                palette.chosen().filter(|_| about).map(|offer| offer.name.as_str())
            }
            _ => None,
        };
        tried.or(self.theme.as_deref())
    }

    pub fn new(now: Timestamp, size: (u16, u16)) -> Self {
        Self {
            now,
            size,
            zone: TimeZone::UTC,
            time_style: TimeStyle::default(),
            view: View::default(),
            focus: Focus::default(),
            zoomed: false,
            layers: Layers::default(),
            searches: Vec::new(),
            profile: Profile::default(),
            link: Link::default(),
            sessions: Sessions::default(),
            open: None,
            begins_at: None,
            jumps: JumpList::default(),
            file: None,
            calls: CallQueue::default(),
            commands: Commands::default(),
            own: OwnCommands::default(),
            keys: KeyNames::default(),
            artifacts: ArtifactPane::default(),
            file_cache: FileCache::default(),
            comparison: None,
            session_diff: None,
            composer: Composer::default(),
            toast: None,
            notices: Notices::default(),
            undo: UndoJournal::default(),
            moved_at: None,
            session_work: None,
            session_search: SessionSearch::default(),
            mouse: Mouse::default(),
            selection: None,
            list_wider: 0,
            list_columns: None,
            themes: Vec::new(),
            theme: None,
            views: ListView::built_in(),
            left_form: None,
            edits: UndoJournal::default(),
            memory: Memory::default(),
            permissions: Permissions::default(),
            remembers: false,
            unkept: None,
            settled_at: BTreeMap::new(),
            answering: Vec::new(),
            agents: BTreeMap::new(),
            catalogue: Catalogue::default(),
            agent_pane: AgentPane::default(),
            output_schemas: OutputSchemas::default(),
            sent: None,
            guard_until: None,
            which_key: Vec::new(),
            replayed: None,
            tour: None,
            graphics: None,
            quit: false,
            profiles: Vec::new(),
            next_profile: None,
            leaving: Leaving::default(),
            elsewhere: "/tmp".to_owned(),
            last_words: None,
        }
    }

    /// Who letters belong to.
    pub fn mode(&self) -> Mode {
        self.layers.mode()
    }

    /// Drafts and the like outlive a quit, as far as is known.
    pub fn keeps(&self) -> bool {
        self.remembers && self.unkept.is_none()
    }

    /// Begins with this session open.
    pub fn show(&mut self, session: SessionRef) {
        self.sessions.select(&session);
        self.open = Some(OpenSession::new(session));
        self.focus = Focus::Timeline;
    }

    /// Begins with a session in a file, which is all that there is.
    pub fn show_file(&mut self, name: String, session: SessionRef, timeline: Timeline) {
        self.file = Some(SessionFile { name, ..SessionFile::default() });
        self.open = Some(OpenSession::showing(session, timeline));
        (self.view, self.focus) = (View::File, Focus::Timeline);
    }

    /// When something on the screen changes by time alone; nobody has to wake earlier.
    pub fn next_change(&self) -> Option<Timestamp> {
        // Only the selected call is on the screen.
        let reveal = self.calls.selected().and_then(|call| call.arguments.revealed_until());
        let reveal = reveal.filter(|until| *until > self.now);
        let toast = self.toast.as_ref().map(|toast| toast.until);
        let waterfall = self.open.as_ref().and_then(|open| open.waterfall.as_ref());
        let grows = waterfall.is_some_and(|waterfall| waterfall.is_open());
        let every = |seconds: i64| {
            Timestamp::from_second((self.now.as_second().div_euclid(seconds) + 1) * seconds).ok()
        };
        let grows = grows.then(|| every(10)).flatten();
        // Ages step with the minutes of the clock.
        let ages = self.sessions.iter().next().is_some().then(|| every(60)).flatten();
        let command = self.commands.next_change(self.now).filter(|_| self.view == View::Calls);
        let link = self.link.next_change(self.now);
        // Times of what is then yesterday get their date.
        let midnight = self.wall().tomorrow();
        let detail = self.open.as_ref().and_then(|open| open.detail.as_ref()?.next_change());
        let settles = self.moved_at.filter(|_| self.sessions.is_out_of_place());
        let settles = settles.and_then(|at| at.checked_add(LIST_SETTLES).ok());
        let gathered = self.sessions.next_arrangement();
        [toast, grows, ages, detail, self.guard_until, link, reveal, command, midnight, settles]
            .into_iter()
            .chain([gathered])
            .flatten()
            .min()
    }

    /// Context of the open session: what the stream told, else what the listing told.
    pub fn context_ribbon(&self) -> ContextRibbon {
        let counts = self.open.as_ref().map(|open| open.timeline.counts());
        counts
            .map_or_else(ContextRibbon::default, |counts| ContextRibbon::new(self.usage(), counts))
    }

    fn usage(&self) -> Option<&ContextUsage> {
        let open = self.open.as_ref()?;
        let entry = self.sessions.get(&open.reference);
        let listed = entry.and_then(|entry| entry.session.session_context_usage.as_ref());
        open.timeline.live_usage().or(listed.filter(|_| !self.is_past()))
    }

    /// What the open session has cost, where the service tells.
    pub fn spending(&self) -> Option<String> {
        self.usage().and_then(spending)
    }

    /// That the service will soon compact the open session by itself, where its rule is known.
    pub fn compaction_ahead(&self) -> Option<String> {
        let open = self.open.as_ref().filter(|_| self.file.is_none() && !self.is_past())?;
        let entry = self.sessions.get(&open.reference)?;
        let rule = CompactionRule::of(&entry.session, self.agents.get(&open.reference.agent))?;
        rule.announcement(self.context_ribbon().percent()?)
    }

    /// The session that actions are about: that of the selected call in the inspector, and the open
    /// one everywhere else.
    ///
    /// The invariant of all selections: beside its timeline, the open session is the selected one of
    /// the list. Its bar is there or nowhere: where a filter or a folded group leaves the open
    /// session out, no other one is marked. So what is marked is what is shown, and that is what
    /// keys are about.
    pub fn current_session(&self) -> Option<&SessionRef> {
        match self.view {
            View::Calls => self.calls.selected().map(|call| &call.session),
            View::Triage | View::Artifacts | View::Agents | View::Compare | View::File => {
                self.open.as_ref().map(|open| &open.reference)
            }
        }
    }

    /// What led to a call, as far as the last look at its session told.
    pub fn why(&self, call: &pane::tool_calls::Call) -> Option<&Why> {
        let probe = self.sessions.get(&call.session)?.probe.as_ref()?;
        probe.why.get(call.id())
    }

    /// Which of its reasons the cursor is on.
    pub fn reason_at(&self, call: &pane::tool_calls::Call) -> usize {
        let count = self.why(call).map_or(0, |why| why.reasons.len());
        self.calls.reasons.at().min(count.saturating_sub(1))
    }

    /// An answer that was given before to the same tool with the same arguments as the selected
    /// call has.
    pub fn earlier_answer(&self) -> Option<&Kept<RecordedAnswer>> {
        let print = self.commands.prints.get(self.calls.selected()?.id())?;
        self.memory.answers.get(print)
    }

    /// When the answer was given that the selected call's draft repeats, if it was recalled.
    pub fn recalled_at(&self) -> Option<Timestamp> {
        let call = self.calls.selected()?;
        let (at, text) = self.commands.recalled.get(call.id())?;
        (call.draft.editor.text() == *text).then_some(*at)
    }

    pub fn clock(&self) -> Clock {
        Clock { style: self.time_style, wall: self.wall() }
    }

    /// By which all times of the screen are told: the person's own, or UTC where they chose that.
    pub fn wall(&self) -> WallClock {
        let utc = self.time_style == TimeStyle::Utc;
        let zone = if utc { TimeZone::UTC } else { self.zone.clone() };
        WallClock::new(zone, self.now)
    }

    /// Keys wait, so that none that was on its way answers what has just come up.
    pub fn is_guarded(&self) -> bool {
        self.guard_until.is_some_and(|until| until > self.now)
    }

    /// An earlier moment of the open session is shown.
    pub fn is_past(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.timeline.is_past())
    }

    pub fn is_running(&self, session: &SessionRef) -> bool {
        self.sessions.get(session).is_some_and(sessions::SessionEntry::is_running)
    }
}

/// How the agent configures the tool that a unit is a call of.
pub fn configuration_of<'a>(
    agent: &'a Agent,
    unit: &Unit,
) -> Option<&'a crate::api::agent::ToolConfiguration> {
    let name = &unit.tool_input()?.tool_configuration_name;
    agent.tool_configurations.get(name)
}
