//! What lies over the panes: one stack, whose uppermost layer has the keyboard.
//!
//! A layer owns everything that is about it, what was typed and what a yes will do included, and
//! takes it along when it ends. Knows no keys and draws nothing. Start with [`Layers`]. The
//! invariant: what the screen calls the mode follows from the uppermost layer and from nothing else.

pub mod bookmark_list;
pub mod branch_list;
pub mod compaction_page;
pub mod decision;
pub mod form;
pub mod form_parts;
pub mod help;
pub mod inside;
pub mod notice_page;
pub mod output;
pub mod palette;
pub mod prompt;
pub mod session_search;
pub mod type_menu;
pub mod use_list;

use crate::api::{EventId, SessionRef, Timestamp};
use crate::view::{BookmarkList, Editor, TypeMenu, UseList};
use branch_list::BranchList;
use compaction_page::CompactionPage;
use decision::Decision;
use form::Form;
use help::Help;
use inside::InsidePage;
use notice_page::NoticePage;
use output::OutputPage;
use palette::Palette;
use prompt::{Prompt, Subject};

/// Who letters belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Mode {
    #[default]
    Browse,
    /// Letters are text: the composer, or the answer editor.
    Write,
    /// A question waits for one line.
    Ask,
}

impl Mode {
    pub fn word(self) -> &'static str {
        match self {
            Self::Browse => "BROWSE",
            Self::Write => "WRITE",
            Self::Ask => "ASK",
        }
    }
}

/// The way in which a question is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QuestionKind {
    /// Enter does it, Esc leaves.
    Confirm,
    /// Done only after exactly this was typed.
    Typed { expected: String },
    /// Any line of text: a note, a name, a path.
    Line,
}

/// A question in the hint row, with what a yes does.
#[derive(Debug, Clone)]
pub struct Question {
    pub text: String,
    pub kind: QuestionKind,
    /// The line that was typed so far; unused by [`QuestionKind::Confirm`].
    pub input: Editor,
    pub then: Decision,
}

#[derive(Debug, Clone)]
pub enum Layer {
    Question(Box<Question>),
    /// A line to find or filter by.
    Prompt(Box<Prompt>),
    /// The command line.
    Palette(Box<Palette>),
    /// The message to that session is being written.
    Composer(SessionRef),
    /// The answer to that call is being written.
    Answer(EventId),
    /// Fields about sessions.
    Form(Box<Form>),
    Types(TypeMenu),
    Bookmarks(BookmarkList),
    /// The rows that name a file.
    Uses(UseList),
    /// What a compaction takes, and what it leaves.
    Compaction(Box<CompactionPage>),
    /// Sessions that were branched from one another.
    Branches(BranchList),
    Help(Box<Help>),
    /// What foretop tells about itself.
    Inside(InsidePage),
    /// What a program printed.
    Output(OutputPage),
    /// What was said in passing.
    Notices(Box<NoticePage>),
    /// Looking for events in many sessions.
    SessionSearch,
}

/// A layer without what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LayerKind {
    Question,
    Prompt,
    Palette,
    Composer,
    Answer,
    Form,
    Types,
    Bookmarks,
    Uses,
    Compaction,
    Branches,
    Help,
    Inside,
    Output,
    Notices,
    SessionSearch,
}

impl Layer {
    pub fn kind(&self) -> LayerKind {
        match self {
            Self::Question(_) => LayerKind::Question,
            Self::Prompt(_) => LayerKind::Prompt,
            Self::Palette(_) => LayerKind::Palette,
            Self::Composer(_) => LayerKind::Composer,
            Self::Answer(_) => LayerKind::Answer,
            Self::Form(_) => LayerKind::Form,
            Self::Types(_) => LayerKind::Types,
            Self::Bookmarks(_) => LayerKind::Bookmarks,
            Self::Uses(_) => LayerKind::Uses,
            Self::Compaction(_) => LayerKind::Compaction,
            Self::Branches(_) => LayerKind::Branches,
            Self::Help(_) => LayerKind::Help,
            Self::Inside(_) => LayerKind::Inside,
            Self::Output(_) => LayerKind::Output,
            Self::Notices(_) => LayerKind::Notices,
            Self::SessionSearch => LayerKind::SessionSearch,
        }
    }

