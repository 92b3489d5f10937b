//! Where foretop keeps its files, and what can be read of its configuration.
//!
//! Start with [`Places::find`]. The invariant: whoever must not be kept out by a mistake salvages, and is told
//! what was not readable.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::config_file::{read, read_planted};
use super::exit::Failure;
use crate::config::{Config, PROJECT_FILE, Setting};
use crate::tools::ToolCommand;

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
