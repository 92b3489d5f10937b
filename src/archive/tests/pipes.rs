//! Pipes: shown while they deliver, read like files after.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;

const PATIENCE: Duration = Duration::from_secs(20);

/// A pipe that delivers what a test sends, and ends when the sender is dropped.
struct Pipe(Receiver<io::Result<Vec<u8>>>, VecDeque<u8>);

fn pipe() -> (Sender<io::Result<Vec<u8>>>, Pipe) {
    let (send, receive) = channel();
    (send, Pipe(receive, VecDeque::new()))
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.1.is_empty() {
            match self.0.recv() {
                Ok(bytes) => self.1.extend(bytes?),
                Err(_) => return Ok(0),
            }
        }
        self.1.read(buffer)
    }
}

#[test]
fn a_pipe_is_shown_while_it_delivers() {
    let (send, pipe) = pipe();
    let archive = Archive::spool(pipe).unwrap();
    let mut reader = Reader::new(&archive);
    assert!(reader.next_chunk().unwrap().unwrap().lines.is_empty());
    let mut text = event(1, "a") + "\n" + &event(2, "b") + "\n" + &event(3, "c");
    send.send(Ok(text.clone().into_bytes())).unwrap();
    assert!(archive.wait_beyond(0, PATIENCE));
    assert!(reader.next_chunk().unwrap().unwrap().lines.is_empty());
    reader.hurry();
    let chunk = reader.next_chunk().unwrap().unwrap();
    // The third line has no end yet.
    assert_eq!((chunk.lines.len(), chunk.last), (2, false));
    assert!(reader.next_chunk().unwrap().unwrap().lines.is_empty());
    let known = archive.length();
    send.send(Ok(b"\n".to_vec())).unwrap();
    text.push('\n');
    assert!(archive.wait_beyond(known, PATIENCE));
    assert_eq!(reader.next_chunk().unwrap().unwrap().lines.len(), 1);
    drop(send);
    assert!(archive.wait_beyond(archive.length(), PATIENCE));
    assert!(archive.is_complete() && archive.failure().is_none());
    assert!(reader.next_chunk().unwrap().unwrap().last);
    assert!(reader.next_chunk().unwrap().is_none());
    let all = Line { offset: 0, length: archive.length() };
    assert_eq!(archive.read(all).unwrap(), text.as_bytes());
    assert_eq!(reader.summary().duplicates, Some(0));
}

#[test]
fn a_pipe_that_has_brought_nothing_yet_is_no_empty_file() {
    let (send, pipe) = pipe();
    let archive = Archive::spool(pipe).unwrap();
    let mut reader = Reader::new(&archive);
    reader.hurry();
    assert!(reader.next_chunk().unwrap().unwrap().lines.is_empty());
    assert_eq!(reader.preamble(), None);
    send.send(Ok((event(1, "a") + "\n").into_bytes())).unwrap();
    assert!(archive.wait_beyond(0, PATIENCE));
    assert_eq!(reader.next_chunk().unwrap().unwrap().lines.len(), 1);
    assert_eq!(reader.preamble().unwrap().shape, Shape::Lines);
}

#[test]
fn a_pipe_that_is_newest_first_waits_for_its_end() {
    let (send, pipe) = pipe();
    let archive = Archive::spool(pipe).unwrap();
    let mut reader = Reader::new(&archive);
    reader.hurry();
    send.send(Ok((event(9, "") + "\n" + &event(8, "") + "\n").into_bytes())).unwrap();
    assert!(archive.wait_beyond(0, PATIENCE));
    assert!(reader.next_chunk().unwrap().unwrap().lines.is_empty());
    let known = archive.length();
    send.send(Ok(event(7, "").into_bytes())).unwrap();
    assert!(archive.wait_beyond(known, PATIENCE));
    drop(send);
    assert!(archive.wait_beyond(archive.length(), PATIENCE));
    let chunk = reader.next_chunk().unwrap().unwrap();
    let ids: Vec<_> = chunk.lines.iter().map(|(line, _)| id(&archive, *line)).collect();
    assert_eq!(ids, ["aev_7", "aev_8", "aev_9"]);
    assert!(chunk.last);
}

#[test]
fn a_pipe_that_fails_says_why_and_keeps_what_came() {
    let (send, pipe) = pipe();
    let archive = Archive::spool(pipe).unwrap();
    send.send(Ok(event(1, "a").into_bytes())).unwrap();
    assert!(archive.wait_beyond(0, PATIENCE));
    send.send(Err(io::Error::other("the far end is gone"))).unwrap();
    assert!(archive.wait_beyond(archive.length(), PATIENCE));
    assert_eq!(archive.failure().unwrap(), "the far end is gone");
    assert_eq!(Walk::over(&archive).lines.len(), 1);
}
