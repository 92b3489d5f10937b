//! One connection, read as far as any reply goes.

use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

pub struct Wire(BufReader<TcpStream>);

pub struct Answer {
    pub status: u16,
    pub kind: String,
    pub body: Vec<u8>,
    /// The server says that it takes no further request here, or nobody can know where one begins.
    pub closes: bool,
}

impl Wire {
    pub async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self(BufReader::new(stream))
    }

    /// `None` where the connection ends before a whole answer.
    pub async fn ask(&mut self, request: &[u8], head_only: bool) -> Option<Answer> {
        self.0.get_mut().write_all(request).await.ok()?;
        loop {
            let answer = self.answer(head_only).await?;
            if answer.status != 100 {
                return Some(answer);
            }
        }
    }

    async fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        (self.0.read_line(&mut line).await.ok()? > 0).then(|| line.trim_end().to_owned())
    }

    async fn answer(&mut self, head_only: bool) -> Option<Answer> {
        let status = self.line().await?.split(' ').nth(1)?.parse().ok()?;
        let mut answer = Answer { status, kind: String::new(), body: Vec::new(), closes: false };
        let (mut length, mut chunked) = (None, false);
        loop {
            let line = self.line().await?.to_ascii_lowercase();
            let Some((name, value)) = line.split_once(": ") else { break };
            match name {
                "content-type" => value.clone_into(&mut answer.kind),
                "content-length" => length = value.parse::<usize>().ok(),
                "transfer-encoding" => chunked = value == "chunked",
                "connection" => answer.closes = value == "close",
                _ => {}
            }
        }
        if head_only || matches!(answer.status, 100 | 204) {
            return Some(answer);
        }
        if chunked {
            loop {
                let size = usize::from_str_radix(&self.line().await?, 16).ok()?;
                let mut piece = vec![0; size + 2];
                self.0.read_exact(&mut piece).await.ok()?;
                if size == 0 {
                    return Some(answer);
                }
                answer.body.extend_from_slice(&piece[..size]);
            }
        }
        if let Some(length) = length {
            answer.body.resize(length, 0);
            self.0.read_exact(&mut answer.body).await.ok()?;
        } else {
            self.0.read_to_end(&mut answer.body).await.ok()?;
            answer.closes = true;
        }
        Some(answer)
    }
}
