//! Two sessions read side by side, and compared off the screen's thread.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, pin_mut};

use super::execute::problem;
use super::inbox::{Arrival, Sender};
use crate::api::SessionRef;
use crate::app::Msg;
use crate::app::msg::ServiceMsg;
use crate::client::order::{Direction, oldest_first};
use crate::client::{Client, ClientError};
use crate::model::session_diff::{Read, SessionDiff};
use crate::view::pane::session_diff::{Outcome, Sheet};

/// Pages that are read of each: 20,000 events of a service that lists a hundred at a time.
const MOST_PAGES: usize = 200;
/// After this long the comparison takes what is left as it comes.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) async fn compare(client: Client, inbox: Sender, sessions: Box<[SessionRef; 2]>) {
    let side = |side: usize| read(&client, &inbox, &sessions, side);
    let (old, new) = tokio::join!(side(0), side(1));
    let outcome = match (old, new) {
        (Err(error), _) => failed(0, &error),
        (_, Err(error)) => failed(1, &error),
        (Ok(old), Ok(new)) => {
            let comparing = tokio::task::spawn_blocking(move || compared(old, new));
            comparing.await.unwrap_or_else(|_| Outcome::Failed {
                side: 1,
                reason: "comparing failed; foretop has a fault there".to_owned(),
                status: None,
            })
        }
    };
    tell(&inbox, ServiceMsg::SessionsCompared { sessions, outcome }).await;
}

async fn tell(inbox: &Sender, msg: ServiceMsg) {
    let _ = inbox.send(Arrival::Msg(Msg::Service(msg))).await;
}

fn failed(side: usize, error: &ClientError) -> Outcome {
    Outcome::Failed { side, reason: problem(error).line(), status: error.status() }
}

async fn read(
    client: &Client,
    inbox: &Sender,
    sessions: &[SessionRef; 2],
    side: usize,
) -> Result<Read, ClientError> {
    let session = client.get_session(&sessions[side]).await?;
    let pages = client.event_pages(&sessions[side], true).take(MOST_PAGES);
    pin_mut!(pages);
    let (mut events, mut goes_on) = (Vec::new(), false);
    while let Some(page) = pages.next().await {
        let page = page?;
        goes_on = page.page_key.is_some();
        events.extend(page.items);
        let (sessions, count) = (Box::new(sessions.clone()), events.len() as u64);
        tell(inbox, ServiceMsg::SessionsReadSoFar { sessions, side, events: count }).await;
    }
    let events = oldest_first(events, &mut Direction::default());
    Ok(Read { session, events, whole: !goes_on })
}

fn compared(old: Read, new: Read) -> Outcome {
    let deadline = Instant::now() + PATIENCE;
    let diff = SessionDiff::of(old, new, Some(deadline));
    let sheet = Arc::new(Sheet::of(diff, Some(deadline)));
    Outcome::Compared { sheet, rough: Instant::now() > deadline }
}
