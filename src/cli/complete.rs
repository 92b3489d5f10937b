//! What a shell offers behind Tab: commands and flags, and names that the configuration and the
//! service know.
//!
//! Owns which names belong to which argument, and how long they are looked for. It changes nothing,
//! asks nobody but the service, and says nothing but names: what fails only offers less. Start with
//! [`answer`], which the scripts of [`script`] call. The invariant: no name is offered that a shell
//! would obey, or that would have to be quoted, whatever a service calls its things.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::builder::ValueHint;
use clap::{Arg, ArgMatches, CommandFactory as _};
use clap_complete::engine::{
    self, ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter,
};
use clap_complete::env::{EnvCompleter, Shells};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::Cli;
use super::connect::Context;
use super::exit::Failure;
use super::find::AT_ONCE;
use super::global::Global;
use super::local_server;
use super::places::Places;
use super::printer::Printer;
use crate::api::{AgentKey, Session, SessionRef, SessionStatus, Timestamp};
use crate::client::SessionQuery;
use crate::model::event_words::{kind, subject};
use crate::text::sanitize;

/// By this the scripts say which shell asks.
const VARIABLE: &str = "FORETOP_COMPLETE";
/// Where the crate's scripts say which word the cursor is in, and what parts the answers.
const INDEX: &str = "_CLAP_COMPLETE_INDEX";
const SEPARATOR: &str = "_CLAP_IFS";
/// Somebody waits with half a line. What came until then is offered; `--timeout` on the line waits
/// for more.
const PATIENCE: Duration = Duration::from_secs(1);
/// How much is said of a name.
const ABOUT_CHARS: usize = 60;
/// Events of a session that are offered, the newest first.
const EVENTS: usize = 100;

/// The script that makes a shell ask.
pub(super) fn script(shell: clap_complete::Shell) -> Result<Vec<u8>, Failure> {
    let shells = Shells::builtins();
    let named = shells.completer(&shell.to_string());
    let known = named.ok_or_else(|| Failure::usage(format!("there is no script for {shell}")))?;
    let mut script = Vec::new();
    known.write_registration(VARIABLE, "foretop", "foretop", &program(), &mut script)?;
    Ok(script)
}

/// The name that the shell found this program by, which outlives an upgrade, or its place.
fn program() -> String {
    let called = std::env::args_os().next().map(PathBuf::from).unwrap_or_default();
    let placed =
        if called.components().count() > 1 { std::path::absolute(&called).ok() } else { None };
    placed.unwrap_or(called).into_os_string().into_string().unwrap_or_else(|_| "foretop".to_owned())
}

/// Answers a shell that asks; `None` where this is a command like any other.
pub(super) fn answer(arguments: &[OsString], out: Printer) -> Option<ExitCode> {
    let shell = std::env::var(VARIABLE).ok()?;
    let shells = Shells::builtins();
    let shell = shells.completer(&shell)?;
    let (dashes, words) = arguments.get(1..)?.split_first()?;
    if dashes != "--" || words.is_empty() {
        return None;
    }
    let _ = out.own(&offered(shell, words.to_vec()));
    Some(ExitCode::SUCCESS)
}

fn offered(shell: &dyn EnvCompleter, words: Vec<OsString>) -> Vec<u8> {
    let given = std::env::var(INDEX).ok().and_then(|index| index.parse().ok());
    let index = given.unwrap_or_else(|| words.len().saturating_sub(1));
    let here = std::env::current_dir().ok();
    let mut out = Vec::new();
    if shell.name() != "bash" {
        let mut command = equipped(&Arc::new(Line::new(&words, index)));
        // Half an answer is an answer.
        let _ = shell.write_complete(&mut command, words, here.as_deref(), &mut out);
        return out;
    }
    let (words, index) = without_equals(&words, index);
    let mut command = equipped(&Arc::new(Line::new(&words, index)));
    let found = engine::complete(&mut command, words, index, here.as_deref()).unwrap_or_default();
    let names = found.iter().map(|found| found.get_value().to_string_lossy());
    let separator = std::env::var(SEPARATOR).unwrap_or_else(|_| "\n".to_owned());
    names.collect::<Vec<_>>().join(&separator).into_bytes()
}

