//! What a row that failed means for the session, and what somebody would do about it.
//!
//! Goes by the kind of the row and by numbers that a tool reports, never by the text of a message: the
//! service promises nothing of that (contract section 3). Knows no keys: the app has them for each
//! [`Remedy`]. Start with [`Unit::meaning`]. The invariant: only a row that is an error has one.

use super::unit::{Kind, Unit};
use crate::model::failure;

/// What leads on from an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Remedy {
    /// A word to the agent, which knows no more than the error says.
    Tell,
    /// The same once more.
    TryAgain,
    /// Another secret for the tool.
    Secret,
    /// Less in the agent's context.
    MakeRoom,
    /// All of the event, because too little of it is known.
    Look,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Meaning {
    pub words: &'static str,
    pub remedy: Remedy,
}

impl Unit {
    /// What it means that this failed; `None` where nothing did.
    pub fn meaning(&self) -> Option<Meaning> {
        let meaning = |words, remedy| Some(Meaning { words, remedy });
        if self.problem.is_some() {
            return meaning("this line of the file counts for nothing", Remedy::Look);
        }
        match self.kind {
            Kind::Limit if self.is_context_limit() => {
                meaning("context full: it goes on only with less in it", Remedy::MakeRoom)
            }
            Kind::Limit => meaning("too many steps, perhaps in a circle", Remedy::Tell),
            Kind::Error => meaning("the turn ended here; what was stored stays", Remedy::TryAgain),
            _ if !self.is_error() => None,
            _ => {
                let number =
                    self.tool_output().and_then(|output| failure::number(&output.tool_output));
                let (words, remedy) = of_number(number);
                meaning(words, remedy)
            }
        }
    }

    fn is_context_limit(&self) -> bool {
        use crate::api::EventBody::ContextLimitExceeded;
        let body = self.event.as_ref().map(|event| &*event.body);
        matches!(body, Some(ContextLimitExceeded(_)))
    }
}

/// What HTTP means by it (RFC 9110 section 15); tools report such numbers of what they called.
fn of_number(number: Option<u64>) -> (&'static str, Remedy) {
    match number {
        Some(400 | 405 | 406 | 413 | 415 | 422) => {
            ("arguments refused; the agent was told", Remedy::Tell)
        }
        Some(401) => ("its credentials were not accepted", Remedy::Secret),
        Some(403) => ("the tool's account may not do this", Remedy::Secret),
        Some(404 | 410) => ("what it asked for is not there", Remedy::Tell),
        Some(409 | 412) => ("something else changed it before", Remedy::TryAgain),
        Some(408 | 504) => ("no answer in time; perhaps done all the same", Remedy::TryAgain),
        Some(429) => ("too many calls at once; may pass later", Remedy::TryAgain),
        Some(500..=599) => ("what it called failed, not the arguments", Remedy::TryAgain),
        _ => ("the tool failed; the agent was told", Remedy::Look),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Frame, SessionKey};
    use crate::model::Timeline;
    use serde_json::{Value, json};

    fn meanings(events: &[Value]) -> Vec<Option<Remedy>> {
        let mut timeline = Timeline::default();
        for event in events {
            let frame = Frame::read("", &event.to_string()).unwrap();
            timeline.apply_frame(&SessionKey::from("s"), frame);
        }
        timeline.units().map(|unit| unit.meaning().map(|meaning| meaning.remedy)).collect()
    }

    fn output(id: u32, error: bool, output: &Value) -> Value {
        json!({
            "id": format!("aev_{id}"), "type": "tool_output", "tool_call_id": format!("c{id}"),
            "tool_configuration_name": "t", "tool_name": "t", "error": error, "tool_output": output
        })
    }

    #[test]
    fn a_number_decides_and_words_do_not() {
        let events = [
            output(1, false, &json!({"error": "401", "status_code": 401})),
            output(2, true, &json!({"error": "no", "status_code": 401})),
            output(3, true, &json!({"error": "gone", "status": "503"})),
            output(4, true, &json!({"error": "gateway timeout 504 unauthorized"})),
            output(5, true, &json!({"error": {"code": 422}, "code": 422.5})),
            output(6, true, &json!({"message": "bad", "exit_code": 137})),
        ];
        let wanted = [
            None,
            Some(Remedy::Secret),
            Some(Remedy::TryAgain),
            Some(Remedy::Look),
            Some(Remedy::Look),
            Some(Remedy::Look),
        ];
        assert_eq!(meanings(&events), wanted);
    }

    #[test]
    fn limits_and_the_end_of_a_turn_have_their_own() {
        let events = [
            json!({"id": "aev_1", "type": "context_limit_exceeded", "message": "Too many tokens"}),
            json!({"id": "aev_2", "type": "step_transition_limit_exceeded", "message": "Too many"}),
            json!({"type": "error", "messages": ["INTERNAL: 401"]}),
            json!({"id": "aev_3", "type": "agent_output", "content": "error 500"}),
        ];
        let wanted = [Some(Remedy::MakeRoom), Some(Remedy::Tell), Some(Remedy::TryAgain), None];
        assert_eq!(meanings(&events), wanted);
    }
}
