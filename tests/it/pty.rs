//! The real binary in a real pty, seen through a terminal emulator.

use std::io::{Read as _, Write as _};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::graphics::opens_receipt;

const PATIENCE: Duration = Duration::from_mins(1);
/// What a person takes to read a question, at least.
const READ: Duration = Duration::from_millis(200);

/// What the terminal shows, and every byte that was written to it.
pub(crate) struct Seen {
    pub(crate) emulator: vt100::Parser,
    bytes: Vec<u8>,
    /// When how many of them had come.
    came: Vec<(Instant, usize)>,
    closed: bool,
}

pub(crate) struct Pty {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn std::io::Write + Send>,
    seen: Arc<(Mutex<Seen>, Condvar)>,
    master: Box<dyn MasterPty + Send>,
}

impl Pty {
    pub(crate) fn start(arguments: &[&str], rows: u16, cols: u16) -> Self {
        Self::run(env!("CARGO_BIN_EXE_foretop"), arguments, rows, cols)
    }

    pub(crate) fn run(program: &str, arguments: &[&str], rows: u16, cols: u16) -> Self {
        let size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
        Self::start_on(None, program, arguments, size)
    }

    /// In a window that knows how many pixels it has.
    pub(crate) fn start_in(arguments: &[&str], size: PtySize) -> Self {
        Self::start_on(None, env!("CARGO_BIN_EXE_foretop"), arguments, size)
    }

