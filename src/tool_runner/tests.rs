//! Programs that behave and programs that do not, as real processes.

use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, test_kill_process};
use tokio_util::sync::CancellationToken;

use super::{Companion, Stderr, run};
use crate::tools::{CallFacts, Ending, Inherits, Invocation, Ran, ToolCommand, Words};

fn sh(script: &str) -> Invocation {
    let facts = CallFacts {
        event_id: "aev_1",
        tool: "deploy",
        agent: "a",
        session: "s",
        arguments: r#"{"amount": 84.20}"#,
    };
    ToolCommand::new(Words::Shell(script.to_owned())).invocation(&facts).unwrap()
}

async fn ran(invocation: &Invocation) -> Ran {
    run(invocation, Stderr::Kept, &CancellationToken::new()).await
}

/// Waits until a process is gone, or only its parent has not looked after it yet.
async fn is_gone(id: &str) {
    let id = Pid::from_raw(id.trim().parse().unwrap()).unwrap();
    let is_dead = || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", id.as_raw_nonzero()));
        stat.is_ok_and(|stat| stat.contains(") Z"))
    };
    while test_kill_process(id).is_ok() && !is_dead() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn appears(file: &Path) {
    while !file.exists() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A script that first writes its own id to a file, whole.
fn known_by(file: &Path, script: &str) -> Invocation {
    let mut invocation = sh(&format!("echo $$ > \"$ID.new\"; mv \"$ID.new\" \"$ID\"; {script}"));
    invocation.env.push(("ID".to_owned(), file.display().to_string()));
    invocation
}

#[tokio::test]
async fn arguments_come_on_stdin_byte_for_byte_and_facts_in_variables() {
    let echoed = ran(&sh("cat; echo \" $FORETOP_TOOL $FORETOP_CALL\"; echo no >&2")).await;
    assert_eq!(echoed.ending, Ending::Exited(0));
    assert_eq!(echoed.stdout, "{\"amount\": 84.20} deploy aev_1\n");
    assert_eq!(echoed.stderr, "no\n");
}

#[tokio::test]
async fn a_program_may_leave_its_input_unread() {
    let mut invocation = sh("exec <&-; echo done");
    invocation.stdin = "x".repeat(1 << 20);
    let ran = ran(&invocation).await;
    assert_eq!((ran.ending, ran.stdout.as_str()), (Ending::Exited(0), "done\n"));
}

#[tokio::test]
async fn every_way_to_end_is_told() {
    assert_eq!(ran(&sh("exit 3")).await.ending, Ending::Exited(3));
    assert_eq!(ran(&sh("kill -SEGV $$")).await.ending, Ending::Signal(11));
    let mut missing = sh("");
    "no-such-program".clone_into(&mut missing.program);
    let told = ran(&missing).await.ending.to_string();
    assert_eq!(told, "not started: there is no command no-such-program on the PATH");
    let mut nowhere = sh("true");
    nowhere.cwd = Some("/no/such/place".into());
    assert!(ran(&nowhere).await.ending.to_string().contains("no directory /no/such/place"));
}

#[tokio::test]
async fn a_flood_is_cut_off_and_the_end_of_a_long_stderr_is_kept() {
    let mut flood = sh("while :; do echo yyyyyyyyyyyyyyyy; done");
    flood.limits.max_output = 1_000;
    let cut = ran(&flood).await;
    assert_eq!(cut.ending, Ending::Flooded(1_000));
    assert!(cut.stdout.len() <= 1_000);
    let chatty = "i=0; while [ $i -lt 9000 ]; do echo \"line $i of many\" >&2; i=$((i+1)); done";
    let chatty = ran(&sh(chatty)).await;
    assert_eq!(chatty.ending, Ending::Exited(0));
    assert_eq!(chatty.last_words(1), ["line 8999 of many"]);
    assert!(chatty.stderr.len() <= super::MAX_STDERR);
}

#[tokio::test]
async fn a_time_limit_ends_the_program_and_all_that_it_started() {
    let mut hanging = sh("sleep 600 & echo $!; wait");
    hanging.limits.timeout = Duration::from_millis(100);
    let ran = ran(&hanging).await;
    assert_eq!(ran.ending, Ending::TimedOut(Duration::from_millis(100)));
    is_gone(&ran.stdout).await;
}

#[tokio::test]
async fn stopping_ends_one_that_will_not_listen() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("id");
    let stop = CancellationToken::new();
    let mut deaf = known_by(&file, "sleep 600; sleep 600");
    deaf.arguments[1].insert_str(0, "trap '' TERM; ");
    deaf.limits.grace = Duration::from_millis(50);
    let stopping = async {
        appears(&file).await;
        stop.cancel();
    };
    let (ran, ()) = tokio::join!(run(&deaf, Stderr::Kept, &stop), stopping);
    assert_eq!(ran.ending, Ending::Stopped);
    is_gone(&std::fs::read_to_string(&file).unwrap()).await;
}

