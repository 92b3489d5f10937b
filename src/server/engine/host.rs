//! What every turn needs: where things are kept, when it is, who plays.
//!
//! Runs nothing. Start with [`Host`]. The invariant: ids and times of a turn come from here, so that a world
//! that is to repeat itself can.

use std::collections::HashMap;
use std::sync::Arc;

use super::Engine;
use super::clock::Clock;
use super::parked::Parked;
use super::run::Runs;
use crate::api::event::{ArtifactUpload, InputMessage, InputPart, SkillLoad};
use crate::api::{Agent, Event, EventBody, SessionRef};
use crate::server::ids::Ids;
use crate::server::models::{Model, Models};
use crate::server::settings::Settings;
use crate::server::store::queue::TurnInput;
use crate::server::store::{Store, StoreError};
use crate::server::tools::Tools;

/// Metadata key of an agent that names its playbook.
pub const PLAYBOOK_KEY: &str = "foretop_playbook";

/// Metadata key of an agent that sets its pace: milliseconds between the chunks of what it says. A
/// script can still change it with `/slow`.
pub const PACE_KEY: &str = "foretop_pace_ms";

/// What every turn needs.
pub struct Host {
    pub store: Store,
    pub ids: Arc<Ids>,
    /// Of a world that is to repeat itself.
    pub seed: Option<u64>,
    pub clock: Clock,
    pub playbooks: Arc<HashMap<String, Arc<dyn Engine>>>,
    /// For agents that name no playbook.
    pub drive: Arc<dyn Engine>,
    pub settings: Arc<Settings>,
    pub models: Arc<Models>,
    pub tools: Arc<Tools>,
    pub parked: Arc<Parked>,
    pub runs: Arc<Runs>,
}

impl Host {
    pub(in crate::server) fn engine(&self, agent: &Agent) -> &dyn Engine {
        let named = agent.metadata.get(PLAYBOOK_KEY).and_then(serde_json::Value::as_str);
        named.and_then(|name| self.playbooks.get(name)).unwrap_or(&self.drive).as_ref()
    }

    /// What the agent thinks with; `None` where it plays a script. The error says that there is no such
    /// model, and which there are.
    pub(in crate::server) fn model(&self, agent: &Agent) -> Result<Option<&Arc<Model>>, String> {
        if self.models.is_empty() || agent.metadata.contains_key(PLAYBOOK_KEY) {
            return Ok(None);
        }
        let name = &agent.model.name;
        self.models.get(name).map(Some).ok_or_else(|| {
            let names: Vec<_> = self.models.iter().map(|one| &*one.settings().name).collect();
            format!("model.name: this server has no model {name}; it has {}", names.join(", "))
        })
    }

    pub(in crate::server) fn event(
        &self,
        of: &SessionRef,
        body: &EventBody,
    ) -> Result<Event, StoreError> {
        Ok(Event::new(self.ids.event(), of.key.clone(), self.clock.now(), body)?)
    }

    /// What an input becomes in the history: files, words, then the skills that they ask for
    /// (contract sections 4.2 and 9, row 19).
    pub(super) fn input_events(
        &self,
        agent: &Agent,
        of: &SessionRef,
        input: &TurnInput,
    ) -> Result<Vec<Event>, StoreError> {
        let TurnInput::Message { message, uploads } = input else {
            return Ok(Vec::new());
        };
        let mut bodies = Vec::new();
        if !uploads.is_empty() {
            let names: Vec<_> = uploads
                .iter()
                .map(|file| format!("{} ({} B)", file.filename, file.size_bytes))
                .collect();
            bodies.push(EventBody::ArtifactUpload(ArtifactUpload {
                artifacts: uploads.clone(),
                agent_upload_message: Some(format!("Uploaded: {}", names.join(", "))),
            }));
        }
        if let Some(message) = message {
            // As the real service adds them; nobody reads them (contract section 9, row 4).
            let message_diffs = vec![String::new(); message.messages.len()];
            bodies.push(EventBody::InputMessage(InputMessage { message_diffs, ..message.clone() }));
            for part in &message.messages {
                if let InputPart::Skill { skill_name } = part {
                    let skill = agent.skills.get(skill_name);
                    let content = skill.and_then(|skill| skill.get("content")?.as_str());
                    bodies.push(EventBody::SkillLoad(SkillLoad {
                        skill_name: skill_name.clone(),
                        content: content.unwrap_or_default().to_owned(),
                    }));
                }
            }
        }
        bodies.iter().map(|body| self.event(of, body)).collect()
    }
}
