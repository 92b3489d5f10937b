//! Tool calls: one round at a time, inputs first, then the server tools as they finish, then, if a
//! client tool is among them, the park.

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::Value;

use super::{Halt, Outcome, Performer};
use crate::api::event::{ClientToolPending, ToolInput, ToolOutput};
use crate::api::frame::{Activity, StreamOnly, ToolActivity};
use crate::api::{Event, EventBody, EventId, Object, PendingCall};
use crate::server::engine::ToolRun;
use crate::server::engine::moves::{Move, ToolRequest};
use crate::server::store::pending::StoredCall;
use crate::server::store::{self, events, pending, sessions};

impl Performer {
    pub(super) fn tool_input(&self, request: &ToolRequest) -> Result<(Event, ToolInput), Halt> {
        let configuration = self.agent.tool_configurations.get(&request.tool);
        let overrides = configuration.and_then(|found| found.argument_override.as_ref());
        let kind = configuration.map_or("unknown", |found| found.kind.as_str());
        // These kinds run a tool of their own name; the others are the tool.
        let is_own = matches!(kind, "client" | "lambda" | "mcp" | "dynamic_vectara" | "unknown");
        let input = ToolInput {
            tool_call_id: self.host.ids.tool_call(),
            tool_configuration_name: request.tool.clone(),
            tool_name: if is_own { request.tool.clone() } else { kind.to_owned() },
            tool_type: configuration.map(|found| found.kind.clone()),
            tool_input: request.arguments.clone(),
            argument_override_paths: overrides
                .map(|overrides| overrides.keys().cloned().collect())
                .unwrap_or_default(),
        };
        Ok((self.event(&EventBody::ToolInput(input.clone()))?, input))
    }

    pub(super) async fn tool_output(
        &self,
        input: &ToolInput,
        output: Object,
        error: bool,
    ) -> Result<(), Halt> {
        self.store(EventBody::ToolOutput(ToolOutput {
            tool_call_id: input.tool_call_id.clone(),
            tool_configuration_name: input.tool_configuration_name.clone(),
            tool_name: input.tool_name.clone(),
            tool_output: output,
            error,
            resolved_argument_overrides: None,
        }))
        .await?;
        Ok(())
    }

    /// One round of calls: all inputs first, then the server tools as they finish, then, if any
    /// client tool is among them, the park.
    pub(super) async fn call(
        &mut self,
        calls: Vec<ToolRequest>,
        rest: &VecDeque<Move>,
    ) -> Result<Outcome, Halt> {
        let mut inputs = Vec::new();
        let mut running = Vec::new();
        let mut waiting = Vec::new();
        for request in calls {
            let (event, input) = self.tool_input(&request)?;
            let configuration = self.agent.tool_configurations.get(&request.tool);
            match configuration {
                Some(found) if found.kind == "client" && self.relay.is_none() => {
                    let mut arguments = request.arguments.clone();
                    arguments.extend(found.argument_override.clone().unwrap_or_default());
                    waiting.push(StoredCall {
                        tool_call_id: input.tool_call_id.clone(),
                        call: PendingCall {
                            event_id: event.id.clone().unwrap_or_else(|| EventId::from("")),
                            tool_configuration_name: input.tool_configuration_name.clone(),
                            tool_name: input.tool_name.clone(),
                            arguments,
                            extra: Object::new(),
                        },
                        resolved_overrides: None,
                    });
                }
                Some(found) if found.kind == "client" => running.push((
                    input.clone(),
                    refusal("a sub-agent here cannot wait for a client tool"),
                )),
                Some(_) => {
                    let run = self.host.engine(&self.agent).run_tool(&self.scene(), &request);
                    running.push((input.clone(), run));
                }
                None => {
                    let why = format!("the agent has no tool configuration {}", request.tool);
                    running.push((input.clone(), refusal(&why)));
                }
            }
            inputs.push(event);
        }
        self.begin_round(&inputs, &waiting, rest).await?;
        self.run_tools(running).await?;
        if waiting.is_empty() {
            self.report_usage(80).await?;
            return Ok(Outcome::Done);
        }
        let pending_calls = waiting.into_iter().map(|stored| stored.call).collect();
        self.transient(&EventBody::ClientToolPending(ClientToolPending { pending_calls }))?;
        Ok(Outcome::Parked)
    }

    /// Inputs, waiting calls and what comes after them are stored as one, so that no crash leaves
    /// a call that nobody can answer.
    async fn begin_round(
        &self,
        inputs: &[Event],
        waiting: &[StoredCall],
        rest: &VecDeque<Move>,
    ) -> Result<(), Halt> {
        let vault = self.vault.clone();
        let (stored_inputs, stored_waiting) = (inputs.to_vec(), waiting.to_vec());
        let continuation = if waiting.is_empty() {
            None
        } else {
            Some(serde_json::to_string(rest).map_err(|error| Halt::Store(error.into()))?)
        };
        let placed = self.host.store.write(move |db| {
            let places = stored_inputs.iter().map(|event| events::append(db, &vault, event));
            let places = places.collect::<store::Result<Vec<_>>>()?;
            for call in &stored_waiting {
                pending::insert(db, &vault, call)?;
            }
            if continuation.is_some() {
                sessions::set_continuation(db, &vault, continuation.as_deref())?;
            }
            Ok(places)
        });
        for (seq, event) in placed.await?.into_iter().zip(inputs) {
            self.show(seq, event.clone());
        }
        Ok(())
    }

    /// Runs server tools side by side: the one with the shortest delay answers first.
    async fn run_tools(&self, mut running: Vec<(ToolInput, ToolRun)>) -> Result<(), Halt> {
        running.sort_by_key(|(_, run)| run.delay);
        let mut elapsed = Duration::ZERO;
        for (input, run) in running {
            let steps = u32::try_from(run.activity.len()).unwrap_or(0) + 1;
            let slice = run.delay.saturating_sub(elapsed) / steps;
            for message in run.activity {
                self.pause(slice).await?;
                self.stream(StreamOnly::ToolActivity(ToolActivity {
                    tool_call_id: input.tool_call_id.clone(),
                    created_at: Some(self.host.clock.now()),
                    activity: Activity::Generic {
                        activity_type: "generic".to_owned(),
                        tool_configuration_name: input.tool_configuration_name.clone(),
                        tool_name: input.tool_name.clone(),
                        message,
                    },
                }));
            }
            self.pause(slice).await?;
            elapsed = elapsed.max(run.delay);
            self.tool_output(&input, run.output, run.failed).await?;
        }
        Ok(())
    }
}

/// A tool run that fails at once and says why.
pub(super) fn refusal(why: &str) -> ToolRun {
    let mut output = Object::new();
    output.insert("error".to_owned(), Value::from(why));
    ToolRun { delay: Duration::ZERO, activity: Vec::new(), output, failed: true }
}
