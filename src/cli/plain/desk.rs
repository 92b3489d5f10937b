//! What is open and listed, and what a line does with it.
//!
//! Start with [`Desk::take`]. The invariant: whatever a line asks for, the next one is heard: only the end
//! of the input, and a reader that is gone, end the loop.

use std::collections::{BTreeMap, HashSet};
use std::process::ExitCode;
use std::rc::Rc;

use clap::CommandFactory as _;

use super::lines::{END, Lines};
use super::news::News;
use super::numbered::{Numbered, all_chosen, chosen};
use super::words::{self, WORDS, Word};
use crate::api::{ArtifactId, Event, EventId, SessionRef, SessionStatus, Timestamp};
use crate::cli::connect::Context;
use crate::cli::exit::{Code, Failure};
use crate::cli::global::Global;
use crate::cli::{Cli, Command, artifact, calls, event_filter, help, messages, perform, sessions};
use crate::client::Gate;
use crate::model::event_words::{kind, outcome, subject, text};
use crate::text::suggest::did_you_mean;
use crate::text::{sanitize, units};

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
    page: usize,
    open: Option<SessionRef>,
    sessions: Vec<SessionRef>,
    events: Vec<Event>,
    pub(super) calls: Vec<(SessionRef, EventId)>,
    files: Vec<ArtifactId>,
    /// What `next` and `prev` turn the pages of.
    list: Numbered,
    /// Answers that are typed and not sent, and whether they are errors.
    pub(super) drafts: BTreeMap<EventId, (bool, String)>,
    /// A message that did not go.
    unsent: Option<(SessionRef, String)>,
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
            Some(session) => self.open(session).await,
            None => self.list(&[]).await,
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
        let done = self.obey(word, rest.trim(), line).await;
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
            Word::List => self.list(&words).await?,
            Word::Open => self.open(rest).await?,
            Word::Events => self.list_events(rest).await?,
            Word::Show => self.show(&words).await?,
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
            Word::Pending => self.pending().await?,
            Word::Call => self.call(&words).await?,
            Word::Answer => self.answer(&words).await?,
            Word::Send => self.send(rest).await?,
            Word::Interrupt => self.interrupt().await?,
            Word::Hide | Word::Unhide => self.hide(own == Word::Hide, &words).await?,
            Word::Follow => self.follow().await?,
            Word::Artifacts => self.artifacts().await?,
            Word::Save => self.save(&words).await?,
            Word::Lines => self.set_page(rest)?,
            Word::Help => self.help(words)?,
            Word::Quit => return Ok(Goes::Away),
        }
        Ok(Goes::On)
    }

    /// One of the commands of a shell, with the session that is open in the place of a full stop.
    async fn verb(&mut self, words: &[String]) -> Result<(), Failure> {
        let mut line = vec!["foretop".to_owned()];
        for word in words {
            line.push(if word == "." { self.session()?.to_string() } else { word.clone() });
        }
        let context = Rc::clone(&self.context);
        let out = context.out.stdout;
        // The variable for this form means something else to the commands.
        let tabs = line.iter().any(|word| word == "--plain");
        let Some(mut cli) = crate::cli::parse(line.into_iter().map(Into::into).collect(), out)?
        else {
            return Ok(());
        };
        cli.global.plain = tabs;
        let Some(Command::Service(command)) = &cli.command else {
            let word = words.first().map_or("", String::as_str);
            return Err(Failure::usage(format!(
                "\"{word}\" is for a shell; quit leads back to it"
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
        let context = context.with(global);
        perform(&context, command).await.map(|_| ())
    }

    async fn verb_of(&mut self, words: &[&str]) -> Result<(), Failure> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        self.verb(&words).await
    }

    fn session(&self) -> Result<&SessionRef, Failure> {
        self.open.as_ref().ok_or_else(|| {
            Failure::usage("no session is open: list shows them, and open N or KEY opens one")
        })
    }

    fn show_list(&self) -> Result<(), Failure> {
        let lines = self.list.shown(self.page);
        Ok(self.context.out.stdout.lines(lines)?)
    }

    async fn list(&mut self, words: &[String]) -> Result<(), Failure> {
        let context = Rc::clone(&self.context);
        let line = ["foretop", "ls"].into_iter().map(Into::into);
        let line = line.chain(words.iter().map(Into::into)).collect();
        let parsed = crate::cli::parse(line, context.out.stdout)?;
        let Some(mut cli) = parsed else { return Ok(()) };
        cli.global.plain = words.iter().any(|word| word == "--plain");
        if !is_plain(&cli.global) {
            return self.verb(&[&["ls".to_owned()], words].concat()).await;
        }
        let Some(Command::Service(command)) = cli.command else { return Ok(()) };
        let crate::cli::ServiceCommand::Ls(arguments) = *command else { return Ok(()) };
        let now = Timestamp::now();
        let found = sessions::find(&context, &arguments, now).await?;
        self.sessions = found.looked.iter().map(|looked| looked.session.reference()).collect();
        let lines = found.looked.iter().map(|looked| {
            let session = &looked.session;
            let mut line = format!("{} {}, {}", looked.state(), looked.age(now), session.key);
            if !session.name.is_empty() && session.name != session.key.as_str() {
                line = format!("{line}, {}", session.name);
            }
            if !looked.waiting().is_empty() {
                return format!("{line}, waits for {}", looked.waiting().join(", "));
            }
            let doing = looked.doing();
            if doing.is_empty() { line } else { format!("{line}, {doing}") }
        });
        let beyond = found.beyond();
        self.list = Numbered::new("sessions", lines.collect(), beyond);
        self.show_list()
    }

    async fn open(&mut self, word: &str) -> Result<(), Failure> {
        if word.is_empty() {
            return Err(Failure::usage("say which: open N, by the numbers of list, or open KEY"));
        }
        let known = match word.trim_end_matches('.').parse::<usize>() {
            // A key may be a number, too; a list that has so many comes first.
            Ok(number) if number > 0 && number <= self.sessions.len() => {
                Some(chosen(&self.sessions, word, "list")?.clone())
            }
            _ => None,
        };
        let named = known.map_or_else(|| word.to_owned(), |session| session.to_string());
        let session = self.context.session(&named).await?;
        let looked = self.context.look_at(session, Timestamp::now()).await;
        let session = &looked.session;
        let name = session.reference();
        self.say(&format!(
            "{name}, {}: {} {}, {}",
            session.name,
            looked.state(),
            looked.age(Timestamp::now()),
            if looked.waiting().is_empty() {
                looked.doing()
            } else {
                format!("waits for {}", looked.waiting().join(", "))
            }
        ))?;
        if self.open.as_ref() != Some(&name) {
            (self.events, self.files) = (Vec::new(), Vec::new());
        }
        self.open = Some(name);
        self.list_events("").await
    }

    async fn list_events(&mut self, query: &str) -> Result<(), Failure> {
        let session = self.session()?.clone();
        let context = Rc::clone(&self.context);
        let all = context.events(&session, true).await?;
        let visible: HashSet<EventId> = context
            .events(&session, false)
            .await?
            .into_iter()
            .filter_map(|event| event.id)
            .collect();
        let passes = if query.is_empty() {
            vec![true; all.len()]
        } else {
            let query = event_filter::event_query(query).map_err(Failure::usage)?;
            event_filter::passing(&context, &session, &query, &all, Some(&visible)).await?
        };
        let of = all.len();
        self.events = all
            .into_iter()
            .zip(passes)
            .filter_map(|(event, passes)| passes.then_some(event))
            .collect();
        let mut days = context.day_lines();
        let lines = self.events.iter().map(|event| {
            let is_hidden = event.id.as_ref().is_none_or(|id| !visible.contains(id));
            let day = event.created_at.and_then(|at| days.line(at));
            let at = event.created_at.map_or_else(String::new, |at| days.time(at));
            let words = [kind(event), outcome(event), if is_hidden { "hidden" } else { "" }];
            let words = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>();
            let line = format!("{at} {}: {}", words.join(" "), subject(event));
            day.map_or_else(
                || line.clone(),
                |day| format!("{}: {line}", day.trim_matches(['-', ' '])),
            )
        });
        let lines: Vec<String> = lines.collect();
        let beyond = match self.events.len() {
            shown if shown == of => "all that the service has is loaded".to_owned(),
            _ => format!(
                "{} were looked through, all that the service has",
                units::counted(of, "event")
            ),
        };
        self.list = Numbered::new("events", lines, Some(beyond)).from_the_end(self.page);
        self.show_list()
    }

    async fn show(&mut self, words: &[String]) -> Result<(), Failure> {
        let Some(number) = words.first() else {
            return self.verb_of(&["show", "."]).await;
        };
        let event = chosen(&self.events, number, "events")?.clone();
        let as_json = words.get(1).is_some_and(|word| word == "json");
        if let (true, Some(id)) = (as_json, &event.id) {
            return self.verb_of(&["event", ".", id.as_str()]).await;
        }
        let at = event.created_at.map(|at| self.context.wall().named(at)).unwrap_or_default();
        let id = event.id.as_ref().map_or("without an id", |id| id.as_str());
        let what = [kind(&event), outcome(&event), &at].map(str::trim);
        let what: Vec<&str> = what.into_iter().filter(|word| !word.is_empty()).collect();
        let mut lines = vec![format!("{}, {id}", what.join(" "))];
        lines.extend(sanitize::lines(&text(&event)).map(std::borrow::Cow::into_owned));
        lines.push(format!("show {number} json shows it as the service has it"));
        self.context.out.reading(&serde_json::Value::Null, lines)
    }

    async fn pending(&mut self) -> Result<(), Failure> {
        let context = Rc::clone(&self.context);
        let (waiting, gaps) = context.outstanding().await?;
        let agents = context.agents_of(&waiting).await;
        let now = Timestamp::now();
        self.calls =
            waiting.iter().map(|call| (call.session.clone(), call.call.event_id.clone())).collect();
        let lines = waiting.iter().map(|call| {
            let shown = calls::arguments_of(call, agents.get(&call.session.agent)).masked_text();
            let since = call.since.map(|at| units::age(units::seconds_between(at, now)));
            let since = since.map_or_else(String::new, |age| format!(", {age}"));
            let draft =
                if self.drafts.contains_key(&call.call.event_id) { ", answer kept" } else { "" };
            let tool = &call.call.tool_configuration_name;
            let shown = sanitize::preview(&shown, 200);
            format!("{tool} in {}{since}{draft}: {shown}", call.session.key)
        });
        let beyond = (!gaps.are_none()).then(|| gaps.notes().join("; "));
        self.list = Numbered::new("calls that wait for you", lines.collect(), beyond);
        self.show_list()
    }

    async fn send(&mut self, typed: &str) -> Result<(), Failure> {
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
        let kept = self.unsent.take();
        let text = match (typed, kept) {
            ("kept", Some((of, text))) if of == name => text,
            ("kept", _) => return Err(Failure::usage("nothing is kept for this session")),
            ("", _) => self.typed("Type the message").await?,
            (text, _) => text.to_owned(),
        };
        self.unsent = Some((name.clone(), text.clone()));
        let to = name.to_string();
        let line = [verb, &["--", &to, &text]].concat();
        match self.verb_of(&line).await {
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

    async fn interrupt(&mut self) -> Result<(), Failure> {
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

    async fn hide(&mut self, hides: bool, words: &[String]) -> Result<(), Failure> {
        let events = all_chosen(&self.events, words, "events")?;
        let ids: Vec<String> =
            events.iter().filter_map(|event| event.id.as_ref().map(ToString::to_string)).collect();
        let verb = if hides { "hide" } else { "unhide" };
        let line = [&[verb.to_owned(), ".".to_owned()], &*ids].concat();
        self.verb(&line).await
    }

    async fn follow(&mut self) -> Result<(), Failure> {
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

    async fn artifacts(&mut self) -> Result<(), Failure> {
        let session = self.session()?.clone();
        let files = artifact::list(&self.context, &session).await?;
        self.files = files.iter().map(|file| file.id.clone()).collect();
        let lines = files.iter().map(|file| {
            format!("{}, {}, {}", file.filename, units::bytes(file.size_bytes), file.mime_type)
        });
        self.list = Numbered::new("files", lines.collect(), None);
        self.show_list()
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
fn is_plain(global: &Global) -> bool {
    let form = global.json || global.jsonl || global.plain || global.quiet;
    !(form
        || global.yes
        || global.no_input
        || global.reveal_secrets
        || global.agent.is_some()
        || global.timeout.is_some())
}
