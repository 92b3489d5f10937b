//! The demo world: agents, sessions with a past, and some that go on while people watch.
//!
//! Everything comes from `assets/` and a seed. The past is played by the same engine as the
//! present, on a clock that jumps, so that no demo event has a shape that a real turn has not.

mod director;
mod world;

pub use director::direct;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::SignedDuration;

use super::Host;
use super::documents;
use super::engine::clock::Clock;
use super::engine::drive::Drive;
use super::engine::host::PLAYBOOK_KEY;
use super::engine::moves::{self, Move, ToolRequest};
use super::engine::playbook::{Playbook, PlaybookError};
use super::engine::turns::Turns;
use super::engine::{Cue, Engine, ToolRun};
use super::error::ApiError;
use super::ids::Ids;
use super::store::events::{HideReason, Listing};
use super::store::secrets::SecretChanges;
use super::store::{Store, StoreError, agents, aliases, events, sessions, tools};
use crate::api::alias::NewAlias;
use crate::api::event::{InputPart, ToolInput, ToolOutput};
use crate::api::input::MessageInput;
use crate::api::tool::NewTool;
use crate::api::{
    AgentKey, AliasKey, EventBody, Input, NewAgent, Object, Session, SessionRef, Timestamp, ToolId,
};
use world::{AgentPlan, SessionPlan, ToolPlan, TurnPlan, World};

#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error("playbook {name}: {error}")]
    Playbook { name: &'static str, error: PlaybookError },
    #[error("world: {0}")]
    World(#[from] world::WorldError),
    #[error("session {session}: {why}")]
    Script { session: String, why: String },
    #[error("agent {key}: {problems:?}")]
    Agent { key: AgentKey, problems: documents::Problems },
    #[error("alias {key}: {problems:?}")]
    Alias { key: AliasKey, problems: documents::Problems },
    #[error("tool {id}: {problems:?}")]
    Tool { id: ToolId, problems: documents::Problems },
    #[error(transparent)]
    Store(#[from] StoreError),
}

type Playbooks = HashMap<String, Arc<dyn Engine>>;

/// The compiled-in playbooks by name.
pub fn playbooks() -> Result<Playbooks, DemoError> {
    let sources = [
        ("support", include_str!("../../../assets/playbooks/support.toml")),
        ("ops", include_str!("../../../assets/playbooks/ops.toml")),
        ("research", include_str!("../../../assets/playbooks/research.toml")),
    ];
    sources
        .into_iter()
        .map(|(name, toml)| {
            let playbook =
                Playbook::parse(toml).map_err(|error| DemoError::Playbook { name, error })?;
            Ok((name.to_owned(), Arc::new(playbook) as Arc<dyn Engine>))
        })
        .collect()
}

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

/// Fills an empty database with the world's past; leaves any other as it is. Meant for a store that is
/// being founded: a past is there whole or not at all.
pub async fn seed(store: &Store, ids: &Arc<Ids>, playbooks: &Playbooks) -> Result<(), DemoError> {
    if !store.read(|db| agents::list(db, None, 1)).await?.is_empty() {
        return Ok(());
    }
    let world = World::load()?;
    let script = Arc::default();
    let rehearsed = playbooks.iter().map(|(name, playbook)| {
        let engine = Rehearsed { playbook: Arc::clone(playbook), script: Arc::clone(&script) };
        (name.clone(), Arc::new(engine) as Arc<dyn Engine>)
    });
    let rehearsed = Arc::new(rehearsed.collect::<Playbooks>());
    let now = Timestamp::now();
    for tool in world.tool {
        add_tool(store, tool, now).await?;
    }
    for agent in world.agent {
        add_agent(store, agent, now).await?;
    }
    for new in world.alias {
        add_alias(store, new, now).await?;
    }
    for plan in world.session {
        let start = before(now, plan.turn.first().map_or(0.0, |turn| turn.ago_minutes));
        let of = add_session(store, &plan, start).await?;
        for turn in plan.turn {
            let stage = Stage { store, ids, playbooks: &rehearsed, script: &script };
            stage.play(&of, turn, now).await?;
        }
    }
    Ok(())
}

fn before(now: Timestamp, minutes: f64) -> Timestamp {
    let ago = Duration::try_from_secs_f64(minutes * 60.0).unwrap_or_default();
    SignedDuration::try_from(ago).ok().and_then(|ago| now.checked_sub(ago).ok()).unwrap_or(now)
}

async fn add_tool(store: &Store, plan: ToolPlan, now: Timestamp) -> Result<(), DemoError> {
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
    let tool = documents::tool::create(new, id.clone(), now)
        .map_err(|problems| DemoError::Tool { id, problems })?;
    let _ = store.write(move |db| tools::insert(db, &tool)).await?;
    Ok(())
}

async fn add_agent(store: &Store, plan: AgentPlan, now: Timestamp) -> Result<(), DemoError> {
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
    let agent = documents::agent::create(request.unwrap_or_default(), &key, now)
        .map_err(|problems| DemoError::Agent { key, problems })?;
    let _ = store.write(move |db| agents::insert(db, &agent)).await?;
    Ok(())
}

async fn add_alias(store: &Store, new: NewAlias, now: Timestamp) -> Result<(), DemoError> {
    let key = new.key.clone();
    let alias = documents::alias::create(new, now)
        .map_err(|problems| DemoError::Alias { key, problems })?;
    let _ = store.write(move |db| aliases::insert(db, &alias)).await?;
    Ok(())
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

fn said(text: String) -> MessageInput {
    MessageInput { messages: vec![InputPart::Text { content: text }], since: None, behavior: None }
}
