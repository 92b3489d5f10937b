//! The past of the demo world: its documents, and its sessions, played turn by turn, or laid down as
//! they were played.
//!
//! Start with [`Past::load`]. The invariant: every event of it came out of a real turn, on a clock that
//! jumps; where that turn was played before, a test plays it again and compares.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::SignedDuration;

use super::director::Live;
use super::world::{AgentPlan, SessionPlan, ToolPlan, TurnPlan, World};
use super::{DEFAULT_SEED, DemoError, Playbooks};
use crate::api::alias::{Alias, NewAlias};
use crate::api::event::{InputPart, ToolInput, ToolOutput};
use crate::api::input::MessageInput;
use crate::api::tool::{ClientTool, NewTool};
use crate::api::{
    Agent, AgentKey, EventBody, Input, NewAgent, Object, Session, SessionRef, Timestamp, ToolId,
};
use crate::server::Host;
use crate::server::documents::{self, Source};
use crate::server::engine::clock::Clock;
use crate::server::engine::drive::Drive;
use crate::server::engine::host::PLAYBOOK_KEY;
use crate::server::engine::moves::{self, Move, ToolRequest};
use crate::server::engine::turns::Turns;
use crate::server::engine::{Cue, Engine, ToolRun};
use crate::server::error::ApiError;
use crate::server::ids::Ids;
use crate::server::store::events::{HideReason, Listing};
use crate::server::store::recording::{self, RECORDED_AT};
use crate::server::store::secrets::SecretChanges;
use crate::server::store::{Db, Store, agents, aliases, events, sessions, tools};

/// What playing with [`DEFAULT_SEED`] came to. To play takes as long as all the rest of a start.
const RECORDED: &str = include_str!("../../../assets/demo/past.jsonl");

/// Plays one prepared script, then what its playbook says.
struct Rehearsed {
    playbook: Arc<dyn Engine>,
    script: Arc<Mutex<Option<Vec<Move>>>>,
}

impl Engine for Rehearsed {
    fn respond(&self, seed: u64, cue: &Cue<'_>) -> Vec<Move> {
        let prepared = self.script.lock().unwrap_or_else(PoisonError::into_inner).take();
        prepared.unwrap_or_else(|| self.playbook.respond(seed, cue))
    }

    fn run_tool(&self, seed: u64, request: &ToolRequest) -> ToolRun {
        self.playbook.run_tool(seed, request)
    }
}

/// The past before it is played: all that needs no store.
pub struct Past {
    tools: Vec<ClientTool>,
    agents: Vec<Agent>,
    aliases: Vec<Alias>,
    sessions: Vec<SessionPlan>,
    now: Timestamp,
}

impl Past {
    /// Takes a moment, in which a store can be opened.
    pub fn load() -> Result<Self, DemoError> {
        Self::until(Timestamp::now())
    }

    fn until(now: Timestamp) -> Result<Self, DemoError> {
        let world = World::load()?;
        // The service knows no shorter time.
        let now = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
        let tools = world.tool.into_iter().map(|plan| tool(plan, now, Source::Program));
        let agents = world.agent.into_iter().map(|plan| agent(plan, now, Source::Program));
        let aliases = world.alias.into_iter().map(|new| alias(new, now));
        Ok(Self {
            tools: tools.collect::<Result<_, _>>()?,
            agents: agents.collect::<Result<_, _>>()?,
            aliases: aliases.collect::<Result<_, _>>()?,
            sessions: world.session,
            now,
        })
    }

    /// Puts it into an empty database; leaves any other as it is. Meant for a store that is being
    /// founded: a past is there whole or not at all. Gives the sessions that go on from there.
    pub async fn seed(
        self,
        store: &Store,
        seed: u64,
        playbooks: &Playbooks,
    ) -> Result<Vec<Live>, DemoError> {
        let live = Live::all_of(&self.sessions);
        if !store.read(|db| agents::list(db, None, 1)).await?.is_empty() {
            return Ok(live);
        }
        if seed == DEFAULT_SEED {
            self.lay_down(store).await?;
        } else {
            self.play(store, seed, playbooks).await?;
        }
        Ok(live)
    }

    async fn lay_down(self, store: &Store) -> Result<(), DemoError> {
        let later = self.now.as_millisecond() - RECORDED_AT.as_millisecond();
        self.add_documents(store).await?;
        Ok(store.write(move |db| recording::lay_down(db, RECORDED, later)).await?)
    }

