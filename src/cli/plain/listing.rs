//! What is listed and shown: sessions, the events of one, calls that wait, files.
//!
//! Start with [`Desk::list`]. The invariant: every list says what there is beyond it, and its numbers are
//! noted before it is printed.

use std::collections::HashSet;
use std::rc::Rc;

use super::desk::{Desk, is_plain};
use super::numbered::{Numbered, chosen};
use crate::api::{EventId, Timestamp};
use crate::cli::exit::Failure;
use crate::cli::{Command, ServiceCommand, artifact, calls, event_filter, sessions};
use crate::model::event_words::{kind, outcome, subject, text};
use crate::text::{sanitize, units};

impl Desk {
    pub(super) fn show_list(&self) -> Result<(), Failure> {
        let lines = self.list.shown(self.page);
        Ok(self.context.out.stdout.lines(lines)?)
    }

    pub(super) async fn list(&mut self, words: &[String]) -> Result<(), Failure> {
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
        let ServiceCommand::Ls(arguments) = *command else { return Ok(()) };
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

    pub(super) async fn open(&mut self, word: &str) -> Result<(), Failure> {
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

    pub(super) async fn list_events(&mut self, query: &str) -> Result<(), Failure> {
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
        self.list = Numbered::new("events", lines, Some(beyond)).at_the_end(self.page);
        self.show_list()
    }

    pub(super) async fn show(&mut self, words: &[String]) -> Result<(), Failure> {
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

    pub(super) async fn pending(&mut self) -> Result<(), Failure> {
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

    pub(super) async fn artifacts(&mut self) -> Result<(), Failure> {
        let session = self.session()?.clone();
        let files = artifact::list(&self.context, &session).await?;
        self.files = files.iter().map(|file| file.id.clone()).collect();
        let lines = files.iter().map(|file| {
            format!("{}, {}, {}", file.filename, units::bytes(file.size_bytes), file.mime_type)
        });
        self.list = Numbered::new("files", lines.collect(), None);
        self.show_list()
    }
}
