//! Listings as streams of pages, which end by the rules of contract section 1.6: at an absent or
//! empty key, at an empty page, or at a key seen before.

use std::collections::HashSet;
use std::mem;

use futures_util::{Stream, stream};

use super::{AgentQuery, ArtifactQuery, Client, ClientError, EventQuery, SessionQuery};
use crate::api::page::MAX_LIMIT;
use crate::api::{Agent, AgentKey, Artifact, Event, Page, Session, SessionRef};

const LIMIT: Option<u32> = Some(MAX_LIMIT);

/// Where a listing stands. `fetch` is given the key of the page to get, `None` for the first.
struct Walk<F> {
    fetch: F,
    seen: HashSet<String>,
    next: Next,
}

enum Next {
    First,
    At(String),
    Nothing,
}

/// The non-empty pages of a listing, each fetched when it is asked for. Ends after an error.
pub(super) fn pages<T, F, Answer>(fetch: F) -> impl Stream<Item = Result<Page<T>, ClientError>>
where
    F: FnMut(Option<String>) -> Answer,
    Answer: Future<Output = Result<Page<T>, ClientError>>,
{
    let start = Walk { fetch, seen: HashSet::new(), next: Next::First };
    stream::try_unfold(start, |mut walk| async move {
        let key = match mem::replace(&mut walk.next, Next::Nothing) {
            Next::First => None,
            Next::At(key) => Some(key),
            Next::Nothing => return Ok(None),
        };
        let page = (walk.fetch)(key).await?;
        if page.items.is_empty() {
            return Ok(None);
        }
        if let Some(key) = page.page_key.clone()
            && !key.is_empty()
            && walk.seen.insert(key.clone())
        {
            walk.next = Next::At(key);
        }
        Ok(Some((page, walk)))
    })
}

impl Client {
    pub fn agent_pages(
        &self,
    ) -> impl Stream<Item = Result<Page<Agent>, ClientError>> + Send + use<> {
        let client = self.clone();
        pages(move |page_key| {
            let client = client.clone();
            async move {
                let query = AgentQuery { limit: LIMIT, page_key, ..AgentQuery::default() };
                client.list_agents(&query).await
            }
        })
    }

    /// Limit and page key of `query` are replaced.
    pub fn session_pages(
        &self,
        agent: &AgentKey,
        query: SessionQuery,
    ) -> impl Stream<Item = Result<Page<Session>, ClientError>> + Send + use<> {
        let (client, agent) = (self.clone(), agent.clone());
        pages(move |page_key| {
            let (client, agent) = (client.clone(), agent.clone());
            let query = SessionQuery { limit: LIMIT, page_key, ..query.clone() };
            async move { client.list_sessions(&agent, &query).await }
        })
    }

    /// In the service's order; see [`oldest_first`](super::oldest_first).
    pub fn event_pages(
        &self,
        session: &SessionRef,
        include_hidden: bool,
    ) -> impl Stream<Item = Result<Page<Event>, ClientError>> + Send + use<> {
        let (client, session) = (self.clone(), session.clone());
        pages(move |page_key| {
            let (client, session) = (client.clone(), session.clone());
            let query = EventQuery { include_hidden, limit: LIMIT, page_key };
            async move { client.list_events(&session, &query).await }
        })
    }

    pub fn artifact_pages(
        &self,
        session: &SessionRef,
    ) -> impl Stream<Item = Result<Page<Artifact>, ClientError>> + Send + use<> {
        let (client, session) = (self.clone(), session.clone());
        pages(move |page_key| {
            let (client, session) = (client.clone(), session.clone());
            let query = ArtifactQuery { limit: LIMIT, page_key, ..ArtifactQuery::default() };
            async move { client.list_artifacts(&session, &query).await }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::scripted::{Server, json, status};
    use super::*;
    use futures_util::{StreamExt, TryStreamExt};

    fn page(ids: &[u32], key: &str) -> String {
        let event = |id| format!(r#"{{"id":"aev_{id}","type":"session_interrupted"}}"#);
        let events: Vec<_> = ids.iter().map(event).collect();
        let metadata = format!(r#"{{"page_key":"{key}"}}"#);
        json(200, &format!(r#"{{"events":[{}],"metadata":{metadata}}}"#, events.join(",")))
    }

    /// Sizes of the pages, and how many requests they took.
    async fn walk(script: Vec<String>) -> (Vec<usize>, usize) {
        let server = Server::start(script).await;
        let pages = server.client().event_pages(&SessionRef::new("a", "s"), false);
        let pages: Vec<_> = pages.try_collect().await.unwrap();
        (pages.iter().map(|page| page.items.len()).collect(), server.seen().len())
    }

    #[tokio::test]
    async fn a_listing_ends_at_an_absent_or_empty_key() {
        assert_eq!(walk(vec![page(&[1, 2], "x"), page(&[3], "")]).await, (vec![2, 1], 2));
        assert_eq!(walk(vec![json(200, r#"{"events":[{"id":"aev_1"}]}"#)]).await, (vec![1], 1));
    }

    #[tokio::test]
    async fn a_listing_ends_at_an_empty_page_whatever_its_key() {
        assert_eq!(walk(vec![page(&[1], "x"), page(&[], "y")]).await, (vec![1], 2));
        assert_eq!(walk(vec![page(&[], "x")]).await, (vec![], 1));
    }

    #[tokio::test]
    async fn a_listing_ends_at_a_key_seen_before() {
        let script = vec![page(&[1], "x"), page(&[2], "y"), page(&[3], "x")];
        assert_eq!(walk(script).await, (vec![1, 1, 1], 3));
    }

    #[tokio::test]
    async fn keys_are_sent_back_and_an_error_ends_the_listing() {
        let server = Server::start([page(&[1], "x/1"), status(403, "no")]).await;
        let pages = server.client().event_pages(&SessionRef::new("a", "s"), true);
        let pages: Vec<_> = pages.collect().await;
        assert!(pages[0].is_ok() && pages[1].is_err() && pages.len() == 2);
        let target = "GET /v2/agents/a/sessions/s/events?include_hidden=true&limit=100";
        assert_eq!(server.seen(), [target.to_owned(), format!("{target}&page_key=x%2F1")]);
    }
}