/// bash hands over `--state=par` as three words, and completes only the last of them.
fn without_equals(words: &[OsString], index: usize) -> (Vec<OsString>, usize) {
    let is_flag = |word: &OsString| word.to_string_lossy().starts_with("--");
    let parts = |at: usize| at > 0 && at != index && words[at] == "=" && is_flag(&words[at - 1]);
    let dropped = (0..words.len().min(index)).filter(|at| parts(*at)).count();
    let kept = (0..words.len()).filter(|at| !parts(*at)).map(|at| words[at].clone());
    (kept.collect(), index - dropped)
}

/// The line up to the cursor.
struct Line {
    matches: ArgMatches,
    /// Nothing stands at the cursor yet.
    is_empty: bool,
}

impl Line {
    fn new(words: &[OsString], index: usize) -> Self {
        let before = words.get(..index).unwrap_or(words);
        // Most of what a command needs may still be missing.
        let parsed = Cli::command().ignore_errors(true).try_get_matches_from(before);
        let is_empty = words.get(index).is_none_or(|word| word.is_empty());
        Self { matches: parsed.unwrap_or_default(), is_empty }
    }

    /// What the command itself was given, and what is given to every command.
    fn command(&self) -> &ArgMatches {
        let mut at = &self.matches;
        while let Some((_, below)) = at.subcommand() {
            at = below;
        }
        at
    }

    fn value<T: Clone + Send + Sync + 'static>(&self, name: &str) -> Option<T> {
        self.command().try_get_one::<T>(name).ok().flatten().cloned()
    }

    fn values(&self, name: &str) -> Vec<String> {
        let values = self.command().try_get_many::<String>(name).ok().flatten();
        values.map(|values| values.cloned().collect()).unwrap_or_default()
    }

    /// As the line says it, but silent, and with nothing that could change something.
    fn global(&self) -> Global {
        Global {
            profile: self.value("profile"),
            url: self.value("url"),
            agent: self.value("agent"),
            api_key_file: self.value("api_key_file"),
            read_only: true,
            quiet: true,
            no_input: true,
            ..Global::default()
        }
    }

    async fn session(&self, context: &Context) -> Result<SessionRef, Failure> {
        let named: Option<String> = self.value("session");
        Ok(context.session(named.as_deref().unwrap_or_default()).await?.reference())
    }
}

/// Every command, and for what it takes the names that there are.
fn equipped(line: &Arc<Line>) -> clap::Command {
    let mut whole = Cli::command();
    // What commands take is there once they are built, and not before.
    whole.build();
    equip(whole, line)
}

fn equip(command: clap::Command, line: &Arc<Line>) -> clap::Command {
    let command = command.mut_args(|argument| {
        // Whoever looks for a flag begins it.
        let is_aside = line.is_empty && !argument.is_positional();
        let argument = argument.hide(is_aside);
        match Names::of(&argument) {
            None => argument,
            Some(names) => {
                let known = Known { names, line: Arc::clone(line) };
                argument.add(ArgValueCompleter::new(known))
            }
        }
    });
    command.mut_subcommands(|below| equip(below, line))
}

/// What an argument is the name of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Names {
    Profiles,
    Agents,
    Sessions,
    Calls,
    Artifacts,
    Events,
    Commands,
    Files,
}

