//! Asking a model: what comes of every answer that a provider can give, on a real socket.

use std::sync::Arc;
use std::time::Duration;

use foretop::internals::server::models::{
    Answer, Answered, Asker, Failure, Key, Kind, Limits, Message, Model, ModelError, ModelSettings,
    Models, Offer, Part, Patience, Piece, Question, Schema, Stop,
};
use futures_util::{StreamExt as _, poll, stream};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::provider::{Provider, Step, Turn};

const PLANTED: &str = "planted-key-0123456789";

fn settings(url: &str) -> ModelSettings {
    let new = ModelSettings::new("clever", Kind::OpenAi, "stub-1");
    ModelSettings { url: url.to_owned(), key: Some(Key::new(PLANTED)), ..new }
}

fn model(settings: ModelSettings) -> Arc<Model> {
    let models = Models::new([settings]).unwrap();
    Arc::clone(models.iter().next().unwrap())
}

fn question(text: &str) -> Question {
    let messages = vec![Message::User(vec![Part::Text(text.to_owned())])];
    Question { messages, ..Question::default() }
}

/// What one answer comes to, and the pieces before its end.
async fn pieces(model: &Arc<Model>) -> (Vec<Piece>, Result<Answer, ModelError>) {
    let mut reply = match model.ask(question("hi")).await {
        Ok(reply) => reply,
        Err(error) => return (Vec::new(), Err(error)),
    };
    let mut pieces = Vec::new();
    loop {
        match reply.next().await.unwrap() {
            Ok(Piece::Done(answer)) => {
                assert!(reply.next().await.is_none(), "nothing comes after the end");
                return (pieces, Ok(*answer));
            }
            Ok(piece) => pieces.push(piece),
            Err(error) => {
                assert!(reply.next().await.is_none(), "nothing comes after an error");
                return (pieces, Err(error));
            }
        }
    }
}

/// The answer that a turn of the provider makes, which must be one.
async fn answer(turn: Turn) -> Answer {
    let provider = Provider::start(vec![turn]).await;
    pieces(&model(settings(provider.url()))).await.1.unwrap()
}

/// Why a turn of the provider makes none. Nothing of it holds the key.
async fn failure(turn: Turn) -> ModelError {
    failure_within(turn, Patience::default()).await
}

async fn failure_within(turn: Turn, patience: Patience) -> ModelError {
    let provider = Provider::start(vec![turn]).await;
    let settings = ModelSettings { patience, ..settings(provider.url()) };
    let (_, outcome) = pieces(&model(settings)).await;
    assert!(provider.requests().len() <= 1, "asking again is for the turn to decide");
    let error = outcome.unwrap_err();
    let told = format!("{error} {error:?}");
    assert!(!told.contains("planted"), "{told}");
    assert!(error.to_string().starts_with("clever: "), "{error}");
    error
}

#[tokio::test]
async fn text_and_thought_come_as_they_are_said_however_they_are_cut() {
    for bytes in [1, 2, 3, 7, 1_000] {
        let turn = Turn::thought("Hm, zwölf.", "Es sind 12 🦀 Krebse.").in_pieces_of(bytes);
        let turn = turn.after(2, Step::bytes(": keep-alive\n\n")).used(70, 9);
        let provider = Provider::start(vec![turn]).await;
        let (pieces, answer) = pieces(&model(settings(provider.url()))).await;
        let answer = answer.unwrap();
        let said =
            |of: fn(&Piece) -> Option<&str>| pieces.iter().filter_map(of).collect::<String>();
        let text = said(|piece| match piece {
            Piece::Text(text) => Some(text),
            _ => None,
        });
        let thought = said(|piece| match piece {
            Piece::Thought(text) => Some(text),
            _ => None,
        });
        assert_eq!((&*text, &*answer.text), ("Es sind 12 🦀 Krebse.", "Es sind 12 🦀 Krebse."));
        assert_eq!((&*thought, &*answer.thought), ("Hm, zwölf.", "Hm, zwölf."));
        assert_eq!((answer.stop, answer.calls.len()), (Stop::Finished, 0));
        assert_eq!((answer.used.input, answer.used.output), (70, 9));
        assert!(!answer.used.estimated && pieces.len() > 2, "{pieces:?}");
    }
}

