//! Calls that wait: what they ask, and their answers, checked and shown before anything goes.
//!
//! Start with [`Desk::answer`]. The invariant: what goes was shown whole, and somebody typed yes to it;
//! what was typed and does not go is kept.

use std::rc::Rc;
use std::sync::Arc;

use serde_json::Value;

use super::desk::Desk;
use super::numbered::chosen;
use crate::api::input::{ToolAnswer, ToolOutputInput};
use crate::api::{Agent, EventId, Input, SessionRef, Timestamp};
use crate::cli::calls::{self, arguments_of, failed, object, succeeded};
use crate::cli::connect::Context;
use crate::cli::exit::{Code, Failure};
use crate::cli::sessions::read_input;
use crate::cli::triage::Outstanding;
use crate::model::AnswerKind;
use crate::model::output_schema::{Against, Check, OutputSchema, OutputSchemas};
use crate::text::{json, units};

/// A call that waits still, among all of its session, with what its answer must be.
struct Asked {
    outstanding: Vec<Outstanding>,
    at: usize,
    agent: Option<Agent>,
    against: Against,
}

impl Asked {
    async fn of(context: &Context, session: &SessionRef, id: &EventId) -> Result<Self, Failure> {
        let known = context.client.get_session(session).await?;
        let looked = context.look_at(known, Timestamp::now()).await;
        if let Some(problem) = &looked.problem {
            return Err(Failure::new(
                Code::Network,
                format!("its calls could not be had: {problem}"),
            ));
        }
        let outstanding = Outstanding::of(looked);
        let Some(at) = outstanding.iter().position(|call| call.call.event_id == *id) else {
            let text = "this call waits no longer: somebody answered it; pending lists what waits";
            return Err(Failure::new(Code::Conflict, text));
        };
        let agent = context.client.get_agent(&session.agent).await.ok();
        let call = &outstanding[at].call;
        let against = match OutputSchemas::tool_of(agent.as_ref(), call) {
            None => Against::Nothing("the tool is not known".to_owned()),
            Some(tool) => match context.client.get_tool(&tool).await {
                Err(error) => Against::Nothing(format!("it could not be read: {error}")),
                Ok(tool) => tool.output_schema.map_or(Against::Free, |schema| {
                    Against::Schema(Arc::new(OutputSchema::new(schema)))
                }),
            },
        };
        Ok(Self { outstanding, at, agent, against })
    }

    fn call(&self) -> &Outstanding {
        &self.outstanding[self.at]
    }
}

impl Desk {
    pub(super) async fn call(&mut self, words: &[String]) -> Result<(), Failure> {
        let number = words.first().map_or("", String::as_str);
        let (session, id) = chosen(&self.calls, number, "pending")?.clone();
        let asked = Asked::of(&self.context, &session, &id).await?;
        let call = asked.call();
        let arguments = arguments_of(call, asked.agent.as_ref());
        let age = call.since.map(|at| units::seconds_between(at, Timestamp::now()));
        let since = age.map_or_else(String::new, |age| format!(", waiting {}", units::age(age)));
        let mut lines = vec![
            format!("{} in {session}{since}, {id}", call.call.tool_configuration_name),
            "arguments:".to_owned(),
        ];
        lines.extend(json::spread(&arguments.masked_text()).lines().map(str::to_owned));
        let masked = arguments.masked_paths();
        if !masked.is_empty() {
            lines.push(format!("masked, because it may be secret: {}", masked.join(", ")));
        }
        lines.extend(wanted(&asked.against));
        let others = asked.outstanding.len() - 1;
        if others > 0 {
            let others = units::counted(others, "other call");
            lines.push(format!("the session goes on when {others} of it is answered, too"));
        }
        lines.push(format!("answer {number} answers it"));
        self.context.out.reading(&Value::Null, lines)
    }

