//! From what somebody typed to the one session, event or call that is meant: a whole key, a key
//! with its agent, or a beginning that only one has.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::connect::Context;
use super::exit::{Code, Failure};
use crate::api::{AgentKey, Event, EventId, Page, Session, SessionRef};
use crate::client::order::{Direction, oldest_first};
use crate::client::{ClientError, EventQuery, SessionQuery};
use crate::text::suggest::nearest;
use crate::text::units;

/// Requests that one command has under way at a time.
pub(super) const AT_ONCE: usize = 8;
/// Pages that are read to find a name.
pub(super) const MAX_PAGES: usize = 50;
/// How many candidates an ambiguous beginning lists.
const CANDIDATES: usize = 8;

impl Context {
    /// The agents that commands look at: the named one, the profile's, or all.
    pub(super) async fn agents(&self) -> Result<Vec<AgentKey>, Failure> {
        if let Some(agent) = self.agent() {
            return Ok(vec![agent]);
        }
        let chosen = &self.settings.agents.value;
        if !chosen.is_empty() {
            return Ok(chosen.iter().map(|agent| agent.as_str().into()).collect());
        }
        let pages = self.client.agent_pages();
        let pages: Vec<_> = pages.take(MAX_PAGES).try_collect().await?;
        self.note_if_cut(&pages, "agents");
        Ok(pages.into_iter().flat_map(|page| page.items).map(|agent| agent.key).collect())
    }

    /// Says so where a listing goes on behind the pages that are read of it.
    pub(super) fn note_if_cut<T>(&self, pages: &[Page<T>], what: &str) {
        let goes_on = pages.last().is_some_and(|page| page.page_key.is_some());
        if goes_on && pages.len() == MAX_PAGES {
            let count = pages.iter().map(|page| page.items.len()).sum();
            let count = units::grouped(count);
            self.out.note(&format!("only the first {count} {what} were looked at; there are more"));
        }
    }

    /// The one agent that something new belongs to.
    pub(super) async fn one_agent(&self) -> Result<AgentKey, Failure> {
        let agents = self.agents().await?;
        match agents.as_slice() {
            [one] => Ok(one.clone()),
            [] => Err(Failure::new(Code::NotFound, "there is no agent on this service")),
            many => {
                let names = many.iter().map(AgentKey::as_str).collect::<Vec<_>>().join(", ");
                Err(Failure::usage(format!("say which agent with --agent: {names}")))
            }
        }
    }

    /// The session that `text` means.
    pub(super) async fn session(&self, text: &str) -> Result<Session, Failure> {
        let (agents, key) = match text.split_once('/') {
            Some((agent, key)) => (vec![agent.into()], key),
            None => (self.agents().await?, text),
        };
        if key.is_empty() {
            return Err(Failure::usage(format!("\"{text}\" names no session")));
        }
        // A whole key costs one request an agent, however many sessions there are.
        let exact = stream::iter(agents.clone()).map(|agent| async move {
            let at = SessionRef { agent, key: key.into() };
            match self.client.get_session(&at).await {
                Err(ClientError::Api { status: 400 | 403 | 404, .. }) => Ok(None),
                other => other.map(Some),
            }
        });
        let exact: Vec<_> = exact.buffered(AT_ONCE).try_collect().await?;
        let mut exact: Vec<Session> = exact.into_iter().flatten().collect();
        match exact.len() {
            1 => return Ok(exact.remove(0)),
            0 => {}
            _ => {
                let names: Vec<String> =
                    exact.iter().map(|session| session.reference().to_string()).collect();
                return Err(ambiguous("session", text, &names));
            }
        }
        let known = self.sessions_of(&agents, SessionQuery::default()).await?;
        let keys = |session: &Session| session.key.as_str().to_owned();
        let at = pick("session", key, &known, keys)?;
        Ok(known[at].clone())
    }

    pub(super) async fn references(&self, texts: &[String]) -> Result<Vec<SessionRef>, Failure> {
        let mut found = Vec::new();
        for text in texts {
            found.push(self.session(text).await?.reference());
        }
        Ok(found)
    }

    /// Every session of those agents, newest first, which the service does not promise.
    pub(super) async fn sessions_of(
        &self,
        agents: &[AgentKey],
        query: SessionQuery,
    ) -> Result<Vec<Session>, Failure> {
        let client = self.client.listing_together();
        let listings = stream::iter(agents).map(|agent| {
            let pages = client.session_pages(agent, query.clone()).take(MAX_PAGES);
            pages.try_collect::<Vec<_>>()
        });
        let listings: Vec<_> = listings.buffered(AT_ONCE).try_collect().await?;
        for pages in &listings {
            self.note_if_cut(pages, "sessions of an agent");
        }
        let mut sessions: Vec<Session> =
            listings.into_iter().flatten().flat_map(|page| page.items).collect();
        newest_first(&mut sessions);
        Ok(sessions)
    }

