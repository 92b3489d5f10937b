//! The files as another program, a crash or a careless hand leaves them.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use jiff::SignedDuration;
use tempfile::TempDir;

use super::StateDir;
use crate::api::{Need, SessionRef, Timestamp};
use crate::model::AnswerKind;
use crate::model::memory::{
    Bookmark, Change, Denied, DraftOf, EventRef, Fact, Memory, RecordedAnswer, SavedDraft, Seen,
    SentMessage,
};
use crate::tools::audit::{Outcome, Record};

fn now() -> Timestamp {
    "2026-07-02T09:00:00Z".parse().unwrap()
}

fn after(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

fn days(count: i64) -> i64 {
    count * 24 * 3_600
}

fn session(key: &str) -> SessionRef {
    SessionRef::new("a", key)
}

fn message(key: &str) -> DraftOf {
    DraftOf::Message(session(key))
}

fn draft(at: Timestamp, key: &str, text: Option<&str>) -> Change {
    let draft = text.map(|text| SavedDraft { text: text.to_owned(), ..SavedDraft::default() });
    Change { at, fact: Fact::Draft(message(key), draft) }
}

struct Desk {
    dir: TempDir,
    state: StateDir,
}

impl Desk {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let state = StateDir::open(dir.path(), "prod").unwrap();
        Self { dir, state }
    }

    /// As another program on the same profile.
    fn other(&self) -> StateDir {
        StateDir::open(self.dir.path(), "prod").unwrap()
    }

    fn memory(&self) -> Memory {
        let (memory, remarks) = self.state.load(now()).unwrap();
        assert!(remarks.is_empty(), "{remarks:?}");
        memory
    }

    fn text(&self, key: &str) -> Option<String> {
        self.memory().drafts.get(&message(key)).map(|kept| kept.value.text.clone())
    }
}

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn everything_kept_comes_back_and_only_its_owner_can_read_it() {
    let desk = Desk::new();
    let answer = DraftOf::Answer { session: session("s"), call: "aev_1".into() };
    let answered = SavedDraft {
        text: "{\"a\": 1".into(),
        kind: AnswerKind::Error,
        other: Some("{}".into()),
        cursor: Some((0, 3)),
    };
    let seen = Seen { event: "aev_9".into(), happened_at: Some(after(-60)) };
    let on = EventRef { session: session("s"), event: "aev_2".into() };
    let denied = Denied { agent: "a".into(), need: Need::Manage };
    let sent = SentMessage { agent: "a".into(), text: "look again\n".into() };
    let facts = [
        Fact::Draft(message("s"), Some(SavedDraft { text: "hello\n".into(), ..answered.clone() })),
        Fact::Draft(answer.clone(), Some(answered.clone())),
        Fact::Seen(session("s"), Some(seen.clone())),
        Fact::Bookmark(on.clone(), Some(Bookmark { note: "look".into() })),
        Fact::Denied(denied.clone(), Some(())),
        Fact::Sent(sent.clone(), Some(())),
    ];
    let changes = facts.map(|fact| Change { at: now(), fact });
    desk.state.apply(&changes, now()).unwrap();
    let memory = desk.memory();
    assert_eq!(memory.drafts[&answer].value, answered);
    assert_eq!(memory.drafts[&message("s")].value.text, "hello\n");
    assert_eq!(memory.seen[&session("s")].value, seen);
    assert_eq!(memory.bookmarks[&on].value.note, "look");
    assert_eq!(memory.denied[&denied].at, now());
    assert_eq!(memory.sent[&sent].at, now());
    assert_eq!(mode(desk.state.path()), 0o700);
    let files: Vec<_> = fs::read_dir(desk.state.path()).unwrap().map(|f| f.unwrap()).collect();
    assert_eq!(files.len(), 6, "five tables and the lock: {files:?}");
    assert!(files.iter().all(|file| mode(&file.path()) == 0o600));
}

#[test]
fn a_directory_that_others_could_read_is_closed() {
    let desk = Desk::new();
    fs::set_permissions(desk.state.path(), fs::Permissions::from_mode(0o755)).unwrap();
    desk.other();
    assert_eq!(mode(desk.state.path()), 0o700);
}

