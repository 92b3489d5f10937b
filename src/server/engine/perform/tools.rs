//! Tool calls: one round at a time, inputs first, then the server tools as they finish, then, if a
//! client tool is among them, the park.

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::Value;

use super::{Halt, Outcome, Performer};
use crate::api::event::{ClientToolPending, ToolInput, ToolOutput};
use crate::api::frame::{Activity, StreamOnly, ToolActivity};
use crate::api::{Event, EventBody, EventId, Object, ToolCallId};
use crate::server::engine::ToolRun;
use crate::server::engine::moves::{Move, ToolRequest};
use crate::server::engine::overrides::{Bindings, Resolved, resolve};
use crate::server::engine::recorder::SpanNumber;
use crate::server::engine::waiting;
use crate::server::store::pending::StoredCall;
use crate::server::store::reasonings::Reasoned;
use crate::server::store::{self, events, pending, reasonings, secrets, sessions};

/// A call as its event shows it, and what its configuration adds.
pub(super) struct Call {
    pub(super) event: Event,
    pub(super) input: ToolInput,
    pub(super) overrides: Resolved,
}

/// What becomes of one call of a round.
enum Plan {
    /// A client answers.
    Wait(StoredCall),
    /// The server runs the tool, or refuses to.
    Run(ToolRun),
}

impl Performer {
    /// A call of one of the agent's tools that has no configured arguments to add.
    pub(super) fn tool_input(&self, request: &ToolRequest) -> Result<Call, Halt> {
        self.call_with(request, Resolved::default())
    }

    fn call_with(&self, request: &ToolRequest, overrides: Resolved) -> Result<Call, Halt> {
        self.call_as(self.host.ids.tool_call(), request, overrides)
    }

    pub(super) fn call_as(
        &self,
        tool_call_id: ToolCallId,
        request: &ToolRequest,
        overrides: Resolved,
    ) -> Result<Call, Halt> {
        let configuration = self.agent.tool_configurations.get(&request.tool);
        let kind = configuration.map_or("unknown", |found| found.kind.as_str());
        // These kinds run a tool of their own name; the others are the tool.
        let is_own = matches!(kind, "client" | "lambda" | "mcp" | "dynamic_vectara" | "unknown");
        let input = ToolInput {
            tool_call_id,
            tool_configuration_name: request.tool.clone(),
            tool_name: if is_own { request.tool.clone() } else { kind.to_owned() },
            tool_type: configuration.map(|found| found.kind.clone()),
            tool_input: request.arguments.clone(),
            argument_override_paths: overrides.paths(),
        };
        let event = self.event(&EventBody::ToolInput(input.clone()))?;
        Ok(Call { event, input, overrides })
    }

    pub(super) async fn tool_output(
        &self,
        span: SpanNumber,
        input: &ToolInput,
        output: Object,
        failure: Option<&'static str>,
    ) -> Result<(), Halt> {
        let event = self.output_of(input, output, failure.is_some(), None).await?;
        self.recorder.returned(span, &event, failure);
        Ok(())
    }

    async fn output_of(
        &self,
        input: &ToolInput,
        output: Object,
        error: bool,
        resolved_argument_overrides: Option<Object>,
    ) -> Result<Event, Halt> {
        self.store(EventBody::ToolOutput(ToolOutput {
            tool_call_id: input.tool_call_id.clone(),
            tool_configuration_name: input.tool_configuration_name.clone(),
            tool_name: input.tool_name.clone(),
            tool_output: output,
            error,
            resolved_argument_overrides,
        }))
        .await
    }

    /// One round of calls: all inputs first, then the server tools as they finish, then, if any
    /// client tool is among them, the park.
    pub(super) async fn call(
        &mut self,
        requests: Vec<ToolRequest>,
        rest: &VecDeque<Move>,
    ) -> Result<Outcome, Halt> {
        let mut inputs = Vec::new();
        let mut running = Vec::new();
        let mut waiting = Vec::new();
        let mut left = Vec::new();
        for request in requests {
            let (overrides, why_not) = match self.overrides_of(&request.tool).await? {
                Ok(overrides) => (overrides, None),
                Err(why) => (Resolved::default(), Some(why)),
            };
            let call = self.call_with(&request, overrides)?;
            inputs.push(call.event.clone());
            match self.plan(&request, &call, why_not) {
                Plan::Wait(stored) => {
                    waiting.push(stored);
                    left.push((call.event, call.input));
                }
                Plan::Run(run) => running.push((call, run)),
            }
        }
        let rest = serde_json::to_string(rest).map_err(|error| Halt::Store(error.into()))?;
        self.begin_round(&inputs, &waiting, rest, None).await?;
        self.recorder.answered("tool_calls");
        for (event, input) in &left {
            self.recorder.leave(self.recorder.call(event, input));
        }
        self.run_tools(running).await?;
        if waiting.is_empty() {
            self.report_usage(80).await?;
            return Ok(Outcome::Done);
        }
        let pending_calls = waiting.into_iter().map(|stored| stored.call).collect();
        self.transient(&EventBody::ClientToolPending(ClientToolPending { pending_calls }))?;
        Ok(Outcome::Parked)
    }

