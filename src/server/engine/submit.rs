//! Taking what clients send to a session: checks it against the state of the session, then begins a
//! run or hands it to the one that goes on (contract section 3).

use super::compaction;
use super::dialogue::check;
use super::dialogue::instructions::Scene;
use super::log::{FrameLog, Reader, Ticket};
use super::overrides::{self, Bindings};
use super::run::{Joins, QueuedInput};
use super::turns::{Begun, Start, Turns, Waiting, already_running, gone};
use crate::api::event::{ArtifactReference, InputMessage, InputPart};
use crate::api::input::{Behavior, CompactInput, MessageInput, Since};
use crate::api::{Agent, Artifact, Input, Object, SessionRef};
use crate::server::error::{ApiError, ApiResult};
use crate::server::settings::{DefaultBehavior, ParkedInput, RunningWithoutSince};
use crate::server::store::queue::{self, TurnInput};
use crate::server::store::seal::Vault;
use crate::server::store::sessions::StoredSession;
use crate::server::store::{self, agents, artifacts, events, pending, secrets, sessions};

/// Words, files, or both, for a session.
#[derive(Debug, Default)]
pub struct Submission {
    pub message: Option<InputMessage>,
    pub files: Vec<(Artifact, Vec<u8>)>,
    pub since: Option<Since>,
    pub behavior: Option<Behavior>,
}

impl From<MessageInput> for Submission {
    fn from(input: MessageInput) -> Self {
        let message = InputMessage { messages: input.messages, message_diffs: Vec::new() };
        Self {
            message: Some(message),
            files: Vec::new(),
            since: input.since,
            behavior: input.behavior,
        }
    }
}

impl Turns {
    /// Takes one input. The reader gives what the reply must contain.
    pub async fn submit(&self, of: &SessionRef, input: Input) -> ApiResult<Reader> {
        let (turns, of) = (self.clone(), of.clone());
        self.to_the_end(async move {
            match input {
                Input::Message(message) => turns.message(&of, message.into()).await,
                Input::Interrupt => {
                    turns.load(&of).await?;
                    Ok(turns.running(&of).map_or_else(Reader::empty, |run| run.interrupt()))
                }
                Input::ToolOutput(answers) => turns.answer(&of, answers).await,
                Input::Compact(compact) => turns.compact(&of, compact).await,
            }
        })
        .await
    }

    /// Takes words and files together.
    pub async fn upload(&self, of: &SessionRef, submission: Submission) -> ApiResult<Reader> {
        let (turns, of) = (self.clone(), of.clone());
        self.to_the_end(async move { turns.message(&of, submission).await }).await
    }

    async fn message(&self, of: &SessionRef, submission: Submission) -> ApiResult<Reader> {
        let Submission { message, files, since, behavior } = submission;
        if message.as_ref().is_some_and(|message| message.messages.is_empty()) && files.is_empty() {
            return Err(ApiError::field("messages", "must hold at least one part"));
        }
        let message = message.filter(|message| !message.messages.is_empty());
        let chars = message.as_ref().map_or(0, |message| message.to_text().chars().count());
        let limit = self.host.settings.limits.max_message_chars;
        if chars > limit {
            return Err(ApiError::field("messages", format!("hold more than {limit} characters")));
        }
        if let Some(Behavior::Other(unknown)) = &behavior {
            return Err(ApiError::field(
                "behavior",
                format!("{unknown} is not steer or follow_up"),
            ));
        }
        let uploads = files.iter().map(|(artifact, _)| ArtifactReference::from(artifact)).collect();
        let mut waiting = Waiting { input: TurnInput::Message { message, uploads }, files };
        // Whatever begins between two looks at the session is joined, as if it had been there.
        loop {
            let (agent, stored) = self.load(of).await?;
            self.check_message(&agent, &stored, &waiting.input).await?;
            let cursor = self.cursor(&stored.vault, since.clone()).await?;
            let joined =
                self.join_running(of, &stored.vault, waiting, cursor, behavior.as_ref()).await?;
            let Waiting { input, files } = match joined {
                Ok(reader) => return Ok(self.replaying(reader, &stored.vault, cursor)),
                Err(unjoined) => unjoined,
            };
            let row = stored.vault.row;
            let calls = self.host.store.read(move |db| pending::ids(db, row)).await?;
            if calls.is_empty() {
                let start = Start::Input(Waiting { input, files });
                match self.begin(agent, &stored, start).await? {
                    Begun::Running(reader) => {
                        return Ok(self.replaying(*reader, &stored.vault, cursor));
                    }
                    Begun::NotNow(unbegun) => waiting = unbegun.ok_or_else(already_running)?,
                }
            } else if self.host.settings.switches.parked_input == ParkedInput::Queue {
                match self.join_parked(&agent, &stored, Waiting { input, files }).await? {
                    Ok(reader) => return Ok(reader),
                    Err(unjoined) => waiting = unjoined,
                }
            } else {
                return Err(ApiError::conflict(format!(
                    "The session waits for {} client tool outputs; send them first",
                    calls.len()
                )));
            }
        }
    }

