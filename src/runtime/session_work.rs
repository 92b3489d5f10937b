//! Changing, deleting and making sessions: one request after the other, each answered by a message of
//! its own, so that the screen can tell how far it is.
//!
//! Must not write over what somebody else changed: a session is read before it is written. The
//! invariant: nothing is sent twice, and what was not begun when somebody stops it is not sent.

use tokio_util::sync::CancellationToken;

use std::path::Path;

use super::execute::{of_this_machine, problem};
use super::inbox::{Arrival, Sender};
use super::paths;
use super::save::{self, Saving};
use super::session_copy::{self, CopyError};
use crate::api::session::{NewSession, SecretValues, SessionChanges};
use crate::api::{AgentKey, Session, SessionRef};
use crate::app::Msg;
use crate::app::msg::{Problem, ServiceMsg};
use crate::app::session_request::{DeleteOutcome, EditOutcome, SessionMsg};
use crate::client::Client;
use crate::model::session_edit::SessionEdit;
use crate::state::StateDir;
use crate::text::file_name;

pub(super) async fn tell(inbox: &Sender, msg: SessionMsg) {
    let _ = inbox.send(Arrival::Msg(Msg::Service(ServiceMsg::Session(msg)))).await;
}

/// What is to be done, one after the other, until somebody stops it.
struct Queue<T> {
    left: std::vec::IntoIter<T>,
    /// Which session one of them is about.
    session: fn(T) -> SessionRef,
    inbox: Sender,
    stop: CancellationToken,
}

impl<T> Queue<T> {
    fn new(
        all: Vec<T>,
        session: fn(T) -> SessionRef,
        inbox: Sender,
        stop: CancellationToken,
    ) -> Self {
        Self { left: all.into_iter(), session, inbox, stop }
    }

    /// The next one. Behind the last, and once it is stopped, it tells which are left.
    async fn next(&mut self) -> Option<T> {
        let next = if self.stop.is_cancelled() { None } else { self.left.next() };
        if next.is_none() {
            let left = self.left.by_ref().map(self.session).collect();
            self.tell(SessionMsg::Ended { left }).await;
        }
        next
    }

    async fn tell(&self, msg: SessionMsg) {
        tell(&self.inbox, msg).await;
    }
}

pub(super) async fn edit(
    client: Client,
    inbox: Sender,
    edits: Vec<SessionEdit>,
    stop: CancellationToken,
) {
    let mut queue = Queue::new(edits, |edit| edit.session, inbox, stop);
    while let Some(edit) = queue.next().await {
        let outcome = Box::new(edit_one(&client, &edit).await);
        queue.tell(SessionMsg::Edited { edit: Box::new(edit), outcome }).await;
    }
}

async fn edit_one(client: &Client, edit: &SessionEdit) -> EditOutcome {
    let before = match client.get_session(&edit.session).await {
        Ok(before) => before,
        Err(error) => return EditOutcome::Refused(problem(&error)),
    };
    if edit.is_done(&before) {
        return EditOutcome::Done(before);
    }
    if !edit.is_due(&before) {
        return EditOutcome::Overtaken(before);
    }
    match client.update_session(&edit.session, edit.changes()).await {
        Ok(after) => EditOutcome::Done(after),
        Err(error) => EditOutcome::Refused(problem(&error)),
    }
}

pub(super) async fn set_secrets(
    client: &Client,
    session: SessionRef,
    secrets: SecretValues,
) -> SessionMsg {
    let changes = SessionChanges { secrets: Some(secrets), ..SessionChanges::default() };
    let outcome = match client.update_session(&session, &changes).await {
        Ok(after) => EditOutcome::Done(after),
        Err(error) => EditOutcome::Refused(problem(&error)),
    };
    SessionMsg::SecretsSet { session, outcome: Box::new(outcome) }
}

/// A session that was made is visible when this returns, as far as the service lets us see it.
pub(super) async fn made(
    client: &Client,
    agent: &AgentKey,
    new: &NewSession,
) -> Result<Box<Session>, Problem> {
    let made = client.create_session(agent, new).await.map_err(|error| problem(&error))?;
    let seen = client.wait_until_visible(&made.reference()).await;
    Ok(Box::new(seen.unwrap_or(made)))
}

pub(super) async fn make(client: &Client, agent: AgentKey, new: NewSession) -> SessionMsg {
    match made(client, &agent, &new).await {
        Ok(session) => SessionMsg::Made(session),
        Err(problem) => SessionMsg::NotMade { agent, problem },
    }
}

/// Deletes sessions for good. Where copies are kept, what cannot be copied is not deleted.
pub(super) async fn delete(
    client: Client,
    inbox: Sender,
    sessions: Vec<SessionRef>,
    copies: Option<StateDir>,
    stop: CancellationToken,
) {
    let mut queue = Queue::new(sessions, |session| session, inbox, stop);
    while let Some(session) = queue.next().await {
        let outcome = delete_one(&client, copies.as_ref(), &session).await;
        queue.tell(SessionMsg::Deleted { session, outcome }).await;
    }
}

/// Writes sessions to files of this machine: one to the path that was typed or into that directory,
/// several into a directory. What is there already stays.
pub(super) async fn write_down(
    client: Client,
    inbox: Sender,
    sessions: Vec<SessionRef>,
    to: String,
    stop: CancellationToken,
) {
    let to = paths::expand(&to);
    if sessions.len() > 1 && !to.is_dir() {
        let why = format!("{} is no directory for several files", to.display());
        for session in sessions {
            let outcome = Err(of_this_machine(why.clone()));
            tell(&inbox, SessionMsg::WrittenDown { session, outcome }).await;
        }
        return tell(&inbox, SessionMsg::Ended { left: Vec::new() }).await;
    }
    let mut queue = Queue::new(sessions, |session| session, inbox, stop);
    while let Some(session) = queue.next().await {
        let outcome = write_one(&client, &session, &to).await;
        queue.tell(SessionMsg::WrittenDown { session, outcome }).await;
    }
}

async fn write_one(client: &Client, session: &SessionRef, to: &Path) -> Result<String, Problem> {
    let (name, _) = file_name::harmless(session.key.as_str());
    let name = format!("{name}.jsonl");
    // Before anything is fetched for it.
    let path = save::place(to, &name, false).map_err(|error| of_this_machine(error.to_string()))?;
    let lines = session_copy::lines(client, session).await.map_err(|error| problem(&error))?;
    let write = move || {
        let mut saving = Saving::begin(path, false)?;
        for line in lines {
            saving.write(line.as_bytes())?;
            saving.write(b"\n")?;
        }
        saving.finish()
    };
    let written = tokio::task::spawn_blocking(write).await;
    let written = written.map_err(|error| of_this_machine(error.to_string()))?;
    let path = written.map_err(|error| of_this_machine(error.to_string()))?;
    Ok(path.display().to_string())
}

async fn delete_one(
    client: &Client,
    copies: Option<&StateDir>,
    session: &SessionRef,
) -> DeleteOutcome {
    let mut copy = None;
    if let Some(state) = copies {
        match session_copy::keep(client, state, session).await {
            Ok(kept) => copy = Some(kept.words()),
            Err(error) => {
                let text = error.to_string();
                let problem = match error {
                    CopyError::Read(error) => Problem { text, ..problem(&error) },
                    CopyError::Write(_) | CopyError::File(_) => of_this_machine(text),
                };
                return DeleteOutcome::Refused(problem);
            }
        }
    }
    match client.delete_session(session).await {
        Ok(()) => DeleteOutcome::Done { copy },
        Err(error) => DeleteOutcome::Refused(problem(&error)),
    }
}
