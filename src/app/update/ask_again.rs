//! Replaying an answer: a branch that ends before its question, in which the question is asked again.
//!
//! The agent of the branch may be another one, and so the model may. The session that is looked at stays as
//! it is. The invariant: the question is sent once, in the branch
//! that was made for it, and only after a yes to both.

use super::branching::{branch_name, metadata_of};
use super::{Cx, notices};
use crate::action::Action;
use crate::api::input::MessageInput;
use crate::api::session::{FromSession, NewSession};
use crate::api::{AgentKey, EventBody, Input, Session, SessionRef};
use crate::app::effect::{InputKind, Request};
use crate::app::msg::Problem;
use crate::app::session_request::SessionRequest;
use crate::model::lineage::{Origin, Taken};
use crate::model::timeline::{Fate, Kind, Question, Unit};
use crate::text::quoted;
use crate::text::sanitize::{one_line, preview};
use crate::text::suggest::did_you_mean;
use crate::view::layer::compaction_page::weighed;
use crate::view::layer::decision::AskAgain;
use crate::view::{Decision, Focus, Level, Model, View};

/// Characters of the question that are shown.
const SHOWN: usize = 60;

const NO_ANSWER: &str = "this is no answer of the agent: go to one";

/// Whether a row is an answer of the agent.
pub(super) fn is_answer(unit: &Unit) -> bool {
    unit.stored && matches!(unit.kind, Kind::Agent | Kind::Structured)
}

pub(super) fn ask(cx: &mut Cx<'_>, _: Action) {
    if let Err(why) = ask_agent(cx, None) {
        cx.say(why);
    }
}

/// Asks whether another agent is to answer: one that is named by its key, or by the model it uses.
pub(super) fn ask_other(cx: &mut Cx<'_>, name: &str) -> Result<(), String> {
    let by = agent_called(cx.model, name)?;
    ask_agent(cx, Some(by))
}

/// Why no answer can be replayed now.
pub(super) fn off(model: &Model) -> Option<String> {
    let answer = model.open.as_ref().and_then(|open| open.timeline.cursor_unit()).filter(is_answer);
    match answer {
        None => Some(NO_ANSWER.to_owned()),
        Some(_) => super::branching::off(model),
    }
}

/// Agents that may answer, with the models they use.
pub(super) fn answerers(model: &Model) -> impl Iterator<Item = (&AgentKey, &str)> {
    let enabled = model.agents.values().filter(|agent| agent.enabled);
    enabled.map(|agent| (&agent.key, agent.model.name.as_str()))
}

fn agent_called(model: &Model, name: &str) -> Result<AgentKey, String> {
    if let Some((key, _)) = answerers(model).find(|(key, _)| key.as_str() == name) {
        return Ok(key.clone());
    }
    let using: Vec<&AgentKey> =
        answerers(model).filter(|(_, used)| *used == name).map(|(key, _)| key).collect();
    match using[..] {
        [only] => Ok(only.clone()),
        [] => {
            let all = answerers(model).flat_map(|(key, used)| [key.as_str(), used]);
            let meant = did_you_mean(name, all);
            let what = "no enabled agent has this key or uses a model of this name";
            Err(format!("{what}: {}{}", one_line(name), one_line(&meant)))
        }
        _ => {
            let keys: Vec<&str> = using.iter().map(|key| key.as_str()).collect();
            Err(format!("several agents use that model: say {}", one_line(&keys.join(" or "))))
        }
    }
}

fn ask_agent(cx: &mut Cx<'_>, by: Option<AgentKey>) -> Result<(), String> {
    let Some(open) = &cx.model.open else { return Err("open a session first".to_owned()) };
    let unit = open.timeline.cursor_unit().filter(is_answer);
    let unit = unit.ok_or_else(|| format!("{NO_ANSWER} and press again"))?;
    if by.is_none()
        && let Some(why) = super::branching::off(cx.model)
    {
        return Err(format!("it cannot be asked again: {why}"));
    }
    let question = open.timeline.question_of(&unit.id);
    let question = question.ok_or("the message that led to this answer is not among the rows")?;
    let from = open.reference.clone();
    let entry = cx.model.sessions.get(&from).ok_or_else(|| {
        format!("the session is not listed yet · {} asks for it", cx.key(Action::Refresh, "R"))
    })?;
    let by = by.unwrap_or_else(|| from.agent.clone());
    let (again, text) = plan(&entry.session, (from, by), &question)?;
    cx.model.ask(text, Decision::AskAgain(Box::new(again)));
    Ok(())
}

