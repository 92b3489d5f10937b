//! Calls whose inputs came along into a fork and whose outputs did not.
//!
//! The service says nothing of them. It rebuilds outstanding calls from the stored history (contract
//! section 3.4), so a copy of a history that waits must wait as well, under its own event ids: whoever
//! forks at a call can answer it in another way. Arguments are made anew from the fork's own agent,
//! metadata and secrets, since reading a session gives no right to its secrets. What cannot be answered
//! in the fork is closed there with an error that says why.

use std::collections::HashMap;

use crate::api::event::ToolInput;
use crate::api::{Agent, Event, EventBody, EventId, Session, SessionStatus, ToolCallId};
use crate::server::engine::host::Host;
use crate::server::engine::waiting;
use crate::server::store::events::Listing;
use crate::server::store::seal::Vault;
use crate::server::store::{self, Db, events, pending, sessions};

use super::ForkSource;

/// Events of the source that are looked through at a time.
const PAGE: u32 = 200;

/// Inputs that were copied and have no output yet, in their order.
#[derive(Default)]
pub(super) struct OpenCalls(Vec<Open>);

struct Open {
    /// What its event is called in the source.
    source: EventId,
    event: EventId,
    input: ToolInput,
}

impl OpenCalls {
    /// Takes note of an event and of the copy that was made of it.
    pub(super) fn follow(&mut self, event: &Event, copy: &Event) {
        match &*event.body {
            EventBody::ToolInput(input) => {
                if let (Some(source), Some(event)) = (event.id.clone(), copy.id.clone()) {
                    self.0.push(Open { source, event, input: input.clone() });
                }
            }
            EventBody::ToolOutput(output) => {
                self.0.retain(|open| open.input.tool_call_id != output.tool_call_id);
            }
            _ => {}
        }
    }

    /// Lets those wait that can be answered, and closes those that nobody can answer.
    pub(super) fn settle(
        self,
        db: &Db,
        host: &Host,
        agent: &Agent,
        source: &ForkSource,
        last: i64,
        (into, session): (&Vault, &Session),
    ) -> store::Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let from = &source.stored.vault;
        let waits = pending::ids(db, from.row)?;
        let answered = answered_at(db, from)?;
        let now = sessions::get(db, &source.stored.session.reference())?;
        let runs = now.is_some_and(|now| now.session.status == Some(SessionStatus::Running));
        let (mut carried, mut closed) = (0, 0);
        for open in self.0 {
            let why_not = match answered.get(&open.input.tool_call_id) {
                // Answered in the part that came along, and hidden there.
                Some(seq) if *seq <= last => continue,
                Some(_) => None,
                None if waits.contains(&open.source) => None,
                None if runs => Some("it went on in the session that this one was forked from"),
                // Cut off in the source as well, where nobody waits for it.
                None => continue,
            };
            let call = match why_not {
                Some(why) => Err(why.to_owned()),
                None => waiting::in_fork(db, agent, (into, session), &open.event, &open.input)?,
            };
            match call {
                Ok(call) => {
                    pending::insert(db, into, &call)?;
                    carried += 1;
                }
                Err(why) => {
                    let output = waiting::closed(&open.input, &why);
                    events::append(db, into, &host.event(&session.reference(), &output)?)?;
                    closed += 1;
                }
            }
        }
        // What the agent had planned for after exactly these calls, and it is the same agent.
        if carried == waits.len() && closed == 0 && agent.key == source.stored.session.agent_key {
            let plan = sessions::continuation(db, from)?;
            sessions::set_continuation(db, into, plan.as_deref())?;
        }
        Ok(())
    }
}

/// Where the outputs of the source lie, hidden ones included.
fn answered_at(db: &Db, from: &Vault) -> store::Result<HashMap<ToolCallId, i64>> {
    let mut found = HashMap::new();
    let mut listing =
        Listing { include_hidden: true, newest_first: false, after: Some(0), limit: PAGE };
    loop {
        let rows = events::list(db, from, listing)?;
        let Some(end) = rows.last().map(|row| row.seq) else { return Ok(found) };
        listing.after = Some(end);
        for row in rows.into_iter().filter(|row| !row.is_damaged) {
            if let EventBody::ToolOutput(output) = &*row.event()?.body {
                found.insert(output.tool_call_id.clone(), row.seq);
            }
        }
    }
}
