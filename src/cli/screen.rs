//! Opening the screen: on an embedded server, or on a service elsewhere.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use jiff::SignedDuration;

use super::appearance::{self, appearance, is_ascii_by};
use super::connect::Context;
use super::demo::{self, Embedded, Starting};
use super::display::DisplayArgs;
use super::exit::Failure;
use super::global::{ColorWhen, Global};
use super::live::LiveArgs;
use super::places::{Places, Salvaged};
use super::printer::Printer;
use super::{
    Cli, Command, ScreenArgs, display as of_terminal, first_run, key_line, keymap, mouse,
    serve_tools, views, zone,
};
use crate::api::{AgentKey, EventId, SessionRef, Timestamp};
use crate::client::{Client, Gate};
use crate::config::{self, Badge, Notify, Origin, Settings};
use crate::model::sessions::columns::{Column, Columns};
use crate::model::{BadgeColour, Profile};
use crate::runtime::{
    self, ClipboardWay, Ended, Notifier, Setup, ShutdownSignals, Source, TerminalConsole, Way,
};
use crate::server::Server;
use crate::state::StateDir;
use crate::terminal::{self, FrameRate};
use crate::theme::Repertoire;
use crate::tools::ToolCommand;
use crate::tools::rules::Rules;
use crate::view::first_run::{FirstRun, Outcome};
use crate::view::{FileLimits, Level, Model, Toast};
use crate::watcher::Spending;

/// Shortest time between frames, and the same over SSH.
const FRAME: Duration = Duration::from_millis(16);
const FRAME_OVER_SSH: Duration = Duration::from_millis(33);
/// For what comes by itself over SSH, and anywhere for text that is being written, which reads as well at
/// 15 a second.
const FRAME_OF_ARRIVALS: Duration = Duration::from_millis(67);

/// What the screen is connected to, and what must live as long as it does.
struct Connection {
    client: Client,
    profile: Profile,
    agents: Vec<AgentKey>,
    spending: Spending,
    /// The session to begin with.
    session: Option<SessionRef>,
    /// The event that it begins at.
    event: Option<EventId>,
    notify: Notify,
    clipboard: config::Clipboard,
    /// Of the list of sessions.
    columns: Option<Columns>,
    limits: FileLimits,
    state: Option<StateDir>,
    unkept: Option<String>,
    /// Commands for tools.
    tools: BTreeMap<String, ToolCommand>,
    /// A file of rules that the configuration names.
    rules: Option<PathBuf>,
    server: Option<Server>,
    directory: Option<tempfile::TempDir>,
    /// What is wrong with files that are not needed to open it.
    remarks: Vec<String>,
}

