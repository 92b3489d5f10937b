//! The demo world: agents, sessions with a past, and some that go on while people watch.
//!
//! Everything comes from `assets/` and a seed. The past is played by the same engine as the
//! present, on a clock that jumps, so that no demo event has a shape that a real turn has not.

mod director;
mod past;
mod world;

pub use director::direct;
pub use past::Past;

use std::collections::HashMap;
use std::sync::Arc;

use super::documents;
use super::engine::Engine;
use super::engine::playbook::{Playbook, PlaybookError};
use super::store::StoreError;
use crate::api::{AgentKey, AliasKey, ToolId};

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

/// Which world a demo is when nobody asks for another.
pub const DEFAULT_SEED: u64 = 7;

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