#[test]
fn two_programs_keep_each_others_drafts_and_the_newer_one_of_the_same() {
    let desk = Desk::new();
    let other = desk.other();
    desk.state.apply(&[draft(after(-9), "mine", Some("m"))], now()).unwrap();
    other.apply(&[draft(after(-8), "theirs", Some("t"))], now()).unwrap();
    desk.state.apply(&[draft(after(-5), "both", Some("newer"))], now()).unwrap();
    other.apply(&[draft(after(-7), "both", Some("older"))], now()).unwrap();
    other.apply(&[draft(after(-6), "both", None)], now()).unwrap();
    assert_eq!(desk.text("mine").as_deref(), Some("m"));
    assert_eq!(desk.text("theirs").as_deref(), Some("t"));
    assert_eq!(desk.text("both").as_deref(), Some("newer"), "sent there, written on here");
    desk.state.apply(&[draft(after(-4), "both", None)], now()).unwrap();
    assert_eq!(desk.text("both"), None);
}

#[test]
fn a_draft_from_a_clock_that_was_ahead_does_not_win_for_ever() {
    let desk = Desk::new();
    desk.state.apply(&[draft(after(days(2)), "s", Some("tomorrow"))], after(days(2))).unwrap();
    desk.state.apply(&[draft(now(), "s", Some("today"))], now()).unwrap();
    assert_eq!(desk.text("s").as_deref(), Some("today"));
}

#[test]
fn writers_at_the_same_time_lose_nothing() {
    let desk = Desk::new();
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let state = desk.other();
            scope.spawn(move || {
                for number in 0..5 {
                    let change = draft(now(), &format!("s{writer}-{number}"), Some("x"));
                    state.apply(&[change], now()).unwrap();
                }
            });
        }
    });
    assert_eq!(desk.memory().drafts.len(), 20);
}

#[test]
fn a_file_that_cannot_be_read_is_set_aside_and_said_so() {
    let desk = Desk::new();
    desk.state.apply(&[draft(now(), "s", Some("kept"))], now()).unwrap();
    let path = desk.state.path().join("drafts.json");
    let good = fs::read_to_string(&path).unwrap();
    let other_entry = good.replacen("[{", "[{\"key\":\"nonsense\"},{", 1);
    let cases = [
        ("", None),
        ("{\"version\":1,\"entries\":[{\"key\"", None),
        ("\u{0}\u{0}\u{0}", None),
        (other_entry.as_str(), Some("kept")),
    ];
    for (number, (content, legible)) in cases.into_iter().enumerate() {
        fs::write(&path, content).unwrap();
        let (memory, remarks) = desk.state.load(now()).unwrap();
        let aside = format!("drafts.json.unreadable-{}", number + 1);
        assert!(remarks.len() == 1 && remarks[0].contains(&aside), "{remarks:?}");
        assert_eq!(fs::read_to_string(desk.state.path().join(&aside)).unwrap(), content);
        let found = memory.drafts.get(&message("s")).map(|kept| kept.value.text.as_str());
        assert_eq!(found, legible, "{content:?}");
        assert_eq!(desk.text("s").as_deref(), legible, "and a second look finds nothing wrong");
    }
    fs::write(&path, good.replace("\"version\":1", "\"version\":2")).unwrap();
    let (memory, remarks) = desk.state.load(now()).unwrap();
    assert_eq!((memory.drafts.len(), remarks.len()), (1, 1), "a version that we do not write");
}

#[test]
fn the_old_and_the_surplus_are_dropped_oldest_first() {
    let desk = Desk::new();
    let old = [draft(after(-days(91)), "old", Some("x")), draft(after(-days(89)), "s", Some("y"))];
    desk.state.apply(&old, after(-days(89))).unwrap();
    assert_eq!(desk.text("old"), None);
    assert_eq!(desk.text("s").as_deref(), Some("y"));
    let seen = |number: i64| {
        let seen = Seen { event: "aev_1".into(), happened_at: None };
        let fact = Fact::Seen(session(&format!("s{number:04}")), Some(seen));
        Change { at: after(number - 6_000), fact }
    };
    desk.state.apply(&(0..5_003).map(seen).collect::<Vec<_>>(), now()).unwrap();
    let memory = desk.memory();
    assert_eq!(memory.seen.len(), 5_000);
    assert_eq!(memory.seen.keys().next(), Some(&session("s0003")));
}

