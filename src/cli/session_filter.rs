//! `--filter` and `--where` of commands that are about many sessions: the language of the screen's list.
//!
//! Owns what of a filter the service decides and what is decided here. The invariant: a session of which
//! it is not known whether it passes is counted, and is not among those that pass.

use clap::Args;

use super::connect::Context;
use super::coverage::Gaps;
use super::exit::Failure;
use super::triage::Looked;
use crate::api::Timestamp;
use crate::client::SessionQuery;
use crate::model::sessions::SessionEntry;
use crate::query::{Answer, Domain, Query};
use crate::text::units::counted;

#[derive(Debug, Default, Args)]
pub(super) struct SessionFilter {
    /// Only sessions that pass, in the language of the list: words, is:parked, agent:x,
    /// meta.tier:gold; the service decides `name:/REGEX/` and `where EXPRESSION`
    #[arg(long, value_name = "FILTER", value_parser = session_query)]
    filter: Option<Query>,
    /// Only sessions whose metadata satisfies this expression (by the service)
    #[arg(long = "where", value_name = "EXPRESSION")]
    condition: Option<String>,
}

/// Reads an argument of the command line.
fn session_query(text: &str) -> Result<Query, String> {
    let query = Query::parse(text, Domain::Sessions).map_err(|mistake| mistake.to_string())?;
    match query.beyond_a_look() {
        Some(condition) => Err(format!("{condition} is known to the screen alone")),
        None => Ok(query),
    }
}

impl SessionFilter {
    pub(super) fn is_none(&self) -> bool {
        self.filter.is_none() && self.condition.is_none()
    }

    /// What the service decides.
    pub(super) fn asked(&self) -> Result<SessionQuery, Failure> {
        let filter = self.filter.as_ref();
        let typed = filter.and_then(Query::server_where);
        let metadata_filter = match (typed, &self.condition) {
            (Some(_), Some(_)) => {
                return Err(Failure::usage("say where … once: in --filter, or with --where"));
            }
            (typed, condition) => typed.map(str::to_owned).or_else(|| condition.clone()),
        };
        let filter = filter.and_then(Query::server_filter).map(str::to_owned);
        Ok(SessionQuery { filter, metadata_filter, ..SessionQuery::default() })
    }

    /// Keeps what passes.
    pub(super) fn retain(&self, context: &Context, looked: &mut Vec<Looked>, now: Timestamp) {
        let Some(query) = &self.filter else { return };
        let mut unknown = 0;
        looked.retain(|looked| {
            let answer = looked.passes(query, now);
            unknown += usize::from(answer == Answer::NeedsReading);
            answer == Answer::Yes
        });
        if unknown > 0 {
            let count = counted(unknown, "session");
            context
                .out
                .note(&format!("of {count} it is not known whether the filter lets it pass"));
        }
    }

    /// The sessions that pass, the newest first, and what could not be learnt. Looks at sessions only
    /// where the filter asks what a listing does not tell.
    pub(super) async fn sessions(
        &self,
        context: &Context,
        now: Timestamp,
    ) -> Result<(Vec<Looked>, Gaps), Failure> {
        let agents = context.agents().await?;
        let (sessions, refused) = context.sessions_listed(&agents, self.asked()?).await?;
        let mut listed: Vec<Looked> = sessions.into_iter().map(Looked::unseen).collect();
        let asks_more = |looked: &Looked| {
            let answer = self.filter.as_ref().map(|query| looked.passes(query, now));
            answer == Some(Answer::NeedsReading)
        };
        if listed.iter().any(asks_more) {
            let sessions = listed.into_iter().map(|looked| looked.session).collect();
            listed = context.look_at_all(sessions, now).await;
        }
        let gaps = Gaps::of(refused, &listed);
        self.retain(context, &mut listed, now);
        Ok((listed, gaps))
    }
}

impl Looked {
    fn passes(&self, query: &Query, now: Timestamp) -> Answer {
        let probe = self.look.as_ref().map(|look| look.probe.clone());
        SessionEntry::looked_at(self.session.clone(), probe, self.attention).passes(query, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_filter_and_one_of_the_screen_are_wrong_arguments() {
        let wrong = session_query("agnt:x").unwrap_err();
        assert!(wrong.contains("did you mean \"agent\"?"), "{wrong}");
        assert_eq!(session_query("!is:new").unwrap_err(), "is:new is known to the screen alone");
        assert!(session_query("is:parked name:/re/ where tier = 'gold'").is_ok());
    }

    #[test]
    fn what_the_service_decides_is_asked_of_it() {
        let filter = session_query("refund name:/^re/ where tier = 'gold'").ok();
        let asked = SessionFilter { filter: filter.clone(), condition: None }.asked().unwrap();
        assert_eq!(asked.filter.as_deref(), Some("^re"));
        assert_eq!(asked.metadata_filter.as_deref(), Some("tier = 'gold'"));
        let twice = SessionFilter { filter, condition: Some("a = 1".to_owned()) };
        assert!(twice.asked().is_err());
    }
}
