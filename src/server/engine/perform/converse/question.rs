//! What the model is asked next: everything that it takes is read in one go.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::Talk;
use crate::api::event::ImageRead;
use crate::api::{AgentKey, ArtifactId, Event, EventBody, Session, SessionRef, ToolId};
use crate::server::engine::dialogue::instructions::{self, Scene};
use crate::server::engine::dialogue::messages::{Telling, messages};
use crate::server::engine::dialogue::names::Names;
use crate::server::engine::dialogue::offers::{Looked, Offers, sub_agent_settings};
use crate::server::engine::dialogue::{reminders, steps};
use crate::server::engine::perform::{Halt, Performer};
use crate::server::models::{Asker, Model, Part, Question, Schema};
use crate::server::store::events::{self, Listing};
use crate::server::store::reasonings::{self, Reasoned};
use crate::server::store::seal::Vault;
use crate::server::store::{self, Db, StoreError, agents, sessions, tools};
use crate::server::tools::image;

/// Images that a question holds, the newest ones.
const MAX_IMAGES: usize = 16;

/// A question, and what it was made of.
pub(super) struct Asked {
    pub(super) question: Question,
    pub(super) offers: Offers,
    pub(super) names: Names,
    /// What the agent sees.
    pub(super) events: Vec<Event>,
    pub(super) session: Session,
    /// The shape of the last word.
    pub(super) schema: Option<Schema>,
}

/// What is stored of all that.
struct Loaded {
    session: Session,
    events: Vec<Event>,
    reasoned: Vec<Reasoned>,
    looked: Looked,
}

impl Performer {
    /// Works out the next question. An agent that changed so that it cannot be asked ends the turn.
    pub(super) async fn prepare(&mut self, model: &Arc<Model>, talk: &Talk) -> Result<Asked, Halt> {
        // What MCP servers offer is asked of them; those that do not run yet are started.
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => return Err(Halt::Interrupted),
            () = self.host.tools.prepare(&self.agent) => {}
        }
        let loaded = self.load().await?;
        let images = if model.settings().sees_images {
            self.images(&loaded.events).await
        } else {
            HashMap::new()
        };
        match self.put_together(loaded, &images, talk) {
            Ok(asked) => Ok(asked),
            Err(why) => Err(self.fail("internal", "FAILED_PRECONDITION", &why).await),
        }
    }

    fn put_together(
        &self,
        loaded: Loaded,
        images: &HashMap<ArtifactId, Part>,
        talk: &Talk,
    ) -> Result<Asked, String> {
        let Loaded { session, events, reasoned, looked } = loaded;
        let agent = &self.agent;
        let scene = Scene { agent, session: &session, now: talk.began };
        let name = self.step.as_deref();
        let step = agent.step(name).unwrap_or(&serde_json::Value::Null);
        let names = Names::of(agent);
        let offers = Offers::of_step(name, &scene, &names, &self.host.tools, &looked)?;
        let skills: Vec<&str> = agent.skills.keys().map(String::as_str).collect();
        let skills: Vec<&str> =
            skills.into_iter().filter(|skill| agent.allows_skill(name, skill)).collect();
        let all = offers.all(&skills);
        let described: Vec<_> =
            all.iter().map(|offer| (offer.name.clone(), offer.description.clone())).collect();
        let mut system = instructions::of_step(step, &scene, &described)?;
        if let Some(skills) = instructions::skills(agent, name) {
            if !system.is_empty() {
                system.push_str("\n\n");
            }
            system.push_str(&skills);
        }
        let reminders = reminders::of_step(step, &scene)?;
        let image = |read: &ImageRead| images.get(&read.artifact_id).cloned();
        let telling =
            Telling { names: &names, reminders: &reminders, image: &image, reasoned: &reasoned };
        let mut messages = messages(&events, &telling);
        messages.extend(talk.correction.iter().flatten().cloned());
        let schema = steps::schema(step);
        let asker = Asker { session: Some(self.session.clone()), purpose: "turn", retries: 0 };
        let question = Question {
            asker,
            system,
            messages,
            offers: all,
            parameters: instructions::parameters(agent),
            schema: schema.clone(),
        };
        Ok(Asked { question, offers, names, events, session, schema })
    }

    async fn load(&self) -> Result<Loaded, Halt> {
        let (mut clients, mut helpers) = (Vec::new(), Vec::new());
        for configuration in self.agent.tool_configurations.values() {
            match configuration.kind.as_str() {
                "client" => clients.extend(configuration.tool_id.as_deref().map(ToolId::from)),
                "sub_agent" => helpers.push(AgentKey::from(sub_agent_settings(configuration).0)),
                _ => {}
            }
        }
        let (of, vault) = (self.session.clone(), self.vault.clone());
        let loaded = self.host.store.read(move |db| {
            let (session, events) = seen(db, &of, &vault)?;
            // A damaged tool is one that nobody made.
            let found = clients.into_iter().filter_map(|id| tools::get(db, &id).ok().flatten());
            let clients: BTreeMap<_, _> = found.map(|tool| (tool.id.clone(), tool)).collect();
            let found = helpers.iter().filter_map(|key| agents::get(db, key).ok().flatten());
            let agents = found
                .map(|agent| (agent.key.to_string(), agent.description.unwrap_or_default()))
                .collect();
            let reasoned = reasonings::seen(db, &vault)?;
            Ok(Loaded { session, events, reasoned, looked: Looked { clients, agents } })
        });
        Ok(loaded.await?)
    }

    /// The images that the newest of the events have read.
    async fn images(&self, events: &[Event]) -> HashMap<ArtifactId, Part> {
        let mut out = HashMap::new();
        for event in events.iter().rev() {
            let EventBody::ImageRead(ImageRead { artifact_id: id, .. }) = &*event.body else {
                continue;
            };
            if out.len() == MAX_IMAGES {
                break;
            }
            if out.contains_key(id) {
                continue;
            }
            let found = image(&self.host.store, &self.vault, id).await;
            if let Some((mime_type, data)) = found {
                out.insert(id.clone(), Part::Image { mime_type, data });
            }
        }
        out
    }
}

/// The session, and what its agent sees of it. What is damaged it does not see.
fn seen(db: &Db, of: &SessionRef, vault: &Vault) -> store::Result<(Session, Vec<Event>)> {
    let stored = sessions::get(db, of)?.ok_or(StoreError::Deleted)?;
    let listing =
        Listing { include_hidden: false, newest_first: false, after: None, limit: u32::MAX };
    let rows = events::list(db, vault, listing)?;
    let whole = rows.into_iter().filter(|row| !row.is_damaged);
    let events = whole.map(|row| row.event()).collect::<store::Result<_>>()?;
    Ok((stored.session, events))
}