impl Names {
    /// By the name that commands have for it all over.
    fn of(argument: &Arg) -> Option<Self> {
        match argument.get_id().as_str() {
            "profile" | "account" => Some(Self::Profiles),
            "agent" => Some(Self::Agents),
            "session" | "sessions" | "left" | "right" => Some(Self::Sessions),
            "call" | "calls" => Some(Self::Calls),
            "artifact" => Some(Self::Artifacts),
            "event" | "events" | "up_to" | "compact_up_to" => Some(Self::Events),
            "path" => Some(Self::Commands),
            _ => {
                let mut values = argument.get_value_names().unwrap_or_default().iter();
                let is_file = values.any(|name| name == "FILE")
                    || argument.get_value_hint() == ValueHint::AnyPath;
                is_file.then_some(Self::Files)
            }
        }
    }
}

/// Looks for names when the shell asks for a value of an argument.
struct Known {
    names: Names,
    line: Arc<Line>,
}

impl ValueCompleter for Known {
    fn complete(&self, current: &OsStr) -> Vec<CompletionCandidate> {
        let typed = current.to_string_lossy();
        let mut found: Vec<CompletionCandidate> = match self.names {
            Names::Files => PathCompleter::any().complete(current),
            Names::Profiles => candidates(profiles()),
            Names::Commands => candidates(commands(&self.line.values("path"))),
            names => candidates(of_the_service(names, &self.line, &typed)),
        };
        found.retain(|candidate| {
            let name = candidate.get_value().to_str();
            name.is_some_and(|name| is_plain(name) && name.starts_with(&*typed))
        });
        found
    }
}

/// Whether every shell takes it for one word that means itself.
fn is_plain(name: &str) -> bool {
    let is_fine = |c: char| c.is_alphanumeric() || "_-./@+,".contains(c);
    let name = name.strip_prefix('~').filter(|rest| rest.starts_with('/')).unwrap_or(name);
    !name.is_empty() && !name.starts_with('-') && name.chars().all(is_fine)
}

/// A name that is offered.
#[derive(Debug, Default)]
struct Offer {
    name: String,
    about: String,
    /// Whose it is, where others may have one of that name.
    agent: Option<AgentKey>,
    /// The newest comes first.
    at: Option<Timestamp>,
}

fn candidates(mut offers: Vec<Offer>) -> Vec<CompletionCandidate> {
    offers.sort_by_key(|offer| std::cmp::Reverse(offer.at));
    let mut times: HashMap<String, usize> = HashMap::new();
    for offer in &offers {
        *times.entry(offer.name.clone()).or_default() += 1;
    }
    let candidate = |offer: Offer| {
        let name = match &offer.agent {
            Some(agent) if times.get(&offer.name) > Some(&1) => format!("{agent}/{}", offer.name),
            _ => offer.name,
        };
        let about = sanitize::preview(&offer.about, ABOUT_CHARS);
        let about = Some(about).filter(|about| !about.is_empty());
        CompletionCandidate::new(name).help(about.map(Into::into))
    };
    offers.into_iter().map(candidate).collect()
}

fn profiles() -> Vec<Offer> {
    let profiles = Places::readable_config().profiles;
    profiles.into_keys().map(|name| Offer { name, ..Offer::default() }).collect()
}

/// The commands below one.
fn commands(path: &[String]) -> Vec<Offer> {
    let mut whole = Cli::command();
    whole.build();
    let at = path.iter().try_fold(&whole, |at, word| at.find_subcommand(word));
    let offer = |command: &clap::Command| Offer {
        name: command.get_name().to_owned(),
        about: command.get_about().map(ToString::to_string).unwrap_or_default(),
        ..Offer::default()
    };
    at.map(|at| at.get_subcommands().map(offer).collect()).unwrap_or_default()
}

/// What the service has of them, as far as it tells in time.
fn of_the_service(names: Names, line: &Line, typed: &str) -> Vec<Offer> {
    let mut found = Vec::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime else { return found };
    runtime.block_on(async {
        let patience = line.value("timeout").unwrap_or(PATIENCE);
        let look = look(names, line, typed, &mut found);
        let _ = tokio::time::timeout(patience, look).await;
    });
    runtime.shutdown_background();
    found
}

