//! What is open and listed, and what a line does with it.
//!
//! Start with [`Desk::take`]. The invariant: whatever a line asks for, the next one is heard: only the end
//! of the input, and a reader that is gone, end the loop.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::rc::Rc;

use clap::CommandFactory as _;

use super::lines::Lines;
use super::news::News;
use super::numbered::{Numbered, all_chosen, chosen};
use super::words::{self, WORDS, Word};
use crate::api::{ArtifactId, Event, EventId, SessionRef};
use crate::cli::connect::Context;
use crate::cli::exit::{Code, Failure};
use crate::cli::global::Global;
use crate::cli::{Cli, Command, help, perform};
use crate::client::Gate;
use crate::text::sanitize;
use crate::text::suggest::did_you_mean;

/// Lines of a page where no terminal says how many it has.
const PAGE: usize = 20;
/// Lines of a terminal that a page leaves free: what was typed, the end of the list, the next prompt.
const SPARE: usize = 4;

/// Whether the loop goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goes {
    On,
    Away,
}

pub(super) struct Desk {
    pub(super) context: Rc<Context>,
    pub(super) lines: Lines,
    news: News,
    demo: bool,
    pub(super) page: usize,
    pub(super) open: Option<SessionRef>,
    pub(super) sessions: Vec<SessionRef>,
    pub(super) events: Vec<Event>,
    pub(super) calls: Vec<(SessionRef, EventId)>,
    pub(super) files: Vec<ArtifactId>,
    /// What `next` and `prev` turn the pages of.
    pub(super) list: Numbered,
    /// Answers that are typed and not sent, and whether they are errors.
    pub(super) drafts: BTreeMap<EventId, (bool, String)>,
    /// A message that did not go.
    pub(super) unsent: Option<(SessionRef, String)>,
    /// How the last line ended, for scripts.
    failed: Option<Code>,
}

impl Desk {
    pub(super) fn new(mut context: Context, demo: bool) -> Self {
        let lines = Lines::of_stdin();
        let rows = context.out.stdout.room().map(|(_, rows)| rows.saturating_sub(SPARE).max(1));
        // What cannot be answered is not asked.
        context.out.page_by(rows.filter(|_| lines.is_terminal).unwrap_or(0));
        let news = News::new(context.patrol());
        Self {
            context: Rc::new(context),
            lines,
            news,
            demo,
            page: rows.unwrap_or(PAGE),
            open: None,
            sessions: Vec::new(),
            events: Vec::new(),
            calls: Vec::new(),
            files: Vec::new(),
            list: Numbered::default(),
            drafts: BTreeMap::new(),
            unsent: None,
            failed: None,
        }
    }

    /// Says where this is, and shows what was asked for on the command line, else what needs somebody.
    pub(super) async fn begin(
        &mut self,
        session: Option<String>,
        event: Option<String>,
    ) -> Result<(), Failure> {
        let on = if self.demo { "the demo" } else { self.context.client.base() };
        let read_only = if self.context.client.gate() == Gate::Open { "" } else { ", read-only" };
        self.say(&format!("foretop on {on}{read_only}. help lists the words, quit ends."))?;
        let mut shown = match &session {
            Some(session) => Box::pin(self.open(session)).await,
            None => Box::pin(self.list(&[])).await,
        };
        if let (Ok(()), Some(event), Some(open)) = (&shown, event, self.open.clone()) {
            shown = self.verb(&["event".to_owned(), open.to_string(), event]).await;
        }
        self.settle(shown.map(|()| Goes::On)).map(|_| ())
    }

    /// The next line, asked for with a prompt where somebody types. The watch goes on meanwhile.
    pub(super) async fn hear(&mut self) -> Result<Option<String>, Failure> {
        let told = self.news.lines();
        if !told.is_empty() && self.context.out.stdout.is_terminal() {
            self.context.out.stdout.own(b"\x07")?;
        }
        for line in told {
            self.say(&line)?;
        }
        if self.lines.is_terminal {
            let open = self.open.as_ref().map_or("foretop", |open| open.key.as_str());
            self.context.out.stdout.question(&format!("{open}> "))?;
        }
        loop {
            tokio::select! {
                biased;
                line = self.lines.next() => {
                    let line = line?;
                    if line.is_none() && self.lines.is_terminal {
                        self.end_line();
                    }
                    return Ok(line);
                }
                () = self.news.next() => {}
            }
        }
    }