    /// `read`: nothing is read while somebody holds it.
    fn start_on(
        read: Option<Arc<Mutex<()>>>,
        program: &str,
        arguments: &[&str],
        size: PtySize,
    ) -> Self {
        let PtySize { rows, cols, .. } = size;
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env("TERM", "xterm-256color");
        command.env("LC_ALL", "C.UTF-8");
        // Nobody would leave it. Tests of the pager name one.
        command.env("FORETOP_PAGER", "");
        for name in ["SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT", "TMUX", "STY", "DISPLAY"] {
            command.env_remove(name);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let keys = pair.master.take_writer().unwrap();
        // One that does not know its size is as large as those of old.
        let (seen_rows, seen_cols) = if rows == 0 { (24, 80) } else { (rows, cols) };
        let emulator =
            vt100::Parser::new(seen_rows.try_into().unwrap(), seen_cols.try_into().unwrap(), 0);
        let seen = Arc::new((
            Mutex::new(Seen { emulator, bytes: Vec::new(), came: Vec::new(), closed: false }),
            Condvar::new(),
        ));
        let shared = Arc::clone(&seen);
        std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            loop {
                drop(read.as_ref().map(|read| read.lock()));
                // A pty whose other end is closed reads as an error on Linux.
                let count = reader.read(&mut buffer).unwrap_or(0);
                let mut seen = shared.0.lock().unwrap();
                seen.emulator.process(&buffer[..count]);
                seen.bytes.extend_from_slice(&buffer[..count]);
                let so_far = seen.bytes.len();
                seen.came.push((Instant::now(), so_far));
                seen.closed |= count == 0;
                shared.1.notify_all();
                if count == 0 {
                    return;
                }
            }
        });
        Self { child, keys, seen, master: pair.master }
    }

    pub(crate) fn type_keys(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Agrees to the question that was seen, as a person does: once there was time to read it.
    fn agrees(&mut self, then: &str) {
        loop {
            std::thread::sleep(READ);
            self.type_keys("\r");
            self.wait_until(then, |seen| {
                let contents = seen.emulator.screen().contents();
                contents.contains(then) || contents.contains("again does it")
            });
            if self.contents().contains(then) {
                return;
            }
        }
    }

    /// Looks for something, key by key where they have to be keys.
    pub(crate) fn finds(&mut self, text: &str) {
        self.type_keys("/");
        self.sees("Esc leaves");
        self.type_keys(text);
        // In one piece with the text it would be a part of that.
        std::thread::sleep(READ);
        self.type_keys("\r");
        self.wait_until("the line closed", |seen| {
            !seen.emulator.screen().contents().contains("Esc leaves")
        });
    }

    /// Quits, whatever is lost by that.
    pub(crate) fn leaves(mut self) -> (u32, Vec<u8>) {
        const ASKED: &str = "Quit and lose";
        self.type_keys("Q");
        self.wait_until("the end, or a question", |seen| {
            seen.closed || seen.emulator.screen().contents().contains(ASKED)
        });
        if self.contents().contains(ASKED) {
            std::thread::sleep(READ);
            self.type_keys("\r");
        }
        self.ends()
    }

    /// Says a command by its name.
    pub(crate) fn commands(&mut self, line: &str) {
        self.type_keys(":");
        self.sees("Enter runs");
        self.type_keys(line);
        self.sees(line);
        // In one piece with the text it would be a part of that.
        std::thread::sleep(READ);
        self.type_keys("\r");
    }

    pub(crate) fn wait_until(&self, what: &str, fits: impl Fn(&Seen) -> bool) {
        let (seen, changed) = &*self.seen;
        let deadline = Instant::now() + PATIENCE;
        let mut seen = seen.lock().unwrap();
        while !fits(&seen) {
            let left = deadline.saturating_duration_since(Instant::now());
            let screen = seen.emulator.screen().contents();
            assert!(!left.is_zero(), "never saw {what}; the screen is\n{screen}");
            seen = changed.wait_timeout(seen, left).unwrap().0;
        }
    }

    /// Goes down the list of sessions to the one that is called so.
    pub(crate) fn goes_to(&mut self, session: &str) {
        for _ in 0..30 {
            let heading = self.heading();
            if heading.starts_with(&format!("2 {session}")) {
                break;
            }
            self.type_keys("j");
            self.wait_until("another selection", |seen| heading_of(seen) != heading);
        }
        self.sees(&format!("2 {session}"));
    }

    /// The screen once it stays as it is for a while, or as it is in the end.
    pub(crate) fn rests(&self) -> vt100::Screen {
        let screen = || self.seen.0.lock().unwrap().emulator.screen().clone();
        let mut now = screen();
        for _ in 0..10 {
            std::thread::sleep(READ * 2);
            let then = std::mem::replace(&mut now, screen());
            if then.contents() == now.contents() {
                break;
            }
        }
        now
    }

    /// Everything that was written, in the pieces in which it came.
    pub(crate) fn film(&self) -> Vec<(Instant, Vec<u8>)> {
        let seen = self.seen.0.lock().unwrap();
        let mut from = 0;
        let pieces = seen.came.iter().map(|(at, so_far)| {
            let piece = seen.bytes[std::mem::replace(&mut from, *so_far)..*so_far].to_vec();
            (*at, piece)
        });
        pieces.filter(|(_, piece)| !piece.is_empty()).collect()
    }

    /// What the timeline pane says it shows.
    fn heading(&self) -> String {
        heading_of(&self.seen.0.lock().unwrap())
    }

    /// What is on the screen.
    pub(crate) fn contents(&self) -> String {
        self.seen.0.lock().unwrap().emulator.screen().contents()
    }

    pub(crate) fn sees(&self, text: &str) {
        self.wait_until(text, |seen| seen.emulator.screen().contents().contains(text));
    }

    /// Waits until these bytes were written, wherever.
    pub(crate) fn gets(&self, bytes: &str) {
        let holds = |seen: &Seen| String::from_utf8_lossy(&seen.bytes).contains(bytes);
        self.wait_until(&format!("{bytes:?}"), holds);
    }

    /// As `kill -9` does.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until these bytes were written so often.
    fn gets_times(&self, bytes: &str, times: usize) {
        let count = |seen: &Seen| String::from_utf8_lossy(&seen.bytes).matches(bytes).count();
        self.wait_until(&format!("{bytes:?} {times} times"), |seen| count(seen) >= times);
        assert_eq!(count(&self.seen.0.lock().unwrap()), times, "{bytes:?}");
    }

    /// Every byte that was written so far.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.seen.0.lock().unwrap().bytes.clone()
    }

    pub(crate) fn resize(&self, size: PtySize) {
        self.master.resize(size).unwrap();
    }

    /// Pictures that were sent so far.
    fn sent(&self) -> usize {
        String::from_utf8_lossy(&self.seen.0.lock().unwrap().bytes).matches("a=t,").count()
    }

    /// Waits for the end; gives the exit code and everything that was written.
    pub(crate) fn ends(mut self) -> (u32, Vec<u8>) {
        let code = self.child.wait().unwrap().exit_code();
        self.wait_until("the end of the output", |seen| seen.closed);
        let seen = self.seen.0.lock().unwrap();
        assert!(!seen.emulator.screen().alternate_screen(), "the main screen is back");
        assert!(!seen.emulator.screen().hide_cursor(), "the cursor is shown");
        assert!(!seen.emulator.screen().bracketed_paste(), "pasting is as before");
        (code, seen.bytes.clone())
    }
}

