//! Looking for events in many sessions: what the sweep asks for goes out from the loop, within the
//! budget, and each page is looked through beside it.
//!
//! The invariant: while nobody looks at the search, nothing is asked for it.

use std::sync::Arc;

use super::inbox::{Arrival, Sender};
use crate::api::page::MAX_LIMIT;
use crate::api::{SessionRef, Timestamp};
use crate::app::msg::ServiceMsg;
use crate::client::{Client, EventQuery};
use crate::model::event_search::{Hit, hits};
use crate::query::Query;
use crate::view::{LayerKind, Model};
use crate::watcher::{Landed, Place, Sweep, Watcher};

/// Requests of a search that are under way at the same time: others wait for answers, too.
const AT_ONCE: usize = 4;

/// A search that goes on.
pub(super) struct Sweeping {
    number: u64,
    query: Arc<Query>,
    sweep: Sweep,
}

/// A page that came back, looked through.
pub(super) struct Swept {
    number: u64,
    place: Place,
    landed: Landed,
    hits: Vec<Hit>,
}

impl Sweeping {
    pub(super) fn new(number: u64, query: Query, sessions: Vec<SessionRef>) -> Self {
        Self { number, query: Arc::new(query), sweep: Sweep::over(sessions, AT_ONCE) }
    }

    /// Asks for what is due, as far as the watcher lends requests.
    pub(super) fn ask_what_is_due(
        &mut self,
        client: &Client,
        sender: &Sender,
        watcher: &mut Watcher,
        model: &Model,
        now: Timestamp,
    ) {
        if !is_shown(model) {
            return;
        }
        for place in self.sweep.due(now, || watcher.lend(now)) {
            let (client, sender) = (client.clone(), sender.clone());
            let (number, query) = (self.number, Arc::clone(&self.query));
            tokio::spawn(async move {
                let swept = look_through(&client, number, query, place, now).await;
                let _ = sender.send(Arrival::Swept(swept)).await;
            });
        }
    }

    /// Takes a page in. One of a search that was given up is nobody's any more.
    pub(super) fn arrived(&mut self, swept: Swept, now: Timestamp) -> Option<ServiceMsg> {
        let Swept { number, place, landed, hits } = swept;
        if number != self.number {
            return None;
        }
        self.sweep.landed(place, landed, now);
        let (progress, over) = (self.sweep.progress(), self.sweep.is_over());
        Some(ServiceMsg::EventsSearched { number, hits, progress, over })
    }

    pub(super) fn wake_at(&self, model: &Model) -> Option<Timestamp> {
        self.sweep.wake_at().filter(|_| is_shown(model))
    }
}

fn is_shown(model: &Model) -> bool {
    model.layers.iter().any(|layer| layer.kind() == LayerKind::SessionSearch)
}

async fn look_through(
    client: &Client,
    number: u64,
    query: Arc<Query>,
    place: Place,
    now: Timestamp,
) -> Swept {
    let page_key = place.page_key().map(str::to_owned);
    let events = EventQuery { include_hidden: true, limit: Some(MAX_LIMIT), page_key };
    let (landed, hits) = match client.list_events(&place.session, &events).await {
        Err(error) => (Landed::from(&error), Vec::new()),
        Ok(page) => {
            let landed = Landed::Read { events: page.items.len(), next: page.page_key };
            let session = place.session.clone();
            // A page may hold megabytes, and the loop is for keys.
            let look = move || hits(&query, &session, &page.items, now);
            (landed, tokio::task::spawn_blocking(look).await.unwrap_or_default())
        }
    };
    Swept { number, place, landed, hits }
}
