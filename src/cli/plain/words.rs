//! The words that a line may begin with, and what each does.
//!
//! Owns the table that help and suggestions are made of. Start with [`Word::of`]. The invariant: a word
//! that is in the table is one that a line may begin with, and the other way round.

/// What a line asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    List,
    Open,
    Events,
    Show,
    Find,
    Next,
    Prev,
    Pending,
    Call,
    Answer,
    Send,
    Interrupt,
    Hide,
    Unhide,
    Follow,
    Artifacts,
    Save,
    Lines,
    Help,
    Quit,
}

/// Each with what may follow it, and its sentence.
pub(super) const WORDS: &[(Word, &str, &str, &str)] = &[
    (Word::List, "list", "[flags of ls]", "Lists sessions, the most urgent first"),
    (Word::Open, "open", "N or KEY", "Opens a session and lists its newest events"),
    (Word::Events, "events", "[QUERY]", "Lists the events of the open session, such as is:error"),
    (Word::Show, "show", "[N]", "Shows an event whole; without a number the open session"),
    (Word::Find, "find", "QUERY", "Finds events in all sessions"),
    (Word::Next, "next", "", "Shows the next page of the last list"),
    (Word::Prev, "prev", "", "Shows the page before"),
    (Word::Pending, "pending", "", "Lists the calls that wait for you, the oldest first"),
    (Word::Call, "call", "N", "Shows a call that waits: its arguments, and what an answer must be"),
    (Word::Answer, "answer", "N", "Answers a call: as typed, or N error TEXT, N file PATH, N kept"),
    (
        Word::Send,
        "send",
        "[TEXT]",
        "Writes to the agent of the open session; without a text, over several lines",
    ),
    (Word::Interrupt, "interrupt", "", "Stops the running turn of the open session"),
    (Word::Hide, "hide", "N-M", "Hides events from the agent"),
    (Word::Unhide, "unhide", "N-M", "Shows hidden events to the agent again"),
    (Word::Follow, "follow", "", "Prints what happens in the open session, until Enter"),
    (Word::Artifacts, "artifacts", "", "Lists the files of the open session"),
    (Word::Save, "save", "N [PATH]", "Writes a file of the session here, or to a path"),
    (Word::Lines, "lines", "N", "Lines of a page; 0 prints everything at once"),
    (Word::Help, "help", "[WORD]", "Lists these words, or explains a command of foretop"),
    (Word::Quit, "quit", "", "Ends; so does the end of the input"),
];

impl Word {
    /// By its name, or a beginning that no other has.
    pub(super) fn of(typed: &str) -> Option<Self> {
        let exact = WORDS.iter().find(|(_, name, ..)| *name == typed);
        let mut begin = WORDS.iter().filter(|(_, name, ..)| name.starts_with(typed));
        let found = exact.or_else(|| begin.next().filter(|_| begin.next().is_none()));
        found.map(|(word, ..)| *word)
    }
}

/// What help says, a line each.
pub(super) fn help() -> Vec<String> {
    let lines = WORDS.iter().map(|(_, name, more, does)| {
        let name = format!("{name} {more}");
        format!("{name:<22} {does}")
    });
    let mut out: Vec<String> = lines.collect();
    out.extend(
        [
            "Numbers are those of the last list of their kind. A unique beginning of a word is enough.",
            "A text of several lines ends with a line that holds a full stop alone.",
            "Every other command of foretop works here as in a shell, such as: export . -o refund.md",
            "A full stop stands for the open session there. help COMMAND explains one.",
            "Ctrl-C stops what a command waits for; where nothing runs, it ends foretop.",
        ]
        .map(str::to_owned),
    );
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginnings_that_are_unique_are_enough() {
        assert_eq!(Word::of("pen"), Some(Word::Pending));
        assert_eq!(Word::of("hide"), Some(Word::Hide));
        assert_eq!(Word::of("h"), None, "hide or help");
        assert_eq!(Word::of("s"), None);
        assert_eq!(Word::of("nothing"), None);
        for (word, name, _, sentence) in WORDS {
            assert_eq!(Word::of(name), Some(*word));
            assert!(sentence.starts_with(|c: char| c.is_uppercase()) && sentence.is_ascii());
        }
    }
}
