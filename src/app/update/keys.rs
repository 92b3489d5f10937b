//! From a key to an action, and from an action to the part of the screen that it concerns.

use jiff::SignedDuration;

use super::{
    Decision, Machine, answered, arguments, artifacts, bookmarks, calls, compare, compose, copy,
    detail, files, find, memory, navigate, picked, roles, run, service, timeline, toast, viewer,
    waterfall,
};
use crate::app::typing::edit_of;
use crate::app::{Action, Effect, scope};
use crate::keymap::{Key, Outcome};
use crate::model::text_diff::Comparison;
use crate::model::{
    Attention, Edit, Focus, Level, Mode, Model, Overlay, Question, QuestionKind, View,
};

/// A second Ctrl-C within this time quits.
const TWICE: SignedDuration = SignedDuration::from_secs(2);

impl Machine {
    pub(super) fn key(&mut self, model: &mut Model, key: Key) -> Vec<Effect> {
        if let Some(keys) = self.apart(model, key) {
            return keys.into_iter().flat_map(|key| self.key(model, key)).collect();
        }
        self.steered = true;
        if model.guard_until.is_some_and(|until| until > model.now) {
            // Typed for what was on the screen before: it must not answer what is on it now.
            return Vec::new();
        }
        model.guard_until = None;
        self.landing = None;
        model.toast = None;
        // A key shows that somebody is there and looks; what it does may be to go elsewhere.
        let mut effects = memory::looked(model);
        let scopes = scope::chain(model);
        let departed = scope::departed_has_keys(model) && model.overlay.is_none();
        let outcome = self.dispatcher.press(&self.keymap, &scopes, key);
        model.which_key.clear();
        model.palette = None;
        if self.is_armed(model) && !is_answer_to_question(&outcome) {
            self.disarm(model);
            return effects;
        }
        effects.extend(match outcome {
            Outcome::Action(name) => match Action::from_name(&name) {
                Some(action) => self.act(model, action),
                None => Vec::new(),
            },
            Outcome::Pending(continuations) => {
                model.which_key = continuations
                    .into_iter()
                    .map(|next| {
                        let action = next.action.as_deref().and_then(Action::from_name);
                        (next.key.label(), action.map_or("…", Action::words).to_owned())
                    })
                    .collect();
                Vec::new()
            }
            Outcome::Unbound if departed && model.mode == Mode::Browse => {
                calls::let_go(model);
                Vec::new()
            }
            Outcome::Unbound => match (edit_of(key), model.mode) {
                (Some(edit), Mode::Write) => write(model, &edit),
                (Some(edit), Mode::Ask) if model.prompt.is_some() => {
                    find::edit(model, &edit);
                    Vec::new()
                }
                (Some(edit), Mode::Ask) => {
                    self.answer(model, &edit);
                    Vec::new()
                }
                _ => Vec::new(),
            },
        });
        effects
    }

    /// Esc and a key, where a key with Alt would mean nothing: the two look alike on their way.
    fn apart(&self, model: &Model, key: Key) -> Option<[Key; 2]> {
        let scopes = scope::chain(model);
        let edits = scopes.first().is_some_and(|scope| scope.takes_text());
        let edits = edits && edit_of(key).is_some();
        let bound = edits || self.dispatcher.binds(&self.keymap, &scopes, key);
        key.apart().filter(|_| !bound)
    }

