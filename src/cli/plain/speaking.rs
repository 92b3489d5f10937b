//! Talking to the agent of the open session, and asking the person at the keyboard back.
//!
//! Start with [`Desk::send`]. The invariant: what a message begins is said before it is typed, and a text
//! that did not go is kept.

use std::rc::Rc;

use super::desk::Desk;
use super::lines::END;
use crate::api::SessionStatus;
use crate::cli::exit::{Code, Failure};
use crate::cli::{Command, messages, perform};

impl Desk {
    pub(super) async fn send(&mut self, typed: &str) -> Result<(), Failure> {
        let name = self.session()?.clone();
        let context = Rc::clone(&self.context);
        let session = context.client.get_session(&name).await?;
        context.may_write()?;
        // Before anything is typed.
        messages::takes_messages(&context, &session).await?;
        let key = name.key.as_str();
        let verb = if session.status == Some(SessionStatus::Running) {
            self.say(&format!(
                "{key} runs. steer joins its turn at the next step, follow-up waits for its end."
            ))?;
            match self.ask("Type steer or follow-up: ").await?.as_str() {
                "steer" => &["steer"][..],
                "follow-up" => &["steer", "--follow-up"],
                _ => return Err(Failure::other("neither of them, so nothing was sent")),
            }
        } else {
            self.say(&format!("{key} rests: this begins a new turn."))?;
            &["send"]
        };
        let text = match (typed, &self.unsent) {
            ("kept", Some((of, text))) if *of == name => text.clone(),
            ("kept", _) => return Err(Failure::usage("nothing is kept for this session")),
            ("", _) => self.typed("Type the message").await?,
            (text, _) => text.to_owned(),
        };
        self.unsent = Some((name.clone(), text.clone()));
        let to = name.to_string();
        let line = [verb, &["--", &to, &text]].concat();
        match self.command(line.into_iter().map(str::to_owned).collect()).await {
            Ok(()) => self.unsent = None,
            Err(failure)
                if matches!(
                    failure.code(),
                    Code::Conflict | Code::Rejected | Code::Usage | Code::Denied
                ) =>
            {
                return Err(failure.with_advice("send kept sends the same text again"));
            }
            Err(failure) => return Err(failure),
        }
        Ok(())
    }

    /// A text of several lines.
    pub(super) async fn typed(&mut self, what: &str) -> Result<String, Failure> {
        self.say(&format!("{what}; a line with {END} alone ends it, Ctrl-C leaves."))?;
        let text = self.lines.text().await?;
        text.ok_or_else(|| Failure::usage("the input ended before the text did; nothing was sent"))
    }

    /// One line for a question; empty at the end of the input.
    pub(super) async fn ask(&mut self, question: &str) -> Result<String, Failure> {
        if self.lines.is_terminal {
            self.context.out.stdout.question(question)?;
        } else {
            self.say(question.trim_end())?;
        }
        Ok(self.lines.next().await?.unwrap_or_default().trim().to_owned())
    }

    /// Whether the word was typed; `--yes` says it, too.
    pub(super) async fn agrees(&mut self, question: &str) -> Result<bool, Failure> {
        if self.context.global.yes {
            return Ok(true);
        }
        Ok(self.ask(&format!("{question} yes or no: ")).await? == "yes")
    }

    pub(super) async fn interrupt(&mut self) -> Result<(), Failure> {
        let session = self.session()?.clone();
        self.context.may_write()?;
        let known = self.context.client.get_session(&session).await?;
        // What does not run is said by the command.
        let runs = known.status == Some(SessionStatus::Running);
        if runs && !self.agrees(&format!("Stop the running turn of {}?", session.key)).await? {
            return Err(Failure::other("nothing was done"));
        }
        self.verb_of(&["interrupt", "."]).await
    }

    pub(super) async fn follow(&mut self) -> Result<(), Failure> {
        let session = self.session()?.to_string();
        self.say(
            "The API has no way to subscribe, so the service is asked again and again: this is not \
             live. Enter ends it.",
        )?;
        let context = Rc::clone(&self.context);
        let line = ["foretop", "tail", &session, "--follow", "--last", "0"];
        let parsed =
            crate::cli::parse(line.into_iter().map(Into::into).collect(), context.out.stdout)?;
        let Some(Command::Service(command)) = parsed.and_then(|cli| cli.command) else {
            return Ok(());
        };
        tokio::select! {
            done = perform(&context, &command) => done.map(|_| ()),
            line = self.lines.next() => {
                // What a script goes on with is no Enter.
                if let Some(line) = line?.filter(|line| !line.trim().is_empty()) {
                    self.lines.give_back(line);
                }
                self.say("no longer followed")
            }
        }
    }
}
