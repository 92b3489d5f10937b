//! What a session is about when nobody has said: the first words of its first input (contract
//! section 2.2).
//!
//! They are words of a message, so they are sealed as the message is, and go with it when it is
//! deleted. What a person wrote as the description is in the session's own record, in clear.

use rusqlite::params;
use serde_json::value::RawValue;

use super::seal::{Subject, Vault};
use super::{Db, Result, damage, events, sessions};
use crate::api::event::InputMessage;
use crate::api::{Event, EventBody, EventId, Session, SessionRef};

/// Characters of the first input that describe a session.
const MAX_CHARS: usize = 120;

/// The words that describe what begins with these events, and the event that they are from.
pub fn of(events: &[Event]) -> Option<(EventId, String)> {
    events.iter().find_map(|event| match &*event.body {
        EventBody::InputMessage(message) => Some((event.id.clone()?, first_words(message)?)),
        _ => None,
    })
}

fn first_words(message: &InputMessage) -> Option<String> {
    let text = message.to_text();
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    // A command says what to do, not what it is about.
    let line = lines().find(|line| !line.starts_with('/')).or_else(|| lines().next())?;
    Some(line.chars().take(MAX_CHARS).collect())
}

/// Describes a session that is not described yet, unless the event has gone again.
pub fn set(db: &Db, vault: &Vault, from: &EventId, words: &str) -> Result<()> {
    let sealed = vault.seal.seal(Subject::Description, words.as_bytes())?;
    db.execute(
        "UPDATE sessions SET description = ?2, described_by = ?3
         WHERE id = ?1 AND description IS NULL
             AND EXISTS (SELECT 1 FROM events WHERE session = ?1 AND id = ?3)",
        params![vault.row, sealed, from.as_str()],
    )?;
    Ok(())
}

/// Takes the words away that an event gave.
pub(super) fn forget(db: &rusqlite::Connection, session: i64, from: &EventId) -> Result<()> {
    db.execute(
        "UPDATE sessions SET description = NULL, described_by = NULL
         WHERE id = ?1 AND described_by = ?2",
        params![session, from.as_str()],
    )?;
    Ok(())
}

/// Earlier versions kept these words in clear, in the session's record. They are told by being what
/// its first input gives.
pub(super) fn seal_old(db: &Db) -> Result<()> {
    let mut query = db.prepare("SELECT agent_key, key FROM sessions")?;
    let all = query
        .query_map([], |row| Ok(SessionRef::new(damage::text(row, 0)?, damage::text(row, 1)?)))?;
    for of in all.collect::<rusqlite::Result<Vec<_>>>()? {
        let Some(stored) = sessions::find(db, &of)?.filter(|found| found.session.damage.is_none())
        else {
            continue;
        };
        let first = first_input(db, &stored.vault)?;
        let told = first.as_ref().and_then(|event| self::of(std::slice::from_ref(event)));
        let in_clear = stored.session.description.as_ref();
        match told {
            Some((from, words)) if in_clear == Some(&words) => {
                sessions::update(db, &of, |session: &mut Session| session.description = None)?;
                set(db, &stored.vault, &from, &words)?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn first_input(db: &Db, vault: &Vault) -> Result<Option<Event>> {
    use rusqlite::OptionalExtension as _;

    let id: Option<String> = db
        .prepare_cached(
            "SELECT id FROM events WHERE session = ?1 AND type = 'input_message'
             ORDER BY seq LIMIT 1",
        )?
        .query_row([vault.row], |row| row.get(0))
        .optional()?;
    let stored = id.map(|id| events::get(db, vault, &id.into())).transpose()?.flatten();
    let Some(stored) = stored.filter(|stored| !stored.is_damaged) else {
        return Ok(None);
    };
    Ok(Some(Event::from_raw(RawValue::from_string(stored.json)?)))
}