#[test]
fn a_crash_while_writing_leaves_the_old_file() {
    let desk = Desk::new();
    desk.state.apply(&[draft(after(-2), "s", Some("first"))], now()).unwrap();
    // What a killed writer leaves behind: a new file that was not renamed.
    fs::write(desk.state.path().join("drafts.json.new"), "{\"version\":1,\"entr").unwrap();
    assert_eq!(desk.text("s").as_deref(), Some("first"));
    desk.state.apply(&[draft(after(-1), "s", Some("second"))], now()).unwrap();
    assert_eq!(desk.text("s").as_deref(), Some("second"));
}

#[test]
fn a_place_that_cannot_be_written_is_an_error_with_its_path() {
    let dir = tempfile::tempdir().unwrap();
    let blocked = dir.path().join("file");
    fs::write(&blocked, "").unwrap();
    let error = StateDir::open(&blocked, "prod").unwrap_err().to_string();
    assert!(error.contains("file/prod"), "{error}");
}

#[test]
fn answers_and_messages_of_earlier_are_few_and_notes_are_lines_of_the_log() {
    let root = TempDir::new().unwrap();
    let state = StateDir::open(root.path(), "p").unwrap();
    let answer = |number: i64| {
        let text = number.to_string();
        let answer = RecordedAnswer { text, kind: AnswerKind::default() };
        Change { at: after(number), fact: Fact::Answer(format!("{number:03}"), Some(answer)) }
    };
    let changes: Vec<Change> = (0..250).map(answer).collect();
    state.apply(&changes, after(300)).unwrap();
    let kept = state.load(after(300)).unwrap().0.answers;
    assert_eq!((kept.len(), kept.keys().next().unwrap().as_str()), (200, "050"));

    let sent = |number: i64| {
        let message = SentMessage { agent: "a".into(), text: format!("{number:04}") };
        Change { at: after(number), fact: Fact::Sent(message, Some(())) }
    };
    let changes: Vec<Change> = (0..1_050).map(sent).collect();
    state.apply(&changes, after(1_100)).unwrap();
    let memory = state.load(after(1_100)).unwrap().0;
    let kept = memory.sent_to(&"a".into());
    assert_eq!((kept.len(), kept[0], kept[999]), (1_000, "0050", "1049"));

    let record = Record {
        at: now(),
        profile: "p".into(),
        agent: "a".into(),
        session: "s".into(),
        call: "aev_1".into(),
        tool: "t".into(),
        by: "person".into(),
        kind: "success".into(),
        sent: serde_json::json!({}),
        outcome: Outcome::Sent,
        status: None,
        request_id: None,
    };
    let noted = Change { at: now(), fact: Fact::Noted(Box::new(record)) };
    state.apply(&[noted.clone(), noted], now()).unwrap();
    let log = fs::read_to_string(root.path().join("audit.jsonl")).unwrap();
    assert_eq!(log.lines().count(), 2);
}

#[test]
fn what_cannot_be_written_is_still_read_and_stays_as_it_is() {
    let desk = Desk::new();
    desk.state.apply(&[draft(now(), "s", Some("kept"))], now()).unwrap();
    let lock = desk.state.path().join("lock");
    fs::remove_file(&lock).unwrap();
    // Nobody can open it for writing, not even root.
    fs::create_dir(&lock).unwrap();
    let file = desk.state.path().join("seen.json");
    fs::write(&file, "nonsense").unwrap();
    assert!(desk.state.load(now()).is_err());
    let memory = desk.other().peek(now());
    assert_eq!(memory.drafts[&message("s")].value.text, "kept");
    assert_eq!(fs::read_to_string(&file).unwrap(), "nonsense");
}
