//! Sessions: create, list, get, update, delete (contract section 2).

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;

use super::Service;
use super::aliases::pick_agent;
use super::request::{Body, Parameters, Problems, SCAN, check_secrets, listing, page_key, scan};
use super::target::{Target, no_agent};
use crate::api::session::{NewSession, SessionChanges};
use crate::api::{Object, Page, Session, SessionKey, time};
use crate::server::access::Identity;
use crate::server::access::roles::{READ, Scope, permits};
use crate::server::engine::compaction::CompactionSettings;
use crate::server::error::{ApiError, ApiResult};
use crate::server::filter::MetadataFilter;
use crate::server::fork;
use crate::server::store::sessions::{Owner, StoredSession};
use crate::server::store::{agents, aliases, secrets, sessions};

fn check_metadata(problems: &mut Problems, metadata: Option<&Object>, limit: usize) {
    let size = metadata.map(serde_json::to_vec).and_then(Result::ok).map_or(0, |json| json.len());
    if size > limit {
        problems.add("metadata", format!("must not be larger than {limit} bytes of JSON"));
    }
}

fn check_tti(problems: &mut Problems, minutes: Option<u64>) {
    if minutes.is_some_and(|minutes| i64::try_from(minutes).is_err()) {
        problems.add("tti_minutes", "must be between 0 and 9223372036854775807");
    }
}

pub(super) async fn create(
    State(service): State<Service>,
    Extension(identity): Extension<Arc<Identity>>,
    owner: Owner,
    Body(new): Body<NewSession>,
) -> ApiResult<(StatusCode, Json<Session>)> {
    let mut problems = Problems::default();
    if let Some(Err(problem)) = new.key.as_ref().map(|key| SessionKey::parse(key.as_str())) {
        problems.add("key", problem.to_string());
    }
    check_secrets(&mut problems, new.secrets.as_ref(), false);
    check_metadata(
        &mut problems,
        new.metadata.as_ref(),
        service.settings.limits.max_metadata_bytes,
    );
    check_tti(&mut problems, new.tti_minutes);
    if let Some(from) = &new.from_session
        && from.include_up_to_event_id.is_some()
        && from.compact_up_to_event_id.is_some()
    {
        let problem = "excludes from_session.include_up_to_event_id: give at most one of them";
        problems.add("from_session.compact_up_to_event_id", problem);
    }
    problems.check()?;
    let now = service.clock.now();
    let name = new.name.unwrap_or_else(|| format!("Session of {}", time::in_name(now)));
    let generated = new.key.is_none();
    let key = new.key.unwrap_or_else(|| service.ids.session(&name));
    // An alias goes by what the session is, and what it picks is part of the session.
    let mut session = Session::named("".into(), key, name, now);
    session.description = new.description;
    session.metadata = new.metadata.unwrap_or_default();
    session.enabled = new.enabled.unwrap_or(true);
    session.tti_minutes = new.tti_minutes.unwrap_or(0);
    session.agent_key = match owner {
        Owner::Agent(key) => key,
        Owner::Alias(key) => {
            let picked = pick_agent(&service, &key, &session).await?;
            session.alias_key = Some(key.to_string());
            picked
        }
    };
    let wanted = session.agent_key.clone();
    let agent = service.store.read(move |db| agents::get(db, &wanted)).await?;
    let agent = agent.ok_or_else(|| no_agent(&session.agent_key))?;
    if !agent.enabled {
        return Err(ApiError::bad_request(format!("the agent {} is disabled", agent.key)));
    }
    session.effective_compaction = CompactionSettings::of_agent(&agent).frozen();
    if let Some(other) = new.from_session.as_ref().and_then(|from| from.agent_key.as_ref())
        && *other != agent.key
        && !permits(&identity.grants, READ, Scope::Agent(other.as_str()))
    {
        // The path's role says nothing about another agent's sessions.
        let why = format!("{} may not read the sessions of {other}", identity.name);
        return Err(ApiError::role_missing(&why));
    }
    let source = match &new.from_session {
        Some(from) => Some(fork::find_source(&service.store, &agent.key, from).await?),
        None => None,
    };
    if let Some(source) = &source {
        session.current_step_name.clone_from(&source.stored.session.current_step_name);
    }
    let (secrets, ids) = (new.secrets.unwrap_or_default().0, service.ids.clone());
    let host = service.turns.host().clone();
    let summary = match &source {
        Some(source) => fork::summary(&host, &agent, source).await?,
        None => None,
    };
    let made = service.store.write(move |db| {
        let mut vault = sessions::insert(db, &session, &secrets)?;
        while vault.is_none() && generated {
            // Four digits do meet again.
            session.key = ids.session(&session.name);
            vault = sessions::insert(db, &session, &secrets)?;
        }
        let Some(vault) = vault else {
            return Ok(Err(session.key));
        };
        if let Some(source) = source {
            fork::copy(db, &host, &agent, &source, summary.as_deref(), &vault, &session)?;
        }
        let made = sessions::get(db, &session.reference())?;
        Ok(made.ok_or(session.key))
    });
    match made.await? {
        Ok(made) => Ok((StatusCode::CREATED, Json(made.session))),
        Err(key) => Err(ApiError::conflict(format!("A session with the key {key} exists"))),
    }
}

