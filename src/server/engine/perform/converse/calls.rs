//! One round of calls: all inputs first, then whatever this server can do, side by side, as it is done;
//! then, where a client has to do something, the park.
//!
//! A call that cannot be made is answered all the same, with an error that the model can mend.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use serde_json::{Value, json};

use super::question::Asked;
use crate::api::event::{ClientToolPending, SkillLoad, ToolOutput};
use crate::api::frame::{Activity, StreamOnly, ToolActivity};
use crate::api::{Event, EventBody, EventId, Object, ToolCallId};
use crate::server::engine::dialogue::bounds::Bill;
use crate::server::engine::dialogue::names::INVOKE_SKILL;
use crate::server::engine::moves::ToolRequest;
use crate::server::engine::overrides::Resolved;
use crate::server::engine::perform::tools::Call;
use crate::server::engine::perform::{Halt, Outcome, Performer};
use crate::server::engine::recorder::SpanNumber;
use crate::server::engine::waiting;
use crate::server::models::{AskedCall, Reasoning};
use crate::server::store::pending::StoredCall;
use crate::server::store::reasonings::Reasoned;
use crate::server::store::{self, events};
use crate::server::tools::offload::{self, Offloading};
use crate::server::tools::{Done, ToolCall, Workplace};

/// Providers whose ids are shorter use them again in every round; none has longer ones.
const UNIQUE: RangeInclusive<usize> = 16..=128;
/// Characters of a name that a model made up.
const MAX_NAME: usize = 128;

/// What becomes of a call.
enum Plan {
    /// A client answers.
    Wait(StoredCall),
    /// This server runs the tool, with what the configuration supplies.
    Run(Object),
    /// Another agent answers.
    Delegate(Object),
    Load(String),
    /// Nothing: how traces name it, and why.
    Refuse(&'static str, String),
}

/// A call that is over.
struct Ran {
    call: Call,
    span: SpanNumber,
    done: Done,
    /// Whether anything saw its arguments.
    seen: bool,
    bill: Bill,
}

impl Performer {
    /// Makes the calls that a model asked for.
    pub(super) async fn call_tools(
        &mut self,
        calls: Vec<AskedCall>,
        reasoning: Option<Reasoning>,
        asked: &Asked,
    ) -> Result<Outcome, Halt> {
        if let Err(met) = self.tally.call(calls.len(), self.host.models.limits()) {
            return Err(self.stop_loop(met));
        }
        let mut ids = known_ids(asked);
        let (mut inputs, mut waiting, mut left, mut running) = (vec![], vec![], vec![], vec![]);
        let mut refused = Vec::new();
        for one in calls {
            let (call, plan) = self.plan_call(one, asked, &mut ids).await?;
            inputs.push(call.event.clone());
            match plan {
                Plan::Wait(stored) => {
                    waiting.push(stored);
                    left.push(call);
                }
                Plan::Refuse(failure, why) => refused.push((call, failure, why)),
                plan => running.push((call, plan)),
            }
        }
        let goes_on = self.tally.round(waiting.is_empty() && running.is_empty());
        let rest = serde_json::to_string(&self.tally).map_err(|error| Halt::Store(error.into()))?;
        let is_child = self.relay.is_some() && !waiting.is_empty();
        let answers = is_child.then(|| self.host.parked.wait(&self.session));
        let reasoned = reasoning.map(|reasoning| Reasoned {
            reasoning,
            calls: inputs.iter().filter_map(|event| event.id.clone()).collect(),
            thoughts: std::mem::take(&mut self.thoughts),
        });
        let begun = self.begin_round(&inputs, &waiting, rest, reasoned).await;
        if begun.is_err() && is_child {
            self.host.parked.forget(&self.session);
        }
        begun?;
        for call in &left {
            self.recorder.leave(self.recorder.call(&call.event, &call.input));
        }
        let last_refusal = refused.last().map(|(_, _, why)| why.clone());
        for (call, failure, why) in refused {
            let span = self.recorder.call(&call.event, &call.input);
            let done = Done::failed(failure, why);
            let bill = Bill::default();
            self.finish(Ran { call, span, done, seen: false, bill }).await?;
        }
        if let Err(halt) = self.run_side_by_side(running).await {
            if is_child {
                self.withdraw().await?;
            }
            return Err(halt);
        }
        let usage = match self.model.clone() {
            Some(model) => self.keep_estimate(&model).await?,
            None => self.measure_usage(0).await?,
        };
        self.tell_usage(usage);
        if !goes_on {
            let why = format!(
                "{} asked {} times in a row for what it cannot have, the last time: {}. Look at its \
                 instructions and at the schemas of its tools, or take another model",
                self.agent.model.name,
                self.tally.misses,
                last_refusal.unwrap_or_default()
            );
            return Err(self.fail("llm_generation_error", "FAILED_PRECONDITION", &why).await);
        }
        if waiting.is_empty() {
            return Ok(Outcome::Done);
        }
        let pending_calls = waiting.into_iter().map(|stored| stored.call).collect();
        self.transient(&EventBody::ClientToolPending(ClientToolPending { pending_calls }))?;
        match answers {
            None => Ok(Outcome::Parked),
            Some(answers) => self.wait_for(answers).await,
        }
    }