    pub(super) fn act(&mut self, model: &mut Model, action: Action) -> Vec<Effect> {
        if roles::holds_back(model, action) {
            return Vec::new();
        }
        if let Some(effects) = calls::after_sending(self, model, action) {
            return effects;
        }
        if let Some(effects) = detail::act(self, model, action) {
            return effects;
        }
        if let Some(effects) = arguments::act(self, model, action) {
            return effects;
        }
        if let Some(effects) = waterfall::act(self, model, action) {
            return effects;
        }
        if let Some(effects) = files::act(self, model, action) {
            return effects;
        }
        if let Some(effects) = viewer::act(self, model, action) {
            return effects;
        }
        if let Some(effects) = find::in_types(model, action) {
            return effects;
        }
        if let Some(effects) = artifacts::act(self, model, action) {
            return effects;
        }
        if let Some((effects, decision)) = bookmarks::in_list(model, action) {
            self.decision = decision;
            return effects;
        }
        match action {
            Action::Quit => self.leave_or_quit(model),
            Action::QuitNow => self.quit(model),
            Action::QuitInterrupt => self.quit_when_twice(model),
            Action::Help => {
                model.overlay = Some(Overlay::Help);
                model.overlay_top = 0;
                Vec::new()
            }
            Action::Inside => {
                model.overlay = Some(Overlay::Inside);
                model.overlay_top = 0;
                Vec::new()
            }
            Action::Close => {
                model.inside = None;
                model.output = None;
                model.overlay = None;
                Vec::new()
            }
            Action::Commands => {
                self.open_commands(model);
                Vec::new()
            }
            Action::SwitchSearch if self.decision == Some(Decision::Command) => {
                self.complete_command(model);
                Vec::new()
            }
            Action::RepeatCommand => self.repeat_command(model),
            Action::Refresh => {
                calls::read_schemas_again(model);
                vec![Effect::AskNow]
            }
            Action::Redraw => vec![Effect::Redraw],
            Action::Suspend => vec![Effect::Suspend],
            Action::Confirm if model.prompt.is_some() => {
                find::keep(model);
                if model.view == View::Artifacts { service::preview(model) } else { Vec::new() }
            }
            Action::Cancel if model.prompt.is_some() => {
                find::leave(model);
                Vec::new()
            }
            Action::Confirm => self.decide(model),
            Action::Cancel => {
                if self.decision.take() == Some(Decision::FindInFile) {
                    viewer::end_line(model, false);
                }
                model.ask = None;
                model.mode = Mode::Browse;
                Vec::new()
            }
            Action::Write
            | Action::Leave
            | Action::SendMessage
            | Action::Newline
            | Action::ModeChip => compose::act(model, action),
            Action::Search
            | Action::NextHit
            | Action::PreviousHit
            | Action::Types
            | Action::SwitchSearch => {
                find::act(model, action);
                Vec::new()
            }
            Action::Interrupt => self.ask_to_interrupt(model),
            Action::Edit
            | Action::EditOutside
            | Action::AnswerType
            | Action::NextRemark
            | Action::PreviousRemark
            | Action::Reveal
            | Action::SetAside
            | Action::Why => calls::act(model, action),
            Action::CopyDraft => calls::copy_draft(model),
            Action::UndoText => write(model, &Edit::Undo),
            Action::RedoText => write(model, &Edit::Redo),
            Action::Send | Action::SendAnyway => {
                if let Some(armed) = calls::arm(model, action == Action::SendAnyway) {
                    self.decision = Some(Decision::SendAnswers(armed));
                }
                Vec::new()
            }
            Action::RunCommand => {
                let (effects, decision) = run::ask(model);
                self.decision = decision;
                effects
            }
            Action::Recall => answered::recall(model),
            Action::Fold if model.focus == Focus::Sessions => {
                model.sessions.toggle_group(Attention::Idle);
                Vec::new()
            }
            Action::Copy if scope::departed_has_keys(model) => calls::copy_departed(model),
            Action::Copy
            | Action::CopyValue
            | Action::CopyPath
            | Action::CopyJson
            | Action::CopyId
            | Action::CopyCurl
            | Action::CopyMarkdown
            | Action::CopyCommand => copy::act(model, action),
            Action::Wrap => {
                model.artifacts.wrap = !model.artifacts.wrap;
                Vec::new()
            }
            Action::Bookmark => {
                self.decision = bookmarks::ask_on_row(model);
                Vec::new()
            }
            Action::Bookmarks => {
                bookmarks::list(model);
                Vec::new()
            }
            Action::Hide | Action::Delete => {
                let (effects, decision) = picked::act(model, action);
                self.decision = decision;
                effects
            }
            Action::ViewBack | Action::ViewForward => self.walk_trail(model, action),
            Action::Undo
            | Action::Redo
            | Action::Mark
            | Action::MarkRange
            | Action::MarkAlike
            | Action::FoldGroup
            | Action::UnfoldGroup
            | Action::FoldTurns
            | Action::UnfoldTurns
            | Action::AgentsView
            | Action::TimeStyle
            | Action::Pause
            | Action::NextBookmark
            | Action::PreviousBookmark
            | Action::NextSameTool
            | Action::PreviousSameTool
            | Action::Fold
            | Action::FoldAll
            | Action::UnfoldAll
            | Action::Follow
            | Action::MomentOn
            | Action::MomentBack
            | Action::NextError
            | Action::PreviousError
            | Action::NextCompaction
            | Action::PreviousCompaction
            | Action::NextHidden
            | Action::PreviousHidden
            | Action::NextTurn
            | Action::PreviousTurn => timeline::act(model, action),
            Action::NextPending | Action::PreviousPending => calls::step(model, action),
            _ => navigate::act(self, model, action),
        }
    }