    /// How it ends: a script is told how its last line ended.
    pub(super) fn code(&self) -> ExitCode {
        match self.failed {
            Some(code) if !self.lines.is_terminal => code.into(),
            _ => ExitCode::SUCCESS,
        }
    }

    /// Ctrl-C, while a line was worked at.
    pub(super) fn stopped(&mut self) {
        self.end_line();
        self.failed = Some(Code::Stopped);
        let _ =
            self.say("stopped waiting; what was sent before goes on, and what was not is not sent");
    }

    pub(super) fn end_line(&self) {
        let _ = self.context.out.stdout.own(b"\n");
    }

    pub(super) fn say(&self, text: &str) -> Result<(), Failure> {
        self.context.out.line(text)
    }

    /// Does what a line asks for. Only a reader that is gone is a failure here.
    pub(super) async fn take(&mut self, line: &str) -> Result<Goes, Failure> {
        let (word, rest) = line.trim().split_once(char::is_whitespace).unwrap_or((line.trim(), ""));
        if word.is_empty() || word.starts_with('#') {
            return Ok(Goes::On);
        }
        let done = Box::pin(self.obey(word, rest.trim(), line)).await;
        self.settle(done)
    }

    fn settle(&mut self, done: Result<Goes, Failure>) -> Result<Goes, Failure> {
        let failure = match done {
            Ok(goes) => {
                self.failed = None;
                return Ok(goes);
            }
            Err(failure) if failure.code() == Code::PipeClosed => return Err(failure),
            Err(failure) => failure,
        };
        if let Some(preview) = failure.preview() {
            crate::cli::print_preview(preview, false, self.context.out.stdout)?;
            return Ok(Goes::On);
        }
        self.failed = Some(failure.code());
        failure.report(false, self.context.out.stderr);
        Ok(Goes::On)
    }

    async fn obey(&mut self, word: &str, rest: &str, line: &str) -> Result<Goes, Failure> {
        let is_verb = Cli::command().get_subcommands().any(|verb| verb.get_name() == word);
        let exact = WORDS.iter().any(|(_, name, ..)| *name == word);
        let own = Word::of(word).filter(|_| exact || !is_verb);
        let Some(own) = own else {
            if word == "foretop" || is_verb {
                let words = split(line)?;
                self.verb(&words[usize::from(word == "foretop")..]).await?;
                return Ok(Goes::On);
            }
            if word == "exit" {
                return Ok(Goes::Away);
            }
            let verbs: Vec<String> =
                Cli::command().get_subcommands().map(|verb| verb.get_name().to_owned()).collect();
            let known = WORDS.iter().map(|(_, name, ..)| *name);
            let near = did_you_mean(word, known.chain(verbs.iter().map(String::as_str)));
            let stop = if near.is_empty() { "." } else { "" };
            let word = sanitize::preview(word, 40);
            return Err(Failure::usage(format!(
                "\"{word}\" is no word here{near}{stop} help lists what there is"
            )));
        };
        // What people write to an agent has quotes of its own.
        let words = if matches!(own, Word::Send) { Vec::new() } else { split(rest)? };
        match own {
            Word::List => Box::pin(self.list(&words)).await?,
            Word::Open => Box::pin(self.open(rest)).await?,
            Word::Events => Box::pin(self.list_events(rest)).await?,
            Word::Show => Box::pin(self.show(&words)).await?,
            Word::Find => {
                let query = [&["grep".to_owned()], &*words].concat();
                self.verb(&query).await?;
            }
            Word::Next | Word::Prev => {
                if !self.list.turn(self.page, own == Word::Next) {
                    self.say("there is no other page")?;
                    return Ok(Goes::On);
                }
                self.show_list()?;
            }
            Word::Pending => Box::pin(self.pending()).await?,
            Word::Call => Box::pin(self.call(&words)).await?,
            Word::Answer => Box::pin(self.answer(&words)).await?,
            Word::Send => Box::pin(self.send(rest)).await?,
            Word::Interrupt => self.interrupt().await?,
            Word::Hide | Word::Unhide => self.hide(own == Word::Hide, &words).await?,
            Word::Follow => Box::pin(self.follow()).await?,
            Word::Artifacts => self.artifacts().await?,
            Word::Save => self.save(&words).await?,
            Word::Lines => self.set_page(rest)?,
            Word::Help => self.help(words)?,
            Word::Quit => return Ok(Goes::Away),
        }
        Ok(Goes::On)
    }

