//! A provider of models on loopback that plays a script: chat completions as a stream of events, and
//! whatever can become of them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

/// One answer of the provider.
#[derive(Clone)]
pub struct Turn {
    status: u16,
    headers: Vec<(String, String)>,
    steps: Vec<Step>,
    /// Bytes of the body that go out at a time.
    piece: usize,
}

/// What happens in the course of an answer.
#[derive(Clone)]
pub enum Step {
    /// As an event of the stream.
    Event(Value),
    Bytes(Vec<u8>),
    /// Until the test lets it go on.
    Wait(Arc<Notify>),
    /// Until the client hangs up.
    Silence,
    /// The connection ends without the end of the answer.
    Cut,
}

impl Step {
    pub fn bytes(text: impl Into<String>) -> Self {
        Self::Bytes(text.into().into_bytes())
    }
}

impl Turn {
    /// Says something, and stops.
    pub fn text(text: &str) -> Self {
        Self::stream(deltas("content", text), "stop")
    }

    /// Thinks, in the field that most providers have for that, then speaks.
    pub fn thought(thought: &str, text: &str) -> Self {
        let deltas = [deltas("reasoning_content", thought), deltas("content", text)];
        Self::stream(deltas.concat(), "stop")
    }

    /// Asks for calls. Their arguments come in fragments that take turns, of which only the first has
    /// the id and the name.
    pub fn calls(calls: &[(&str, Value)]) -> Self {
        let written: Vec<_> =
            calls.iter().map(|(tool, value)| (*tool, value.to_string())).collect();
        let written: Vec<_> = written.iter().map(|(tool, text)| (*tool, text.as_str())).collect();
        Self::calls_as(&written)
    }

    /// Asks for calls with arguments that may be no JSON.
    pub fn calls_as(calls: &[(&str, &str)]) -> Self {
        Self::stream(call_deltas(calls), "tool_calls")
    }

    /// Speaks, then asks for calls.
    pub fn text_and_calls(text: &str, calls: &[(&str, Value)]) -> Self {
        let calls = Self::calls(calls);
        let mut turn = Self::text(text);
        // Before the end of the text.
        let at = turn.steps.iter().position(is_finish).unwrap();
        turn.steps.truncate(at);
        turn.steps.extend(calls.steps);
        turn
    }

    /// An answer of these deltas, with usage and the usual end.
    pub fn stream(deltas: Vec<Value>, finish_reason: &str) -> Self {
        let choice = |delta: Value, finish: Value| {
            let choice = json!({"index": 0, "delta": delta, "finish_reason": finish});
            Step::Event(chunk(json!([choice])))
        };
        let mut steps = vec![choice(json!({"role": "assistant", "content": ""}), Value::Null)];
        steps.extend(deltas.into_iter().map(|delta| choice(delta, Value::Null)));
        steps.push(choice(json!({}), json!(finish_reason)));
        steps.push(usage(100, 20));
        steps.push(Step::bytes("data: [DONE]\n\n"));
        Self::raw(200, &[("content-type", "text/event-stream")], steps)
    }

    /// Events that have a name beside their data, which is their type.
    pub fn named(events: &[Value]) -> Self {
        let steps = events.iter().map(|data| {
            let name = data["type"].as_str().unwrap();
            Step::bytes(format!("event: {name}\ndata: {data}\n\n"))
        });
        Self::raw(200, &[("content-type", "text/event-stream")], steps.collect())
    }

    /// Events without more around them, one JSON text each.
    pub fn events(events: &[Value]) -> Self {
        let steps = events.iter().cloned().map(Step::Event).collect();
        Self::raw(200, &[("content-type", "text/event-stream")], steps)
    }

    pub fn raw(status: u16, headers: &[(&str, &str)], steps: Vec<Step>) -> Self {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self { status, headers: headers.collect(), steps, piece: usize::MAX }
    }

