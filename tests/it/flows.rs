//! The real loop with the real client on the embedded server, driven by strings of keys.

use foretop::internals::app::default_keymap;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use foretop::api::{EventId, SessionRef, Timestamp};
use foretop::client::{Client, Credentials, EventQuery};
use foretop::internals::canvas::Canvas;
use foretop::internals::keymap::Key;
use foretop::internals::model::memory::DraftOf;
use foretop::internals::runtime::console::{Console, ConsoleEvent};
use foretop::internals::runtime::{
    Recorded, Recording, Replay, Setup, ShutdownSignals, Source, replay, run,
};
use foretop::internals::server::settings::ListOrder;
use foretop::internals::state::StateDir;
use foretop::internals::terminal::{Arrived, FrameRate, Suspension, TerminalEvent};
use foretop::internals::theme::Themes;
use foretop::internals::view::Model;
use foretop::internals::watcher::Spending;
use tokio::sync::{mpsc, watch};

use crate::stage::{Stage, say};

/// Nothing here takes this long; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(20);

struct TestConsole {
    canvas: Canvas,
    keys: mpsc::UnboundedReceiver<TerminalEvent>,
    screen: watch::Sender<String>,
    /// Keys so far.
    pressed: u32,
}

impl Console for TestConsole {
    fn size(&mut self) -> io::Result<(u16, u16)> {
        let area = self.canvas.area();
        Ok((area.width, area.height))
    }

    fn draw(&mut self, _: bool, render: impl FnOnce(&mut Canvas)) -> io::Result<()> {
        let area = self.canvas.area();
        self.canvas.begin(area.width, area.height);
        render(&mut self.canvas);
        self.screen.send_replace(self.canvas.rows_of_text().join("\n"));
        Ok(())
    }

    fn send(&mut self, _sequence: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        Ok(())
    }

    async fn next(&mut self) -> Option<ConsoleEvent> {
        let event = self.keys.recv().await?;
        self.pressed += 1;
        // As a person presses them, though nobody waits here: one after the other, each after the
        // frame that the one before led to.
        let at = Instant::now() + Duration::from_secs(1) * self.pressed;
        Some(ConsoleEvent::Terminal(Arrived::alone(event, at)))
    }

    fn next_ready(&mut self) -> Option<Arrived<TerminalEvent>> {
        None
    }

    async fn suspend(&mut self, _whole_group: bool) -> io::Result<Suspension> {
        Ok(Suspension::NobodyToResume)
    }