#[tokio::test]
async fn calls_are_joined_from_fragments_that_take_turns() {
    let arguments = json!({"path": "/a/very/long/path", "text": "zwölf 🦀"});
    let exact = r#"{"amount": 84.20, "id": 123456789012345678901234567890}"#;
    let calls =
        [("write", &*arguments.to_string()), ("pay", exact), ("ping", ""), ("odd", "{oops")];
    for bytes in [1, 5, 1_000] {
        let answer = answer(Turn::calls_as(&calls).in_pieces_of(bytes)).await;
        assert_eq!(answer.stop, Stop::Calls);
        let names: Vec<_> = answer.calls.iter().map(|call| (&*call.tool, &*call.id)).collect();
        let expected = [("write", "call_stub_0"), ("pay", "call_stub_1"), ("ping", "call_stub_2")];
        assert_eq!(names[..3], expected);
        let of = |at: usize| answer.calls[at].arguments.clone();
        assert_eq!(Value::Object(of(0).unwrap()), arguments);
        assert_eq!(of(1).unwrap()["amount"].to_string(), "84.20", "as it was written");
        assert_eq!(of(1).unwrap()["id"].to_string(), "123456789012345678901234567890");
        assert!(of(2).unwrap().is_empty(), "nothing at all is no arguments");
        assert_eq!(of(3).unwrap_err(), "{oops");
    }
    let answer = answer(Turn::text_and_calls("Let me see.", &[("look", json!({}))])).await;
    assert_eq!((&*answer.text, answer.calls.len(), answer.stop), ("Let me see.", 1, Stop::Calls));
}

#[tokio::test]
async fn calls_that_are_counted_from_one_are_no_more_than_there_are() {
    let call = |index: usize, id: &str, name: &str, arguments: &str| {
        json!({"tool_calls": [{"index": index, "id": id, "type": "function",
            "function": {"name": name, "arguments": arguments}}]})
    };
    let more = |index: usize, text: &str| json!({"tool_calls": [{"index": index, "function": {"arguments": text}}]});
    for first in ["", "{\"a\":", "{\"a\":1}"] {
        let rest = &"{\"a\":1}"[first.len()..];
        let deltas = vec![
            call(1, "x", "look", first),
            more(1, rest),
            call(2, "y", "look", ""),
            more(2, "{\"a\":1}"),
        ];
        let answer = answer(Turn::stream(deltas, "tool_calls")).await;
        let ids: Vec<_> = answer.calls.iter().map(|call| &*call.id).collect();
        assert_eq!(ids, ["x", "y"], "{first}");
        assert!(answer.calls.iter().all(|call| call.arguments.as_ref().unwrap()["a"] == 1));
    }
}

#[tokio::test]
async fn without_usage_it_is_estimated_and_said_so() {
    let used = answer(Turn::text(&"four".repeat(100)).without_usage()).await.used;
    assert!(used.estimated);
    assert_eq!(used.output, 100);
}

#[tokio::test]
async fn why_an_answer_ended_is_told_apart() {
    let ended = |reason: &'static str| async move {
        answer(Turn::stream(vec![json!({"content": "so"})], reason)).await.stop
    };
    assert_eq!(ended("stop").await, Stop::Finished);
    assert_eq!(ended("length").await, Stop::Cut);
    assert_eq!(ended("content_filter").await, Stop::Filtered);
    assert_eq!(ended("whatever_is_new").await, Stop::Finished);
}

