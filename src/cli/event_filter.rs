//! `events --filter`: the filter language over a listing, with the facts that the screen shows.

use std::collections::{HashMap, HashSet};

use super::connect::Context;
use super::exit::Failure;
use crate::api::{Event, EventBody, EventId, SessionRef, Timestamp};
use crate::model::Timeline;
use crate::model::timeline::{Unit, Visibility};
use crate::query::{Answer, Domain, EventState, EventStates, Query, WholeEvent};

/// Reads an argument of the command line.
pub(super) fn event_query(text: &str) -> Result<Query, String> {
    Query::parse(text, Domain::Events).map_err(|mistake| mistake.to_string())
}

/// Which of the events, all that were listed, pass. `visible` tells them apart where hidden ones
/// were listed too.
pub(super) async fn passing(
    context: &Context,
    session: &SessionRef,
    query: &Query,
    events: &[Event],
    visible: Option<&HashSet<EventId>>,
) -> Result<Vec<bool>, Failure> {
    let calls = match context.client.outstanding_calls(session).await {
        // A viewer may not ask; nothing is known then, and nothing is claimed.
        Err(error) if error.status() == Some(403) => Vec::new(),
        answer => answer?,
    };
    let outstanding: HashSet<EventId> = calls.into_iter().map(|call| call.event_id).collect();
    let timeline = Timeline::of_whole(events, visible);
    let by_id = |unit: Unit| {
        unit.event_ids().into_iter().map(move |id| (id, (unit.visibility, unit.duration)))
    };
    let units: HashMap<EventId, (Visibility, Option<u64>)> =
        timeline.units().flat_map(by_id).collect();
    let now = Timestamp::now();
    let passes = events.iter().zip(steps(events)).map(|(event, step)| {
        let unit = event.id.as_ref().and_then(|id| units.get(id));
        let seen = unit.map_or(Visibility::InContext, |(seen, _)| *seen);
        let waits = event.id.as_ref().is_some_and(|id| outstanding.contains(id));
        let facts = WholeEvent {
            duration_ms: unit.and_then(|(_, duration)| *duration),
            step,
            states: EventStates::default()
                .with(EventState::Hidden, seen == Visibility::Hidden)
                .with(EventState::Compacted, seen == Visibility::Compacted)
                .with(EventState::Pending, waits),
            ..WholeEvent::new(event)
        };
        query.event(&facts, now) == Answer::Yes
    });
    Ok(passes.collect())
}

/// The step in which each event happened, as far as transitions tell.
fn steps(events: &[Event]) -> Vec<Option<&str>> {
    let transition = |event: &'_ Event| matches!(&*event.body, EventBody::StepTransition(_));
    let first = events.iter().find(|event| transition(event));
    let mut step = first.and_then(|event| match &*event.body {
        EventBody::StepTransition(step) => Some(step.from_step.as_str()),
        _ => None,
    });
    let at_each = events.iter().map(|event| {
        let before = step;
        if let EventBody::StepTransition(transition) = &*event.body {
            step = Some(transition.to_step.as_str());
        }
        before
    });
    at_each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_lasts_from_one_transition_to_the_next() {
        let event = |json: &str| serde_json::from_str::<Event>(json).unwrap();
        let said = r#"{"type":"agent_output","content":"x"}"#;
        let turn = r#"{"type":"step_transition","from_step":"a","to_step":"b"}"#;
        let events = [said, turn, said].map(event);
        assert_eq!(steps(&events), [Some("a"), Some("a"), Some("b")]);
        assert_eq!(steps(&events[..1]), [None]);
    }

    #[test]
    fn a_wrong_query_is_a_wrong_argument() {
        let wrong = event_query("tol:web_get").unwrap_err();
        assert_eq!(wrong, "there is no key \"tol\", did you mean \"tool\"?");
    }
}
