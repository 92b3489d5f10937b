//! `web_get` against a server on loopback that sends on, floods, lies and is slow.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::{Desk, configured, kind, why};
use crate::server::tools::{Done, Tools};

/// Answers each path with bytes of its own; what it was asked is kept.
struct Site {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Site {
    async fn open(answer: impl Fn(&str, SocketAddr) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let (kept, answer) = (Arc::clone(&heads), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (kept, answer) = (Arc::clone(&kept), Arc::clone(&answer));
                tokio::spawn(async move {
                    let mut head = Vec::new();
                    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
                        let mut buffer = [0; 1_024];
                        match stream.read(&mut buffer).await {
                            Ok(0) | Err(_) => return,
                            Ok(read) => head.extend_from_slice(&buffer[..read]),
                        }
                    }
                    let head = String::from_utf8(head).unwrap();
                    let path = head.split(' ').nth(1).unwrap().to_owned();
                    kept.lock().unwrap().push(head);
                    if path == "/silent" {
                        std::future::pending::<()>().await;
                    }
                    let _ = stream.write_all(&answer(&path, address)).await;
                });
            }
        });
        Self { address, heads }
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

fn reply(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

fn to(location: &str) -> Vec<u8> {
    reply("302 Found", &format!("location: {location}\r\n"), b"")
}

fn pages(path: &str, address: SocketAddr) -> Vec<u8> {
    let html = "content-type: text/html; charset=iso-8859-1\r\n";
    match path {
        "/page" => {
            reply("200 OK", html, b"<title>T\xe4st</title><p>See <a href=/next?token=abc>this</a>")
        }
        "/json" => reply("200 OK", "content-type: application/json\r\n", b"{\"a\": 1}"),
        "/gone" => reply("404 Not Found", "content-type: text/plain\r\n", b"no such page"),
        "/image" => reply("200 OK", "content-type: image/png\r\n", b"\x89PNG\r\n\x1a\n\0\0"),
        "/packed" => {
            reply("200 OK", "content-encoding: gzip\r\ncontent-type: text/plain\r\n", b"\x1f\x8b")
        }
        "/long" => {
            reply("200 OK", "content-type: text/plain\r\n", "line\n".repeat(1 << 20).as_bytes())
        }
        "/on" => to("/page"),
        "/round" => to("/round"),
        "/private" => to("http://10.1.2.3/"),
        "/metadata" => to("http://169.254.169.254/latest/meta-data/"),
        "/mapped" => to("http://[::ffff:10.0.0.1]/"),
        "/file" => to("file:///etc/passwd"),
        "/keyed" => to("http://me:pw@127.0.0.1/"),
        "/port" => to("http://127.0.0.1:1/"),
        "/away" => to(&format!("http://localhost:{}/page", address.port())),
        _ => reply("200 OK", "content-type: text/plain\r\n", b"fine"),
    }
}

fn allowing(desk: &Desk, site: &Site, more: &str) -> Tools {
    let port = site.address.port();
    let toml = format!(
        "[tools.web_get]\nallow = [\"127.0.0.1:{port}\", \"localhost:{port}\", \"*\"]\n{more}"
    );
    configured(&toml, desk.dir.path())
}

async fn get(desk: &Desk, tools: &Tools, site: &Site, path: &str, more: Value) -> Done {
    let mut arguments = json!({"url": format!("http://{}{path}", site.address)});
    arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    desk.run(tools, kind("web_get"), arguments).await
}

#[tokio::test]
async fn pages_are_text_and_say_where_they_are_from() {
    let desk = Desk::new().await;
    let site = Site::open(pages).await;
    let tools = allowing(&desk, &site, "allow_private = true");
    let page = get(&desk, &tools, &site, "/on", json!({})).await;
    assert_eq!(page.failure, None, "{:?}", page.output);
    let url = format!("http://{}", site.address);
    let wanted = format!("Täst\n\nSee [this]({url}/next?token=abc)\n");
    assert_eq!(page.output["content"], json!(wanted));
    assert_eq!(
        (&page.output["url"], &page.output["redirected_from"]),
        (&json!(format!("{url}/page")), &json!([format!("{url}/on")]))
    );
    let gone = get(&desk, &tools, &site, "/gone", json!({})).await;
    assert_eq!(
        (gone.failure, &gone.output["status_code"], &gone.output["content"]),
        (None, &json!(404), &json!("no such page"))
    );
    let here = get(&desk, &tools, &site, "/on", json!({"follow_redirects": false})).await;
    assert_eq!(here.output["status_code"], 302);
    let lines = get(&desk, &tools, &site, "/long", json!({"head_lines": 1, "tail_lines": 1})).await;
    assert!(lines.output["content"].as_str().unwrap().starts_with("line\n[… "));
    let long = get(&desk, &tools, &site, "/long", json!({"max_content_bytes": 100})).await;
    assert_eq!(
        (long.output["content"].as_str().unwrap().len(), &long.output["truncated"]),
        (100, &json!(true))
    );
    let image = why(&get(&desk, &tools, &site, "/image", json!({})).await, "invalid_input");
    assert!(image.contains("image/png") && image.contains("not text"), "{image}");
    let secret = get(&desk, &tools, &site, "/json?api_key=hunter2", json!({})).await;
    assert!(!secret.output["url"].as_str().unwrap().contains("hunter2"));
    let offer = tools.offer("get", &super::configuration(kind("web_get"))).unwrap();
    assert!(offer.description.contains("127.0.0.1:"), "{}", offer.description);
}

#[tokio::test]
async fn redirects_lead_nowhere_that_could_not_be_asked_itself() {
    let desk = Desk::new().await;
    let site = Site::open(pages).await;
    let tools = allowing(&desk, &site, "allow_private = true");
    for (path, wanted) in [
        ("/private", "private network"),
        ("/metadata", "private network"),
        ("/mapped", "private network"),
        ("/port", "not among the hosts"),
    ] {
        let why = why(&get(&desk, &tools, &site, path, json!({})).await, "invalid_configuration");
        assert!(why.contains(wanted), "{path}: {why}");
    }
    for (path, wanted) in [
        ("/round", "more than 5 times"),
        ("/file", "neither http:// nor https://"),
        ("/keyed", "name or password"),
        ("/packed", "compressed"),
    ] {
        let why = why(&get(&desk, &tools, &site, path, json!({})).await, "dependency_failed");
        assert!(why.contains(wanted) && !why.contains("me:pw"), "{path}: {why}");
    }
}

#[tokio::test]
async fn private_addresses_are_asked_only_by_name_and_where_that_is_allowed() {
    let desk = Desk::new().await;
    let site = Site::open(pages).await;
    let refused = async |tools: &Tools, url: String| {
        let done = desk.run(tools, kind("web_get"), json!({"url": url})).await;
        why(&done, "invalid_configuration")
    };
    let port = site.address.port();
    let strict = allowing(&desk, &site, "");
    for host in ["127.0.0.1", "localhost", "0x7f.1", "2130706433"] {
        let why = refused(&strict, format!("http://{host}:{port}/page")).await;
        assert!(why.contains("private network"), "{why}");
    }
    let open =
        configured("[tools.web_get]\nallow = [\"*:*\"]\nallow_private = true", desk.dir.path());
    assert!(refused(&open, format!("http://localhost:{port}/")).await.contains("private network"));
    let none = configured("[tools.web_get]\nallow = [\"docs.example.org\"]", desk.dir.path());
    let why = refused(&none, format!("http://127.0.0.1:{port}/")).await;
    assert!(why.contains("which are docs.example.org"), "{why}");
    assert!(site.heads().is_empty(), "nobody was asked");
}

#[tokio::test]
async fn what_was_meant_for_one_host_does_not_go_on_to_another() {
    let desk = Desk::new().await;
    let site = Site::open(pages).await;
    let tools = allowing(&desk, &site, "allow_private = true\nmethods = [\"GET\", \"POST\"]");
    let keys = json!({"headers": {"x-key": "one"}, "auth": {"type": "bearer", "token": "two"}});
    let away = get(&desk, &tools, &site, "/away", keys).await;
    assert_eq!(away.failure, None, "{:?}", away.output);
    let heads = site.heads();
    assert!(
        heads[0].contains("x-key: one") && heads[0].contains("authorization: Bearer two"),
        "{}",
        heads[0]
    );
    assert!(!heads[1].contains("one") && !heads[1].contains("two"), "{}", heads[1]);
    let post = json!({"method": "POST", "body": "a=1"});
    assert_eq!(get(&desk, &tools, &site, "/on", post).await.failure, None);
    let heads = site.heads();
    assert!(heads[2].starts_with("POST /on") && heads[3].starts_with("GET /page"), "{heads:?}");
}

#[tokio::test]
async fn what_is_wrong_with_a_call_is_told() {
    let desk = Desk::new().await;
    let site = Site::open(pages).await;
    let tools = allowing(&desk, &site, "allow_private = true\ntimeout_seconds = 0.3");
    for (more, wanted) in [
        (json!({"url": "ftp://a.org/"}), "neither http:// nor https://"),
        (json!({"url": "nonsense"}), "is no address"),
        (json!({"url": "https://me:pw@a.org/"}), "name or password"),
        (json!({"url": "x".repeat(9_000)}), "longer than"),
        (json!({"ssl_verify": false}), "always checks certificates"),
        (json!({"headers": {"Host": "evil"}}), "not for a call to set"),
        (json!({"headers": {"a b": "c"}}), "is not the name of a header"),
        (json!({"headers": {"a": "b\r\nc: d"}}), "cannot be sent"),
        (json!({"headers": [1]}), "headers must be"),
        (json!({"body": "x"}), "leave it out"),
        (json!({"auth": {"type": "bearer"}}), "auth.token is required"),
    ] {
        let why = why(&get(&desk, &tools, &site, "/", more).await, "invalid_input");
        assert!(why.contains(wanted), "{why}");
    }
    for (more, wanted) in [
        (json!({"method": "DELETE"}), "GET, HEAD"),
        (json!({"auth": {"type": "oauth_client_credentials"}}), "no tokens by OAuth"),
    ] {
        let why = why(&get(&desk, &tools, &site, "/", more).await, "invalid_configuration");
        assert!(why.contains(wanted) || why.contains("asks for no"), "{why}");
    }
    let silent = why(&get(&desk, &tools, &site, "/silent", json!({})).await, "timeout");
    assert!(silent.contains("0.3 s"), "{silent}");
    assert_eq!(site.heads().len(), 1);
    let unknown = json!({"url": "http://no-such-host.invalid/"});
    why(&get(&desk, &tools, &site, "/", unknown).await, "dependency_failed");
}