#[tokio::test]
async fn refusals_are_told_apart_and_say_what_to_do() {
    let echo = format!("Incorrect API key provided: {PLANTED}");
    let overflow = "This model's maximum context length is 8192 tokens";
    for (turn, expected, told) in [
        (Turn::error(401, &echo), Failure::Refused, "foretop doctor"),
        (Turn::error(403, "no"), Failure::Refused, "answered 403: no"),
        (Turn::error(404, "no model stub-1"), Failure::Unknown, "`id` (stub-1)"),
        (Turn::error(405, ""), Failure::Unknown, "models.toml"),
        (Turn::error(400, overflow), Failure::ContextOverflow, "Compact"),
        (Turn::error(413, "prompt is too long"), Failure::ContextOverflow, "Compact"),
        (Turn::error(400, "bad temperature"), Failure::Rejected, "bad temperature"),
        (Turn::error(422, "no tools"), Failure::Rejected, "no tools"),
        (Turn::error(408, "slow"), Failure::TimedOut, "slow"),
        (Turn::error(429, "slow down"), Failure::RateLimited, "Wait"),
        (Turn::error(500, "oops"), Failure::Overloaded, "oops"),
        (Turn::error(503, "busy"), Failure::Overloaded, "busy"),
        (Turn::error(529, "overloaded"), Failure::Overloaded, "529"),
        (
            Turn::raw(302, &[("location", "http://127.0.0.1:9/")], Vec::new()),
            Failure::Rejected,
            "302",
        ),
        (
            Turn::raw(
                502,
                &[("content-type", "text/html")],
                vec![Step::bytes("<html>\u{1b}[2Jbad")],
            ),
            Failure::Overloaded,
            "502",
        ),
    ] {
        let error = failure(turn).await;
        assert_eq!(error.failure, expected, "{error}");
        let text = error.to_string();
        assert!(text.contains(told) && !text.contains('\u{1b}'), "{told}: {text}");
        let passing = [Failure::TimedOut, Failure::RateLimited, Failure::Overloaded];
        assert_eq!(error.is_transient(), passing.contains(&expected), "{error}");
    }
    let asked = |name: &'static str, value: &'static str| async move {
        failure(Turn::error(429, "slow down").header(name, value)).await.retry_after
    };
    assert_eq!(asked("retry-after", "7").await, Some(Duration::from_secs(7)));
    assert_eq!(asked("retry-after-ms", "250").await, Some(Duration::from_millis(250)));
    for odd in ["-1", "1e300", "NaN", "", "tomorrow", "86400"] {
        assert_eq!(asked("retry-after", odd).await, None, "{odd}");
    }
    let named = failure(Turn::error(500, "oops").header("x-request-id", "req_12")).await;
    assert!(named.to_string().contains("(request req_12)"), "{named}");
}

#[tokio::test]
async fn an_answer_that_breaks_off_never_looks_like_one_that_ended() {
    let stream = [("content-type", "text/event-stream")];
    let html = [("content-type", "text/html")];
    let hello = || Turn::text("Hello there, this goes on");
    let at_end = |step: Step| hello().without_done().after(usize::MAX, step);
    let event = |error: Value| hello().after(3, Step::Event(json!({"error": error})));
    let planted = format!("key {PLANTED} is over its quota");
    for (turn, expected) in [
        (hello().after(3, Step::Cut), Failure::Broken),
        (hello().after(1, Step::Cut), Failure::Broken),
        (hello().without_done(), Failure::Broken),
        (at_end(Step::Cut), Failure::Broken),
        (Turn::calls(&[("look", json!({"a": 1}))]).without_done(), Failure::Broken),
        (hello().after(3, Step::bytes("data: {oops\n\n")), Failure::Broken),
        (Turn::raw(200, &html, vec![Step::bytes("<html>Sign in</html>")]), Failure::Broken),
        (Turn::raw(200, &stream, Vec::new()), Failure::Broken),
        (Turn::raw(200, &stream, vec![Step::bytes("\u{0}\u{1}\n\n\n")]), Failure::Broken),
        (Turn::raw(200, &stream, vec![Step::Bytes(vec![0xff; 100])]), Failure::Broken),
        (event(json!({"message": "try later", "type": "server_error"})), Failure::Overloaded),
        (event(json!({"message": planted, "code": "insufficient_quota"})), Failure::RateLimited),
        (event(json!({"message": "prompt is too long"})), Failure::ContextOverflow),
        (event(json!({"type": "authentication_error"})), Failure::Refused),
        (event(json!("just words")), Failure::Overloaded),
    ] {
        let error = failure(turn).await;
        assert_eq!(error.failure, expected, "{error}");
    }
}

#[tokio::test]
async fn silence_is_waited_for_so_long_and_no_longer() {
    let moment = Duration::from_millis(300);
    let usual = Patience::default();
    for (events, patience) in [
        (0, Patience { first: moment, ..usual }),
        (3, Patience { silence: moment, ..usual }),
        (3, Patience { answer: moment, ..usual }),
    ] {
        let turn = Turn::text("Hello there, this goes on").after(events, Step::Silence);
        let error = failure_within(turn, patience).await;
        assert_eq!(error.failure, Failure::TimedOut, "{error}");
        assert!(error.to_string().contains("timeouts in models.toml"), "{error}");
    }
}

