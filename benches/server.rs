//! The embedded server under load, beside a bare handler in the same run. Compare the ratios: the
//! load comes from the same machine, so no absolute figure carries over to another one.
//!
//! `cargo bench --bench server` prints one line for each kind of request.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench fails by panicking, and its output is what it is for"
)]

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::routing::get;
use foretop::api::event::AgentOutput;
use foretop::api::{Event, EventBody, SessionRef, Timestamp};
use foretop::internals::server::store::{Store, events, sessions};
use foretop::internals::server::{Options, Server};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

const EVENTS: usize = 100_000;
const CONNECTIONS: usize = 16;
/// Connections that each play one turn after the other.
const WRITERS: [usize; 4] = [1, 16, 64, 128];
const READERS: usize = 1_000;
const SPAN: Duration = Duration::from_secs(4);

const LONG: &str = "/v2/agents/a/sessions/long";

/// One connection that is kept, as cheap as a client can be.
struct Wire {
    stream: BufReader<TcpStream>,
    key: String,
    body: Vec<u8>,
}

impl Wire {
    async fn open(address: SocketAddr, key: &str) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream: BufReader::new(stream), key: key.to_owned(), body: Vec::new() }
    }

    async fn send(&mut self, method: &str, path: &str, body: &str) {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\nx-api-key: {}\r\ncontent-type: \
             application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.key,
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes()).await.unwrap();
    }

    /// Reads a head and the length that it announces, if it does.
    async fn head(&mut self) -> (u16, Option<usize>) {
        let (mut status, mut length) = (0, None);
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).await.unwrap();
            let line = line.trim_end();
            if let Some(rest) = line.strip_prefix("HTTP/1.1 ") {
                status = rest[..3].parse().unwrap();
            } else if let Some(bytes) = line.strip_prefix("content-length: ") {
                length = bytes.parse().ok();
            } else if line.is_empty() {
                return (status, length);
            }
        }
    }

    async fn ask(&mut self, method: &str, path: &str, body: &str) -> &[u8] {
        self.send(method, path, body).await;
        let (status, length) = self.head().await;
        self.body.resize(length.unwrap(), 0);
        self.stream.read_exact(&mut self.body).await.unwrap();
        assert!((200..300).contains(&status), "{status} {}", String::from_utf8_lossy(&self.body));
        &self.body
    }

    async fn json(&mut self, method: &str, path: &str, body: &Value) -> Value {
        serde_json::from_slice(self.ask(method, path, &body.to_string()).await).unwrap()
    }
}

/// A run of many requests: how many in a second, and how long the slower ones took.
struct Figures {
    per_second: f64,
    p50: Duration,
    p99: Duration,
}

/// Asks for the same again and again on several connections at once.
async fn load<F, R>(connections: usize, request: F) -> Figures
where
    F: Fn(usize) -> R,
    R: Future<Output = Vec<Duration>> + Send + 'static,
{
    let start = Instant::now();
    let tasks: Vec<_> = (0..connections).map(|n| tokio::spawn(request(n))).collect();
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await.unwrap());
    }
    let seconds = start.elapsed().as_secs_f64();
    all.sort_unstable();
    let at = |percent: usize| all[(all.len() - 1) * percent / 100];
    #[expect(clippy::cast_precision_loss, reason = "a count of requests")]
    let per_second = all.len() as f64 / seconds;
    Figures { per_second, p50: at(50), p99: at(99) }
}

async fn gets(address: SocketAddr, key: &str, path: &str) -> Figures {
    load(CONNECTIONS, |_| {
        let (key, path) = (key.to_owned(), path.to_owned());
        async move {
            let mut wire = Wire::open(address, &key).await;
            let (mut times, start) = (Vec::new(), Instant::now());
            while start.elapsed() < SPAN {
                let before = Instant::now();
                wire.ask("GET", &path, "").await;
                times.push(before.elapsed());
            }
            times
        }
    })
    .await
}

fn report(what: &str, figures: &Figures, bare: Option<&Figures>) {
    let ratio = bare.map_or(String::new(), |bare| {
        format!("   {:.2} of the bare handler", figures.per_second / bare.per_second)
    });
    println!(
        "{what:<34} {:>9.0}/s   p50 {:>7.3} ms   p99 {:>7.3} ms{ratio}",
        figures.per_second,
        figures.p50.as_secs_f64() * 1e3,
        figures.p99.as_secs_f64() * 1e3
    );
}

/// A handler that does nothing but answer with as many bytes.
async fn bare(body: Vec<u8>) -> SocketAddr {
    let body = Bytes::from(body);
    let app = Router::new().route("/", get(async move || body));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    address
}

