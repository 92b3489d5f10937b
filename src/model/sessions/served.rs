//! What the service decides of a filter: `name:/re/` and `where …`.
//!
//! Owns the answer, how whole it is and when it was given. Asks for nothing. The invariant: until the
//! service said that a session passes, it does not.

use std::collections::HashSet;

use super::Sessions;
use crate::api::{Session, SessionRef, Timestamp};
use crate::query::Query;
use crate::text::units::counted;
use crate::text::wall_clock::WallClock;

/// What is asked: the `filter` and the `metadata_filter` of a listing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wanted {
    pub filter: Option<String>,
    pub condition: Option<String>,
}

impl Wanted {
    /// `None` where the query is decided here alone.
    pub fn of(query: &Query) -> Option<Self> {
        let filter = query.server_filter().map(str::to_owned);
        let condition = query.server_where().map(str::to_owned);
        (filter.is_some() || condition.is_some()).then_some(Self { filter, condition })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
enum Stage {
    #[default]
    Asking,
    Told(Timestamp),
    /// In words why.
    Refused(String),
}

#[derive(Debug, Clone, Default)]
pub(super) struct Served {
    number: u64,
    wanted: Wanted,
    passing: HashSet<SessionRef>,
    /// What passes by an answer that is asked for anew; until it is whole the one before stands.
    anew: Option<HashSet<SessionRef>>,
    stage: Stage,
    /// Agents whose sessions could not be asked for, and the first reason.
    unlisted: usize,
    why: Option<String>,
}

impl Sessions {
    /// What is to be asked of the service for the filter that stands, if that is not known.
    pub fn unasked(&self) -> Option<Wanted> {
        let wanted = self.wanted()?;
        let known = self.served.as_ref().is_some_and(|served| {
            served.wanted == wanted && !matches!(served.stage, Stage::Refused(_))
        });
        (!known).then_some(wanted)
    }

    /// What the service decides of the filter that stands.
    pub fn wanted(&self) -> Option<Wanted> {
        self.query.as_ref().and_then(Wanted::of)
    }

    /// It is being asked.
    pub fn begin_asking(&mut self, number: u64, wanted: Wanted) {
        let told = |served: &&mut Served| {
            served.wanted == wanted && matches!(served.stage, Stage::Told(_))
        };
        if let Some(served) = self.served.as_mut().filter(told) {
            (served.number, served.anew) = (number, Some(HashSet::new()));
            (served.unlisted, served.why) = (0, None);
            return;
        }
        self.served = Some(Served { number, wanted, ..Served::default() });
        (self.refiltered, self.arranged) = (true, None);
    }

    /// The service listed these as passing.
    pub fn apply_passing(&mut self, number: u64, passing: Vec<Session>) {
        for session in passing {
            let name = session.reference();
            self.apply_session(session);
            if let Some(served) = self.served.as_mut().filter(|served| served.number == number) {
                served.anew.as_mut().unwrap_or(&mut served.passing).insert(name);
            }
        }
        self.arranged = None;
    }

    /// Every agent was asked.
    pub fn end_passing(&mut self, number: u64, now: Timestamp) {
        let served = self.served.as_mut().filter(|served| served.number == number);
        if let Some(served) = served.filter(|served| !matches!(served.stage, Stage::Refused(_))) {
            if let Some(anew) = served.anew.take() {
                served.passing = anew;
            }
            served.stage = Stage::Told(now);
            self.arranged = None;
        }
    }

    /// An agent could not be asked; or (`whole`) the question itself is refused.
    pub fn refuse_passing(&mut self, number: u64, why: String, whole: bool) {
        let Some(served) = self.served.as_mut().filter(|served| served.number == number) else {
            return;
        };
        if whole {
            (served.stage, served.anew) = (Stage::Refused(why), None);
            served.passing.clear();
        } else {
            served.unlisted += 1;
            served.why.get_or_insert(why);
        }
        self.arranged = None;
    }

    /// Whether the service lets it pass, where that is the service's to say.
    pub(super) fn is_served(&self, name: &SessionRef) -> bool {
        let Some(wanted) = self.wanted() else { return true };
        match &self.served {
            Some(served) if served.wanted == wanted => served.passing.contains(name),
            // Nobody has asked yet: the line is still being typed.
            _ => true,
        }
    }

    /// What ran where, in few words: `service: 12 · 02:14`.
    pub fn served_words(&self, wall: &WallClock) -> Option<String> {
        let wanted = self.wanted()?;
        let Some(served) = self.served.as_ref().filter(|served| served.wanted == wanted) else {
            return Some("Enter asks".to_owned());
        };
        let passing = served.passing.len();
        Some(match &served.stage {
            Stage::Asking => format!("service: {passing} …"),
            Stage::Told(_) if served.anew.is_some() => format!("service: {passing} …"),
            Stage::Told(at) => {
                let unknown = if served.unlisted > 0 { "+?" } else { "" };
                format!("service: {passing}{unknown} · {}", wall.minute(*at))
            }
            Stage::Refused(_) => "service: refused".to_owned(),
        })
    }

    /// What the service left out, once it was asked: agents whose sessions it would not list.
    pub fn served_without(&self) -> Option<String> {
        let served =
            self.served.as_ref().filter(|served| Some(&served.wanted) == self.wanted().as_ref());
        let served = served.filter(|served| served.unlisted > 0)?;
        let why = served.why.as_deref().unwrap_or_default();
        Some(format!("the sessions of {} are not known: {why}", counted(served.unlisted, "agent")))
    }

    /// Why nothing passes, where the service has not said what does; and whether another filter would help.
    pub fn served_nothing(&self) -> Option<(String, bool)> {
        let wanted = self.wanted()?;
        match &self.served.as_ref().filter(|served| served.wanted == wanted)?.stage {
            Stage::Asking => Some(("the service is being asked what passes".to_owned(), false)),
            Stage::Refused(why) => Some((format!("the service refuses the filter: {why}"), true)),
            Stage::Told(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::Domain;
    use serde_json::json;

    fn session(key: &str) -> Session {
        serde_json::from_value(json!({
            "key": key, "agent_key": "a", "name": "", "enabled": true,
            "created_at": "2026-01-01T00:00:00Z",
        }))
        .unwrap()
    }

    fn filtered(line: &str) -> Sessions {
        let mut sessions = Sessions::default();
        for key in ["one", "two"] {
            sessions.apply_session(session(key));
        }
        sessions.set_filter(line, Query::parse(line, Domain::Sessions).ok());
        sessions
    }

    fn passing(sessions: &Sessions) -> Vec<String> {
        let passing = sessions.newest_passing(Timestamp::UNIX_EPOCH);
        passing.iter().map(|name| name.key.to_string()).collect()
    }

    #[test]
    fn only_what_the_service_lets_pass_passes_once_it_was_asked() {
        let mut sessions = filtered("where tier = 'gold'");
        assert_eq!(passing(&sessions).len(), 2, "nobody has asked yet");
        let wanted = sessions.unasked().unwrap();
        sessions.begin_asking(1, wanted);
        assert!(passing(&sessions).is_empty() && sessions.served_nothing().is_some());
        sessions.apply_passing(1, vec![session("two"), session("three")]);
        sessions.end_passing(1, Timestamp::UNIX_EPOCH);
        assert_eq!(passing(&sessions), ["three", "two"]);
        assert_eq!(sessions.unasked(), None);
        let words = sessions.served_words(&WallClock::utc(Timestamp::UNIX_EPOCH)).unwrap();
        assert_eq!(words, "service: 2 · 00:00");
    }

    #[test]
    fn a_refused_filter_lets_nothing_pass_and_can_be_asked_again() {
        let mut sessions = filtered("name:/(/ is:error");
        let Some(wanted) = sessions.unasked() else { return };
        sessions.begin_asking(1, wanted);
        sessions.refuse_passing(1, "not a regular expression".to_owned(), true);
        assert!(passing(&sessions).is_empty());
        assert!(sessions.served_nothing().unwrap().0.contains("not a regular expression"));
        assert!(sessions.unasked().is_some());
    }

    #[test]
    fn an_answer_to_an_earlier_filter_changes_nothing() {
        let mut sessions = filtered("where tier = 'gold'");
        let wanted = sessions.unasked().unwrap();
        sessions.begin_asking(1, wanted.clone());
        sessions.begin_asking(2, wanted);
        sessions.apply_passing(1, vec![session("one")]);
        sessions.end_passing(1, Timestamp::UNIX_EPOCH);
        assert!(passing(&sessions).is_empty());
        assert!(sessions.served_nothing().is_some(), "the second is still asked");
    }

    #[test]
    fn what_was_told_stands_until_it_is_told_anew() {
        let mut sessions = filtered("where tier = 'gold'");
        let wanted = sessions.unasked().unwrap();
        sessions.begin_asking(1, wanted.clone());
        sessions.apply_passing(1, vec![session("one")]);
        sessions.end_passing(1, Timestamp::UNIX_EPOCH);
        sessions.begin_asking(2, wanted);
        assert_eq!(passing(&sessions), ["one"], "no row goes while it is asked");
        sessions.apply_passing(2, vec![session("two")]);
        assert_eq!(passing(&sessions), ["one"]);
        sessions.end_passing(2, Timestamp::UNIX_EPOCH);
        assert_eq!(passing(&sessions), ["two"]);
    }

    #[test]
    fn an_agent_that_may_not_be_asked_is_said() {
        let mut sessions = filtered("where tier = 'gold'");
        let wanted = sessions.unasked().unwrap();
        sessions.begin_asking(1, wanted);
        sessions.refuse_passing(1, "needs agent_viewer".to_owned(), false);
        sessions.end_passing(1, Timestamp::UNIX_EPOCH);
        let words = sessions.served_words(&WallClock::utc(Timestamp::UNIX_EPOCH)).unwrap();
        assert_eq!(words, "service: 0+? · 00:00");
        let without = sessions.served_without().unwrap();
        assert_eq!(without, "the sessions of 1 agent are not known: needs agent_viewer");
    }
}