#[tokio::test]
async fn nobody_at_the_address_is_said_with_the_address() {
    let provider = Provider::start(Vec::new()).await;
    let url = provider.url().to_owned();
    drop(provider);
    let model = model(settings(&url));
    // The port is free again once the listener is gone.
    let error = loop {
        match pieces(&model).await.1 {
            Err(error) if error.failure == Failure::Unreachable => break error,
            _ => tokio::task::yield_now().await,
        }
    };
    assert!(error.to_string().contains(&format!("Is it running at {url}?")), "{error}");
}

#[tokio::test]
async fn an_answer_without_end_is_given_up() {
    let deltas = (0..9).map(|_| json!({"content": "x".repeat(1 << 20)})).collect();
    let error = failure(Turn::stream(deltas, "stop")).await;
    assert_eq!(error.failure, Failure::TooLarge, "{error}");
    let many: Vec<_> = (0..300).map(|_| ("look", json!({}))).collect();
    assert_eq!(failure(Turn::calls(&many)).await.failure, Failure::TooLarge);
}

#[tokio::test]
async fn whoever_stops_listening_ends_the_request() {
    let provider = Provider::start(vec![Turn::text("so far").after(2, Step::Silence)]).await;
    let mut reply = model(settings(provider.url())).ask(question("hi")).await.unwrap();
    assert!(matches!(reply.next().await, Some(Ok(Piece::Text(_)))));
    drop(reply);
    provider.left(1).await;
}

#[tokio::test]
async fn a_model_gives_so_many_answers_at_a_time() {
    let provider = Provider::answering(|_, _| Turn::text("done").after(2, Step::Silence)).await;
    let model = model(ModelSettings { parallel: 2, ..settings(provider.url()) });
    let mut first = model.ask(question("one")).await.unwrap();
    let second = model.ask(question("two")).await.unwrap();
    first.next().await.unwrap().unwrap();
    let third = model.ask(question("three"));
    tokio::pin!(third);
    assert!(poll!(&mut third).is_pending());
    // What is given up makes room.
    drop(second);
    let mut third = third.await.unwrap();
    third.next().await.unwrap().unwrap();
    provider.asked(2).await;
}

