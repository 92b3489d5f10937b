//! The sessions of sub-agents: a new one, or one that an earlier call left behind.
//!
//! Start with [`Host::open_child`]. The invariant: a session that is opened runs, so that no second call
//! goes on with it at the same time, and whoever opened it brings it to rest. Whose call it works for is stored
//! with it.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::host::Host;
use crate::api::{Agent, AgentKey, Object, Session, SessionKey, SessionRef, SessionStatus};
use crate::server::store::errands::{self, Errand};
use crate::server::store::secrets::SecretChanges;
use crate::server::store::sessions::StoredSession;
use crate::server::store::{self, Db, StoreError, agents, pending, sessions};
use crate::text::units;

/// Which session of the sub-agent is to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Which {
    New,
    /// The one of this name, which is made where it is not there.
    Own(SessionKey),
    /// One that the model names. It must have been made by the parent, or where that is said by any
    /// session of the parent's agent.
    Named {
        key: SessionKey,
        of_any_session: bool,
    },
}

impl Which {
    /// The one session that a tool of a parent session has.
    pub(super) fn of_tool(parent: &SessionRef, tool: &str) -> Self {
        let digest = Sha256::digest(format!("{parent}\0{tool}"));
        Self::Own(format!("ase_sub_{}", units::hex(&digest[..10])).into())
    }
}

/// A session of a sub-agent that runs now.
pub(super) struct Child {
    pub(super) agent: Agent,
    pub(super) stored: StoredSession,
    /// It was there before.
    pub(super) is_resumed: bool,
}

/// Why there is none, and how traces name that.
pub(super) type Unopened = (String, &'static str);

impl Host {
    /// Finds or makes the session of a sub-agent, and has it run.
    pub(super) async fn open_child(
        &self,
        agent: AgentKey,
        parent: &SessionRef,
        which: Which,
        errand: Errand,
    ) -> Result<Result<Child, Unopened>, StoreError> {
        let name = format!("{agent} for {}", parent.key);
        let (ids, parent, now) = (Arc::clone(&self.ids), parent.clone(), self.clock.now());
        let opened = self.store.write(move |db| {
            let Some(agent) = agents::get(db, &agent)? else {
                return Ok(Err((format!("no agent named {agent}"), "not_found")));
            };
            if let Some(found) = find(db, &agent, &parent, &which)? {
                return match found {
                    Ok(stored) => {
                        errands::begin(db, &stored.vault, &parent, &errand)?;
                        sessions::set_status(db, stored.vault.row, &SessionStatus::Running)?;
                        Ok(Ok(Child { agent, stored, is_resumed: true }))
                    }
                    Err(unopened) => Ok(Err(unopened)),
                };
            }
            let key = match which {
                Which::Own(own) => own,
                Which::New | Which::Named { .. } => ids.session(&name),
            };
            let mut session = Session::named(agent.key.clone(), key, name, now);
            session.status = Some(SessionStatus::Running);
            session.created_by_agent_key = Some(parent.agent.clone());
            session.created_by_session_key = Some(parent.key.clone());
            // Four digits do meet again; an old child must not be taken for the new one.
            while sessions::insert(db, &session, &SecretChanges::new())?.is_none() {
                session.key = ids.session(&session.name);
            }
            let stored = sessions::get(db, &session.reference())?.ok_or(StoreError::Deleted)?;
            errands::begin(db, &stored.vault, &parent, &errand)?;
            Ok(Ok(Child { agent, stored, is_resumed: false }))
        });
        opened.await
    }

    /// Gives a new child what the tool's configuration and the call say of its session.
    pub(super) async fn set_up_child(
        &self,
        child: &mut Child,
        metadata: Object,
        tti_minutes: Option<u64>,
    ) -> Result<(), StoreError> {
        if metadata.is_empty() && tti_minutes.is_none() {
            return Ok(());
        }
        let of = child.stored.session.reference();
        let changed = self.store.write(move |db| {
            sessions::update(db, &of, |session| {
                session.metadata = metadata;
                session.tti_minutes = tti_minutes.unwrap_or(session.tti_minutes);
            })
        });
        child.stored = changed.await?.ok_or(StoreError::Deleted)?;
        Ok(())
    }

    pub(super) async fn set_status(
        &self,
        session: i64,
        status: SessionStatus,
    ) -> Result<(), StoreError> {
        self.store.write(move |db| sessions::set_status(db, session, &status)).await
    }
}

/// The session that is to go on; `None` where a new one is wanted.
fn find(
    db: &Db,
    agent: &Agent,
    parent: &SessionRef,
    which: &Which,
) -> store::Result<Option<Result<StoredSession, Unopened>>> {
    let (key, of_any_session) = match which {
        Which::New => return Ok(None),
        Which::Own(key) => (key, false),
        Which::Named { key, of_any_session } => (key, *of_any_session),
    };
    let of = SessionRef::new(agent.key.clone(), key.clone());
    let Some(stored) = sessions::get(db, &of)? else {
        let why =
            format!("the agent {} has no session {key}; leave it out for a new one", agent.key);
        let is_named = matches!(which, Which::Named { .. });
        return Ok(is_named.then_some(Err((why, "not_found"))));
    };
    let session = &stored.session;
    let by_agent = session.created_by_agent_key.as_ref() == Some(&parent.agent);
    let by_session = session.created_by_session_key.as_ref() == Some(&parent.key);
    let why_not = if !by_agent || !(by_session || of_any_session) {
        Some(format!("the session {key} was not made by this one; leave it out for a new one"))
    } else if !session.enabled {
        Some(format!("the session {key} is disabled"))
    } else if session.status == Some(SessionStatus::Running) {
        Some(format!("the session {key} is busy with another call; wait for its output"))
    } else if !pending::ids(db, stored.vault.row)?.is_empty() {
        Some(format!("the session {key} waits for answers of its client"))
    } else {
        None
    };
    Ok(Some(match why_not {
        Some(why) => Err((why, "invalid_input")),
        None => Ok(stored),
    }))
}
