//! What a path names: a session, directly or through the alias that made it, and whose sessions are
//! meant where no single one is (contract section 6).

use std::fmt;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

use super::Service;
use crate::api::{AgentKey, Session, SessionKey, SessionRef};
use crate::server::error::{ApiError, ApiResult};
use crate::server::store::sessions::{self, Owner, StoredSession};
use crate::server::store::{self, Db, agents};

/// The parts of the path by name.
pub(super) struct Names(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Names {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> ApiResult<Self> {
        let raw = RawPathParams::from_request_parts(parts, state).await.map_err(|_| {
            ApiError::bad_request("the path must be UTF-8, percent-encoded where needed")
        })?;
        Ok(Self(raw.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()))
    }
}

impl Names {
    /// The part of that name; empty where the route has none.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value)
    }

    fn owner(&self) -> Owner {
        match self.get("alias_key") {
            "" => Owner::Agent(self.get("agent_key").into()),
            alias => Owner::Alias(alias.into()),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Owner {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> ApiResult<Self> {
        Ok(Names::from_request_parts(parts, state).await?.owner())
    }
}

/// The session that the path names, as it is stored, or the stand-in of a damaged one.
pub(super) struct Target {
    pub(super) of: SessionRef,
    pub(super) stored: StoredSession,
    pub(super) names: Names,
}

impl FromRequestParts<Service> for Target {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> ApiResult<Self> {
        let names = Names::from_request_parts(parts, service).await?;
        let wanted = names.wanted();
        let found = service.store.read(move |db| wanted.find(db)).await?;
        let stored = service.shown(found)?;
        Ok(Self { of: stored.session.reference(), stored, names })
    }
}

/// The session that a path asks for.
pub(super) struct Wanted {
    owner: Owner,
    key: SessionKey,
}

impl Names {
    pub(super) fn wanted(&self) -> Wanted {
        Wanted { owner: self.owner(), key: self.get("session_key").into() }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}/{}", self.owner, self.key)
    }
}

impl Wanted {
    /// The session as it is stored, or a stand-in of a damaged one, or the part of the path that names nothing.
    pub(super) fn find(&self, db: &Db) -> store::Result<Result<StoredSession, ApiError>> {
        let no_session = || ApiError::not_found("session", self.key.as_str());
        let agent = match &self.owner {
            Owner::Agent(agent) => Some(agent.clone()),
            Owner::Alias(alias) => sessions::agent_of_alias(db, alias, &self.key)?,
        };
        let Some(agent) = agent else {
            return Ok(Err(no_session()));
        };
        let of = SessionRef { agent, key: self.key.clone() };
        Ok(match sessions::find(db, &of)? {
            Some(stored) => Ok(stored),
            None if agents::exists(db, &of.agent)? => Err(no_session()),
            None => Err(no_agent(&of.agent)),
        })
    }
}

impl Service {
    /// What was found, unless it is not to be seen yet.
    pub(super) fn shown(&self, found: Result<StoredSession, ApiError>) -> ApiResult<StoredSession> {
        let stored = found?;
        if self.is_visible(&stored.session) {
            Ok(stored)
        } else {
            Err(ApiError::not_found("session", stored.session.key.as_str()))
        }
    }

    /// A switch lets sessions appear only some time after they were created, as they do in a
    /// service of many machines (contract section 2.2).
    pub(super) fn is_visible(&self, session: &Session) -> bool {
        let delay = i64::try_from(self.settings.switches.visibility_delay_ms).unwrap_or(i64::MAX);
        let age = self.clock.now().as_millisecond() - session.created_at.as_millisecond();
        delay == 0 || age >= delay
    }
}

pub(super) fn no_agent(key: &AgentKey) -> ApiError {
    ApiError::not_found("agent", key.as_str())
}
