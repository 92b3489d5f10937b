//! `run --serve-tools`: a worker without a screen that answers the calls its rules say it answers.
//!
//! The invariants: an answer leaves only while its call is still outstanding, only together with
//! those of all other calls of the session, and is never made twice for one call.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::calls::{object, succeeded};
use super::config_file::read;
use super::connect::Context;
use super::coverage::Gaps;
use super::exit::{Code, Failure};
use super::output::{Output, SCHEMA_VERSION};
use super::patience::Patience;
use super::places::Places;
use super::run::{RunArgs, facts};
use super::triage::{Looked, Outstanding};
use super::watching::Watching;
use crate::api::input::{ToolAnswer, ToolOutputInput};
use crate::api::{EventId, Input, SessionRef, Timestamp, time};
use crate::client::ClientError;
use crate::config;
use crate::runtime::ShutdownSignals;
use crate::state::StateDir;
use crate::tool_runner::{self, Stderr};
use crate::tools::audit::By;
use crate::tools::rules::{Pace, Rule, Rules};
use crate::tools::{self, ToolCommand, configured};

/// How long a command may go on once the worker was told to end.
const LAST_COMMAND: Duration = Duration::from_secs(5);
/// After so many failures a call is left to a person.
const TRIES: u32 = 3;
/// The wait after a failure; it doubles.
const FIRST_WAIT: SignedDuration = SignedDuration::from_secs(1);
/// What could not be done is looked at again after so long.
const AGAIN: Duration = Duration::from_secs(1);
const LONGEST_WAIT: SignedDuration = SignedDuration::from_secs(30);

/// The rules of a file, with the home directory in the places where commands run.
pub(super) fn rules(places: &Places, path: &Path) -> Result<Rules, Failure> {
    let path = places.expand(path);
    let text = read(&path)?
        .ok_or_else(|| Failure::usage(format!("there is no file of rules {}", path.display())))?;
    let mut rules = config::rules::parse(&path, &text)?;
    for rule in &mut rules.list {
        rule.command = rule.command.take().map(|command| places.at_home(command));
    }
    Ok(rules)
}

/// Says what is wrong with commands that run all the same.
pub(super) fn warn(out: &Output, rules: &Rules, commands: &BTreeMap<String, ToolCommand>) {
    let of_rule = |rule: &Rule| Some((rule.name.clone(), rule.command.as_ref()?.warning()?));
    let of_tool = |(name, command): (&String, &ToolCommand)| {
        Some((format!("tools.{name}"), command.warning()?))
    };
    let of_rules = rules.list.iter().filter_map(of_rule);
    for (name, warning) in of_rules.chain(commands.iter().filter_map(of_tool)) {
        out.note(&format!("{name}: {warning}"));
    }
}

pub(super) async fn serve(
    context: &Context,
    arguments: &RunArgs,
    path: &Path,
) -> Result<ExitCode, Failure> {
    let mut rules = rules(&Places::find()?, path)?;
    rules.dry_run |= context.global.dry_run;
    if context.settings.read_only.value {
        let text = "a read-only profile answers nothing, so there is nothing to serve";
        return Err(Failure::new(Code::Denied, text));
    }
    let patrol = match &arguments.session {
        Some(session) => context.patrol_of(context.session(session).await?),
        None => context.patrol(),
    };
    let state = context.state()?;
    // Nobody watches, so nothing is answered that could not be noted.
    state.note_answers(&[]).map_err(|error| Failure::other(error.to_string()))?;
    let (stop, kill) = (CancellationToken::new(), CancellationToken::new());
    listen(context.global.timeout, &stop, &kill)?;
    let mut worker = Worker {
        context,
        rules,
        commands: context.tools()?,
        state,
        kill,
        stop: stop.clone(),
        pace: Pace::default(),
        made: HashMap::new(),
        failures: HashMap::new(),
        answered: Vec::new(),
        gaps: HashSet::new(),
        told: HashSet::new(),
    };
    warn(&context.out, &worker.rules, &worker.commands);
    worker.say("serving", None, &worker.rules.words())?;
    let mut watching = Watching::new(context, patrol);
    let mut patience = Patience::new(AGAIN);
    loop {
        tokio::select! {
            touched = watching.next() => drop(touched?),
            // A call that failed, or that its rule lets wait, is tried again.
            () = tokio::time::sleep(AGAIN), if watching.census().waiting().next().is_some() => {}
            () = stop.cancelled() => break,
        }
        let whole = watching.census().is_whole();
        if arguments.once && !whole {
            continue;
        }
        worker.note_gaps(&watching);
        let answered = worker.round(outstanding(&watching)).await;
        for session in worker.answered.drain(..) {
            watching.note_answered(&session);
        }
        let answered = patience.take(context, answered)?;
        if arguments.once && answered.is_some() {
            break;
        }
        if answered.is_none() {
            tokio::select! {
                () = patience.wait() => {}
                () = stop.cancelled() => break,
            }
        }
    }
    worker.say("ended", None, "nothing is left half done")?;
    Ok(ExitCode::SUCCESS)
}