    /// Types into a question; what may become of a command is offered anew.
    fn answer(&mut self, model: &mut Model, edit: &Edit) {
        if self.decision == Some(Decision::Command) {
            self.edit_command(model, edit);
        } else {
            answer(model, edit);
        }
    }

    pub(super) fn paste(&mut self, model: &mut Model, text: &str) -> Vec<Effect> {
        if model.mode == Mode::Write {
            return write(model, &Edit::Paste(text.to_owned()));
        }
        if model.mode == Mode::Ask && model.prompt.is_some() {
            find::edit(model, &Edit::Paste(text.to_owned()));
            return Vec::new();
        }
        if model.mode == Mode::Ask {
            let first = text.lines().next().unwrap_or_default();
            self.answer(model, &Edit::Paste(first.to_owned()));
            return Vec::new();
        }
        toast(model, Level::Info, "nothing to paste into; i writes to the agent");
        Vec::new()
    }

    /// Whether Enter would send answers now.
    pub(super) fn is_armed(&self, model: &Model) -> bool {
        let sends = matches!(self.decision, Some(Decision::SendAnswers(_)));
        sends && model.mode == Mode::Ask && model.ask.is_some() && model.prompt.is_none()
    }

    /// Whatever is not an answer to the question was meant for something else: it takes the
    /// question away, so that an Enter behind it sends nothing.
    pub(super) fn disarm(&mut self, model: &mut Model) {
        self.decision = None;
        model.ask = None;
        model.mode = Mode::Browse;
        toast(model, Level::Info, "nothing was sent: only Enter right after the question sends");
    }

