//! Sub-agents: a session of another agent answers, and its events are relayed into the parent's stream.

use std::pin::Pin;
use std::sync::Arc;

use serde_json::{Value, json};

use super::tools::refusal;
use super::{Halt, Performer, Relay};
use crate::api::event::{InputMessage, ToolInput};
use crate::api::{EventBody, Object, SessionStatus};
use crate::server::engine::Cue;
use crate::server::engine::children::{Child, Which};
use crate::server::engine::dialogue::bounds::Bill;
use crate::server::engine::dialogue::offers::{SESSION_KEY, names_session, sub_agent_settings};
use crate::server::engine::moves::ToolRequest;
use crate::server::engine::recorder::SpanNumber;
use crate::server::tools::Done;

/// What a sub-agent came to.
struct Report {
    said: Option<Value>,
    failure: Option<String>,
    bill: Bill,
}

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
        let opened = if let Some(why) = self.too_deep() {
            Err((why, "execution_error"))
        } else {
            let parent = self.session.clone();
            self.host.open_child(agent_key.as_str().into(), &parent, Which::New).await?
        };
        let child = match opened {
            Ok(child) => child,
            Err((why, failure)) => {
                let output = refusal(&why).output;
                return self.tool_output(span, &input, output, Some(failure)).await;
            }
        };
        let key = child.stored.session.key.clone();
        let report = self.play(child, &input, span, text).await?;
        let mut output = Object::new();
        output.insert("session_key".to_owned(), key.as_str().into());
        output.insert("sub_agent_response".to_owned(), report.said.unwrap_or_else(|| "".into()));
        let failed = report.failure.map(|_| "dependency_failed");
        self.tool_output(span, &input, output, failed).await?;
        self.report_usage(80).await
    }

    /// Hands a task on, as a model asked for it with the tool of a configuration.
    pub(super) async fn delegate(
        &self,
        input: &ToolInput,
        span: SpanNumber,
        arguments: &Object,
    ) -> Result<(Done, Bill), Halt> {
        let none = Bill::default();
        let name = &input.tool_configuration_name;
        let Some(configuration) = self.agent.tool_configurations.get(name) else {
            return Ok((Done::failed("not_found", format!("there is no tool {name}")), none));
        };
        if let Some(why) = self.too_deep() {
            return Ok((Done::failed("execution_error", why), none));
        }
        let (agent, mode, metadata) = sub_agent_settings(configuration);
        let text = |field: &str| arguments.get(field).and_then(Value::as_str);
        let which = match (mode.as_str(), text(SESSION_KEY)) {
            ("persistent", _) => Which::of_tool(&self.session, name),
            (mode, Some(key)) if names_session(mode) && !key.is_empty() => {
                Which::Named { key: key.into(), of_any_session: mode == "agent_scoped" }
            }
            _ => Which::New,
        };
        let opened = self.host.open_child(agent.as_str().into(), &self.session, which).await?;
        let mut child = match opened {
            Ok(child) => child,
            Err((why, failure)) => return Ok((Done::failed(failure, why), none)),
        };
        if !child.is_resumed {
            let tti = arguments.get("session_tti_minutes").and_then(Value::as_u64);
            self.host.set_up_child(&mut child, metadata, tti).await?;
        }
        let key = child.stored.session.key.clone();
        let message = text("message").unwrap_or_default().to_owned();
        let report = self.play(child, input, span, message).await?;
        let mut output = Object::new();
        output.insert("session_key".to_owned(), key.as_str().into());
        output.insert("sub_agent_response".to_owned(), report.said.unwrap_or_else(|| "".into()));
        let mut done = Done::output(output);
        if let Some(why) = report.failure {
            done.output.insert("error".to_owned(), why.into());
            done.failure = Some("dependency_failed");
        }
        Ok((done, report.bill))
    }

    /// Why no sub-agent can be asked from here.
    fn too_deep(&self) -> Option<String> {
        let most = self.host.models.limits().sub_agent_depth;
        (self.depth() >= most).then(|| "sub-agents are nested too deeply".to_owned())
    }

    fn depth(&self) -> usize {
        self.relay.as_ref().map_or(0, |relay| relay.depth)
    }

    /// Has a child answer, and brings it to rest. Boxed, because a child may have children.
    fn play<'a>(
        &'a self,
        child: Child,
        input: &'a ToolInput,
        span: SpanNumber,
        text: String,
    ) -> Pin<Box<dyn Future<Output = Result<Report, Halt>> + Send + 'a>> {
        Box::pin(async move {
            let (row, vault) = (child.stored.vault.row, child.stored.vault.clone());
            let mut performer = Self::new(
                Arc::clone(&self.host),
                child.agent,
                &child.stored,
                Arc::clone(&self.log),
                self.cancel.clone(),
            );
            performer.turn = self.turn;
            performer.is_new = !child.is_resumed;
            performer.relay = Some(Relay {
                tool_call_id: input.tool_call_id.clone(),
                parent: self.session.clone(),
                depth: self.depth() + 1,
            });
            performer.recorder = self.recorder.below(span, vault);
            let outcome = performer.task(&text).await;
            performer.recorder.end_invocation();
            let rests = self.host.set_status(row, SessionStatus::Stopped).await;
            performer.end_own_log();
            rests?;
            let failure = match outcome {
                Ok(_) => None,
                Err(Halt::Ended) => {
                    Some(performer.failure.take().unwrap_or_else(|| "it failed".to_owned()))
                }
                Err(halt) => return Err(halt),
            };
            Ok(Report { said: performer.last_said.take(), failure, bill: performer.spent })
        })
    }

    /// What the parent says becomes a message of the child's session, which it answers.
    async fn task(&mut self, text: &str) -> Result<super::Outcome, Halt> {
        let said = self.store(EventBody::InputMessage(InputMessage::text(text))).await?;
        self.record(&[said]);
        self.answer(&Cue::Message(text)).await
    }
}