    /// One of the commands of a shell, with the session that is open in the place of a full stop.
    pub(super) async fn verb(&mut self, words: &[String]) -> Result<(), Failure> {
        let mut line = Vec::new();
        for word in words {
            line.push(if word == "." { self.session()?.to_string() } else { word.clone() });
        }
        self.command(line).await
    }

    /// The same with every word as it is.
    pub(super) async fn command(&mut self, words: Vec<String>) -> Result<(), Failure> {
        let line = [vec!["foretop".to_owned()], words].concat();
        let context = Rc::clone(&self.context);
        let out = context.out.stdout;
        // The variable for this form means something else to the commands.
        let tabs = line.iter().any(|word| word == "--plain");
        let name = line.get(1).cloned().unwrap_or_default();
        let Some(mut cli) = crate::cli::parse(line.into_iter().map(Into::into).collect(), out)?
        else {
            return Ok(());
        };
        cli.global.plain = tabs;
        let Some(Command::Service(command)) = &cli.command else {
            return Err(Failure::usage(format!(
                "\"{name}\" is for a shell; quit leads back to it"
            )));
        };
        let global = &cli.global;
        let elsewhere = global.profile.is_some() || global.url.is_some();
        if elsewhere || global.api_key_file.is_some() || global.read_only || global.dry_run {
            return Err(Failure::usage(
                "--profile, --url, --api-key-file, --read-only and --dry-run are said when foretop is \
                 started",
            ));
        }
        if is_plain(global) {
            return perform(&context, command).await.map(|_| ());
        }
        let context = context.for_line(global);
        perform(&context, command).await.map(|_| ())
    }

    pub(super) async fn verb_of(&mut self, words: &[&str]) -> Result<(), Failure> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        self.verb(&words).await
    }

    pub(super) fn session(&self) -> Result<&SessionRef, Failure> {
        self.open.as_ref().ok_or_else(|| {
            Failure::usage("no session is open: list shows them, and open N or KEY opens one")
        })
    }

    async fn hide(&mut self, hides: bool, words: &[String]) -> Result<(), Failure> {
        self.context.may_write()?;
        let events = all_chosen(&self.events, words, "events")?;
        let ids: Vec<String> =
            events.iter().filter_map(|event| event.id.as_ref().map(ToString::to_string)).collect();
        let verb = if hides { "hide" } else { "unhide" };
        let line = [&[verb.to_owned(), ".".to_owned()], &*ids].concat();
        self.verb(&line).await
    }

    async fn save(&mut self, words: &[String]) -> Result<(), Failure> {
        let number = words.first().map_or("", String::as_str);
        let file = chosen(&self.files, number, "artifacts")?.to_string();
        let line = ["artifact", "get", ".", &file];
        match words.get(1) {
            Some(path) => self.verb_of(&[&line[..], &["--output", path]].concat()).await,
            None => self.verb_of(&line).await,
        }
    }

    fn set_page(&mut self, rest: &str) -> Result<(), Failure> {
        let wrong = |_| Failure::usage("say how many: lines 20, or lines 0 for everything at once");
        self.page = rest.parse().map_err(wrong)?;
        let page = if self.lines.is_terminal { self.page } else { 0 };
        if let Some(context) = Rc::get_mut(&mut self.context) {
            context.out.page_by(page);
        }
        Ok(())
    }

    fn help(&self, words: Vec<String>) -> Result<(), Failure> {
        if words.is_empty() {
            return self.context.out.reading(&serde_json::Value::Null, words::help());
        }
        let own = WORDS.iter().find(|(_, name, ..)| words == [*name]);
        if let Some((_, name, more, does)) = own {
            return self.say(&format!("{name} {more}: {does}"));
        }
        help::help(&help::HelpArgs { path: words }, true, self.context.out.stdout).map(|_| ())
    }
}

fn split(line: &str) -> Result<Vec<String>, Failure> {
    shlex::split(line).ok_or_else(|| Failure::usage("a quote is left open in this line"))
}

/// Whether a line says nothing of how it wants its output.
pub(super) fn is_plain(global: &Global) -> bool {
    let form = global.json || global.jsonl || global.plain || global.quiet;
    !(form
        || global.yes
        || global.no_input
        || global.reveal_secrets
        || global.agent.is_some()
        || global.timeout.is_some())
}