    pub(super) async fn answer(&mut self, words: &[String]) -> Result<(), Failure> {
        let number = words.first().map_or("", String::as_str);
        let (session, id) = chosen(&self.calls, number, "pending")?.clone();
        self.context.may_write()?;
        let context = Rc::clone(&self.context);
        let asked = Asked::of(&context, &session, &id).await?;
        let (is_error, text) = match words.get(1).map(String::as_str) {
            None => {
                self.context.out.stdout.lines(wanted(&asked.against))?;
                (false, self.typed("Type the answer as JSON").await?)
            }
            Some("error") if words.len() > 2 => (true, words[2..].join(" ")),
            Some("error") => (true, self.typed("Type what went wrong").await?),
            Some("file") if words.len() == 3 => (false, read_input(&words[2])?),
            Some("kept") => match self.drafts.get(&id) {
                Some(draft) => draft.clone(),
                None => return Err(Failure::usage("no answer is kept for this call")),
            },
            Some(_) => {
                return Err(Failure::usage(
                    "answer N, answer N error TEXT, answer N file PATH or answer N kept",
                ));
            }
        };
        self.drafts.insert(id.clone(), (is_error, text.clone()));
        self.check(number, &asked, is_error, text).await?;
        self.send_answers(number, &asked).await
    }

    /// Says what is wrong with an answer; somebody may insist where the service might take it.
    async fn check(
        &mut self,
        number: &str,
        asked: &Asked,
        is_error: bool,
        text: String,
    ) -> Result<(), Failure> {
        let call = asked.call().call.event_id.clone();
        let kind = if is_error { AnswerKind::Error } else { AnswerKind::Success };
        let check = Check { call, stamp: 0, kind, text, against: asked.against.clone() };
        let verdict = tokio::task::spawn_blocking(move || check.run()).await;
        let verdict =
            verdict.map_err(|error| Failure::other(format!("cannot check it: {error}")))?;
        for found in &verdict.diagnostics {
            self.say(&found.words())?;
        }
        let kept = format!("The text is kept: answer {number} kept shows and sends it");
        if !verdict.sendable {
            let text = format!("this cannot be sent, so nothing was. {kept}");
            return Err(Failure::new(Code::Rejected, text));
        }
        if let Some(why) = &verdict.unchecked {
            self.say(&format!("not checked here: {why}"))?;
        }
        if verdict.errors().next().is_none() {
            return Ok(());
        }
        if self.agrees("The tool's schema does not take this. Go on all the same?").await? {
            return Ok(());
        }
        Err(Failure::new(Code::Rejected, format!("nothing was sent. {kept}")))
    }

    /// Sends what is typed for all calls of a session, once each has something.
    async fn send_answers(&mut self, number: &str, asked: &Asked) -> Result<(), Failure> {
        let missing: Vec<String> = asked
            .outstanding
            .iter()
            .filter(|call| !self.drafts.contains_key(&call.call.event_id))
            .map(|call| call.call.tool_configuration_name.clone())
            .collect();
        if !missing.is_empty() {
            return self.say(&format!(
                "kept and not sent: the session goes on when {} is answered, too; pending has its number",
                missing.join(", ")
            ));
        }
        let mut items: Vec<ToolAnswer> = Vec::new();
        for call in &asked.outstanding {
            let Some((is_error, text)) = self.drafts.get(&call.call.event_id) else { continue };
            items.push(if *is_error {
                failed(call, Value::from(text.trim_end()))
            } else {
                succeeded(call, object(text, "the answer")?)
            });
        }
        let session = asked.call().session.clone();
        let input = Input::ToolOutput(ToolOutputInput { tool_outputs: items.clone() });
        let body = serde_json::to_string(&input)
            .map_err(|error| Failure::other(format!("the answer cannot be written: {error}")))?;
        self.say(&format!("This goes to {session}:"))?;
        self.context.out.stdout.json(&json::spread(&body))?;
        if !self.agrees("Send it?").await? {
            let text = format!("nothing was sent. The text is kept: answer {number} kept");
            return Err(Failure::other(text));
        }
        let context = Rc::clone(&self.context);
        let all: Vec<&Outstanding> = asked.outstanding.iter().collect();
        let sending = calls::send(&context, &asked.outstanding, &all, items, false);
        Box::pin(sending).await?;
        for call in &asked.outstanding {
            self.drafts.remove(&call.call.event_id);
        }
        Ok(())
    }
}

/// What an answer must be, a line each.
fn wanted(against: &Against) -> Vec<String> {
    match against {
        Against::Schema(schema) => {
            let skeleton = schema.skeleton();
            let lines = skeleton.lines().map(str::to_owned);
            std::iter::once("an answer looks like this:".to_owned()).chain(lines).collect()
        }
        other => other.remark().into_iter().collect(),
    }
}
