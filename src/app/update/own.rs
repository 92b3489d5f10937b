//! Commands of one's own: what they are told, when they run, and what becomes of what they print.
//!
//! Start with [`run`]. The invariant: nothing of a call or an event leaves here that the screen would
//! mask, and what a program prints is text.

use std::borrow::Cow;

use super::{Cx, toast};
use crate::action::Action;
use crate::app::effect::{OwnWork, TerminalWork};
use crate::app::msg::OwnEnd;
use crate::text::{sanitize, units};
use crate::tools::OwnCommand;
use crate::tools::own::{Mode, Subject};
use crate::view::layer::output::OutputPage;
use crate::view::{Layer, Level, Model, Pane, View};

/// So many run at once; one more is a slip.
const MOST_AT_ONCE: usize = 8;
/// Columns of what a program says of its failure.
const LAST_WORDS: usize = 120;

/// What is under the cursor.
fn subject(model: &Model) -> Subject {
    let profile = &model.profile;
    // A password in an address is nobody else's.
    let url = Some(profile.url.clone()).filter(|url| !url.contains('@'));
    // In the list, what is under the cursor may not be what is shown beside it.
    let listed = (Pane::focused(model) == Pane::Sessions).then(|| model.sessions.selected());
    let session = listed.flatten().or(model.current_session());
    let mut subject = Subject {
        session: session.map(|session| session.key.to_string()),
        agent: session.map(|session| session.agent.to_string()),
        profile: Some(profile.name.clone()),
        url,
        is_configured: profile.configured.is_some(),
        ..Subject::default()
    };
    match model.view {
        View::Calls => of_call(model, &mut subject),
        View::Artifacts => of_file(model, &mut subject),
        View::Agents => of_agent(model, &mut subject),
        View::Triage | View::Compare | View::File => of_row(model, &mut subject),
    }
    subject
}

fn of_call(model: &Model, subject: &mut Subject) {
    let Some(call) = model.calls.selected() else { return };
    subject.call = Some(call.id().to_string());
    subject.event = Some(call.id().to_string());
    subject.tool = Some(call.pending.tool_name.clone());
    let [id, tool, name] =
        [call.id().as_str(), &call.pending.tool_configuration_name, &call.pending.tool_name]
            .map(|text| serde_json::Value::from(text).to_string());
    let arguments = call.arguments.masked_text();
    subject.json = format!(
        r#"{{"event_id":{id},"tool_configuration_name":{tool},"tool_name":{name},"arguments":{arguments}}}"#
    );
}

fn of_file(model: &Model, subject: &mut Subject) {
    let Some(file) = model.artifacts.selected() else { return };
    subject.file = Some(file.filename.clone());
    let [id, name, mime] = [file.id.as_str(), &file.filename, &file.mime_type]
        .map(|text| serde_json::Value::from(text).to_string());
    let bytes = file.size_bytes;
    subject.json =
        format!(r#"{{"id":{id},"filename":{name},"mime_type":{mime},"size_bytes":{bytes}}}"#);
}

fn of_agent(model: &Model, subject: &mut Subject) {
    subject.session = None;
    subject.agent = model.agent_pane.selected().map(|item| item.key().to_owned());
}

fn of_row(model: &Model, subject: &mut Subject) {
    let in_rows = matches!(Pane::focused(model), Pane::Timeline | Pane::Detail | Pane::Waterfall);
    if !in_rows {
        return;
    }
    let Some(open) = &model.open else { return };
    let unit = open.timeline.scroll().cursor.as_ref();
    let unit = unit.and_then(|unit| open.timeline.whole_unit(unit));
    subject.tool = unit.as_ref().and_then(|unit| {
        let input = unit.tool_input().map(|input| input.tool_name.clone());
        input.or_else(|| unit.tool_output().map(|output| output.tool_name.clone()))
    });
    let detail = super::detail::of_cursor(model);
    let Some(detail) = detail else { return };
    let id = detail.event_id();
    subject.event = id.map(ToString::to_string);
    subject.call = id.filter(|id| model.calls.get(id).is_some()).map(ToString::to_string);
    subject.json = detail.json().unwrap_or_default();
}

/// Why a command would come to nothing now.
pub(super) fn off(model: &Model, action: Action) -> Option<String> {
    let Action::Own(number) = action else { return None };
    let Some(command) = model.own.get(number) else {
        return Some("there is no such command".to_owned());
    };
    command.invocation(&subject(model)).err()
}

/// Runs the command, or ends it while it runs.
pub(super) fn run(cx: &mut Cx<'_>, action: Action) {
    let Action::Own(number) = action else { return };
    let Some(command) = cx.model.own.get(number).cloned() else { return };
    let name = &command.name;
    if cx.model.own.running.contains_key(&number) {
        cx.say(format!("stopping {name}"));
        return cx.emit(OwnWork::Stop { number });
    }
    let invocation = match command.invocation(&subject(cx.model)) {
        Ok(invocation) => Box::new(invocation),
        Err(why) => return cx.warn(format!("{name}: {why}")),
    };
    if command.mode == Mode::Foreground {
        return cx.emit(TerminalWork::LendTo { number, invocation });
    }
    if cx.model.own.running.len() >= MOST_AT_ONCE {
        return cx.warn(format!("{name}: {MOST_AT_ONCE} commands run already"));
    }
    cx.model.own.running.insert(number, cx.machine.pressed);
    cx.say(format!("{name} runs; once more stops it"));
    cx.emit(OwnWork::Run { number, invocation });
}

/// A command has ended. What it printed is shown to somebody who still waits for that.
pub(super) fn ended(cx: &mut Cx<'_>, ended: &OwnEnd) {
    let began = cx.model.own.running.remove(&ended.number);
    let Some(command) = cx.model.own.get(ended.number) else { return };
    let (mode, summary) = (command.mode, summary(command, ended));
    let level = if ended.succeeded { Level::Info } else { Level::Error };
    if mode == Mode::Foreground && ended.succeeded {
        return;
    }
    let shows = mode == Mode::Show && !ended.printed.trim().is_empty();
    let waits = began == Some(cx.machine.pressed) && cx.model.layers.is_empty();
    if shows && waits {
        let lines = sanitize::lines(&ended.printed).map(Cow::into_owned).collect();
        cx.model.layers.push(Layer::Output(OutputPage::new(summary.clone(), lines)));
    }
    let unseen = if shows && !waits { " · once more shows what it prints" } else { "" };
    toast(cx.model, level, format!("{summary}{unseen}"));
}

fn summary(command: &OwnCommand, ended: &OwnEnd) -> String {
    let OwnEnd { ending, took, printed, last_words, .. } = ended;
    let name = &command.name;
    let mut summary = match command.mode {
        Mode::Show => format!("{name}: {ending}, {}", units::size(printed.len() as u64)),
        Mode::Aside => format!("{name}: {ending} after {took}"),
        Mode::Foreground => format!("{name}: {ending}"),
    };
    if !ended.succeeded && !last_words.trim().is_empty() {
        summary.push_str(": ");
        summary.push_str(&sanitize::preview(last_words.trim(), LAST_WORDS));
    }
    summary
}
