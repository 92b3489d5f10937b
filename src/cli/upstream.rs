//! `tail --upstream`: what an embedded server asked of its models, and what came of it.
//!
//! Reads only. Start with [`tail`]. The invariant: a request is told of when it is asked and when it is over,
//! and at no other time.

use std::collections::HashMap;
use std::process::ExitCode;
use std::time::Duration;

use super::connect::Context;
use super::exit::{Code, Failure};
use super::zone::DayLines;
use crate::api::Exact;
use crate::api::upstream::{UpstreamMessage, UpstreamRequest, UpstreamRequests, UpstreamState};
use crate::client::ClientError;
use crate::text::{sanitize, units};

/// Between two looks at a server on this machine.
const PAUSE: Duration = Duration::from_millis(500);

pub(super) async fn tail(
    context: &Context,
    session: Option<&str>,
    follow: bool,
    last: usize,
) -> Result<ExitCode, Failure> {
    let session = match session {
        Some(named) => Some(context.session(named).await?.reference().to_string()),
        None => None,
    };
    let is_meant = |request: &UpstreamRequest| {
        session.is_none() || request.session.as_deref() == session.as_deref()
    };
    let mut told = Told { days: context.day_lines(), states: HashMap::new() };
    let UpstreamRequests { mut requests, changes: mut known } = ask(context, None).await?;
    requests.retain(is_meant);
    let older = requests.len().saturating_sub(last);
    for request in &requests[older..] {
        told.tell(context, request)?;
    }
    if !follow {
        if requests.is_empty() {
            context.out.note(
                "no model was asked since this server started; `foretop models` lists those that it has",
            );
        }
        return Ok(ExitCode::SUCCESS);
    }
    told.pass_over(&requests[..older]);
    let mut is_lost = false;
    loop {
        tokio::time::sleep(PAUSE).await;
        let news = match ask(context, Some(known)).await {
            Ok(news) => news,
            Err(failure) if matches!(failure.code(), Code::Network | Code::RateLimited) => {
                if !std::mem::replace(&mut is_lost, true) {
                    context.out.note(&format!("{failure} Trying again until it works."));
                }
                continue;
            }
            Err(failure) => return Err(failure),
        };
        if std::mem::take(&mut is_lost) {
            context.out.note("the service answers again");
        }
        if news.changes < known {
            context.out.note("the server started again; what it asked before is forgotten");
            told.states.clear();
        }
        known = news.changes;
        for request in news.requests.iter().filter(|request| is_meant(request)) {
            told.tell(context, request)?;
        }
    }
}

async fn ask(context: &Context, since: Option<u64>) -> Result<UpstreamRequests, Failure> {
    match context.client.upstream_requests(since).await {
        Ok(told) => Ok(told),
        Err(ClientError::Api { status: 404 | 405 | 501, .. }) => Err(Failure::new(
            Code::NotFound,
            "this service does not tell what it asks of models. A server of `foretop serve --models FILE` does",
        )),
        Err(error) => Err(error.into()),
    }
}

/// What was told of each request: whether it was over by then.
struct Told {
    days: DayLines,
    states: HashMap<u64, bool>,
}

impl Told {
    fn pass_over(&mut self, requests: &[UpstreamRequest]) {
        for request in requests {
            self.states.insert(request.id, request.state.is_over());
        }
    }

    fn tell(&mut self, context: &Context, request: &UpstreamRequest) -> Result<(), Failure> {
        let is_over = request.state.is_over();
        let before = self.states.insert(request.id, is_over);
        if before == Some(is_over) {
            return Ok(());
        }
        if context.out.is_for_programs() {
            let value = serde_json::to_value(request);
            let value = value.map_err(|error| Failure::other(error.to_string()))?;
            return context.out.json_line(Exact::from(value).text());
        }
        if let Some(day) = self.days.line(request.asked_at) {
            context.out.line(&day)?;
        }
        for line in lines(request, &self.days.time(request.asked_at), before.is_none()) {
            context.out.line(&line)?;
        }
        Ok(())
    }
}

