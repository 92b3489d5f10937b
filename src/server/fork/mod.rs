//! Forking: a new session that begins with what another one holds (contract section 2.2).
//!
//! Events are copied with new ids and otherwise as they are, in their order; hidden ones stay
//! behind; files come along. What runs in the source is not waited for, and what waits there for a
//! client waits in the fork too ([`open_calls`]).

mod open_calls;

use std::collections::HashMap;

use super::engine::History;
use super::engine::compaction::{self, CompactionSettings};
use super::engine::dialogue::summaries;
use super::engine::host::Host;
use super::error::{ApiError, ApiResult};
use super::ids::Ids;
use super::store::events::{Compacted, Listing};
use super::store::seal::Vault;
use super::store::sessions::StoredSession;
use super::store::{self, Db, Store, artifacts, events, reasonings, sessions};
use crate::api::session::FromSession;
use crate::api::{Agent, AgentKey, Event, EventId, Session, SessionKey, SessionRef, SessionStatus};
use open_calls::OpenCalls;

/// Rows copied at a time.
const PAGE: u32 = 200;

/// How much of the source comes along. The numbers are rows of its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    All,
    UpTo(i64),
    SummaryUpTo(i64),
}

/// A session to fork from, found and checked.
pub(super) struct ForkSource {
    pub(super) stored: StoredSession,
    extent: Extent,
}

/// Finds the source and the anchor in it. An unknown session is a 404, an unknown anchor a 400.
pub(super) async fn find_source(
    store: &Store,
    agent: &AgentKey,
    from: &FromSession,
) -> ApiResult<ForkSource> {
    let agent = from.agent_key.clone().unwrap_or_else(|| agent.clone());
    let of = SessionRef { agent, key: from.session_key.clone() };
    let (wanted, from) = (of.clone(), from.clone());
    let found = store.read(move |db| {
        let Some(stored) = sessions::get(db, &wanted)? else {
            return Ok(None);
        };
        let seq = |id: &EventId| events::seq(db, stored.vault.row, id);
        let extent = match (&from.include_up_to_event_id, &from.compact_up_to_event_id) {
            (Some(id), _) => {
                seq(id)?.map(Extent::UpTo).ok_or(("include_up_to_event_id", id.clone()))
            }
            (None, Some(id)) => {
                seq(id)?.map(Extent::SummaryUpTo).ok_or(("compact_up_to_event_id", id.clone()))
            }
            (None, None) => Ok(Extent::All),
        };
        Ok(Some((stored, extent)))
    });
    let (stored, extent) =
        found.await?.ok_or_else(|| ApiError::not_found("session", &of.to_string()))?;
    let extent = extent.map_err(|(field, id)| {
        ApiError::field(format!("from_session.{field}"), format!("no event {id} in {of}"))
    })?;
    Ok(ForkSource { stored, extent })
}

/// The summary that takes the place of what a fork leaves behind, where the agent's model makes it:
/// before the fork is written, which waits for nobody.
pub(super) async fn summary(
    host: &Host,
    agent: &Agent,
    source: &ForkSource,
) -> ApiResult<Option<String>> {
    let (Extent::SummaryUpTo(last), Ok(Some(model))) = (source.extent, host.model(agent)) else {
        return Ok(None);
    };
    let settings = CompactionSettings::of_agent(agent);
    let (vault, policy) = (source.stored.vault.clone(), settings.tool_event_policy);
    let read = host.store.read(move |db| compaction::history(db, &vault, last, policy));
    let (count, events) = read.await?;
    if count == 0 {
        return Ok(None);
    }
    let instructions = settings.compaction_message.as_deref();
    let history = History { events: &events, count, instructions };
    let of = source.stored.session.reference();
    let question = summaries::question(&history, None, model.settings().context_window, &of);
    let why = match summaries::ask(model, question).await {
        Ok((summary, _)) if !summary.is_empty() => return Ok(Some(summary)),
        Ok(_) => format!("{} summed up nothing. Try again", agent.model.name),
        Err(error) => error.to_string(),
    };
    Err(ApiError::unavailable(&format!("the session was not forked: {why}")))
}