pub(super) async fn run(cli: Cli) -> Result<ExitCode, Failure> {
    if cli.screen.demo {
        demo::refuse_elsewhere(&cli.global)?;
    }
    let ((session, event), LiveArgs { display, notify, rules, record }) = match cli.command {
        Some(Command::Ui(arguments)) => {
            ((arguments.session, arguments.event), arguments.live.or(&cli.screen.live))
        }
        _ => ((None, None), cli.screen.live.clone()),
    };
    terminal::check().map_err(|refusal| Failure::usage(refusal.to_string()))?;
    // Its world is made while keys and themes are read.
    let mut demo = cli.screen.demo.then(|| demo::begin(&cli.screen));
    let keys = keymap::keys()?;
    let mut wanted = Wanted { global: cli.global.clone(), session, event, rules };
    let failed = |error: std::io::Error| Failure::other(format!("the terminal failed: {error}"));
    terminal::install_panic_hook();
    let (themes, mut remarks) = appearance(&display, &cli.global);
    remarks.extend(keys.wrong());
    let mut done = None;
    let mut screen = cli.screen;
    let mut console = None;
    let mut first = first_run_of(&screen, &wanted)?;
    while let Some(shown) = first.take() {
        // From here on the terminal is ours: what comes next is opened on it.
        let mut endings = ShutdownSignals::listen().map_err(failed)?;
        let mut opened = match console.take() {
            Some(console) => console,
            None => open_console(&display).map_err(failed)?,
        };
        let places = Places::find()?;
        let look = (themes.clone(), frame_rate());
        let work = |wish| first_run::work(&places, wish);
        let asked = runtime::first_run(&mut opened, &mut endings, shown, look, work);
        match Box::pin(asked).await.map_err(failed)? {
            Outcome::Left => return Ok(ExitCode::SUCCESS),
            Outcome::Demo => screen.demo = true,
            Outcome::Profile { name, words } => {
                first = first_run::for_chosen(&name, &places.salvage_config(), &places);
                wanted.global.profile = Some(name);
                done = Some(words).filter(|words| !words.is_empty());
            }
        }
        console = Some(opened);
    }
    let (mut connection, mut rules) = connect(&screen, &wanted, demo.take()).await?;
    // Once there is something to record.
    let mut recording = record.create()?;
    let is_recorded = recording.is_some();
    let mut endings = ShutdownSignals::listen().map_err(failed)?;
    let mut console = match console {
        Some(console) => console,
        None => open_console(&display).map_err(failed)?,
    };
    let last_words = loop {
        let server = connection.server.take();
        let directory = connection.directory.take();
        let mut model = model(&connection, rules.take());
        if !is_recorded {
            model.profiles = other_profiles(&screen, &connection.profile);
        }
        model.own = keys.commands.clone();
        if let Some(words) = done.take() {
            say_done(&mut model, words);
        }
        // What keeps somebody from where they wanted to be is said last, and so is on the screen.
        let mut said = show_views(&mut model);
        let (names, wrong) = appearance::usable(&themes);
        model.themes = names;
        said.extend(wrong);
        said.append(&mut connection.remarks);
        said.append(&mut remarks);
        let setup = Setup {
            source: Source::Service {
                client: connection.client,
                agents: connection.agents,
                spending: connection.spending,
            },
            model,
            themes: themes.clone(),
            keymap: keys.keymap.clone(),
            frame_rate: frame_rate(),
            state: connection.state,
            unkept: connection.unkept,
            remarks: said,
            clipboard: clipboard(connection.clipboard),
            titles: of_terminal::titles(),
            recording: recording.take(),
            notifier: notifier(notify.unwrap_or(connection.notify))
                .in_ascii(themes.glyphs.repertoire == Repertoire::Ascii),
            keep_keys: key_line::keeper(),
        };
        let ended = Box::pin(runtime::run(&mut console, &mut endings, setup)).await;
        if let Some(server) = server {
            server.stop().await;
        }
        drop(directory);
        let Ended { last_words, next_profile } = ended.map_err(failed)?;
        let Some(name) = next_profile else { break last_words };
        remarks.extend(last_words);
        let next = wanted.of_profile(name.clone());
        match connect(&screen, &next, None).await {
            Ok(connected) => ((connection, rules), wanted) = (connected, next),
            // Who cannot get there is back where they were, and told why.
            Err(failure) => {
                remarks.push(format!("profile {name}: {failure}"));
                (connection, rules) = connect(&screen, &wanted, None).await?;
            }
        }
    };
    drop(console);
    say_last(last_words, cli.global.ascii);
    Ok(ExitCode::SUCCESS)
}

fn open_console(display: &DisplayArgs) -> std::io::Result<TerminalConsole> {
    runtime::end_though_unread()?;
    TerminalConsole::open(display.capabilities(), of_terminal::manners())
}

/// What the screen is to show.
struct Wanted {
    global: Global,
    session: Option<String>,
    event: Option<String>,
    /// A file of rules, where a flag names one.
    rules: Option<PathBuf>,
}

impl Wanted {
    /// What a flag said of the service, and which of its calls are answered without a person, is of that
    /// profile no more.
    fn of_profile(&self, name: String) -> Self {
        let profile = Some(name);
        let global =
            Global { profile, url: None, api_key_file: None, agent: None, ..self.global.clone() };
        Self { global, session: None, event: None, rules: None }
    }
}

/// The connection, and the rules for its calls.
async fn connect(
    screen: &ScreenArgs,
    wanted: &Wanted,
    demo: Option<Starting>,
) -> Result<(Connection, Option<Rules>), Failure> {
    let mut connection = if screen.demo {
        let demo = demo.unwrap_or_else(|| demo::begin(screen));
        Box::pin(in_demo(demo, screen.data.is_some(), wanted)).await?
    } else {
        Box::pin(elsewhere(wanted)).await?
    };
    let rules = match (&wanted.rules, &connection.rules) {
        (Some(path), _) => Some(serve_tools::rules(&Places::find()?, path)?),
        // Nobody is kept from looking by a file of the configuration; without it a person answers all.
        (None, Some(path)) => match serve_tools::rules(&Places::find()?, path) {
            Ok(rules) => Some(rules),
            Err(failure) => {
                connection.remarks.extend_from_slice(failure.lines());
                connection.remarks.push("no rule answers a call until that is mended".to_owned());
                None
            }
        },
        (None, None) => None,
    };
    Ok((connection, rules))
}

/// What to show where nothing says what to look at.
/// How long it is said what was made on the way here.
const SAID: SignedDuration = SignedDuration::from_secs(15);

/// Nothing is wrong: what was made on the way here.
fn say_done(model: &mut Model, text: String) {
    model.notices.add(model.now, Level::Info, &text, None, None);
    let until = model.now.checked_add(SAID).unwrap_or(model.now);
    model.toast = Some(Toast { text, until, level: Level::Info });
}

