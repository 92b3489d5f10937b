//! From flags, environment and files to a client that may be used.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::appearance::is_ascii;
use super::config_file::{read, read_planted};
use super::exit::{Code, Failure};
use super::global::Global;
use super::keys::{self, KeyStore};
use super::output::Output;
use super::{local_server, log};
use crate::api::{AgentKey, Session};
use crate::client::{Client, ClientError, ClientOptions, Credentials, Gate, GrantBody, TokenGrant};
use crate::config::{Auth, Config, Flags, Origin, PROJECT_FILE, Setting, Settings, TokenBody};
use crate::server::Server;
use crate::text::wall_clock::WallClock;
use crate::tool_runner;
use crate::tools::ToolCommand;
use crate::watcher::{Patrol, Scope, Spending};

/// The service's own key variable, accepted for scripts and CI.
pub(super) const KEY_VARIABLE: &str = tool_runner::SECRETS[0];

/// Where foretop keeps its files (XDG base directories).
#[derive(Debug, Clone)]
pub(super) struct Places {
    pub(super) config: PathBuf,
    pub(super) credentials: PathBuf,
    pub(super) state: PathBuf,
    /// Where a server keeps its data that nobody gave a directory for.
    pub(super) data: PathBuf,
    home: PathBuf,
}

impl Places {
    pub(super) fn find() -> Result<Self, Failure> {
        use etcetera::BaseStrategy as _;

        let base = etcetera::base_strategy::Xdg::new()
            .map_err(|_| Failure::usage("there is no home directory: set HOME"))?;
        let config = base.config_dir().join("foretop");
        let state = base.state_dir().unwrap_or_else(|| base.home_dir().join(".local/state"));
        let file = std::env::var_os("FORETOP_CONFIG").filter(|path| !path.is_empty());
        Ok(Self {
            config: file.map_or_else(|| config.join("config.toml"), PathBuf::from),
            credentials: config.join("credentials"),
            state: state.join("foretop"),
            data: base.data_dir().join("foretop").join("local"),
            home: base.home_dir().to_owned(),
        })
    }

    /// The file of views, beside the configuration.
    pub(super) fn views(&self) -> PathBuf {
        self.config.with_file_name("views.toml")
    }

    /// Where theme files are, beside the configuration.
    pub(super) fn themes(&self) -> PathBuf {
        self.config.with_file_name("themes")
    }

    pub(super) fn expand(&self, path: &Path) -> PathBuf {
        path.strip_prefix("~").map_or_else(|_| path.to_owned(), |rest| self.home.join(rest))
    }

    /// A path as a person would write it.
    pub(super) fn shown(&self, path: &Path) -> String {
        match path.strip_prefix(&self.home) {
            Ok(rest) => Path::new("~").join(rest).display().to_string(),
            Err(_) => path.display().to_string(),
        }
    }

    /// Commands of tools, with the home directory in the places where they run.
    pub(super) fn commands(
        &self,
        tools: &BTreeMap<String, Setting<ToolCommand>>,
    ) -> BTreeMap<String, ToolCommand> {
        let command = |tool: &Setting<ToolCommand>| self.at_home(tool.value.clone());
        tools.iter().map(|(name, tool)| (name.clone(), command(tool))).collect()
    }

    pub(super) fn at_home(&self, mut command: ToolCommand) -> ToolCommand {
        command.cwd = command.cwd.map(|cwd| self.expand(&cwd));
        command
    }

    /// The user's file under the nearest project's.
    pub(super) fn read_config(&self) -> Result<Config, Failure> {
        let config = match read(&self.config)? {
            Some(text) => Config::parse(&self.config, &text)?,
            None => Config::default(),
        };
        match project_file()? {
            Some((path, text)) => Ok(config.under(Config::parse_project(&path, &text)?)),
            None => Ok(config),
        }
    }

    /// What can be read of the configuration, for what only decides how things look. What is wrong with it
    /// is said by whoever cannot do without it.
    pub(super) fn readable_config() -> Config {
        Self::find().map(|places| places.salvage_config().config).unwrap_or_default()
    }

    /// What of them can be read, for whoever must not be kept out, and what cannot.
    pub(super) fn salvage_config(&self) -> Salvaged {
        let mut unreadable = Vec::new();
        let mut told = |failure: Failure| unreadable.extend_from_slice(failure.lines());
        let text = read(&self.config).unwrap_or_else(|failure| {
            told(failure);
            None
        });
        let config = text.map(|text| Config::salvage(&self.config, &text)).unwrap_or_default();
        let project = project_file().unwrap_or_else(|failure| {
            told(failure);
            None
        });
        let is_whole = unreadable.is_empty() && !config.is_damaged();
        let of_project = project.is_some();
        let config = match project {
            Some((path, text)) => config.under(Config::salvage_project(&path, &text)),
            None => config,
        };
        unreadable.extend(config.mistakes.iter().map(ToString::to_string));
        Salvaged { config, is_whole, of_project, wrong: unreadable }
    }
}

