//! What was asked of providers lately, in short and without secrets, for whoever has to find out why a model
//! answers as it does.
//!
//! Held in memory alone, and forgotten with the process. Start with [`Upstream::begin`]. The invariant: what
//! is held is small whatever was asked, and neither the provider's key nor what looks like one is in it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::answer::Answer;
use super::failure::ModelError;
use super::question::{Message, Part, Question};
use super::settings::ModelSettings;
use crate::api::upstream::{
    UpstreamMessage, UpstreamRequest, UpstreamRequests, UpstreamState, UpstreamTokens,
};
use crate::api::{Object, SessionRef, Timestamp};
use crate::text::{redact, sanitize};

/// Requests that are held, the newest.
const REQUESTS: usize = 200;
/// Messages of each that are shown, the newest; the instructions come on top.
const MESSAGES: usize = 12;
/// Characters of each.
const TEXT: usize = 240;
/// Bytes that are looked through for secrets before that much is cut off: a longer secret is not made of
/// characters that end at a blank.
const LOOKED_THROUGH: usize = 4_096;
/// Names of tools and calls that are shown.
const NAMES: usize = 64;
/// Bytes of the parameters as JSON.
const PARAMETERS: usize = 4_096;

/// All models' requests.
#[derive(Debug, Default)]
pub struct Upstream(Mutex<Ring>);

#[derive(Debug, Default)]
struct Ring {
    held: VecDeque<Held>,
    last_id: u64,
    changes: u64,
}

#[derive(Debug)]
struct Held {
    /// The latest change of it.
    change: u64,
    session: Option<SessionRef>,
    request: UpstreamRequest,
}

/// One request on its way. What was not ended when this is dropped was given up.
#[derive(Debug)]
pub(super) struct Underway {
    all: Arc<Upstream>,
    id: u64,
    since: Instant,
    /// When it had its place.
    asked: Option<Instant>,
    has_begun: bool,
    is_over: bool,
}

impl Upstream {
    fn ring(&self) -> MutexGuard<'_, Ring> {
        // A request that is half noted is still a request.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn begin(
        self: &Arc<Self>,
        settings: &ModelSettings,
        question: &Question,
    ) -> Underway {
        let request = shortened(settings, question);
        let mut ring = self.ring();
        ring.last_id += 1;
        ring.changes += 1;
        let (id, change) = (ring.last_id, ring.changes);
        if ring.held.len() == REQUESTS {
            ring.held.pop_front();
        }
        let session = question.asker.session.clone();
        ring.held.push_back(Held { change, session, request: UpstreamRequest { id, ..request } });
        let (all, since) = (Arc::clone(self), Instant::now());
        Underway { all, id, since, asked: None, has_begun: false, is_over: false }
    }

    fn change(&self, id: u64, change: impl FnOnce(&mut UpstreamRequest)) {
        let mut ring = self.ring();
        ring.changes += 1;
        let number = ring.changes;
        // The newest are changed, as a rule.
        if let Some(held) = ring.held.iter_mut().rev().find(|held| held.request.id == id) {
            held.change = number;
            change(&mut held.request);
        }
    }

    /// What is deleted of a session is gone from here, too: all that was asked for it.
    pub fn forget(&self, fits: impl Fn(&SessionRef) -> bool) {
        self.ring().held.retain(|held| held.session.as_ref().is_none_or(|of| !fits(of)));
    }

    /// What happened after that change; all that is held, where the number is none that this process has
    /// given.
    pub fn since(&self, change: u64) -> UpstreamRequests {
        let ring = self.ring();
        let change = if change > ring.changes { 0 } else { change };
        let news = ring.held.iter().filter(|held| held.change > change);
        let requests = news.map(|held| held.request.clone()).collect();
        UpstreamRequests { requests, changes: ring.changes }
    }
}

impl Underway {
    /// It has its place, and goes out.
    pub(super) fn goes_out(&mut self) {
        let now = Instant::now();
        self.asked = Some(now);
        let waited = milliseconds(now - self.since);
        self.all.change(self.id, |request| {
            (request.state, request.waited_ms) = (UpstreamState::Asked, waited);
        });
    }

