//! The models that agents of this server think with: which there are, and how one is asked.
//!
//! Speaks to providers and knows nothing of sessions, events or tools that run. Start with [`Model::ask`],
//! and with [`mod@file`] for what a person writes about them.
//! The invariant: a provider's key leaves through the request to that provider and nowhere else; no
//! error, log or trace holds it.

mod answer;
mod ask;
mod budget;
mod failure;
pub mod file;
mod fragments;
mod frames;
mod limits;
mod place;
mod question;
mod reasoning;
mod reply;
mod request;
mod settings;
mod upstream;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

pub use answer::{Answer, AskedCall, Piece, Stop, Used};
pub use failure::{Failure, ModelError};
pub use limits::Limits;
pub use question::{Answered, Asker, Message, Offer, Part, Question, Schema};
pub use reasoning::Reasoning;
pub use settings::{Key, Kind, ModelSettings, Patience, Prices};
pub use upstream::Upstream;

use budget::Budget;
use tokio::sync::Semaphore;

/// One model, ready to be asked.
pub struct Model {
    settings: ModelSettings,
    client: genai::Client,
    /// Answers that it gives at a time.
    places: Arc<Semaphore>,
    /// Of all models.
    budget: Arc<Budget>,
    /// Of all models.
    upstream: Arc<Upstream>,
}

/// All models, by the name that agents call them with, and what they may spend.
#[derive(Default)]
pub struct Models {
    named: BTreeMap<String, Arc<Model>>,
    limits: Limits,
    budget: Arc<Budget>,
    upstream: Arc<Upstream>,
}

impl Models {
    pub fn new(settings: impl IntoIterator<Item = ModelSettings>) -> Result<Self, ModelError> {
        let (budget, upstream) = (Arc::<Budget>::default(), Arc::<Upstream>::default());
        let named = settings.into_iter().map(|settings| {
            let name = settings.name.clone();
            let model = Model::new(settings, Arc::clone(&budget), Arc::clone(&upstream))?;
            Ok((name, Arc::new(model)))
        });
        let named = named.collect::<Result<_, _>>()?;
        Ok(Self { named, limits: Limits::default(), budget, upstream })
    }

    #[must_use]
    pub fn limited(self, limits: Limits) -> Self {
        self.budget.limit(&limits);
        Self { limits, ..self }
    }

    /// Counts on from what was spent before, where a day has a limit.
    pub fn keep_spending_in(&self, file: &Path) {
        self.budget.keep_in(file);
    }

    /// What was asked lately.
    pub fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    pub fn get(&self, name: &str) -> Option<&Arc<Model>> {
        self.named.get(name)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Arc<Model>> {
        self.named.values()
    }

    pub fn is_empty(&self) -> bool {
        self.named.is_empty()
    }
}

impl Model {
    pub fn settings(&self) -> &ModelSettings {
        &self.settings
    }
}
