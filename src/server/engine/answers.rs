//! Answers to the client tool calls of a parked session (contract sections 3.1 and 9, row 9).

use std::collections::BTreeMap;

use serde_json::Value;

use super::dialogue::bounds::Tally;
use super::log::{Reader, Ticket};
use super::moves;
use super::parked::{Answers, Found, Waiter};
use super::run::RunGuard;
use super::submit::error_object;
use super::turns::{Begun, Start, Turns};
use crate::api::event::ToolOutput;
use crate::api::input::{ToolAnswer, ToolOutputInput};
use crate::api::{Agent, Event, EventBody, EventId, SessionRef, SessionStatus, ToolId};
use crate::server::error::{ApiError, ApiResult};
use crate::server::json_schema;
use crate::server::store::pending::{self, StoredCall};
use crate::server::store::seal::Vault;
use crate::server::store::{self, StoreError, events, sessions, tools};

impl Turns {
    pub(super) async fn answer(
        &self,
        of: &SessionRef,
        input: ToolOutputInput,
    ) -> ApiResult<Reader> {
        let (agent, stored) = self.load(of).await?;
        let vault = stored.vault.clone();
        let (waiting, rest) = self
            .host
            .store
            .read(move |db| Ok((pending::list(db, &vault)?, sessions::continuation(db, &vault)?)))
            .await?;
        check(&waiting, &input.tool_outputs)?;
        self.check_outputs(&agent, &waiting, &input.tool_outputs).await?;
        if self.is_running(of) {
            return Err(ApiError::conflict("The session still runs; wait until it is parked"));
        }
        let is_error = |answer: &&ToolAnswer| matches!(answer, ToolAnswer::Error { .. });
        let calls: Vec<_> = waiting.iter().map(|call| call.call.event_id.clone()).collect();
        let failed = input.tool_outputs.iter().filter(is_error).count();
        let mut outputs = Vec::new();
        for answer in input.tool_outputs {
            let id = answer.event_id();
            if let Some(call) = waiting.iter().find(|call| call.call.event_id == *id) {
                outputs.push(self.output_event(of, call, answer)?);
            }
        }
        match self.host.parked.take(of) {
            Found::Nobody => {}
            Found::Waiter(waiter) => {
                return self.hand_over(&stored.vault, of, calls, outputs, waiter).await;
            }
            Found::Taken => return Err(answered_meanwhile()),
        }
        let rest = rest.unwrap_or_default();
        let (moves, tally) = (moves::planned(&rest).unwrap_or_default(), Tally::read(&rest));
        let start = Start::Answers { calls, outputs, moves, tally, failed, errand: None };
        match self.begin(agent, &stored, start).await? {
            Begun::Running(reader) => Ok(*reader),
            Begun::NotNow(_) => Err(answered_meanwhile()),
        }
    }

    /// Gives a sub-agent its answers where it waits, within the turn that asked it. The reader follows
    /// the sub-agent until it has answered, or waits again.
    async fn hand_over(
        &self,
        vault: &Vault,
        of: &SessionRef,
        calls: Vec<EventId>,
        outputs: Vec<Event>,
        waiter: Waiter,
    ) -> ApiResult<Reader> {
        let Some(guard) = RunGuard::of_errand(&self.host.runs, of) else {
            self.host.parked.put_back(of, waiter);
            return Err(answered_meanwhile());
        };
        let (row, vault, appended) = (vault.row, vault.clone(), outputs.clone());
        let placed = self.host.store.write(move |db| {
            if pending::ids(db, vault.row)? != calls {
                return Ok(None);
            }
            let base = events::last_seq(db, vault.row)?;
            let placed = appended.iter().map(|event| events::append(db, &vault, event));
            let placed = placed.collect::<store::Result<Vec<_>>>()?;
            pending::clear(db, vault.row)?;
            sessions::set_continuation(db, &vault, None)?;
            sessions::set_status(db, vault.row, &SessionStatus::Running)?;
            Ok(Some((base, placed)))
        });
        let (base, placed) = match placed.await {
            Ok(Some(placed)) => placed,
            refused => {
                self.host.parked.put_back(of, waiter);
                refused?;
                return Err(answered_meanwhile());
            }
        };
        self.host.parked.forget(of);
        let log = &guard.run.log;
        log.starts_after(base);
        for (seq, event) in placed.into_iter().zip(&outputs) {
            log.push_stored(0, seq, event.clone());
        }
        let reader = log.read_from_start(Ticket::of(0));
        guard.run.begun.cancel();
        if let Err(unheard) = waiter.send(Answers { outputs, guard }) {
            // The turn that asked has ended meanwhile. The run ends once that is stored.
            self.host.set_status(row, SessionStatus::Stopped).await?;
            drop(unheard);
        }
        Ok(reader)
    }