pub(crate) fn heading_of(seen: &Seen) -> String {
    let row = seen.emulator.screen().contents().lines().nth(2).unwrap_or_default().to_owned();
    let heading = row.split_once('│').map_or("", |(_, right)| right).trim();
    heading.split("  ").next().unwrap_or_default().to_owned()
}

#[test]
fn the_demo_is_opened_an_event_hidden_a_call_answered_and_the_terminal_given_back() {
    let mut foretop = Pty::start(&["--demo"], 36, 120);
    foretop.sees("NEEDS YOU");
    foretop.sees("Refund for");
    foretop.sees("Identity r");
    // From the first key on nothing but keys moves the selection. Help, opened behind it and closed
    // again, shows that it was worked in.
    foretop.type_keys("gg?");
    foretop.sees("─ Keys");
    foretop.type_keys("\u{1b}");
    foretop.wait_until("help closed", |seen| !seen.emulator.screen().contents().contains("─ Keys"));
    // One call waits in there: choose it by name, whatever its place in the list.
    foretop.goes_to("kyc-review-88");
    foretop.sees("YOUR TURN");
    foretop.type_keys("\rkx");
    foretop.sees("u undo");
    foretop.type_keys("u");
    foretop.sees("U redo");
    foretop.type_keys("3");
    foretop.sees("id_verify");
    foretop.sees("edit answer");
    foretop.type_keys("e");
    foretop.sees("WRITE");
    // What the tool's schema asks for stands there, with the cursor in front of the first value.
    foretop.sees("\"verified\": false");
    foretop.type_keys(&"\u{1b}[3~".repeat("false".len()));
    foretop.type_keys("true");
    foretop.sees("\"verified\": true");
    foretop.type_keys("\u{1b}");
    foretop.sees("BROWSE");
    foretop.sees("[ s  send ]");
    foretop.type_keys("s");
    foretop.sees("Send 1 answer to kyc-review-88?");
    foretop.agrees("sent 1 answer");
    foretop.type_keys("Q");
    let (code, bytes) = foretop.ends();
    assert_eq!(code, 0);
    let end = String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(200)..]).into_owned();
    for off in ["\u{1b}[?2004l", "\u{1b}[?25h", "\u{1b}[?1049l"] {
        assert!(end.contains(off), "{off:?} in {end:?}");
    }
}

#[test]
fn what_is_pasted_as_keys_does_nothing_and_says_so() {
    let mut foretop = Pty::start(&["--demo"], 24, 80);
    foretop.sees("NEEDS YOU");
    foretop.type_keys("j");
    foretop.type_keys("Part I\rPart II\rxQ\r");
    foretop.sees("like a paste");
    foretop.sees("BROWSE");
    std::thread::sleep(READ);
    // One key is a key.
    foretop.type_keys("Q");
    assert_eq!(foretop.ends().0, 0);
}

#[test]
fn answers_of_the_terminal_are_no_keys_and_the_keys_between_them_count() {
    let mut foretop = Pty::start(&["--demo"], 24, 80);
    foretop.sees("NEEDS YOU");
    foretop.type_keys("\u{1b}[?2026;2$y?\u{1b}[?69;0$y\u{1b}[?62;22c");
    foretop.sees("─ Keys");
    foretop.type_keys("\u{1b}");
    foretop.wait_until("help closed", |seen| !seen.emulator.screen().contents().contains("─ Keys"));
    foretop.type_keys("Q");
    let (code, bytes) = foretop.ends();
    assert_eq!(code, 0);
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains("\u{1b}[?2026h"), "frames are synchronised once that was answered");
    assert!(!text.contains("\u{1b}[?69h"), "margins that were denied are not used");
    assert!(!text.contains("\u{1b}[2J"), "nothing flashes");
}

