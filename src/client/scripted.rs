//! A server for tests that answers the n-th request with the n-th text of a script and remembers
//! what it was asked. Every connection serves one request.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::{Client, Credentials};

pub(super) struct Server {
    base: String,
    heads: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Server {
    pub(super) async fn start(script: impl IntoIterator<Item = String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let heads = Arc::new(Mutex::new(Vec::new()));
        let script: Vec<String> = script.into_iter().collect();
        let seen = Arc::clone(&heads);
        let task = tokio::spawn(async move {
            for answer in script {
                let (mut socket, _) = listener.accept().await.unwrap();
                let head = read_head(&mut socket).await;
                seen.lock().unwrap().push(head);
                socket.write_all(answer.as_bytes()).await.unwrap();
                socket.shutdown().await.unwrap();
            }
        });
        Self { base, heads, task }
    }

    pub(super) fn client(&self) -> Client {
        Client::new(&self.base, Credentials::api_key("zut_test").unwrap()).unwrap()
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub(super) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    /// Method and target of every request so far.
    pub(super) fn seen(&self) -> Vec<String> {
        let line = |head: &String| head.split(" HTTP/").next().unwrap_or_default().to_owned();
        self.heads().iter().map(line).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The head, and the body too, so that closing the socket does not reset it.
async fn read_head(socket: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        assert!(socket.read_buf(&mut bytes).await.unwrap() > 0, "no request head");
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let length = head
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok())
        .unwrap_or(0);
    while bytes.len() < end + length {
        assert!(socket.read_buf(&mut bytes).await.unwrap() > 0, "no request body");
    }
    head
}

pub(super) fn json(status: u16, body: &str) -> String {
    answer(status, "application/json", body)
}

pub(super) fn status(status: u16, body: &str) -> String {
    answer(status, "text/plain", body)
}

pub(super) fn answer(status: u16, content_type: &str, body: &str) -> String {
    let length =
        if status == 204 { String::new() } else { format!("content-length: {}\r\n", body.len()) };
    format!(
        "HTTP/1.1 {status} X\r\ncontent-type: {content_type}\r\n{length}connection: close\r\n\r\n{body}"
    )
}
