//! Asking the service which sessions pass what it decides of a filter, agent by agent.

use futures_util::TryStreamExt as _;

use super::execute::problem;
use super::inbox::{Arrival, Sender};
use crate::api::AgentKey;
use crate::app::Msg;
use crate::app::msg::ServiceMsg;
use crate::client::{Client, SessionQuery};
use crate::model::sessions::Wanted;

pub(super) async fn ask(
    client: Client,
    inbox: Sender,
    number: u64,
    agents: Vec<AgentKey>,
    wanted: Wanted,
) {
    let tell = async |msg: ServiceMsg| {
        let _ = inbox.send(Arrival::Msg(Msg::Service(msg))).await;
    };
    let query = SessionQuery {
        filter: wanted.filter,
        metadata_filter: wanted.condition,
        ..SessionQuery::default()
    };
    for agent in agents {
        let mut pages = Box::pin(client.session_pages(&agent, query.clone()));
        loop {
            match pages.try_next().await {
                Ok(Some(page)) => {
                    tell(ServiceMsg::SessionsPass { number, sessions: page.items }).await;
                }
                Ok(None) => break,
                Err(error) => {
                    // What is wrong with the question is wrong with it for all of them.
                    let whole = matches!(error.status(), Some(400 | 422));
                    let problem = problem(&error);
                    tell(ServiceMsg::FilterRefused { number, problem, whole }).await;
                    if whole {
                        return;
                    }
                    break;
                }
            }
        }
    }
    tell(ServiceMsg::FilterAsked { number }).await;
}