#[test]
fn without_synchronised_output_the_mode_is_never_named() {
    let mut foretop = Pty::start(&["--demo", "--no-sync"], 24, 80);
    foretop.sees("NEEDS YOU");
    foretop.type_keys("\u{1b}[?2026;2$y?\u{1b}[?62;22c");
    foretop.sees("─ Keys");
    foretop.type_keys("\u{1b}");
    foretop.wait_until("help closed", |seen| !seen.emulator.screen().contents().contains("─ Keys"));
    foretop.type_keys("Q");
    let (code, bytes) = foretop.ends();
    assert_eq!(code, 0);
    let text = String::from_utf8_lossy(&bytes);
    assert!(!text.contains("?2026"), "though the terminal says that it has it");
    assert!(text.contains("\u{1b}[?69$p"), "other questions are asked");
}

#[test]
fn a_signal_gives_the_terminal_back_too() {
    for signal in [rustix::process::Signal::TERM, rustix::process::Signal::HUP] {
        let foretop = Pty::start(&["--demo"], 24, 80);
        foretop.sees("NEEDS YOU");
        let pid = i32::try_from(foretop.child.process_id().unwrap()).unwrap();
        rustix::process::kill_process(rustix::process::Pid::from_raw(pid).unwrap(), signal)
            .unwrap();
        let (code, _) = foretop.ends();
        assert_eq!(code, 0, "{signal:?}");
    }
}

#[test]
fn a_picture_is_sent_once_and_again_only_for_another_size() {
    let mut foretop = Pty::start(&["--demo"], 36, 120);
    foretop.gets("\x1b[16t\x1b[c");
    foretop.type_keys("\x1b_Gi=31;OK\x1b\\\x1b[6;20;10t\x1b[?62c");
    opens_receipt(&mut foretop);
    foretop.sees("kitty graphics");
    foretop.gets_times("a=t,", 1);
    foretop.gets_times("a=p,", 1);
    // Something else lies over it for a while.
    foretop.type_keys("?");
    foretop.sees("─ Keys");
    foretop.gets("a=d,");
    foretop.type_keys("\u{1b}");
    foretop.gets_times("a=p,", 2);
    assert_eq!(foretop.sent(), 1, "the terminal has it already");
    let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
    foretop.resize(size);
    foretop.gets_times("a=t,", 2);
    foretop.type_keys("Q");
    let (code, bytes) = foretop.ends();
    assert_eq!(code, 0);
    let said = String::from_utf8_lossy(&bytes);
    assert!(said.rfind("d=I,") > said.rfind("a=p,"), "nothing stays in the terminal");
}

#[test]
fn a_state_directory_that_cannot_be_used_keeps_nobody_out() {
    let data = tempfile::tempdir().unwrap();
    let program = env!("CARGO_BIN_EXE_foretop");
    let data = data.path().to_str().unwrap();
    let arguments = ["-u", "XDG_STATE_HOME", "HOME=/dev/null", program, "--demo", "--data", data];
    let mut foretop = Pty::run("env", &arguments, 24, 80);
    foretop.sees("nothing is kept when you quit");
    foretop.sees("NEEDS YOU");
    foretop.type_keys("j");
    foretop.sees("not kept");
    foretop.type_keys("Q");
    assert_eq!(foretop.ends().0, 0);
}

/// A report of the mouse, at a cell counted from one.
fn mouse(button: u8, column: u16, row: u16, end: char) -> String {
    format!("\u{1b}[<{button};{column};{row}{end}")
}

/// The place of some words on the screen, counted from one.
fn place_of(foretop: &Pty, words: &str) -> (u16, u16) {
    let mut place = None;
    for _ in 0..50 {
        // Rows move while the rest of a session comes.
        let now = place_in(&foretop.contents(), words);
        if let Some(steady) = now.filter(|_| now == place) {
            return steady;
        }
        place = now;
        std::thread::sleep(READ * 2);
    }
    panic!("{words} stands nowhere for long on\n{}", foretop.contents())
}

/// Column and row of a cell, counted from 1.
fn place_in(contents: &str, words: &str) -> Option<(u16, u16)> {
    contents.lines().zip(1..).find_map(|(line, row)| {
        let (before, _) = line.split_once(words)?;
        Some((u16::try_from(before.chars().count() + 1).ok()?, row))
    })
}

const MOUSE_ON: &str = "\u{1b}[?1000h\u{1b}[?1002h\u{1b}[?1006h";
const MOUSE_OFF: &str = "\u{1b}[?1006l\u{1b}[?1002l\u{1b}[?1000l";

