//! Which session was branched from which, as far as their metadata tells.
//!
//! The service copies events into a branch and keeps no word of where they came from: what it tells of
//! parents is about sub-agents. So the form that makes a branch writes its origin into the metadata,
//! where its person sees it, other machines find it, and filters can ask for it. Start with
//! [`family`]. The invariant: a session is in a family once, whatever its metadata claims.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::Sessions;
use crate::api::{EventId, Object, Session, SessionRef};

/// Under this name the origin stands in the metadata.
pub const BRANCHED_FROM: &str = "branched_from";

/// What a branch has of its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    All,
    /// What lies before this event, that included, as it was or in a summary.
    UpTo(EventId),
    Nothing,
}

/// Where a branch comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    pub session: SessionRef,
    pub taken: Taken,
}

impl Origin {
    /// What a session says of itself.
    pub fn of(session: &Session) -> Option<Self> {
        let told = session.metadata.get(BRANCHED_FROM)?;
        let word = |name: &str| told.get(name).and_then(Value::as_str);
        let session = SessionRef::new(word("agent")?, word("session")?);
        let taken = match word("event") {
            Some(event) => Taken::UpTo(event.into()),
            None if told.get("empty") == Some(&Value::Bool(true)) => Taken::Nothing,
            None => Taken::All,
        };
        Some(Self { session, taken })
    }

    /// Says it in the metadata of a branch, in the place of what its origin said of itself.
    pub fn note_in(&self, metadata: &mut Object) {
        let mut told = json!({"agent": self.session.agent, "session": self.session.key});
        match &self.taken {
            Taken::All => {}
            Taken::UpTo(event) => told["event"] = json!(event),
            Taken::Nothing => told["empty"] = json!(true),
        }
        metadata.insert(BRANCHED_FROM.to_owned(), told);
    }
}

/// A session of a family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kin {
    pub session: SessionRef,
    /// Branches between it and the first origin.
    pub depth: usize,
    /// What it has of its origin, where it has one.
    pub taken: Option<Taken>,
    /// It is not listed: deleted, or not for this key.
    pub is_missing: bool,
}

/// The first origin that is known of a session and all that was branched from it, each below its
/// origin, older ones first. The session alone where nothing is known.
pub fn family(sessions: &Sessions, of: &SessionRef) -> Vec<Kin> {
    let mut origins: BTreeMap<SessionRef, Origin> = BTreeMap::new();
    let mut branches: BTreeMap<SessionRef, Vec<SessionRef>> = BTreeMap::new();
    for (name, entry) in sessions.iter() {
        if let Some(origin) = Origin::of(&entry.session) {
            branches.entry(origin.session.clone()).or_default().push(name.clone());
            origins.insert(name.clone(), origin);
        }
    }
    let made_at = |name: &SessionRef| sessions.get(name).map(|entry| entry.session.created_at);
    for names in branches.values_mut() {
        names.sort_by_key(|name| (made_at(name), name.clone()));
    }
    let mut first = of.clone();
    let mut passed = BTreeSet::from([first.clone()]);
    while let Some(origin) = origins.get(&first).map(|origin| origin.session.clone()) {
        // Who claims to be its own origin is the first.
        if !passed.insert(origin.clone()) {
            break;
        }
        first = origin;
    }
    let (mut out, mut told, mut left) = (Vec::new(), BTreeSet::new(), vec![(first, 0)]);
    while let Some((session, depth)) = left.pop() {
        if !told.insert(session.clone()) {
            continue;
        }
        let below = branches.get(&session).into_iter().flatten().rev();
        left.extend(below.map(|name| (name.clone(), depth + 1)));
        out.push(Kin {
            depth,
            taken: origins.get(&session).map(|origin| origin.taken.clone()),
            is_missing: sessions.get(&session).is_none(),
            session,
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Timestamp;

    fn name(key: &str) -> SessionRef {
        SessionRef::new("a", key)
    }

    fn sessions(all: &[(&str, &str)]) -> Sessions {
        let mut sessions = Sessions::default();
        for (second, (key, origin)) in (0..).zip(all) {
            let made_at = Timestamp::from_second(second).unwrap();
            let mut session = Session::named("a".into(), (*key).into(), (*key).to_owned(), made_at);
            if !origin.is_empty() {
                for taken in [Taken::All, Taken::Nothing, Taken::UpTo("aev_1".into())] {
                    let origin = Origin { session: name(origin), taken };
                    origin.note_in(&mut session.metadata);
                    assert_eq!(Origin::of(&session), Some(origin));
                }
            }
            sessions.apply_session(session);
        }
        sessions
    }

    fn drawn(sessions: &Sessions, of: &str) -> Vec<String> {
        let line = |kin: Kin| {
            let missing = if kin.is_missing { "?" } else { "" };
            format!("{}{}{missing}", "-".repeat(kin.depth), kin.session.key)
        };
        family(sessions, &name(of)).into_iter().map(line).collect()
    }

    #[test]
    fn a_family_is_the_same_from_each_of_its_sessions() {
        let all = [("root", ""), ("z", "root"), ("b", "root"), ("deep", "z"), ("other", "")];
        let all = sessions(&all);
        let wanted = ["root", "-z", "--deep", "-b"];
        for of in ["root", "z", "b", "deep"] {
            assert_eq!(drawn(&all, of), wanted, "from {of}");
        }
        assert_eq!(drawn(&all, "other"), ["other"]);
    }

    #[test]
    fn an_origin_that_is_not_listed_still_joins_its_branches() {
        let all = sessions(&[("one", "gone"), ("two", "gone")]);
        assert_eq!(drawn(&all, "two"), ["gone?", "-one", "-two"]);
    }

    #[test]
    fn metadata_that_goes_round_ends() {
        let all = sessions(&[("one", "two"), ("two", "one"), ("self", "self")]);
        assert_eq!(drawn(&all, "one").len(), 2);
        assert_eq!(drawn(&all, "self"), ["self"]);
    }
}