/// Fills the new session `into`, which nobody has seen yet.
pub(super) fn copy(
    db: &Db,
    host: &Host,
    agent: &Agent,
    source: &ForkSource,
    summary: Option<&str>,
    into: &Vault,
    session: &Session,
) -> store::Result<()> {
    let from = &source.stored.vault;
    let mut renaming = Renaming {
        ids: &host.ids,
        from: &source.stored.session.key,
        to: &session.key,
        known: HashMap::new(),
    };
    let (after, last) = match source.extent {
        Extent::All => (0, i64::MAX),
        Extent::UpTo(seq) => (0, seq),
        Extent::SummaryUpTo(seq) => {
            summarise(db, host, agent, from, (seq, summary), into, session)?;
            (seq, i64::MAX)
        }
    };
    let mut listing =
        Listing { include_hidden: false, newest_first: false, after: Some(after), limit: PAGE };
    let mut open = OpenCalls::default();
    'pages: loop {
        let rows = events::list(db, from, listing)?;
        let Some(end) = rows.last().map(|row| row.seq) else { break };
        listing.after = Some(end);
        for row in rows {
            if row.seq > last {
                break 'pages;
            }
            if row.is_damaged {
                events::append_damaged(db, row.seq, into, &host.ids.event())?;
                continue;
            }
            let event = row.event()?;
            let copy = renaming.copy(&event)?;
            events::append(db, into, &copy)?;
            open.follow(&event, &copy);
        }
    }
    reasonings::copy(db, from, into, |id| renaming.known.get(id).cloned())?;
    open.settle(db, host, agent, source, last, (into, session))?;
    if events::last_seq(db, into.row)? > 0 {
        sessions::set_status(db, into.row, &SessionStatus::Stopped)?;
    }
    artifacts::copy(db, from, into)
}

fn summarise(
    db: &Db,
    host: &Host,
    agent: &Agent,
    from: &Vault,
    (last, summary): (i64, Option<&str>),
    into: &Vault,
    session: &Session,
) -> store::Result<()> {
    let settings = CompactionSettings::of_agent(agent);
    let (count, history) = compaction::history(db, from, last, settings.tool_event_policy)?;
    if count == 0 {
        return Ok(());
    }
    let turns = events::count_inputs_up_to(db, from.row, last)?;
    let instructions = settings.compaction_message.as_deref();
    let summary = summary.map(str::to_owned);
    let summary = summary.unwrap_or_else(|| {
        host.engine(agent).summarise(&History { events: &history, count, instructions })
    });
    let id = host.ids.event();
    let body = compaction::compaction(&id, Compacted { events: count, turns }, summary);
    let event = Event::new(id, session.key.clone(), session.created_at, &body)?;
    events::append(db, into, &event)?;
    Ok(())
}

/// New names for copied events, the same for every mention of one.
struct Renaming<'a> {
    ids: &'a Ids,
    from: &'a SessionKey,
    to: &'a SessionKey,
    known: HashMap<EventId, EventId>,
}

impl Renaming<'_> {
    fn rename(&mut self, id: &EventId) -> EventId {
        let fresh = || self.ids.event();
        self.known.entry(id.clone()).or_insert_with(fresh).clone()
    }

    /// The same JSON under new names. A tool output that embeds another event, as reading an image
    /// does (contract section 4.2), embeds the copy.
    fn copy(&mut self, event: &Event) -> store::Result<Event> {
        let mut text = event.raw().get().to_owned();
        let mut names = vec![event.id.clone()];
        if let crate::api::EventBody::ToolOutput(output) = &*event.body {
            let embedded = output.tool_output.get("id").and_then(|id| id.as_str());
            names.push(embedded.filter(|id| EventId::parse(id).is_ok()).map(EventId::from));
        }
        for id in names.into_iter().flatten() {
            let renamed = self.rename(&id);
            let text_of = |id: &EventId| format!("\"id\":\"{id}\"");
            text = text.replace(&text_of(&id), &text_of(&renamed));
        }
        let text_of = |key: &SessionKey| format!("\"session_key\":\"{key}\"");
        // Once for the event, once for an event in it; words of people hold escaped quotes.
        text = text.replace(&text_of(self.from), &text_of(self.to));
        Ok(Event::from_raw(serde_json::value::RawValue::from_string(text)?))
    }
}