#[test]
fn the_mouse_selects_scrolls_and_copies_and_is_given_back_at_once() {
    let mut foretop = Pty::start(&["--demo"], 36, 120);
    foretop.gets(MOUSE_ON);
    foretop.sees("NEEDS YOU");
    foretop.finds("refund-4411");
    foretop.sees("Esc clears");
    foretop.type_keys("gg2");
    foretop.sees("Same customer again");
    // The text is copied without what stands beside it.
    let (column, row) = place_of(&foretop, "Same customer again");
    foretop.type_keys(&mouse(0, column, row, 'M'));
    foretop.type_keys(&mouse(32, column + 3, row, 'M'));
    foretop.type_keys(&mouse(0, column + 3, row, 'm'));
    foretop.gets("\u{1b}]52;c;U2FtZQ==\u{7}");
    foretop.sees("selection: 4 bytes by OSC 52");
    // A click selects, in whichever pane.
    let (column, row) = place_of(&foretop, "orders_lookup");
    foretop.type_keys(&(mouse(0, column, row, 'M') + &mouse(0, column, row, 'm')));
    let on_row = |seen: &Seen| {
        let contents = seen.emulator.screen().contents();
        contents.lines().any(|line| line.contains("▌") && line.contains("orders_lookup"))
    };
    foretop.wait_until("the row", on_row);
    // Given back, it is not heard any more, and a late report is no key.
    foretop.type_keys("\u{1b}OQ");
    foretop.sees("the mouse is the terminal's");
    foretop.gets(MOUSE_OFF);
    let late = mouse(0, 3, 9, 'M') + &mouse(0, 3, 9, 'm') + "\u{1b}[<0;3";
    foretop.type_keys(&late);
    // What is torn waits for its rest as long as bytes may be apart.
    std::thread::sleep(READ);
    foretop.type_keys("?");
    foretop.sees("─ Keys");
    foretop.type_keys("\u{1b}");
    foretop.type_keys("Q");
    let (code, bytes) = foretop.ends();
    assert_eq!(code, 0);
    let all = String::from_utf8_lossy(&bytes);
    assert!(all.rfind("?1000l") > all.rfind("?1000h"), "it ends without");
    assert!(!all.contains("?1003h"), "motion is never asked for");
}

#[test]
fn over_ssh_no_report_is_asked_for_until_somebody_wants_it() {
    let program = env!("CARGO_BIN_EXE_foretop");
    let mut foretop = Pty::run("env", &["SSH_TTY=/dev/pts/0", program, "--demo"], 24, 80);
    foretop.sees("NEEDS YOU");
    foretop.type_keys("?");
    foretop.sees("─ Keys");
    foretop.type_keys("\u{1b}");
    foretop.wait_until("help closed", |seen| !seen.emulator.screen().contents().contains("─ Keys"));
    assert!(!String::from_utf8_lossy(&foretop.seen.0.lock().unwrap().bytes).contains("?1000h"));
    foretop.type_keys("gm");
    foretop.sees("the mouse is foretop's");
    foretop.gets(MOUSE_ON);
    let pid = i32::try_from(foretop.child.process_id().unwrap()).unwrap();
    rustix::process::kill_process(
        rustix::process::Pid::from_raw(pid).unwrap(),
        rustix::process::Signal::TERM,
    )
    .unwrap();
    let (code, bytes) = foretop.ends();
    assert_eq!(code, 0);
    let all = String::from_utf8_lossy(&bytes);
    assert!(all.rfind("?1000l") > all.rfind("?1000h"));
}

#[test]
fn the_title_says_who_needs_somebody_and_the_one_from_before_comes_back() {
    let mut foretop = Pty::start(&["--demo"], 24, 80);
    foretop.gets("\u{1b}[22;2t\u{1b}]2;foretop");
    foretop.gets("need you\u{7}");
    foretop.type_keys("Q");
    let (_, bytes) = foretop.ends();
    let all = String::from_utf8_lossy(&bytes);
    assert!(all.contains("\u{1b}[23;2t"));
    assert_eq!(all.matches("\u{1b}[22;2t").count(), 1, "it is put there once");
    let program = env!("CARGO_BIN_EXE_foretop");
    let mut foretop = Pty::run("env", &["TERM=screen", program, "--demo"], 24, 80);
    foretop.sees("NEEDS YOU");
    foretop.type_keys("Q");
    let (_, bytes) = foretop.ends();
    assert!(!String::from_utf8_lossy(&bytes).contains("\u{1b}]2;"), "it could not be taken off");
}

