//! Requests by the schema of the API, good ones and bad ones, against a real server: it answers all of
//! them in one of its forms, fails at none, and is there afterwards.
//!
//! Some hundred requests, or as many as `FORETOP_FUZZ_ROUNDS` asks for, from `FORETOP_FUZZ_SEED`. What
//! there is to ask for is a table of this file ([`operations`]), checked against the server's own.

mod operations;
mod wire;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use fastrand::Rng;
use foretop::internals::server::access::operations as known;
use foretop::internals::server::settings::Settings;
use serde_json::{Map, Value, json};

use crate::stage::Stage;
use operations::{Body, Name, OPERATIONS, Operation, Reply, Shape};
use wire::{Answer, Wire};

fn asked(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().and_then(|number| number.parse().ok())
}

/// No answer takes longer, the deadlines that are asked for included.
const LONGEST: Duration = Duration::from_secs(20);

/// Texts that somebody might stumble over.
const TEXTS: &[&str] = &[
    "",
    " ",
    "a",
    "Ünïcödé 🎉",
    "\u{0}",
    "\u{1b}[2J",
    "\u{202e}",
    "%",
    "'; DROP TABLE sessions --",
    "../../etc/passwd",
    "null",
    "aev_nowhere",
    "start",
    "****",
    "$ref",
    "$serde_json::private::Number",
    "0123456789012345678901234567890123456789012345678901234567890123456789",
];

/// As they are written.
const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "-1",
    "1",
    "1.5",
    "1E5",
    "1e400",
    "-1e-400",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551616",
    "123456789012345678901234567890",
    "0.10000000000000000555",
];

const FILTERS: &[&str] = &[
    "tier = 1",
    "tier >= 2 AND region = 'us'",
    "1 IN list OR NOT x IS NULL",
    "long = 123456789012345678901234567890",
    "a LIKE '%b%'",
    "tier >",
    "((((",
    "1e5 = 2",
    "-(-x) % 0 = 1",
    "^a|🎉.*$",
    "(a+)+$",
    "[",
    "(?i)s",
];

/// What an agent does that obeys commands; all of it at once.
const SCRIPTS: &[&str] = &[
    "/slow 0\n/say hello there",
    "/slow 0\n/think so\n/say yes",
    "/slow 0\n/call ask {\"n\": 1E5}\n/say after",
    "/slow 0\n/call ask\n/call ask {\"deep\": [[[]]]}",
    "/slow 0\n/json made {\"a\": -0}",
    "/slow 0\n/artifact a.txt text/plain\n/image a.txt",
    "/slow 0\n/step other",
    "/slow 0\n/sub a /slow 0",
    "/slow 0\n/compact short",
    "/slow 0\n/tokens 199000\n/say x",
    "/fail on purpose",
    "/overflow",
    "/loop",
    "/dance",
    "/pause 5",
    "/slow 0\n/call nothing",
];

/// What was seen of the world: names by their kind.
#[derive(Default)]
struct World(BTreeMap<Name, Vec<String>>);

impl World {
    fn add(&mut self, name: Name, value: &Value) {
        if let Some(value) = value.as_str().filter(|value| !value.is_empty()) {
            let known = self.0.entry(name).or_default();
            // The newer ones are more likely to be there.
            if known.len() > 40 {
                known.remove(0);
            }
            known.push(value.to_owned());
        }
    }

    fn pick(&self, name: Name, random: &mut Rng) -> String {
        let usual = name.usual();
        match random.u8(0..40) {
            0 => TEXTS[random.usize(..TEXTS.len())].to_owned(),
            1..=30 if !usual.is_empty() => usual.to_owned(),
            _ => match self.0.get(&name).filter(|known| !known.is_empty()) {
                Some(known) => known[random.usize(..known.len())].clone(),
                None => usual.to_owned(),
            },
        }
    }