/// What a listing lets through.
struct Wanted {
    filter: Option<regex::Regex>,
    metadata: Option<MetadataFilter>,
}

impl Wanted {
    fn read(parameters: &Parameters, owner: &Owner) -> ApiResult<Self> {
        // The alias route does not offer it (contract section 6).
        let offered = matches!(owner, Owner::Agent(_));
        let metadata = parameters.text("metadata_filter").filter(|_| offered);
        let metadata = metadata
            .map(MetadataFilter::parse)
            .transpose()
            .map_err(|error| ApiError::field("metadata_filter", error.to_string()))?;
        Ok(Self { filter: parameters.pattern("filter")?, metadata })
    }

    fn includes(&self, session: &Session) -> bool {
        let description = session.description.as_deref().unwrap_or_default();
        self.filter
            .as_ref()
            .is_none_or(|filter| filter.is_match(&session.name) || filter.is_match(description))
            && self.metadata.as_ref().is_none_or(|filter| filter.matches(&session.metadata))
    }
}

pub(super) async fn list(
    State(service): State<Service>,
    owner: Owner,
    parameters: Parameters,
) -> ApiResult<Json<Page<Session>>> {
    let wanted = Wanted::read(&parameters, &owner)?;
    let limit = parameters.limit()?;
    let listing = listing(
        "sessions",
        &[
            &format!("{owner:?}"),
            parameters.text("filter").unwrap_or_default(),
            parameters.text("metadata_filter").unwrap_or_default(),
        ],
    );
    let before = parameters.place::<i64>(&listing)?;
    let (whose, viewer) = (owner.clone(), service.clone());
    let found = service.store.read(move |db| {
        let exists = match &whose {
            Owner::Agent(key) => agents::exists(db, key)?,
            Owner::Alias(key) => aliases::get(db, key)?.is_some(),
        };
        if !exists {
            return Ok(None);
        }
        let list = |before: Option<&i64>| sessions::list(db, &whose, before.copied(), SCAN);
        let shown =
            |row: &StoredSession| viewer.is_visible(&row.session) && wanted.includes(&row.session);
        scan(limit, before, list, |row| row.vault.row, shown).map(Some)
    });
    let items = found.await?.ok_or_else(|| match &owner {
        Owner::Agent(key) => no_agent(key),
        Owner::Alias(key) => ApiError::not_found("agent_alias", key.as_str()),
    })?;
    let page = service.page(items, limit, |last| page_key(&listing, last.vault.row));
    Ok(Json(page.map(|stored| stored.session)))
}

pub(super) async fn get(target: Target) -> ApiResult<Json<Session>> {
    Ok(Json(target.stored.whole()?.session))
}

pub(super) async fn update(
    State(service): State<Service>,
    target: Target,
    Body(changes): Body<SessionChanges>,
) -> ApiResult<Json<Session>> {
    let mut problems = Problems::default();
    check_secrets(&mut problems, changes.secrets.as_ref(), true);
    let limit = service.settings.limits.max_metadata_bytes;
    check_metadata(&mut problems, changes.metadata.as_ref(), limit);
    check_tti(&mut problems, changes.tti_minutes);
    problems.check()?;
    let of = target.of.clone();
    let now = service.clock.now();
    let updated = service.store.write(move |db| {
        let stored = sessions::update(db, &of, |session| {
            session.name = changes.name.unwrap_or(std::mem::take(&mut session.name));
            session.description = changes.description.or(session.description.take());
            session.metadata = changes.metadata.unwrap_or(std::mem::take(&mut session.metadata));
            session.enabled = changes.enabled.unwrap_or(session.enabled);
            session.tti_minutes = changes.tti_minutes.unwrap_or(session.tti_minutes);
        })?;
        let Some(stored) = stored else {
            return Ok(None);
        };
        sessions::touch(db, stored.vault.row, now)?;
        if let Some(changes) = changes.secrets {
            secrets::change_sessions(db, &stored.vault, &changes.0)?;
        }
        sessions::get(db, &of)
    });
    let gone = || ApiError::not_found("session", target.of.key.as_str());
    Ok(Json(updated.await?.ok_or_else(gone)?.session))
}

pub(super) async fn delete(
    State(service): State<Service>,
    target: Target,
) -> ApiResult<StatusCode> {
    let of = target.of;
    service.turns.abandon(|running| *running == of);
    service.store.erase(move |db| sessions::delete(db, &of)).await?;
    Ok(StatusCode::NO_CONTENT)
}
