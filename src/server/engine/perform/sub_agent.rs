//! Sub-agents: a child session answers, and its events are relayed into the parent's stream.

use std::sync::Arc;

use serde_json::json;

use super::tools::refusal;
use super::{Halt, Performer, Relay};
use crate::api::event::InputMessage;
use crate::api::{Agent, EventBody, Object, Session, SessionRef, SessionStatus};
use crate::server::engine::Cue;
use crate::server::engine::host::Host;
use crate::server::engine::moves::{Move, ToolRequest};
use crate::server::store::secrets::SecretChanges;
use crate::server::store::{agents, sessions};

/// Sub-agents that ask sub-agents stop here.
const MAX_DEPTH: usize = 3;

impl Performer {
    /// A child session answers the text; its events are stored there and relayed here.
    pub(super) async fn sub_agent(&mut self, agent_key: String, text: String) -> Result<(), Halt> {
        let arguments = json!({ "agent_key": agent_key, "message": text });
        let request = ToolRequest {
            tool: agent_key.clone(),
            arguments: arguments.as_object().cloned().unwrap_or_default(),
        };
        let mut input = self.tool_input(&request)?.input;
        "sub_agent".clone_into(&mut input.tool_name);
        input.tool_type = Some(input.tool_name.clone());
        let event = self.store(EventBody::ToolInput(input.clone())).await?;
        let span = self.recorder.call(&event, &input);

        let depth = self.relay.as_ref().map_or(0, |relay| relay.depth) + 1;
        let name = format!("{} for {}", agent_key, self.session.key);
        let child = match self.host.open_child(&agent_key, &name, &self.session).await? {
            Some(_) if depth > MAX_DEPTH => {
                Err(("sub-agents are nested too deeply".to_owned(), "execution_error"))
            }
            Some(child) => Ok(child),
            None => Err((format!("no agent named {agent_key}"), "not_found")),
        };
        let (agent, session) = match child {
            Ok(child) => child,
            Err((why, failure)) => {
                let output = refusal(&why).output;
                return self.tool_output(span, &input, output, Some(failure)).await;
            }
        };
        let mut performer = Self::new(
            Arc::clone(&self.host),
            agent,
            &session,
            Arc::clone(&self.log),
            self.cancel.clone(),
        );
        performer.turn = self.turn;
        let (tool_call_id, parent) = (input.tool_call_id.clone(), self.session.clone());
        performer.relay = Some(Relay { tool_call_id, parent, depth });
        performer.recorder = self.recorder.below(span, session.vault.clone());
        let said = performer.store(EventBody::InputMessage(InputMessage::text(&*text))).await?;
        performer.record(&[said]);
        let moves = performer.respond(&Cue::Message(&text));
        let spoken = last_said(&moves);
        let outcome = performer.perform(moves).await;
        performer.recorder.end_invocation();
        self.host.set_status(session.vault.row, SessionStatus::Stopped).await?;
        let failed = match outcome {
            Ok(_) => None,
            Err(Halt::Ended) => Some("dependency_failed"),
            Err(halt) => return Err(halt),
        };
        let mut output = Object::new();
        output.insert("session_key".to_owned(), session.session.key.as_str().into());
        output.insert("sub_agent_response".to_owned(), spoken.into());
        self.tool_output(span, &input, output, failed).await?;
        self.report_usage(80).await
    }
}

fn last_said(moves: &[Move]) -> String {
    let said = moves.iter().rev().find_map(|next| match next {
        Move::Say { text } => Some(text.clone()),
        _ => None,
    });
    said.unwrap_or_default()
}

impl Host {
    /// Makes a session for a sub-agent, already running.
    async fn open_child(
        &self,
        agent_key: &str,
        name: &str,
        parent: &SessionRef,
    ) -> Result<Option<(Agent, sessions::StoredSession)>, Halt> {
        let ids = Arc::clone(&self.ids);
        let (agent_key, name, parent) = (agent_key.to_owned(), name.to_owned(), parent.clone());
        let now = self.clock.now();
        let made = self.store.write(move |db| {
            let agent_key = agent_key.as_str().into();
            let Some(agent) = agents::get(db, &agent_key)? else {
                return Ok(None);
            };
            let mut session = Session::named(agent_key, ids.session(&name), name, now);
            session.status = Some(SessionStatus::Running);
            session.created_by_agent_key = Some(parent.agent);
            session.created_by_session_key = Some(parent.key);
            // Four digits do meet again; an old child must not be taken for the new one.
            while sessions::insert(db, &session, &SecretChanges::new())?.is_none() {
                session.key = ids.session(&session.name);
            }
            Ok(sessions::get(db, &session.reference())?.map(|session| (agent, session)))
        });
        Ok(made.await?)
    }

    async fn set_status(&self, session: i64, status: SessionStatus) -> Result<(), Halt> {
        Ok(self.store.write(move |db| sessions::set_status(db, session, &status)).await?)
    }
}