    async fn play(
        mut self,
        store: &Store,
        seed: u64,
        playbooks: &Playbooks,
    ) -> Result<(), DemoError> {
        let (sessions, now) = (std::mem::take(&mut self.sessions), self.now);
        self.add_documents(store).await?;
        let ids = Arc::new(Ids::seeded(seed));
        let script = Arc::default();
        let rehearsed = playbooks.iter().map(|(name, playbook)| {
            let engine = Rehearsed { playbook: Arc::clone(playbook), script: Arc::clone(&script) };
            (name.clone(), Arc::new(engine) as Arc<dyn Engine>)
        });
        let rehearsed = Arc::new(rehearsed.collect::<Playbooks>());
        for plan in sessions {
            let start = before(now, plan.turn.first().map_or(0.0, |turn| turn.ago_minutes));
            let of = add_session(store, &plan, start).await?;
            for turn in plan.turn {
                let stage = Stage { store, ids: &ids, playbooks: &rehearsed, script: &script };
                stage.play(&of, turn, now).await?;
            }
        }
        Ok(())
    }

    async fn add_documents(self, store: &Store) -> Result<(), DemoError> {
        let Self { tools, agents, aliases, .. } = self;
        let insert = move |db: &Db| {
            for tool in &tools {
                tools::insert(db, tool)?;
            }
            for agent in &agents {
                let _ = agents::insert(db, agent)?;
            }
            for alias in &aliases {
                aliases::insert(db, alias)?;
            }
            Ok(())
        };
        Ok(store.write(insert).await?)
    }
}

fn before(now: Timestamp, minutes: f64) -> Timestamp {
    let ago = Duration::try_from_secs_f64(minutes * 60.0).unwrap_or_default();
    SignedDuration::try_from(ago).ok().and_then(|ago| now.checked_sub(ago).ok()).unwrap_or(now)
}

fn tool(plan: ToolPlan, now: Timestamp, source: Source) -> Result<ClientTool, DemoError> {
    let new = NewTool {
        kind: "client".to_owned(),
        name: plan.name,
        title: None,
        description: Some(plan.description),
        input_schema: Some(plan.input_schema),
        output_schema: plan.output_schema,
        enabled: None,
        metadata: None,
        extra: Object::new(),
    };
    let id = ToolId::from(plan.id);
    documents::tool::create(new, id.clone(), now, source)
        .map_err(|problems| DemoError::Tool { id, problems })
}

fn agent(plan: AgentPlan, now: Timestamp, source: Source) -> Result<Agent, DemoError> {
    let new = NewAgent {
        key: None,
        name: plan.name,
        description: Some(plan.description),
        tool_configurations: plan.tools,
        skills: plan.skills,
        model: crate::api::agent::AgentModel { name: plan.model, ..Default::default() },
        first_step: None,
        first_step_name: Some("triage".to_owned()),
        enabled: true,
        metadata: Object::from_iter([(PLAYBOOK_KEY.to_owned(), plan.playbook.into())]),
        // The director compacts where the story wants it.
        extra: Object::from_iter([(
            "compaction".to_owned(),
            serde_json::json!({ "enabled": false }),
        )]),
    };
    let key = AgentKey::from(plan.key);
    let request = serde_json::to_value(new).ok().and_then(|new| new.as_object().cloned());
    documents::agent::create(request.unwrap_or_default(), &key, now, source)
        .map_err(|problems| DemoError::Agent { key, problems })
}

fn alias(new: NewAlias, now: Timestamp) -> Result<Alias, DemoError> {
    let key = new.key.clone();
    documents::alias::create(new, now).map_err(|problems| DemoError::Alias { key, problems })
}

async fn add_session(
    store: &Store,
    plan: &SessionPlan,
    start: Timestamp,
) -> Result<SessionRef, DemoError> {
    let agent = AgentKey::from(&*plan.agent);
    let mut session = Session::named(agent, (&*plan.key).into(), plan.name.clone(), start);
    session.description.clone_from(&plan.description);
    session.tti_minutes = plan.tti_minutes;
    if let Some(parent) = &plan.parent {
        session.created_by_agent_key =
            Some(plan.parent_agent.as_deref().unwrap_or(&plan.agent).into());
        session.created_by_session_key = Some((&**parent).into());
    }
    let of = session.reference();
    store.write(move |db| sessions::insert(db, &session, &SecretChanges::new())).await?;
    Ok(of)
}

/// What playing a turn of the past needs.
struct Stage<'a> {
    store: &'a Store,
    ids: &'a Arc<Ids>,
    playbooks: &'a Arc<Playbooks>,
    script: &'a Arc<Mutex<Option<Vec<Move>>>>,
}

