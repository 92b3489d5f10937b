//! A text in the person's own editor: a file that nobody else can read, and the terminal lent.
//!
//! Must not lose the draft: whatever goes wrong, the text that was there stays, and why is said in
//! words. Start with [`edit`].

use std::io::Write as _;

use tokio::process::Command;

use super::console::Console;
use crate::tool_runner::program;

/// What comes back larger than that was not written by hand, and would not be drawn in time.
const MAX_BYTES: u64 = 16 << 20;

/// Waits until the editor has ended; then the screen must be painted anew. `variable` looks up the
/// environment.
pub(super) async fn edit<C: Console>(
    console: &mut C,
    variable: impl Fn(&str) -> Option<String>,
    suffix: &str,
    text: &str,
) -> Result<String, String> {
    let set = |name| variable(name).filter(|value| !value.trim().is_empty());
    let editor = set("VISUAL").or_else(|| set("EDITOR"));
    let editor = editor.ok_or("neither VISUAL nor EDITOR is set")?;
    let words = shlex::split(&editor).filter(|words| !words.is_empty());
    let words = words.ok_or_else(|| format!("{editor}: a quote is not closed"))?;
    let file = tempfile::Builder::new().prefix("foretop-edit-").suffix(suffix).tempfile();
    let mut file = file.map_err(|error| format!("no file to edit: {error}"))?;
    let end = if text.ends_with('\n') { "" } else { "\n" };
    let written = file.write_all(text.as_bytes()).and_then(|()| file.write_all(end.as_bytes()));
    written.and_then(|()| file.flush()).map_err(|error| format!("no file to edit: {error}"))?;
    // The name stays and the file goes with it; an editor may put another one in its place.
    let path = file.into_temp_path();
    let mut command = Command::from(program(&words[0]));
    command.args(&words[1..]).arg(&path).kill_on_drop(true);
    let status = console.lend(command).await.map_err(|error| format!("{}: {error}", words[0]))?;
    if !status.success() {
        return Err(format!("{} ended with {status}", words[0]));
    }
    let too_large = std::fs::metadata(&path).is_ok_and(|found| found.len() > MAX_BYTES);
    if too_large {
        return Err("what the editor left is larger than 16 MB".to_owned());
    }
    let bytes = std::fs::read(&path).map_err(|error| format!("what the editor left: {error}"))?;
    let text = String::from_utf8(bytes).map_err(|_| "what the editor left is no UTF-8")?;
    // Editors end a file with a new line, which nobody typed.
    Ok(text.strip_suffix('\n').map(str::to_owned).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::canvas::Canvas;
    use crate::runtime::console::ConsoleEvent;
    use crate::terminal::{Arrived, Suspension, TerminalEvent};

    /// A console without a terminal, which lends what there is.
    struct Nothing;

    impl Console for Nothing {
        fn size(&mut self) -> io::Result<(u16, u16)> {
            Ok((80, 24))
        }

        fn draw(&mut self, _: bool, _render: impl FnOnce(&mut Canvas)) -> io::Result<()> {
            Ok(())
        }

        fn send(&mut self, _sequence: &[u8]) -> io::Result<()> {
            Ok(())
        }

        fn clear(&mut self) -> io::Result<()> {
            Ok(())
        }

        async fn next(&mut self) -> Option<ConsoleEvent> {
            None
        }

        fn next_ready(&mut self) -> Option<Arrived<TerminalEvent>> {
            None
        }

        async fn suspend(&mut self, _whole_group: bool) -> io::Result<Suspension> {
            Ok(Suspension::Resumed)
        }

        fn resume(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    async fn edited(visual: &str, editor: &str, text: &str) -> Result<String, String> {
        let variable = |name: &str| match name {
            "VISUAL" => Some(visual.to_owned()),
            "EDITOR" => Some(editor.to_owned()),
            _ => None,
        };
        edit(&mut Nothing, variable, ".json", text).await
    }

    #[tokio::test]
    async fn what_the_editor_leaves_comes_back_without_the_line_end_that_it_adds() {
        let sed = "sed -i 's/one two/three/'";
        assert_eq!(
            edited(sed, "false", "{\"a\": \"one two\"}").await.unwrap(),
            "{\"a\": \"three\"}"
        );
        assert_eq!(edited(" ", "true", "as it was\n").await.unwrap(), "as it was");
        let checks = "sh -c 'stat -c %a \"$0\" > \"$0.new\" && mv \"$0.new\" \"$0\"'";
        assert_eq!(edited(checks, "", "x").await.unwrap(), "600");
    }

    #[tokio::test]
    async fn whatever_goes_wrong_is_said_in_words() {
        for (editor, words) in [
            ("", "neither VISUAL nor EDITOR is set"),
            ("'vi", "a quote is not closed"),
            ("false", "false ended with exit status: 1"),
            ("/no/such/editor", "/no/such/editor: No such file"),
            ("rm", "what the editor left: No such file"),
            ("sh -c 'printf \"\\377\" > \"$0\"'", "no UTF-8"),
        ] {
            let said = edited("", editor, "x").await.unwrap_err();
            assert!(said.contains(words), "{editor}: {said}");
        }
    }
}
