//! Asking a model: the way to its provider, and one question on it.
//!
//! A library speaks to the providers. Start with [`Model::ask`]. The invariant: nothing is asked beyond what may be
//! spent, nor of more answers at a time than the model gives, and nothing is repeated here.

use std::sync::Arc;
use std::time::Duration;

use genai::chat::ChatStream;
use genai::resolver::{AuthData, Endpoint};
use genai::{Client, ModelIden, ServiceTarget};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::Model;
use super::budget::Budget;
use super::failure::{Failure, ModelError};
use super::fragments::Fragments;
use super::frames::Frames;
use super::question::Question;
use super::reply::Reply;
use super::request::{options, request};
use super::settings::{Kind, ModelSettings};
use super::upstream::{Underway, Upstream};
use crate::api::Timestamp;
use crate::trust;

/// A common rule of thumb for English and JSON.
pub(super) const BYTES_PER_TOKEN: u64 = 4;
const TCP_KEEPALIVE: Duration = Duration::from_secs(30);
/// For providers that want none: the library sends a header all the same.
const NO_KEY: &str = "none";

/// A question on its way.
pub(super) struct Sent {
    pub(super) stream: ChatStream,
    pub(super) ends: Instant,
    /// Bytes of the question.
    pub(super) asked: u64,
    /// The calls, where the library does not put them together.
    pub(super) fragments: Option<Arc<Fragments>>,
    pub(super) frames: Option<Arc<Frames>>,
    _place: OwnedSemaphorePermit,
}

impl Model {
    pub(super) fn new(
        settings: ModelSettings,
        budget: Arc<Budget>,
        upstream: Arc<Upstream>,
    ) -> Result<Self, ModelError> {
        let setup = |why: String| ModelError::new(&settings, Failure::Setup, why);
        let is_plain = settings.url.starts_with("http:");
        let mut http = trust::http(is_plain)
            .map_err(|error| setup(error.to_string()))?
            .connect_timeout(settings.patience.connect)
            .tcp_keepalive(TCP_KEEPALIVE)
            .tcp_nodelay(true);
        if is_plain {
            // No proxy leads to a model on this machine or beside it.
            http = http.no_proxy();
        }
        let http = http.build().map_err(|error| setup(error.to_string()))?;
        let client = Client::builder()
            .with_reqwest(http)
            .build()
            .map_err(|error| setup(error.to_string()))?;
        let places = Arc::new(Semaphore::new(settings.parallel));
        Ok(Self { settings, client, places, budget, upstream })
    }

    /// Asks, once there is room for one more question. Nothing is repeated here.
    pub async fn ask(self: &Arc<Self>, question: Question) -> Result<Reply, ModelError> {
        let mut underway = self.upstream.begin(&self.settings, &question);
        match self.send(question, &mut underway).await {
            Ok(sent) => Ok(Reply::new(Arc::clone(self), sent, underway)),
            Err(error) => {
                underway.failed(&error);
                Err(error)
            }
        }
    }

    async fn send(
        self: &Arc<Self>,
        question: Question,
        underway: &mut Underway,
    ) -> Result<Sent, ModelError> {
        let closed = |_| ModelError::new(&self.settings, Failure::Setup, "takes no questions");
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(closed)?;
        let spent = |why| ModelError::new(&self.settings, Failure::Spent, why);
        self.budget.check(today()).map_err(spent)?;
        underway.goes_out();
        let ends = Instant::now() + self.settings.patience.answer;
        let asked = question.bytes() as u64;
        let mut options = options(&self.settings, &question);
        let fragments = (self.settings.kind == Kind::OpenAi).then(Arc::<Fragments>::default);
        if let Some(fragments) = &fragments {
            let sink = Arc::<Fragments>::clone(fragments);
            options = options.with_capture_tool_calls(false).with_raw_frame_sink_arc(sink);
        }
        let frames = (self.settings.kind == Kind::OpenAiResponses).then(Arc::<Frames>::default);
        if let Some(frames) = &frames {
            options = options.with_raw_frame_sink_arc(Arc::<Frames>::clone(frames));
        }
        let target = ServiceTarget {
            endpoint: Endpoint::from_owned(self.settings.url.as_str()),
            auth: AuthData::from_single(
                self.settings.key.as_ref().map_or(NO_KEY, |key| key.reveal()),
            ),
            model: ModelIden::new(self.settings.kind.adapter(), self.settings.id.as_str()),
        };
        let request = self.client.exec_chat_stream(
            target.clone(),
            request(&self.settings, &target.model, question),
            Some(&options),
        );
        let reply = request.await.map_err(|error| ModelError::of(&self.settings, &error))?;
        Ok(Sent { stream: reply.stream, ends, asked, fragments, frames, _place: place })
    }
}

/// Counted from the epoch.
pub(super) fn today() -> i64 {
    Timestamp::now().as_second().div_euclid(86_400)
}