async fn look(
    names: Names,
    line: &Line,
    typed: &str,
    found: &mut Vec<Offer>,
) -> Result<(), Failure> {
    let places = Places::find()?;
    let settings = line.global().resolve(&places.salvage_config().config)?;
    if let Some(serve) = &settings.serve
        && local_server::running(&places.expand(&serve.value)).await.is_none()
    {
        // Nothing is started for half a line.
        return Ok(());
    }
    let context = Context::with(line.global(), settings, &places).await?;
    match names {
        Names::Agents => {
            let mut pages = std::pin::pin!(context.client.agent_pages());
            while let Some(page) = pages.try_next().await? {
                found.extend(page.items.into_iter().map(|agent| Offer {
                    name: agent.key.as_str().to_owned(),
                    about: agent.name,
                    ..Offer::default()
                }));
            }
        }
        Names::Sessions => sessions(&context, typed, found).await?,
        Names::Calls => calls(&context, found).await?,
        Names::Artifacts => {
            let session = line.session(&context).await?;
            let mut pages = std::pin::pin!(context.client.artifact_pages(&session));
            while let Some(page) = pages.try_next().await? {
                found.extend(page.items.into_iter().map(|artifact| {
                    let (id, name) = (artifact.id.to_string(), artifact.filename);
                    let by_id = !is_plain(&name) || !typed.is_empty() && id.starts_with(typed);
                    let (name, about) = if by_id { (id, name) } else { (name, id) };
                    Offer { name, about, at: Some(artifact.created_at), ..Offer::default() }
                }));
            }
            // The newest of a name is the one that the name means.
            found.sort_by_key(|offer| std::cmp::Reverse(offer.at));
            let mut seen = std::collections::HashSet::new();
            found.retain(|offer| seen.insert(offer.name.clone()));
        }
        Names::Events => {
            let session = line.session(&context).await?;
            let events = context.newest_events(&session, EVENTS).await?;
            found.extend(events.iter().rev().take(EVENTS).filter_map(|event| {
                let name = event.id.as_ref()?.as_str().to_owned();
                let about = format!("{} {}", kind(event), subject(event));
                Some(Offer { name, about, at: event.created_at, ..Offer::default() })
            }));
        }
        Names::Profiles | Names::Commands | Names::Files => {}
    }
    Ok(())
}

/// The sessions of the agents that the line is about, or of the one that is typed before a slash.
async fn sessions(context: &Context, typed: &str, found: &mut Vec<Offer>) -> Result<(), Failure> {
    let agent = typed.split_once('/').map(|(agent, _)| AgentKey::from(agent));
    let agents = match &agent {
        Some(agent) => vec![agent.clone()],
        None => context.agents().await?,
    };
    let mut listed = std::pin::pin!(listed(context, agents));
    while let Some(session) = listed.next().await {
        let name = session.reference();
        found.push(Offer {
            name: if agent.is_some() { name.to_string() } else { name.key.as_str().to_owned() },
            about: session.name,
            agent: agent.is_none().then_some(name.agent),
            at: Some(session.created_at),
        });
    }
    Ok(())
}

/// The calls that wait, of every session that may have some.
async fn calls(context: &Context, found: &mut Vec<Offer>) -> Result<(), Failure> {
    let agents = context.agents().await?;
    let started = listed(context, agents)
        .filter(|session| std::future::ready(session.status != Some(SessionStatus::Unstarted)));
    let asked = started.map(|session| async move {
        let calls = context.client.outstanding_calls(&session.reference()).await;
        (session, calls.unwrap_or_default())
    });
    let mut asked = std::pin::pin!(asked.buffer_unordered(AT_ONCE));
    while let Some((session, calls)) = asked.next().await {
        found.extend(calls.into_iter().map(|call| Offer {
            name: call.event_id.as_str().to_owned(),
            about: format!("{} of {}", call.tool_configuration_name, session.key),
            at: Some(session.created_at),
            ..Offer::default()
        }));
    }
    Ok(())
}

