//! The command that a person set for a tool, or typed for one call.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::invocation::{CallFacts, Inherits, Invocation, Limits};
use super::placeholder;
use crate::api::PendingCall;

/// What is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Words {
    /// A program and its arguments, with placeholders. No shell has a part in it.
    Direct(Vec<String>),
    /// Text for `sh -c`. It has no placeholders: values come in variables.
    Shell(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolCommand {
    pub words: Words,
    /// The key under which output that is no JSON object becomes one.
    pub wrap: String,
    pub limits: Limits,
    /// Variables beside those of every run; their values may hold placeholders.
    pub env: Vec<(String, String)>,
    /// Where it runs; where foretop runs when absent.
    pub cwd: Option<PathBuf>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    #[error("there is no command")]
    Empty,
    #[error("a quote is left open in the command")]
    OpenQuote,
    #[error("the command wants {{{0}}}, and the arguments of this call have no {0}")]
    Missing(String),
    #[error("which program is run is not for a call to say: name it without {{}}")]
    ProgramOfCall,
    #[error("a value for the command holds a NUL character, which no program can be given")]
    Nul,
}

impl ToolCommand {
    /// With what applies where a person sets nothing else.
    pub fn new(words: Words) -> Self {
        let (wrap, limits) = ("output".to_owned(), Limits::default());
        Self { words, wrap, limits, env: Vec::new(), cwd: None }
    }

    /// A line as a person types it, split into words like a shell does, and run without one.
    pub fn parse(line: &str) -> Result<Self, CommandError> {
        Ok(Self::new(Words::Direct(split(line)?)))
    }

    pub fn uses_shell(&self) -> bool {
        matches!(self.words, Words::Shell(_))
    }

    /// What looks as if a value would stand there, and no shell puts one there.
    pub fn warning(&self) -> Option<String> {
        let Words::Shell(text) = &self.words else { return None };
        let found = placeholder::literal(text)?;
        Some(format!(
            "with shell = true {found} stays as it is: values come in variables, such as \
             env = {{ ORDER = \"{{order_id}}\" }} and \"$ORDER\", and all arguments on stdin"
        ))
    }

    /// As one line that [`Self::retyped`] understands.
    pub fn line(&self) -> String {
        match &self.words {
            Words::Shell(text) => text.clone(),
            Words::Direct(words) => {
                let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
                words.join(" ")
            }
        }
    }

    /// The same command with the words that were typed in their place.
    pub fn retyped(&self, line: &str) -> Result<Self, CommandError> {
        if line.trim().is_empty() {
            return Err(CommandError::Empty);
        }
        let words = match &self.words {
            Words::Shell(_) => Words::Shell(line.to_owned()),
            // A line cannot carry everything that a list of words can.
            Words::Direct(_) if line == self.line() => self.words.clone(),
            Words::Direct(_) => Words::Direct(split(line)?),
        };
        Ok(Self { words, ..self.clone() })
    }

    /// What is started for a call.
    pub fn invocation(&self, call: &CallFacts) -> Result<Invocation, CommandError> {
        let fill = |word: &String| {
            let filled = placeholder::fill(word, call.arguments).map_err(CommandError::Missing)?;
            if filled.contains('\0') { Err(CommandError::Nul) } else { Ok(filled) }
        };
        let mut words = match &self.words {
            Words::Direct(words)
                if words.first().is_some_and(|program| placeholder::occurs_in(program)) =>
            {
                return Err(CommandError::ProgramOfCall);
            }
            Words::Direct(words) => words.iter().map(fill).collect::<Result<Vec<_>, _>>()?,
            Words::Shell(text) => vec!["sh".to_owned(), "-c".to_owned(), text.clone()],
        };
        if words.first().is_none_or(|program| program.trim().is_empty()) {
            return Err(CommandError::Empty);
        }
        let program = words.remove(0);
        let mut env: Vec<(String, String)> = [
            ("FORETOP_CALL", call.event_id),
            ("FORETOP_TOOL", call.tool),
            ("FORETOP_AGENT", call.agent),
            ("FORETOP_SESSION", call.session),
        ]
        .map(|(name, value)| (name.to_owned(), value.replace('\0', "")))
        .into();
        for (name, value) in &self.env {
            env.push((name.clone(), fill(value)?));
        }
        Ok(Invocation {
            program,
            arguments: words,
            env,
            inherits: Inherits::All,
            cwd: self.cwd.clone(),
            stdin: call.arguments.to_owned(),
            limits: self.limits,
        })
    }
}

/// The command that is set for a call: by its tool configuration, else by its tool.
pub fn configured<'a>(
    commands: &'a BTreeMap<String, ToolCommand>,
    call: &PendingCall,
) -> Option<&'a ToolCommand> {
    let by_configuration = commands.get(&call.tool_configuration_name);
    by_configuration.or_else(|| commands.get(&call.tool_name))
}