/// What could be read of the configuration.
#[derive(Default)]
pub(super) struct Salvaged {
    pub(super) config: Config,
    /// Whether nothing of the user's own file is missing, which may be a bound.
    pub(super) is_whole: bool,
    /// Whether a project's file has a say.
    pub(super) of_project: bool,
    /// A line each.
    pub(super) wrong: Vec<String>,
}

/// The nearest project's file.
pub(super) fn project_file() -> Result<Option<(PathBuf, String)>, Failure> {
    let here = std::env::current_dir().unwrap_or_default();
    for directory in here.ancestors() {
        let path = directory.join(PROJECT_FILE);
        if let Some(text) = read_planted(&path)? {
            return Ok(Some((path, text)));
        }
    }
    Ok(None)
}

impl Global {
    /// What is only not known is said, and everything else goes on.
    pub(super) fn settings(&self, places: &Places) -> Result<Settings, Failure> {
        let config = places.read_config()?;
        let out = Output::new(self);
        // A program that reads JSON takes what is on stderr for a failure.
        if !out.is_for_programs() {
            config.mistakes.iter().for_each(|mistake| out.note(&mistake.to_string()));
        }
        self.resolve(&config)
    }

    pub(super) fn resolve(&self, config: &Config) -> Result<Settings, Failure> {
        Ok(config.resolve(&self.flags(), |name| std::env::var(name).ok())?)
    }

    fn flags(&self) -> Flags {
        Flags {
            profile: self.profile.clone(),
            url: self.url.clone(),
            api_key_file: self.api_key_file.clone(),
            agent: self.agent.clone(),
            read_only: self.read_only,
            ascii: self.ascii,
            notify: None,
        }
    }
}

/// What a command works with.
pub(super) struct Context {
    pub(super) client: Client,
    pub(super) settings: Settings,
    pub(super) global: Global,
    pub(super) out: Output,
    /// The person's clock, once it is asked for.
    pub(super) wall: OnceCell<WallClock>,
    /// Whether anything is written down between runs; not of a world that is gone at the end.
    pub(super) keeps: bool,
    /// The profile's own, where this process serves it.
    pub(super) server: Option<Server>,
}

impl Context {
    pub(super) async fn open(global: Global) -> Result<Self, Failure> {
        let places = Places::find()?;
        let settings = global.settings(&places)?;
        Self::with(global, settings, &places).await
    }

    /// With settings that are known already.
    pub(super) async fn with(
        global: Global,
        mut settings: Settings,
        places: &Places,
    ) -> Result<Self, Failure> {
        let server = local_server::bring_up(&mut settings, places).await?;
        let client = client(&global, &settings, places).await?;
        let out = Output::new(&global).in_ascii(is_ascii(settings.glyphs.value));
        Ok(Self { client, settings, global, out, wall: OnceCell::new(), keeps: true, server })
    }

    /// On an embedded server. Of the files, only what they say of the person and the screen has a say;
    /// what is wrong with them keeps nobody out, and is told beside it, a line each.
    pub(super) fn of_demo(
        client: Client,
        global: Global,
        keeps: bool,
    ) -> Result<(Self, Vec<String>), Failure> {
        let Salvaged { config, wrong, .. } =
            Places::find().map(|places| places.salvage_config()).unwrap_or_default();
        let flags = Flags { url: Some(client.base().to_owned()), ..global.flags() };
        // The other variables are for another service.
        let variable = |name: &str| (name == "FORETOP_NOTIFY").then(|| std::env::var(name).ok());
        let settings =
            config.without_services().resolve(&flags, |name| variable(name).flatten())?;
        let out = Output::new(&global).in_ascii(is_ascii(settings.glyphs.value));
        let wall = OnceCell::new();
        Ok((Self { client, settings, global, out, wall, keeps, server: None }, wrong))
    }

    /// The same, as the flags of one line want it.
    pub(super) fn for_line(&self, line: &Global) -> Self {
        let own = &self.global;
        let global = Global {
            json: line.json,
            jsonl: line.jsonl,
            plain: line.plain,
            quiet: own.quiet || line.quiet,
            yes: own.yes || line.yes,
            no_input: own.no_input || line.no_input,
            reveal_secrets: own.reveal_secrets || line.reveal_secrets,
            timeout: line.timeout.or(own.timeout),
            ..own.clone()
        };
        let mut settings = self.settings.clone();
        if let Some(agent) = &line.agent {
            settings.agent = Some(Setting::new(agent.clone(), Origin::Flag("--agent")));
        }
        let out = self.out.again(&global);
        let (client, keeps) = (self.client.clone(), self.keeps);
        Self { client, settings, global, out, wall: OnceCell::new(), keeps, server: None }
    }