/// A session with a long past, written by the thousand.
async fn fill(store: &Store) {
    let of = SessionRef::new("a", "long");
    let stored = store.read(move |db| sessions::get(db, &of)).await.unwrap().unwrap();
    for batch in 0..EVENTS / 1_000 {
        let vault = stored.vault.clone();
        let written = store.write(move |db| {
            for n in 0..1_000 {
                let content = format!("Step {batch}-{n} is done. {}", "And so on. ".repeat(20));
                let body = EventBody::AgentOutput(AgentOutput { content });
                let id = format!("aev_{batch:04}{n:04}").into();
                let event = Event::new(id, "long".into(), Timestamp::UNIX_EPOCH, &body)?;
                events::append(db, &vault, &event)?;
            }
            Ok(())
        });
        written.await.unwrap();
    }
}

fn message(text: &str, stream_response: bool) -> String {
    let messages = json!([{"type": "text", "content": text}]);
    json!({"messages": messages, "stream_response": stream_response}).to_string()
}

/// Turns of two durable events each, one after the other in many sessions at once. The agent pauses
/// for nothing, so that they take what the server takes.
async fn turns(address: SocketAddr, key: &str, connections: usize) -> Figures {
    load(connections, move |n| {
        let key = key.to_owned();
        async move {
            let mut wire = Wire::open(address, &key).await;
            let session = json!({"key": format!("w{connections}-{n}")});
            wire.json("POST", "/v2/agents/a/sessions", &session).await;
            let (path, said) = (
                format!("/v2/agents/a/sessions/w{connections}-{n}/events"),
                message("/slow 0\n/say x", false),
            );
            let (mut times, start) = (Vec::new(), Instant::now());
            while start.elapsed() < SPAN {
                let before = Instant::now();
                wire.ask("POST", &path, &said).await;
                times.push(before.elapsed());
            }
            times
        }
    })
    .await
}

/// Streams that are all open at once; tells the frames that came and how long it took.
async fn readers(address: SocketAddr, key: &str) -> (usize, Duration) {
    let text = format!("/slow 20\n/say {}", "word ".repeat(50));
    let frames = Arc::new(AtomicUsize::new(0));
    let mut open = Vec::new();
    for n in 0..READERS {
        let mut wire = Wire::open(address, key).await;
        wire.json("POST", "/v2/agents/a/sessions", &json!({"key": format!("r{n}")})).await;
        open.push(wire);
    }
    let start = Instant::now();
    let tasks = open.into_iter().enumerate().map(|(n, mut wire)| {
        let (said, frames) = (message(&text, true), Arc::clone(&frames));
        tokio::spawn(async move {
            wire.send("POST", &format!("/v2/agents/a/sessions/r{n}/events"), &said).await;
            wire.head().await;
            loop {
                let mut line = String::new();
                wire.stream.read_line(&mut line).await.unwrap();
                frames.fetch_add(usize::from(line.starts_with("event:")), Ordering::Relaxed);
                if line.starts_with("event:end") {
                    return;
                }
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    (frames.load(Ordering::Relaxed), start.elapsed())
}

/// Resident memory of this process in megabytes; Linux tells it.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) / 1_024
}

async fn run() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(Options::new(dir.path())).await.unwrap();
    let address = server.url().strip_prefix("http://").unwrap().parse().unwrap();
    let key = server.token().reveal().to_owned();
    let mut wire = Wire::open(address, &key).await;
    let agent = json!({"key": "a", "name": "A", "model": {"name": "m"}, "tool_configurations": {},
        "metadata": {"foretop_pace_ms": 0}});
    wire.json("POST", "/v2/agents", &agent).await;
    wire.json("POST", "/v2/agents/a/sessions", &json!({"key": "long"})).await;
    let start = memory();
    fill(&server.turns().host().store).await;
    println!("{EVENTS} events stored; memory {start} MB before, {} MB after", memory());

    let session = wire.ask("GET", LONG, "").await.to_vec();
    let first = format!("{LONG}/events?limit=100");
    let page = wire.ask("GET", &first, "").await.to_vec();
    let mut deep = first.clone();
    for _ in 0..EVENTS / 200 {
        let page: Value = serde_json::from_slice(wire.ask("GET", &deep, "").await).unwrap();
        deep = format!("{first}&page_key={}", page["metadata"]["page_key"].as_str().unwrap());
    }
    let small = gets(bare(session).await, "", "/").await;
    report("bare handler, size of a session", &small, None);
    report("get session", &gets(address, &key, LONG).await, Some(&small));
    let large = gets(bare(page).await, "", "/").await;
    report("bare handler, size of a page", &large, None);
    report("list 100 events, first page", &gets(address, &key, &first).await, Some(&large));
    report("list 100 events, page 500", &gets(address, &key, &deep).await, Some(&large));
    for connections in WRITERS {
        let turns = turns(address, &key, connections).await;
        report(&format!("turns of 2 durable events, {connections} at once"), &turns, None);
    }
    let before = memory();
    let (frames, took) = readers(address, &key).await;
    println!(
        "{READERS} streams at once: {frames} frames in {:.1} s; memory {before} MB before, {} MB after",
        took.as_secs_f64(),
        memory()
    );
    server.stop().await;
}

fn main() {
    // Test runners ask benches for their list and expect nothing to run.
    if std::env::args().any(|argument| argument == "--bench") {
        tokio::runtime::Runtime::new().unwrap().block_on(run());
    }
}