    /// Whether it has nothing left to be about once the open session is gone.
    fn is_about_open_session(&self) -> bool {
        match self {
            Self::Question(question) => question.then.is_about_open_session(),
            Self::Prompt(prompt) => matches!(prompt.subject(), Subject::Events | Subject::InFile),
            Self::Types(_) | Self::Bookmarks(_) | Self::Uses(_) | Self::Compaction(_) => true,
            Self::Branches(_)
            | Self::Composer(_)
            | Self::Answer(_)
            | Self::Form(_)
            | Self::Palette(_)
            | Self::Help(_)
            | Self::Inside(_)
            | Self::Output(_)
            | Self::Notices(_)
            | Self::SessionSearch => false,
        }
    }

    fn is_about_session(&self, session: &SessionRef) -> bool {
        match self {
            Self::Composer(of) => of == session,
            Self::Question(question) => question.then.session() == Some(session),
            Self::Form(form) => form.about.session().as_ref() == Some(session),
            _ => false,
        }
    }

    fn is_about_call(&self, call: &EventId) -> bool {
        match self {
            Self::Answer(of) => of == call,
            Self::Question(question) => question.then.is_about_call(call),
            _ => false,
        }
    }
}

impl LayerKind {
    pub const ALL: [Self; 16] = [
        Self::Question,
        Self::Prompt,
        Self::Palette,
        Self::Composer,
        Self::Answer,
        Self::Form,
        Self::Types,
        Self::Bookmarks,
        Self::Uses,
        Self::Compaction,
        Self::Branches,
        Self::Help,
        Self::Inside,
        Self::Output,
        Self::Notices,
        Self::SessionSearch,
    ];

    pub fn mode(self) -> Mode {
        match self {
            Self::Question | Self::Prompt | Self::Palette | Self::Help | Self::SessionSearch => {
                Mode::Ask
            }
            Self::Composer | Self::Answer | Self::Form => Mode::Write,
            Self::Types
            | Self::Bookmarks
            | Self::Uses
            | Self::Compaction
            | Self::Branches
            | Self::Inside
            | Self::Output
            | Self::Notices => Mode::Browse,
        }
    }

    /// Whether it is drawn over the panes, so that what is under it cannot be read.
    fn covers(self) -> bool {
        !matches!(self, Self::Question | Self::Composer | Self::Answer)
    }
}

/// The layers, the uppermost last.
#[derive(Debug, Clone, Default)]
pub struct Layers {
    stack: Vec<Layer>,
    /// When the uppermost was first on the screen.
    shown: Option<Timestamp>,
}

impl Layers {
    pub fn push(&mut self, layer: Layer) {
        self.stack.push(layer);
        self.shown = None;
    }

    /// Ends the uppermost layer, with all that it holds.
    pub fn pop(&mut self) -> Option<Layer> {
        self.shown = None;
        self.stack.pop()
    }

    /// Puts a layer that was taken off back.
    pub fn extend(&mut self, layer: Option<Layer>) {
        self.shown = None;
        self.stack.extend(layer);
    }

    /// Whether the uppermost asks before something leaves, and nobody can have seen it yet.
    pub fn is_unseen(&self) -> bool {
        let asks =
            matches!(self.top(), Some(Layer::Question(_) | Layer::Composer(_) | Layer::Form(_)));
        asks && self.shown.is_none()
    }

    /// A frame with the uppermost is on the screen.
    pub fn seen(&mut self, at: Timestamp) {
        self.shown.get_or_insert(at);
    }

    /// The clock was set back: when it was shown is not known any more.
    pub fn unsee(&mut self) {
        self.shown = None;
    }

    /// When the uppermost was first on the screen.
    pub fn shown(&self) -> Option<Timestamp> {
        self.shown
    }

