//! The playbook of agents that have none: it obeys commands in the message, so that any client can
//! rehearse any situation from its keyboard.

use std::time::Duration;

use super::moves::{self, Move, ToolRequest};
use super::{Cue, Engine, ToolRun};
use crate::api::Object;

pub struct Drive;

/// How much of a message an answer quotes.
const QUOTED_CHARS: usize = 200;

impl Engine for Drive {
    fn respond(&self, _seed: u64, cue: &Cue<'_>) -> Vec<Move> {
        match cue {
            Cue::Message(text) => match moves::parse(text) {
                Some(Ok(moves)) => moves,
                Some(Err(error)) => say(format!("I cannot follow {error}.")),
                None => {
                    let quoted: String = text.chars().take(QUOTED_CHARS).collect();
                    say(format!(
                        "You said: \"{quoted}\". I am a rehearsal agent and do what commands tell \
                         me; /help lists them."
                    ))
                }
            },
            Cue::Files(files) => {
                let names: Vec<_> = files.iter().map(|file| file.filename.as_str()).collect();
                say(format!("I have {}. What shall I do with it?", names.join(", ")))
            }
            Cue::ToolsAnswered { failed: 0 } => say("Thank you, that is what I needed.".to_owned()),
            Cue::ToolsAnswered { failed } => {
                say(format!("{failed} of the answers were errors; I cannot go on with them."))
            }
        }
    }

    fn run_tool(&self, _seed: u64, request: &ToolRequest) -> ToolRun {
        let mut output = Object::new();
        output.insert("ok".to_owned(), true.into());
        output.insert("received".to_owned(), request.arguments.clone().into());
        ToolRun {
            delay: Duration::from_millis(400),
            activity: vec![format!("running {}", request.tool)],
            output,
            failed: false,
            ran: true,
        }
    }
}

fn say(text: String) -> Vec<Move> {
    vec![Move::Say { text }]
}
