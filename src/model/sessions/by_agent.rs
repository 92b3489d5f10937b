//! The sessions of one agent in numbers: by what they want, and those in which something failed within
//! a day.
//!
//! Start with [`Sessions::of_agent`]. The invariant: a number that is not whole says so, and nothing
//! counts as failed whose failure and time were not read.

use jiff::SignedDuration;

use super::listings::Listing;
use super::{CallsAnswer, SeenError, Sessions};
use crate::api::{AgentKey, SessionRef, SessionStatus, Timestamp};
use crate::model::attention::Attention;
use crate::text::units;

const DAY: SignedDuration = SignedDuration::from_hours(24);

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AgentTally {
    /// The most urgent first; those without sessions are left out.
    pub by_attention: Vec<(Attention, usize)>,
    pub loaded: usize,
    /// How far they were listed; `None` where nobody watches the agent.
    pub listing: Option<Listing>,
    /// Sessions that may wait for somebody and were not asked yet.
    unasked: usize,
    /// Sessions of which the service would not or could not tell whether they wait.
    untold: usize,
    /// Sessions whose newest events nobody has read, so that nothing is known of failures there.
    unread: usize,
    /// Sessions with a failure of the last day among their newest events, the latest first.
    pub erred: Vec<(SessionRef, SeenError)>,
}

impl AgentTally {
    pub fn count(&self, attention: Attention) -> usize {
        let found = self.by_attention.iter().find(|(of, _)| *of == attention);
        found.map_or(0, |(_, count)| *count)
    }

    /// Whether there may be sessions that were not listed.
    pub fn may_be_more(&self) -> bool {
        self.listing != Some(Listing::Whole)
    }

    /// Whether not even one session of it was listed, nor that there is none.
    pub fn is_unknown(&self) -> bool {
        self.loaded == 0 && self.may_be_more()
    }

    /// `14`, `14+` where there may be more, or `?` where nothing is known.
    pub fn total(&self) -> String {
        if self.is_unknown() {
            return "?".to_owned();
        }
        let more = if self.may_be_more() { "+" } else { "" };
        format!("{}{more}", units::grouped(self.loaded))
    }

    /// What the counts leave out, a sentence each; none where they are whole.
    pub fn left_out(&self) -> Vec<String> {
        let listing = match &self.listing {
            None => Some("its sessions are not watched here".to_owned()),
            Some(Listing::Awaited) => Some("waiting for the list of its sessions".to_owned()),
            Some(Listing::Part) => {
                Some("the list goes on: there may be more than are counted".to_owned())
            }
            Some(Listing::Refused(why)) => Some(format!("its sessions: {}", why.words())),
            Some(Listing::Whole) => None,
        };
        let calls = |count: usize, why: &str| {
            (count > 0).then(|| format!("{} {why}", units::grouped(count)))
        };
        let unasked = calls(self.unasked, "not asked yet whether they wait for somebody");
        let untold = calls(self.untold, "not known whether they wait for somebody");
        listing.into_iter().chain(unasked).chain(untold).collect()
    }

    /// How far the failures of a day are known.
    pub fn errors_known(&self) -> String {
        if self.knows_no_errors() {
            return "nothing was read that could tell".to_owned();
        }
        let unread = (self.unread > 0)
            .then(|| format!("those of {} were not read", units::grouped(self.unread)));
        let more = self.may_be_more().then(|| "there may be more sessions".to_owned());
        let read = "as far as the newest events of each session tell".to_owned();
        [Some(read), unread, more].into_iter().flatten().collect::<Vec<_>>().join("; ")
    }

    /// Whether nothing was read that could tell of a failure.
    pub fn knows_no_errors(&self) -> bool {
        let nothing_read = self.loaded > 0 && self.unread == self.loaded;
        self.erred.is_empty() && (self.is_unknown() || nothing_read)
    }
}

