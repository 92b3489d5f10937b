//! Listings as streams of pages, which end by the rules of contract section 1.6: at an absent or
//! empty key, at an empty page, or at a key seen before. One that could go on for ever ends as an error,
//! never as if that had been all: at a page that brings nothing new and names a new key, and where it is
//! larger than a listing may be.

use std::collections::HashSet;
use std::mem;

use futures_util::{Stream, TryStreamExt as _, stream};

use super::bound::{Bounds, Sum};
use super::error::RAISE;
use super::order::{Direction, oldest_first};
use super::{
    AgentQuery, AliasQuery, ArtifactQuery, Client, ClientError, EventQuery, LlmQuery, SessionQuery,
    ToolQuery,
};
use crate::api::alias::Alias;
use crate::api::glance::fingerprint;
use crate::api::llm::Llm;
use crate::api::page::MAX_LIMIT;
use crate::api::tool::ClientTool;
use crate::api::{Agent, AgentKey, Artifact, Event, Page, Session, SessionRef};
use crate::text::units;

const LIMIT: Option<u32> = Some(MAX_LIMIT);
/// Pages that one listing may have, however little is on them.
const MOST_PAGES: usize = 10_000;

/// What tells one item of a listing from the others.
trait Named {
    fn name(&self) -> &str;
}

impl Named for Agent {
    fn name(&self) -> &str {
        self.key.as_str()
    }
}

impl Named for ClientTool {
    fn name(&self) -> &str {
        self.id.as_str()
    }
}

impl Named for Llm {
    fn name(&self) -> &str {
        &self.name
    }
}

impl Named for Alias {
    fn name(&self) -> &str {
        self.key.as_str()
    }
}

impl Named for Session {
    fn name(&self) -> &str {
        self.key.as_str()
    }
}

impl Named for Event {
    fn name(&self) -> &str {
        self.id.as_ref().map_or(self.raw().get(), |id| id.as_str())
    }
}

impl Named for Artifact {
    fn name(&self) -> &str {
        self.id.as_str()
    }
}

/// Where a listing stands. `fetch` is given the key of the page to get, `None` for the first.
struct Walk<F> {
    what: &'static str,
    fetch: F,
    /// Keys of pages.
    seen: HashSet<String>,
    /// Fingerprints of what was listed.
    listed: HashSet<u64>,
    sum: Sum,
    bounds: Bounds,
    next: Next,
}

enum Next {
    First,
    At(String),
    Nothing,
}

impl<F> Walk<F> {
    /// Whether a page brings anything. The error says why the listing is not believed.
    fn check<T: Named>(&mut self, page: &Page<T>) -> Result<bool, String> {
        let most = self.bounds.together();
        if self.sum.add(page.weight) > most {
            let most = units::bytes(most);
            return Err(format!("it would take more than {most} of memory. {RAISE}"));
        }
        if page.items.is_empty() {
            return Ok(false);
        }
        let mut news = 0;
        for item in &page.items {
            news += usize::from(self.listed.insert(fingerprint(item.name())));
        }
        let key = page.page_key.as_ref();
        let goes_on = key.is_some_and(|key| !key.is_empty() && !self.seen.contains(key));
        if news == 0 && goes_on {
            return Err("a page repeats what was listed before".to_owned());
        }
        Ok(news > 0)
    }
}

