//! A recording as it lies in its file, and the run that it makes when it is played.
//!
//! Lines are read when their turn comes. A way back begins at a copy of an earlier state; few are
//! kept, so that neither the memory nor the way grows with the recording.

use crate::app::effect::Work;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, ErrorKind, Read as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use jiff::SignedDuration;
use serde::Deserialize;

use crate::api::Timestamp;
use crate::app::msg::{DoneMsg, TerminalMsg, Worked};
use crate::app::recording::{Entry, Header};
use crate::app::update::Machine;
use crate::app::{Effect, Keymap, Msg};
use crate::view::{Model, Replayed};

/// A longer line is not read; no message of a service is as long.
const LONGEST: u64 = 256 << 20;
/// Copies of earlier states that are kept.
const COPIES: usize = 12;
/// Messages between the first copies, and how far before a place that was gone back to one is made.
const NEAR: usize = 64;

/// A recording whose lines are known.
#[derive(Debug)]
pub struct Recorded {
    file: File,
    header: Header,
    lines: Vec<LinePlace>,
}

#[derive(Debug, Clone, Copy)]
struct LinePlace {
    /// `None` for a line that is no message.
    at: Option<Timestamp>,
    offset: u64,
    length: u64,
}

impl Recorded {
    /// Walks the file once. A last line that was cut off is left out.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::new(ErrorKind::InvalidInput, "a recording is a regular file"));
        }
        let mut input = BufReader::with_capacity(1 << 20, &file);
        let mut line = Vec::new();
        let mut offset = next_line(&mut input, &mut line)?;
        let wrong = |what| io::Error::new(ErrorKind::InvalidData, what);
        let header = std::str::from_utf8(&line).map_err(|_| wrong("it is not text"))?;
        let header = Header::read(header).map_err(wrong)?;
        let mut lines = Vec::new();
        loop {
            let length = next_line(&mut input, &mut line)?;
            if length == 0 {
                break;
            }
            if line.ends_with(b"\n") || length > LONGEST {
                lines.push(LinePlace { at: time_of(&line), offset, length });
            }
            offset += length;
        }
        Ok(Self { file, header, lines })
    }

    fn read(&self, at: usize) -> Option<(Timestamp, Msg)> {
        let place = self.lines.get(at).filter(|place| place.length <= LONGEST)?;
        let mut line = vec![0; usize::try_from(place.length).ok()?];
        self.file.read_exact_at(&mut line, place.offset).ok()?;
        let Entry { at, msg } = serde_json::from_slice(&line).ok()?;
        Some((at, msg.into_owned()))
    }
}

/// Reads the next line with its newline, or so much of it as may be read; how long it is.
fn next_line(input: &mut BufReader<&File>, line: &mut Vec<u8>) -> io::Result<u64> {
    line.clear();
    let read = input.take(LONGEST + 1).read_until(b'\n', line)? as u64;
    if read <= LONGEST || line.ends_with(b"\n") {
        return Ok(read);
    }
    line.clear();
    Ok(read + input.skip_until(b'\n')? as u64)
}

fn time_of(line: &[u8]) -> Option<Timestamp> {
    #[derive(Deserialize)]
    struct Time {
        at: Timestamp,
    }
    serde_json::from_slice(line).ok().map(|time: Time| time.at)
}

/// A run that is being played.
pub(super) struct Run {
    recorded: Recorded,
    pub(super) machine: Machine,
    pub(super) model: Model,
    /// Messages that the machine has got.
    done: usize,
    unreadable: usize,
    /// Earlier states, the oldest first.
    copies: Vec<Copy>,
    /// Messages between two copies.
    spread: usize,
    /// One more, just before the place that was last gone back to.
    near: Option<Copy>,
}

#[derive(Clone)]
struct Copy {
    done: usize,
    unreadable: usize,
    machine: Machine,
    model: Model,
}