fn first_run_of(screen: &ScreenArgs, wanted: &Wanted) -> Result<Option<FirstRun>, Failure> {
    if screen.demo || wanted.session.is_some() {
        return Ok(None);
    }
    let places = Places::find()?;
    Ok(first_run::first_run(&wanted.global, &places.salvage_config(), &places))
}

fn model(connection: &Connection, rules: Option<Rules>) -> Model {
    let mut model = Model::new(Timestamp::now(), (80, 24));
    zone::of_environment().show_in(&mut model);
    model.profile = connection.profile.clone();
    model.mouse = mouse::for_screen();
    model.file_cache.limits = connection.limits;
    model.list_columns.clone_from(&connection.columns);
    model.commands.configured.clone_from(&connection.tools);
    model.commands.rules = rules;
    if let Some(session) = connection.session.clone() {
        model.show(session);
        model.begins_at.clone_from(&connection.event);
    }
    tracing::info!(
        "foretop {} opens its screen on {} ({})",
        env!("CARGO_PKG_VERSION"),
        connection.profile.url,
        connection.profile.name
    );
    if let Some(why) = &connection.unkept {
        tracing::warn!("nothing is kept: {why}");
    }
    model
}

/// Gives the screen its views; what is wrong with their file, a line each.
fn show_views(model: &mut Model) -> Vec<String> {
    let Ok(places) = Places::find() else { return Vec::new() };
    let (views, wrong) = views::views(&places);
    model.views = views;
    wrong
}

/// The demo is a world of its own, and gone when it is left.
fn other_profiles(screen: &ScreenArgs, shown: &Profile) -> Vec<String> {
    if screen.demo {
        return Vec::new();
    }
    let is_other = |name: &String| shown.configured.as_ref() != Some(name);
    Places::readable_config().profiles.into_keys().filter(is_other).collect()
}

/// What the screen has left to say, once there is none.
fn say_last(words: Option<String>, ascii: bool) {
    if let Some(words) = words {
        let err = Printer::stderr(ColorWhen::Never).in_ascii(is_ascii_by(ascii));
        let _ = err.line(&words);
    }
}

/// What tells of news, in the terminal that the process runs in.
pub(super) fn notifier(notify: Notify) -> Notifier {
    let way = match notify {
        Notify::Auto => Way::Auto,
        Notify::Bell => Way::Bell,
        Notify::Osc9 => Way::Osc9,
        Notify::Osc777 => Way::Osc777,
        Notify::Osc99 => Way::Osc99,
        Notify::Off => Way::Off,
    };
    Notifier::new(way, |name| std::env::var(name).ok())
}

fn clipboard(way: config::Clipboard) -> ClipboardWay {
    match way {
        config::Clipboard::Auto => ClipboardWay::Auto,
        config::Clipboard::Osc52 => ClipboardWay::Osc52,
        config::Clipboard::Native => ClipboardWay::Native,
        config::Clipboard::File => ClipboardWay::File,
        config::Clipboard::Off => ClipboardWay::Off,
    }
}

/// A remote terminal gets fewer frames.
pub(super) fn frame_rate() -> FrameRate {
    if terminal::is_remote(|name| std::env::var(name).ok()) {
        FrameRate { awaited: FRAME_OVER_SSH, others: FRAME_OF_ARRIVALS, pieces: FRAME_OF_ARRIVALS }
    } else {
        FrameRate { awaited: FRAME, others: FRAME, pieces: FRAME_OF_ARRIVALS }
    }
}

async fn in_demo(demo: Starting, keeps: bool, wanted: &Wanted) -> Result<Connection, Failure> {
    let Embedded { server, directory } = demo.ready().await?;
    let (context, remarks) = demo::context(&server, wanted.global.clone(), keeps)?;
    let profile = Profile {
        name: "demo".to_owned(),
        url: server.url(),
        token_file: server.token_file().map(|path| path.display().to_string()),
        demo: true,
        read_only: context.client.gate() != Gate::Open,
        ..Profile::default()
    };
    let connection = connected(context, profile, wanted, remarks).await?;
    Ok(Connection { server: Some(server), directory, ..connection })
}

async fn elsewhere(wanted: &Wanted) -> Result<Connection, Failure> {
    let (context, remarks) = open_all_the_same(wanted.global.clone()).await?;
    let profile = profile(&context.settings, &context.client);
    connected(context, profile, wanted, remarks).await
}

