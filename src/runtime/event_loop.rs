//! The loop: waits for whatever comes first, lets the machine work it in, draws at most once.
//!
//! What comes from the terminal and what is done with it is in [`at_terminal`]. Start with [`run`]. The
//! invariant: whatever arrives changes the model by [`Screen::work_in`] alone, in the order in which it came.

mod at_terminal;

use crate::app::effect::{Keep, Program, Request, TerminalWork, Work};
use crate::app::msg::{RunMsg, TerminalMsg};
use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::OptionFuture;
use tokio::time::{Instant, sleep_until};

use super::clipboard::Clipboard;
use super::console::{Console, ConsoleEvent};
use super::draft_check;
use super::dress::Dress;
use super::execute::Executor;
use super::file;
use super::files::Files;
use super::frames::Frames;
use super::inbox::{self, Arrival, Inbox, Sender};
use super::jobs::JobRunner;
use super::notify::Notifier;
use super::own_commands::{self, OwnCommands};
use super::pictures;
use super::record::Recorder;
use super::search::Searcher;
use super::setup::{Ended, Setup, Source};
use super::signals::ShutdownSignals;
use super::state_writer::{StateWriter, Unwritten};
use super::title;
use super::watching::Watching;
use crate::api::Timestamp;
use crate::app::hints::hints;
use crate::app::update::Machine;
use crate::app::{Effect, Msg};
use crate::archive::{Archive, Reader};
use crate::state::StateDir;
use crate::terminal::FramePacer;
use crate::ui::{self, RowCache};
use crate::view::layer::inside::Inside;
use crate::view::{Layout, Level, Model};

/// Keys that are worked in before a frame is drawn.
const KEYS_PER_FRAME: usize = 1_000;
const INSIDE_EVERY: jiff::SignedDuration = jiff::SignedDuration::from_secs(1);

/// Runs until the person leaves or the process is asked to end.
pub async fn run<C: Console>(
    console: &mut C,
    endings: &mut ShutdownSignals,
    setup: Setup,
) -> io::Result<Ended> {
    let (sender, mut inbox) = Inbox::new();
    let (columns, rows) = console.size()?;
    console.capture_mouse(setup.model.mouse.is_ours)?;
    let mut model = setup.model;
    model.size = (columns, rows);
    model.elsewhere = std::env::temp_dir().display().to_string();
    let (remembered, unkept) = remember(setup.state.clone()).await;
    let unkept = setup.unkept.or(unkept);
    let state = setup.state.filter(|_| unkept.is_none());
    let directory = state.as_ref().map(|state| state.path().to_owned());
    let copies = state.clone();
    let (service, walk) = match setup.source {
        Source::Service { client, agents, spending } => {
            let watching = Watching::new(&client, sender.clone(), spending, agents);
            let executor = Executor::new(client, sender.clone(), copies);
            (Some(Service { executor, watching }), None)
        }
        Source::File { archive, reader } => (None, Some((*reader, archive))),
    };
    // Boxed, or it would be in every future that waits for this one.
    let mut screen = Box::new(Screen {
        clipboard: Clipboard::new(setup.clipboard, |name| std::env::var(name).ok(), directory),
        titles: setup.titles,
        notifier: setup.notifier,
        focused: None,
        keeper: StateWriter::new(state, sender.clone()),
        service,
        walk,
        searcher: Searcher::new(sender.clone()),
        files: Files::new(sender.clone(), setup.keep_keys),
        jobs: JobRunner::new(sender.clone()),
        own: OwnCommands::new(sender.clone()),
        recorder: setup
            .recording
            .map(|to| Recorder::start(to, &model, &setup.keymap, sender.clone())),
        inbox: sender,
        machine: Machine::new(setup.keymap),
        model,
        dress: Dress::new(setup.themes),
        cache: RowCache::default(),
        pacer: FramePacer::new(setup.frame_rate),
        held: None,
        frames: Frames::default(),
        inside_at: None,
        pending: VecDeque::new(),
    });
    screen.machine.name_keys(&mut screen.model);
    if screen.model.open.is_some() {
        screen.machine.keep_open(&screen.model);
    }
    screen.take(TerminalMsg::Resize(columns, rows));
    if let Some(remembered) = remembered {
        screen.take(remembered);
    }
    if let Some(problem) = unkept {
        screen.take(RunMsg::KeepsNothing(problem));
    }
    if !setup.remarks.is_empty() {
        screen.take(RunMsg::Remarks(setup.remarks));
    }
    loop {
        screen.carry_out(console).await?;
        if screen.model.quit {
            // What was written is on the disk before anybody leaves, or they are told.
            if let Some(Unwritten { drafts, problem }) = screen.keeper.settle().await {
                screen.take(RunMsg::HeldUp { drafts, problem });
            }
            if screen.model.quit {
                break;
            }
        }
        screen.keeper.save_if_due(Instant::now());
        screen.look_inside(inbox.len());
        if let Some(service) = &mut screen.service {
            let said = service.watching.ask_what_is_due(&screen.model, Timestamp::now());
            if let Some(said) = said {
                screen.take(said);
            }
        }
        if screen.pacer.due(std::time::Instant::now()) {
            screen.take_held();
            screen.draw(console)?;
            // Where there is no room, a request for it is all that was drawn.
            if screen.model.layers.is_unseen() && !Layout::of(&screen.model).too_small {
                screen.take(RunMsg::Shown);
            }
            // Only now, so that nothing is in the way of the first frame.
            if let Some((reader, archive)) = screen.walk.take() {
                file::read(reader, archive, screen.inbox.clone());
            }
        }
        if !screen.pending.is_empty() {
            continue;
        }
        let wake = screen.wake_at();
        let timer = OptionFuture::from(wake.map(sleep_until));
        tokio::select! {
            biased;
            () = endings.next() => screen.take(RunMsg::Terminate),
            event = console.next() => match event {
                None => screen.take(RunMsg::Terminate),
                Some(ConsoleEvent::Stop) => screen.suspend(console, false).await?,
                Some(ConsoleEvent::Continued) => {
                    console.resume()?;
                    screen.repaint(console)?;
                }
                Some(ConsoleEvent::Terminal(event)) => {
                    screen.take_event(event);
                    for _ in 0..KEYS_PER_FRAME {
                        let Some(event) = console.next_ready() else { break };
                        screen.take_event(event);
                    }
                }
            },
            batch = inbox.next_batch() => {
                for arrival in batch {
                    screen.take_arrival(arrival);
                }
            }
            Some(()) = timer => screen.wake(),
        }
    }
    let last_words = screen.model.last_words.take();
    let next_profile = screen.model.next_profile.take();
    screen.finish(&mut inbox).await;
    Ok(Ended { last_words, next_profile })
}

