//! Putting a summary in the place of events: the list of what goes and what stays, the question, and
//! what became of it.
//!
//! The invariant: what goes is what was listed and asked about, or nothing is sent.

use super::{Cx, notices};
use crate::action::Action;
use crate::api::input::CompactInput;
use crate::api::{EventBody, Input, SessionRef};
use crate::app::chain::{Handler, Target};
use crate::app::effect::{InputKind, Request};
use crate::app::msg::Problem;
use crate::keymap::Scope;
use crate::model::CompactionRule;
use crate::model::timeline::{Kind, Timeline, UnitId};
use crate::text::quoted;
use crate::text::units::{counted, tokens};
use crate::view::layer::compaction_page::{CompactionPage, CompactionPlan, UpTo, weighed};
use crate::view::pane::composer::outlook::Refusal;
use crate::view::{Decision, Layer, LayerKind, Level, Model, OpenSession, QuestionKind};

/// Messages that stay where nobody told how many (contract section 8.1).
const USUALLY_KEPT: usize = 1;
/// Rows at the end among which the reason of a failure stands.
const LAST_ROWS: usize = 4;

/// A compaction that the service was asked for.
#[derive(Debug, Clone)]
pub(super) struct UnderWay {
    session: SessionRef,
    /// The newest one before it.
    before: Option<UnitId>,
    /// Keys that were pressed before: whoever has pressed one since is somewhere else.
    pressed: u64,
}

/// The list of what goes and what stays.
pub(super) struct WhatGoes;

impl Target for WhatGoes {
    fn place(&self) -> &'static str {
        "the list of what a compaction takes"
    }

    fn way(&self) -> Option<Action> {
        Some(Action::Compact)
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::Page, Scope::Move]
    }

    fn handler(&self, _: &Model, action: Action) -> Option<Handler> {
        Some(match action {
            action if action.motion().is_some() => go,
            Action::Open | Action::Right => ask,
            Action::Close | Action::Left => super::close,
            _ => return None,
        })
    }

    fn hints(&self, _: &Model) -> Vec<(Action, &'static str)> {
        vec![(Action::Open, "compact; asks"), (Action::Down, "down"), (Action::Close, "leave")]
    }
}

/// Why the service would compact nothing now, and what leads on.
fn obstacle(model: &Model) -> Option<(String, String)> {
    let key = |action, usual| model.keys.of(action, usual);
    let session = &model.open.as_ref()?.reference;
    if model.is_past() {
        return Some(("this is the past".to_owned(), "Esc leads to now".to_owned()));
    }
    if model.is_running(session) {
        return Some((
            "it runs".to_owned(),
            format!(
                "wait for the end of its turn, or {} interrupts it",
                key(Action::Interrupt, "I")
            ),
        ));
    }
    let refusal = model.refusal(session)?;
    let next = match refusal {
        Refusal::Waits(_) => format!("{} shows what for", key(Action::PaneCalls, "3")),
        Refusal::SessionDisabled => {
            format!("{} in the list of sessions enables it", key(Action::Disable, "x"))
        }
        Refusal::AgentDisabled => format!("{} asks again", key(Action::Refresh, "R")),
    };
    Some((refusal.short(), next))
}

/// The same beside a key.
pub(super) fn off(model: &Model) -> Option<String> {
    obstacle(model).map(|(why, _)| why)
}

/// Lists what would go; asks for nothing yet.
pub(super) fn list(cx: &mut Cx<'_>, action: Action) {
    if let Some((why, next)) = obstacle(cx.model) {
        return cx.say(format!("nothing is compacted: {why} · {next}"));
    }
    let Some(open) = &cx.model.open else { return cx.say("open a session first") };
    let up_to = if action == Action::Compact {
        match open.timeline.cursor_unit() {
            Some(unit) => UpTo::Row(unit.id),
            None => return cx.say("there is no row under the cursor yet"),
        }
    } else {
        by_rule(cx.model, &open.reference)
    };
    show(cx, &up_to);
}

