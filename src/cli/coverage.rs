//! What a command could not learn of the sessions that it is about, and how it says so.
//!
//! One agent or session that may not be asked, or does not answer, does not fail the rest. Start with
//! [`Context::look_at_everything`]. The invariant: a command whose gaps are not empty never says that
//! nothing waits.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::connect::Context;
use super::exit::{Code, Failure};
use super::find::{AT_ONCE, MAX_PAGES, newest_first};
use super::triage::Looked;
use crate::api::{AgentKey, Need, Session, Timestamp};
use crate::client::{ClientError, SessionQuery};
use crate::model::sessions::CallsAnswer;
use crate::text::units;

/// What is not known.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    /// Agents whose sessions could not be listed.
    agents: Vec<(AgentKey, ClientError)>,
    /// Sessions whose outstanding calls the key may not ask for.
    forbidden: usize,
    /// Sessions that could not be looked at, and the first reason.
    failed: usize,
    problem: Option<String>,
    /// Sessions of which the service sent something that cannot be read.
    damaged: Vec<String>,
}

impl Gaps {
    pub(super) fn of(agents: Vec<(AgentKey, ClientError)>, looked: &[Looked]) -> Self {
        let mut gaps = Self { agents, ..Self::default() };
        for looked in looked {
            let name = looked.session.reference();
            if let Some(damage) = &looked.session.damage {
                gaps.damaged.push(format!("{name} {damage}"));
            }
            let failed = match (&looked.problem, looked.calls_answer()) {
                (Some(problem), _) => problem.clone(),
                (None, Some(CallsAnswer::Forbidden)) => {
                    gaps.forbidden += 1;
                    continue;
                }
                (None, Some(CallsAnswer::Failed)) => {
                    format!("the outstanding calls of {name} could not be had")
                }
                (None, Some(CallsAnswer::Told | CallsAnswer::NotAsked) | None) => continue,
            };
            gaps.failed += 1;
            gaps.problem.get_or_insert(failed);
        }
        gaps
    }

    /// Whether a call may wait that was not found.
    pub(super) fn are_none(&self) -> bool {
        self.agents.is_empty() && self.forbidden == 0 && self.failed == 0
    }

    /// One line each, for stderr.
    pub(super) fn notes(&self) -> Vec<String> {
        let agents = self
            .agents
            .iter()
            .map(|(agent, error)| format!("the sessions of {agent} are not known: {error}"));
        let mut notes: Vec<String> = agents.collect();
        if self.forbidden > 0 {
            let sessions = units::counted(self.forbidden, "session");
            notes.push(format!(
                "not known whether {sessions} wait for somebody: asking needs {}",
                Need::Submit.least()
            ));
        }
        if self.failed > 0 {
            let sessions = units::counted(self.failed, "session");
            let problem = self.problem.as_deref().unwrap_or_default();
            notes.push(format!("could not look at {sessions}: {problem}"));
        }
        notes.extend(self.damaged.iter().cloned());
        notes
    }

    /// What a command ends with that was to say that nothing waits, and cannot.
    pub(super) fn code(&self) -> Code {
        let denied = self.agents.iter().any(|(_, error)| matches!(error.status(), Some(401 | 403)));
        if self.forbidden > 0 || denied { Code::Denied } else { Code::Network }
    }
}

impl Context {
    /// Every session of those agents, newest first, and the agents that would not or could not list
    /// theirs. Where none lists any that is a failure.
    pub(super) async fn sessions_listed(
        &self,
        agents: &[AgentKey],
        query: SessionQuery,
    ) -> Result<(Vec<Session>, Vec<(AgentKey, ClientError)>), Failure> {
        let client = self.client.listing_together();
        let listings = stream::iter(agents).map(|agent| {
            let pages = client.session_pages(agent, query.clone()).take(MAX_PAGES);
            async move { (agent, pages.try_collect::<Vec<_>>().await) }
        });
        let listings: Vec<_> = listings.buffered(AT_ONCE).collect().await;
        let (mut sessions, mut refused) = (Vec::new(), Vec::new());
        for (agent, listing) in listings {
            match listing {
                Ok(pages) => {
                    self.note_if_cut(&pages, "sessions of an agent");
                    sessions.extend(pages.into_iter().flat_map(|page| page.items));
                }
                // What was wrong with the question is wrong with it for all of them.
                Err(error) if matches!(error.status(), Some(400 | 422)) => return Err(error.into()),
                Err(error) => refused.push((agent.clone(), error)),
            }
        }
        if refused.len() == agents.len()
            && let Some((_, error)) = refused.pop()
        {
            return Err(error.into());
        }
        newest_first(&mut sessions);
        Ok((sessions, refused))
    }

    /// Looks at every session of the profile's agents.
    pub(super) async fn look_at_everything(&self) -> Result<(Vec<Looked>, Gaps), Failure> {
        let agents = self.agents().await?;
        let (sessions, refused) = self.sessions_listed(&agents, SessionQuery::default()).await?;
        let looked = self.look_at_all(sessions, Timestamp::now()).await;
        let gaps = Gaps::of(refused, &looked);
        Ok((looked, gaps))
    }
}
