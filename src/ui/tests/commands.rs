//! The panel of a local command, in each of its states and at both sizes.

use std::time::Duration;

use super::fixture::at;
use super::{model, screen};
use crate::tools::audit::By;
use crate::tools::{Ending, Ran};
use crate::view::commands::{Became, CommandRun, RunState};
use crate::view::{Focus, View};

fn panel(size: (u16, u16), state: RunState, by: By) -> String {
    let mut model = model(size, View::Calls, Focus::Answer);
    let run = CommandRun {
        line: "./tools/refund --dry-run --order {order_id}".into(),
        wrap: "output".into(),
        by,
        started: at("14:06:17"),
        state,
        draft: model.calls.selected().unwrap().draft.editor.text(),
        held: None,
    };
    model.commands.begin(&"aev_13".into(), run);
    model.settle();
    screen(&model)
}

fn ended(ending: Ending, became: Became) -> RunState {
    let stderr = "looking\n\u{1b}[31mno such order\u{1b}[0m: 日本語\n".to_owned();
    let took = Duration::from_millis(812);
    let stdout = "{\"refund_id\": \"rf_20931\"}".to_owned();
    RunState::Ended { ran: Box::new(Ran { ending, took, stdout, stderr }), became }
}

#[test]
fn a_command_that_runs_worked_or_failed() {
    for (name, size) in [("80x24", (80, 24)), ("120x36", (120, 36))] {
        let states = [
            ("running", RunState::Running, By::Person),
            ("draft", ended(Ending::Exited(0), Became::TheDraft), By::Rule("small".into())),
            ("failed", ended(Ending::Exited(3), Became::Nothing), By::Person),
        ];
        for (state_name, state, by) in states {
            let shown = panel(size, state, by);
            insta::assert_snapshot!(format!("command_{state_name}_{name}"), shown);
        }
    }
}
