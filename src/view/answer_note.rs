//! What is checked of an answer here and what is not.
//!
//! Start with [`Model::answer_note`]. The invariant: nothing is said of an answer of which all is checked.

use super::Model;
use crate::action::Action;
use crate::model::AnswerKind;
use crate::model::output_schema::Against;
use crate::view::pane::tool_calls::Call;

impl Model {
    /// In one line; as the service and its schemas have the words.
    pub fn answer_note(&self, call: &Call) -> Option<String> {
        if call.draft.kind == AnswerKind::Error {
            return None;
        }
        if call.draft.touched {
            return call.draft.unchecked().map(str::to_owned);
        }
        let agent = self.agents.get(&call.session.agent);
        match self.output_schemas.against(agent, &call.pending) {
            Against::Schema(_) => {
                let edits = self.keys.of(Action::Edit, "e");
                Some(format!("output_schema known: {edits} starts from what it asks for"))
            }
            other => other.remark(),
        }
    }
}
