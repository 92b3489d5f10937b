//! What an agent can do, and the line notation for it that people type and playbooks are written in.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::api::exact::count;
use crate::api::{Object, exact};

/// One thing that an agent does. Serialisable, because a parked turn keeps the rest of its moves
/// in the database.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "move", rename_all = "snake_case")]
pub enum Move {
    /// `/think TEXT`
    Think { text: String },
    /// `/say TEXT`, streamed in chunks.
    Say { text: String },
    /// `/json SCHEMA {json}`, in place of a spoken answer.
    Structured { schema: String, content: Value },
    /// `/call TOOL {json}`; neighbouring lines are one round of parallel calls.
    Call { calls: Vec<ToolRequest> },
    /// `/slow MS`: from here on, milliseconds between chunks.
    Slow {
        #[serde(deserialize_with = "count")]
        chunk_ms: u64,
    },
    /// `/pause MS`
    Pause {
        #[serde(deserialize_with = "count")]
        ms: u64,
    },
    /// `/tokens N`: context usage to report.
    Tokens {
        #[serde(deserialize_with = "count")]
        total: u64,
    },
    /// `/step NAME`
    Step { name: String },
    /// `/sub AGENT TEXT`
    SubAgent { agent: String, text: String },
    /// `/artifact NAME MIME`
    Artifact { filename: String, mime_type: String },
    /// `/image ARTIFACT`, by id or file name.
    Image { artifact: String },
    /// `/compact SUMMARY`
    Compact { summary: String },
    /// `/fail MESSAGE`: an error frame ends the turn.
    Fail { message: String },
    /// `/overflow`
    Overflow,
    /// `/loop`: the limit on step transitions.
    StepLimit,
}

impl Move {
    /// Whether something is done, apart from what the model says and from how the rehearsal goes.
    pub(super) fn acts(&self) -> bool {
        !self.calls_the_model()
            && !matches!(self, Self::Slow { .. } | Self::Pause { .. } | Self::Tokens { .. })
    }

    /// Whether a real agent would have asked its model for this.
    pub(super) fn calls_the_model(&self) -> bool {
        matches!(
            self,
            Self::Think { .. } | Self::Say { .. } | Self::Structured { .. } | Self::Call { .. }
        )
    }
}

/// The moves that a parked turn has left, as they were stored.
pub(super) fn planned(json: &str) -> serde_json::Result<Vec<Move>> {
    let mut moves: Vec<Move> = serde_json::from_str(json)?;
    // A tagged union spells numbers anew.
    let spelled = exact::read(json)?;
    for (at, planned) in moves.iter_mut().enumerate() {
        match planned {
            Move::Structured { content, .. } => content.clone_from(&spelled[at]["content"]),
            Move::Call { calls } => {
                for (call, request) in calls.iter_mut().enumerate() {
                    let arguments = spelled[at]["calls"][call]["arguments"].as_object();
                    request.arguments = arguments.cloned().unwrap_or_default();
                }
            }
            _ => {}
        }
    }
    Ok(moves)
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolRequest {
    /// Key in the agent's tool map.
    pub tool: String,
    pub arguments: Object,
}

/// The slowest pace.
pub(super) const MAX_CHUNK_MS: u64 = 60_000;

/// A line that is no command that we know, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{command}: {reason}")]
pub struct Unreadable {
    pub command: String,
    pub reason: String,
}

/// What `/help` answers with, and the reference of the notation.
pub const NOTATION: &str = "\
/say TEXT            streamed answer          /think TEXT          thinking
/call TOOL {json}    call a tool; several lines are parallel calls
/json SCHEMA {json}  structured output        /step NAME           go to another step
/sub AGENT TEXT      ask a sub-agent          /artifact NAME MIME  make a file
/image ARTIFACT      read an image            /compact SUMMARY     compact the history
/slow MS             delay between chunks     /pause MS            wait
/tokens N            context usage to report
/fail MESSAGE        error frame              /overflow            context limit
/loop                step-transition limit";

/// Reads a script. `None` when no line is a command, so that the text is just something said.
pub fn parse(script: &str) -> Option<Result<Vec<Move>, Unreadable>> {
    let mut moves: Vec<Move> = Vec::new();
    let mut commands = 0;
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let Some(command) = line.strip_prefix('/') else {
            // Prose after a spoken line continues it; prose before any command is a preface.
            if let Some(Move::Say { text }) = moves.last_mut() {
                text.push('\n');
                text.push_str(line);
            }
            continue;
        };
        commands += 1;
        match read(command) {
            Ok(Move::Call { calls }) => match moves.last_mut() {
                Some(Move::Call { calls: round }) => round.extend(calls),
                _ => moves.push(Move::Call { calls }),
            },
            Ok(next) => moves.push(next),
            Err(reason) => {
                let command = line.split_whitespace().next().unwrap_or(line).to_owned();
                return Some(Err(Unreadable { command, reason }));
            }
        }
    }
    (commands > 0).then_some(Ok(moves))
}