    /// Takes note of the names in a reply.
    fn learn(&mut self, reply: &Value) {
        match reply {
            Value::Array(items) => items.iter().for_each(|item| self.learn(item)),
            Value::Object(members) => {
                for (name, member) in members {
                    let kind = match name.as_str() {
                        "event_id" => Some(Name::Event),
                        "artifact_id" => Some(Name::Artifact),
                        "session_key" => Some(Name::Session),
                        "agent_key" => Some(Name::Agent),
                        "page_key" => Some(Name::Page),
                        "trace_id" => Some(Name::Trace),
                        "span_id" => Some(Name::Span),
                        // Those of the session that most requests are about.
                        "id" if members.get("session_key").is_some_and(|key| key == "s") => {
                            Some(Name::Event)
                        }
                        "id" if member.as_str().is_some_and(|id| id.starts_with("tol_")) => {
                            Some(Name::Tool)
                        }
                        "key" if members.contains_key("agent_key") => Some(Name::Session),
                        "key" if members.contains_key("policy") => Some(Name::Alias),
                        "key" if members.contains_key("model") => Some(Name::Agent),
                        _ => None,
                    };
                    if let Some(kind) = kind {
                        self.add(kind, member);
                    }
                    self.learn(member);
                }
            }
            _ => {}
        }
    }
}

/// Makes requests. The worse it is, the more often something does not fit.
struct Maker<'a> {
    world: &'a World,
    random: &'a mut Rng,
    /// Of a thousand.
    badness: u16,
}

impl Maker<'_> {
    fn is_bad(&mut self) -> bool {
        self.random.u16(0..1_000) < self.badness
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.random.usize(..of.len())]
    }

    fn number(&mut self) -> Value {
        let number = self.one(NUMBERS);
        serde_json::from_str(number).unwrap()
    }

    fn anything(&mut self, depth: u8) -> Value {
        match self.random.u8(0..if depth == 0 { 5 } else { 8 }) {
            0 => Value::Null,
            1 => self.random.bool().into(),
            2 => self.number(),
            3 | 4 => self.one(TEXTS).into(),
            5 => (0..self.random.u8(0..4)).map(|_| self.anything(depth - 1)).collect(),
            _ => Value::Object(self.members(depth)),
        }
    }

    fn members(&mut self, depth: u8) -> Map<String, Value> {
        let names = ["tier", "region", "list", "long", "user", "", "$ref", "a.b"];
        (0..self.random.u8(0..4))
            .map(|_| (self.one(&names).to_owned(), self.anything(depth.saturating_sub(1))))
            .collect()
    }

    fn value(&mut self, shape: &Shape) -> Value {
        if self.is_bad() {
            return self.anything(2);
        }
        match shape {
            Shape::Text => self.one(TEXTS).into(),
            Shape::Script => self.one(SCRIPTS).into(),
            Shape::Flag => self.random.bool().into(),
            Shape::Count => self.random.u16(0..100).into(),
            Shape::Members => Value::Object(self.members(2)),
            Shape::Any => self.anything(3),
            Shape::Fresh => format!("k{}", self.random.u16(..)).into(),
            Shape::Name(name) => self.world.pick(*name, self.random).into(),
            Shape::OneOf(words) => self.one(words).into(),
            Shape::List(item) => {
                (0..self.random.u8(0..8).min(2)).map(|_| self.value(item)).collect()
            }
            Shape::Map(item) => {
                (0..self.random.u8(0..3)).map(|n| (format!("m{n}"), self.value(item))).collect()
            }
            Shape::Union(shapes) => {
                let shape = &shapes[self.random.usize(..shapes.len())];
                self.value(shape)
            }
            Shape::Maybe(shape) => {
                if self.random.u8(0..4) == 0 {
                    Value::Null
                } else {
                    self.value(shape)
                }
            }
            Shape::Object { required, optional } => {
                let mut out = Map::new();
                for (name, shape) in *required {
                    if !self.is_bad() {
                        out.insert((*name).to_owned(), self.value(shape));
                    }
                }
                for (name, shape) in *optional {
                    if self.random.u8(0..3) == 0 {
                        out.insert((*name).to_owned(), self.value(shape));
                    }
                }
                if self.is_bad() {
                    out.insert("surprise".to_owned(), self.anything(2));
                }
                Value::Object(out)
            }
        }
    }

    /// A text as it stands in a URL, now and then as it must not.
    fn escaped(&mut self, text: &str) -> String {
        let raw = self.is_bad() && text.bytes().all(|byte| byte.is_ascii_graphic());
        if raw {
            return text.to_owned();
        }
        text.bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' => {
                    char::from(byte).to_string()
                }
                _ => format!("%{byte:02X}"),
            })
            .collect()
    }

    fn target(&mut self, operation: &Operation) -> String {
        let parts = operation.path.split('/').map(|part| match Name::of_path(part) {
            Some(name) => {
                let picked = self.world.pick(name, self.random);
                self.escaped(&picked)
            }
            None => part.to_owned(),
        });
        let mut target = parts.collect::<Vec<_>>().join("/");
        if self.is_bad() {
            target.push_str(self.one(&["/", "/x", "//", "%", "%ff", "%00", ";a=b"]));
        }
        let mut separator = "?";
        for (name, shape) in operation.query {
            if self.random.u8(0..3) > 0 {
                continue;
            }
            let text = match self.value(shape) {
                Value::String(text) => text,
                other => other.to_string(),
            };
            let text = self.escaped(&text);
            target.extend([separator, name, "=", &text]);
            separator = "&";
        }
        target
    }

    fn filter(random: &mut Rng) -> Value {
        FILTERS[random.usize(..FILTERS.len())].into()
    }

    /// The headers and the body.
    fn content(&mut self, body: &Body) -> (String, Vec<u8>) {
        let shape = match body {
            Body::None if !self.is_bad() => return (String::new(), Vec::new()),
            Body::None => &Shape::Any,
            Body::Input(_) if self.random.u8(0..8) == 0 => return self.upload(),
            Body::Json(shape) | Body::Input(shape) => shape,
        };
        let mut bytes = self.value(shape).to_string().into_bytes();
        if self.is_bad() {
            let at = self.random.usize(..=bytes.len());
            match self.random.u8(0..4) {
                0 => bytes.truncate(at),
                1 => drop(bytes.splice(at..at, *b"\xff\xfe")),
                2 => drop(bytes.splice(at..at, *b"\"\\ud83d\"")),
                _ => bytes = "[".repeat(3_000).into_bytes(),
            }
        }
        let kind = if self.is_bad() {
            self.one(&["text/plain", "application/xml", "json", "multipart/form-data", ""])
        } else {
            "application/json"
        };
        (format!("content-type: {kind}\r\n"), bytes)
    }

    fn upload(&mut self) -> (String, Vec<u8>) {
        let mut body = String::new();
        for _ in 0..self.random.u8(0..4) {
            let name = self.one(&[
                "files",
                "messages",
                "message",
                "since",
                "behavior",
                "stream_response",
                "?",
            ]);
            let content = match name {
                "messages" => json!([{"type": "text", "content": self.one(SCRIPTS)}]).to_string(),
                "message" => self.one(SCRIPTS).to_owned(),
                "stream_response" => self.random.bool().to_string(),
                _ => self.one(TEXTS).to_owned(),
            };
            let file = if name == "files" { "; filename=\"a.txt\"" } else { "" };
            let _ = write!(
                body,
                "--part\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n{content}\r\n"
            );
        }
        if !self.is_bad() {
            body.push_str("--part--\r\n");
        }
        ("content-type: multipart/form-data; boundary=part\r\n".to_owned(), body.into_bytes())
    }
}