    fn plan(&self, request: &ToolRequest, call: &Call, why_not: Option<String>) -> Plan {
        let Some(configuration) = self.agent.tool_configurations.get(&request.tool) else {
            let why = format!("the agent has no tool configuration {}", request.tool);
            return Plan::Run(refusal(&why));
        };
        if let Some(why) = why_not {
            return Plan::Run(refusal(&why));
        }
        if !self.agent.allows_tool(self.step.as_deref(), &request.tool) {
            let why = format!("the current step does not allow the tool {}", request.tool);
            return Plan::Run(refusal(&why));
        }
        if configuration.kind != "client" {
            let engine = self.host.engine(&self.agent);
            return Plan::Run(engine.run_tool(self.host.ids.seed(), request));
        }
        if self.relay.is_some() {
            return Plan::Run(refusal("a sub-agent here cannot wait for a client tool"));
        }
        let event = call.event.id.clone().unwrap_or_else(|| EventId::from(""));
        Plan::Wait(waiting::stored(&event, &call.input, &call.overrides))
    }

    /// What a tool's configuration supplies, as the session stands now. The inner error tells what
    /// has gone since the input was taken.
    pub(super) async fn overrides_of(&self, tool: &str) -> Result<Result<Resolved, String>, Halt> {
        let configuration = self.agent.tool_configurations.get(tool);
        let Some(configured) = configuration.and_then(|found| found.argument_override.as_ref())
        else {
            return Ok(Ok(Resolved::default()));
        };
        let (vault, of) = (self.vault.clone(), self.session.clone());
        let (metadata, own, agents) = self
            .host
            .store
            .read(move |db| {
                let (own, agents) = secrets::of_both(db, &vault, &of.agent)?;
                let metadata = sessions::get(db, &of)?.map(|stored| stored.session.metadata);
                Ok((metadata.unwrap_or_default(), own, agents))
            })
            .await?;
        let bindings =
            Bindings { metadata: &metadata, session_secrets: &own, agent_secrets: &agents };
        Ok(resolve(configured, &bindings).map_err(|missing| {
            let names: Vec<_> = missing.into_iter().map(|missing| missing.reference).collect();
            format!("nothing is at {}", names.join(", "))
        }))
    }

    /// Inputs, waiting calls and what comes after them are stored as one, so that no crash leaves
    /// a call that nobody can answer.
    pub(super) async fn begin_round(
        &self,
        inputs: &[Event],
        waiting: &[StoredCall],
        rest: String,
        reasoned: Option<Reasoned>,
    ) -> Result<(), Halt> {
        let vault = self.vault.clone();
        let (stored_inputs, stored_waiting) = (inputs.to_vec(), waiting.to_vec());
        let continuation = (!waiting.is_empty()).then_some(rest);
        let placed = self.host.store.write(move |db| {
            let places = stored_inputs.iter().map(|event| events::append(db, &vault, event));
            let places = places.collect::<store::Result<Vec<_>>>()?;
            for call in &stored_waiting {
                pending::insert(db, &vault, call)?;
            }
            if let Some(reasoned) = &reasoned {
                reasonings::insert(db, &vault, reasoned)?;
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
    async fn run_tools(&self, running: Vec<(Call, ToolRun)>) -> Result<(), Halt> {
        let begin = |(call, run): (Call, ToolRun)| {
            let span = self.recorder.call(&call.event, &call.input);
            (call, run, span)
        };
        let mut running: Vec<_> = running.into_iter().map(begin).collect();
        running.sort_by_key(|(_, run, _)| run.delay);
        let mut elapsed = Duration::ZERO;
        for (Call { input, overrides, .. }, run, span) in running {
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
            let shown = overrides.shown().filter(|_| run.ran);
            let event = self.output_of(&input, run.output, run.failed, shown).await?;
            // What was refused before any tool saw it is a matter of how the agent is set up.
            let failure = if run.ran { "execution_error" } else { "invalid_configuration" };
            self.recorder.returned(span, &event, run.failed.then_some(failure));
        }
        Ok(())
    }
}

/// A tool run that fails at once and says why.
pub(super) fn refusal(why: &str) -> ToolRun {
    let mut output = Object::new();
    output.insert("error".to_owned(), Value::from(why));
    ToolRun { delay: Duration::ZERO, activity: Vec::new(), output, failed: true, ran: false }
}
