//! `open`: a session in a file on the screen, offline. Asks nobody; of the configuration, only how the
//! screen looks and what its keys are counts.

use std::fs::File;
use std::io::{BufWriter, IsTerminal as _, Read as _, Seek as _};
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;

use super::appearance::{self, appearance};
use super::display::{self, DisplayArgs};
use super::exit::{Code, Failure};
use super::global::Global;
use super::{key_line, keymap, mouse, screen, zone};
use crate::api::{Session, SessionRef, Timestamp};
use crate::app::recording::Header;
use crate::archive::{Archive, Chunk, Direction, Line, Preamble, Reader};
use crate::export::bundle::{Fault, Manifest, unpack};
use crate::model::timeline::At;
use crate::model::{Profile, Timeline};
use crate::runtime::{self, Recorded, Replay, Setup, ShutdownSignals, Source, TerminalConsole};
use crate::terminal;
use crate::view::Model;

/// A slow pipe may take this long until its first events are shown; then the screen opens empty.
const PATIENCE: Duration = Duration::from_millis(200);
/// How a compressed file begins.
const GZIP: [u8; 2] = [0x1f, 0x8b];

#[derive(Debug, Args)]
pub(super) struct OpenArgs {
    /// One event per line, as the service sends it or as `export --format jsonl` writes it, or what
    /// `bundle` packed, which is checked; - reads a pipe
    file: PathBuf,
    /// Begin in the past: after that many events, at a time (14:02:18 on your clock, or with its
    /// date), or after an event named by its id
    #[arg(long, value_name = "TIME|ID|N", value_parser = moment)]
    at: Option<At>,
    /// The file was written by --record: play that run again
    #[arg(long, conflicts_with = "at")]
    replay: bool,
    #[command(flatten)]
    display: DisplayArgs,
}

pub(super) async fn run(
    arguments: OpenArgs,
    display: &DisplayArgs,
    global: &Global,
) -> Result<ExitCode, Failure> {
    let arguments = OpenArgs { display: arguments.display.or(display), ..arguments };
    if arguments.replay {
        terminal::check().map_err(|refusal| Failure::usage(refusal.to_string()))?;
        return Box::pin(replay(&arguments, global)).await;
    }
    keymap::read_ahead();
    let (archive, mut remarks) = match unpacked(&arguments.file)? {
        Some((archive, manifest)) => {
            (archive, vec![format!("the bundle is as it was packed: {}", manifest.words())])
        }
        None => (open(&arguments.file)?, Vec::new()),
    };
    let mut reader = Reader::new(&archive);
    let cannot_read = |error: std::io::Error| failure(&arguments.file, &error.to_string());
    if let Some(At::Event(id)) = &arguments.at {
        reader.look_for(id.as_str());
    }
    let first = first_lines(&archive, &mut reader).map_err(cannot_read)?;
    if is_recording(&archive) {
        return Err(failure(&arguments.file, "it is a recorded run; --replay plays it"));
    }
    let preamble = reader.preamble();
    if let Some(advice) = preamble.and_then(Preamble::advice) {
        return Err(failure(&arguments.file, &advice));
    }
    // What is wrong with the file is said without a screen, too.
    terminal::check().map_err(|refusal| Failure::usage(refusal.to_string()))?;
    let direction = preamble.map_or(Direction::OldestFirst, |p| p.direction);
    let session = preamble.and_then(|preamble| preamble.session.clone());
    let mut timeline = Timeline::of_file(archive.clone(), direction);
    let zone = zone::of_environment();
    if let Some(at) = arguments.at {
        timeline.want(at, zone.zone.clone());
    }
    if let Some(first) = first {
        timeline.absorb_chunk(first);
    }
    let mut model = model(&arguments.file, session, timeline);
    zone.show_in(&mut model);
    model.mouse = mouse::for_screen();
    let (themes, unshown) = appearance(&arguments.display, global);
    let (names, wrong) = appearance::usable(&themes);
    model.themes = names;
    remarks.splice(0..0, unshown.into_iter().chain(wrong));
    let keys = keymap::keys()?;
    model.own = keys.commands.clone();
    remarks.extend(keys.wrong());
    let mut endings = ShutdownSignals::listen().map_err(|error| terminal_failed(&error))?;
    terminal::install_panic_hook();
    runtime::end_though_unread().map_err(|error| terminal_failed(&error))?;
    let mut console = TerminalConsole::open(arguments.display.capabilities(), display::manners())
        .map_err(|error| terminal_failed(&error))?;
    let setup = Setup {
        source: Source::File { archive, reader: Box::new(reader) },
        model,
        themes,
        keymap: keys.keymap,
        frame_rate: screen::frame_rate(),
        state: None,
        unkept: None,
        remarks,
        clipboard: runtime::ClipboardWay::default(),
        titles: display::titles(),
        recording: None,
        // Nothing new comes into a file.
        notifier: runtime::Notifier::default(),
        keep_keys: key_line::keeper(),
    };
    let outcome = Box::pin(runtime::run(&mut console, &mut endings, setup)).await;
    drop(console);
    outcome.map_err(|error| terminal_failed(&error))?;
    Ok(ExitCode::SUCCESS)
}