    /// Whether agent and session take this message as they are.
    async fn check_message(
        &self,
        agent: &Agent,
        stored: &StoredSession,
        input: &TurnInput,
    ) -> ApiResult<()> {
        takes_input(agent, stored)?;
        self.check_model(agent)?;
        if let TurnInput::Message { message: Some(message), .. } = input {
            check_skills(agent, stored, message)?;
        }
        if agent.tool_configurations.values().any(|tool| tool.argument_override.is_some()) {
            let (secrets, key) = (stored.vault.clone(), agent.key.clone());
            let (own, agents) =
                self.host.store.read(move |db| secrets::of_both(db, &secrets, &key)).await?;
            let bindings = Bindings {
                metadata: &stored.session.metadata,
                session_secrets: &own,
                agent_secrets: &agents,
            };
            overrides::check(agent, &stored.session, &bindings)?;
        }
        self.check_conversation(agent, stored).await
    }

    /// Whether an agent with a model can be asked, and whether the session may have another turn.
    async fn check_conversation(&self, agent: &Agent, stored: &StoredSession) -> ApiResult<()> {
        let Ok(Some(_)) = self.host.model(agent) else { return Ok(()) };
        let scene = Scene { agent, session: &stored.session, now: self.host.clock.now() };
        let problems = check::problems(&scene);
        if !problems.is_empty() {
            return Err(ApiError::unprocessable(problems));
        }
        if let Some(most) = self.host.models.limits().turns_per_session {
            let row = stored.vault.row;
            let inputs = self.host.store.read(move |db| events::count_inputs(db, row)).await?;
            if inputs >= most {
                return Err(ApiError::unprocessable(vec![format!(
                    "RESOURCE_EXHAUSTED: the session has had the {most} turns that this server allows \
                     (`turns_per_session` in models.toml). Begin another session, or fork this one"
                )]));
            }
        }
        Ok(())
    }

    /// Agents may name models that come later; they only cannot think before.
    fn check_model(&self, agent: &Agent) -> ApiResult<()> {
        let found = self.host.model(agent).map(drop);
        found.map_err(|why| ApiError::unprocessable(vec![why]))
    }

    /// Hands an input to the run that goes on; gives it back when none does.
    async fn join_running(
        &self,
        of: &SessionRef,
        vault: &Vault,
        waiting: Waiting,
        cursor: Option<i64>,
        behavior: Option<&Behavior>,
    ) -> ApiResult<Result<Reader, Waiting>> {
        let Some(run) = self.running(of) else {
            return Ok(Err(waiting));
        };
        let mut waiting = waiting;
        run.begun.cancelled().await;
        if !run.is_closed() {
            let is_message = matches!(waiting.input, TurnInput::Message { .. });
            let switches = &self.host.settings.switches;
            let conflicts = switches.running_without_since == RunningWithoutSince::Conflict;
            if cursor.is_none() && is_message && conflicts {
                return Err(already_running());
            }
            let follows = match behavior {
                None => switches.default_behavior == DefaultBehavior::FollowUp,
                Some(behavior) => *behavior == Behavior::FollowUp,
            };
            let joins = if is_message && !follows { Joins::ThisTurn } else { Joins::Later };
            if run.is_errand && joins == Joins::Later {
                // It is not a turn of its own that another one could follow.
                run.ended().await;
                return Ok(Err(waiting));
            }
            let (kept, vault) = (waiting.input.clone(), vault.clone());
            let files = std::mem::take(&mut waiting.files);
            let row = self.host.store.write(move |db| {
                if !sessions::is_there(db, vault.row)? {
                    return Ok(None);
                }
                for (artifact, data) in &files {
                    artifacts::insert(db, &vault, artifact, data)?;
                }
                queue::push(db, &vault, &kept).map(Some)
            });
            let row = row.await?.ok_or_else(|| gone(of))?;
            let queued = QueuedInput { row, input: waiting.input, ticket: Ticket::waiting() };
            match run.enqueue(queued, joins) {
                Ok(reader) => return Ok(Ok(reader)),
                Err(late) => {
                    let row = late.row;
                    self.host.store.write(move |db| queue::remove(db, row)).await?;
                    // Its files are stored by now and stay.
                    waiting.input = late.input;
                }
            }
        }
        run.ended().await;
        Ok(Err(waiting))
    }

    /// Puts an input into the history of a session that waits for its client; no turn plays. Gives
    /// it back when the session waits no longer.
    async fn join_parked(
        &self,
        agent: &Agent,
        stored: &StoredSession,
        waiting: Waiting,
    ) -> ApiResult<Result<Reader, Waiting>> {
        let of = stored.session.reference();
        let events = self.host.input_events(agent, &of, &waiting.input)?;
        let (vault, appended) = (stored.vault.clone(), events.clone());
        let placed = self.host.store.write(move |db| {
            if pending::ids(db, vault.row)?.is_empty() {
                return Ok(Err(waiting));
            }
            for (artifact, data) in &waiting.files {
                artifacts::insert(db, &vault, artifact, data)?;
            }
            let places = appended.iter().map(|event| events::append(db, &vault, event));
            places.collect::<store::Result<Vec<_>>>().map(Ok)
        });
        let placed = match placed.await? {
            Ok(placed) => placed,
            Err(waiting) => return Ok(Err(waiting)),
        };
        let log = FrameLog::new();
        for (seq, event) in placed.into_iter().zip(events) {
            log.push_stored(0, seq, event);
        }
        log.close();
        Ok(Ok(log.read_from_start(Ticket::of(0))))
    }

