//! Agents with a model beside the model itself: what the server adds to a stream on its way. The provider is
//! on loopback in this process and writes into each token when it was sent, so that every token tells how
//! long it took. Compare the two rows: the load comes from the same machine.
//!
//! `cargo bench --bench models` prints a line for each way.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench fails by panicking, and its output is what it is for"
)]

use std::convert::Infallible;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::routing::post;
use foretop::internals::server::models::{Kind, ModelSettings, Models};
use foretop::internals::server::{Options, Server};
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use tokio::net::TcpListener;

const SESSIONS: usize = 64;
const TOKENS: u32 = 500;
/// 100 tokens a second in each of them.
const PACE: Duration = Duration::from_millis(10);

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

fn now() -> u64 {
    u64::try_from(START.elapsed().as_micros()).unwrap()
}

fn event(value: &Value) -> Bytes {
    Bytes::from(format!("data: {value}\n\n"))
}

fn choice(delta: &Value, finish: Option<&str>) -> Bytes {
    let choice = json!({"index": 0, "delta": delta, "finish_reason": finish});
    event(&json!({"id": "c", "object": "chat.completion.chunk", "choices": [choice]}))
}

/// A model that says when it says it.
async fn provider() -> String {
    let answer = async || {
        let mut beat = tokio::time::interval(PACE);
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let tokens = stream::unfold((beat, 0), async |(mut beat, count)| {
            let piece = match count {
                _ if count < TOKENS => {
                    beat.tick().await;
                    choice(&json!({"content": format!("<{}> ", now())}), None)
                }
                TOKENS => choice(&json!({}), Some("stop")),
                _ if count == TOKENS + 1 => event(&json!({"choices": [], "usage":
                    {"prompt_tokens": 10, "completion_tokens": TOKENS}})),
                _ if count == TOKENS + 2 => Bytes::from("data: [DONE]\n\n"),
                _ => return None,
            };
            Some((Ok::<_, Infallible>(piece), (beat, count + 1)))
        });
        ([(CONTENT_TYPE, "text/event-stream")], Body::from_stream(tokens))
    };
    let app = Router::new().route("/v1/chat/completions", post(answer));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    url
}

/// How long each token of one stream took, in microseconds.
async fn delays(request: reqwest::RequestBuilder) -> Vec<u64> {
    let mut body = request.send().await.unwrap().error_for_status().unwrap().bytes_stream();
    let (mut delays, mut rest) = (Vec::new(), String::new());
    while let Some(bytes) = body.next().await {
        let arrived = now();
        rest.push_str(std::str::from_utf8(&bytes.unwrap()).unwrap());
        let mut end = 0;
        while let Some(open) = rest[end..].find('<') {
            let Some(close) = rest[end + open..].find('>') else { break };
            let sent = rest[end + open + 1..end + open + close].parse::<u64>().unwrap();
            delays.push(arrived.saturating_sub(sent));
            end += open + close;
        }
        rest.drain(..end);
    }
    delays
}

/// Microseconds of processor time that this process has taken; Linux tells it in hundredths of a second.
fn processor() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let ticks =
        fields.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok());
    ticks.sum::<u64>() * 10_000
}

/// Resident memory of this process in kilobytes; Linux tells it.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// All streams at once, and what they took.
async fn measure(what: &str, requests: Vec<reqwest::RequestBuilder>) {
    let (begun, used, held) = (Instant::now(), processor(), memory());
    let tasks: Vec<_> = requests.into_iter().map(|one| tokio::spawn(delays(one))).collect();
    tokio::time::sleep(Duration::from_secs(3)).await;
    let running = memory().saturating_sub(held) / SESSIONS as u64;
    let (mut first, mut all) = (Vec::new(), Vec::new());
    for task in tasks {
        let delays = task.await.unwrap();
        assert_eq!(delays.len(), TOKENS as usize);
        first.push(delays[0]);
        all.extend(delays);
    }
    let took = begun.elapsed().as_secs_f64();
    let at = |values: &mut Vec<u64>, percent: usize| {
        values.sort_unstable();
        Duration::from_micros(values[(values.len() - 1) * percent / 100]).as_secs_f64() * 1e3
    };
    println!(
        "{what:<26} first token p50 {:>6.2} ms  p99 {:>6.2} ms   any token p50 {:>6.2} ms  p99 {:>6.2} ms   \
         {:.0} % of a core   {running} kB a turn",
        at(&mut first, 50),
        at(&mut first, 99),
        at(&mut all, 50),
        at(&mut all, 99),
        Duration::from_micros(processor() - used).as_secs_f64() / took * 100.0
    );
}

async fn run() {
    let provider = provider().await;
    let dir = tempfile::tempdir().unwrap();
    let mut settings = ModelSettings::new("m", Kind::OpenAi, "m");
    settings.url.clone_from(&provider);
    settings.parallel = SESSIONS;
    let models = Arc::new(Models::new([settings]).unwrap());
    let server = Server::start(Options { models, ..Options::new(dir.path()) }).await.unwrap();
    let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let post = |path: &str, body: Value| {
        let request = http.post(format!("{}/v2/{path}", server.url())).json(&body);
        request.header("x-api-key", server.token().reveal())
    };
    let agent = json!({"key": "a", "name": "A", "model": {"name": "m"}, "tool_configurations": {}});
    post("agents", agent).send().await.unwrap().error_for_status().unwrap();
    for n in 0..SESSIONS {
        let session = json!({"key": format!("s{n}")});
        post("agents/a/sessions", session).send().await.unwrap().error_for_status().unwrap();
    }
    println!(
        "{SESSIONS} streams of {TOKENS} tokens, 100 a second each; provider and readers included"
    );
    let body = json!({"model": "m", "stream": true, "messages": []});
    let direct =
        (0..SESSIONS).map(|_| http.post(format!("{provider}chat/completions")).json(&body));
    let direct: Vec<_> = direct.collect();
    let through = (0..SESSIONS).map(|n| {
        let messages = json!([{"type": "text", "content": "go"}]);
        let body = json!({"messages": messages, "stream_response": true});
        post(&format!("agents/a/sessions/s{n}/events"), body)
    });
    measure("the model itself", direct).await;
    measure("an agent with that model", through.collect()).await;
    server.stop().await;
}

fn main() {
    // Test runners ask benches for their list and expect nothing to run.
    if std::env::args().any(|argument| argument == "--bench") {
        tokio::runtime::Runtime::new().unwrap().block_on(run());
    }
}