    /// Something was heard.
    pub(super) fn hears(&mut self) {
        if std::mem::replace(&mut self.has_begun, true) {
            return;
        }
        let waited = milliseconds(self.asked.unwrap_or(self.since).elapsed());
        self.all.change(self.id, |request| {
            request.state = UpstreamState::Answering;
            // Nothing else begins a stream.
            request.status = Some(200);
            request.time_to_first_token_ms = Some(waited);
        });
    }

    fn end(&mut self, change: impl FnOnce(&mut UpstreamRequest)) {
        self.is_over = true;
        let length = milliseconds(self.asked.unwrap_or(self.since).elapsed());
        self.all.change(self.id, |request| {
            request.duration_ms = Some(length);
            change(request);
        });
    }

    pub(super) fn answered(&mut self, answer: &Answer) {
        let calls = names(answer.calls.iter().map(|call| &*call.tool));
        let used = answer.used;
        self.end(|request| {
            request.state = UpstreamState::Answered;
            request.status = Some(200);
            request.finish = Some(answer.stop.word().to_owned());
            request.calls = calls;
            request.tokens = Some(UpstreamTokens {
                input: used.input,
                cached: used.cached,
                output: used.output,
                reasoning: used.reasoning,
                estimated: used.estimated,
            });
        });
    }

    /// Its words are those of [`ModelError`], which holds no key.
    pub(super) fn failed(&mut self, error: &ModelError) {
        let (status, words) = (error.status, redact::line(&error.why).into_owned());
        self.end(|request| {
            request.state = UpstreamState::Failed;
            request.status = status.or(request.status);
            request.error = Some(words);
        });
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        if !self.is_over {
            self.end(|request| request.state = UpstreamState::Dropped);
        }
    }
}

fn milliseconds(of: Duration) -> u64 {
    u64::try_from(of.as_millis()).unwrap_or(u64::MAX)
}

fn names<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    names.take(NAMES).map(|name| sanitize::preview(name, 80)).collect()
}

fn shortened(settings: &ModelSettings, question: &Question) -> UpstreamRequest {
    let clean = |text: &str| without_secrets(settings, text);
    let instructions = (!question.system.is_empty()).then(|| UpstreamMessage {
        role: "system".to_owned(),
        text: clean(&question.system),
        bytes: question.system.len() as u64,
        calls: Vec::new(),
    });
    let newest = question.messages.len().saturating_sub(MESSAGES);
    let messages = question.messages[newest..].iter().map(|message| told(message, &clean));
    UpstreamRequest {
        id: 0,
        asked_at: Timestamp::now(),
        state: UpstreamState::Waiting,
        session: question.asker.session.as_ref().map(ToString::to_string),
        purpose: question.asker.purpose.to_owned(),
        retries: question.asker.retries,
        model: settings.name.clone(),
        kind: settings.kind.word().to_owned(),
        model_id: settings.id.clone(),
        url: settings.url.split('?').next().unwrap_or_default().to_owned(),
        messages: instructions.into_iter().chain(messages).collect(),
        messages_total: question.messages.len() as u64 + u64::from(!question.system.is_empty()),
        tools: names(question.offers.iter().map(|offer| &*offer.name)),
        parameters: parameters(settings, &question.parameters),
        schema: question.schema.as_ref().map(|schema| sanitize::preview(&schema.name, 80)),
        estimated_tokens: question.bytes() as u64 / super::ask::BYTES_PER_TOKEN,
        waited_ms: 0,
        status: None,
        time_to_first_token_ms: None,
        duration_ms: None,
        finish: None,
        calls: Vec::new(),
        tokens: None,
        error: None,
    }
}

fn told(message: &Message, clean: &impl Fn(&str) -> String) -> UpstreamMessage {
    let (role, text, bytes, calls) = match message {
        Message::User(parts) => {
            let texts = parts.iter().map(|part| match part {
                Part::Text(text) => clean(text),
                Part::Image { mime_type, .. } => format!("({mime_type})"),
            });
            let text = texts.collect::<Vec<_>>().join(" ");
            let bytes = parts.iter().map(|part| match part {
                Part::Text(text) => text.len(),
                Part::Image { data, .. } => data.len(),
            });
            ("user", sanitize::preview(&text, TEXT), bytes.sum(), Vec::new())
        }
        Message::Assistant { text, calls, .. } => {
            let names = names(calls.iter().map(|(_, tool, _)| &**tool));
            ("assistant", clean(text), text.len(), names)
        }
        Message::Tool(answered) => {
            ("tool", clean(&answered.output), answered.output.len(), Vec::new())
        }
    };
    UpstreamMessage { role: role.to_owned(), text, bytes: bytes as u64, calls }
}

