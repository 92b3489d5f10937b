//! Finding among many sessions, against a real server: events of all of them, what the service decides of
//! a filter, and sessions written to files from the screen.

use serde_json::{Value, json};

use crate::flows::Person;
use crate::stage::{Stage, say};
use crate::verbs::Home;

/// Twelve sessions, one of which knows of an elephant; every fourth is of the gold tier.
async fn stage() -> Stage {
    let stage = Stage::open().await;
    let agent = stage.agent().await;
    for number in 0..12 {
        let session = stage.session(&agent, &format!("order-{number}")).await;
        let tier = if number % 4 == 0 { "gold" } else { "tin" };
        let path = format!("/v2/agents/{agent}/sessions/order-{number}");
        stage
            .ask(
                "PATCH",
                &path,
                Some(json!({"name": format!("Order {number}"), "metadata": {"tier": tier}})),
            )
            .await;
        let animal = if number == 7 { "elephant" } else { "parcel" };
        let said = format!("/slow 0\n/say there is a {animal} here");
        stage.client.send_input(&session, &say(&said)).await.unwrap();
    }
    stage
}

fn keys(listing: &Value, member: &str) -> Vec<String> {
    let items = listing["items"].as_array().unwrap().iter();
    let mut keys: Vec<String> =
        items.map(|item| item[member].as_str().unwrap().to_owned()).collect();
    keys.sort();
    keys.dedup();
    keys
}

#[tokio::test(flavor = "multi_thread")]
async fn grep_finds_events_of_all_sessions_and_says_how_whole_that_is() {
    let stage = stage().await;
    let home = Home::of(&stage);
    let found = home.json(&["grep", "elephant"]).await;
    assert_eq!(
        (keys(&found, "session_key"), &found["partial"]),
        (vec!["order-7".to_owned()], &json!(false))
    );
    let excerpt = found["items"][0]["excerpt"].as_str().unwrap();
    assert!(excerpt.contains("elephant"), "{excerpt}");
    let gold = home.json(&["grep", "parcel", "--filter", "where tier = 'gold'"]).await;
    assert_eq!(keys(&gold, "session_key"), ["order-0", "order-4", "order-8"]);
    let named = home.json(&["grep", "parcel", "order-1", "order-10"]).await;
    assert_eq!(keys(&named, "session_key"), ["order-1", "order-10"]);
    let few = home.run(&["grep", "parcel", "--limit", "2", "--json"]).await;
    assert!(few.stderr.contains("ended at 2 events"), "{}", few.stderr);
    let few = few.json();
    assert_eq!((few["items"].as_array().unwrap().len(), &few["partial"]), (2, &json!(true)));
    assert_eq!(home.run(&["grep", "elephant", "--exit-code"]).await.code, 10);
    assert_eq!(home.run(&["grep", "mammoth", "--exit-code"]).await.code, 0);
    let wrong = home.run(&["grep", "dur:>5s"]).await;
    assert_eq!(wrong.code, 2, "{}", wrong.stderr);
    assert!(wrong.stderr.contains("takes more than the event itself"), "{}", wrong.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_filter_of_ls_is_that_of_the_list() {
    let stage = stage().await;
    let home = Home::of(&stage);
    let named = home.json(&["ls", "--filter", "name:/Order 1$/"]).await;
    assert_eq!(keys(&named, "key"), ["order-1"]);
    let gold = home.json(&["ls", "--filter", "meta.tier:gold !order-8"]).await;
    assert_eq!(keys(&gold, "key"), ["order-0", "order-4"]);
    let by_service = home.json(&["ls", "--filter", "order where tier = 'gold'"]).await;
    assert_eq!(keys(&by_service, "key"), ["order-0", "order-4", "order-8"]);
    let wrong = home.run(&["ls", "--filter", "where tier ="]).await;
    assert_eq!(wrong.code, 6, "{}", wrong.stderr);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_screen_finds_an_event_in_a_session_that_is_not_open_and_goes_there() {
    let stage = stage().await;
    let mut person = Person::sit_down(&stage, (120, 36));
    person.sees_text("12/12").await;
    person.press("g /");
    person.sees_text("Type what is looked for").await;
    person.paste("elephant");
    person.press("<enter>");
    person.sees_text("all of 12 sessions").await;
    person.press("<enter>");
    let shown = |screen: &str| screen.contains("2 order-7") && screen.contains("elephant here");
    person.sees("the session of the hit, at its event", shown).await;
    person.leaves().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_is_filtered_by_the_service_and_says_what_it_refuses() {
    let stage = stage().await;
    let mut person = Person::sit_down(&stage, (120, 36));
    person.sees_text("12/12").await;
    person.press("1 /");
    person.paste("where tier = 'gold'");
    person.sees_text("Enter asks").await;
    person.press("<enter>");
    person
        .sees("three of twelve", |screen| screen.contains("3/12") && screen.contains("service: 3"))
        .await;
    person.press("/");
    person.paste("where tier =");
    person.press("<enter>");
    person.sees_text("the service refuses the filter").await;
    person.press("<esc>");
    person.sees_text("12/12").await;
    person.leaves().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_is_written_to_a_file_and_nothing_there_is_written_over() {
    let stage = stage().await;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("order.jsonl");
    let mut person = Person::sit_down(&stage, (120, 36));
    person.sees_text("12/12").await;
    person.press("1 w <c-u>");
    person.paste(path.to_str().unwrap());
    person.press("<enter>");
    person.sees_text("written · in").await;
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("{\"session\":") && text.contains("there is a"), "{text}");
    person.press("w <c-u>");
    person.paste(path.to_str().unwrap());
    person.press("<enter>");
    person.sees_text("order.jsonl is there already; write to").await;
    person.insists("<esc>", " BROWSE ").await;
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    person.leaves().await;
}
