//! A proxy before the embedded server that does to answers what networks do to them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What becomes of one answer.
#[derive(Debug, Clone)]
pub enum Fault {
    Pass,
    /// The connection ends after so many bytes of it.
    CutAfter(usize),
    /// Nothing more comes after so many bytes, and nothing says so: a half-open connection.
    SilentAfter(usize),
    /// The request never reaches the server, and this is the answer.
    Reply(String),
    /// The connection ends before the request is read to its end.
    Refuse,
    /// It comes in small pieces with pauses.
    Slow(usize, Duration),
}

type Judge = Box<dyn Fn(&str) -> Fault + Send>;

pub struct FaultProxy {
    pub url: String,
    judge: Arc<Mutex<Judge>>,
    seen: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl FaultProxy {
    pub async fn before(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = url.strip_prefix("http://").unwrap().to_owned();
        let judge: Arc<Mutex<Judge>> = Arc::new(Mutex::new(Box::new(|_| Fault::Pass)));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (judging, noting) = (Arc::clone(&judge), Arc::clone(&seen));
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (judge, seen) = (Arc::clone(&judging), Arc::clone(&noting));
                let server = server.clone();
                tokio::spawn(async move {
                    let _ = serve(socket, &server, &judge, &seen).await;
                });
            }
        });
        Self { url, judge, seen, task }
    }

    /// Judges each request from now on by its first words, such as `GET /v2/agents`.
    pub fn judge(&self, judge: impl Fn(&str) -> Fault + Send + 'static) {
        *self.judge.lock().unwrap() = Box::new(judge);
    }

    /// How many requests began so.
    pub fn count(&self, method: &str) -> usize {
        self.seen.lock().unwrap().iter().filter(|line| line.starts_with(method)).count()
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One request, after which the connection ends, so that each can be judged.
async fn serve(
    mut client: TcpStream,
    server: &str,
    judge: &Mutex<Judge>,
    seen: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut request = Vec::new();
    let end = loop {
        if let Some(at) = request.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        if client.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    };
    let head = String::from_utf8_lossy(&request[..end]).into_owned();
    let line = head.split(" HTTP/").next().unwrap_or_default().to_owned();
    seen.lock().unwrap().push(line.clone());
    let fault = (judge.lock().unwrap())(&line);
    match fault {
        Fault::Refuse => return Ok(()),
        Fault::Reply(reply) => {
            client.write_all(reply.as_bytes()).await?;
            return client.shutdown().await;
        }
        _ => {}
    }
    let length = head
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok())
        .unwrap_or(0);
    while request.len() < end + length {
        if client.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    let mut upstream = TcpStream::connect(server).await?;
    let head = head.replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n");
    upstream.write_all(head.as_bytes()).await?;
    upstream.write_all(&request[end..end + length]).await?;
    relay(&mut upstream, &mut client, fault).await
}

async fn relay(from: &mut TcpStream, to: &mut TcpStream, fault: Fault) -> std::io::Result<()> {
    let mut passed = 0;
    let mut piece = vec![0; 16 * 1024];
    loop {
        let read = from.read(&mut piece).await?;
        if read == 0 {
            return to.shutdown().await;
        }
        match fault {
            Fault::CutAfter(limit) | Fault::SilentAfter(limit) if passed + read >= limit => {
                to.write_all(&piece[..limit - passed]).await?;
                to.flush().await?;
                if matches!(fault, Fault::SilentAfter(_)) {
                    // Until the other side gives up.
                    let _ = to.read(&mut piece).await;
                }
                return Ok(());
            }
            Fault::Slow(size, pause) => {
                for part in piece[..read].chunks(size) {
                    to.write_all(part).await?;
                    to.flush().await?;
                    tokio::time::sleep(pause).await;
                }
            }
            _ => to.write_all(&piece[..read]).await?,
        }
        passed += read;
    }
}
