//! A service that lies: whatever it is asked, it sends more than anybody can hold, until the client
//! hangs up.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A client that has not hung up after so many bytes never will.
const MOST: u64 = 1 << 30;

/// What becomes of one request.
pub enum Lie {
    /// An honest reply.
    Json(String),
    /// So many bytes of JSON, as one reply with its length.
    Endless {
        /// The head of the reply, and how its body begins.
        start: String,
        /// What follows again and again.
        piece: &'static str,
    },
}

impl Lie {
    /// An endless body of that kind.
    pub fn body(status: &str, content_type: &str, start: &str, piece: &'static str) -> Self {
        let head = format!("HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\n\r\n");
        Self::Endless { start: head + start, piece }
    }
}

/// Is told the first words of a request, such as `GET /v2/agents`, and how many came before.
type Judge = Box<dyn Fn(&str, usize) -> Lie + Send + Sync>;

pub struct Liar {
    pub url: String,
    sent: Arc<AtomicU64>,
    asked: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Liar {
    pub async fn start(judge: impl Fn(&str, usize) -> Lie + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (sent, asked) = (Arc::<AtomicU64>::default(), Arc::<AtomicUsize>::default());
        let judge: Arc<Judge> = Arc::new(Box::new(judge));
        let (counting, numbering) = (Arc::clone(&sent), Arc::clone(&asked));
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (judge, sent) = (Arc::clone(&judge), Arc::clone(&counting));
                let asked = Arc::clone(&numbering);
                tokio::spawn(async move {
                    // That the client hangs up is what is waited for.
                    let _ = serve(socket, &judge, &sent, &asked).await;
                });
            }
        });
        Self { url, sent, asked, task }
    }

    /// Bytes of endless replies that went out.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

impl Drop for Liar {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    mut socket: TcpStream,
    judge: &Judge,
    sent: &AtomicU64,
    asked: &AtomicUsize,
) -> std::io::Result<()> {
    let mut request = Vec::new();
    while !request.windows(4).any(|window| window == b"\r\n\r\n") {
        if socket.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    let head = String::from_utf8_lossy(&request);
    let line = head.split([' ', '?']).take(2).collect::<Vec<_>>().join(" ");
    match judge(&line, asked.fetch_add(1, Ordering::Relaxed)) {
        Lie::Json(json) => {
            let length = json.len();
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
                 connection: close\r\n\r\n"
            );
            socket.write_all(head.as_bytes()).await?;
            socket.write_all(json.as_bytes()).await?;
        }
        Lie::Endless { start, piece } => {
            socket.write_all(start.as_bytes()).await?;
            let pieces = piece.repeat((64 * 1024 / piece.len()).max(1));
            let mut written = 0;
            while written < MOST {
                socket.write_all(pieces.as_bytes()).await?;
                written += pieces.len() as u64;
                sent.fetch_add(pieces.len() as u64, Ordering::Relaxed);
            }
        }
    }
    socket.shutdown().await
}

/// A page of a listing.
pub fn page(field: &str, items: &[String], key: &str) -> String {
    format!(r#"{{"{field}":[{}],"metadata":{{"page_key":"{key}"}}}}"#, items.join(","))
}

pub fn session(key: &str) -> String {
    format!(
        r#"{{"key":"{key}","agent_key":"a","name":"n","enabled":true,"status":"stopped",
            "created_at":"2026-01-01T00:00:00Z"}}"#
    )
}

pub fn event(id: &str, text: &str) -> String {
    format!(
        r#"{{"id":"aev_{id}","type":"agent_output","created_at":"2026-01-01T00:00:00Z",
            "content":"{text}"}}"#
    )
}