/// Whether the first line, which is short in a recording, begins one.
fn is_recording(archive: &Archive) -> bool {
    let start = Line { offset: 0, length: archive.length().min(4_096) };
    let Ok(bytes) = archive.read(start) else { return false };
    let first = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    std::str::from_utf8(first).is_ok_and(|line| Header::read(line).is_ok())
}

/// A recorded run instead of a session.
async fn replay(arguments: &OpenArgs, global: &Global) -> Result<ExitCode, Failure> {
    let recorded = Recorded::open(&arguments.file)
        .map_err(|error| failure(&arguments.file, &error.to_string()))?;
    let replay = Replay {
        recorded,
        themes: appearance(&arguments.display, global).0,
        keymap: keymap::keys()?.keymap,
        frame_rate: screen::frame_rate(),
    };
    let mut endings = ShutdownSignals::listen().map_err(|error| terminal_failed(&error))?;
    terminal::install_panic_hook();
    runtime::end_though_unread().map_err(|error| terminal_failed(&error))?;
    let mut console = TerminalConsole::open(arguments.display.capabilities(), display::manners())
        .map_err(|error| terminal_failed(&error))?;
    let outcome = Box::pin(runtime::replay(&mut console, &mut endings, replay)).await;
    drop(console);
    outcome.map_err(|error| terminal_failed(&error))?;
    Ok(ExitCode::SUCCESS)
}

fn terminal_failed(error: &std::io::Error) -> Failure {
    Failure::other(format!("the terminal failed: {error}"))
}

fn moment(text: &str) -> Result<At, String> {
    text.parse().map_err(str::to_owned)
}

fn open(file: &Path) -> Result<Archive, Failure> {
    let opened = if file == Path::new("-") {
        if std::io::stdin().is_terminal() {
            return Err(Failure::usage(
                "`-` reads a pipe, and there is none: foretop export KEY --format jsonl | foretop \
                 open -",
            ));
        }
        // Without a terminal there is no screen, and still something to say of what comes.
        let piped = terminal::take_piped_input()
            .or_else(|_| std::io::stdin().as_fd().try_clone_to_owned().map(std::fs::File::from));
        piped.and_then(Archive::spool)
    } else {
        Archive::open(file)
    };
    opened.map_err(|error| failure(file, &error.to_string()))
}

/// What a bundle holds, once it is checked, and what it says of itself; none where the file is no bundle.
fn unpacked(path: &Path) -> Result<Option<(Archive, Manifest)>, Failure> {
    if path == Path::new("-") || !path.is_file() {
        return Ok(None);
    }
    let failed = |why: &dyn std::fmt::Display| failure(path, &why.to_string());
    let mut file = File::open(path).map_err(|error| failed(&error))?;
    let mut magic = [0; 2];
    if file.read_exact(&mut magic).is_err() || magic != GZIP {
        return Ok(None);
    }
    file.rewind().map_err(|error| failed(&error))?;
    // The name is gone with this function; what is read is there as long as it is read.
    let lines = tempfile::NamedTempFile::new().map_err(|error| failed(&error))?;
    let mut out = BufWriter::new(lines.as_file());
    let manifest = match unpack(file, &mut out) {
        Ok(manifest) => manifest,
        // Something else that is compressed, of which more is said where files are opened.
        Err(Fault::NoBundle) => return Ok(None),
        Err(fault) => return Err(failed(&fault)),
    };
    drop(out);
    let archive = Archive::open(lines.path()).map_err(|error| failed(&error))?;
    Ok(Some((archive, manifest)))
}

fn failure(file: &Path, why: &str) -> Failure {
    let missing = !file.exists() && file != Path::new("-");
    let code = if missing { Code::NotFound } else { Code::Rejected };
    Failure::new(code, format!("cannot open {}: {why}", file.display()))
}

/// The first lines, if they are there soon.
fn first_lines(archive: &Archive, reader: &mut Reader) -> std::io::Result<Option<Chunk>> {
    let known = archive.length();
    let first = reader.next_chunk()?;
    if first.as_ref().is_some_and(|chunk| !chunk.lines.is_empty() || chunk.last) {
        return Ok(first);
    }
    // Little and complete tells more than little.
    let end = Instant::now() + PATIENCE;
    let mut known = known;
    while !archive.is_complete() {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() || !archive.wait_beyond(known, left) {
            break;
        }
        known = archive.length();
        let first = reader.next_chunk()?;
        if first.as_ref().is_some_and(|chunk| !chunk.lines.is_empty()) {
            return Ok(first);
        }
    }
    reader.hurry();
    reader.next_chunk()
}

fn model(file: &Path, session: Option<Session>, timeline: Timeline) -> Model {
    let name = match file.file_name() {
        Some(name) if file != Path::new("-") => name.to_string_lossy().into_owned(),
        _ => "standard input".to_owned(),
    };
    let mut model = Model::new(Timestamp::now(), (80, 24));
    model.profile = Profile { name: "file".to_owned(), read_only: true, ..Profile::default() };
    let reference =
        session.as_ref().map_or_else(|| SessionRef::new("", &*name), Session::reference);
    if let Some(session) = session {
        let agent = reference.agent.clone();
        model.sessions.apply_listing(&agent, vec![session], true);
    }
    model.show_file(name, reference, timeline);
    if let Some(shown) = model.file.as_mut().filter(|_| file != Path::new("-")) {
        let path = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        shown.path = Some(path.display().to_string());
    }
    model
}
