//! The command line, with the commands that it may become, each with its key and what stands in its
//! way.

use super::Editor;
use super::prompt::Recall;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// As it is typed.
    pub name: &'static str,
    /// What is typed behind it; empty where nothing is.
    pub argument: &'static str,
    /// Does the same without a command; empty where no key does here.
    pub key: String,
    pub words: &'static str,
    /// Why it would come to nothing now.
    pub off: Option<String>,
}

#[derive(Debug, Clone, Default)]
pub struct Palette {
    /// The line that is typed.
    pub input: Editor,
    /// The likeliest first.
    pub offers: Vec<Offer>,
    /// Lines of earlier can be brought back.
    pub has_history: bool,
    /// Which of them is shown.
    pub recall: Recall,
}