/// What a yes makes and sends, and the question before it; or why there is none.
fn plan(
    session: &Session,
    (from, by): (SessionRef, AgentKey),
    question: &Question,
) -> Result<(AskAgain, String), &'static str> {
    let EventBody::InputMessage(message) = &*question.event.body else {
        return Err("the message that led to this answer cannot be read");
    };
    if question.before.is_none() && !question.is_first {
        return Err("what comes before its question is not loaded yet");
    }
    let event = question.before.as_ref().map(|before| before.border.clone());
    let taken = event.clone().map_or(Taken::Nothing, Taken::UpTo);
    let origin = Origin { session: from.clone(), taken };
    // Without an event to end at, a fork would take all of it.
    let source = event.is_some().then(|| FromSession {
        agent_key: Some(from.agent.clone()),
        session_key: from.key.clone(),
        include_up_to_event_id: event,
        compact_up_to_event_id: None,
    });
    let new = NewSession {
        name: Some(branch_name(session)).filter(|name| !name.is_empty()),
        metadata: Some(metadata_of(session, &origin)),
        tti_minutes: Some(session.tti_minutes).filter(|minutes| *minutes > 0),
        from_session: source,
        ..NewSession::default()
    };
    let key = quoted::in_sentence(from.key.as_str());
    let words = preview(&message.to_text(), SHOWN);
    let what = match &question.before {
        Some(before) => {
            let least = if before.whole { "" } else { "at least " };
            format!("with {least}{} before its question and all files", weighed(before.first))
        }
        None => "that begins empty, as this one did, without files".to_owned(),
    };
    let other = if by == from.agent {
        String::new()
    } else {
        format!(" of the agent {}", quoted::in_sentence(by.as_str()))
    };
    let text = format!(
        "Replay this answer? Makes a branch{other} of {key} {what}, and sends “{words}” there; {key} \
         stays as it is"
    );
    let message = MessageInput { messages: message.messages.clone(), ..MessageInput::default() };
    Ok((AskAgain { from, by, new, message }, text))
}

/// Makes the branch; what is asked in it comes back with it.
pub(super) fn make(cx: &mut Cx<'_>, again: AskAgain) {
    let AskAgain { from, by, new, message } = again;
    cx.say("making the branch …");
    cx.machine.asking_again = Some(cx.machine.pressed);
    cx.emit(Request::Session(SessionRequest::AskAgain { from, by, new: Box::new(new), message }));
}

/// The branch is there: asks, and opens it for whoever has gone nowhere else since.
pub(super) fn made(
    cx: &mut Cx<'_>,
    from: &SessionRef,
    message: MessageInput,
    made: Result<Box<Session>, Problem>,
) {
    let stayed = cx.machine.asking_again.take() == Some(cx.machine.pressed);
    let session = match made {
        Ok(session) => *session,
        Err(problem) => {
            let doubt =
                if problem.may_have_happened { "it may be there all the same; look. " } else { "" };
            let text = format!("no branch was made and nothing sent: {doubt}{}", problem.line());
            return notices::refusal(cx.model, Level::Error, text, &problem);
        }
    };
    let of = session.reference();
    cx.model.sessions.apply_session(session);
    if stayed {
        (cx.model.view, cx.model.focus) = (View::Triage, Focus::Timeline);
        super::open(cx, &of);
    }
    let text = crate::api::event::InputMessage {
        messages: message.messages.clone(),
        message_diffs: Vec::new(),
    };
    let text = text.to_text();
    // A refusal gives it back to be sent from there.
    cx.model.composer.draft_mut(&of).editor.set_text(&text);
    cx.model.composer.begin_sending(&of);
    let now = cx.model.now;
    if let Some(open) = cx.model.open.as_mut().filter(|open| open.reference == of) {
        open.timeline.send(&text, "", now, Fate::BeginsTurn);
        open.timeline.newest();
    }
    let (origin, key) =
        (quoted::in_sentence(from.key.as_str()), quoted::in_sentence(of.key.as_str()));
    cx.say(if stayed {
        let back = cx.key(Action::ViewBack, "[[");
        format!("asking again in the branch · {back} leads back to {origin}")
    } else {
        format!("asking again in {key}, a branch of {origin}")
    });
    let (input, purpose) = (Input::Message(message), InputKind::Message);
    cx.emit(Request::Send { session: of, input, purpose });
}
