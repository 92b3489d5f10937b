//! Asks each model one tiny question, to see that it answers and whether it uses tools.
//!
//! Start with [`try_out`]. The invariant: it costs a few tokens and a minute, whatever is on the other side.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::model_file::Loaded;
use crate::api::Object;
use crate::server::models::{
    Answer, Asker, Failure, Message, Model, ModelError, ModelSettings, Models, Offer, Part,
    Patience, Question,
};
use crate::text::sanitize;

/// A model on a laptop may have to be loaded first.
const FIRST: Duration = Duration::from_mins(1);
const SILENCE: Duration = Duration::from_secs(30);
const ANSWER: Duration = Duration::from_secs(90);
const TOOL: &str = "report";

/// What came of one model.
pub(super) struct Tried {
    pub(super) name: String,
    pub(super) answers: bool,
    /// Whether it called the tool; `None` where it does not answer at all.
    pub(super) calls: Option<bool>,
    pub(super) words: String,
}

impl Tried {
    pub(super) fn to_json(&self) -> Value {
        json!({"name": self.name, "answers": self.answers, "calls_tools": self.calls,
               "message": self.words})
    }
}

/// Tries all of them at the same time; in the order of their names.
pub(super) async fn try_out(loaded: &Loaded) -> Vec<Tried> {
    let trials = loaded.models.iter().map(|model| {
        let key = loaded.keys.iter().find(|(name, _)| *name == model.settings().name);
        one(model.settings(), key.map_or("", |(_, place)| place))
    });
    futures_util::future::join_all(trials).await
}

async fn one(settings: &ModelSettings, key: &str) -> Tried {
    let patience = settings.patience;
    let patience = Patience {
        connect: patience.connect,
        first: patience.first.min(FIRST),
        silence: patience.silence.min(SILENCE),
        answer: patience.answer.min(ANSWER),
    };
    let name = settings.name.clone();
    let begun = Instant::now();
    let outcome = match Models::new([ModelSettings { patience, ..settings.clone() }]) {
        Err(error) => Err(error),
        Ok(models) => match models.iter().next() {
            Some(model) => asked(model).await,
            None => return Tried { name, answers: false, calls: None, words: String::new() },
        },
    };
    let seconds = begun.elapsed().as_secs_f64();
    let id = sanitize::preview(&settings.id, 80);
    match outcome {
        Ok((calls, note)) => {
            let tools = if calls { "uses tools" } else { note };
            let words = format!("{name}: {id} answers in {seconds:.1} s, {tools}; key: {key}");
            Tried { name, answers: true, calls: Some(calls), words }
        }
        // It begins with the name.
        Err(error) => {
            let words = format!("{error} (key: {key})");
            Tried { name, answers: false, calls: None, words }
        }
    }
}

const NO_CALL: &str = "but did not call the tool that it was told to call: agents that need tools may \
                       stop half-way";
const NO_TOOLS: &str = "but refuses tools: only agents without any will work";

/// Whether it called the tool, and what is to be said where it did not.
async fn asked(model: &Arc<Model>) -> Result<(bool, &'static str), ModelError> {
    match answer(model, true).await {
        Ok(answer) => Ok((answer.calls.iter().any(|call| call.tool == TOOL), NO_CALL)),
        // Some refuse every question that offers tools.
        Err(error) if error.failure == Failure::Rejected => match answer(model, false).await {
            Ok(_) => Ok((false, NO_TOOLS)),
            Err(_) => Err(error),
        },
        Err(error) => Err(error),
    }
}

async fn answer(model: &Arc<Model>, with_tool: bool) -> Result<Answer, ModelError> {
    let (words, offers) = if with_tool {
        ("Call the tool `report` with the status \"ready\".", vec![offer()])
    } else {
        ("Answer with the word: ready", Vec::new())
    };
    let messages = vec![Message::User(vec![Part::Text(words.to_owned())])];
    let asker = Asker { purpose: "trial", ..Asker::default() };
    let question = Question { asker, messages, offers, ..Question::default() };
    model.ask(question).await?.whole().await
}

fn offer() -> Offer {
    let status = json!({"type": "string", "description": "One word"});
    let schema =
        json!({"type": "object", "properties": {"status": status}, "required": ["status"]});
    Offer {
        name: TOOL.to_owned(),
        description: "Reports a status".to_owned(),
        schema: match schema {
            Value::Object(schema) => schema,
            _ => Object::new(),
        },
    }
}