impl Run {
    /// With the keys that the run had; those that are handed over are for recordings without any.
    pub(super) fn new(recorded: Recorded, keymap: Keymap) -> Self {
        let mut model = recorded.header.model();
        let mut machine = Machine::new(recorded.header.keymap().unwrap_or(keymap));
        machine.name_keys(&mut model);
        if model.open.is_some() {
            machine.keep_open(&model);
        }
        let mut run = Self {
            recorded,
            machine,
            model,
            done: 0,
            unreadable: 0,
            copies: Vec::new(),
            spread: NEAR,
            near: None,
        };
        run.copies.push(run.copy());
        run
    }

    fn copy(&self) -> Copy {
        let (machine, model) = (self.machine.clone(), self.model.clone());
        Copy { done: self.done, unreadable: self.unreadable, machine, model }
    }

    pub(super) fn is_over(&self) -> bool {
        self.done >= self.recorded.lines.len()
    }

    /// Time between the message that was worked in last and the next one; `None` at the end.
    pub(super) fn until_next(&self) -> Option<SignedDuration> {
        let next = self.recorded.lines.get(self.done)?.at;
        let wait = next.map(|next| next.duration_since(self.model.now));
        Some(wait.unwrap_or_default().max(SignedDuration::ZERO))
    }

    /// Works the next message in. What the run wanted done in the world is not done.
    pub(super) fn step_on(&mut self) {
        if self.is_over() {
            return;
        }
        match self.recorded.read(self.done) {
            // The terminal of the person who looks has a size of its own.
            Some((at, Msg::Terminal(TerminalMsg::Resize(..)))) => self.model.now = at,
            Some((at, msg)) => self.work_in(msg, at),
            None => self.unreadable += 1,
        }
        self.done += 1;
        let last = self.copies.last().map_or(0, |copy| copy.done);
        if self.done >= last + self.spread {
            self.copies.push(self.copy());
            if self.copies.len() > COPIES {
                self.spread *= 2;
                let mut at = 0;
                self.copies.retain(|_| {
                    at += 1;
                    at % 2 == 1
                });
            }
        }
    }

    /// Nothing is done in the world; what only follows from a file is worked out at once.
    fn work_in(&mut self, msg: Msg, at: Timestamp) {
        let mut msgs = vec![msg];
        while let Some(msg) = msgs.pop() {
            for effect in self.machine.update(&mut self.model, msg, at) {
                let Effect::Work(Work::File { artifact, file, job }) = effect else { continue };
                if let Some(done) = job.run(&file, &|| false) {
                    msgs.push(Msg::Done(DoneMsg::Worked(Box::new(Worked {
                        artifact,
                        file,
                        done,
                    }))));
                }
            }
        }
    }

    /// The state before the last message.
    pub(super) fn step_back(&mut self) {
        let Some(wanted) = self.done.checked_sub(1) else { return };
        let near = self.near.take().filter(|near| near.done <= wanted);
        let copies = self.copies.iter().filter(|copy| copy.done <= wanted);
        let Some(copy) = copies.chain(&near).max_by_key(|copy| copy.done).cloned() else { return };
        let (size, replayed) = (self.model.size, self.model.replayed);
        (self.done, self.unreadable) = (copy.done, copy.unreadable);
        (self.machine, self.model) = (copy.machine, copy.model);
        self.model.replayed = replayed;
        self.resize(size);
        // One step back is often followed by the next.
        let before = wanted.saturating_sub(NEAR).max(self.done);
        while self.done < wanted {
            if self.done == before {
                self.near = Some(self.copy());
            }
            self.step_on();
        }
        if self.near.is_none() {
            self.near = near;
        }
    }

    pub(super) fn resize(&mut self, size: (u16, u16)) {
        self.model.size = size;
        self.model.settle();
    }