/// The beginning of a text, with what is or looks like a secret replaced.
fn without_secrets(settings: &ModelSettings, text: &str) -> String {
    let text = &text[..text.floor_char_boundary(LOOKED_THROUGH)];
    let key = settings.key.as_ref().map_or("", |key| key.reveal());
    let text = if key.is_empty() { text.to_owned() } else { text.replace(key, redact::REDACTED) };
    sanitize::preview(&redact::line(&text), TEXT)
}

fn parameters(settings: &ModelSettings, parameters: &Object) -> Object {
    let mut value = Value::Object(parameters.clone());
    redact::value(&mut value);
    let mut text = value.to_string();
    if let Some(key) = settings.key.as_ref().filter(|key| !key.reveal().is_empty()) {
        text = text.replace(key.reveal(), redact::REDACTED);
    }
    match serde_json::from_str(&text) {
        Ok(Value::Object(parameters)) if text.len() <= PARAMETERS => parameters,
        _ => Object::from_iter([("not_shown".to_owned(), "larger than is kept".into())]),
    }
}

#[cfg(test)]
mod tests {
    use super::super::settings::{Key, Kind};
    use super::*;
    use crate::server::models::{Answered, Asker};

    fn settings() -> ModelSettings {
        let key = Some(Key::new("planted-key-of-no-known-shape"));
        let url = "https://gateway.example/v1/?team=hidden".to_owned();
        ModelSettings { url, key, ..ModelSettings::new("fast", Kind::OpenAi, "x-1") }
    }

    fn said(text: &str) -> Question {
        let messages = vec![Message::User(vec![Part::Text(text.to_owned())])];
        let asker = Asker { session: Some(SessionRef::new("a", "s")), purpose: "turn", retries: 1 };
        Question { asker, messages, ..Question::default() }
    }

    #[test]
    fn what_is_or_looks_like_a_secret_is_not_held() {
        let all = Arc::<Upstream>::default();
        let secret = "sk-planted-0123456789abcdef";
        let mut question = said(&format!("{}{secret} tail", "x ".repeat(110)));
        question.system = "Use planted-key-of-no-known-shape.".to_owned();
        question.messages.push(Message::Tool(Answered {
            call_id: "c".to_owned(),
            tool: "look".to_owned(),
            output: r#"{"password": "planted-too"}"#.to_owned(),
        }));
        let parameters = serde_json::json!({"api_key": "planted-three", "top_k": 4});
        question.parameters = parameters.as_object().unwrap().clone();
        drop(all.begin(&settings(), &question));
        let told = serde_json::to_string(&all.since(0)).unwrap();
        assert!(!told.contains("planted") && !told.contains("hidden"), "{told}");
        assert!(told.contains(r#""top_k":4"#) && told.contains(r#""session":"a/s""#), "{told}");
        assert!(told.contains(r#""state":"dropped""#), "{told}");
    }

    #[test]
    fn the_newest_are_held_and_what_changed_is_told_once() {
        let all = Arc::<Upstream>::default();
        let long = said(&"word ".repeat(100_000));
        let mut last = None;
        for _ in 0..REQUESTS + 5 {
            last = Some(all.begin(&settings(), &long));
        }
        let held = all.since(0);
        assert_eq!((held.requests.len(), held.requests[0].id), (REQUESTS, 6));
        assert!(serde_json::to_string(&held).unwrap().len() < REQUESTS * 1_500);
        assert_eq!(all.since(held.changes).requests, []);
        let mut last = last.unwrap();
        last.goes_out();
        last.hears();
        last.hears();
        let news = all.since(held.changes);
        let [one] = &news.requests[..] else { panic!("{news:?}") };
        assert_eq!((one.state, one.retries), (UpstreamState::Answering, 1));
        assert!(one.time_to_first_token_ms.is_some() && one.duration_ms.is_none());
        // Another process has counted further.
        assert_eq!(all.since(u64::MAX).requests.len(), REQUESTS);
    }
}