    /// A refusal in the words of most providers.
    pub fn error(status: u16, message: &str) -> Self {
        let body = json!({"error": {"message": message, "type": "invalid_request_error"}});
        let steps = vec![Step::bytes(body.to_string())];
        Self::raw(status, &[("content-type", "application/json")], steps)
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// What the question and the answer are said to have taken.
    pub fn used(mut self, input: u64, output: u64) -> Self {
        let steps = self.steps.iter_mut();
        steps.filter(|step| is_usage(step)).for_each(|step| *step = usage(input, output));
        self
    }

    pub fn without_usage(mut self) -> Self {
        self.steps.retain(|step| !is_usage(step));
        self
    }

    /// Ends without the word that says so.
    pub fn without_done(mut self) -> Self {
        self.steps.pop();
        self
    }

    /// Sends so few bytes at a time that nothing arrives whole.
    pub fn in_pieces_of(mut self, bytes: usize) -> Self {
        self.piece = bytes;
        self
    }

    /// Something happens after so many events, or at the end where there are fewer.
    pub fn after(mut self, events: usize, step: Step) -> Self {
        let at = events.min(self.steps.len());
        self.steps.insert(at, step);
        self
    }

    /// Says nothing at all until the test notifies it.
    pub fn once(self, told: &Arc<Notify>) -> Self {
        self.after(0, Step::Wait(Arc::clone(told)))
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a literal reads better without a sign before it"
)]
fn chunk(choices: Value) -> Value {
    json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "stub",
        "choices": choices})
}

fn usage(input: u64, output: u64) -> Step {
    let mut event = chunk(json!([]));
    event["usage"] = json!({"prompt_tokens": input, "completion_tokens": output,
        "total_tokens": input + output});
    Step::Event(event)
}

fn is_usage(step: &Step) -> bool {
    matches!(step, Step::Event(event) if event.get("usage").is_some())
}

fn is_finish(step: &Step) -> bool {
    matches!(step, Step::Event(event) if event["choices"][0]["finish_reason"].is_string())
}

/// A text in pieces of some letters, which end in the middle of words.
fn deltas(field: &str, text: &str) -> Vec<Value> {
    let letters: Vec<_> = text.chars().collect();
    letters.chunks(7).map(|piece| json!({field: piece.iter().collect::<String>()})).collect()
}

fn call_deltas(calls: &[(&str, &str)]) -> Vec<Value> {
    let fragments: Vec<Vec<String>> = calls
        .iter()
        .map(|(_, arguments)| {
            let letters: Vec<_> = arguments.chars().collect();
            letters.chunks(5).map(|piece| piece.iter().collect()).collect()
        })
        .collect();
    let mut deltas = Vec::new();
    for (at, (tool, _)) in calls.iter().enumerate() {
        let function = json!({"name": tool, "arguments": ""});
        let call = json!({"index": at, "id": format!("call_stub_{at}"), "type": "function",
            "function": function});
        deltas.push(json!({"tool_calls": [call]}));
    }
    for round in 0..fragments.iter().map(Vec::len).max().unwrap_or(0) {
        for (at, fragments) in fragments.iter().enumerate() {
            if let Some(fragment) = fragments.get(round) {
                let call = json!({"index": at, "function": {"arguments": fragment}});
                deltas.push(json!({"tool_calls": [call]}));
            }
        }
    }
    deltas
}

/// Is told the question, and how many came before it.
type Judge = Box<dyn FnMut(&Value, usize) -> Turn + Send>;

/// What came in, and who left.
#[derive(Default)]
struct Seen {
    heads: Mutex<Vec<String>>,
    bodies: Mutex<Vec<Value>>,
}

pub struct Provider {
    url: String,
    seen: Arc<Seen>,
    asked: watch::Receiver<usize>,
    left: watch::Receiver<usize>,
    task: JoinHandle<()>,
}

impl Provider {
    /// Plays the turns in order, one for each question; what is asked beyond them is refused.
    pub async fn start(script: Vec<Turn>) -> Self {
        let mut script = VecDeque::from(script);
        let over = || Turn::error(400, "the script of the test is over");
        Self::answering(move |_, _| script.pop_front().unwrap_or_else(over)).await
    }