/// A headline, what was asked (where that was not told before), and what came of it.
fn lines(request: &UpstreamRequest, time: &str, whole: bool) -> Vec<String> {
    let clean = |text: &str| sanitize::one_line(text).into_owned();
    let state = match request.state {
        UpstreamState::Waiting => "waits for a place",
        UpstreamState::Asked => "asked",
        UpstreamState::Answering => "is answering",
        UpstreamState::Answered => "answered",
        UpstreamState::Failed => "failed",
        UpstreamState::Dropped => "given up",
        UpstreamState::Unknown => "in a state that this foretop does not know",
    };
    let mut head = vec![format!("{time:8}  #{} {} {state}", request.id, clean(&request.model))];
    head.extend(request.session.as_deref().map(|session| format!("for {}", clean(session))));
    if !matches!(request.purpose.as_str(), "" | "turn") {
        head.push(format!("({})", clean(&request.purpose)));
    }
    if request.retries > 0 {
        head.push(format!("(try {})", request.retries + 1));
    }
    let mut out = vec![head.join(" ")];
    let mut line = |name: &str, text: String| {
        out.push(format!("          {name:<10}{text}").trim_end().to_owned());
    };
    if whole {
        let [kind, id, url] =
            [&request.kind, &request.model_id, &request.url].map(|one| clean(one));
        line("model", format!("{id} at {url} ({kind})"));
        if !request.parameters.is_empty() {
            let parameters =
                request.parameters.iter().map(|(name, value)| format!("{name}={value}"));
            line("with", clean(&parameters.collect::<Vec<_>>().join(" ")));
        }
        if !request.tools.is_empty() {
            line("tools", clean(&request.tools.join(", ")));
        }
        if let Some(schema) = &request.schema {
            line("shape", clean(schema));
        }
        let shown = request.messages.len() as u64;
        if request.messages_total > shown {
            line("", format!("({} earlier messages)", request.messages_total - shown));
        }
        for message in &request.messages {
            line(&clean(&message.role), said(message));
        }
    }
    if request.state.is_over() {
        line("=", outcome(request));
    }
    out
}

fn said(message: &UpstreamMessage) -> String {
    let mut text = sanitize::one_line(&message.text).into_owned();
    if !message.calls.is_empty() {
        let calls = sanitize::one_line(&message.calls.join(", ")).into_owned();
        text = format!("{text} [calls {calls}]");
    }
    if message.bytes > message.text.len() as u64 {
        text = format!("{text} ({})", units::size(message.bytes));
    }
    text.trim_start().to_owned()
}

fn outcome(request: &UpstreamRequest) -> String {
    let clean = |text: &str| sanitize::one_line(text).into_owned();
    let mut parts = Vec::new();
    parts.extend(request.error.as_deref().map(clean));
    if request.error.is_none() {
        parts.extend(request.status.map(|status| status.to_string()));
    }
    parts.extend(request.finish.as_deref().map(clean));
    if !request.calls.is_empty() {
        parts.push(format!("calls {}", clean(&request.calls.join(", "))));
    }
    if let Some(tokens) = request.tokens {
        let about = if tokens.estimated { "about " } else { "" };
        let [input, output] = [tokens.input, tokens.output].map(units::tokens);
        parts.push(format!("{about}{input} tokens in, {output} out"));
        if tokens.cached > 0 {
            parts.push(format!("{} kept from before", units::tokens(tokens.cached)));
        }
        if tokens.reasoning > 0 {
            parts.push(format!("{} thought", units::tokens(tokens.reasoning)));
        }
    }
    if request.waited_ms >= 100 {
        parts.push(format!("waited {} for a place", units::duration(request.waited_ms)));
    }
    let first = request.time_to_first_token_ms.map(units::duration);
    parts.extend(first.map(|first| format!("first token after {first}")));
    parts.extend(request.duration_ms.map(|length| format!("{} in all", units::duration(length))));
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(json: &str) -> UpstreamRequest {
        let rest = r#""asked_at":"2026-05-03T14:00:00Z","model":"fast","kind":"openai","model_id":"x-1",
            "url":"http://127.0.0.1:1/v1/","session":"a/s","purpose":"turn""#;
        serde_json::from_str(&format!("{{{rest},{json}}}")).unwrap()
    }

    #[test]
    fn what_was_asked_and_what_came_of_it_are_told_in_lines() {
        let asked = request(
            r#""id":3,"state":"failed","retries":1,"status":429,"tools":["look","write"],
            "parameters":{"temperature":0.5},"messages_total":4,"messages":[
            {"role":"user","text":"hi\u001b[2J","bytes":400},
            {"role":"assistant","text":"","bytes":0,"calls":["look"]}],
            "error":"answered 429: slow down","duration_ms":1200,"waited_ms":20"#,
        );
        let lines = lines(&asked, "14:00:00", true);
        let expected = [
            "14:00:00  #3 fast failed for a/s (try 2)",
            "          model     x-1 at http://127.0.0.1:1/v1/ (openai)",
            "          with      temperature=0.5",
            "          tools     look, write",
            "                    (2 earlier messages)",
        ];
        assert_eq!(lines[..5], expected);
        assert!(lines[5].starts_with("          user      hi") && !lines[5].contains('\u{1b}'));
        assert!(lines[5].ends_with("(400 bytes)"), "{}", lines[5]);
        assert_eq!(lines[6], "          assistant [calls look]");
        assert_eq!(lines[7], "          =         answered 429: slow down, 1.2s in all");
    }

    #[test]
    fn numbers_are_told_where_there_are_any() {
        let answered = request(
            r#""id":3,"state":"answered","status":200,"finish":"stop","time_to_first_token_ms":400,
            "duration_ms":2100,"tokens":{"input":2100,"output":340,"cached":1000,"reasoning":20}"#,
        );
        assert_eq!(
            outcome(&answered),
            "200, stop, 2.1k tokens in, 340 out, 1.0k kept from before, 20 thought, first token after \
             0.4s, 2.1s in all"
        );
        assert_eq!(lines(&answered, "14:00:00", false).len(), 2);
    }
}