/// One request, and what is known of it.
struct Asked<'a> {
    operation: &'a Operation,
    bytes: Vec<u8>,
    head_only: bool,
    may_time_out: bool,
    /// Something was done to it that makes another operation of it, or none.
    is_bent: bool,
}

fn request(method: &str, target: &str, key: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "{method} {target} HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\ncontent-length: {length}\r\n{headers}\r\n"
    );
    [head.as_bytes(), body].concat()
}

fn ask<'a>(world: &World, random: &mut Rng, key: &str) -> Asked<'a> {
    // Deleting is asked for less often, or nothing would be left to ask about.
    let operation = loop {
        let operation = &OPERATIONS[random.usize(..OPERATIONS.len())];
        let holds_much = operation.path.matches('/').count() == 3;
        let rarely = if holds_much { 30 } else { 3 };
        if operation.method != "DELETE" || random.u8(0..rarely) == 0 {
            break operation;
        }
    };
    let badness = if random.bool() { 0 } else { random.u16(1..200) };
    let mut maker = Maker { world, random, badness };
    let mut target = maker.target(operation);
    if operation.path.ends_with("/sessions") && maker.random.u8(0..3) == 0 && !target.contains('?')
    {
        let filter = Maker::filter(maker.random).as_str().unwrap_or_default().to_owned();
        let name = maker.one(&["filter", "metadata_filter"]);
        let filter = maker.escaped(&filter);
        target.extend(["?", name, "=", &filter]);
    }
    let (mut headers, body) = maker.content(&operation.body);
    let mut is_bent = badness > 0;
    let method = if maker.is_bad() {
        maker.one(&["PUT", "PATCH", "OPTIONS", "TRACE", "HEAD", "BREW", "get"])
    } else {
        operation.method
    };
    let may_time_out = maker.random.u8(0..20) == 0;
    if may_time_out {
        headers.push_str("request-timeout-millis: 1\r\n");
    }
    if maker.is_bad() {
        headers.push_str(maker.one(&[
            "request-timeout: soon\r\n",
            "x-api-key: another-key-of-nobody\r\n",
            "authorization: Bearer x\r\n",
            "expect: 100-continue\r\n",
            "transfer-encoding: chunked\r\n",
            "content-length: 3\r\n",
            "accept: \u{1}\r\n",
            "no colon\r\n",
        ]));
        is_bent = true;
    }
    let bytes = request(method, &target, key, &headers, &body);
    Asked { operation, bytes, head_only: method == "HEAD", may_time_out, is_bent }
}

