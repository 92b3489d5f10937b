//! The commands that a line being typed may become, each with its key and what stands in its way.

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

/// What stands over the command line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Palette {
    /// The likeliest first.
    pub offers: Vec<Offer>,
    /// Lines of earlier can be brought back.
    pub has_history: bool,
}
