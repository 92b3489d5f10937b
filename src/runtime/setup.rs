//! What a run of the screen begins with, and what it leaves behind.
//!
//! Does nothing; start with [`Setup`]. The invariant: whoever opens the screen chooses all of it, so that the
//! loop reads no environment.

use std::sync::Arc;

use super::clipboard::ClipboardWay;
use super::notify::Notifier;
use super::record::Recording;
use crate::api::AgentKey;
use crate::app::Keymap;
use crate::app::effect::KeyLine;
use crate::archive::{Archive, Reader};
use crate::client::Client;
use crate::state::StateDir;
use crate::terminal::FrameRate;
use crate::theme::Themes;
use crate::view::Model;
use crate::watcher::Spending;

/// Writes a line into the file of keys; where it stands then, or why it does not.
pub type KeepKeys = Arc<dyn Fn(&KeyLine) -> Result<String, String> + Send + Sync>;

/// Where what is shown comes from.
pub enum Source {
    Service {
        client: Client,
        /// The agents to watch; all when empty.
        agents: Vec<AgentKey>,
        /// What watching may cost.
        spending: Spending,
    },
    /// The rest of a file whose beginning the model already has.
    File { archive: Archive, reader: Box<Reader> },
}

/// What the loop runs with.
pub struct Setup {
    pub source: Source,
    pub model: Model,
    pub themes: Themes,
    pub keymap: Keymap,
    /// Shortest time between two frames.
    pub frame_rate: FrameRate,
    /// Where drafts and the like outlive the run; `None` keeps nothing.
    pub state: Option<StateDir>,
    /// Why nothing outlives it, although it should.
    pub unkept: Option<String>,
    /// What is to be said at the start.
    pub remarks: Vec<String>,
    /// Which way copies go.
    pub clipboard: ClipboardWay,
    /// Whether the title of the window is ours to set.
    pub titles: bool,
    /// Where the run is written down.
    pub recording: Option<Recording>,
    /// How a person who looks elsewhere is told.
    pub notifier: Notifier,
    /// What makes keys last; `None` where there is no place for them.
    pub keep_keys: Option<KeepKeys>,
}

/// How a run ended.
#[derive(Debug, Default)]
pub struct Ended {
    /// Left to say once the terminal is given back.
    pub last_words: Option<String>,
    /// The profile that somebody wants to see instead.
    pub next_profile: Option<String>,
}