    /// Every event of a session, oldest first.
    pub(super) async fn events(
        &self,
        session: &SessionRef,
        include_hidden: bool,
    ) -> Result<Vec<Event>, Failure> {
        Ok(self.client.all_events(session, include_hidden).await?)
    }

    /// The newest events of a session, oldest first: at least `count` where there are as many.
    pub(super) async fn newest_events(
        &self,
        session: &SessionRef,
        count: usize,
    ) -> Result<Vec<Event>, Failure> {
        let limit = u32::try_from(count.clamp(20, 100)).unwrap_or(100);
        let query = EventQuery { include_hidden: true, limit: Some(limit), page_key: None };
        let page = self.client.list_events(session, &query).await?;
        let mut direction = Direction::default();
        let whole = page.page_key.is_none();
        let events = oldest_first(page.items, &mut direction);
        // Where the oldest come first, the newest are on the last page.
        let enough = count <= 100 && events.len() >= count;
        if whole || (direction == Direction::NewestFirst && enough) {
            return Ok(events);
        }
        self.events(session, true).await
    }

    /// The cursor for input to a session that may be running: its newest stored event.
    pub(super) async fn newest_event(
        &self,
        session: &SessionRef,
    ) -> Result<Option<EventId>, Failure> {
        let events = self.newest_events(session, 1).await?;
        Ok(events.into_iter().rev().find_map(|event| event.id))
    }

    /// The event that `text` means.
    pub(super) async fn event(&self, session: &SessionRef, text: &str) -> Result<EventId, Failure> {
        let id = EventId::from(text);
        if EventId::parse(text).is_ok() && self.client.get_event(session, &id).await.is_ok() {
            return Ok(id);
        }
        let events = self.events(session, true).await?;
        let ids: Vec<EventId> = events.into_iter().filter_map(|event| event.id).collect();
        let at = pick("event", text, &ids, |id| id.as_str().to_owned())?;
        Ok(ids[at].clone())
    }
}

/// The service does not promise that order.
pub(super) fn newest_first(sessions: &mut [Session]) {
    sessions.sort_by(|a, b| b.created_at.cmp(&a.created_at).then_with(|| a.key.cmp(&b.key)));
}

/// Which of `known` is called `text`, or begins so alone. `aev_` and the like may be left out.
pub(super) fn pick<T>(
    noun: &str,
    text: &str,
    known: &[T],
    name: impl Fn(&T) -> String,
) -> Result<usize, Failure> {
    let names: Vec<String> = known.iter().map(name).collect();
    if let Some(at) = names.iter().position(|name| name == text) {
        return Ok(at);
    }
    let begins = |name: &str| {
        let short = name.split_once('_').map_or("", |(_, rest)| rest);
        name.starts_with(text) || (!short.is_empty() && short.starts_with(text))
    };
    let found: Vec<usize> = (0..names.len()).filter(|at| begins(&names[*at])).collect();
    match found.as_slice() {
        [one] => Ok(*one),
        [] => {
            let near = nearest(text, names.iter().map(String::as_str));
            let hint = near.map_or_else(String::new, |near| format!(", did you mean \"{near}\"?"));
            let text = crate::text::sanitize::preview(text, 80);
            Err(Failure::new(Code::NotFound, format!("there is no {noun} \"{text}\"{hint}")))
        }
        many => {
            let names: Vec<String> = many.iter().map(|at| names[*at].clone()).collect();
            Err(ambiguous(noun, text, &names))
        }
    }
}

fn ambiguous(noun: &str, text: &str, names: &[String]) -> Failure {
    let shown = names.iter().take(CANDIDATES).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = names.len().saturating_sub(CANDIDATES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let count = names.len();
    Failure::usage(format!("\"{text}\" is the beginning of {count} {noun}s: {shown}{more}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(text: &str) -> Result<usize, String> {
        let known = ["aev_0b6f", "aev_0b70", "aev_41e2", "aev_41e2c"];
        pick("event", text, &known, |name| (*name).to_owned()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_beginning_is_enough_when_only_one_has_it() {
        assert_eq!(find("aev_0b7"), Ok(1));
        assert_eq!(find("0b6"), Ok(0));
        assert_eq!(find("aev_41e2"), Ok(2), "a whole name is not a beginning");
        let text = find("aev_0b").unwrap_err();
        assert_eq!(text, "\"aev_0b\" is the beginning of 2 events: aev_0b6f, aev_0b70");
        let text = find("aev_0c6f").unwrap_err();
        assert_eq!(text, "there is no event \"aev_0c6f\", did you mean \"aev_0b6f\"?");
    }
}
