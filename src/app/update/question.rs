//! A question in the hint row, and what a yes to it does.
//!
//! The invariant: Enter does what the question on the screen was asked about, or nothing.

use super::session_acts;
use super::{Cx, ask_again, attach, bookmarks, compacting, compare, files, interrupt, leaving};
use super::{picked, run, sending};
use crate::action::Action;
use crate::app::chain::{Handler, Target};
use crate::keymap::Scope;
use crate::view::pane::text_diff::Comparison;
use crate::view::{Decision, Edit, Layer, Model, QuestionKind};

pub(super) struct AskedQuestion;

impl Target for AskedQuestion {
    fn place(&self) -> &'static str {
        "a question"
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::Ask]
    }

    fn handler(&self, _: &Model, action: Action) -> Option<Handler> {
        Some(match action {
            Action::Confirm => decide,
            Action::Cancel => super::close,
            Action::SwitchSearch => |cx, _| {
                if !attach::complete(cx) {
                    say_keys(cx);
                }
            },
            _ => return None,
        })
    }

    fn hints(&self, _: &Model) -> Vec<(Action, &'static str)> {
        vec![(Action::Confirm, "do it"), (Action::Cancel, "leave it")]
    }

    fn edit(&self, cx: &mut Cx<'_>, edit: &Edit) {
        let Some(question) = cx.model.layers.question_mut() else { return };
        if question.kind == QuestionKind::Confirm {
            return say_keys(cx);
        }
        if *edit != Edit::Newline {
            question.input.apply(&edit.first_line());
        }
    }
}

fn say_keys(cx: &mut Cx<'_>) {
    cx.say("Enter does it, Esc leaves it");
}

/// Whether Enter would send answers now.
pub(super) fn is_armed(model: &Model) -> bool {
    let then = model.layers.question().map(|question| &question.then);
    matches!(then, Some(Decision::SendAnswers(_)))
}

/// Whatever is not an answer to the question was meant for something else: it takes the question
/// away, so that an Enter behind it sends nothing.
pub(super) fn disarm(cx: &mut Cx<'_>) {
    cx.model.layers.pop();
    cx.say("nothing was sent: only Enter right after the question sends");
}

fn decide(cx: &mut Cx<'_>, _: Action) {
    let Some(question) = cx.model.layers.question() else { return };
    let typed = question.input.text();
    if let QuestionKind::Typed { expected } = &question.kind
        && typed.trim() != expected
    {
        let text = format!("type {expected} to do it, Esc leaves it");
        return cx.say(text);
    }
    let Some(Layer::Question(question)) = cx.model.layers.pop() else { return };
    match question.then {
        Decision::Hide(plan) => picked::hide(cx, plan),
        Decision::Delete(session, events) => picked::delete(cx, session, events),
        Decision::Bookmark(on) => bookmarks::set(cx, on, typed.trim()),
        Decision::SendAnswers(armed) => sending::send(cx, &armed),
        Decision::RunCommand(call) => run::start(cx, &call, &typed),
        Decision::Interrupt(session) => interrupt::send(cx, session),
        Decision::Compact(plan) => compacting::send(cx, &plan, typed.trim()),
        Decision::AskAgain(again) => ask_again::make(cx, *again),
        Decision::File(decision) => files::decide(cx, decision, &typed),
        Decision::Sessions(decision) => session_acts::decide(cx, decision, &typed),
        Decision::Compare(session, sides) => compare::show(cx, Comparison::new(session, *sides)),
        Decision::Quit => leaving::for_good(cx.model),
        Decision::KeepElsewhere => leaving::keep_elsewhere(cx, &typed),
    }
}