/// What earlier runs kept, and why this one can keep nothing, if so. Read aside: another program may
/// hold the lock for a moment.
async fn remember(state: Option<StateDir>) -> (Option<RunMsg>, Option<String>) {
    let Some(state) = state else { return (None, None) };
    let load = move || {
        let now = Timestamp::now();
        let (memory, remarks, problem) = match state.load(now) {
            Ok((memory, remarks)) => (memory, remarks, None),
            Err(error) => (state.peek(now), Vec::new(), Some(error.to_string())),
        };
        (Some(RunMsg::Remembered { memory: Box::new(memory), remarks }), problem)
    };
    let loaded = tokio::task::spawn_blocking(load).await;
    loaded.unwrap_or_else(|error| (None, Some(error.to_string())))
}

/// What a service is asked and told with.
struct Service {
    executor: Executor,
    watching: Watching,
}

struct Screen {
    service: Option<Service>,
    /// A file that is still to be read.
    walk: Option<(Reader, Archive)>,
    /// Keeps the inbox open when nobody else can send any more.
    inbox: Sender,
    searcher: Searcher,
    files: Files,
    jobs: JobRunner,
    /// Commands of one's own.
    own: OwnCommands,
    clipboard: Clipboard,
    titles: bool,
    notifier: Notifier,
    /// Whether the terminal has the keyboard; `None` where it does not say.
    focused: Option<bool>,
    keeper: StateWriter,
    recorder: Option<Recorder>,
    machine: Machine,
    model: Model,
    dress: Dress,
    cache: RowCache,
    pacer: FramePacer,
    /// A piece of a text that is being written, for the next frame. Until then it grows: to lay the text
    /// out for every word would cost more than the frames.
    held: Option<Arrival>,
    frames: Frames,
    /// When the page on the insides is looked up again.
    inside_at: Option<Timestamp>,
    /// What is still to be carried out, whichever message wanted it.
    pending: VecDeque<Effect>,
}