    /// Successful answers must fit the schemas of their tools, where the tools have one.
    async fn check_outputs(
        &self,
        agent: &Agent,
        waiting: &[StoredCall],
        answers: &[ToolAnswer],
    ) -> ApiResult<()> {
        let mut problems = BTreeMap::new();
        for (index, answer) in answers.iter().enumerate() {
            let ToolAnswer::Success { event_id, output } = answer else { continue };
            let call = waiting.iter().find(|call| call.call.event_id == *event_id);
            let name = call.map(|call| call.call.tool_configuration_name.as_str());
            let configuration = name.and_then(|name| agent.tool_configurations.get(name));
            let Some(id) = configuration.and_then(|found| found.tool_id.clone()) else { continue };
            let id = ToolId::from(id);
            let tool = self.host.store.read(move |db| tools::get(db, &id)).await?;
            if let Some(schema) = tool.and_then(|tool| tool.output_schema) {
                let root = format!("tool_outputs[{index}].output");
                let output = Value::Object(output.to_object());
                problems.extend(json_schema::misfits(&Value::Object(schema), &output, &root));
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(ApiError::fields(problems)) }
    }

    fn output_event(
        &self,
        of: &SessionRef,
        waiting: &StoredCall,
        answer: ToolAnswer,
    ) -> Result<Event, StoreError> {
        let (tool_output, error) = match answer {
            ToolAnswer::Success { output, .. } => (output.to_object(), false),
            ToolAnswer::Error { error, .. } => (error_object(error.to_value()), true),
        };
        self.host.event(
            of,
            &EventBody::ToolOutput(ToolOutput {
                tool_call_id: waiting.tool_call_id.clone(),
                tool_configuration_name: waiting.call.tool_configuration_name.clone(),
                tool_name: waiting.call.tool_name.clone(),
                tool_output,
                error,
                resolved_argument_overrides: waiting.resolved_overrides.clone(),
            }),
        )
    }
}

fn answered_meanwhile() -> ApiError {
    ApiError::conflict("The calls were answered meanwhile")
}

/// Every outstanding call needs exactly one answer, and nothing else is answered.
fn check(waiting: &[StoredCall], answers: &[ToolAnswer]) -> ApiResult<()> {
    let mut problems = BTreeMap::new();
    for (index, answer) in answers.iter().enumerate() {
        let id = answer.event_id();
        let field = format!("tool_outputs[{index}].event_id");
        if !waiting.iter().any(|call| call.call.event_id == *id) {
            problems.insert(field, format!("no call is outstanding for {id}"));
        } else if answers[..index].iter().any(|earlier| earlier.event_id() == id) {
            problems.insert(field, format!("{id} is answered twice"));
        }
    }
    for call in waiting {
        let id = &call.call.event_id;
        if !answers.iter().any(|answer| answer.event_id() == id) {
            let problem = format!("{id} ({}) is outstanding too", call.call.tool_name);
            problems.insert("tool_outputs".to_owned(), problem);
        }
    }
    if answers.is_empty() && problems.is_empty() {
        problems.insert("tool_outputs".to_owned(), "must hold at least one answer".to_owned());
    }
    if problems.is_empty() { Ok(()) } else { Err(ApiError::fields(problems)) }
}
