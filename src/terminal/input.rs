//! What arrives from the terminal, in the words of the keymap.
//!
//! A thread reads, because the terminal is shared with the shell: made non-blocking, it would be so
//! for the shell too. It sleeps until there is something to read.

use std::io::{self, PipeWriter};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use super::decode::{Decoder, Heard, Patience};
use super::mouse::MouseReport;
use super::pictures::Graphics;
use super::screen::size;
use crate::keymap::{Code, Key};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TerminalEvent {
    Key(Key),
    /// Pasted text; its lines end in `\n`. Not made safe for the screen.
    Paste(String),
    Mouse(MouseReport),
    /// Columns and rows.
    Resize(u16, u16),
    /// The terminal got the keyboard, or lost it.
    Focus(bool),
    /// How it proved to draw pictures, with width and height of a cell in pixels; `None` where that holds no
    /// longer.
    Graphics(Option<(Graphics, (u16, u16))>),
    /// Red, green and blue of its background.
    Background([u8; 3]),
}

/// What a terminal sent, and how it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived<T> {
    pub what: T,
    /// When it was read, or earlier.
    pub at: Instant,
    /// Keys that were read in one piece with it, itself among them.
    pub together: usize,
    /// Those look like a text that was pasted by a terminal that does not say so.
    pub pasted: bool,
}

impl<T> Arrived<T> {
    /// By itself, as one key that was pressed.
    pub fn alone(what: T, at: Instant) -> Self {
        Self { what, at, together: 1, pasted: false }
    }
}

/// So many keys in one piece, a line's end behind some of them, were not pressed one by one. What a
/// slow line holds back of a person's keys is rarely as long.
const PASTE: usize = 8;
/// Whoever waited less for bytes found them there.
const AT_ONCE: Duration = Duration::from_millis(1);

/// Longest that the bytes of one key are apart on their way. Until then the Esc key waits.
const APART: Duration = Duration::from_millis(25);
/// The same while answers of the terminal are expected: their bytes must not be taken for keys.
const APART_IN_ANSWERS: Duration = Duration::from_millis(500);
/// Longest that answers are expected like that, after the questions and after each piece of an
/// answer. The ESC of a later one, if it is torn off, counts as typed, but no more than that.
const EXPECTED: Duration = Duration::from_secs(2);
/// Longest that a question which was asked later may be answered. It has no key wait any longer.
const EXPECTED_LATER: Duration = Duration::from_secs(5);
/// Longest that the rest of what only a terminal sends is waited for.
const SILENCE: Duration = Duration::from_secs(2);
/// Keys that may wait while a frame is drawn.
const WAITING: usize = 1_024;

/// What the terminal sends, one thing at a time. Nothing is read once this is dropped.
#[derive(Debug)]
pub struct Input {
    heard: mpsc::Receiver<Arrived<Heard>>,
    resized: Signal,
    /// When the terminal was asked again, until the reader knows.
    again: Arc<Mutex<Option<Instant>>>,
    /// Closed to stop the reader.
    stop: Option<PipeWriter>,
    reader: Option<JoinHandle<()>>,
}

impl Input {
    /// Begins to read. Needs a tokio runtime. `asked`: when the terminal was sent questions, of
    /// which the last is not answered.
    pub fn new(asked: Option<Instant>) -> io::Result<Self> {
        let resized = signal(SignalKind::window_change())?;
        let (stopped, stop) = io::pipe()?;
        let (sender, heard) = mpsc::channel(WAITING);
        let again = Arc::default();
        let asked = Asked { first: asked, again: Arc::clone(&again) };
        let reader = std::thread::Builder::new()
            .name("input".to_owned())
            .spawn(move || read(rustix::stdio::stdin(), stopped.as_fd(), &asked, &sender))?;
        Ok(Self { heard, resized, again, stop: Some(stop), reader: Some(reader) })
    }

