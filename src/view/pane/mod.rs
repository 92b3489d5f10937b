//! The panes of the screen by their names.
//!
//! A pane is one thing to the eyes and to the keys: the layout gives it a rectangle, settling fits it
//! in there, the drawing fills it, and keys go to one at a time. Each of these matches over all of
//! [`Pane`], so that the compiler asks for a new one. Start with [`Pane::focused`].

pub mod agents;
pub mod arguments;
pub mod artifacts;
mod call;
mod call_order;
pub mod composer;
pub mod detail;
mod draft;
pub mod open_session;
pub mod session_diff;
pub mod text_diff;
pub mod tool_calls;
pub mod viewer;
pub mod waterfall;

use crate::view::{Focus, Model, View};

macro_rules! panes {
    ($($(#[doc = $doc:literal])* $pane:ident,)+) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Pane {
            $($(#[doc = $doc])* $pane,)+
        }

        impl Pane {
            pub const ALL: &'static [Self] = &[$(Self::$pane,)+];
        }
    };
}

panes! {
    Sessions,
    Timeline,
    /// One row of the timeline, looked at closely, in its place.
    Detail,
    /// Where time went, in the place of the timeline.
    Waterfall,
    /// The message that is being written, below the timeline.
    Composer,
    Queue,
    /// What led to the selected call.
    Why,
    Arguments,
    Answer,
    /// The note on a call that was answered elsewhere, in the place of both.
    Departed,
    Files,
    Viewer,
    /// Two files that are compared, in the place of the list and the viewer.
    Comparison,
    /// Two sessions that are compared.
    SessionDiff,
    /// The agents and aliases, as a list.
    Agents,
    /// What is known of the selected one.
    AgentFacts,
}

impl Pane {
    /// The pane that keys go to while nothing lies over it: the focused one, or what is shown in its
    /// place.
    pub fn focused(model: &Model) -> Self {
        if model.view == View::Calls && model.calls.departed().is_some() {
            return Self::Departed;
        }
        match model.focus {
            Focus::Sessions => Self::Sessions,
            Focus::Timeline => Self::in_place_of_timeline(model),
            Focus::Queue => Self::Queue,
            Focus::Why => Self::Why,
            Focus::Arguments => Self::Arguments,
            Focus::Answer => Self::Answer,
            Focus::ArtifactList | Focus::Viewer if model.comparison.is_some() => Self::Comparison,
            Focus::ArtifactList => Self::Files,
            Focus::Viewer => Self::Viewer,
            Focus::AgentList => Self::Agents,
            Focus::AgentFacts => Self::AgentFacts,
            Focus::SessionDiff => Self::SessionDiff,
        }
    }

    pub(super) fn in_place_of_timeline(model: &Model) -> Self {
        let open = model.open.as_ref();
        let waterfall = open.and_then(|open| open.waterfall.as_ref());
        if open.is_some_and(|open| open.detail.is_some()) {
            Self::Detail
        } else if waterfall.is_some_and(|waterfall| !waterfall.is_away()) {
            Self::Waterfall
        } else {
            Self::Timeline
        }
    }
}