fn read(command: &str) -> Result<Move, String> {
    let (name, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
    let rest = rest.trim();
    let needs = |what: &str| {
        if rest.is_empty() { Err(format!("needs {what}")) } else { Ok(rest.to_owned()) }
    };
    let number = |what: &str| rest.parse::<u64>().map_err(|_| format!("needs {what} as a number"));
    Ok(match name {
        "say" => Move::Say { text: needs("a text")?.replace("\\n", "\n") },
        "think" => Move::Think { text: needs("a text")? },
        "json" => {
            let (schema, content) = word_and_json(rest, "a schema name")?;
            Move::Structured { schema, content: content.unwrap_or(Value::Null) }
        }
        "call" => {
            let (tool, arguments) = word_and_json(rest, "a tool")?;
            let arguments = match arguments {
                None => Object::new(),
                Some(Value::Object(arguments)) => arguments,
                Some(_) => return Err("the arguments must be a JSON object".to_owned()),
            };
            Move::Call { calls: vec![ToolRequest { tool, arguments }] }
        }
        "slow" => Move::Slow { chunk_ms: number("milliseconds")?.min(MAX_CHUNK_MS) },
        "pause" => Move::Pause { ms: number("milliseconds")?.min(3_600_000) },
        "tokens" => Move::Tokens { total: number("a count")? },
        "step" => Move::Step { name: needs("a step's name")? },
        "sub" => {
            let text = needs("an agent and a text")?;
            let (agent, text) = text.split_once(char::is_whitespace).unwrap_or((&text, "Go on."));
            Move::SubAgent { agent: agent.to_owned(), text: text.trim().to_owned() }
        }
        "artifact" => {
            let text = needs("a file name")?;
            let (filename, mime_type) =
                text.split_once(char::is_whitespace).unwrap_or((&text, "text/plain"));
            let mime_type = mime_type.trim().to_owned();
            Move::Artifact { filename: filename.to_owned(), mime_type }
        }
        "image" => Move::Image { artifact: needs("an artifact's id or file name")? },
        "compact" => Move::Compact { summary: needs("a summary")? },
        "fail" => Move::Fail { message: needs("a message")? },
        "overflow" => Move::Overflow,
        "loop" => Move::StepLimit,
        "help" => Move::Say { text: format!("```\n{NOTATION}\n```") },
        _ => return Err("is no command that I know; /help lists them".to_owned()),
    })
}

fn word_and_json(rest: &str, what: &str) -> Result<(String, Option<Value>), String> {
    let (word, json) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    if word.is_empty() {
        return Err(format!("needs {what}"));
    }
    let json = json.trim();
    if json.is_empty() {
        return Ok((word.to_owned(), None));
    }
    let value = exact::read(json).map_err(|error| format!("bad JSON: {error}"))?;
    Ok((word.to_owned(), Some(value)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn neighbouring_calls_are_one_round() {
        let moves = parse("/call a {\"x\":1}\n/call b\n/say done\n/call c").unwrap().unwrap();
        assert_eq!(moves.len(), 3);
        let Move::Call { calls } = &moves[0] else { panic!("{moves:?}") };
        assert_eq!(calls.len(), 2);
        assert_eq!(Value::Object(calls[0].arguments.clone()), json!({"x": 1}));
    }

    #[test]
    fn prose_without_commands_is_no_script() {
        assert_eq!(parse("hello there\nhow / are you"), None);
    }

    #[test]
    fn every_line_of_the_notation_is_read() {
        for word in NOTATION.split_whitespace().filter(|word| word.starts_with('/')) {
            let line = match word {
                "/slow" | "/pause" | "/tokens" => format!("{word} 5"),
                "/call" | "/json" => format!("{word} name {{}}"),
                _ => format!("{word} some text"),
            };
            assert!(matches!(parse(&line), Some(Ok(_))), "{line}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let error = parse("/call tool {oops").unwrap().unwrap_err();
        assert!(error.to_string().starts_with("/call: bad JSON"), "{error}");
        assert!(parse("/dance").unwrap().unwrap_err().to_string().contains("/help"));
    }
}
