//! JSON that is nested beyond what parsers follow, at every door: it comes through as it is, or is
//! refused in words.

use std::io::Write as _;

use crate::liar::{Liar, Lie, page, session};
use crate::pty::Pty;
use crate::verbs::Home;

const DEPTHS: [usize; 5] = [100, 127, 128, 1_000, 100_000];

fn nested(depth: usize) -> String {
    format!("{}{}", "[".repeat(depth), "]".repeat(depth))
}

fn call_event(deep: &str) -> String {
    format!(
        r#"{{"id":"aev_1","type":"tool_input","created_at":"2026-01-01T00:00:00Z",
            "tool_call_id":"c","tool_configuration_name":"t","tool_name":"t",
            "tool_input":{{"deep":{deep},"plain":"yes"}}}}"#
    )
}

fn output_event(deep: &str) -> String {
    format!(
        r#"{{"id":"aev_2","type":"tool_output","created_at":"2026-01-01T00:00:01Z",
            "tool_call_id":"d","tool_configuration_name":"t","tool_name":"t","error":false,
            "tool_output":{{"deep":{deep}}}}}"#
    )
}

/// A session whose metadata, calls and events are nested so deep.
async fn deep_service(depth: usize) -> Liar {
    Liar::start(move |line, _| {
        let deep = nested(depth);
        Lie::Json(match line {
            "GET /v2/agents" => page("agents", &[r#"{"key":"a","name":"n"}"#.to_owned()], ""),
            "GET /v2/agents/a/sessions" => {
                let more = format!(r#""n","metadata":{{"plain":"yes","deep":{deep}}}"#);
                page("sessions", &[session("s").replacen("\"n\"", &more, 1)], "")
            }
            "GET /v2/agents/a/sessions/s" => {
                let more = format!(r#""n","metadata":{{"plain":"yes","deep":{deep}}}"#);
                session("s").replacen("\"n\"", &more, 1)
            }
            "GET /v2/agents/a/sessions/s/outstanding_client_tool_calls" => format!(
                r#"{{"client_tool_calls":[{{"event_id":"aev_1","tool_configuration_name":"t",
                    "tool_name":"t","arguments":{{"deep":{deep},"plain":"yes"}}}}]}}"#
            ),
            _ => page("events", &[output_event(&deep), call_event(&deep)], ""),
        })
    })
    .await
}

#[tokio::test]
async fn what_is_read_is_printed_at_any_depth() {
    for depth in DEPTHS {
        let (liar, deep) = (deep_service(depth).await, nested(depth));
        let home = Home::at(&liar.url, "zut_test");
        let without_space = |text: &str| text.replace([' ', '\n'], "");

        let events = home.run(&["events", "a/s", "--json"]).await;
        assert_eq!(events.code, 0, "{depth}: {}", events.stderr);
        let printed = without_space(&events.stdout);
        assert_eq!(printed.matches(&deep).count(), 2, "{depth}");
        let table = home.run(&["events", "a/s"]).await;
        assert!(table.code == 0 && table.stdout.contains("aev_2"), "{depth}: {}", table.stderr);

        for arguments in [&["ls", "--json"][..], &["show", "a/s", "--json"]] {
            let listed = home.run(arguments).await;
            assert_eq!(listed.code, 0, "{depth} {arguments:?}: {}", listed.stderr);
            assert!(!listed.stdout.contains("null}"), "{depth}: {}", listed.stdout);
        }
        let shown = without_space(&home.run(&["show", "a/s", "--json"]).await.stdout);
        assert!(shown.contains(r#""plain":"yes""#), "{depth}: {shown}");
        // Beyond what values hold the innermost part is its text.
        let inner = nested(if depth > 126 { depth.min(1_000) - 100 } else { depth });
        assert!(shown.contains(&inner) || depth > 1_000, "{depth}: {shown}");

        let pending = home.run(&["pending", "--json", "--reveal-secrets", "--yes"]).await;
        assert_eq!(pending.code, 0, "{depth}: {}", pending.stderr);
        assert!(without_space(&pending.stdout).contains(r#""plain":"yes""#), "{depth}");
    }
}

#[tokio::test]
async fn what_is_sent_is_previewed_as_it_is_at_any_depth() {
    for depth in DEPTHS {
        let liar = deep_service(depth).await;
        let home = Home::at(&liar.url, "zut_test");
        let answer = format!(r#"{{"n":1e400,"deep":{}}}"#, nested(depth));
        std::fs::write(home.path("answer.json"), &answer).unwrap();
        let without_space = |text: &str| text.replace([' ', '\n'], "");

        for form in [&[][..], &["--json"]] {
            let previewed = ["answer", "aev_1", "-f", "answer.json", "-n"];
            let previewed = home.run(&[&previewed[..], form].concat()).await;
            assert_eq!(previewed.code, 0, "{depth}: {}", previewed.stderr);
            assert!(without_space(&previewed.stdout).contains(&answer), "{depth}");

            let run = [&["run", "aev_1", "--no-send"], form, &["--", "cat", "answer.json"]];
            let run = home.run(&run.concat()).await;
            assert_eq!(run.code, 0, "{depth}: {}", run.stderr);
            assert!(without_space(&run.stdout).contains(&answer), "{depth}");
        }
        let all = home.run(&["run", "aev_1", "--no-send", "--", "cat"]).await;
        assert_eq!(all.code, 0, "{depth}: {}", all.stderr);
        let given = format!(r#"{{"deep":{},"plain":"yes"}}"#, nested(depth));
        assert!(without_space(&all.stdout).contains(&given), "the arguments went in as they are");

        // Longer words than a system takes.
        let meta = format!("deep={}", nested(depth.min(10_000)));
        let made = home.run(&["new", "--agent", "a", "-n", "--meta", &meta]).await;
        if depth < 128 {
            assert!(without_space(&made.stdout).contains(&nested(depth)), "{}", made.stderr);
        } else {
            assert_eq!(made.code, 2, "{depth}: {}", made.stderr);
            assert!(made.stderr.contains("cannot be sent as metadata"), "{}", made.stderr);
        }
        if depth > 127 {
            let set = home.run(&["set", "a/s", "--meta", "plain=no", "-n"]).await;
            assert!(set.code == 1 && set.stderr.contains("Nothing was sent"), "{}", set.stderr);
        }
    }
}

#[test]
fn a_file_of_any_depth_is_opened_and_its_events_are_looked_into() {
    for depth in DEPTHS {
        let mut file = tempfile::Builder::new().suffix(".jsonl").tempfile().unwrap();
        let deep = nested(depth);
        for event in [call_event(&deep), output_event(&deep)] {
            writeln!(file, "{}", event.replace('\n', "")).unwrap();
        }
        let mut foretop = Pty::start(&["open", file.path().to_str().unwrap()], 24, 100);
        foretop.sees("2 events");
        foretop.type_keys("\r");
        foretop.sees("deep");
        foretop.kill();
    }
}
