//! The real binary in a real pty, seen through a terminal emulator.

use std::io::{Read as _, Write as _};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

const PATIENCE: Duration = Duration::from_mins(1);
/// What a person takes to read a question, at least.
const READ: Duration = Duration::from_millis(200);

/// What the terminal shows, and every byte that was written to it.
struct Seen {
    emulator: vt100::Parser,
    bytes: Vec<u8>,
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
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env("TERM", "xterm-256color");
        command.env("LC_ALL", "C.UTF-8");
        // Nobody would leave it. Tests of the pager name one.
        command.env("FORETOP_PAGER", "");
        for name in ["SSH_CONNECTION", "TMUX", "STY"] {
            command.env_remove(name);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let keys = pair.master.take_writer().unwrap();
        let emulator = vt100::Parser::new(rows.try_into().unwrap(), cols.try_into().unwrap(), 0);
        let seen = Arc::new((
            Mutex::new(Seen { emulator, bytes: Vec::new(), closed: false }),
            Condvar::new(),
        ));
        let shared = Arc::clone(&seen);
        std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            loop {
                // A pty whose other end is closed reads as an error on Linux.
                let count = reader.read(&mut buffer).unwrap_or(0);
                let mut seen = shared.0.lock().unwrap();
                seen.emulator.process(&buffer[..count]);
                seen.bytes.extend_from_slice(&buffer[..count]);
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

    fn wait_until(&self, what: &str, fits: impl Fn(&Seen) -> bool) {
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

fn heading_of(seen: &Seen) -> String {
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
    for _ in 0..30 {
        let heading = foretop.heading();
        if heading.starts_with("2 kyc-review-88") {
            break;
        }
        foretop.type_keys("j");
        foretop.wait_until("another selection", |seen| heading_of(seen) != heading);
    }
    foretop.sees("2 kyc-review-88");
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
    foretop.sees("NEEDS YOU");
    foretop.sees("Refund for");
    foretop.type_keys("gg?");
    foretop.sees("─ Keys");
    foretop.type_keys("\u{1b}");
    foretop.wait_until("help closed", |seen| !seen.emulator.screen().contents().contains("─ Keys"));
    // Among the sessions of that order the one that waits stands first.
    foretop.finds("refund-4411");
    foretop.sees("Esc clears");
    foretop.type_keys("gg");
    let at_session = |seen: &Seen| heading_of(seen).starts_with("2 refund-4411");
    foretop.wait_until("the session", at_session);
    foretop.type_keys("4");
    foretop.sees("receipt.png");
    foretop.finds("receipt");
    let at_receipt = |seen: &Seen| {
        let contents = seen.emulator.screen().contents();
        contents.lines().any(|line| line.starts_with('▌') && line.contains("receipt.png"))
    };
    foretop.wait_until("the picture's row", at_receipt);
    foretop.type_keys("\r");
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
    foretop.master.resize(size).unwrap();
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