#[tokio::test]
async fn the_question_goes_out_as_it_is_meant_and_the_key_in_its_header_alone() {
    let provider = Provider::start(vec![Turn::text("ok")]).await;
    let schema = json!({"type": "object", "properties": {"path": {"type": "string"}}});
    let calls = vec![
        ("c1".to_owned(), "look".to_owned(), json!({"path": "/a"})),
        ("c2".to_owned(), "look".to_owned(), json!("{oops")),
    ];
    let answered = |id: &str| {
        let (call_id, tool) = (id.to_owned(), "look".to_owned());
        Message::Tool(Answered { call_id, tool, output: format!("{{\"of\": \"{id}\"}}") })
    };
    let question = Question {
        asker: Asker::default(),
        system: "Be brief.".to_owned(),
        messages: vec![
            Message::User(vec![Part::Text("Look at /a".to_owned())]),
            Message::Assistant { text: "I look.".to_owned(), calls, reasoning: None },
            answered("c1"),
            answered("c2"),
            Message::User(vec![
                Part::Text("And this?".to_owned()),
                Part::Image { mime_type: "image/png".to_owned(), data: vec![1, 2, 3] },
            ]),
        ],
        offers: vec![Offer {
            name: "look".to_owned(),
            description: "Looks at a file".to_owned(),
            schema: schema.as_object().unwrap().clone(),
        }],
        parameters: json!({"temperature": 0.5, "max_tokens": 100, "seed": 7, "stop": "END",
            "top_p": 0.9, "repeat_penalty": 1.1})
        .as_object()
        .unwrap()
        .clone(),
        schema: Some(Schema { name: "verdict".to_owned(), schema: json!({"type": "object"}) }),
    };
    let reply = model(settings(provider.url())).ask(question).await.unwrap();
    assert_eq!(reply.whole().await.unwrap().text, "ok");
    let head = provider.heads().remove(0);
    assert!(head.starts_with("POST /v1/chat/completions HTTP/1.1"), "{head}");
    assert_eq!(head.matches(PLANTED).count(), 1);
    assert!(head.to_lowercase().contains(&format!("authorization: bearer {PLANTED}")), "{head}");
    let body = provider.requests().remove(0);
    assert!(!body.to_string().contains(PLANTED));
    assert_eq!((&body["model"], &body["stream"]), (&json!("stub-1"), &json!(true)));
    assert_eq!(body["stream_options"]["include_usage"], true);
    assert_eq!((&body["temperature"], &body["max_tokens"]), (&json!(0.5), &json!(100)));
    assert_eq!((&body["seed"], &body["stop"]), (&json!(7), &json!(["END"])));
    assert_eq!((&body["top_p"], &body["repeat_penalty"]), (&json!(0.9), &json!(1.1)));
    assert_eq!(body["response_format"]["json_schema"]["name"], "verdict");
    assert_eq!(body["tools"][0]["function"]["parameters"]["properties"], schema["properties"]);
    let messages = body["messages"].as_array().unwrap();
    let roles: Vec<_> = messages.iter().map(|message| message["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["system", "user", "assistant", "tool", "tool", "user"]);
    assert_eq!(messages[2]["content"], "I look.");
    assert_eq!(messages[2]["tool_calls"][0]["id"], "c1");
    assert_eq!(messages[2]["tool_calls"][0]["function"]["arguments"], "{\"path\":\"/a\"}");
    assert_eq!(messages[3]["tool_call_id"], "c1");
    assert_eq!(messages[4]["content"], "{\"of\": \"c2\"}");
    let image = &messages[5]["content"][1];
    assert_eq!(image["image_url"]["url"], "data:image/png;base64,AQID");
}

#[tokio::test]
async fn an_id_goes_out_whole_whatever_word_it_ends_in() {
    for id in ["qwen-max", "local-low", "some-none", "org/model:tag"] {
        let provider = Provider::start(vec![Turn::text("ok")]).await;
        let settings = ModelSettings { id: id.to_owned(), ..settings(provider.url()) };
        pieces(&model(settings)).await.1.unwrap();
        let body = provider.requests().remove(0);
        assert_eq!((&body["model"], body.get("reasoning_effort")), (&json!(id), None), "{body}");
    }
}

#[tokio::test]
async fn a_query_of_the_address_is_kept() {
    let provider = Provider::start(vec![Turn::text("ok")]).await;
    let url = format!("{}?api-version=2", provider.url());
    pieces(&model(settings(&url))).await.1.unwrap();
    let head = provider.heads().remove(0);
    assert!(head.starts_with("POST /v1/chat/completions?api-version=2 HTTP"), "{head}");
}

/// A model of another kind that is asked there.
fn of_kind(kind: Kind, url: &str) -> Arc<Model> {
    model(ModelSettings { kind, ..settings(url) })
}

/// A turn of events that have a name beside their data.
fn named(events: &[(&str, Value)]) -> Turn {
    let events: Vec<_> = events.iter().map(|(_, data)| data.clone()).collect();
    Turn::named(&events)
}

#[tokio::test]
async fn a_call_with_a_number_out_of_all_proportion_is_one_call() {
    let delta = |index: u32, id: &str| {
        let function = json!({"name": "look", "arguments": format!("{{\"at\": \"{id}\"}}")});
        json!({"tool_calls": [{"index": index, "id": id, "type": "function", "function": function}]})
    };
    let turn = Turn::stream(vec![delta(u32::MAX, "last"), delta(1, "first")], "tool_calls");
    let answer = answer(turn).await;
    let ids: Vec<_> = answer.calls.iter().map(|call| &*call.id).collect();
    assert_eq!(ids, ["first", "last"]);
    assert_eq!(answer.calls[1].arguments.as_ref().unwrap()["at"], "last");
}

#[tokio::test]
async fn zeros_of_a_provider_that_does_not_count_are_not_believed() {
    let used = answer(Turn::text("Hello there.").used(0, 0)).await.used;
    assert!(used.estimated && used.output > 0, "{used:?}");
    assert!(!answer(Turn::text("Hello there.").used(5, 3)).await.used.estimated);
}

/// What each kind has come to when the connection closes as if all were said.
#[tokio::test]
async fn a_connection_that_closes_without_the_word_for_its_end_gives_no_answer() {
    let gemini = |part: Value| {
        json!({"candidates": [{"index": 0, "content": {"role": "model", "parts": [part]}}],
            "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 2}})
    };
    let line = |value: Value| Step::bytes(format!("{value}\n"));
    let ollama =
        |steps: Vec<Step>| Turn::raw(200, &[("content-type", "application/x-ndjson")], steps);
    let said = |text: &str| json!({"model": "m", "message": {"role": "assistant", "content": text}, "done": false});
    for (kind, turn) in [
        (
            Kind::OpenAiResponses,
            Turn::named(&[json!({"type": "response.output_text.delta", "delta": "so far"})]),
        ),
        (Kind::Gemini, Turn::events(&[gemini(json!({"text": "so far"}))])),
        (
            Kind::Gemini,
            Turn::events(&[gemini(json!({"functionCall": {"name": "look", "args": {}}}))]),
        ),
        (Kind::Ollama, ollama(vec![line(said("so far"))])),
        (
            Kind::Anthropic,
            Turn::named(&[json!({"type": "content_block_delta", "index": 0,
                "delta": {"type": "text_delta", "text": "so far"}})]),
        ),
    ] {
        let provider = Provider::start(vec![turn]).await;
        let (_, outcome) = pieces(&of_kind(kind, provider.url())).await;
        let error = outcome.unwrap_err();
        assert_eq!(error.failure, Failure::Broken, "{kind:?}: {error}");
    }
    // A piece that cannot be read is missing, which nobody would see.
    let delta = |text: &str| {
        let event = json!({"type": "response.output_text.delta", "delta": text});
        Step::bytes(format!("event: response.output_text.delta\ndata: {event}\n\n"))
    };
    let completed = json!({"type": "response.completed", "response": {"id": "r", "model": "m",
        "status": "completed", "output": []}});
    let gap = Step::bytes("event: response.output_text.delta\ndata: {\"type\": \"respo\n\n");
    let end = Step::bytes(format!("event: response.completed\ndata: {completed}\n\n"));
    let stream = [("content-type", "text/event-stream")];
    let turn = Turn::raw(200, &stream, vec![delta("Do "), gap, delta("delete it."), end]);
    let provider = Provider::start(vec![turn]).await;
    let outcome = pieces(&of_kind(Kind::OpenAiResponses, provider.url())).await.1;
    assert!(outcome.unwrap_err().to_string().contains("has a gap"));
    // Ollama's last line has numbers, and of old no reason.
    let last = json!({"model": "m", "message": {"role": "assistant", "content": ""}, "done": true,
        "prompt_eval_count": 7, "eval_count": 3});
    let provider = Provider::start(vec![ollama(vec![line(said("all")), line(last)])]).await;
    let answer = pieces(&of_kind(Kind::Ollama, provider.url())).await.1.unwrap();
    assert_eq!((&*answer.text, answer.used.output), ("all", 3));
}

#[tokio::test]
async fn what_a_provider_says_in_the_middle_of_its_answer_is_heard() {
    let begun = || json!({"type": "response.output_text.delta", "delta": "so"});
    let failed = json!({"type": "response.failed", "response": {"id": "r", "model": "m",
        "status": "failed", "output": [], "error": {"code": "server_error", "message": "try me later"}}});
    let error =
        json!({"type": "error", "code": null, "message": "prompt is too long", "param": null});
    let overloaded =
        json!({"type": "error", "error": {"type": "rate_limit_error", "message": "too many"}});
    for (kind, events, failure, words) in [
        (Kind::OpenAiResponses, vec![begun(), failed], Failure::Overloaded, "try me later"),
        (Kind::OpenAiResponses, vec![begun(), error], Failure::ContextOverflow, "too long"),
        (
            Kind::Anthropic,
            vec![overloaded],
            Failure::RateLimited,
            "failed while it answered: too many",
        ),
    ] {
        let provider = Provider::start(vec![Turn::named(&events)]).await;
        let (_, outcome) = pieces(&of_kind(kind, provider.url())).await;
        let error = outcome.unwrap_err();
        assert_eq!(error.failure, failure, "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[tokio::test]
async fn an_id_stays_whole_with_every_kind_that_has_it_in_its_question() {
    for kind in [Kind::OpenAiResponses, Kind::Anthropic] {
        let provider = Provider::start(vec![Turn::error(400, "no")]).await;
        let settings =
            ModelSettings { kind, id: "qwen-max".to_owned(), ..settings(provider.url()) };
        pieces(&model(settings)).await.1.unwrap_err();
        let body = provider.requests().remove(0);
        assert_eq!(body["model"], "qwen-max", "{body}");
        let extras = ["reasoning", "thinking", "output_config", "include"];
        assert!(extras.iter().all(|field| body.get(field).is_none()), "{body}");
    }
}

#[tokio::test]
async fn anthropics_own_protocol_is_spoken() {
    let turn = named(&[
        (
            "message_start",
            json!({"type": "message_start", "message": {"id": "m", "role": "assistant",
            "content": [], "usage": {"input_tokens": 11, "output_tokens": 1}}}),
        ),
        (
            "content_block_start",
            json!({"type": "content_block_start", "index": 0,
            "content_block": {"type": "text", "text": ""}}),
        ),
        ("ping", json!({"type": "ping"})),
        (
            "content_block_delta",
            json!({"type": "content_block_delta", "index": 0,
            "delta": {"type": "text_delta", "text": "I look."}}),
        ),
        ("content_block_stop", json!({"type": "content_block_stop", "index": 0})),
        (
            "content_block_start",
            json!({"type": "content_block_start", "index": 1,
            "content_block": {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}}),
        ),
        (
            "content_block_delta",
            json!({"type": "content_block_delta", "index": 1,
            "delta": {"type": "input_json_delta", "partial_json": "{\"path\":"}}),
        ),
        (
            "content_block_delta",
            json!({"type": "content_block_delta", "index": 1,
            "delta": {"type": "input_json_delta", "partial_json": "\"/a\"}"}}),
        ),
        ("content_block_stop", json!({"type": "content_block_stop", "index": 1})),
        (
            "message_delta",
            json!({"type": "message_delta", "delta": {"stop_reason": "tool_use"},
            "usage": {"output_tokens": 23}}),
        ),
        ("message_stop", json!({"type": "message_stop"})),
    ]);
    let broken = named(&[
        (
            "message_start",
            json!({"type": "message_start", "message": {"id": "m", "role": "assistant",
            "content": [], "usage": {"input_tokens": 11, "output_tokens": 1}}}),
        ),
        (
            "error",
            json!({"type": "error", "error": {"type": "overloaded_error",
            "message": "Overloaded"}}),
        ),
    ]);
    let refused = Turn::raw(
        401,
        &[("content-type", "application/json")],
        vec![Step::bytes(
            json!({"type": "error", "error": {"type": "authentication_error",
                "message": format!("invalid x-api-key {PLANTED}")}})
            .to_string(),
        )],
    );
    let provider = Provider::start(vec![turn, broken, refused]).await;
    let model = model(ModelSettings { kind: Kind::Anthropic, ..settings(provider.url()) });
    let answer = pieces(&model).await.1.unwrap();
    assert_eq!((&*answer.text, answer.stop), ("I look.", Stop::Calls));
    assert_eq!((&*answer.calls[0].id, &*answer.calls[0].tool), ("toolu_1", "look"));
    assert_eq!(answer.calls[0].arguments.as_ref().unwrap()["path"], "/a");
    assert_eq!((answer.used.input, answer.used.output), (11, 23));
    let head = provider.heads().remove(0);
    assert!(head.starts_with("POST /v1/messages HTTP") && head.contains("x-api-key"), "{head}");
    let error = pieces(&model).await.1.unwrap_err();
    assert!(matches!(error.failure, Failure::Overloaded | Failure::Broken), "{error:?}");
    let error = pieces(&model).await.1.unwrap_err();
    assert_eq!(error.failure, Failure::Refused, "{error}");
    assert!(!error.to_string().contains("planted"), "{error}");
}

#[tokio::test]
async fn geminis_own_protocol_is_spoken() {
    let data = |value: Value| Step::Event(value);
    let part = |part: Value, finish: Option<&str>| {
        let mut candidate = json!({"index": 0, "content": {"role": "model", "parts": [part]}});
        if let Some(finish) = finish {
            candidate["finishReason"] = json!(finish);
        }
        json!({"candidates": [candidate], "usageMetadata": {"promptTokenCount": 11,
            "candidatesTokenCount": 23, "totalTokenCount": 34}})
    };
    let call = json!({"functionCall": {"name": "look", "args": {"path": "/a"}}});
    let steps = vec![data(part(json!({"text": "I look."}), None)), data(part(call, Some("STOP")))];
    let turn = Turn::raw(200, &[("content-type", "text/event-stream")], steps);
    let provider = Provider::start(vec![turn, Turn::error(400, "API key not valid")]).await;
    let model = model(ModelSettings { kind: Kind::Gemini, ..settings(provider.url()) });
    let answer = pieces(&model).await.1.unwrap();
    assert_eq!((&*answer.text, answer.stop), ("I look.", Stop::Calls));
    assert_eq!(answer.calls[0].arguments.as_ref().unwrap()["path"], "/a");
    assert_eq!((answer.used.input, answer.used.output), (11, 23));
    let head = provider.heads().remove(0);
    assert!(head.contains("/models/stub-1:streamGenerateContent"), "{head}");
    assert!(!head.lines().next().unwrap().contains(PLANTED), "in no address: {head}");
    let error = pieces(&model).await.1.unwrap_err();
    assert!(!format!("{error:?}").contains("planted"), "{error}");
}

#[tokio::test]
async fn many_answers_at_once_do_not_mix() {
    let provider = Provider::answering(|body, _| {
        let said = body["messages"][0]["content"].as_str().unwrap_or_default().to_owned();
        Turn::text(&format!("you said {said}")).in_pieces_of(11)
    })
    .await;
    let model = model(ModelSettings { parallel: 16, ..settings(provider.url()) });
    let asked = stream::iter(0..64).map(|at| {
        let model = Arc::clone(&model);
        async move {
            let reply = model.ask(question(&format!("number {at}"))).await.unwrap();
            (at, reply.whole().await.unwrap().text)
        }
    });
    let answers: Vec<_> = asked.buffer_unordered(32).collect().await;
    assert_eq!(answers.len(), 64);
    for (at, text) in answers {
        assert_eq!(text, format!("you said number {at}"));
    }
}

#[tokio::test]
async fn what_a_day_may_cost_holds_for_all_models_and_after_another_start() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("spent");
    let script = vec![Turn::text("one").used(60, 30), Turn::text("so far").after(2, Step::Cut)];
    let provider = Provider::start(script).await;
    let start = || {
        let named =
            |name: &str| ModelSettings { name: name.to_owned(), ..settings(provider.url()) };
        let models = Models::new([named("a"), named("b")]).unwrap();
        let models = models.limited(Limits { tokens_per_day: Some(91), ..Limits::default() });
        models.keep_spending_in(&file);
        models
    };
    let models = start();
    let [a, b] = ["a", "b"].map(|name| Arc::clone(models.get(name).unwrap()));
    pieces(&a).await.1.unwrap();
    // Ninety of them are gone; what breaks off after a word is paid for, too.
    assert_eq!(pieces(&b).await.1.unwrap_err().failure, Failure::Broken);
    let again = start();
    for model in [&a, &b, again.get("a").unwrap()] {
        let error = pieces(model).await.1.unwrap_err();
        assert_eq!(error.failure, Failure::Spent, "{error}");
        let text = error.to_string();
        assert!(text.contains("91 tokens today (tokens_per_day)"), "{text}");
        assert!(text.contains("midnight") && !error.is_transient(), "{text}");
    }
    assert_eq!(provider.requests().len(), 2);
}

#[tokio::test]
async fn a_model_may_think_before_it_says_a_word() {
    let told = Arc::new(Notify::new());
    let provider = Provider::start(vec![Turn::text("at last").once(&told)]).await;
    let model = model(settings(provider.url()));
    let asked = tokio::spawn(async move { pieces(&model).await.1 });
    provider.asked(1).await;
    assert!(!asked.is_finished());
    told.notify_one();
    assert_eq!(asked.await.unwrap().unwrap().text, "at last");
}