impl Sessions {
    /// What is known of the sessions of an agent as of the last arrangement.
    pub fn of_agent(&self, agent: &AgentKey, now: Timestamp) -> AgentTally {
        let mut tally =
            AgentTally { listing: self.listings.of(agent).cloned(), ..AgentTally::default() };
        let since = now.checked_sub(DAY).unwrap_or(Timestamp::MIN);
        let mut counts = [0_usize; Attention::ALL.len()];
        let first = SessionRef::new(agent.clone(), "");
        let own = self.entries.range(first..).take_while(|(name, _)| name.agent == *agent);
        for (name, entry) in own {
            tally.loaded += 1;
            if let Some(at) = Attention::ALL.iter().position(|of| *of == entry.attention) {
                counts[at] += 1;
            }
            let unstarted = entry.session.status == Some(SessionStatus::Unstarted);
            let probe = entry.probe.as_ref();
            match probe.map(|probe| probe.calls) {
                None if !unstarted => tally.unasked += 1,
                Some(CallsAnswer::NotAsked) if entry.attention == Attention::Unknown => {
                    tally.unasked += 1;
                }
                Some(CallsAnswer::Forbidden | CallsAnswer::Failed) => tally.untold += 1,
                Some(CallsAnswer::NotAsked | CallsAnswer::Told) | None => {}
            }
            let read = probe.is_some_and(|probe| probe.last_event_at.is_some());
            tally.unread += usize::from(!read && !unstarted);
            let error = probe.and_then(|probe| probe.last_error.as_deref());
            if let Some(error) = error.filter(|error| error.at >= since) {
                tally.erred.push((name.clone(), error.clone()));
            }
        }
        let counted = Attention::ALL.into_iter().zip(counts);
        tally.by_attention = counted.filter(|(_, count)| *count > 0).collect();
        tally.erred.sort_by(|(a, one), (b, other)| other.at.cmp(&one.at).then_with(|| a.cmp(b)));
        tally
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Session;
    use crate::model::sessions::{Probe, Unlisted};
    use serde_json::json;

    fn now() -> Timestamp {
        "2026-05-03T14:00:00Z".parse().unwrap()
    }

    fn session(agent: &str, key: &str) -> Session {
        serde_json::from_value(json!({"key": key, "agent_key": agent, "name": key,
            "enabled": true, "status": "stopped", "created_at": "2026-05-01T00:00:00Z"}))
        .unwrap()
    }

    fn erred(at: &str) -> Probe {
        let at: Timestamp = at.parse().unwrap();
        let error = SeenError { at, text: "web_get: gateway timeout (504)".to_owned() };
        Probe { last_event_at: Some(at), last_error: Some(Box::new(error)), ..Probe::default() }
    }

    #[test]
    fn only_its_own_sessions_count_and_only_errors_of_the_last_day() {
        let mut sessions = Sessions::default();
        let (a, b) = (AgentKey::from("a"), AgentKey::from("b"));
        sessions.apply_agents(&[a.clone(), b.clone()]);
        let own = ["old", "new", "quiet", "waits"].map(|key| session("a", key)).to_vec();
        sessions.apply_listing(&a, own, true);
        sessions.apply_listing(&b, vec![session("b", "other")], true);
        let name = |key| SessionRef::new("a", key);
        sessions.apply_probe(&name("old"), erred("2026-05-02T13:59:59Z"), now());
        sessions.apply_probe(&name("new"), erred("2026-05-02T14:00:00Z"), now());
        let quiet = Probe { last_event_at: Some(now()), ..Probe::default() };
        sessions.apply_probe(&name("quiet"), quiet.clone(), now());
        let waits = Probe { waiting: vec!["t".into()], ..quiet };
        sessions.apply_probe(&name("waits"), waits, now());
        sessions.apply_probe(&SessionRef::new("b", "other"), erred("2026-05-03T13:00:00Z"), now());
        sessions.arrange(now(), false);
        let tally = sessions.of_agent(&a, now());
        assert_eq!(tally.by_attention, [(Attention::NeedsYou, 1), (Attention::Idle, 3)]);
        let erred: Vec<_> = tally.erred.iter().map(|(name, _)| name.key.as_str()).collect();
        assert_eq!((erred, tally.total()), (vec!["new"], "4".to_owned()));
        assert!(tally.left_out().is_empty() && !tally.knows_no_errors(), "{tally:?}");
        assert_eq!(tally.errors_known(), "as far as the newest events of each session tell");
    }

    #[test]
    fn what_is_not_known_is_said_and_never_counted_as_none() {
        let mut sessions = Sessions::default();
        let a = AgentKey::from("a");
        let nobody = sessions.of_agent(&a, now());
        assert!(nobody.left_out()[0].contains("not watched") && nobody.knows_no_errors());
        assert_eq!(
            (nobody.total(), nobody.errors_known()),
            ("?".to_owned(), "nothing was read that could tell".to_owned())
        );
        sessions.apply_agents(std::slice::from_ref(&a));
        assert!(sessions.of_agent(&a, now()).left_out()[0].contains("waiting for the list"));
        sessions.apply_listing(&a, vec![session("a", "s"), session("a", "t")], false);
        sessions.arrange(now(), false);
        let tally = sessions.of_agent(&a, now());
        assert_eq!(tally.total(), "2+");
        assert_eq!(
            tally.left_out(),
            [
                "the list goes on: there may be more than are counted",
                "2 not asked yet whether they wait for somebody"
            ]
        );
        assert!(tally.knows_no_errors());
        let forbidden = Probe { calls: CallsAnswer::Forbidden, ..erred("2026-05-03T13:00:00Z") };
        sessions.apply_probe(&SessionRef::new("a", "s"), forbidden, now());
        sessions.arrange(now(), false);
        let tally = sessions.of_agent(&a, now());
        assert!(tally.left_out()[2].starts_with("1 not known"), "{tally:?}");
        assert_eq!(
            tally.errors_known(),
            "as far as the newest events of each session tell; those of 1 were not read; there may \
             be more sessions"
        );
        sessions.apply_refusal(Some(&a), Unlisted { problem: "no".into(), status: Some(403) });
        let words = sessions.of_agent(&a, now()).left_out();
        assert_eq!(words[0], "its sessions: needs agent_viewer");
    }
}