    async fn compact(&self, of: &SessionRef, input: CompactInput) -> ApiResult<Reader> {
        loop {
            let (agent, stored) = self.load(of).await?;
            takes_input(&agent, &stored)?;
            self.check_model(&agent)?;
            let vault = stored.vault.clone();
            if let Some(id) = input.compact_up_to_event_id.clone() {
                let row = vault.row;
                if self.host.store.read(move |db| events::seq(db, row, &id)).await?.is_none() {
                    return Err(ApiError::field(
                        "compact_up_to_event_id",
                        "no event of this session has that id",
                    ));
                }
            }
            let waiting = Waiting { input: TurnInput::Compact(input.clone()), files: Vec::new() };
            let waiting = match self.join_running(of, &vault, waiting, None, None).await? {
                Ok(reader) => return Ok(reader),
                Err(waiting) => waiting,
            };
            let keep = compaction::settings(&agent, &stored.session).keep_recent_inputs;
            let (row, request) = (vault.row, input.clone());
            let found = self.host.store.read(move |db| {
                let last = compaction::last_to_compact(db, row, &request, keep)?;
                Ok((last, pending::ids(db, row)?))
            });
            let (last, calls) = found.await?;
            if last.is_none() {
                return Err(ApiError::bad_request(
                    "there is nothing to compact: no events lie before the inputs that are kept",
                ));
            }
            if !calls.is_empty() {
                return Err(ApiError::conflict(format!(
                    "The session waits for {} client tool outputs; send them first",
                    calls.len()
                )));
            }
            let begun = self.begin(agent, &stored, Start::Input(waiting)).await?;
            if let Begun::Running(reader) = begun {
                return Ok(*reader);
            }
        }
    }

    fn replaying(&self, reader: Reader, vault: &Vault, cursor: Option<i64>) -> Reader {
        match cursor {
            Some(seq) => reader.replaying(self.host.store.clone(), vault.clone(), seq),
            None => reader,
        }
    }

    pub(super) async fn load(&self, of: &SessionRef) -> ApiResult<(Agent, StoredSession)> {
        let wanted = of.clone();
        let found = self.host.store.read(move |db| {
            let agent = agents::get(db, &wanted.agent)?;
            let session = sessions::get(db, &wanted)?;
            Ok((agent, session))
        });
        match found.await? {
            (Some(agent), Some(session)) => Ok((agent, session)),
            (None, _) => Err(ApiError::not_found("agent", of.agent.as_str())),
            (_, None) => Err(ApiError::not_found("session", of.key.as_str())),
        }
    }

    /// The row that `since` names; `None` when nothing is to be replayed.
    async fn cursor(&self, vault: &Vault, since: Option<Since>) -> ApiResult<Option<i64>> {
        let id = match since {
            None => return Ok(None),
            Some(Since::Start) => return Ok(Some(0)),
            Some(Since::After(id)) => id,
        };
        let (row, wanted) = (vault.row, id.clone());
        let found = self.host.store.read(move |db| events::seq(db, row, &wanted)).await?;
        let problem = || ApiError::field("since", format!("no event {id} in this session"));
        Ok(Some(found.ok_or_else(problem)?))
    }
}

fn takes_input(agent: &Agent, stored: &StoredSession) -> ApiResult<()> {
    if !stored.session.enabled {
        return Err(ApiError::bad_request("the session is disabled and takes no input"));
    }
    if !agent.enabled {
        return Err(ApiError::bad_request("the agent is disabled and takes no input"));
    }
    Ok(())
}

/// Skills that a message asks for must be the agent's, and allowed in the current step.
fn check_skills(agent: &Agent, stored: &StoredSession, message: &InputMessage) -> ApiResult<()> {
    let step = stored.session.current_step_name.as_deref();
    let mut problems = std::collections::BTreeMap::new();
    for (index, part) in message.messages.iter().enumerate() {
        let InputPart::Skill { skill_name } = part else {
            continue;
        };
        let problem = if !agent.skills.contains_key(skill_name) {
            format!("the agent has no skill {skill_name}")
        } else if !agent.allows_skill(step, skill_name) {
            format!("the current step does not allow the skill {skill_name}")
        } else {
            continue;
        };
        problems.insert(format!("messages[{index}].skill_name"), problem);
    }
    if problems.is_empty() { Ok(()) } else { Err(ApiError::fields(problems)) }
}

/// An answer's error as the object that an event must carry.
pub(super) fn error_object(error: serde_json::Value) -> Object {
    match error {
        serde_json::Value::Object(object) => object,
        other => Object::from_iter([("error".to_owned(), other)]),
    }
}