/// Tells the worker to end on a signal or when its time is over; a little later, more firmly.
fn listen(
    limit: Option<Duration>,
    stop: &CancellationToken,
    kill: &CancellationToken,
) -> Result<(), Failure> {
    let mut endings = ShutdownSignals::listen()
        .map_err(|error| Failure::other(format!("cannot listen for signals: {error}")))?;
    let (stop, kill) = (stop.clone(), kill.clone());
    tokio::spawn(async move {
        let time_is_up = async {
            match limit {
                Some(limit) => tokio::time::sleep(limit).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = endings.next() => {}
            () = time_is_up => {}
        }
        stop.cancel();
        tokio::select! {
            () = endings.next() => {}
            () = tokio::time::sleep(LAST_COMMAND) => {}
        }
        kill.cancel();
    });
    Ok(())
}

struct Failed {
    times: u32,
    next: Timestamp,
}

const ELSEWHERE: &str = "somebody else answered it";

struct Worker<'a> {
    context: &'a Context,
    rules: Rules,
    commands: BTreeMap<String, ToolCommand>,
    state: StateDir,
    /// No new command begins.
    stop: CancellationToken,
    /// The running command ends.
    kill: CancellationToken,
    pace: Pace,
    /// Answers that are made and could not be sent yet: no command runs twice for one call.
    made: HashMap<EventId, ToolAnswer>,
    failures: HashMap<EventId, Failed>,
    /// Sessions whose calls were all answered in this round.
    answered: Vec<SessionRef>,
    /// What was said of sessions that could not be asked, once.
    gaps: HashSet<String>,
    /// What was said of a call, once.
    told: HashSet<(EventId, String)>,
}