fn by_rule(model: &Model, session: &SessionRef) -> UpTo {
    let agent = model.agents.get(&session.agent);
    let entry = model.sessions.get(session);
    let rule = entry.and_then(|entry| CompactionRule::of(&entry.session, agent));
    let told = rule.and_then(|rule| rule.kept_inputs);
    UpTo::Inputs { kept: told.unwrap_or(USUALLY_KEPT), told: told.is_some() }
}

fn show(cx: &mut Cx<'_>, up_to: &UpTo) {
    let clock = cx.model.clock();
    let Some(open) = &cx.model.open else { return };
    let Some(plan) = CompactionPlan::of(open.latest(), &open.reference, up_to.clone()) else {
        let why = match up_to {
            UpTo::Row(_) => "the agent sees nothing up to this row".to_owned(),
            UpTo::Inputs { kept, .. } => {
                let kept = match kept {
                    0 | 1 => "message".to_owned(),
                    many => counted(*many, "message"),
                };
                format!(
                    "nothing lies before the last {kept} · {} goes up to the cursor",
                    cx.key(Action::Compact, "c")
                )
            }
        };
        return cx.say(format!("nothing is compacted: {why}"));
    };
    let page = CompactionPage::of(plan, open.latest(), &clock);
    cx.model.layers.push(Layer::Compaction(Box::new(page)));
}

fn go(cx: &mut Cx<'_>, action: Action) {
    let top = cx.model.layers.top_mut();
    if let (Some(Layer::Compaction(page)), Some(motion)) = (top, action.motion()) {
        page.list.go(motion);
    }
}

fn ask(cx: &mut Cx<'_>, _: Action) {
    let Some(Layer::Compaction(page)) = cx.model.layers.top() else { return };
    let plan = page.plan.clone();
    let key = quoted::in_sentence(plan.session.key.as_str());
    let older = if plan.parting.whole { "" } else { " and all that is not loaded" };
    let text = format!(
        "Compact {key}? A summary takes the place of {}{older}. Enter does it, by a prompt of your own \
         if you type one:",
        weighed(plan.parting.first)
    );
    cx.model.ask_for(text, QuestionKind::Line, "", Decision::Compact(Box::new(plan)));
}

/// Sends what was asked about, if that is still what would go.
pub(super) fn send(cx: &mut Cx<'_>, plan: &CompactionPlan, prompt: &str) {
    let was_listed = cx.model.layers.top().is_some_and(|top| top.kind() == LayerKind::Compaction);
    if was_listed {
        cx.model.layers.pop();
    }
    let CompactionPlan { session, up_to, parting } = plan;
    let open = cx.model.open.as_ref().filter(|open| open.reference == *session);
    let Some(open) = open else {
        return cx.warn("not sent: another session is open by now");
    };
    if let Some((why, next)) = obstacle(cx.model) {
        return cx.warn(format!("not sent: {why} · {next}"));
    }
    if !plan.still_holds(open.latest()) {
        show(cx, &plan.up_to);
        return cx.warn("not sent: something else would go by now; look again");
    }
    let before = open.latest().newest_compaction();
    let up_to = matches!(up_to, UpTo::Row(_)).then(|| parting.border.clone());
    let prompt = Some(prompt.to_owned()).filter(|prompt| !prompt.is_empty());
    let input = CompactInput { compact_up_to_event_id: up_to, compaction_message: prompt };
    let (session, pressed) = (session.clone(), cx.machine.pressed);
    cx.machine.compacting = Some(UnderWay { session: session.clone(), before, pressed });
    cx.say(format!("asking for a summary of {} …", weighed(parting.first)));
    let (input, purpose) = (Input::Compact(input), InputKind::Compact);
    cx.emit(Request::Send { session, input, purpose });
}

