//! A change of a session's own fields, with what they were: so that nobody's later change is written
//! over, and so that it can be taken back.
//!
//! Knows values, not how they are sent. Start with [`SessionEdit::new`]. The invariant: `before` and
//! `after` are about the same fields. Secrets have no place here: nobody can tell what they were.

use serde::{Deserialize, Serialize};

use crate::api::session::SessionChanges;
use crate::api::{Session, SessionRef};

/// Fields of one session: what they were, and what they become.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionEdit {
    pub session: SessionRef,
    before: SessionChanges,
    after: SessionChanges,
}

impl SessionEdit {
    /// Of the wanted values those that are other ones; `None` where none is.
    pub fn new(session: &Session, wanted: SessionChanges) -> Option<Self> {
        let mut edit = Self {
            session: session.reference(),
            before: of_same_fields(session, &wanted),
            after: SessionChanges { secrets: None, ..wanted },
        };
        drop_equal(&mut edit.before.name, &mut edit.after.name);
        drop_equal(&mut edit.before.description, &mut edit.after.description);
        drop_equal(&mut edit.before.metadata, &mut edit.after.metadata);
        drop_equal(&mut edit.before.enabled, &mut edit.after.enabled);
        drop_equal(&mut edit.before.tti_minutes, &mut edit.after.tti_minutes);
        (edit.after != SessionChanges::default()).then_some(edit)
    }

    /// What is to be sent.
    pub fn changes(&self) -> &SessionChanges {
        &self.after
    }

    /// What takes it back.
    #[must_use]
    pub fn opposite(&self) -> Self {
        Self {
            session: self.session.clone(),
            before: self.after.clone(),
            after: self.before.clone(),
        }
    }

    /// Whether the session still is as it was when this was begun.
    pub fn is_due(&self, session: &Session) -> bool {
        of_same_fields(session, &self.after) == self.before
    }

    /// Whether the session is already as this would make it.
    pub fn is_done(&self, session: &Session) -> bool {
        of_same_fields(session, &self.after) == self.after
    }

    /// The fields in words: `name and description`.
    pub fn fields(&self) -> String {
        let SessionChanges { name, description, metadata, enabled, tti_minutes, .. } = &self.after;
        let named = [
            (name.is_some(), "name"),
            (description.is_some(), "description"),
            (metadata.is_some(), "metadata"),
            (enabled.is_some(), "enabled or not"),
            (tti_minutes.is_some(), "expiry"),
        ];
        let named: Vec<&str> = named.iter().filter(|(is, _)| *is).map(|(_, name)| *name).collect();
        named.join(" and ")
    }
}

/// What a session says of the fields that `like` names. No description and an empty one are the same.
fn of_same_fields(session: &Session, like: &SessionChanges) -> SessionChanges {
    SessionChanges {
        name: like.name.is_some().then(|| session.name.clone()),
        description: (like.description.is_some())
            .then(|| session.description.clone().unwrap_or_default()),
        metadata: like.metadata.is_some().then(|| session.metadata.clone()),
        enabled: like.enabled.is_some().then_some(session.enabled),
        tti_minutes: like.tti_minutes.is_some().then_some(session.tti_minutes),
        ..SessionChanges::default()
    }
}

fn drop_equal<T: PartialEq>(before: &mut Option<T>, after: &mut Option<T>) {
    if before == after {
        (*before, *after) = (None, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Timestamp;

    fn session() -> Session {
        Session::named("a".into(), "s".into(), "Old".to_owned(), Timestamp::UNIX_EPOCH)
    }

    fn wanted() -> SessionChanges {
        SessionChanges {
            name: Some("New".to_owned()),
            description: Some(String::new()),
            tti_minutes: Some(90),
            ..SessionChanges::default()
        }
    }

    #[test]
    fn only_what_is_another_value_is_sent() {
        let edit = SessionEdit::new(&session(), wanted()).unwrap();
        assert_eq!(edit.fields(), "name and expiry");
        assert_eq!(edit.changes().description, None, "there is none, which is the same");
        let same = SessionChanges { name: Some("Old".to_owned()), ..SessionChanges::default() };
        assert_eq!(SessionEdit::new(&session(), same), None);
    }

    #[test]
    fn it_is_due_only_while_nobody_else_has_changed_the_same() {
        let edit = SessionEdit::new(&session(), wanted()).unwrap();
        let other = Session { enabled: false, ..session() };
        assert!(edit.is_due(&other), "another field");
        let renamed = Session { name: "Theirs".to_owned(), ..session() };
        assert!(!edit.is_due(&renamed) && !edit.is_done(&renamed));
        let done = Session { name: "New".to_owned(), tti_minutes: 90, ..session() };
        assert!(edit.is_done(&done) && !edit.is_due(&done));
        assert!(edit.opposite().is_due(&done), "it can be taken back");
        assert!(!edit.opposite().is_due(&renamed), "but not over a later change");
        assert_eq!(edit.opposite().opposite(), edit);
    }
}