fn split(line: &str) -> Result<Vec<String>, CommandError> {
    let words = shlex::split(line).ok_or(CommandError::OpenQuote)?;
    if words.is_empty() { Err(CommandError::Empty) } else { Ok(words) }
}

/// Braces of placeholders need no quotes here, because no shell reads the line.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "{}_-./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    shlex::try_quote(word).map_or_else(|_| word.to_owned(), std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(arguments: &str) -> CallFacts<'_> {
        CallFacts { event_id: "aev_1", tool: "t", agent: "a", session: "s", arguments }
    }

    #[test]
    fn values_are_arguments_of_their_own_whatever_they_contain() {
        let command = ToolCommand::parse("./refund --order {order} 'two words'").unwrap();
        let run = command.invocation(&facts(r#"{"order": "1; rm -rf / $(id)"}"#)).unwrap();
        assert_eq!(run.program, "./refund");
        assert_eq!(run.arguments, ["--order", "1; rm -rf / $(id)", "two words"]);
        assert_eq!(run.stdin, r#"{"order": "1; rm -rf / $(id)"}"#);
        let missing = command.invocation(&facts("{}")).unwrap_err();
        assert_eq!(
            missing.to_string(),
            "the command wants {order}, and the arguments of this call have no order"
        );
        assert_eq!(command.invocation(&facts(r#"{"order": "\u0000"}"#)), Err(CommandError::Nul));
        let chosen = ToolCommand::parse("./{order} x").unwrap();
        let refused = chosen.invocation(&facts(r#"{"order": "id"}"#)).unwrap_err();
        assert_eq!(refused, CommandError::ProgramOfCall);
    }

    #[test]
    fn a_shell_gets_values_in_variables_only() {
        let mut command = ToolCommand::new(Words::Shell("echo \"$ORDER\" {order}".to_owned()));
        command.env = vec![("ORDER".to_owned(), "{order}".to_owned())];
        assert!(command.warning().unwrap().contains("{order} stays as it is"));
        assert_eq!(ToolCommand::parse("echo {order}").unwrap().warning(), None);
        let run = command.invocation(&facts(r#"{"order": "$(id)"}"#)).unwrap();
        assert_eq!(run.arguments, ["-c", "echo \"$ORDER\" {order}"]);
        assert!(run.env.contains(&("ORDER".to_owned(), "$(id)".to_owned())));
        assert!(run.env.contains(&("FORETOP_CALL".to_owned(), "aev_1".to_owned())));
    }

    #[test]
    fn a_line_leads_back_to_its_words() {
        let words = ["./tools/refund", "--order", "{order_id}", "it's", "", "a b"];
        let command = ToolCommand::new(Words::Direct(words.map(str::to_owned).into()));
        assert!(command.line().starts_with("./tools/refund --order {order_id} "));
        assert_eq!(split(&command.line()).unwrap(), words);
        let retyped = command.retyped("cat -n").unwrap();
        assert_eq!(retyped.words, Words::Direct(vec!["cat".to_owned(), "-n".to_owned()]));
        assert_eq!(command.retyped("  "), Err(CommandError::Empty));
        assert_eq!(command.retyped("cat 'x"), Err(CommandError::OpenQuote));
    }
}