impl Worker<'_> {
    /// Says once of which sessions it is not known whether they wait.
    fn note_gaps(&mut self, watching: &Watching<'_>) {
        let looked = watching.census().iter().filter_map(|(name, _)| watching.settled(name));
        let looked: Vec<Looked> = looked.collect();
        for note in Gaps::of(Vec::new(), &looked).notes() {
            if self.gaps.insert(note.clone()) {
                self.context.out.note(&note);
            }
        }
    }

    async fn round(&mut self, calls: Vec<Outstanding>) -> Result<(), Failure> {
        let waits: HashSet<EventId> = calls.iter().map(|call| call.call.event_id.clone()).collect();
        self.made.retain(|id, _| waits.contains(id));
        self.failures.retain(|id, _| waits.contains(id));
        self.told.retain(|(id, _)| waits.contains(id));
        let mut sessions: Vec<(SessionRef, Vec<Outstanding>)> = Vec::new();
        for call in calls {
            match sessions.iter_mut().find(|(session, _)| *session == call.session) {
                Some((_, calls)) => calls.push(call),
                None => sessions.push((call.session.clone(), vec![call])),
            }
        }
        for (session, calls) in sessions {
            if self.stop.is_cancelled() {
                break;
            }
            match self.serve_session(&session, &calls).await {
                Err(failure)
                    if !matches!(
                        failure.code(),
                        Code::Network | Code::RateLimited | Code::PipeClosed
                    ) =>
                {
                    // The trouble of one session must not end the service of the others.
                    self.say_once("failed", &calls[0], &failure.to_string())?;
                }
                served => served?,
            }
        }
        Ok(())
    }

    /// Answers the calls of a session, all of them or none.
    async fn serve_session(
        &mut self,
        session: &SessionRef,
        calls: &[Outstanding],
    ) -> Result<(), Failure> {
        let Some(jobs) = self.plan(calls)? else { return Ok(()) };
        let claimed = self.state.claim(session);
        let claim = claimed.map_err(|error| Failure::other(error.to_string()))?;
        let Some(_claim) = claim else {
            let of = &calls[0];
            return self.say_once("skipped", of, "another worker here has this session");
        };
        // Whoever had the claim a moment ago may have answered.
        if !self.still_waits(session, calls).await? {
            return Ok(());
        }
        let mut answers = Vec::new();
        for (call, (rule, command)) in calls.iter().zip(jobs) {
            let Some(answer) = self.answer(call, &rule, &command).await? else { return Ok(()) };
            answers.push(answer);
        }
        if !self.still_waits(session, calls).await? {
            return Ok(());
        }
        self.send(session, calls, answers).await
    }

    /// A rule and a command for every call; `None` where one of them is not for this worker now.
    fn plan(&mut self, calls: &[Outstanding]) -> Result<Option<Vec<(Rule, ToolCommand)>>, Failure> {
        let now = Timestamp::now();
        let mut jobs = Vec::new();
        for call in calls {
            let json = call.call.arguments_json();
            let Some(rule) = self.rules.matching(&facts(call, &json)).cloned() else {
                let why = tools::unsound(&json).unwrap_or("no rule fits it");
                self.say_once("left", call, &format!("{why}; a person answers it"))?;
                return Ok(None);
            };
            let name = &rule.name;
            if !rule.answer {
                let text = format!("{name} does not say answer = true; a person answers it");
                self.say_once("left", call, &text)?;
                return Ok(None);
            }
            let command = rule.command.as_ref().or_else(|| configured(&self.commands, &call.call));
            let Some(command) = command.cloned() else {
                let text = format!("{name} names no command, and none is configured for the tool");
                self.say_once("left", call, &text)?;
                return Ok(None);
            };
            if self.rules.is_dry(&rule) {
                let text = format!("dry run: {name} would run {} and answer", command.line());
                self.say_once("dry_run", call, &text)?;
                return Ok(None);
            }
            let waits = self.failures.get(&call.call.event_id);
            if waits.is_some_and(|failed| failed.times >= TRIES || failed.next > now) {
                return Ok(None);
            }
            jobs.push((rule, command));
        }
        for (call, (rule, _)) in calls.iter().zip(&jobs) {
            let is_made = self.made.contains_key(&call.call.event_id);
            if !is_made && !self.pace.allows(rule, now) {
                let text = format!("{} has run as often as it may in a minute", rule.name);
                self.say_once("waits", call, &text)?;
                return Ok(None);
            }
        }
        Ok(Some(jobs))
    }

    /// Whether exactly these calls are outstanding.
    async fn still_waits(
        &mut self,
        session: &SessionRef,
        calls: &[Outstanding],
    ) -> Result<bool, Failure> {
        let now = self.context.client.outstanding_calls(session).await?;
        let same = now.len() == calls.len()
            && calls.iter().all(|call| now.iter().any(|of| of.event_id == call.call.event_id));
        if !same {
            let gone: Vec<&Outstanding> = calls
                .iter()
                .filter(|call| !now.iter().any(|of| of.event_id == call.call.event_id))
                .collect();
            for call in gone {
                self.say_once("answered_elsewhere", call, ELSEWHERE)?;
            }
        }
        Ok(same)
    }

    /// The answer that the command gives; `None` when it failed or the worker is to end.
    async fn answer(
        &mut self,
        call: &Outstanding,
        rule: &Rule,
        command: &ToolCommand,
    ) -> Result<Option<ToolAnswer>, Failure> {
        let id = &call.call.event_id;
        if let Some(made) = self.made.get(id) {
            return Ok(Some(made.clone()));
        }
        if self.stop.is_cancelled() {
            return Ok(None);
        }
        let json = call.call.arguments_json();
        let invocation = match command.invocation(&facts(call, &json)) {
            Ok(invocation) => invocation,
            Err(error) => return self.failed(call, &error.to_string()).map(|()| None),
        };
        self.say("running", Some(call), &format!("{}: {}", rule.name, command.line()))?;
        let ran = tool_runner::run(&invocation, Stderr::Kept, &self.kill).await;
        if !ran.succeeded() {
            let said = ran.last_words(1).first().map(|said| format!(": {said}"));
            let text = format!("{}{}", ran.ending, said.unwrap_or_default());
            return self.failed(call, &self.masked(call, &text).await).map(|()| None);
        }
        let output = match object(&tools::draft(&ran.stdout, &command.wrap), &invocation.program) {
            Ok(output) => output,
            Err(failure) => return self.failed(call, &failure.to_string()).map(|()| None),
        };
        let answer = succeeded(call, output);
        self.made.insert(id.clone(), answer.clone());
        Ok(Some(answer))
    }

    /// What a command said, without the secrets that it was told.
    async fn masked(&self, call: &Outstanding, text: &str) -> String {
        let agent = self.context.client.get_agent(&call.session.agent).await.ok();
        let arguments = super::calls::arguments_of(call, agent.as_ref());
        tools::audit::Secrets::of(arguments.secrets()).masked_text(text)
    }

    fn failed(&mut self, call: &Outstanding, why: &str) -> Result<(), Failure> {
        let id = call.call.event_id.clone();
        let now = Timestamp::now();
        let failed = self.failures.entry(id).or_insert(Failed { times: 0, next: now });
        failed.times += 1;
        let wait = FIRST_WAIT.saturating_mul(1 << (failed.times - 1).min(10)).min(LONGEST_WAIT);
        failed.next = now.checked_add(wait).unwrap_or(now);
        let next = if failed.times >= TRIES {
            "left to a person".to_owned()
        } else {
            format!("tried again in {}s", wait.as_secs())
        };
        self.say("failed", Some(call), &format!("{why}; {next}"))
    }

    async fn send(
        &mut self,
        session: &SessionRef,
        calls: &[Outstanding],
        answers: Vec<ToolAnswer>,
    ) -> Result<(), Failure> {
        let client = &self.context.client;
        let mut sending = Vec::new();
        for (call, answer) in calls.iter().zip(&answers) {
            let json = call.call.arguments_json();
            let rule = self.rules.matching(&facts(call, &json));
            let by = By::Worker(rule.map(|rule| rule.name.clone()).unwrap_or_default());
            let one = std::slice::from_ref(answer);
            sending.extend(self.context.about_to_send(&[call], one, &by).await);
        }
        let input = Input::ToolOutput(ToolOutputInput { tool_outputs: answers });
        // The reply is the session's next turn, which goes on without us.
        let reply = client.stream_input(session, &input).await.map(drop);
        self.context.note_answers(sending, reply.as_ref().err())?;
        let Err(error) = reply else {
            self.answered.push(session.clone());
            for call in calls {
                self.made.remove(&call.call.event_id);
                // A list that is older than that has the call still, and nobody else answered it.
                self.told.insert((call.call.event_id.clone(), ELSEWHERE.to_owned()));
                self.say("answered", Some(call), "sent; the session goes on")?;
            }
            return Ok(());
        };
        if error.is_outage() || error.may_have_happened() {
            // The next round sees what is still outstanding; what was made is kept.
            return Err(error.into());
        }
        if matches!(error.status(), Some(400 | 404 | 409))
            && !self.any_waits(session, calls).await?
        {
            for call in calls {
                self.say_once("answered_elsewhere", call, ELSEWHERE)?;
            }
            return Ok(());
        }
        // The same command would give the same answer, and may do its work twice.
        let why = told(&error);
        let now = Timestamp::now();
        for call in calls {
            let id = call.call.event_id.clone();
            self.made.remove(&id);
            self.failures.insert(id, Failed { times: TRIES, next: now });
            self.say("refused", Some(call), &format!("{why}; left to a person"))?;
        }
        Ok(())
    }

    async fn any_waits(
        &self,
        session: &SessionRef,
        calls: &[Outstanding],
    ) -> Result<bool, Failure> {
        let now = self.context.client.outstanding_calls(session).await?;
        Ok(calls.iter().any(|call| now.iter().any(|of| of.event_id == call.call.event_id)))
    }

    fn say_once(&mut self, event: &str, call: &Outstanding, text: &str) -> Result<(), Failure> {
        if self.told.insert((call.call.event_id.clone(), text.to_owned())) {
            return self.say(event, Some(call), text);
        }
        Ok(())
    }

    /// A line for people on stderr, or an event for programs on stdout.
    fn say(&self, event: &str, call: Option<&Outstanding>, text: &str) -> Result<(), Failure> {
        let now = Timestamp::now();
        if self.context.out.is_for_programs() {
            let mut value = json!({"schema_version": SCHEMA_VERSION, "at": time::format(now),
                "event": event, "text": text});
            if let Some(call) = call {
                value["agent_key"] = Value::from(call.session.agent.as_str());
                value["session_key"] = Value::from(call.session.key.as_str());
                value["event_id"] = Value::from(call.call.event_id.as_str());
                value["tool"] = Value::from(call.call.tool_configuration_name.as_str());
            }
            return self.context.out.json_line(&value.to_string());
        }
        let about = call.map_or_else(String::new, |call| {
            format!("{} {}  ", call.session, call.call.tool_configuration_name)
        });
        let event = event.replace('_', " ");
        // A log is read on other days, too.
        let wall = self.context.wall();
        let at = format!("{} {}", wall.dated(now), wall.zone_at(now));
        self.context.out.note(&format!("{at}  {event:<9} {about}{text}"));
        Ok(())
    }
}

/// A refusal with everything that the service said of it.
fn told(error: &ClientError) -> String {
    let details = error.details();
    if details.is_empty() { error.to_string() } else { format!("{error} {}", details.join("; ")) }
}

/// The calls that are known to wait, oldest first.
fn outstanding(watching: &Watching<'_>) -> Vec<Outstanding> {
    let looked = watching.census().waiting().filter_map(|name| watching.settled(name));
    let mut calls: Vec<Outstanding> = looked.flat_map(Outstanding::of).collect();
    calls.sort_by_key(|call| call.since.unwrap_or(Timestamp::MAX));
    calls
}