fn is_error(answer: &Answer) -> bool {
    let Ok(body) = serde_json::from_slice::<Value>(&answer.body) else { return false };
    let has_id = body["request_id"].as_str().is_some_and(|id| id.len() == 32);
    let told = body["messages"].as_array().is_some_and(|told| {
        !told.is_empty()
            && told.iter().all(|line| line.as_str().is_some_and(|line| !line.is_empty()))
    });
    has_id && told && answer.kind.starts_with("application/json")
}

/// Whether a success is of the form that the operation promises.
fn is_own_form(reply: &Reply, answer: &Answer) -> bool {
    let has = |value: &Value, names: &[&str]| names.iter().all(|name| !value[*name].is_null());
    if answer.status == 204 || matches!(reply, Reply::Nothing) {
        return answer.status == 204 && answer.body.is_empty() && matches!(reply, Reply::Nothing);
    }
    if matches!(reply, Reply::Bytes) {
        return true;
    }
    if matches!(reply, Reply::Events) && answer.kind.starts_with("text/event-stream") {
        let text = String::from_utf8_lossy(&answer.body);
        let frames: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("data:")).collect();
        let is_json = |frame: &&str| serde_json::from_str::<Value>(frame).is_ok();
        let last = frames.last().copied().unwrap_or_default();
        let is_over = last == r#"{"type":"end"}"# || last.contains("DEADLINE_EXCEEDED");
        return answer.status == 201 && is_over && frames.iter().all(is_json);
    }
    let Ok(body) = serde_json::from_slice::<Value>(&answer.body) else { return false };
    match reply {
        Reply::Object(names) => has(&body, names),
        Reply::Page(list, names) => {
            let items = body[*list].as_array();
            body["metadata"].is_object()
                && items.is_some_and(|items| items.iter().all(|item| has(item, names)))
        }
        Reply::Events => body["events"].is_array() && body["session_key"].is_string(),
        Reply::Nothing | Reply::Bytes => true,
    }
}

