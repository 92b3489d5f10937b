//! Changing, deleting and making sessions: one request after the other, each answered by a message of
//! its own, so that the screen can tell how far it is.
//!
//! Must not write over what somebody else changed: a session is read before it is written. The
//! invariant: nothing is sent twice, and what was not begun when somebody stops it is not sent.

use tokio_util::sync::CancellationToken;

use std::path::{Path, PathBuf};

use super::execute::{of_this_machine, problem};
use super::inbox::{Arrival, Sender};
use super::paths;
use super::save::{self, SaveError};
use super::session_bundle;
use super::session_copy::{self, CopyError};
use crate::api::session::{NewSession, SecretValues, SessionChanges};
use crate::api::{AgentKey, Session, SessionRef};
use crate::app::Msg;
use crate::app::msg::{Problem, ServiceMsg};
use crate::app::session_request::{DeleteOutcome, EditOutcome, SessionMsg};
use crate::client::{Client, ClientError};
use crate::export::{self, Writing, bundle};
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
    what: Writing,
    stop: CancellationToken,
) {
    let to = paths::expand(&to);
    let only = sessions.len() == 1;
    if sessions.len() > 1 && !to.is_dir() {
        let why = format!("{} is no directory for several files", to.display());
        for session in sessions {
            let outcome = Err(of_this_machine(why.clone()));
            tell(&inbox, SessionMsg::WrittenDown { session, outcome }).await;
        }
        return tell(&inbox, SessionMsg::Ended { left: Vec::new() }).await;
    }
    let mut queue = Queue::new(sessions, |session| session, inbox.clone(), stop);
    while let Some(session) = queue.next().await {
        let msg = match write_one(&client, &inbox, &session, &to, &what).await {
            Ok(path) => SessionMsg::WrittenDown { session, outcome: Ok(path) },
            // Of several the others go on.
            Err(NotWritten::Taken { path, free }) if only => {
                let [path, free] = [path, free].map(|path| path.display().to_string());
                SessionMsg::NameTaken { path, free }
            }
            Err(NotWritten::Taken { path, free }) => {
                let why = SaveError::Exists { path, free }.to_string();
                SessionMsg::WrittenDown { session, outcome: Err(of_this_machine(why)) }
            }
            Err(NotWritten::Problem(problem)) => {
                SessionMsg::WrittenDown { session, outcome: Err(problem) }
            }
        };
        queue.tell(msg).await;
    }
}

async fn write_one(
    client: &Client,
    inbox: &Sender,
    session: &SessionRef,
    to: &Path,
    what: &Writing,
) -> Result<String, NotWritten> {
    let (name, _) = file_name::harmless(session.key.as_str());
    let name = format!("{name}.{}", what.extension());
    // Before anything is fetched for it.
    let path = save::place(to, &name, false)?;
    // How far it is, is news for whoever looks, and nothing is lost with one that does not come through.
    let tell = |events| {
        let msg = ServiceMsg::Session(SessionMsg::ReadSoFar { events });
        let _ = inbox.try_send(Arrival::Msg(Msg::Service(msg)));
    };
    let bytes = bytes_of(client, session, what, tell).await.map_err(|error| problem(&error))?;
    let write = move || save::save(path, &bytes?, false).map_err(NotWritten::from);
    let written = tokio::task::spawn_blocking(write).await;
    let path = written.map_err(|error| of_this_machine(error.to_string()))??;
    // Whoever reads it later may be elsewhere by then.
    Ok(std::path::absolute(&path).unwrap_or(path).display().to_string())
}

/// What a file will hold; packing it may fail by itself.
async fn bytes_of(
    client: &Client,
    session: &SessionRef,
    what: &Writing,
    tell: impl FnMut(u64),
) -> Result<Result<Vec<u8>, NotWritten>, ClientError> {
    match what {
        Writing::Lines => {
            let lines = session_copy::lines(client, session).await?;
            Ok(Ok((lines.join("\n") + "\n").into_bytes()))
        }
        Writing::Export(format, part) => {
            let about = client.get_session(session).await?;
            let events = session_bundle::events(client, session, tell).await?;
            let (about, events) = export::redacted(about, export::part_of(events, part));
            Ok(Ok(export::write(*format, &about, &events).into_bytes()))
        }
        Writing::Bundle => {
            let material = session_bundle::gather(client, session, tell).await?;
            let packing = tokio::task::spawn_blocking(move || {
                let mut bytes = Vec::new();
                bundle::pack(&material, &mut bytes).map(|_| bytes)
            });
            let fault = |why: String| of_this_machine(format!("it could not be packed: {why}"));
            let packed = packing.await.map_err(|error| fault(error.to_string()));
            Ok(packed
                .and_then(|packed| packed.map_err(|error| fault(error.to_string())))
                .map_err(NotWritten::Problem))
        }
    }
}

/// Why there is no file.
enum NotWritten {
    Taken { path: PathBuf, free: PathBuf },
    Problem(Problem),
}

impl From<SaveError> for NotWritten {
    fn from(error: SaveError) -> Self {
        match error {
            SaveError::Exists { path, free } => Self::Taken { path, free },
            other => Self::Problem(of_this_machine(other.to_string())),
        }
    }
}

impl From<Problem> for NotWritten {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
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