    pub fn is_empty(&self) -> bool {
        self.stack.is_empty()
    }

    pub fn top(&self) -> Option<&Layer> {
        self.stack.last()
    }

    pub fn top_mut(&mut self) -> Option<&mut Layer> {
        self.stack.last_mut()
    }

    /// The uppermost last, as they are drawn.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Layer> {
        self.stack.iter()
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Layer> {
        self.stack.iter_mut()
    }

    pub fn mode(&self) -> Mode {
        self.top().map_or(Mode::Browse, |layer| layer.kind().mode())
    }

    /// Letters are text now, so that the cursor shows where the next one goes.
    pub fn takes_letters(&self) -> bool {
        match self.top() {
            Some(Layer::Question(question)) => question.kind != QuestionKind::Confirm,
            _ => self.mode() != Mode::Browse,
        }
    }

    /// Something is drawn over the panes.
    pub fn cover(&self) -> bool {
        self.stack.iter().any(|layer| layer.kind().covers())
    }

    /// The question that stands, if nothing lies over it.
    pub fn question(&self) -> Option<&Question> {
        match self.top()? {
            Layer::Question(question) => Some(question),
            _ => None,
        }
    }

    pub fn question_mut(&mut self) -> Option<&mut Question> {
        match self.top_mut()? {
            Layer::Question(question) => Some(question),
            _ => None,
        }
    }

    pub fn prompt(&self) -> Option<&Prompt> {
        match self.top()? {
            Layer::Prompt(prompt) => Some(prompt),
            _ => None,
        }
    }

    /// The form, wherever it lies.
    pub fn form(&self) -> Option<&Form> {
        self.stack.iter().rev().find_map(|layer| match layer {
            Layer::Form(form) => Some(&**form),
            _ => None,
        })
    }

    pub fn form_mut(&mut self) -> Option<&mut Form> {
        self.stack.iter_mut().rev().find_map(|layer| match layer {
            Layer::Form(form) => Some(&mut **form),
            _ => None,
        })
    }

    /// Ends the form, with whatever lies over it left in place.
    pub fn drop_form(&mut self) {
        self.drop_where(|layer| matches!(layer, Layer::Form(_)));
    }

    /// The session that a message is being written to, also while something lies over the composer.
    pub fn composer(&self) -> Option<&SessionRef> {
        self.stack.iter().rev().find_map(|layer| match layer {
            Layer::Composer(session) => Some(session),
            _ => None,
        })
    }

    /// The call whose answer is being written.
    pub fn answer(&self) -> Option<&EventId> {
        self.stack.iter().rev().find_map(|layer| match layer {
            Layer::Answer(call) => Some(call),
            _ => None,
        })
    }

    /// The page on the insides, wherever it lies.
    pub fn inside(&self) -> Option<&InsidePage> {
        self.stack.iter().find_map(|layer| match layer {
            Layer::Inside(page) => Some(page),
            _ => None,
        })
    }

    pub fn inside_mut(&mut self) -> Option<&mut InsidePage> {
        self.stack.iter_mut().find_map(|layer| match layer {
            Layer::Inside(page) => Some(page),
            _ => None,
        })
    }

    /// Ends what was about a session that is gone. Says whether the keyboard was taken away.
    pub fn forget_session(&mut self, session: &SessionRef, was_open: bool) -> bool {
        self.drop_where(|layer| {
            layer.is_about_session(session) || (was_open && layer.is_about_open_session())
        })
    }

    /// The same for a call that waits no more.
    pub fn forget_call(&mut self, call: &EventId) -> bool {
        self.drop_where(|layer| layer.is_about_call(call))
    }

    fn drop_where(&mut self, gone: impl Fn(&Layer) -> bool) -> bool {
        let before = self.top().map(Layer::kind);
        let count = self.stack.len();
        self.stack.retain(|layer| !gone(layer));
        if self.stack.len() != count {
            self.shown = None;
        }
        before != self.top().map(Layer::kind)
    }
}