#[tokio::test]
async fn an_orphan_that_holds_the_pipe_is_not_waited_for() {
    let ran = ran(&sh("sleep 600 & echo $!")).await;
    assert_eq!(ran.ending, Ending::Exited(0));
    let orphan = Pid::from_raw(ran.stdout.trim().parse().unwrap()).unwrap();
    // It ended by itself, so what it left behind is its own business; here it is ours.
    rustix::process::kill_process(orphan, rustix::process::Signal::KILL).unwrap();
}

#[tokio::test]
async fn a_dropped_run_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("id");
    let (hanging, stop) = (known_by(&file, "sleep 600; sleep 600"), CancellationToken::new());
    tokio::select! {
        _ = run(&hanging, Stderr::Kept, &stop) => panic!("it hangs"),
        () = appears(&file) => {}
    }
    is_gone(&std::fs::read_to_string(&file).unwrap()).await;
}

#[tokio::test]
async fn what_works_for_an_agent_sees_no_variable_that_is_not_named() {
    let mut bare = sh("env");
    bare.inherits = Inherits::Named(vec!["NO_SUCH_VARIABLE".to_owned()]);
    let printed = ran(&bare).await.stdout;
    assert!(printed.contains("PATH=") && printed.contains("FORETOP_TOOL=deploy"), "{printed}");
    let of_the_shell = ["PWD", "OLDPWD", "SHLVL", "_"];
    for line in printed.lines() {
        let name = line.split('=').next().unwrap();
        let known = super::child::USUAL.contains(&name) || of_the_shell.contains(&name);
        assert!(known || name.starts_with("FORETOP_"), "{name}");
    }
}

#[tokio::test]
async fn a_companion_answers_until_it_is_dropped_with_all_that_it_started() {
    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

    let script = "sleep 600 & echo $!; while read -r line; do echo \"got $line\"; done; wait";
    let (companion, mut stdin, stdout) = Companion::start(&sh(script)).unwrap();
    let mut lines = BufReader::new(stdout).lines();
    let sleeper = lines.next_line().await.unwrap().unwrap();
    for word in ["one", "two"] {
        stdin.write_all(format!("{word}\n").as_bytes()).await.unwrap();
        assert_eq!(lines.next_line().await.unwrap().unwrap(), format!("got {word}"));
    }
    drop(companion);
    is_gone(&sleeper).await;
}

#[tokio::test]
async fn a_companion_tells_how_it_ended_and_what_it_said() {
    let (mut companion, ..) = Companion::start(&sh("echo no luck >&2; exit 3")).unwrap();
    let ending = loop {
        if let Some(ending) = companion.ending().await {
            break ending;
        }
    };
    assert_eq!(ending, Ending::Exited(3));
    while companion.complaints().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(companion.complaints(), "no luck\n");
    let (stubborn, stdin, _) =
        Companion::start(&sh("trap '' TERM; while :; do sleep 1; done")).unwrap();
    drop(stdin);
    stubborn.end(Duration::from_millis(50)).await;
}