/// What is wanted of what there is.
async fn connected(
    context: Context,
    profile: Profile,
    wanted: &Wanted,
    remarks: Vec<String>,
) -> Result<Connection, Failure> {
    let session = match &wanted.session {
        Some(session) => Some(context.session(session).await?.reference()),
        None => None,
    };
    let event = match (&session, &wanted.event) {
        (Some(session), Some(event)) => Some(context.event(session, event).await?),
        _ => None,
    };
    // One agent by flag or variable is a choice for this run.
    let agents = match (&context.settings.agent, context.settings.agents.value.as_slice()) {
        (Some(agent), _) => vec![agent.value.as_str().into()],
        (None, agents) => agents.iter().map(|agent| agent.as_str().into()).collect(),
    };
    // A world that is gone at the end needs no memory.
    let (state, unkept) = if context.keeps { kept_or_why(&profile.name) } else { (None, None) };
    Ok(Connection {
        profile,
        agents,
        spending: context.spending(),
        session,
        event,
        notify: context.settings.notify.value,
        clipboard: context.settings.clipboard.value,
        columns: columns(&context.settings),
        limits: FileLimits {
            ask_above: context.settings.ask_above.value,
            cache: context.settings.artifact_cache.value,
        },
        state,
        unkept,
        tools: context.tools()?,
        rules: context.settings.rules.as_ref().map(|rules| rules.value.clone()),
        client: context.client,
        server: context.server,
        directory: None,
        remarks,
    })
}

/// What can be read of the configuration is enough to look. What is missing of a profile may be a bound, so
/// that nothing is changed on its service until the file can be read whole.
async fn open_all_the_same(global: Global) -> Result<(Context, Vec<String>), Failure> {
    let places = Places::find()?;
    let Salvaged { config, is_whole, mut wrong, .. } = places.salvage_config();
    let mut settings = global.resolve(&config)?;
    if !is_whole && settings.profile.is_some() {
        settings.hold_back(Origin::File(places.config.clone(), 1));
        wrong.push(format!(
            "read-only until {} can be read whole: what is missing of it may be a bound",
            places.config.display()
        ));
    }
    Ok((Context::with(global, settings, &places).await?, wrong))
}

/// What was chosen for the list.
fn columns(settings: &Settings) -> Option<Columns> {
    let chosen = settings.columns.as_ref()?;
    Some(Columns::chosen(chosen.value.iter().filter_map(|word| Column::from_word(word))))
}

/// What the profile is called, also where its state is kept.
pub(super) fn profile_name(settings: &Settings, client: &Client) -> String {
    let host = || client.base().split("://").last().unwrap_or_default().to_owned();
    settings.profile.as_ref().map_or_else(host, |profile| profile.value.clone())
}

fn profile(settings: &Settings, client: &Client) -> Profile {
    let key = settings.api_key_file.as_ref();
    let places = Places::find().ok();
    let key = key.map(|file| places.map_or(file.value.clone(), |p| p.expand(&file.value)));
    Profile {
        name: profile_name(settings, client),
        url: client.base().to_owned(),
        configured: settings.profile.as_ref().map(|profile| profile.value.clone()),
        token_file: key.map(|path| path.display().to_string()),
        demo: false,
        read_only: client.gate() != Gate::Open,
        production: settings.production.value,
        badge: settings.badge.as_ref().map(|badge| match badge.value {
            Badge::Red => BadgeColour::Red,
            Badge::Yellow => BadgeColour::Yellow,
            Badge::Green => BadgeColour::Green,
            Badge::Blue => BadgeColour::Blue,
            Badge::Magenta => BadgeColour::Magenta,
            Badge::Cyan => BadgeColour::Cyan,
        }),
    }
}

/// The same for the screen, which opens all the same where that cannot be used.
fn kept_or_why(profile: &str) -> (Option<StateDir>, Option<String>) {
    match remember(profile) {
        Ok(state) => (Some(state), None),
        Err(failure) => (None, Some(failure.to_string())),
    }
}

/// Where drafts and the like of a profile are kept between runs.
pub(super) fn remember(profile: &str) -> Result<StateDir, Failure> {
    let places = Places::find()?;
    StateDir::open(&places.state, profile).map_err(|error| Failure::other(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_flags_said_of_one_service_holds_for_no_other() {
        let global = Global {
            url: Some("https://one.example".to_owned()),
            api_key_file: Some("key".into()),
            agent: Some("support".to_owned()),
            read_only: true,
            ..Global::default()
        };
        let session = Some("s".to_owned());
        let rules = Some(PathBuf::from("rules.toml"));
        let one = Wanted { global, session, event: None, rules };
        let two = one.of_profile("two".to_owned());
        assert_eq!(two.global.profile.as_deref(), Some("two"));
        assert_eq!(
            (&two.global.url, &two.global.api_key_file, &two.global.agent),
            (&None, &None, &None)
        );
        assert_eq!((two.session, two.rules), (None, None));
        assert!(two.global.read_only, "what was to be held back stays so");
    }
}