    fn decide(&mut self, model: &mut Model) -> Vec<Effect> {
        let Some(question) = model.ask.as_ref() else { return Vec::new() };
        let typed = question.input.text();
        if let QuestionKind::Typed { expected } = &question.kind
            && typed.trim() != expected
        {
            return Vec::new();
        }
        model.ask = None;
        model.mode = Mode::Browse;
        match self.decision.take() {
            Some(Decision::Command) => self.run_command(model, &typed),
            Some(Decision::Hide(plan)) => picked::hide(model, plan),
            Some(Decision::Delete(session, events)) => picked::delete(model, session, events),
            Some(Decision::Bookmark(on)) => bookmarks::set(model, on, typed.trim()),
            Some(Decision::SendAnswers(armed)) => calls::send(model, &armed),
            Some(Decision::RunCommand(call)) => run::start(model, &call, &typed),
            Some(Decision::Interrupt(session)) => compose::interrupt(model, session),
            Some(Decision::File(pending)) => files::decide(self, model, pending, &typed),
            Some(Decision::FindInFile) => {
                viewer::end_line(model, true);
                Vec::new()
            }
            Some(Decision::Compare(session, sides)) => {
                compare::show(model, Comparison::new(session, *sides))
            }
            Some(Decision::Quit) => {
                model.quit = true;
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    fn ask_to_interrupt(&mut self, model: &mut Model) -> Vec<Effect> {
        let Some(session) = model.current_session().cloned() else { return Vec::new() };
        if model.is_running(&session) {
            ask(model, format!("Interrupt {}? Its turn ends here", session.key));
            self.decision = Some(Decision::Interrupt(session));
        } else {
            toast(model, Level::Info, format!("{} is not running", session.key));
        }
        Vec::new()
    }

    /// `q`: out of what is open, and from the outermost place out of foretop.
    fn leave_or_quit(&mut self, model: &mut Model) -> Vec<Effect> {
        let inside = model.zoomed || (model.focus == Focus::Timeline && model.is_past());
        if matches!(model.view, View::Triage | View::File) && !inside {
            return self.quit(model);
        }
        navigate::back(model);
        Vec::new()
    }

    /// Quits, but not over something written that was not sent and would be lost.
    fn quit(&mut self, model: &mut Model) -> Vec<Effect> {
        if model.remembers {
            model.quit = true;
            return Vec::new();
        }
        let drafts = model.composer.written().count()
            + model.calls.iter().filter(|call| call.draft.touched).count();
        if drafts == 0 {
            model.quit = true;
        } else {
            let what = crate::text::units::counted(drafts, "draft");
            ask(model, format!("Quit and lose {what} not sent?"));
            self.decision = Some(Decision::Quit);
        }
        Vec::new()
    }

    fn quit_when_twice(&mut self, model: &mut Model) -> Vec<Effect> {
        let again = self.quit_asked_at.is_some_and(|at| model.now.duration_since(at) <= TWICE);
        if again {
            model.quit = true;
        } else {
            self.quit_asked_at = Some(model.now);
            toast(model, Level::Warning, "Ctrl-c once more quits");
        }
        Vec::new()
    }
}

fn is_answer_to_question(outcome: &Outcome) -> bool {
    let Outcome::Action(name) = outcome else { return false };
    matches!(Action::from_name(name), Some(Action::Confirm | Action::Cancel))
}

/// Puts a yes-or-no question.
pub(super) fn ask(model: &mut Model, text: String) {
    ask_for(model, text, QuestionKind::Confirm, "");
}

/// Puts a question that is answered by typing, with what stands there to begin with.
pub(super) fn ask_for(model: &mut Model, text: String, kind: QuestionKind, typed: &str) {
    let mut input = crate::model::Editor::default();
    input.apply(&Edit::Paste(typed.to_owned()));
    model.ask = Some(Question { text, kind, input });
    model.prompt = None;
    model.mode = Mode::Ask;
}

/// Types into a question that wants more than a yes.
pub(super) fn answer(model: &mut Model, edit: &Edit) {
    let asks_for_text = |question: &&mut Question| question.kind != QuestionKind::Confirm;
    if let Some(question) = model.ask.as_mut().filter(asks_for_text)
        && !matches!(edit, Edit::Newline)
    {
        question.input.apply(edit);
        viewer::typed(model);
    }
}

/// Edits what is being written: the answer of a call, or the message to the open session.
fn write(model: &mut Model, edit: &Edit) -> Vec<Effect> {
    if model.view == View::Calls {
        return calls::edit(model, edit);
    }
    let Some(session) = model.open.as_ref().map(|open| open.reference.clone()) else {
        return Vec::new();
    };
    if model.composer.draft_mut(&session).editor.apply(edit) {
        return memory::message_changed(model, &session);
    }
    Vec::new()
}