    /// The terminal is being asked again: its answers are no keys.
    pub fn expect_answers(&self) {
        *self.again.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// The next thing that matters; `None` when the terminal is gone. Safe to drop while it waits.
    pub async fn next(&mut self) -> Option<Arrived<Heard>> {
        tokio::select! {
            heard = self.heard.recv() => heard,
            _ = self.resized.recv() => {
                let (columns, rows) = size();
                let resized = Heard::Event(TerminalEvent::Resize(columns, rows));
                Some(Arrived::alone(resized, Instant::now()))
            }
        }
    }

    /// What is already there.
    pub fn next_ready(&mut self) -> Option<Arrived<Heard>> {
        self.heard.try_recv().ok()
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        self.heard.close();
        self.stop = None;
        if let Some(reader) = self.reader.take() {
            // A reader that panicked has nothing more to say than the panic hook did.
            drop(reader.join());
        }
    }
}

/// When the terminal was sent questions.
struct Asked {
    first: Option<Instant>,
    again: Arc<Mutex<Option<Instant>>>,
}

/// Reads until the terminal is gone, the other end closed `stopped`, or nobody listens.
fn read(
    tty: BorrowedFd<'_>,
    stopped: BorrowedFd<'_>,
    asked: &Asked,
    sender: &mpsc::Sender<Arrived<Heard>>,
) {
    let mut decoder =
        if asked.first.is_some() { Decoder::expecting_answers() } else { Decoder::default() };
    let mut last_said = asked.first;
    let mut asked_later = None;
    let mut at = Instant::now();
    let mut bytes = [0; 4096];
    loop {
        let recently = last_said.is_some_and(|at| at.elapsed() < EXPECTED);
        let torn = decoder.is_torn() && asked_later.is_none();
        let expected = decoder.expects_answers() && (recently || torn);
        let patience = decoder.patience().map(|patience| match patience {
            Patience::Short if expected => APART_IN_ANSWERS,
            Patience::Short => APART,
            Patience::Long => SILENCE,
        });
        let began = Instant::now();
        let ready = wait([tty, stopped], patience);
        // What was there at once may have been there for long, as the end of what was read before.
        if began.elapsed() >= AT_ONCE {
            at = Instant::now();
        }
        match ready {
            Err(_) | Ok([_, true]) => return,
            Ok([false, _]) => decoder.decide(),
            Ok([true, _]) => match rustix::io::read(tty, &mut bytes) {
                Ok(count) if count > 0 => {
                    let again = asked.again.lock().unwrap_or_else(PoisonError::into_inner).take();
                    if again.is_some() {
                        asked_later = again;
                        decoder.expect_answers(true);
                    }
                    if asked_later.take_if(|at| at.elapsed() >= EXPECTED_LATER).is_some() {
                        decoder.expect_answers(false);
                    }
                    decoder.feed(&bytes[..count]);
                    if decoder.is_amid_answer() {
                        last_said = Some(Instant::now());
                    }
                }
                // A program before us may have left the terminal non-blocking.
                Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => {}
                _ => return,
            },
        }
        let heard: Vec<Heard> = std::iter::from_fn(|| decoder.next_heard()).collect();
        let keys = || heard.iter().filter_map(key_of);
        let (together, pasted) = (keys().count(), is_paste(keys()));
        for what in heard {
            if sender.blocking_send(Arrived { what, at, together, pasted }).is_err() {
                return;
            }
        }
    }
}

fn key_of(heard: &Heard) -> Option<Key> {
    match heard {
        Heard::Event(TerminalEvent::Key(key)) => Some(*key),
        _ => None,
    }
}

/// Whether keys look like lines of a text. A key that is held down is no text, nor are arrows.
fn is_paste(keys: impl Iterator<Item = Key>) -> bool {
    let (mut count, mut ends, mut letters) = (0, 0, 0);
    for key in keys {
        let ends_line = key == Key::new(Code::Enter) || key == Key::ctrl('j');
        if ends_line && count == 0 {
            // That one answers what was there before.
            continue;
        }
        ends += usize::from(ends_line);
        letters += usize::from(key.typed().is_some());
        count += 1;
        if !ends_line && key.typed().is_none() && key != Key::new(Code::Tab) {
            return false;
        }
    }
    count >= PASTE && ends > 0 && letters > 0
}

/// Which of these can be read or are at their end; none when the patience ran out.
fn wait<const N: usize>(
    of: [BorrowedFd<'_>; N],
    patience: Option<Duration>,
) -> io::Result<[bool; N]> {
    let patience = patience.map(Timespec::try_from).transpose().map_err(io::Error::other)?;
    let mut asked = of.each_ref().map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN));
    loop {
        match poll(&mut asked, patience.as_ref()) {
            Ok(_) => return Ok(asked.each_ref().map(|one| !one.revents().is_empty())),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Reads what the terminal still sends within `patience`, until `enough` was heard. For leaving:
/// the shell would take it for typed.
pub fn drain(patience: Duration, enough: impl Fn(&Heard) -> bool) {
    drain_from(rustix::stdio::stdin(), patience, enough);
}

fn drain_from(tty: BorrowedFd<'_>, patience: Duration, enough: impl Fn(&Heard) -> bool) {
    let deadline = Instant::now() + patience;
    let mut decoder = Decoder::default();
    let mut bytes = [0; 256];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match wait([tty], Some(left)) {
            Ok([true]) => {}
            _ => return,
        }
        match rustix::io::read(tty, &mut bytes) {
            Ok(count) if count > 0 => decoder.feed(&bytes[..count]),
            _ => return,
        }
        if std::iter::from_fn(|| decoder.next_heard()).any(|heard| enough(&heard)) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::terminal::{Answer, Graphics};

    fn unasked() -> Asked {
        Asked { first: None, again: Arc::default() }
    }

    #[test]
    fn what_is_asked_later_is_answered_and_a_key_after_it_is_a_key() {
        let read_of = |again: Option<Instant>, bytes: &[u8]| {
            let (tty, mut typed) = io::pipe().unwrap();
            let (stopped, _stop) = io::pipe().unwrap();
            let (sender, mut heard) = mpsc::channel(64);
            typed.write_all(bytes).unwrap();
            drop(typed);
            let asked = Asked { first: None, again: Arc::new(Mutex::new(again)) };
            read(tty.as_fd(), stopped.as_fd(), &asked, &sender);
            drop(sender);
            std::iter::from_fn(|| heard.blocking_recv()).map(|one| one.what).collect::<Vec<_>>()
        };
        let now = Instant::now();
        let said = b"\x1b_Gi=31;OK\x1b\\\x1b[?62;22cj";
        let key = Heard::Event(TerminalEvent::Key(Key::char('j')));
        let answers = [Answer::Pictures(Graphics::Kitty), Answer::Identity].map(Heard::Answer);
        assert_eq!(read_of(Some(now), said), [&answers[..], &[key]].concat());
    }

    #[test]
    fn the_reader_decides_about_esc_and_ends_with_the_terminal() {
        let (tty, mut typed) = io::pipe().unwrap();
        let (stopped, _stop) = io::pipe().unwrap();
        let (sender, mut heard) = mpsc::channel(8);
        let reader =
            std::thread::spawn(move || read(tty.as_fd(), stopped.as_fd(), &unasked(), &sender));
        typed.write_all(b"\x1b").unwrap();
        let esc = Heard::Event(TerminalEvent::Key(Key::new(Code::Esc)));
        assert_eq!(heard.blocking_recv().map(|heard| heard.what), Some(esc));
        typed.write_all(b"\x1b[?1c").unwrap();
        let answer = Heard::Answer(Answer::Identity);
        assert_eq!(heard.blocking_recv().map(|heard| heard.what), Some(answer));
        drop(typed);
        assert_eq!(heard.blocking_recv(), None);
        reader.join().unwrap();
    }

    #[test]
    fn keys_of_one_read_come_together_and_lines_of_a_text_are_told_from_keys() {
        let read_of = |bytes: &[u8]| {
            let (tty, mut typed) = io::pipe().unwrap();
            let (stopped, _stop) = io::pipe().unwrap();
            let (sender, mut heard) = mpsc::channel(64);
            typed.write_all(bytes).unwrap();
            drop(typed);
            read(tty.as_fd(), stopped.as_fd(), &unasked(), &sender);
            drop(sender);
            let all: Vec<_> = std::iter::from_fn(|| heard.blocking_recv()).collect();
            assert!(all.iter().all(|one| one.at == all[0].at));
            (all[0].together, all[0].pasted)
        };
        assert_eq!(read_of(b"s"), (1, false));
        assert_eq!(read_of(b"s\r"), (2, false));
        assert_eq!(read_of(b"Part I\rPart II\r"), (15, true));
        assert_eq!(read_of(b"abc\ncde\n"), (8, true));
        assert_eq!(read_of(b"gg]e\rQ"), (6, false), "a slow line");
        assert_eq!(read_of(b"\rgg/abc"), (7, false), "an answer, and more keys");
        assert_eq!(read_of(b"jjjjjjjj"), (8, false), "a key that is held down");
        assert_eq!(read_of(b"\r\r\r\r\r"), (5, false), "so is this");
        assert_eq!(read_of(b"\x1b[A\x1b[A\x1b[Aj\r"), (5, false), "arrows are in no text");
    }

    #[test]
    fn the_reader_stops_when_it_is_told_to_and_reads_no_more() {
        let (tty, _typed) = io::pipe().unwrap();
        let (stopped, stop) = io::pipe().unwrap();
        let (sender, _heard) = mpsc::channel(8);
        let reader =
            std::thread::spawn(move || read(tty.as_fd(), stopped.as_fd(), &unasked(), &sender));
        drop(stop);
        reader.join().unwrap();
    }

    #[test]
    fn what_is_drained_ends_with_what_was_waited_for() {
        let (mut tty, mut typed) = io::pipe().unwrap();
        typed.write_all(b"\x1b[?2026;2$y\x1b[?1c").unwrap();
        let patience = Duration::from_mins(1);
        drain_from(tty.as_fd(), patience, |heard| *heard == Heard::Answer(Answer::Identity));
        typed.write_all(b"ls").unwrap();
        let mut rest = [0; 2];
        std::io::Read::read_exact(&mut tty, &mut rest).unwrap();
        assert_eq!(&rest, b"ls");
    }
}