impl Stage<'_> {
    async fn play(&self, of: &SessionRef, plan: TurnPlan, now: Timestamp) -> Result<(), DemoError> {
        let fault = |why: String| DemoError::Script { session: of.key.to_string(), why };
        if let Some(script) = &plan.script {
            let moves = moves::parse(script)
                .ok_or_else(|| fault("a script without a command".to_owned()))?
                .map_err(|error| fault(error.to_string()))?;
            *self.script.lock().unwrap_or_else(PoisonError::into_inner) = Some(moves);
        }
        let turns = Turns::new(Host {
            store: self.store.clone(),
            ids: Arc::clone(self.ids),
            // One after the other, the names are what repeats.
            seed: None,
            clock: Clock::scripted(before(now, plan.ago_minutes)),
            playbooks: Arc::clone(self.playbooks),
            drive: Arc::new(Drive),
            settings: Arc::default(),
            models: Arc::default(),
            tools: Arc::default(),
            parked: Arc::default(),
            runs: Arc::default(),
        });
        let input = Input::Message(said(plan.text));
        let refused = |error: ApiError| fault(error.body.messages.join("; "));
        // Nobody reads along: that would wake this task for every frame.
        drop(turns.submit(of, input).await.map_err(refused)?);
        turns.settle().await;
        self.hide(of, plan.hide).await
    }

    async fn hide(&self, of: &SessionRef, tools: Vec<String>) -> Result<(), DemoError> {
        if tools.is_empty() {
            return Ok(());
        }
        let of = of.clone();
        self.store
            .write(move |db| {
                let Some(session) = sessions::get(db, &of)? else {
                    return Ok(());
                };
                let listing = Listing {
                    include_hidden: false,
                    newest_first: true,
                    after: None,
                    limit: 1_000,
                };
                for row in events::list(db, &session.vault, listing)? {
                    let event = row.event()?;
                    let (EventBody::ToolInput(ToolInput { tool_configuration_name: name, .. })
                    | EventBody::ToolOutput(ToolOutput {
                        tool_configuration_name: name, ..
                    })) = &*event.body
                    else {
                        continue;
                    };
                    if let Some(id) = event.id.as_ref().filter(|_| tools.contains(name)) {
                        events::set_hidden(db, &session.vault, id, Some(HideReason::Manual))?;
                    }
                }
                Ok(())
            })
            .await?;
        Ok(())
    }
}

pub(super) fn said(text: String) -> MessageInput {
    MessageInput { messages: vec![InputPart::Text { content: text }], since: None, behavior: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::demo;
    use crate::server::lasting::Lasting;
    use crate::server::store::recording::tests::copy;

    /// What is in a store after `fill`, and how much of what no recording has a place for.
    async fn filled(fill: impl AsyncFnOnce(&Store)) -> (String, i64) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::found(dir.path(), Lasting::WithTheProcess).unwrap();
        fill(&store).await;
        let others =
            "SELECT (SELECT count(*) FROM session_secrets) + (SELECT count(*) FROM queued_inputs)
             + (SELECT count(*) FROM reasonings) + (SELECT count(*) FROM errands)";
        let look = move |db: &Db| Ok((copy(db), db.query_row(others, [], |row| row.get(0))?));
        store.read(look).await.unwrap()
    }

    async fn played(now: Timestamp) -> (String, i64) {
        let playbooks = demo::playbooks().unwrap();
        let past = Past::until(now).unwrap();
        filled(async |store| past.play(store, DEFAULT_SEED, &playbooks).await.unwrap()).await
    }

    /// A row at a time: all of them at once are too much to look at.
    fn assert_same_rows(recorded: &str, played: &str) {
        for (recorded, played) in recorded.lines().zip(played.lines()) {
            assert_eq!(recorded, played, "CONTRIBUTING.md tells how to record the past anew");
        }
        assert_eq!(recorded.lines().count(), played.lines().count());
    }

    /// Traces are named by the moment at which they began.
    fn without_trace_ids(rows: &str) -> String {
        let id = regex::Regex::new(r#""([0-9a-f]{16}){1,2}""#).unwrap();
        id.replace_all(rows, "\"\"").into_owned()
    }

    #[tokio::test]
    async fn what_is_recorded_is_what_is_played() {
        let (played, others) = played(RECORDED_AT).await;
        assert_eq!(others, 0, "a recording has no place for it");
        if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/demo/past.jsonl");
            std::fs::write(path, played).unwrap();
            return;
        }
        assert_same_rows(RECORDED, &played);
    }

    #[tokio::test]
    async fn what_is_laid_down_today_is_what_would_be_played_today() {
        let now = "2026-03-29T00:59:59.123456789Z".parse().unwrap();
        let past = Past::until(now).unwrap();
        let (laid_down, _) = filled(async |store| past.lay_down(store).await.unwrap()).await;
        let (played, _) = played(now).await;
        assert_same_rows(&without_trace_ids(&laid_down), &without_trace_ids(&played));
    }

    #[test]
    fn what_comes_with_the_program_would_be_taken_of_a_client() {
        let of = |source| {
            let (world, now) = (World::load().unwrap(), Timestamp::UNIX_EPOCH);
            let tools = world.tool.into_iter().map(|plan| tool(plan, now, source).unwrap());
            let agents = world.agent.into_iter().map(|plan| agent(plan, now, source).unwrap());
            (tools.collect::<Vec<_>>(), agents.collect::<Vec<_>>())
        };
        let world = of(Source::Program);
        assert!(!world.0.is_empty() && !world.1.is_empty());
        assert_eq!(world, of(Source::Client));
    }
}
