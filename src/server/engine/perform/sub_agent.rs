//! Sub-agents: a session of another agent answers, and its events are relayed into the parent's stream.

use std::pin::Pin;
use std::sync::Arc;

use serde_json::{Value, json};

use super::tools::refusal;
use super::{Halt, Outcome, Performer, Relay};
use crate::api::event::{InputMessage, ToolInput};
use crate::api::frame::StreamOnly;
use crate::api::{EventBody, Frame, Object, SessionKey, SessionStatus};
use crate::server::engine::Cue;
use crate::server::engine::children::{Child, Which};
use crate::server::engine::dialogue::bounds::Bill;
use crate::server::engine::dialogue::offers::{SESSION_KEY, names_session, sub_agent_settings};
use crate::server::engine::moves::ToolRequest;
use crate::server::engine::recorder::SpanNumber;
use crate::server::engine::run::{Next, RunGuard};
use crate::server::store::errands::{self, Errand};
use crate::server::store::{StoreError, events, sessions};
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
            let errand = errand(&input, None);
            self.host.open_child(agent_key.as_str().into(), &parent, Which::New, errand).await?
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
        resolved: Option<Object>,
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
        let errand = errand(input, resolved);
        let opened =
            self.host.open_child(agent.as_str().into(), &self.session, which, errand).await?;
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
        Ok((answered(&key, report.said, report.failure), report.bill))
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
            let of = child.stored.session.reference();
            let Some(guard) = RunGuard::of_errand(&self.host.runs, &of) else {
                // Somebody said something to it meanwhile, and that run brings it to rest.
                self.host.store.write(move |db| errands::end(db, row)).await?;
                let failure = Some(format!("the session {} is busy; try again later", of.key));
                return Ok(Report { said: None, failure, bill: Bill::default() });
            };
            let base = self.host.store.read(move |db| events::last_seq(db, row)).await?;
            guard.run.log.starts_after(base);
            let run = Arc::clone(&guard.run);
            let mut performer = Self::new(
                Arc::clone(&self.host),
                child.agent,
                &child.stored,
                Arc::clone(&self.log),
                self.cancel.clone(),
            );
            performer.turn = self.turn;
            performer.is_new = !child.is_resumed;
            performer.above = self.cancel.clone();
            performer.relay = Some(Relay {
                tool_call_id: input.tool_call_id.clone(),
                parent: self.session.clone(),
                depth: self.depth() + 1,
            });
            performer.recorder = self.recorder.below(span, vault);
            performer.work_in(guard);
            let outcome = performer.task(&text).await;
            let outcome = performer.conclude_errand(outcome).await;
            performer.recorder.end_invocation();
            // Where the process ends, whoever waits for a client waits on, and for whom.
            let is_stopping = self.host.parked.is_closed();
            let rests = self.host.store.write(move |db| {
                if !is_stopping {
                    errands::end(db, row)?;
                }
                sessions::set_status(db, row, &SessionStatus::Stopped)
            });
            let rests = rests.await;
            // Its own readers are told after that is stored.
            performer.errand = None;
            rests?;
            let failure = match outcome {
                Ok(_) => None,
                Err(Halt::Ended) => {
                    Some(performer.failure.take().unwrap_or_else(|| "it failed".to_owned()))
                }
                Err(_) if run.is_abandoned() => {
                    Some("its session was deleted while it worked".to_owned())
                }
                Err(Halt::Interrupted) if !self.cancel.is_cancelled() => {
                    Some("it was interrupted".to_owned())
                }
                Err(halt) => return Err(halt),
            };
            Ok(Report { said: performer.last_said.take(), failure, bill: performer.spent })
        })
    }

    /// Works as a run of its own session from here on.
    pub(super) fn work_in(&mut self, guard: RunGuard) {
        self.own_turn = 0;
        self.cancel = guard.run.under(self.above.child_token());
        self.steering = Some(Arc::clone(&guard.run.steering));
        self.errand = Some(guard);
    }

    /// Tells the clients of its own session how the work came to its end. Whoever steered too late for it is
    /// heard in another turn, and only then the parent has its answer.
    async fn conclude_errand(
        &mut self,
        mut outcome: Result<Outcome, Halt>,
    ) -> Result<Outcome, Halt> {
        loop {
            let Some(run) = self.errand.as_ref().map(|own| Arc::clone(&own.run)) else {
                return outcome;
            };
            let is_stopping = self.host.parked.is_closed();
            match &outcome {
                Err(Halt::Interrupted) if is_stopping => {
                    run.close();
                    run.log.push_failure(self.own_turn, StoreError::Stopped);
                    return outcome;
                }
                Err(Halt::Interrupted) if !run.is_abandoned() => {
                    // The parent's readers are told by the parent, or by the output of the call.
                    let event = self.event(&EventBody::SessionInterrupted {})?;
                    run.log.push(self.own_turn, Frame::Event(event));
                }
                Err(Halt::Store(error)) => {
                    let messages = vec![error.words_of_turn()];
                    let only = StreamOnly::Error { messages, extra: Object::new() };
                    run.log.push(self.own_turn, Frame::Only(only));
                    return outcome;
                }
                _ => {}
            }
            let is_parked = matches!(outcome, Ok(Outcome::Parked));
            if is_parked || self.above.is_cancelled() || run.is_abandoned() {
                self.leave_queue().await?;
                return outcome;
            }
            let Next::Turn(late, _) = run.next_turn(false) else { return outcome };
            self.cancel = run.under(self.above.child_token());
            run.log.push(self.own_turn, Frame::Only(StreamOnly::End {}));
            self.own_turn += 1;
            let input = late.input.clone();
            outcome = match self.store_queued(late).await {
                Ok(_) => self.take_up(&input).await,
                Err(halt) => Err(halt),
            };
        }
    }

    /// Takes no more input, and gives what was accepted its place in the history.
    pub(super) async fn leave_queue(&mut self) -> Result<(), Halt> {
        let Some(run) = self.errand.as_ref().map(|own| Arc::clone(&own.run)) else {
            return Ok(());
        };
        if let Next::End(left) = run.next_turn(true) {
            for queued in left {
                self.store_queued(queued).await?;
            }
        }
        Ok(())
    }

    /// What the parent says becomes a message of the child's session, which it answers.
    async fn task(&mut self, text: &str) -> Result<Outcome, Halt> {
        let said = self.store(EventBody::InputMessage(InputMessage::text(text))).await?;
        if let Some(own) = &self.errand {
            // Whoever joins from here on finds what it is about.
            own.run.begun.cancel();
        }
        self.record(&[said]);
        self.answer(&Cue::Message(text)).await
    }
}

/// The call that a sub-agent is to answer, as it is kept with its session.
fn errand(input: &ToolInput, resolved_overrides: Option<Object>) -> Errand {
    Errand {
        tool_call_id: input.tool_call_id.clone(),
        tool_configuration_name: input.tool_configuration_name.clone(),
        tool_name: input.tool_name.clone(),
        resolved_overrides,
    }
}

/// What a call comes to that a sub-agent answered.
pub(in crate::server::engine) fn answered(
    session: &SessionKey,
    said: Option<Value>,
    failure: Option<String>,
) -> Done {
    let mut output = Object::new();
    output.insert("session_key".to_owned(), session.as_str().into());
    output.insert("sub_agent_response".to_owned(), said.unwrap_or_else(|| "".into()));
    let mut done = Done::output(output);
    if let Some(why) = failure {
        done.output.insert("error".to_owned(), why.into());
        done.failure = Some("dependency_failed");
    }
    done
}