    async fn plan_call(
        &self,
        one: AskedCall,
        asked: &Asked,
        ids: &mut HashSet<String>,
    ) -> Result<(Call, Plan), Halt> {
        let is_skill = one.tool == INVOKE_SKILL && !self.agent.skills.is_empty();
        let key = if is_skill { INVOKE_SKILL } else { asked.names.key(&one.tool) };
        let made_up = || key.chars().take(MAX_NAME).collect();
        let key = &*match self.agent.tool_configurations.get_key_value(key) {
            Some((key, _)) => key.clone(),
            None => made_up(),
        };
        let (overrides, missing) = match self.overrides_of(key).await? {
            Ok(overrides) if !is_skill => (overrides, None),
            Ok(_) => (Resolved::default(), None),
            Err(why) => (Resolved::default(), Some(why)),
        };
        let (arguments, malformed) = match one.arguments {
            Ok(arguments) => (arguments, None),
            // Under a name of its own, so that the call can be stored, and told again.
            Err(other) => {
                (Object::from_iter([("arguments".to_owned(), other.clone())]), Some(other))
            }
        };
        let is_plain = one.id.bytes().all(|byte| byte.is_ascii_graphic());
        let may_stay = UNIQUE.contains(&one.id.len()) && is_plain;
        let id = if may_stay && ids.insert(one.id.clone()) {
            ToolCallId::from(one.id)
        } else {
            self.host.ids.tool_call()
        };
        let request = ToolRequest { tool: key.to_owned(), arguments };
        let call = self.call_as(id, &request, overrides)?;
        let plan = if let Some(malformed) = malformed {
            Plan::Refuse("invalid_input", unreadable(&malformed))
        } else if is_skill {
            self.skill(&request.arguments)
        } else {
            self.tool(&request, &call, missing, asked)
        };
        Ok((call, plan))
    }

    fn tool(
        &self,
        request: &ToolRequest,
        call: &Call,
        missing: Option<String>,
        asked: &Asked,
    ) -> Plan {
        let name = &request.tool;
        let Some(configuration) = self.agent.tool_configurations.get(name) else {
            let all: Vec<_> = asked.question.offers.iter().map(|offer| &*offer.name).collect();
            let there = if all.is_empty() { "none".to_owned() } else { all.join(", ") };
            return Plan::Refuse(
                "not_found",
                format!("there is no tool {name}; there are: {there}"),
            );
        };
        if !self.agent.allows_tool(self.step.as_deref(), name) {
            let why = format!("the current step does not allow the tool {name}");
            return Plan::Refuse("invalid_configuration", why);
        }
        if let Some(why) = missing {
            return Plan::Refuse("invalid_configuration", why);
        }
        if let Some(misfits) = asked.offers.misfit(name, &request.arguments) {
            let why = format!("the arguments do not fit the tool's schema: {misfits}");
            return Plan::Refuse("invalid_input", why);
        }
        let merged = || call.overrides.merged(&request.arguments);
        match configuration.kind.as_str() {
            "client" => {
                let event = call.event.id.clone().unwrap_or_else(|| EventId::from(""));
                Plan::Wait(waiting::stored(&event, &call.input, &call.overrides))
            }
            "sub_agent" => Plan::Delegate(merged()),
            _ => Plan::Run(merged()),
        }
    }

    fn skill(&self, arguments: &Object) -> Plan {
        let name = arguments.get("skill_name").and_then(Value::as_str).unwrap_or_default();
        if self.agent.skills.contains_key(name)
            && self.agent.allows_skill(self.step.as_deref(), name)
        {
            return Plan::Load(name.to_owned());
        }
        let allowed = self.agent.skills.keys();
        let allowed = allowed.filter(|one| self.agent.allows_skill(self.step.as_deref(), one));
        let allowed: Vec<_> = allowed.map(String::as_str).collect();
        let why = format!("there is no skill {name:?} to load; there are: {}", allowed.join(", "));
        Plan::Refuse("invalid_input", why)
    }

    /// Runs calls until all are over. An interrupt ends each of them in its own way.
    async fn run_side_by_side(&mut self, calls: Vec<(Call, Plan)>) -> Result<(), Halt> {
        let mut bill = Bill::default();
        let mut halted = None;
        {
            let this = &*self;
            let mut running: FuturesUnordered<_> =
                calls.into_iter().map(|(call, plan)| this.run(call, plan)).collect();
            while let Some(ran) = running.next().await {
                match ran {
                    Ok(ran) => {
                        bill.add(ran.bill);
                        this.finish(ran).await?;
                    }
                    Err(halt) => halted = halted.or(Some(halt)),
                }
            }
        }
        self.spend(bill);
        halted.map_or(Ok(()), Err)
    }