/// The non-empty pages of a listing, each fetched when it is asked for. Ends after
/// an error.
fn pages<T, F, Answer>(
    client: &Client,
    what: &'static str,
    fetch: F,
) -> impl Stream<Item = Result<Page<T>, ClientError>> + use<T, F, Answer>
where
    T: Named,
    F: FnMut(Option<String>) -> Answer,
    Answer: Future<Output = Result<Page<T>, ClientError>>,
{
    let sum = client.listed.clone().unwrap_or_default();
    let bounds = client.bounds();
    let (seen, listed, next) = (HashSet::new(), HashSet::new(), Next::First);
    let start = Walk { what, fetch, seen, listed, sum, bounds, next };
    stream::try_unfold(start, |mut walk| async move {
        let key = match mem::replace(&mut walk.next, Next::Nothing) {
            Next::First => None,
            Next::At(key) => Some(key),
            Next::Nothing => return Ok(None),
        };
        let page = (walk.fetch)(key).await?;
        let what = walk.what;
        let endless = |why| ClientError::Endless { what, why };
        if !walk.check(&page).map_err(endless)? {
            return Ok(None);
        }
        if let Some(key) = page.page_key.clone()
            && !key.is_empty()
            && walk.seen.insert(key.clone())
        {
            if walk.seen.len() > MOST_PAGES {
                return Err(endless(format!("it has more than {MOST_PAGES} pages")));
            }
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
        pages(self, "the agents", move |page_key| {
            let client = client.clone();
            async move {
                let query = AgentQuery { limit: LIMIT, page_key, ..AgentQuery::default() };
                client.list_agents(&query).await
            }
        })
    }

    pub fn tool_pages(
        &self,
    ) -> impl Stream<Item = Result<Page<ClientTool>, ClientError>> + Send + use<> {
        let client = self.clone();
        pages(self, "the tools", move |page_key| {
            let client = client.clone();
            async move { client.list_tools(&ToolQuery { limit: LIMIT, page_key }).await }
        })
    }

    pub fn llm_pages(&self) -> impl Stream<Item = Result<Page<Llm>, ClientError>> + Send + use<> {
        let client = self.clone();
        pages(self, "the models", move |page_key| {
            let client = client.clone();
            async move { client.list_llms(&LlmQuery { limit: LIMIT, page_key }).await }
        })
    }

    pub fn alias_pages(
        &self,
    ) -> impl Stream<Item = Result<Page<Alias>, ClientError>> + Send + use<> {
        let client = self.clone();
        pages(self, "the aliases", move |page_key| {
            let client = client.clone();
            async move { client.list_aliases(&AliasQuery { limit: LIMIT, page_key }).await }
        })
    }

    /// Limit and page key of `query` are replaced.
    pub fn session_pages(
        &self,
        agent: &AgentKey,
        query: SessionQuery,
    ) -> impl Stream<Item = Result<Page<Session>, ClientError>> + Send + use<> {
        let (client, agent) = (self.clone(), agent.clone());
        pages(self, "the sessions", move |page_key| {
            let (client, agent) = (client.clone(), agent.clone());
            let query = SessionQuery { limit: LIMIT, page_key, ..query.clone() };
            async move { client.list_sessions(&agent, &query).await }
        })
    }

    /// In the service's order; see [`oldest_first`].
    pub fn event_pages(
        &self,
        session: &SessionRef,
        include_hidden: bool,
    ) -> impl Stream<Item = Result<Page<Event>, ClientError>> + Send + use<> {
        let (client, session) = (self.clone(), session.clone());
        pages(self, "the events", move |page_key| {
            let (client, session) = (client.clone(), session.clone());
            let query = EventQuery { include_hidden, limit: LIMIT, page_key };
            async move { client.list_events(&session, &query).await }
        })
    }

    /// All of them, oldest first.
    pub async fn all_events(
        &self,
        session: &SessionRef,
        include_hidden: bool,
    ) -> Result<Vec<Event>, ClientError> {
        let pages: Vec<_> = self.event_pages(session, include_hidden).try_collect().await?;
        let events = pages.into_iter().flat_map(|page| page.items).collect();
        Ok(oldest_first(events, &mut Direction::default()))
    }

    pub fn artifact_pages(
        &self,
        session: &SessionRef,
    ) -> impl Stream<Item = Result<Page<Artifact>, ClientError>> + Send + use<> {
        let (client, session) = (self.clone(), session.clone());
        pages(self, "the artifacts", move |page_key| {
            let (client, session) = (client.clone(), session.clone());
            let query = ArtifactQuery { limit: LIMIT, page_key, ..ArtifactQuery::default() };
            async move { client.list_artifacts(&session, &query).await }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::scripted::{Server, json, status};
    use super::super::{ClientOptions, Credentials};
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

    /// What a listing ends with that cannot be believed, and how many pages came before.
    async fn endless(client: &Client, script: usize) -> (usize, String) {
        let pages: Vec<_> = client.event_pages(&SessionRef::new("a", "s"), false).collect().await;
        assert!(pages.len() <= script);
        let (last, before) = pages.split_last().unwrap();
        let error = last.as_ref().unwrap_err();
        assert!(matches!(error, ClientError::Endless { .. }), "{error:?}");
        assert!(before.iter().all(Result::is_ok));
        (before.len(), error.to_string())
    }

    #[tokio::test]
    async fn a_listing_ends_at_a_key_seen_before() {
        let script = vec![page(&[1], "x"), page(&[2], "y"), page(&[3], "x")];
        assert_eq!(walk(script).await, (vec![1, 1, 1], 3));
        // A real service was seen to name its only page as the next one.
        assert_eq!(walk(vec![page(&[1], "x"), page(&[1], "x")]).await, (vec![1], 2));
    }

    #[tokio::test]
    async fn a_page_that_brings_nothing_new_is_not_the_end() {
        let script = [page(&[1, 2], "x"), page(&[2, 3], "y"), page(&[3, 1], "z"), page(&[4], "")];
        let server = Server::start(script).await;
        let (before, words) = endless(&server.client(), 3).await;
        assert_eq!(before, 2, "one that overlaps is none");
        assert!(words.contains("a page repeats what was listed before"), "{words}");
        let nameless = |key: &str| {
            let body =
                format!(r#"{{"events":[{{"type":"x"}}],"metadata":{{"page_key":"{key}"}}}}"#);
            json(200, &body)
        };
        let server = Server::start([nameless("k"), nameless("l")]).await;
        assert_eq!(endless(&server.client(), 2).await.0, 1);
    }

    #[tokio::test]
    async fn one_bound_is_for_all_pages_and_for_listings_that_are_held_together() {
        let large = |id: u32| {
            let text = "x".repeat(700_000);
            json(
                200,
                &format!(
                    r#"{{"events":[{{"id":"aev_{id}","content":"{text}"}}],"metadata":{{"page_key":"{id}"}}}}"#
                ),
            )
        };
        let options = ClientOptions { reply_limit: Some(1 << 20), ..ClientOptions::default() };
        let server = Server::start((0..5).map(large)).await;
        let client = Client::with(&server.url(""), Credentials::none(), options).unwrap();
        let (before, words) = endless(&client, 5).await;
        assert_eq!(before, 3);
        assert!(words.contains("more than 5.0M of memory. If this service"), "{words}");

        let server = Server::start((0..9).map(large)).await;
        let client = Client::with(&server.url(""), Credentials::none(), options).unwrap();
        let together = client.listing_together();
        let one = || together.event_pages(&SessionRef::new("a", "s"), false).take(1);
        for _ in 0..3 {
            assert!(one().try_collect::<Vec<_>>().await.is_ok());
        }
        assert!(one().try_collect::<Vec<_>>().await.is_err());
        let alone = client.event_pages(&SessionRef::new("a", "s"), false).take(1);
        assert!(alone.try_collect::<Vec<_>>().await.is_ok());
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
