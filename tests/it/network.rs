//! The way to a service: certificates, proxies, plain http, and who answers in its place.

use std::sync::Arc;

use foretop::internals::server::{Options, Server};
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, date_time_ymd};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::stage::Stage;
use crate::verbs::{Home, ran};

/// The embedded server behind TLS, with a certificate that only `authority` vouches for.
async fn behind_tls(stage: &Stage) -> (String, String) {
    behind(stage, CertificateParams::new(vec!["localhost".to_owned()]).unwrap()).await
}

/// The same with another certificate, which nobody but itself has signed.
async fn behind(stage: &Stage, certificate: CertificateParams) -> (String, String) {
    let pair = KeyPair::generate().unwrap();
    let made = certificate.self_signed(&pair).unwrap();
    let authority = made.pem();
    let key = PrivateKeyDer::try_from(pair.serialize_der()).unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![made.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let behind = stage.server.url().strip_prefix("http://").unwrap().to_owned();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let (acceptor, behind) = (acceptor.clone(), behind.clone());
            tokio::spawn(async move {
                let Ok(mut secure) = acceptor.accept(socket).await else { return };
                let mut plain = TcpStream::connect(behind).await.unwrap();
                let _ = copy_bidirectional(&mut secure, &mut plain).await;
            });
        }
    });
    (url, authority)
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_checked_and_ssl_cert_file_is_respected() {
    let stage = Stage::open().await;
    stage.agent().await;
    let (url, authority) = behind_tls(&stage).await;
    let home = Home::at(&url, stage.server.token().reveal());
    let refused = home.run(&["ls", "--timeout", "5s"]).await;
    assert_eq!(refused.code, 7, "{}", refused.stderr);
    assert!(refused.stderr.contains("certificate"), "{}", refused.stderr);
    let file = home.path("authority.pem");
    std::fs::write(&file, authority).unwrap();
    let mut command = home.command(&["ls", "--json"]);
    command.env("SSL_CERT_FILE", &file);
    let listed = ran(command, "").await;
    assert_eq!(listed.code, 0, "{}", listed.stderr);
}