/// The service took it; the row of its progress is the stream's.
pub(super) fn taken(cx: &mut Cx<'_>, session: &SessionRef) {
    cx.say(format!("compacting {} …", quoted::in_sentence(session.key.as_str())));
}

/// Nothing waits for a summary any more.
pub(super) fn give_up(cx: &mut Cx<'_>, session: &SessionRef) {
    cx.machine.compacting.take_if(|under_way| under_way.session == *session);
}

/// The way on from a refusal.
pub(super) fn advice(cx: &Cx<'_>, problem: &Problem) -> String {
    let next = match problem.status {
        _ if problem.may_have_happened => return String::new(),
        Some(400) => format!("{} on a later row takes more", cx.key(Action::Compact, "c")),
        Some(409) => format!("{} looks what it is doing", cx.key(Action::Refresh, "R")),
        _ => lists_again(cx),
    };
    format!(" · nothing was compacted; {next}")
}

fn lists_again(cx: &Cx<'_>) -> String {
    let (here, older) = (cx.key(Action::Compact, "c"), cx.key(Action::CompactOlder, "C"));
    format!("{here} and {older} list it again")
}

/// The stream is over: the summary is shown to whoever still looks there, and a failure is said.
pub(super) fn ended(cx: &mut Cx<'_>, session: &SessionRef, cut: bool) {
    let ours = |under_way: &mut UnderWay| under_way.session == *session;
    let Some(under_way) = cx.machine.compacting.take_if(ours) else { return };
    let key = quoted::in_sentence(session.key.as_str());
    let open = cx.model.open.iter_mut().chain(&mut cx.machine.left_open);
    let open = open.into_iter().find(|open| open.reference == *session);
    let newest = open.as_ref().and_then(|open| open.latest().newest_compaction());
    match (newest.filter(|newest| Some(newest) != under_way.before.as_ref()), open) {
        (Some(unit), Some(open)) => {
            let words = done(open.latest(), &unit);
            if cx.machine.pressed == under_way.pressed {
                reveal(open, &unit);
            }
            let back = cx.key(Action::PreviousCompaction, "[c");
            cx.say(format!("{key}: {words} · {back} leads to it"));
        }
        // What broke the stream is said already.
        _ if cut => {}
        (_, open) => {
            if let Some(why) = open.and_then(|open| failure(open.latest())) {
                let text = format!("{key} was not compacted: {why} · {}", lists_again(cx));
                notices::toast(cx.model, Level::Error, text);
            } else {
                // Whoever was elsewhere meanwhile has missed what the stream brought.
                let looks = cx.key(Action::Refresh, "R");
                cx.say(format!(
                    "{key}: compacting has ended, no summary is here yet · {looks} looks"
                ));
            }
        }
    }
}

fn done(timeline: &Timeline, unit: &UnitId) -> String {
    let event = timeline.unit(unit).and_then(|unit| unit.event);
    let Some(EventBody::Compaction(compaction)) = event.as_ref().map(|event| &*event.body) else {
        return "compacted".to_owned();
    };
    let events = usize::try_from(compaction.events_compacted).unwrap_or(usize::MAX);
    let summary = compaction.summary_text.as_ref().map_or(0, |text| text.len() as u64 / 4);
    format!("{} became a summary of about {} tokens", counted(events, "event"), tokens(summary))
}

/// Goes to the row and shows its summary.
fn reveal(open: &mut OpenSession, unit: &UnitId) {
    if open.reach(unit) && open.timeline.is_folded(unit) {
        open.timeline.toggle_fold(unit);
    }
}

/// What the last rows say of an error.
fn failure(timeline: &Timeline) -> Option<String> {
    let mut last = timeline.units().rev().take(LAST_ROWS);
    let event = last.find(|unit| unit.kind == Kind::Error)?.event?;
    match &*event.body {
        EventBody::Error(error) => error.messages.first().cloned(),
        _ => None,
    }
}