/// Sessions as they come in. An agent that may not be asked has none.
fn listed(context: &Context, agents: Vec<AgentKey>) -> impl futures_util::Stream<Item = Session> {
    let client = context.client.listing_together();
    let pages = stream::iter(agents)
        .map(move |agent| Box::pin(client.session_pages(&agent, SessionQuery::default())))
        .flatten_unordered(AT_ONCE);
    pages.filter_map(|page| std::future::ready(page.ok())).flat_map(|page| stream::iter(page.items))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn nothing_is_offered_that_a_shell_obeys_or_that_needs_quotes() {
        for fine in ["refund-4411", "aev_41e2", "a.b/c_d@e+f,g", "\u{65e5}\u{672c}", "~/notes.md"] {
            assert!(is_plain(fine), "{fine}");
        }
        for bad in [
            "",
            "-rf",
            "--yes",
            "$(reboot)",
            "`x`",
            "a b",
            "a;b",
            "a|b",
            "a&b",
            "a>b",
            "'",
            "\"",
            "\\",
            "a\nb",
            "\u{1b}[2J",
            "*",
            "?",
            "[a]",
            "{a,b}",
            "!x",
            "#x",
            "=x",
            "a:b",
            "~root",
            "\u{202e}x",
        ] {
            assert!(!is_plain(bad), "{bad:?}");
        }
    }

    #[test]
    fn a_line_is_understood_as_far_as_it_goes() {
        let line = Line::new(&words("foretop artifact get --profile here refund-44 "), 6);
        assert_eq!(line.value::<String>("session").as_deref(), Some("refund-44"));
        assert_eq!(line.global().profile.as_deref(), Some("here"));
        assert!(line.is_empty && line.global().read_only);
        // The word at the cursor, and what is behind it, is not known yet.
        let line = Line::new(&words("foretop --agent a show refund x"), 4);
        assert_eq!(line.value::<String>("session"), None);
        assert_eq!(line.global().agent.as_deref(), Some("a"));
        for odd in ["foretop --nonsense events x", "foretop nonsense x", "foretop --help x", "x"] {
            drop(Line::new(&words(odd), 2));
        }
    }

    #[test]
    fn an_equals_sign_of_bash_is_no_word() {
        let (kept, index) = without_equals(&words("foretop ls --profile = here --state = par"), 7);
        assert_eq!((kept, index), (words("foretop ls --profile here --state par"), 5));
        let (kept, index) = without_equals(&words("foretop show ="), 2);
        assert_eq!((kept, index), (words("foretop show ="), 2));
    }

    #[test]
    fn every_argument_that_names_something_has_names() {
        let line = Arc::new(Line::new(&words("foretop "), 1));
        let mut without = Vec::new();
        walk(&equipped(&line), &mut |argument| {
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
            let names = ["Key of the session", "Keys of sessions", "Id of the", "Ids of"];
            let is_name = names.iter().any(|begin| help.starts_with(begin));
            if is_name && argument.get::<ArgValueCompleter>().is_none() {
                // What is being made has no name yet.
                without.push(argument.get_id().to_string());
            }
        });
        assert_eq!(without, ["key"]);
    }

    fn walk(command: &clap::Command, visit: &mut impl FnMut(&Arg)) {
        command.get_arguments().for_each(&mut *visit);
        command.get_subcommands().for_each(|below| walk(below, visit));
    }

    #[test]
    fn sessions_of_one_name_are_told_apart_by_their_agents() {
        let offer = |agent: &str, at: &str| Offer {
            name: "same".to_owned(),
            agent: Some(agent.into()),
            at: Some(at.parse().unwrap()),
            ..Offer::default()
        };
        let offers = vec![offer("a", "2026-05-03T14:00:00Z"), offer("b", "2026-05-03T15:00:00Z")];
        let names = candidates(offers);
        let names: Vec<_> = names.iter().map(CompletionCandidate::get_value).collect();
        assert_eq!(names, ["b/same", "a/same"]);
    }
}