    fn resume(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A person at the keyboard.
pub struct Person {
    keys: mpsc::UnboundedSender<TerminalEvent>,
    screen: watch::Receiver<String>,
    running: JoinHandle<io::Result<()>>,
}

impl Person {
    pub fn sit_down(stage: &Stage, size: (u16, u16)) -> Self {
        Self::come_back(stage, size, None)
    }

    /// With another key than the owner's.
    fn with_key(stage: &Stage, key: &'static str, size: (u16, u16)) -> Self {
        Self::start(stage.server.url(), key.to_owned(), size, None, None)
    }

    /// On another way to the server, with the owner's key.
    pub fn at(stage: &Stage, url: String, size: (u16, u16)) -> Self {
        Self::start(url, stage.server.token().reveal().to_owned(), size, None, None)
    }

    /// With what earlier runs kept in `files`.
    fn come_back(stage: &Stage, size: (u16, u16), files: Option<StateDir>) -> Self {
        let key = stage.server.token().reveal().to_owned();
        Self::start(stage.server.url(), key, size, files, None)
    }

    /// Everything that happens is written down.
    pub fn recorded(stage: &Stage, size: (u16, u16), recording: Recording) -> Self {
        let key = stage.server.token().reveal().to_owned();
        Self::start(stage.server.url(), key, size, None, Some(recording))
    }

    /// Looks at a run that was recorded.
    pub fn looks_at(recorded: Recorded, size: (u16, u16)) -> Self {
        Self::at_console(size, async move |console, endings| {
            let keymap = default_keymap().unwrap();
            let themes = Themes::default();
            let frame_rate = FrameRate::each(Duration::ZERO);
            let setup = Replay { recorded, themes, keymap, frame_rate };
            Box::pin(replay(console, endings, setup)).await
        })
    }

    fn start(
        url: String,
        key: String,
        size: (u16, u16),
        files: Option<StateDir>,
        recording: Option<Recording>,
    ) -> Self {
        Self::at_console(size, async move |console, endings| {
            let setup = Setup {
                source: Source::Service {
                    client: Client::new(&url, Credentials::api_key(&key).unwrap()).unwrap(),
                    agents: Vec::new(),
                    spending: Spending { requests_per_second: 200.0, burst: 200.0, at_once: 8 },
                },
                model: Model::new(Timestamp::now(), size),
                themes: Themes::default(),
                keymap: default_keymap().unwrap(),
                frame_rate: FrameRate::each(Duration::ZERO),
                state: files,
                unkept: None,
                remarks: Vec::new(),
                clipboard: foretop::internals::runtime::ClipboardWay::Osc52,
                titles: false,
                recording,
                notifier: foretop::internals::runtime::Notifier::default(),
                keep_keys: None,
            };
            Box::pin(run(console, endings, setup)).await.map(drop)
        })
    }

    fn at_console(
        (width, height): (u16, u16),
        program: impl AsyncFnOnce(&mut TestConsole, &mut ShutdownSignals) -> io::Result<()>
        + Send
        + 'static,
    ) -> Self {
        let (keys, received) = mpsc::unbounded_channel();
        let (shown, screen) = watch::channel(String::new());
        let canvas = Canvas::new(width, height);
        let mut console = TestConsole { canvas, keys: received, screen: shown, pressed: 0 };
        // A thread of its own, as in the program: the loop is not meant to move between threads.
        let running = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()?;
            runtime.block_on(async move {
                let mut endings = ShutdownSignals::listen()?;
                program(&mut console, &mut endings).await
            })
        });
        Self { keys, screen, running }
    }

    pub fn press(&self, keys: &str) {
        for key in Key::parse_sequence(keys).unwrap() {
            self.keys.send(TerminalEvent::Key(key)).unwrap();
        }
    }

    pub fn paste(&self, text: &str) {
        self.keys.send(TerminalEvent::Paste(text.to_owned())).unwrap();
    }

    /// Waits until the screen satisfies `seen`, and gives it.
    pub async fn sees(&mut self, what: &str, seen: impl Fn(&str) -> bool) -> String {
        let found = self.screen.wait_for(|text| seen(text));
        let found = tokio::time::timeout(PATIENCE, found).await;
        if let Ok(Ok(screen)) = found.map(|found| found.map(|screen| screen.clone())) {
            return screen;
        }
        panic!("never saw {what}; the screen is\n{}", *self.screen.borrow());
    }

    pub async fn sees_text(&mut self, text: &str) -> String {
        self.sees(text, |screen| screen.contains(text)).await
    }

    /// Presses keys again, as people do, until they count: for a moment after a question has come up by
    /// itself they do not.
    pub async fn insists(&mut self, keys: &str, text: &str) {
        const AGAIN: Duration = Duration::from_millis(100);
        let pressed = async {
            while !self.screen.borrow().contains(text) {
                self.press(keys);
                let _ = tokio::time::timeout(AGAIN, self.screen.changed()).await;
            }
        };
        assert!(tokio::time::timeout(PATIENCE, pressed).await.is_ok(), "never saw {text}");
    }

    pub async fn leaves(self) {
        self.press("Q");
        self.wait_for_exit().await;
    }

    /// The terminal goes away under the program.
    async fn hangs_up(mut self) {
        self.keys = mpsc::unbounded_channel().0;
        self.wait_for_exit().await;
    }

    pub async fn wait_for_exit(mut self) -> String {
        let closed = async { while self.screen.changed().await.is_ok() {} };
        tokio::time::timeout(PATIENCE, closed).await.unwrap();
        self.running.join().unwrap().unwrap();
        // The last one that was drawn.
        self.screen.borrow().clone()
    }
}

