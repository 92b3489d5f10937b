//! Times of commands: in the zone of the person for people, as the service gave them for programs.

use serde_json::Value;

use crate::stage::{Stage, say};
use crate::verbs::{Home, Ran, ran};

const KATHMANDU: &str = "<+0545>-5:45";

async fn in_zone(home: &Home, zone: &str, arguments: &[&str]) -> Ran {
    let mut command = home.command(arguments);
    command.env("TZ", zone);
    ran(command, "").await
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_told_their_own_time_and_programs_the_services() {
    let stage = Stage::open().await;
    let agent = stage.agent().await;
    let session = stage.session(&agent, "timed").await;
    stage.client.send_input(&session, &say("/say hello")).await.unwrap();
    let home = Home::of(&stage);

    let json = in_zone(&home, KATHMANDU, &["events", "timed", "--json"]).await.json();
    let given = json["items"][0]["created_at"].as_str().unwrap().to_owned();
    let at: jiff::Timestamp = given.parse().unwrap();
    let zone = jiff::tz::TimeZone::posix(KATHMANDU).unwrap();
    let (day, time) = {
        let there = zone.to_datetime(at);
        (there.strftime("%a %F").to_string(), there.strftime("%H:%M:%S").to_string())
    };

    let table = in_zone(&home, KATHMANDU, &["events", "timed"]).await;
    let mut lines = table.stdout.lines();
    assert!(lines.next().unwrap().starts_with("TIME UTC+5:45"), "{}", table.stdout);
    assert!(lines.next().unwrap().contains(&time), "{}", table.stdout);
    for format in ["csv", "jsonl"] {
        let rows = in_zone(&home, KATHMANDU, &["events", "timed", "-o", format]).await;
        assert!(rows.stdout.contains(&given), "{}", rows.stdout);
    }

    let tail = in_zone(&home, KATHMANDU, &["tail", "timed"]).await;
    let mut lines = tail.stdout.lines();
    assert_eq!(lines.next(), Some(&*format!("-- {day}, UTC+5:45 --")));
    assert!(lines.next().unwrap().starts_with(&time), "{}", tail.stdout);
    let raw = in_zone(&home, KATHMANDU, &["tail", "timed", "--jsonl"]).await;
    let first: Value = serde_json::from_str(raw.stdout.lines().next().unwrap()).unwrap();
    assert_eq!(first["created_at"], given);

    let shown = in_zone(&home, KATHMANDU, &["show", "timed"]).await;
    assert!(shown.stdout.contains(" UTC+5:45"), "{}", shown.stdout);
    let export = |zone| in_zone(&home, zone, &["export", "timed"]);
    assert_eq!(export(KATHMANDU).await.stdout, export("EST5EDT,M3.2.0,M11.1.0").await.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zone_that_is_none_is_said_once_where_times_are_told() {
    let stage = Stage::open().await;
    let agent = stage.agent().await;
    let session = stage.session(&agent, "timed").await;
    stage.client.send_input(&session, &say("/say hello")).await.unwrap();
    let home = Home::of(&stage);
    let told = in_zone(&home, "Mars/Base", &["tail", "timed"]).await;
    let said = "TZ=\"Mars/Base\" is no time zone that is known here: times are in UTC";
    assert_eq!(told.stderr.lines().collect::<Vec<_>>(), [said]);
    assert!(told.stdout.lines().next().unwrap().ends_with(", UTC --"), "{}", told.stdout);
    let quiet = in_zone(&home, "Mars/Base", &["events", "timed", "--json"]).await;
    assert_eq!(quiet.stderr, "");
}
