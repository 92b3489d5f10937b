//! What works around the panes, and what works whatever is shown.

use super::{
    Cx, agents, answer_editor, calls, command, help, jumps, leaving, memory, mouse, navigate,
    notices, own, pages, served_filter, session_search,
};
use crate::action::Action;
use crate::app::chain::{Handler, Target};
use crate::app::effect::{Request, TerminalWork};
use crate::keymap::Scope;
use crate::view::{Focus, Layout, Model, Pane, View, layout};

/// Columns that the list is made wider by at a time.
const STEP: i16 = 4;

/// The screen around the panes.
pub(super) struct Screen;

impl Target for Screen {
    fn place(&self) -> &'static str {
        "the screen"
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::Global]
    }

    fn handler(&self, _: &Model, action: Action) -> Option<Handler> {
        Some(match action {
            Action::PaneSessions => |cx, _| navigate::go(cx.model, View::Triage, Focus::Sessions),
            Action::PaneTimeline => go_to_timeline,
            Action::PaneCalls => calls::open_inspector,
            Action::PaneArtifacts => |cx, _| navigate::open_artifacts(cx),
            Action::Agents => agents::open,
            Action::NextPane | Action::PreviousPane => navigate::cycle,
            Action::Zoom => |cx, _| cx.model.zoomed = !cx.model.zoomed,
            Action::Back => |cx, _| navigate::back(cx.model),
            Action::Quit => leave_or_quit,
            Action::Commands => command::open,
            Action::RepeatCommand => command::repeat,
            Action::Inside => pages::open_inside,
            Action::Errors => notices::open,
            Action::Wider | Action::Narrower => set_width,
            Action::Views => command::choose_view,
            Action::SearchSessions => session_search::show,
            Action::Refresh => |cx, _| {
                answer_editor::read_schemas_again(cx.model);
                agents::ask_again(cx);
                cx.emit(Request::AskNow);
                served_filter::ask_again(cx);
            },
            Action::TimeStyle => |cx, _| {
                cx.model.time_style = cx.model.time_style.next();
                let words = cx.model.time_style.words();
                cx.say(format!("times: {words}"));
            },
            Action::ViewBack | Action::ViewForward => jumps::walk,
            Action::NextPending | Action::PreviousPending => calls::step,
            Action::CopyDraft => calls::copy_draft,
            Action::Own(_) => own::run,
            _ => return None,
        })
    }

    fn off(&self, model: &Model, action: Action) -> Option<String> {
        own::off(model, action)
    }

    fn hints(&self, model: &Model) -> Vec<(Action, &'static str)> {
        let way_out = if navigate::is_outermost(model) {
            (Action::Quit, "quit")
        } else {
            (Action::Back, "back")
        };
        vec![way_out]
    }
}

/// Moves the line between the list and what is beside it to a column, as far as there is room.
pub(super) fn drag_divider(cx: &mut Cx<'_>, column: u16) {
    let Some(before) = Layout::of(cx.model).divider else { return };
    let by = i32::from(column) - i32::from(before);
    cx.model.list_wider = layout::widened(cx.model, i16::try_from(by).unwrap_or(0));
}

/// The line stays where it was dragged to; kept for later runs.
pub(super) fn drop_divider(cx: &mut Cx<'_>) {
    let Some(columns) = Layout::of(cx.model).divider else { return };
    cx.say(format!("the list has {columns} columns"));
    memory::choose(cx, memory::LIST_WIDTH, cx.model.list_wider.to_string());
}

/// Moves the line between the list and what is beside it; kept for later runs.
fn set_width(cx: &mut Cx<'_>, action: Action) {
    let Some(before) = Layout::of(cx.model).divider else {
        return cx.say("there is no list beside this");
    };
    let by = if action == Action::Wider { STEP } else { -STEP };
    cx.model.list_wider = layout::widened(cx.model, by);
    let columns = Layout::of(cx.model).divider.unwrap_or(before);
    if columns == before {
        return cx.say(format!("the list stays at {columns} columns: there is no room"));
    }
    cx.say(format!("the list has {columns} columns"));
    memory::choose(cx, memory::LIST_WIDTH, cx.model.list_wider.to_string());
}

/// What works whatever is shown, also while something lies over the panes.
pub(super) struct Always;

impl Target for Always {
    fn place(&self) -> &'static str {
        "every place"
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::Always]
    }

    fn handler(&self, _: &Model, action: Action) -> Option<Handler> {
        Some(match action {
            Action::Help => help::open,
            Action::QuitNow => |cx, _| leaving::quit(cx),
            Action::QuitInterrupt => leaving::quit_when_twice,
            Action::Mouse => mouse::toggle,
            Action::Redraw => |cx, _| cx.emit(TerminalWork::Redraw),
            Action::Suspend => |cx, _| cx.emit(TerminalWork::Suspend),
            _ => return None,
        })
    }

    fn hints(&self, _: &Model) -> Vec<(Action, &'static str)> {
        vec![(Action::Help, "help")]
    }
}

/// To the timeline, or, where something stands in its place and has the keyboard, back to its rows.
fn go_to_timeline(cx: &mut Cx<'_>, _: Action) {
    if covers_timeline(cx.model) {
        return uncover(cx.model);
    }
    navigate::go(cx.model, View::Triage, Focus::Timeline);
}

fn covers_timeline(model: &Model) -> bool {
    model.focus == Focus::Timeline && Pane::focused(model) != Pane::Timeline
}

fn uncover(model: &mut Model) {
    if let Some(open) = &mut model.open {
        open.uncover();
    }
}

/// `q`: out of what is open, and from the outermost place out of foretop.
fn leave_or_quit(cx: &mut Cx<'_>, _: Action) {
    if covers_timeline(cx.model) {
        uncover(cx.model);
    } else if navigate::is_outermost(cx.model)
        || (cx.model.view == View::Triage && !cx.model.zoomed)
    {
        leaving::quit(cx);
    } else {
        navigate::back(cx.model);
    }
}