async fn visible(stage: &Stage, session: &SessionRef) -> Vec<EventId> {
    let query = EventQuery { limit: Some(100), ..EventQuery::default() };
    let page = stage.client.list_events(session, &query).await.unwrap();
    page.items.into_iter().filter_map(|event| event.id).collect()
}

async fn opened(script: &str, size: (u16, u16)) -> (Stage, SessionRef, Person) {
    let stage = Stage::open().await;
    let session = stage.session(&stage.agent().await, "night-shift").await;
    stage.client.send_input(&session, &say(script)).await.unwrap();
    let mut person = Person::sit_down(&stage, size);
    person.sees_text("night-shift").await;
    (stage, session, person)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hiding_on_the_screen_hides_on_the_server_and_the_other_way_round() {
    let (stage, session, mut person) = opened("/slow 0\n/say only answer", (80, 24)).await;
    person.sees_text("only answer").await;
    person.press("<enter> x");
    person.sees_text("hid 1 event").await;
    assert_eq!(visible(&stage, &session).await.len(), 1);
    person.press("u");
    person.sees_text("showed 1 event").await;
    let ids = visible(&stage, &session).await;
    assert_eq!(ids.len(), 2);

    stage.client.hide_event(&session, &ids[0]).await.unwrap();
    person.sees("a hidden row", |screen| screen.contains("░ ")).await;
    stage.client.unhide_event(&session, &ids[0]).await.unwrap();
    person.sees("no hidden row", |screen| !screen.contains("░ ")).await;
    person.leaves().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waiting_call_is_answered_and_the_session_goes_on() {
    let script = "/slow 0\n/call write_file {\"path\": \"/srv/a\"}\n/say written and done";
    let (stage, session, mut person) = opened(script, (120, 36)).await;
    person.sees_text("NEEDS YOU").await;
    person.press("3");
    person.sees_text("/srv/a").await;
    // The inspector ignores keys until it says which ones it takes.
    person.sees_text("edit answer").await;
    person.press("e");
    person.sees_text("WRITE").await;
    person.paste("\"bytes\": 12");
    person.press("<esc>");
    person.sees_text("[ s  send ]").await;
    person.press("s");
    person.sees_text("Send 1 answer to night-shift?").await;
    assert_eq!(stage.client.outstanding_calls(&session).await.unwrap().len(), 1, "not sent yet");
    person.press("<enter>");
    person.sees_text("written and done").await;
    assert!(stage.client.outstanding_calls(&session).await.unwrap().is_empty());
    let query = EventQuery { limit: Some(100), ..EventQuery::default() };
    let events = stage.client.list_events(&session, &query).await.unwrap().items;
    let output = events.iter().find(|event| &*event.kind == "tool_output").unwrap();
    assert!(output.raw().get().contains(r#""bytes":12"#), "{}", output.raw());
    person.leaves().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_typed_ahead_never_answer_a_call() {
    let script = "/slow 0\n/call write_file {\"path\": \"/srv/a\"}";
    let (stage, session, mut person) = opened(script, (120, 36)).await;
    person.sees_text("NEEDS YOU").await;
    person.press("3 e x <esc> s <enter> s <enter> y <space> <enter>");
    person.sees_text("no answer yet").await;
    person.sees_text("edit answer").await;
    assert_eq!(stage.client.outstanding_calls(&session).await.unwrap().len(), 1);
    person.leaves().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_written_is_sent_and_the_reply_streams_in() {
    let (stage, session, mut person) = opened("/slow 0\n/say ready", (80, 24)).await;
    person.sees_text("ready").await;
    person.press("<enter> i");
    person.sees_text("new turn").await;
    person.paste("/slow 1\n/say streamed to the end\n/artifact report.md text/markdown");
    person.press("<enter>");
    person.sees_text("streamed to the end").await;
    person.sees_text("artifact_create").await;
    person.press("<esc>");
    person.sees_text("BROWSE").await;
    // The call is on the screen before the file that it makes is there.
    let all_there = async {
        while visible(&stage, &session).await.len() < 6 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, all_there).await.unwrap();
    person.press("4");
    person.sees_text("report.md").await;
    person.sees_text("Made by an agent").await;
    person.sees_text("matches").await;
    person.press("<esc>");
    person.leaves().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_insides_open_by_two_ways_and_close_again() {
    let (_stage, _, mut person) = opened("/slow 0\n/say ready", (80, 24)).await;
    for keys in ["g i", "<f12>"] {
        person.press(keys);
        let page = person.sees_text("POLLING PLAN").await;
        assert!(page.contains("200 a second") && page.contains("open session"), "{page}");
        person.press("<esc>");
        person.sees("no page", |screen| !screen.contains("POLLING PLAN")).await;
    }
    person.leaves().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_message_stays_in_the_composer() {
    let (stage, session, mut person) = opened("/slow 0\n/say ready", (80, 24)).await;
    person.sees_text("ready").await;
    let off = foretop::api::session::SessionChanges {
        enabled: Some(false),
        ..foretop::api::session::SessionChanges::default()
    };
    stage.client.update_session(&session, &off).await.unwrap();
    person.press("<enter> i");
    person.sees_text("new turn").await;
    person.paste("are you there");
    person.press("<enter>");
    person.sees_text("disabled").await;
    person.sees_text("are you there").await;
    assert_eq!(visible(&stage, &session).await.len(), 2);
    person.press("<esc> Q <enter>");
    person.wait_for_exit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_goes_away_is_said_and_found_again() {
    let (stage, _, mut person) = opened("/slow 0\n/say before the cut", (80, 24)).await;
    person.sees_text("before the cut").await;
    let address = stage.address();
    let Stage { server, dir, .. } = stage;
    server.stop().await;
    let banner = person.sees_text("stale since").await;
    assert!(banner.contains("before the cut"), "what was known stays on the screen");
    let stage = Stage::with(dir, |options| options.listen = address).await;
    person.sees_text("polled").await;
    drop(stage);
    person.leaves().await;
}

/// What the state directory holds of the message to a session.
fn kept_message(files: &StateDir, session: &SessionRef) -> Option<String> {
    let (memory, remarks) = files.load(Timestamp::now()).unwrap();
    assert!(remarks.is_empty(), "{remarks:?}");
    let of = DraftOf::Message(session.clone());
    memory.drafts.get(&of).map(|kept| kept.value.text.clone())
}

async fn until_kept(files: &StateDir, session: &SessionRef, wanted: Option<&str>) {
    let kept = async {
        while kept_message(files, session).as_deref() != wanted {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, kept).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_outlives_the_program_until_it_is_sent() {
    let size = (80, 24);
    let (stage, session, before) = opened("/slow 0\n/say ready", size).await;
    before.leaves().await;
    let files = StateDir::open(&stage.dir.path().join("state"), "flows").unwrap();

    // Written while the program runs on, which is all that a kill leaves.
    let mut person = Person::come_back(&stage, size, Some(files.clone()));
    person.sees_text("ready").await;
    person.press("<enter> i");
    person.sees_text("new turn").await;
    person.paste("/say half a ");
    until_kept(&files, &session, Some("/say half a ")).await;
    // And the rest when the terminal goes away.
    person.paste("thought");
    person.hangs_up().await;
    assert_eq!(kept_message(&files, &session).as_deref(), Some("/say half a thought"));

    let mut person = Person::come_back(&stage, size, Some(files.clone()));
    person.sees_text("draft of night-shift restored").await;
    person.press("<enter> i");
    person.sees_text("/say half a thought").await;
    person.press("<enter>");
    person.sees("the reply", |screen| screen.contains("agent half a thought")).await;
    until_kept(&files, &session, None).await;
    person.press("<esc>");
    person.leaves().await;
}

const WATCHER: &str = r#"
[[token]]
name = "watcher"
token = "watcher-watcher-watcher"
roles = ["viewer"]
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_viewer_learns_which_role_hiding_needs() {
    let dir = tempfile::tempdir().unwrap();
    let tokens = dir.path().join("tokens.toml");
    std::fs::write(&tokens, WATCHER).unwrap();
    std::fs::set_permissions(&tokens, std::fs::Permissions::from_mode(0o600)).unwrap();
    let stage = Stage::with(dir, |options| options.tokens = Some(tokens)).await;
    let session = stage.session(&stage.agent().await, "night-shift").await;
    stage.client.send_input(&session, &say("/slow 0\n/say only answer")).await.unwrap();
    let mut person = Person::with_key(&stage, "watcher-watcher-watcher", (120, 36));
    person.sees_text("only answer").await;
    person.press("<enter>");
    person.sees_text("x hide").await;
    person.press("x");
    person.sees_text("x hide: needs agent_developer").await;
    person.press("x");
    person.sees_text("rehearsal wants agent_developer").await;
    assert_eq!(visible(&stage, &session).await.len(), 2);
    person.leaves().await;
}

/// Everything that sources on the real service differ about, over more than one page.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_session_is_whole_in_either_order_with_and_without_marks() {
    for (oldest_first, marked) in [(false, false), (false, true), (true, false), (true, true)] {
        let stage = Stage::with(tempfile::tempdir().unwrap(), |options| {
            if oldest_first {
                options.settings.switches.list_order = ListOrder::OldestFirst;
            }
            options.settings.switches.hide_reason = marked;
        })
        .await;
        let session = stage.session(&stage.agent().await, "long-haul").await;
        let says: Vec<String> = (0..230).map(|n| format!("/say line {n}.")).collect();
        let script = format!("/slow 0\n{}", says.join("\n"));
        let reply = stage.client.send_input(&session, &say(&script)).await.unwrap();
        // One far up, hidden before anybody looked.
        let third = reply.events[3].id.clone().unwrap();
        stage.client.hide_event(&session, &third).await.unwrap();
        let mut person = Person::sit_down(&stage, (120, 36));
        person.sees_text("line 229.").await;
        person.sees_text("231 events").await;
        person.press("<enter> g g");
        person.sees_text("line 1.").await;
        person.sees("the hidden row", |screen| screen.contains("1 hid")).await;
        person.leaves().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_that_no_disk_takes_is_put_elsewhere_before_anybody_leaves() {
    let stage = Stage::open().await;
    let session = stage.session(&stage.agent().await, "night-shift").await;
    stage.client.send_input(&session, &say("/slow 0\n/say hello")).await.unwrap();
    let files = StateDir::open(&stage.dir.path().join("state"), "flows").unwrap();
    let mut person = Person::come_back(&stage, (120, 36), Some(files.clone()));
    person.sees_text("hello").await;
    // From here on nothing can be written there.
    std::fs::remove_dir_all(files.path()).unwrap();
    person.press("i p l a n <esc> Q");
    person.sees_text("1 draft not kept: cannot use").await;
    person.press("<esc>");
    person.sees_text("not kept").await;
    person.press("Q");
    person.sees("the question", |screen| !screen.contains("BROWSE")).await;
    let missing = stage.dir.path().join("nowhere/drafts.md");
    let keys = |path: &std::path::Path| {
        let keys = path.to_str().unwrap().chars().map(|c| c.to_string());
        format!("<c-u> {} <enter>", keys.collect::<Vec<_>>().join(" "))
    };
    person.press(&keys(&missing));
    person.sees_text("cannot write").await;
    let there = stage.dir.path().join("drafts.md");
    person.press(&keys(&there));
    person.wait_for_exit().await;
    let text = std::fs::read_to_string(&there).unwrap();
    assert!(text.starts_with("## message to ") && text.contains("\n\nplan\n"), "{text}");
    assert_eq!(std::fs::metadata(&there).unwrap().permissions().mode() & 0o777, 0o600);
}
