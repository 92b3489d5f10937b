//! The variables that foretop reads and hands on, in words: the one list behind the manual page and
//! the table in `docs/configuration.md`.
//!
//! Owns the words alone; each variable is read where it is needed. The invariant: whatever the code
//! reads stands here, which a test that looks through the code holds (`tests/it/manual.rs`).

/// Variables that belong together, and what they do. Backticks set apart what is typed.
pub(super) type Row = (&'static [&'static str], &'static str);

/// What is read.
pub(super) const READ: &[Row] = &[
    (
        &["FORETOP_PROFILE", "FORETOP_AGENT", "FORETOP_URL"],
        "the same as `--profile`, `--agent`, `--url`",
    ),
    (
        &["FORETOP_CONFIG"],
        "another file than `~/.config/foretop/config.toml`; what stands beside it moves along",
    ),
    (&["VECTARA_API_KEY"], "the API key, unless `--api-key-file` is given"),
    (
        &["FORETOP_PLAIN"],
        "the same as `--plain`: line by line instead of the screen, tabs from commands",
    ),
    (&["FORETOP_NOTIFY"], "the same as `--notify`"),
    (&["FORETOP_SERVE_TOKEN"], "the access token of `foretop serve`, instead of the file"),
    (
        &["FORETOP_LOG"],
        "how much is logged, such as `debug` or `foretop::client=debug`; `foretop serve` logs to stderr",
    ),
    (
        &["FORETOP_PAGER", "PAGER"],
        "what shows output that is longer than the screen; `PAGER` shows files (`E`), too",
    ),
    (&["LESS", "LV"], "left as they are; unset, a pager is told `FRX` and `-c`"),
    (
        &["FORETOP_COMPLETE"],
        "a shell that asks what may follow; the script of `foretop completion` sets it",
    ),
    (&["VISUAL", "EDITOR"], "for answers and messages (`E`), and `foretop config edit`"),
    (
        &["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"],
        "the way to the service, in small letters too",
    ),
    (&["SSL_CERT_FILE", "SSL_CERT_DIR"], "other roots than the system's"),
    (&["XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "HOME"], "where the files are"),
    (&["TZ"], "the zone of the times that are shown, instead of the system's"),
    (&["LC_ALL", "LC_CTYPE", "LANG"], "a locale without UTF-8 selects ASCII signs"),
    (&["NO_COLOR"], "no colours; everything is said in words and signs as well"),
    (
        &["CLICOLOR", "CLICOLOR_FORCE"],
        "0: commands print no colours; other than 0: also into a pipe",
    ),
    (
        &["TERM", "COLORTERM"],
        "what the terminal is, and how many colours it has; `dumb` has none and no pager",
    ),
    (&["COLORFGBG"], "whether the background is dark, where the terminal does not answer that"),
    (&["TMUX", "STY"], "inside tmux or screen: what is for the terminal is wrapped"),
    (
        &["SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"],
        "the terminal is elsewhere: copies go by OSC 52, and the mouse is the terminal's",
    ),
    (&["DISPLAY"], "there is a display, whose clipboard copies go to"),
    (
        &["TERM_PROGRAM", "LC_TERMINAL", "KITTY_WINDOW_ID"],
        "which terminal it is, for notifications",
    ),
];

/// What is handed to programs that foretop starts.
pub(super) const GIVEN: &[Row] = &[
    (
        &["FORETOP_CALL", "FORETOP_TOOL", "FORETOP_AGENT", "FORETOP_SESSION"],
        "the call that a command answers: of `!`, of `[tools]`, of rules and of `foretop run`",
    ),
    (
        &["FORETOP_EVENT", "FORETOP_FILE", "FORETOP_PROFILE", "FORETOP_URL"],
        "with those before: what is under the cursor, for a command of `[commands]`",
    ),
    (
        &["XDG_CACHE_HOME", "XDG_RUNTIME_DIR"],
        "with what else is usual (`PATH`, `HOME`, the locale): all that a program gets which serves a tool of \
         an agent, apart from the variables that models.toml names",
    ),
];
