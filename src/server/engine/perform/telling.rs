//! Storing what happens, and telling it: to the readers of the session, and of a sub-agent's to those of
//! its parent.
//!
//! The invariant: an event that lies in the session's list is told after it was stored.

use serde_json::json;

use super::{Halt, Performer, Relay};
use crate::api::frame::{Activity, StreamOnly, SubAgentTag, ToolActivity};
use crate::api::{Event, EventBody, Frame, time};
use crate::server::engine::log::FrameLog;
use crate::server::engine::run::QueuedInput;
use crate::server::store::{self, StoreError, events, queue};

impl Performer {
    pub(super) fn event(&self, body: &EventBody) -> Result<Event, Halt> {
        Ok(self.host.event(&self.session, body)?)
    }

    /// Stores an event, then tells the readers.
    pub(in crate::server::engine) async fn store(&self, body: EventBody) -> Result<Event, Halt> {
        let event = self.event(&body)?;
        let seq = self.append(&event).await?;
        self.show(seq, event.clone());
        Ok(event)
    }

    /// Gives an input from the queue its place in the history, then tells the readers.
    pub(in crate::server::engine) async fn store_queued(
        &self,
        queued: QueuedInput,
    ) -> Result<Vec<Event>, Halt> {
        queued.ticket.taken_by(if self.relay.is_some() { self.own_turn } else { self.turn });
        let events = self.host.input_events(&self.agent, &self.session, &queued.input)?;
        let (vault, row, stored) = (self.vault.clone(), queued.row, events.clone());
        let placed = self.host.store.write(move |db| {
            if !queue::remove(db, row)? {
                return Ok(Vec::new());
            }
            let places = stored.iter().map(|event| events::append(db, &vault, event));
            places.collect::<store::Result<Vec<_>>>()
        });
        for (seq, event) in placed.await?.into_iter().zip(&events) {
            self.show(seq, event.clone());
        }
        Ok(events)
    }

    pub(super) async fn append(&self, event: &Event) -> Result<i64, Halt> {
        let (vault, event) = (self.vault.clone(), event.clone());
        Ok(self.host.store.write(move |db| events::append(db, &vault, &event)).await?)
    }

    /// Streams an event that is never stored.
    pub(in crate::server::engine) fn transient(&self, body: &EventBody) -> Result<(), Halt> {
        self.tell(self.event(body)?, |log, turn, event| log.push(turn, Frame::Event(event)));
        Ok(())
    }

    /// Tells the readers of an event that lies at `seq` in the session's list.
    pub(super) fn show(&self, seq: i64, event: Event) {
        self.tell(event, |log, turn, event| log.push_stored(turn, seq, event));
    }

    /// Tells an event to whoever reads; `push` says as what.
    fn tell(&self, event: Event, push: impl Fn(&FrameLog, u64, Event)) {
        let Some(relay) = &self.relay else {
            return push(&self.log, self.turn, event);
        };
        self.relay(relay, &event);
        if let Some(own) = &self.errand {
            push(&own.run.log, self.own_turn, event);
        }
    }

    pub(super) fn relay(&self, relay: &Relay, event: &Event) {
        let frame = Frame::Only(StreamOnly::ToolActivity(ToolActivity {
            tool_call_id: relay.tool_call_id.clone(),
            created_at: Some(self.host.clock.now()),
            activity: Activity::SubAgent {
                activity_type: SubAgentTag::SubAgent,
                agent_event: serde_json::from_str(event.raw().get()).unwrap_or_default(),
            },
        }));
        self.log.push(self.turn, frame);
    }

    /// Streams a frame without an id; a sub-agent's are not relayed.
    pub(in crate::server::engine) fn stream(&self, only: StreamOnly) {
        if self.relay.is_none() {
            self.log.push(self.turn, Frame::Only(only));
        } else if let Some(own) = &self.errand {
            own.run.log.push(self.own_turn, Frame::Only(only));
        }
    }

    /// Tells the readers of a text that was streamed, and lies at `seq` now.
    pub(super) fn spoken(&self, seq: i64, event: Event) {
        let (event_id, created_at) = (event.id.clone(), Some(self.host.clock.now()));
        self.tell(event, |log, turn, event| log.push_spoken(turn, seq, event));
        self.stream(StreamOnly::AgentTextEnd { event_id, created_at });
    }

    /// Stores an event of a type that no client knows, as a newer service might.
    pub(super) async fn surprise(&self) -> Result<(), Halt> {
        let event = json!({
            "id": self.host.ids.event(), "session_key": self.session.key,
            "created_at": time::format(self.host.clock.now()), "type": "from_the_future",
            "content": "An event of a type that is not in the contract.",
        });
        let raw = serde_json::value::to_raw_value(&event).map_err(StoreError::from)?;
        let event = Event::from_raw(raw);
        let seq = self.append(&event).await?;
        self.show(seq, event);
        Ok(())
    }
}