    async fn run(&self, call: Call, plan: Plan) -> Result<Ran, Halt> {
        let span = self.recorder.call(&call.event, &call.input);
        let (mut seen, mut bill) = (true, Bill::default());
        let done = match plan {
            Plan::Run(arguments) => {
                tokio::select! {
                    biased;
                    () = self.cancel.cancelled() => return Err(Halt::Interrupted),
                    done = self.run_tool(&call, arguments) => done,
                }
            }
            Plan::Delegate(arguments) => {
                let (done, spent) =
                    self.delegate(&call.input, span, &arguments, call.overrides.shown()).await?;
                bill = spent;
                done
            }
            Plan::Load(name) => self.load_skill(&name),
            Plan::Refuse(failure, why) => {
                seen = false;
                Done::failed(failure, why)
            }
            // Never comes here: it was left to its client.
            Plan::Wait(_) => Done::failed("internal", "the call waits for its client"),
        };
        Ok(Ran { call, span, done, seen, bill })
    }

    async fn run_tool(&self, call: &Call, arguments: Object) -> Done {
        let name = &call.input.tool_configuration_name;
        let Some(configuration) = self.agent.tool_configurations.get(name) else {
            return Done::failed("not_found", format!("there is no tool {name}"));
        };
        let at = Workplace {
            store: self.host.store.clone(),
            vault: self.vault.clone(),
            ids: self.host.ids.clone(),
            clock: self.host.clock.clone(),
        };
        let tell = |message: String| {
            self.stream(StreamOnly::ToolActivity(ToolActivity {
                tool_call_id: call.input.tool_call_id.clone(),
                created_at: Some(self.host.clock.now()),
                activity: Activity::Generic {
                    activity_type: "generic".to_owned(),
                    tool_configuration_name: name.clone(),
                    tool_name: call.input.tool_name.clone(),
                    message,
                },
            }));
        };
        let call = ToolCall { name, configuration, arguments };
        let mut done = Box::pin(self.host.tools.run(&at, call, &tell)).await;
        if let Some(model) = &self.model {
            let window = model.settings().context_window;
            let used = self.usage.as_ref().map_or(0, |usage| usage.input_tokens.count);
            let settings = Offloading::of(&self.agent);
            let (kind, output) = (&configuration.kind, done.output);
            done.output = offload::apply(&at, &settings, window, used, name, kind, output).await;
        }
        done
    }

    fn load_skill(&self, name: &str) -> Done {
        let content = self.agent.skills.get(name).and_then(|skill| skill.get("content")?.as_str());
        let body = SkillLoad {
            skill_name: name.to_owned(),
            content: content.unwrap_or_default().to_owned(),
        };
        let output = json!({ "skill_name": name, "loaded": true });
        let output = output.as_object().cloned().unwrap_or_default();
        Done { follows: Some(EventBody::SkillLoad(body)), ..Done::output(output) }
    }

    /// Stores what a call came to, and what follows it, as one.
    async fn finish(&self, ran: Ran) -> Result<(), Halt> {
        let Ran { call: Call { input, overrides, .. }, span, done, seen, .. } = ran;
        let follows = done.follows.as_ref().map(|body| self.event(body)).transpose()?;
        let tool_output = match (&follows, &done.follows) {
            // Of an image, the output embeds the very event that follows (contract section 4.2).
            (Some(event), Some(EventBody::ImageRead(_))) => {
                serde_json::from_str(event.raw().get()).unwrap_or(done.output)
            }
            _ => done.output,
        };
        let output = self.event(&EventBody::ToolOutput(ToolOutput {
            tool_call_id: input.tool_call_id,
            tool_configuration_name: input.tool_configuration_name,
            tool_name: input.tool_name,
            tool_output,
            error: done.failure.is_some(),
            resolved_argument_overrides: overrides.shown().filter(|_| seen),
        }))?;
        let all: Vec<Event> = std::iter::once(output.clone()).chain(follows.clone()).collect();
        let (vault, stored) = (self.vault.clone(), all.clone());
        let placed = self.host.store.write(move |db| {
            let places = stored.iter().map(|event| events::append(db, &vault, event));
            places.collect::<store::Result<Vec<_>>>()
        });
        for (seq, event) in placed.await?.into_iter().zip(all) {
            self.show(seq, event);
        }
        self.recorder.returned(span, &output, done.failure);
        if let (Some(event), Some(EventBody::ImageRead(read))) = (&follows, &done.follows) {
            let attributes = json!({ "artifact_id": read.artifact_id, "detail": read.detail });
            let reading = self.recorder.begin("image_read", attributes);
            self.recorder.came_to(reading, event, Value::Null);
        }
        Ok(())
    }
}

/// The ids of calls that the agent sees.
fn known_ids(asked: &Asked) -> HashSet<String> {
    let ids = asked.events.iter().filter_map(|event| match &*event.body {
        EventBody::ToolInput(input) => Some(input.tool_call_id.to_string()),
        _ => None,
    });
    ids.collect()
}

fn unreadable(arguments: &Value) -> String {
    let what = if arguments.is_string() { "no JSON" } else { "no JSON object" };
    format!("the arguments are {what}. Send one object that fits the tool's schema")
}