    /// Brings the row that says where the replay stands up to date.
    pub(super) fn tell(&mut self, change: impl FnOnce(&mut Replayed)) {
        let mut replayed = self.model.replayed.unwrap_or_default();
        replayed.messages = self.done;
        replayed.of = self.recorded.lines.len();
        replayed.unreadable = self.unreadable;
        change(&mut replayed);
        self.model.replayed = Some(replayed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::default_keymap;
    use crate::app::msg::{Press, RunMsg};
    use crate::keymap::Key;

    fn line(second: i64, msg: Msg) -> String {
        let at = Timestamp::from_second(second).unwrap();
        let entry = Entry { at, msg: std::borrow::Cow::Owned(msg) };
        serde_json::to_string(&entry).unwrap() + "\n"
    }

    fn header() -> String {
        let model = Model::new(Timestamp::UNIX_EPOCH, (80, 24));
        serde_json::to_string(&Header::of(&model, model.now)).unwrap() + "\n"
    }

    fn opened(text: &[u8]) -> io::Result<Recorded> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Recorded::open(file.path())
    }

    fn run(lines: &str) -> Run {
        let keymap = default_keymap().unwrap();
        Run::new(opened((header() + lines).as_bytes()).unwrap(), keymap)
    }

    #[test]
    fn lines_that_are_no_messages_are_counted_and_a_last_one_that_is_cut_off_is_left_out() {
        let deep = format!("{}{}\n", "[".repeat(100_000), "]".repeat(100_000));
        let odd = "\n{\"at\":\"1970-01-01T00:00:02Z\",\"msg\":{\"later_version\":1}}\nnull\n";
        let good = line(3, Msg::Run(RunMsg::NotKept("a disk".to_owned())));
        let mut run = run(&format!("{odd}{deep}{good}{}", &good[..good.len() / 2]));
        let mut steps = 0;
        while !run.is_over() {
            run.step_on();
            steps += 1;
        }
        assert_eq!((steps, run.unreadable), (5, 4));
        assert!(run.model.toast.as_ref().unwrap().text.contains("a disk"));
        assert_eq!((run.model.now.as_second(), run.until_next()), (3, None));
    }

    #[test]
    fn a_file_that_is_no_recording_is_refused_with_the_reason() {
        for (text, why) in [
            (&b""[..], "no recording"),
            (b"{\"id\":\"aev_1\"}\n", "no recording"),
            (b"\xff\xfe\n", "not text"),
            (b"{\"foretop_recording\":99}\n", "another version"),
            (b"{\"foretop_recording\":3}\n", "damaged"),
        ] {
            assert!(opened(text).unwrap_err().to_string().contains(why), "{why}");
        }
        assert!(Recorded::open(Path::new("/")).is_err());
    }

    #[test]
    fn every_place_of_a_long_run_is_the_same_forwards_and_backwards() {
        let keys = ["?", "j", "j", "<esc>", "g", "i", "<esc>", "1", "+", "g"];
        let msgs: Vec<String> = (0..3_000)
            .zip(keys.iter().cycle())
            .map(|(at, key)| {
                let press = Press::alone(Key::parse(key).unwrap(), Timestamp::UNIX_EPOCH);
                line(at, Msg::Terminal(TerminalMsg::Key(press)))
            })
            .collect();
        let mut run = run(&msgs.concat());
        run.resize((90, 30));
        let face = |run: &Run| {
            let model = &run.model;
            let at = (run.done, model.now.as_second(), model.size);
            let layer = model.layers.top().map(crate::view::Layer::kind);
            (at, layer, model.zoomed, model.which_key.clone())
        };
        let mut forwards = vec![face(&run)];
        while !run.is_over() {
            run.step_on();
            forwards.push(face(&run));
        }
        assert!(run.copies.len() <= COPIES && run.copies[0].done == 0);
        for wanted in forwards.iter().rev().skip(1).take(400) {
            run.step_back();
            assert_eq!(face(&run), *wanted);
        }
        run.step_on();
        assert_eq!(face(&run), forwards[forwards.len() - 400]);
    }
}