/// What the requests are about, made again from time to time: some of them delete.
async fn furnish(wire: &mut Wire, key: &str, world: &mut World) {
    let tools = json!({"ask": {"type": "client", "tool_id": "tol_ask",
        "argument_override": {"who": {"$ref": "session.metadata.user"}}}, "get": {"type": "web_get"}});
    let agent = |key: &str, tools: &Value| {
        json!({"key": key, "name": key, "model": {"name": "m"}, "tool_configurations": tools,
            "metadata": {"foretop_pace_ms": 0}})
    };
    let alias = json!({"key": "al", "name": "al", "policy": {"type": "routed",
        "rules": [{"targets": {"type": "single", "agent_key": "c"}}]}});
    let session = json!({"key": "s", "metadata": {"user": "u", "tier": 1}});
    let tool = json!({"type": "client", "name": "t", "description": "d", "input_schema": {}});
    let said = json!({"messages": [{"type": "text", "content": SCRIPTS[5]}]});
    let (on, none) = (json!({"enabled": true}), json!({}));
    let mut steps = vec![
        ("POST", "/v2/agents", agent("a", &tools)),
        ("POST", "/v2/agents", agent("b", &none)),
        ("POST", "/v2/agents", agent("c", &tools)),
        ("PATCH", "/v2/agents/a", on.clone()),
        ("PATCH", "/v2/agents/c", on.clone()),
        ("POST", "/v2/agent_aliases", alias),
        ("PATCH", "/v2/agent_aliases/al", on.clone()),
        ("POST", "/v2/tools", tool),
    ];
    for owner in ["/v2/agents/a", "/v2/agents/b", "/v2/agent_aliases/al"] {
        let sessions = format!("{owner}/sessions").leak() as &str;
        let one = format!("{sessions}/s").leak() as &str;
        steps.push(("POST", sessions, session.clone()));
        steps.push(("PATCH", one, on.clone()));
        steps.push(("POST", format!("{one}/events").leak(), said.clone()));
    }
    for (method, path, body) in steps {
        let body = body.to_string();
        let answer =
            wire.ask(&request(method, path, key, "", body.as_bytes()), false).await.unwrap();
        let told = String::from_utf8_lossy(&answer.body);
        assert!(answer.status < 500, "{method} {path}: {} {told}", answer.status);
        world.learn(&serde_json::from_slice(&answer.body).unwrap());
    }
}

#[tokio::test]
async fn any_request_is_answered_in_a_form_of_the_api() {
    let seed = asked("FORETOP_FUZZ_SEED").unwrap_or(7);
    let rounds = asked("FORETOP_FUZZ_ROUNDS").unwrap_or(600);
    // Where more is announced than comes, nobody waits for long.
    let settings = Settings::parse("[limits]\nbody_timeout_ms = 200\n");
    let settings = settings.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let stage = Stage::with(dir, |options| options.settings = settings).await;
    let key = stage.server.token().reveal().to_owned();
    let (mut world, mut random) = (World::default(), Rng::with_seed(seed));
    let mut wire = Wire::open(stage.address()).await;
    let mut statuses = BTreeMap::<u16, u64>::new();
    for round in 0..rounds {
        if round % 100 == 0 {
            furnish(&mut wire, &key, &mut world).await;
        }
        let asked = ask(&world, &mut random, &key);
        let begun = Instant::now();
        let answer = tokio::time::timeout(LONGEST, wire.ask(&asked.bytes, asked.head_only)).await;
        let shown = String::from_utf8_lossy(&asked.bytes);
        let shown = format!("seed {seed}, round {round}: {}", shown.replace(&key, "KEY"));
        let answer =
            answer.unwrap_or_else(|_| panic!("no answer in {:?}: {shown}", begun.elapsed()));
        let Some(answer) = answer else {
            // The connection ended without an answer, as it may where the framing is broken.
            assert!(asked.is_bent, "no answer: {shown}");
            wire = Wire::open(stage.address()).await;
            continue;
        };
        let told = String::from_utf8_lossy(&answer.body);
        let is_fine = match answer.status {
            504 => asked.may_time_out && is_error(&answer),
            400..=499 => asked.head_only || is_error(&answer),
            200..=299 => {
                asked.head_only || asked.is_bent || is_own_form(&asked.operation.reply, &answer)
            }
            // A failure, or what this server has no use for.
            _ => false,
        };
        assert!(is_fine, "{} {} {told}\n{shown}", answer.status, answer.kind);
        *statuses.entry(answer.status).or_default() += 1;
        if let Ok(reply) = serde_json::from_slice(&answer.body) {
            world.learn(&reply);
        }
        if answer.closes {
            wire = Wire::open(stage.address()).await;
        }
    }
    eprintln!("{rounds} requests from seed {seed}: {statuses:?}");
    assert_eq!(stage.http("GET", "/v2/agents", None).await.0, 200);
    let good: u64 = statuses.range(200..300).map(|(_, count)| count).sum();
    assert!(good * 3 > rounds, "too few of them were good to mean anything: {statuses:?}");
}

#[test]
fn no_operation_is_forgotten() {
    let mut here: Vec<_> = OPERATIONS.iter().map(|one| (one.method, one.path.to_owned())).collect();
    here.retain(|(_, path)| !path.starts_with("/oauth"));
    let mut there = known::all();
    here.sort();
    there.sort();
    assert_eq!(here, there);
}