    /// Says what would be refused before anybody types it.
    pub(super) fn may_write(&self) -> Result<(), Failure> {
        match self.client.gate() {
            Gate::ReadOnly => Err(Failure::new(
                Code::Denied,
                "this is read-only: nothing but reads leaves the process",
            )),
            Gate::Open | Gate::DryRun => Ok(()),
        }
    }

    /// The agent that is named by flag, variable or file, if any.
    pub(super) fn agent(&self) -> Option<AgentKey> {
        self.settings.agent.as_ref().map(|agent| agent.value.as_str().into())
    }

    /// What watching may cost the service.
    pub(super) fn spending(&self) -> Spending {
        let settings = &self.settings;
        Spending {
            requests_per_second: settings.requests_per_second.value,
            burst: settings.requests_ahead.value,
            at_once: settings.at_once(),
        }
    }

    /// The watch over the sessions of the profile's agents.
    pub(super) fn patrol(&self) -> Patrol {
        let agents = match self.agent() {
            Some(agent) => vec![agent],
            None => self.settings.agents.value.iter().map(|key| key.as_str().into()).collect(),
        };
        Patrol::new(&self.client, self.spending(), Scope::Agents(agents))
    }

    /// The watch over one session.
    pub(super) fn patrol_of(&self, session: Session) -> Patrol {
        Patrol::of_session(&self.client, self.spending(), session)
    }

    pub(super) fn tools(&self) -> Result<BTreeMap<String, ToolCommand>, Failure> {
        if self.settings.tools.is_empty() {
            // The demo runs where there is no home, too.
            return Ok(BTreeMap::new());
        }
        Ok(Places::find()?.commands(&self.settings.tools))
    }