impl Screen {
    /// Works a message in. Whoever took it, what it wants done is done with the next
    /// [`Self::carry_out`].
    fn take(&mut self, msg: impl Into<Msg>) {
        self.take_held();
        self.pacer.request(std::time::Instant::now());
        self.work_in(msg.into());
    }

    /// What came first is worked in first.
    fn take_held(&mut self) {
        if let Some(Arrival::Msg(held)) = self.held.take() {
            self.work_in(held);
        }
    }

    fn work_in(&mut self, msg: Msg) {
        let (now, said) = (Timestamp::now(), self.model.notices.said());
        let was_asked = self.model.sessions.counts().are_asked();
        let ended = self.recorder.as_ref().and_then(|to| to.note(&msg, &self.model, now));
        self.pending.extend(self.machine.update(&mut self.model, msg, now));
        if let Some(problem) = ended {
            self.recorder = None;
            let msg = RunMsg::NotRecorded(problem).into();
            self.pending.extend(self.machine.update(&mut self.model, msg, now));
        }
        if !was_asked && self.model.sessions.counts().are_asked() {
            // What a start was for.
            self.pacer.request_awaited(std::time::Instant::now());
        }
        log_notices(&self.model, said);
    }

    fn take_arrival(&mut self, arrival: Arrival) {
        let Some(arrival) = inbox::append_to(self.held.as_mut(), arrival) else { return };
        self.take_held();
        match arrival {
            Arrival::Msg(msg) if inbox::is_piece_of_text(&msg) => {
                self.pacer.request_piece(std::time::Instant::now());
                self.held = Some(Arrival::Msg(msg));
            }
            Arrival::Msg(msg) => self.take(msg),
            Arrival::Swept(swept) => {
                let now = Timestamp::now();
                let service = self.service.as_mut();
                if let Some(msg) = service.and_then(|service| service.watching.swept(swept, now)) {
                    self.take(msg);
                }
            }
            Arrival::Asked(asked) => {
                let arrived = |service: &mut Service| {
                    service.watching.arrived(asked, &self.model, Timestamp::now())
                };
                for msg in self.service.as_mut().map(arrived).unwrap_or_default() {
                    self.take(msg);
                }
            }
        }
    }

    fn wake(&mut self) {
        if self.model.next_change().is_some_and(|at| at <= Timestamp::now()) {
            self.take(RunMsg::Wake);
        }
    }

    /// Keeps the page on the insides current while it is open, once a second at most.
    fn look_inside(&mut self, waiting: usize) {
        let now = Timestamp::now();
        let Some(shown) = self.model.layers.inside().map(|page| page.facts.clone()) else {
            self.inside_at = None;
            return;
        };
        if self.inside_at.is_some_and(|at| now < at) {
            return;
        }
        self.inside_at = now.checked_add(INSIDE_EVERY).ok();
        let watching = self.service.as_ref().map(|service| service.watching.inside(now));
        let mut sections = watching.unwrap_or_default();
        sections.push(("SCREEN", self.frames.facts(waiting)));
        if let Some(why) = &self.model.unkept {
            let lost = "drafts, bookmarks, what you read, roles, answers to recall".to_owned();
            sections.push(("NOT KEPT WHEN YOU QUIT", vec![("what", lost), ("why", why.clone())]));
        }
        let inside = Inside { sections };
        if shown != inside {
            self.take(RunMsg::Inside(Box::new(inside)));
        }
    }

    /// Carries out everything that is wanted, also what follows from doing so: one place for each
    /// family.
    async fn carry_out<C: Console>(&mut self, console: &mut C) -> io::Result<()> {
        let mut notices = Vec::new();
        while let Some(effect) = self.pending.pop_front() {
            match effect {
                Effect::Terminal(TerminalWork::Notify(notice)) => notices.push(notice),
                Effect::Terminal(work) => self.on_terminal(console, work).await?,
                Effect::Keep(Keep::Soon(change)) => self.keeper.note(change, Instant::now()),
                Effect::Keep(Keep::Now) => self.keeper.save(),
                Effect::Work(work) => self.work(work),
                Effect::File(work) => self.files.start(work),
                Effect::Service(request) => self.request(request),
                Effect::Program(program) => self.run_program(program),
                Effect::Own(work) => self.own.start(work),
            }
        }
        // Whoever looks at the screen sees it there.
        let notification = self.notifier.bytes(&notices);
        if !notification.is_empty() && self.focused != Some(true) {
            console.send(&notification)?;
        }
        Ok(())
    }

