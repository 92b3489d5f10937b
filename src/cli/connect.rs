//! From flags, environment and files to a client that may be used.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::appearance::is_ascii;
use super::exit::{Code, Failure};
use super::global::Global;
use super::local_server;
use super::output::Output;
use super::places::{Places, Salvaged};
use super::secrets::credentials;
use crate::api::{AgentKey, Session};
use crate::client::{Client, ClientError, ClientOptions, Gate};
use crate::config::{Config, Flags, Origin, Setting, Settings};
use crate::server::Server;
use crate::text::wall_clock::WallClock;
use crate::tools::ToolCommand;
use crate::watcher::{Patrol, Scope, Spending};

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
