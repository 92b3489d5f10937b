//! The one table of actions: their names for the keymap, their words for people.
//!
//! Keys are bound to them, commands are named after them, help and hints list them. What one does is
//! the app's business: a row here says nothing of that. Start with the table. The invariant: no two
//! actions have the same name.

use crate::viewport::Motion;

/// Declares the actions with a name for configuration and words for help.
macro_rules! actions {
    ($($section:literal { $($variant:ident $name:literal $words:literal)+ })+) => {
        /// Everything that a key can do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action {
            $($($variant,)+)+
            /// The command of one's own that has this number. What it is called and does is not known here.
            Own(u8),
        }

        impl Action {
            /// All but commands of one's own, which each configuration has others of.
            pub const ALL: &'static [Self] = &[$($(Self::$variant,)+)+];

            /// What the keymap calls it.
            pub fn name(self) -> &'static str {
                match self { $($(Self::$variant => $name,)+)+ Self::Own(_) => "own_command" }
            }

            /// What help says of it.
            pub fn words(self) -> &'static str {
                match self { $($(Self::$variant => $words,)+)+ Self::Own(_) => "a command of your own" }
            }

            /// The heading it stands under in help.
            pub fn section(self) -> &'static str {
                match self { $($(Self::$variant => $section,)+)+ Self::Own(_) => "YOURS" }
            }
        }
    };
}