    fn work(&mut self, work: Work) {
        match work {
            Work::File { artifact, file, job } => self.jobs.start(artifact, file, job),
            Work::CheckDraft(check) => draft_check::start(*check, self.inbox.clone()),
            Work::Search(search) => self.searcher.start(*search),
            Work::StopSearch => self.searcher.stop(),
        }
    }

    fn request(&mut self, request: Request) {
        match &mut self.service {
            None => self.take(not_done(request)),
            Some(service) => match request {
                Request::AskNow => service.watching.ask_now(Timestamp::now()),
                Request::SearchEvents { number, query, sessions } => {
                    service.watching.search(number, *query, sessions);
                }
                Request::StopSearchEvents => service.watching.stop_search(),
                request => service.executor.start(request),
            },
        }
    }

    fn run_program(&mut self, program: Program) {
        match &mut self.service {
            None => self.take(not_done(program)),
            Some(service) => service.executor.run(program),
        }
    }

    /// The next moment at which something is to be drawn, asked or changed.
    fn wake_at(&self) -> Option<Instant> {
        let now = Timestamp::now();
        let from_now = |at: Timestamp| {
            let wait = Duration::try_from(at.duration_since(now)).unwrap_or_default();
            Instant::now() + wait
        };
        let frame = self.pacer.wake_at().map(Instant::from_std);
        let plan = self
            .service
            .as_ref()
            .map(|service| from_now(service.watching.wake_at(&self.model, now)));
        let change = self.model.next_change().map(from_now);
        let inside = self.inside_at.map(from_now);
        [frame, plan, change, inside, self.keeper.wake_at()].into_iter().flatten().min()
    }

    /// Drafts first: whoever ended us may not wait for the rest.
    async fn finish(mut self: Box<Self>, inbox: &mut Inbox) {
        self.keeper.save();
        if let Some(service) = self.service.take() {
            service.executor.finish().await;
        }
        // The last inputs may have arrived: what was sent must not come back as a draft.
        let last = inbox.next_batch().now_or_never().unwrap_or_default();
        for arrival in last {
            if let Arrival::Msg(msg @ Msg::Stream(_)) = arrival {
                self.take(msg);
            }
        }
        for effect in std::mem::take(&mut self.pending) {
            if let Effect::Keep(Keep::Soon(change)) = effect {
                self.keeper.note(change, Instant::now());
            }
        }
        self.own.finish().await;
        self.files.finish().await;
        self.keeper.finish().await;
        if let Some(recorder) = self.recorder {
            recorder.finish().await;
        }
    }

    fn draw<C: Console>(&mut self, console: &mut C) -> io::Result<()> {
        self.dress.wear(self.model.theme_to_show());
        let hints = hints(&self.model, self.machine.keymap());
        let (model, theme, cache) = (&self.model, self.dress.theme(), &mut self.cache);
        let began = std::time::Instant::now();
        let picture = ui::placement(model);
        console.place(picture.map(|(area, payload)| pictures::placement(area, payload)));
        // As text, where that has to be.
        if ui::shows_picture(model) && theme.glyphs.has_blocks() {
            console.ask_for_pictures()?;
        } else {
            console.rest_of_pictures();
        }
        let typing = model.layers.takes_letters();
        console.draw(typing, |frame| ui::draw(frame, model, theme, cache, &hints))?;
        self.frames.drawn(began.elapsed());
        if self.titles {
            console.set_title(&title::of(model))?;
        }
        match console.last_write() {
            Some(took) => self.pacer.written(took, std::time::Instant::now()),
            None => self.pacer.nothing_written(),
        }
        Ok(())
    }
}

/// Writes down what was said since so many notices.
fn log_notices(model: &Model, said: u64) {
    let new = usize::try_from(model.notices.said().saturating_sub(said)).unwrap_or(usize::MAX);
    for notice in model.notices.newest().take(new) {
        let (text, id) = (&notice.text, notice.request_id.as_deref().unwrap_or("none"));
        match notice.level {
            Level::Error => tracing::warn!(target: "foretop::said", request = id, "{text}"),
            Level::Warning => tracing::info!(target: "foretop::said", request = id, "{text}"),
            Level::Info => tracing::debug!(target: "foretop::said", "{text}"),
        }
    }
}

/// What there is no service for.
fn not_done(effect: impl Into<Effect>) -> Msg {
    let why = "there is no service behind a file".to_owned();
    Msg::NotDone { effect: Box::new(effect.into()), why }
}