    /// In a dry run the request is printed and there is no answer.
    pub(super) fn sent<T>(&self, answer: Result<T, ClientError>) -> Result<Option<T>, Failure> {
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(ClientError::DryRun(preview)) => {
                super::print_preview(&preview, self.out.is_for_programs(), self.out.stdout)?;
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn may_reveal(&self) -> Result<bool, Failure> {
        if !self.global.reveal_secrets {
            return Ok(false);
        }
        if self.out.stdout.is_terminal() || self.global.yes {
            return Ok(true);
        }
        Err(Failure::usage(
            "--reveal-secrets would write secrets where nobody looks; add --yes if that is meant",
        ))
    }

    /// Asks on the terminal for exactly `wanted`; `--yes` answers.
    pub(super) fn confirm(&self, question: &str, wanted: &str) -> Result<(), Failure> {
        use std::io::{BufRead as _, IsTerminal as _};

        if self.global.yes || self.global.dry_run {
            return Ok(());
        }
        let input = std::io::stdin();
        if self.global.no_input || !input.is_terminal() {
            return Err(Failure::usage(format!("{question} Add --yes to do it")));
        }
        let _ = self.out.stderr.question(&format!("{question} Type {wanted} to do it: "));
        let mut line = String::new();
        let read = input.lock().read_line(&mut line);
        if read.is_ok() && line.trim() == wanted {
            return Ok(());
        }
        Err(Failure::other("nothing was done"))
    }
}

/// What may leave the process.
pub(super) fn gate(global: &Global, read_only: bool) -> Gate {
    match (read_only, global.dry_run) {
        (_, true) => Gate::DryRun,
        (true, false) => Gate::ReadOnly,
        (false, false) => Gate::Open,
    }
}

pub(super) async fn client(
    global: &Global,
    settings: &Settings,
    places: &Places,
) -> Result<Client, Failure> {
    let Some(url) = &settings.url else {
        return Err(Failure::usage(no_service(places)));
    };
    let options = ClientOptions {
        gate: gate(global, settings.read_only.value),
        allow_http: settings.allow_http.value,
        deadline: global.timeout,
        reply_limit: Some(settings.reply_limit.value),
    };
    let credentials = credentials(settings, places).await?;
    Ok(Client::with(&url.value, credentials, options)?)
}

const NO_SERVICE: &str = "no service is given. `foretop --demo` shows everything on an embedded \
                          server; --url URL connects to a service, and `foretop auth login NAME \
                          --url URL` makes a profile for one";

/// Why there is nothing to connect to.
fn no_service(places: &Places) -> String {
    let profiles = places.salvage_config().config.profiles;
    if profiles.is_empty() {
        return NO_SERVICE.to_owned();
    }
    let known = profiles.into_keys().collect::<Vec<_>>().join(", ");
    let file = places.config.display();
    format!(
        "no service is given, and none of the profiles is the default. --profile NAME names one, \
         profile = \"NAME\" in {file} does so for good. Known: {known}"
    )
}

async fn credentials(settings: &Settings, places: &Places) -> Result<Credentials, Failure> {
    let secret = match settings.auth.value {
        Auth::None => Zeroizing::default(),
        Auth::ApiKey => api_key(settings, places).await?.0,
        Auth::ClientCredentials => match &settings.client_secret_file {
            Some(file) => read_secret(&places.expand(&file.value))?,
            None => stored(settings, places).await?.ok_or_else(|| {
                missing(
                    "client_secret_file is not given and `foretop auth login` has not stored a \
                     secret; a secret",
                )
            })?,
        },
    };
    with_secret(settings, secret)
}

fn missing(what: &str) -> Failure {
    Failure::usage(format!("auth is \"oauth\", but {what} is not set in the profile"))
}

/// What requests prove themselves with, by the settings and a key or a client's secret.
pub(super) fn with_secret(
    settings: &Settings,
    secret: Zeroizing<String>,
) -> Result<Credentials, Failure> {
    match settings.auth.value {
        Auth::None => Ok(Credentials::none()),
        Auth::ApiKey => {
            log::hide(&secret);
            Ok(Credentials::api_key(&secret)?)
        }
        Auth::ClientCredentials => {
            let client_id = settings.client_id.clone().ok_or_else(|| missing("client_id"))?;
            let token_url = settings.token_url.clone().ok_or_else(|| missing("token_url"))?;
            log::hide(&secret);
            let grant = TokenGrant {
                url: token_url.value,
                client_id: client_id.value,
                client_secret: secret,
                body: settings.token_body.as_ref().map(|body| match body.value {
                    TokenBody::Form => GrantBody::Form,
                    TokenBody::Json => GrantBody::Json,
                }),
                allow_http: settings.allow_http.value,
            };
            Ok(Credentials::oauth(grant)?)
        }
    }
}

/// The key, and where it was found.
pub(super) async fn api_key(
    settings: &Settings,
    places: &Places,
) -> Result<(Zeroizing<String>, String), Failure> {
    // What the environment has is for another service.
    if let (Some(_), Some(file)) = (&settings.serve, &settings.api_key_file) {
        return Ok((read_secret(&file.value)?, file.value.display().to_string()));
    }
    let by_flag = settings.api_key_file.as_ref();
    let by_flag = by_flag.filter(|file| matches!(file.origin, Origin::Flag(_)));
    let from_file = |path: &Path| {
        let path = places.expand(path);
        Ok((read_secret(&path)?, path.display().to_string()))
    };
    if let Some(file) = by_flag {
        return from_file(&file.value);
    }
    if let Ok(key) = std::env::var(KEY_VARIABLE)
        && !key.trim().is_empty()
    {
        return Ok((Zeroizing::new(key), KEY_VARIABLE.to_owned()));
    }
    if let Some(file) = &settings.api_key_file {
        return from_file(&file.value);
    }
    if let Some(key) = stored(settings, places).await? {
        return Ok((key, "foretop auth login".to_owned()));
    }
    Err(Failure::new(
        Code::Denied,
        format!(
            "no API key. `foretop auth login` stores one for a profile; --api-key-file FILE and \
             {KEY_VARIABLE} work too"
        ),
    ))
}

async fn stored(
    settings: &Settings,
    places: &Places,
) -> Result<Option<Zeroizing<String>>, Failure> {
    let Some(profile) = &settings.profile else { return Ok(None) };
    let Some(store) = keys::store_of(&places.credentials, &profile.value)? else { return Ok(None) };
    match store {
        KeyStore::File(secret) => Ok(Some(secret)),
        KeyStore::Keyring => keys::from_keyring(&profile.value).await.map(Some),
    }
}

/// Bytes that a key file may have: more is another file, or one without an end.
const MOST_OF_A_KEY: u64 = 64 * 1024;

/// A file that others can read is refused as the server refuses its own. Pipes, as of a shell's `<()`,
/// are nobody else's.
pub(super) fn read_secret(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let shown = path.display();
    let failed =
        |why: std::io::Error| Failure::usage(format!("cannot read the key file {shown}: {why}"));
    let file = std::fs::File::open(path).map_err(failed)?;
    let about = file.metadata().map_err(failed)?;
    if about.is_file() && about.permissions().mode() & 0o077 != 0 {
        return Err(Failure::usage(format!(
            "others can read the key file {shown}. Look who did, then: chmod 600 {shown}"
        )));
    }
    let mut text = Zeroizing::new(String::new());
    let read = file.take(MOST_OF_A_KEY).read_to_string(&mut text).map_err(failed)?;
    if read as u64 == MOST_OF_A_KEY {
        return Err(Failure::usage(format!("{shown} is no key file: it is too long")));
    }
    Ok(text)
}