actions! {
    "MOVE" {
        Down "down" "line down"
        Up "up" "line up"
        HalfDown "half_down" "half a page down"
        HalfUp "half_up" "half a page up"
        PageDown "page_down" "page down"
        PageUp "page_up" "page up"
        ScrollDown "scroll_down" "scroll down, the cursor stays"
        ScrollUp "scroll_up" "scroll up, the cursor stays"
        First "first" "first"
        Last "last" "newest, and follow"
        Left "left" "fold, out"
        Right "right" "unfold, in"
        PreviousTurn "previous_turn" "previous turn of yours"
        NextTurn "next_turn" "next turn of yours"
        PreviousError "previous_error" "previous error"
        NextError "next_error" "next error"
        PreviousPending "previous_pending" "previous waiting call"
        NextPending "next_pending" "next waiting call"
        PreviousCompaction "previous_compaction" "previous compaction"
        NextCompaction "next_compaction" "next compaction"
        PreviousHidden "previous_hidden" "previous hidden event"
        NextHidden "next_hidden" "next hidden event"
        PreviousBookmark "previous_bookmark" "previous bookmark"
        NextBookmark "next_bookmark" "next bookmark"
        Bookmarks "bookmarks" "bookmarks, as a list"
        PreviousRemark "previous_remark" "previous remark on the answer"
        NextRemark "next_remark" "next remark on the answer"
        PreviousSameTool "previous_same_tool" "previous call of this tool"
        NextSameTool "next_same_tool" "next call of this tool"
        ViewBack "view_back" "back to where you were"
        ViewForward "view_forward" "forward again"
    }
    "LOOK" {
        PaneSessions "pane_sessions" "sessions"
        PaneTimeline "pane_timeline" "timeline"
        PaneCalls "pane_calls" "your turn"
        PaneArtifacts "pane_artifacts" "artifacts"
        Agents "agents" "agents and aliases"
        NextPane "next_pane" "next pane"
        PreviousPane "previous_pane" "previous pane"
        Zoom "zoom" "zoom the pane"
        Narrower "narrower" "list narrower"
        Wider "wider" "list wider"
        Open "open" "open, unfold, answer"
        LookClosely "look_closely" "all of one event"
        Back "back" "one level back"
        Fold "fold" "fold or unfold one"
        FoldAll "fold_all" "fold all"
        UnfoldAll "unfold_all" "unfold all"
        Search "search" "find or filter"
        Views "views" "a view of the list"
        SearchSessions "search_sessions" "find in all sessions"
        NextHit "next_hit" "next match"
        PreviousHit "previous_hit" "previous match"
        Types "types" "types and states of events"
        NextLook "next_look" "rendered, tree, raw"
        Wrap "wrap" "wrap long lines"
        FoldGroup "fold_group" "fold step, then turn"
        UnfoldGroup "unfold_group" "unfold turn, then step"
        FoldTurns "fold_turns" "fold every turn"
        UnfoldTurns "unfold_turns" "unfold every turn"
        AgentsView "agents_view" "what the agent still sees"
        Branches "branches" "branches, as a tree"
        ChatView "chat_view" "what was said, as a chat"
        TimeStyle "time_style" "clock, ago, delta, UTC"
        Pause "pause" "hold the view still"
        WhereTimeWent "where_time_went" "where time went"
        Sort "sort" "another order"
        ReverseOrder "reverse_order" "the same order, backwards"
        Follow "follow" "follow the newest"
        MomentBack "moment_back" "back in time, one event"
        MomentOn "moment_on" "on in time, one event"
        Why "why" "what led to this call"
        NextFile "next_file" "next file"
        PreviousFile "previous_file" "previous file"
        ItsFile "its_file" "the file that a row names"
        Uses "uses" "rows that name the file"
        SortFiles "sort_files" "sort files by something else"
        ReverseFiles "reverse_files" "the other way round"
        Compare "compare" "compare two of them"
        NextChange "next_change" "next change"
        PreviousChange "previous_change" "previous change"
        Reveal "reveal" "show secret for 10 s"
    }
    "COPY" {
        Copy "copy" "copy what is there"
        CopyValue "copy_value" "copy the value"
        CopyPath "copy_path" "copy its path, for jq"
        CopyJson "copy_json" "copy the event as received"
        CopyId "copy_id" "copy the id"
        CopyCurl "copy_curl" "copy as curl command"
        CopyCommand "copy_command" "copy as foretop command"
        CopyMarkdown "copy_markdown" "copy as Markdown"
        CopyDraft "copy_draft" "copy the draft of an answer"
    }
    "ACT" {
        Mark "mark" "mark"
        MarkRange "mark_range" "mark a range"
        MarkAlike "mark_alike" "mark all like this"
        MarkAll "mark_all" "mark all that are listed"
        NewSession "new_session" "new session"
        NewLikeThis "new_like_this" "new session like this"
        Rename "rename" "rename and describe"
        Metadata "metadata" "edit metadata"
        Expiry "expiry" "when it is deleted"
        Extend "extend" "keep a day longer"
        WriteDown "write_down" "write to a file"
        Export "export" "export, redacted"
        Secrets "secrets" "set or remove a secret"
        Disable "disable" "disable or enable"
        Bookmark "bookmark" "bookmark with a note"
        Hide "hide" "hide from agent / show"
        Delete "delete" "delete for good; asks"
        Undo "undo" "undo the last change"
        Redo "redo" "redo"
        Write "write" "write to the agent"
        Interrupt "interrupt" "interrupt agent; asks"
        Compact "compact" "compact up to here; asks"
        CompactOlder "compact_older" "compact what is old; asks"
        Branch "branch" "branch from here"
        BranchCompacted "branch_compacted" "branch with a summary"
        AskAgain "ask_again" "replay an answer; asks"
        Edit "edit" "edit the answer"
        EditOutside "edit_outside" "edit it in $EDITOR"
        AnswerType "answer_type" "success or error"
        Send "send" "send answers; asks"
        SetAside "set_aside" "set the call aside, or back"
        SendAnyway "send_anyway" "send although; asks"
        RunCommand "run_command" "run a local command"
        Recall "recall" "recall an earlier answer"
        Save "save" "save the file here"
        Page "page" "open it in $PAGER"
    }
    "FORETOP" {
        Commands "commands" "commands, by name"
        RepeatCommand "repeat_command" "repeat last command"
        Help "help" "keys and connection"
        Inside "inside" "ages, plan, frames"
        Errors "errors" "errors and notices"
        Refresh "refresh" "ask the service now"
        Mouse "mouse" "mouse: ours or the terminal's"
        Redraw "redraw" "redraw the screen"
        Suspend "suspend" "suspend"
        Quit "quit" "back, then quit"
        QuitNow "quit_now" "quit now"
        QuitInterrupt "quit_interrupt" "quit, when pressed twice"
    }
    "REPLAY" {
        Play "play" "play or pause"
        Faster "faster" "faster"
        Slower "slower" "slower"
    }
    "WRITING" {
        SendMessage "send_message" "send what is written"
        SendForm "send_form" "send the form"
        NextField "next_field" "next field"
        PreviousField "previous_field" "previous field"
        Newline "newline" "new line"
        Attach "attach" "attach a file"
        Detach "detach" "detach what was attached last"
        FindSent "find_sent" "find a message sent before"
        ModeChip "mode_chip" "steer, follow up, or take"
        UndoText "undo_text" "undo typing"
        RedoText "redo_text" "redo typing"
        Leave "leave" "leave; the draft is kept"
        SwitchSearch "switch_search" "find, or filter"
        Toggle "toggle" "choose or not"
        ChooseAll "choose_all" "choose all or none"
        Confirm "confirm" "yes, do it"
        Cancel "cancel" "no, leave it"
        Close "close" "close"
    }
}

impl Action {
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.name() == name)
    }

    /// The step that it is in every list and text.
    pub fn motion(self) -> Option<Motion> {
        Some(match self {
            Self::Down => Motion::Down,
            Self::Up => Motion::Up,
            Self::HalfDown => Motion::HalfDown,
            Self::HalfUp => Motion::HalfUp,
            Self::PageDown => Motion::PageDown,
            Self::PageUp => Motion::PageUp,
            Self::ScrollDown => Motion::ScrollDown,
            Self::ScrollUp => Motion::ScrollUp,
            Self::First => Motion::First,
            Self::Last => Motion::Last,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_action() {
        for action in Action::ALL {
            assert_eq!(Action::from_name(action.name()), Some(*action));
        }
    }
}