#[test]
fn a_terminal_of_no_size_is_of_the_usual_one_and_one_beyond_all_sizes_is_told_so() {
    let mut foretop = Pty::start(&["--demo"], 24, 80);
    foretop.sees("NEEDS YOU");
    let huge = PtySize { rows: u16::MAX, cols: u16::MAX, pixel_width: 0, pixel_height: 0 };
    foretop.master.resize(huge).unwrap();
    foretop.gets("65535x65535");
    for (rows, cols) in [(1, 1), (24, 80), (0, 0), (150, 400), (2, 400), (150, 2), (24, 80)] {
        let size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
        foretop.resize(size);
    }
    foretop.type_keys("?");
    foretop.sees("─ Keys");
    foretop.type_keys("Q");
    foretop.type_keys("\u{1b}Q");
    assert_eq!(foretop.ends().0, 0);
    let mut unknown = Pty::start(&["--demo"], 0, 0);
    unknown.sees("NEEDS YOU");
    unknown.type_keys("Q");
    assert_eq!(unknown.ends().0, 0);
}

#[test]
fn a_terminal_that_nobody_reads_keeps_no_signal_from_ending_it() {
    let read = Arc::new(Mutex::new(()));
    let size = PtySize { rows: 36, cols: 120, pixel_width: 0, pixel_height: 0 };
    let mut foretop =
        Pty::start_on(Some(Arc::clone(&read)), env!("CARGO_BIN_EXE_foretop"), &["--demo"], size);
    foretop.sees("NEEDS YOU");
    let held = read.lock().unwrap();
    // Each of these is another frame, until the line is full.
    for _ in 0..400 {
        foretop.type_keys("5");
        foretop.type_keys("\u{1b}");
        std::thread::sleep(Duration::from_millis(5));
    }
    let pid = i32::try_from(foretop.child.process_id().unwrap()).unwrap();
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let ended = foretop.child.wait().unwrap();
    drop(held);
    assert!([0, 143].contains(&ended.exit_code()), "{ended:?}");
}

#[test]
fn started_in_the_background_it_writes_nothing_and_waits_to_be_brought_to_the_front() {
    let program = env!("CARGO_BIN_EXE_foretop");
    let script = format!("set -m; {program} --demo & echo begun; read line; fg; echo over");
    let mut shell = Pty::run("sh", &["-c", &script], 24, 80);
    shell.sees("begun");
    std::thread::sleep(READ);
    let before = shell.seen.0.lock().unwrap().bytes.clone();
    assert!(!String::from_utf8_lossy(&before).contains("\u{1b}["), "{before:?}");
    shell.type_keys("\r");
    shell.sees("NEEDS YOU");
    shell.type_keys("Q");
    shell.sees("over");
    shell.ends();
}

#[test]
fn minutes_of_noise_are_no_harm_and_the_next_key_works() {
    let mut foretop = Pty::start(&["--demo"], 24, 80);
    foretop.sees("NEEDS YOU");
    // The same noise in every run.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    for _ in 0..60 {
        let mut noise = Vec::new();
        for _ in 0..200 {
            match random(8) {
                0 => noise.extend(mouse(0, 65_535, 65_535, 'M').into_bytes()),
                1 => noise.extend(
                    format!("\u{1b}[<{};{};{}M", random(99), random(300), random(90)).into_bytes(),
                ),
                2 => noise.extend(b"\x1b[<0;1"),
                3 => noise.extend(b"\x1b[M\xff\xff\xff"),
                4 => noise.extend(b"\x1b[<99999999999;1;1M\x1b[<-1;1;1M"),
                5 => noise.extend(mouse(65, 9, 9, 'M').into_bytes()),
                6 => noise.extend(b"\x1b[32;10;10M\x1b[<32;3;3M"),
                // No letters: they would be keys.
                _ => noise.extend((0..4).map(|_| 0x80 + u8::try_from(random(0x7f)).unwrap())),
            }
        }
        foretop.keys.write_all(&noise).unwrap();
    }
    std::thread::sleep(READ);
    foretop.type_keys("?");
    foretop.sees("─ Keys");
    foretop.type_keys("\u{1b}");
    foretop.wait_until("help closed", |seen| !seen.emulator.screen().contents().contains("─ Keys"));
    foretop.type_keys("Q");
    assert_eq!(foretop.ends().0, 0);
}
