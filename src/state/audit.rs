//! The log of answers: one JSON line for each, appended and never changed. One file for all
//! profiles, which only its owner can read. When it is large it is put away under another name.

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::log::leads_to;
use super::{StateDir, StateError, at};
use crate::tools::audit::Record;

const FILE: &str = "audit.jsonl";
/// What was noted before the file was begun anew.
const EARLIER: &str = "audit.jsonl.1";
/// A file beyond this is put away, in the place of the one that was put away before.
const MOST_BYTES: u64 = 64 << 20;

impl StateDir {
    /// Where answers are noted.
    pub fn audit_path(&self) -> PathBuf {
        self.path.parent().unwrap_or(&self.path).join(FILE)
    }

    /// Appends a line for each record. On the disk when it returns.
    pub fn note_answers(&self, records: &[Record]) -> Result<(), StateError> {
        append(&self.audit_path(), records, MOST_BYTES)
    }
}

fn append(path: &Path, records: &[Record], most: u64) -> Result<(), StateError> {
    let mut lines = Vec::new();
    for record in records {
        serde_json::to_writer(&mut lines, record)
            .map_err(|why| StateError::Encode { path: path.to_owned(), why })?;
        lines.push(b'\n');
    }
    let mut write = || {
        let mut file = loop {
            let mut options = OpenOptions::new();
            let file = options.read(true).append(true).create(true).mode(0o600).open(path)?;
            // Lines of several programs must not mix, however long they are. Given back on closing.
            file.lock()?;
            if !leads_to(path, &file)? {
                // Another program has put it away.
                continue;
            }
            let length = file.metadata()?.len();
            if length == 0 || length + lines.len() as u64 <= most {
                break file;
            }
            fs::rename(path, path.with_file_name(EARLIER))?;
        };
        if !ends_with_a_line(&mut file)? {
            lines.insert(0, b'\n');
        }
        file.write_all(&lines)?;
        file.sync_data()
    };
    write().map_err(at(path))
}

/// A crash may have cut the last line off; the next one must not go on in it.
fn ends_with_a_line(file: &mut File) -> std::io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::api::Timestamp;
    use crate::tools::audit::Outcome;

    fn record(call: &str) -> Record {
        Record {
            at: Timestamp::UNIX_EPOCH,
            profile: "prod".into(),
            agent: "a".into(),
            session: "s".into(),
            call: call.into(),
            tool: "t".into(),
            by: "person".into(),
            kind: "success".into(),
            sent: serde_json::json!({"text": "two\nlines"}),
            outcome: Outcome::Sent,
            status: None,
            request_id: None,
        }
    }

    #[test]
    fn a_large_log_is_put_away_whole() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join(FILE);
        for call in ["aev_1", "aev_2", "aev_3", "aev_4", "aev_5"] {
            append(&path, &[record(call)], 500).unwrap();
        }
        let text = |name: &str| std::fs::read_to_string(root.path().join(name)).unwrap();
        assert!(text(FILE).ends_with('\n') && text(FILE).contains("aev_5"));
        let (earlier, now) = (text(EARLIER), text(FILE));
        assert!(earlier.len() <= 500 && now.len() <= 500, "{earlier}\n{now}");
        let last = serde_json::from_str::<Record>(earlier.lines().last().unwrap()).unwrap();
        let first = serde_json::from_str::<Record>(now.lines().next().unwrap()).unwrap();
        let number =
            |record: &Record| record.call.trim_start_matches("aev_").parse::<u32>().unwrap();
        assert_eq!(number(&last) + 1, number(&first), "none is lost in between");
    }

    #[test]
    fn lines_are_only_added_and_a_torn_one_stays_by_itself() {
        let root = tempfile::tempdir().unwrap();
        let (one, two) = (
            StateDir::open(root.path(), "one").unwrap(),
            StateDir::open(root.path(), "two").unwrap(),
        );
        one.note_answers(&[record("aev_1"), record("aev_2")]).unwrap();
        let path = root.path().join("audit.jsonl");
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"{\"at\":").unwrap();
        two.note_answers(&[record("aev_3")]).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 4, "{text}");
        let calls = [lines[0], lines[1], lines[3]].map(|line| {
            let record: Record = serde_json::from_str(line).unwrap();
            record.call
        });
        assert_eq!(calls, ["aev_1", "aev_2", "aev_3"]);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn programs_that_write_at_once_do_not_mix_their_lines() {
        let root = tempfile::tempdir().unwrap();
        let state = StateDir::open(root.path(), "p").unwrap();
        std::thread::scope(|scope| {
            for number in 0..4 {
                let state = &state;
                scope.spawn(move || {
                    let mut long = record(&format!("aev_{number}"));
                    long.sent = serde_json::Value::from("x".repeat(100_000));
                    for _ in 0..5 {
                        state.note_answers(std::slice::from_ref(&long)).unwrap();
                    }
                });
            }
        });
        let text = std::fs::read_to_string(root.path().join("audit.jsonl")).unwrap();
        let whole = text.lines().filter(|line| serde_json::from_str::<Record>(line).is_ok());
        assert_eq!(whole.count(), 20);
    }
}