    /// Answers each question by what is in it: where several are asked at a time.
    pub async fn answering(judge: impl FnMut(&Value, usize) -> Turn + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1/", listener.local_addr().unwrap());
        let judge: Arc<Mutex<Judge>> = Arc::new(Mutex::new(Box::new(judge)));
        let (asking, asked) = watch::channel(0);
        let (leaving, left) = watch::channel(0);
        let (asking, leaving) = (Arc::new(asking), Arc::new(leaving));
        let seen = Arc::<Seen>::default();
        let noting = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (judge, seen) = (Arc::clone(&judge), Arc::clone(&noting));
                let (asking, leaving) = (Arc::clone(&asking), Arc::clone(&leaving));
                tokio::spawn(async move {
                    let answered = serve(socket, &judge, &seen, &asking).await;
                    if answered.is_err() {
                        leaving.send_modify(|count| *count += 1);
                    }
                });
            }
        });
        Self { url, seen, asked, left, task }
    }

    /// What `url` of a model is set to.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The bodies of all questions so far.
    pub fn requests(&self) -> Vec<Value> {
        self.seen.bodies.lock().unwrap().clone()
    }

    /// Their request lines and headers.
    pub fn heads(&self) -> Vec<String> {
        self.seen.heads.lock().unwrap().clone()
    }

    /// Waits until so many questions were asked in all.
    pub async fn asked(&self, questions: usize) {
        self.asked.clone().wait_for(|count| *count >= questions).await.unwrap();
    }

    /// Waits until so many clients hung up while the provider waited or was silent.
    pub async fn left(&self, clients: usize) {
        self.left.clone().wait_for(|count| *count >= clients).await.unwrap();
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One question and its answer. An error: the client hung up in the middle.
async fn serve(
    mut socket: TcpStream,
    judge: &Mutex<Judge>,
    seen: &Seen,
    asking: &watch::Sender<usize>,
) -> std::io::Result<()> {
    socket.set_nodelay(true)?;
    let mut request = Vec::new();
    let end = loop {
        if let Some(at) = request.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        if socket.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    };
    let head = String::from_utf8_lossy(&request[..end]).into_owned();
    let length = head.lines().find_map(|line| {
        line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse::<usize>().ok()
    });
    let length = length.unwrap_or(0);
    while request.len() < end + length {
        if socket.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    let body = serde_json::from_slice(&request[end..end + length]).unwrap_or(Value::Null);
    seen.heads.lock().unwrap().push(head);
    seen.bodies.lock().unwrap().push(body.clone());
    let turn = {
        let before = *asking.borrow();
        (*judge.lock().unwrap())(&body, before)
    };
    asking.send_modify(|count| *count += 1);
    play(&mut socket, turn).await
}

async fn play(socket: &mut TcpStream, turn: Turn) -> std::io::Result<()> {
    let mut head = format!(
        "HTTP/1.1 {} Whatever\r\ntransfer-encoding: chunked\r\nconnection: close\r\n",
        turn.status
    );
    for (name, value) in &turn.headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    let mut head = Some(head + "\r\n");
    for step in turn.steps {
        let bytes = match step {
            Step::Wait(told) => {
                stays(socket, told.notified()).await?;
                continue;
            }
            Step::Silence => {
                stays(socket, std::future::pending()).await?;
                continue;
            }
            // Without the last chunk nobody takes it for an end.
            Step::Cut => return socket.shutdown().await,
            Step::Event(event) => format!("data: {event}\n\n").into_bytes(),
            Step::Bytes(bytes) => bytes,
        };
        if let Some(head) = head.take() {
            socket.write_all(head.as_bytes()).await?;
        }
        for piece in bytes.chunks(turn.piece) {
            let chunk = [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat();
            socket.write_all(&chunk).await?;
        }
    }
    if let Some(head) = head.take() {
        socket.write_all(head.as_bytes()).await?;
    }
    socket.write_all(b"0\r\n\r\n").await?;
    socket.shutdown().await
}

/// Waits, as long as the client does.
async fn stays(socket: &mut TcpStream, wait: impl Future<Output = ()>) -> std::io::Result<()> {
    let mut nothing = [0];
    tokio::select! {
        () = wait => Ok(()),
        _ = socket.read(&mut nothing) => Err(std::io::ErrorKind::ConnectionAborted.into()),
    }
}