/// As `openssl req -x509` makes one: an authority that vouches for itself.
fn own_authority(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_its_own_is_believed_where_it_is_given_and_only_for_its_host() {
    let stage = Stage::open().await;
    stage.agent().await;
    let mut expired = own_authority(&["localhost"]);
    expired.not_before = date_time_ymd(2020, 1, 1);
    expired.not_after = date_time_ymd(2021, 2, 3);
    let mut early = own_authority(&["localhost"]);
    early.not_before = date_time_ymd(2999, 1, 1);
    early.not_after = date_time_ymd(2999, 2, 3);
    for (certificate, says) in [
        (own_authority(&["localhost"]), &[][..]),
        (expired, &["certificate of localhost expired at 2021-02-03 00:00 UTC", "renewed"]),
        (early, &["valid only from 2999-01-01 00:00 UTC", "clock"]),
        (own_authority(&["elsewhere.example"]), &["is for elsewhere.example", "base URL"]),
        (own_authority(&[]), &["names no host", "-addext subjectAltName=DNS:localhost"]),
    ] {
        let (url, pem) = behind(&stage, certificate).await;
        let home = Home::at(&url, stage.server.token().reveal());
        let file = home.path("given.pem");
        std::fs::write(&file, pem).unwrap();
        let mut command = home.command(&["ls", "--json", "--timeout", "5s"]);
        command.env("SSL_CERT_FILE", &file);
        let ran = ran(command, "").await;
        assert_eq!(ran.code, if says.is_empty() { 0 } else { 7 }, "{}", ran.stderr);
        for says in says {
            assert!(ran.stderr.contains(says), "{says}: {}", ran.stderr);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_believed_is_named_with_the_file_that_was_asked() {
    let stage = Stage::open().await;
    let (url, _) = behind(&stage, own_authority(&["localhost"])).await;
    let home = Home::at(&url, stage.server.token().reveal());
    let (missing, empty) = (home.path("missing.pem"), home.path("empty.pem"));
    let other = home.path("other.pem");
    let pair = KeyPair::generate().unwrap();
    std::fs::write(&empty, "no certificate").unwrap();
    std::fs::write(&other, own_authority(&["x"]).self_signed(&pair).unwrap().pem()).unwrap();
    for (file, code, says) in [
        (missing.as_path(), 2, &["missing.pem", "cannot be read", "Correct SSL_CERT_FILE"][..]),
        (&empty, 2, &["empty.pem", "no certificate in PEM form"]),
        (&other, 7, &["certificate of localhost", "add it to", "other.pem"]),
    ] {
        let mut command = home.command(&["ls", "--timeout", "5s"]);
        command.env("SSL_CERT_FILE", file);
        let ran = ran(command, "").await;
        assert_eq!(ran.code, code, "{}", ran.stderr);
        for says in says {
            assert!(ran.stderr.contains(says), "{says}: {}", ran.stderr);
        }
    }
    // The port of something that speaks no TLS at all.
    let home = Home::at(&format!("https://{}", stage.address()), "zut_test_key");
    let plain = home.run(&["ls", "--timeout", "5s"]).await;
    assert!(plain.stderr.contains("does not speak TLS"), "{}", plain.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_in_the_way_is_named_without_its_password() {
    let home = Home::at("https://service.example", "zut_test_key");
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = silent.local_addr().unwrap();
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (asks, _) = proxy(407).await;
    let (refuses, _) = proxy(403).await;
    let host = |address: &str| address.trim_start_matches("http://").to_owned();
    for (address, says) in [
        (gone.to_string(), &["does not answer", "Correct or unset HTTPS_PROXY"][..]),
        (silent.to_string(), &["does not answer", "NO_PROXY"]),
        (host(&asks), &["wants credentials (407)", "name:password@"]),
        (host(&refuses), &["refused to lead to service.example"]),
    ] {
        let mut command = home.command(&["ls", "--timeout", "2s"]);
        command.env("HTTPS_PROXY", format!("http://me:hunter2@{address}")).env_remove("NO_PROXY");
        let ran = ran(command, "").await;
        assert_eq!(ran.code, 7, "{}", ran.stderr);
        let proxy = format!("the proxy http://{address} of HTTPS_PROXY");
        for says in says.iter().chain([&proxy.as_str()]) {
            assert!(ran.stderr.contains(says), "{says}: {}", ran.stderr);
        }
        assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_byte_order_mark_and_many_headers_are_in_nobodys_way() {
    let body = "\u{feff}{\"agents\":[]}";
    let many = "x-hop: 1\r\n".repeat(300);
    let reply = format!("HTTP/1.1 200 OK\r\n{many}content-length: {}\r\n\r\n{body}", body.len());
    let home = Home::at(&answers(reply.leak()).await, "zut_test_key");
    let ran = home.run(&["ls"]).await;
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

/// A proxy that refuses its one request, and what it was asked.
async fn proxy(status: u16) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut head = vec![0; 4096];
        let length = socket.read(&mut head).await.unwrap();
        let reply = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n");
        socket.write_all(reply.as_bytes()).await.unwrap();
        String::from_utf8_lossy(&head[..length]).into_owned()
    });
    (address, asked)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_is_used_for_other_machines_and_not_for_this_one() {
    let (address, asked) = proxy(502).await;
    let home = Home::at("https://service.example", "zut_test_key");
    let mut command = home.command(&["ls", "--timeout", "5s"]);
    command.env("HTTPS_PROXY", &address).env_remove("NO_PROXY");
    let failed = ran(command, "").await;
    assert_eq!(failed.code, 7, "{}", failed.stderr);
    let head = asked.await.unwrap();
    assert!(head.starts_with("CONNECT service.example:443"), "{head}");
    assert!(!head.contains("zut_test_key"), "the proxy must not see the key");

    let stage = Stage::open().await;
    stage.agent().await;
    let home = Home::of(&stage);
    let mut command = home.command(&["ls"]);
    command.env("HTTP_PROXY", &address).env("http_proxy", &address).env("ALL_PROXY", &address);
    assert_eq!(ran(command, "").await.code, 0);
}

#[tokio::test]
async fn plain_http_to_others_needs_the_profiles_word() {
    let home = Home::at("http://192.0.2.1", "zut_test_key");
    let refused = home.run(&["ls"]).await;
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("Use https"), "{}", refused.stderr);
    // Where the profile says so it is tried; the proxy stands for the rest of the world.
    let (address, asked) = proxy(401).await;
    home.config("[profiles.lab]\nurl = \"http://service.example\"\nallow_http = true\n");
    let mut command = home.bare(&["ls", "--timeout", "5s"]);
    command
        .env("VECTARA_API_KEY", "zut_test_key")
        .env("http_proxy", &address)
        .env_remove("NO_PROXY");
    let tried = ran(command, "").await;
    assert_eq!(tried.code, 4, "{}", tried.stderr);
    let head = asked.await.unwrap();
    assert!(head.starts_with("GET http://service.example/v2/agents"), "{head}");
}

/// Answers every request with the same bytes, a bounded number of times.
pub async fn answers(reply: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        for _ in 0..20 {
            let Ok((mut socket, _)) = listener.accept().await else { return };
            let mut head = [0; 4096];
            let _ = socket.read(&mut head).await;
            let _ = socket.write_all(reply.as_bytes()).await;
        }
    });
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_answers_in_its_place_is_told_apart() {
    for (reply, code, says) in [
        (
            "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 15\r\n\r\n<html>hi</html>",
            7,
            "web page",
        ),
        ("HTTP/1.1 302 Found\r\nlocation: https://x\r\ncontent-length: 0\r\n\r\n", 7, "base URL"),
        ("HTTP/1.1 401 X\r\ncontent-length: 0\r\n\r\n", 4, "credentials"),
        ("HTTP/1.1 403 X\r\ncontent-length: 0\r\n\r\n", 4, "agent_viewer"),
        ("HTTP/1.1 429 X\r\nretry-after: 99\r\ncontent-length: 0\r\n\r\n", 8, "99 s"),
        ("HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{\"agents\":[", 7, "ends in the middle"),
        ("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", 7, "empty"),
        ("HTTP/1.1 200 OK\r\ncontent-length: 14\r\n\r\n{\"agents\": 17}", 7, "shape"),
        ("\x15\x03\x01\x00\x02\x02\x28", 7, "broke"),
    ] {
        let home = Home::at(&answers(reply).await, "zut_test_key");
        let ran = home.run(&["ls"]).await;
        assert_eq!(ran.code, code, "{reply}: {}", ran.stderr);
        assert!(ran.stderr.contains(says), "{reply}: {}", ran.stderr);
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_and_a_missing_role_are_different_things() {
    let dir = tempfile::tempdir().unwrap();
    let tokens = dir.path().join("tokens.toml");
    let text =
        "[[token]]\nname = \"looker\"\ntoken = \"looker-looker-looker\"\nroles = [\"viewer\"]\n";
    std::fs::write(&tokens, text).unwrap();
    std::fs::set_permissions(&tokens, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let options = Options { tokens: Some(tokens), ..Options::new(dir.path().join("data")) };
    let server = Server::start(options).await.unwrap();
    let wrong = Home::at(&server.url(), "no-such-token-at-all");
    let wrong = wrong.run(&["ls"]).await;
    assert_eq!(wrong.code, 4, "{}", wrong.stderr);
    assert!(
        wrong.stderr.contains("credentials") || wrong.stderr.contains("key"),
        "{}",
        wrong.stderr
    );
    let looker = Home::at(&server.url(), "looker-looker-looker");
    assert_eq!(looker.run(&["ls"]).await.code, 0);
    server.stop().await;
}
