//! What a network may do to a stream, and what must be left of it: everything that was stored, in
//! its order, once.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use foretop::api::{Event, EventId, Frame, SessionKey, SessionRef};
use foretop::client::sse::Parser;
use foretop::client::{Client, Credentials, Direction, EventQuery, oldest_first};
use foretop::internals::model::Timeline;
use foretop::internals::model::timeline::Window;
use serde_json::json;

use crate::fault_proxy::{Fault, FaultProxy};
use crate::flows::Person;
use crate::stage::{Stage, plain_http};

const SCRIPT: &str = "/think first a thought\n/say one answer in pieces\n/call web_get {\"url\": \"x\"}\n\
                      /say and the last word";

/// The bytes of a real turn's stream, and the events that it stored, oldest first.
async fn recorded() -> (Vec<u8>, Vec<Event>, SessionRef) {
    let stage = Stage::open().await;
    let session = stage.session(&stage.agent().await, "recorded").await;
    let url = format!("{}/v2/agents/rehearsal/sessions/recorded/events", stage.server.url());
    let body = json!({"messages": [{"type": "text", "content": SCRIPT}], "stream_response": true});
    let request = plain_http().post(url).header("x-api-key", stage.server.token().reveal());
    let reply = request.header("content-type", "application/json").body(body.to_string());
    let bytes = reply.send().await.unwrap().bytes().await.unwrap().to_vec();
    let page = stage.client.list_events(&session, &EventQuery::default()).await.unwrap();
    let mut events = page.items;
    events.reverse();
    (bytes, events, session)
}

fn frames(bytes: &[u8]) -> Vec<Frame> {
    let messages = Parser::default().push(bytes);
    messages.iter().filter_map(|message| Frame::read(&message.event, &message.data)).collect()
}

fn window(events: &[Event]) -> Window {
    let visible: HashSet<EventId> = events.iter().filter_map(|event| event.id.clone()).collect();
    Window { events: events.to_vec(), visible, reaches_start: true, reaches_end: true }
}

/// What a listing alone shows.
fn fresh(events: &[Event]) -> Vec<String> {
    let mut timeline = Timeline::default();
    timeline.set_situation(false, HashSet::new());
    timeline.apply_window(window(events));
    shown(&timeline)
}

/// Every unit by its events and their very bytes; a live text by its words.
fn shown(timeline: &Timeline) -> Vec<String> {
    let raw = |event: &Option<Arc<Event>>| {
        event.as_ref().map_or(String::new(), |event| event.raw().get().to_owned())
    };
    let units = timeline.units();
    units
        .map(|unit| {
            let live = unit.live_text.clone().unwrap_or_default();
            format!("{:?} {live} {} {}", unit.event_ids(), raw(&unit.event), raw(&unit.output))
        })
        .collect()
}

/// Ids of the stored events that are shown; each may be there once.
fn ids(timeline: &Timeline) -> Vec<EventId> {
    let ids: Vec<EventId> = timeline.units().flat_map(|unit| unit.event_ids()).collect();
    let once: HashSet<&EventId> = ids.iter().collect();
    assert_eq!(once.len(), ids.len(), "an event is shown twice: {ids:?}");
    ids
}

fn streamed(key: &SessionKey, frames: &[Frame]) -> Timeline {
    let mut timeline = Timeline::default();
    timeline.open_stream();
    timeline.set_situation(true, HashSet::new());
    for frame in frames {
        timeline.apply_frame(key, frame.clone());
    }
    timeline
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_at_any_byte_loses_nothing_and_doubles_nothing() {
    let (bytes, events, session) = recorded().await;
    let wanted = fresh(&events);
    assert!(wanted.len() >= 4 && bytes.len() > 1_000, "{wanted:?}");
    for cut in 0..=bytes.len() {
        let frames = frames(&bytes[..cut]);
        let mut timeline = streamed(&session.key, &frames);
        ids(&timeline);
        timeline.close_stream();
        // Polling while the turn goes on, at any point of it, and once more after its end.
        timeline.apply_window(window(&events[..events.len() / 2]));
        ids(&timeline);
        timeline.set_situation(false, HashSet::new());
        timeline.apply_window(window(&events));
        assert_eq!(shown(&timeline), wanted, "cut after {cut} of {} bytes", bytes.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_may_run_ahead_of_the_stream_anywhere() {
    let (bytes, events, session) = recorded().await;
    let wanted = fresh(&events);
    let frames = frames(&bytes);
    for at in 0..=frames.len() {
        for known in 0..=events.len() {
            let mut timeline = streamed(&session.key, &frames[..at]);
            timeline.apply_window(window(&events[..known]));
            ids(&timeline);
            for frame in &frames[at..] {
                timeline.apply_frame(&session.key, frame.clone());
            }
            ids(&timeline);
            timeline.close_stream();
            timeline.set_situation(false, HashSet::new());
            timeline.apply_window(window(&events));
            assert_eq!(shown(&timeline), wanted, "{known} events listed after {at} frames");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn duplicates_and_garbage_between_frames_change_nothing() {
    let (bytes, events, session) = recorded().await;
    let wanted = fresh(&events);
    let text = String::from_utf8(bytes).unwrap();
    let garbage = [
        "data: [DONE]\n\n",
        ": keep-alive\n\n",
        "event:x\ndata:{\"type\":\"never_heard_of\"}\n\n",
        "data:{\"type\":\"tool_output\",\"tool_output\":7}\n\n",
        "\u{feff}data\n\n",
        "data:{\n\n",
    ];
    let mut noisy = String::new();
    for (place, message) in text.split_inclusive("\n\n").enumerate() {
        // Whole events twice, as a replay after `since` sends them; texts are never replayed.
        let copies = if message.contains("\"streaming_") { 1 } else { 2 };
        noisy.push_str(&message.repeat(copies));
        noisy.push_str(garbage[place % garbage.len()]);
    }
    let mut timeline = streamed(&session.key, &frames(noisy.as_bytes()));
    ids(&timeline);
    timeline.close_stream();
    timeline.set_situation(false, HashSet::new());
    timeline.apply_window(window(&events));
    let left: Vec<String> =
        shown(&timeline).into_iter().filter(|row| wanted.contains(row)).collect();
    assert_eq!(left, wanted);
}

/// The event as stamped so many seconds into the turn.
fn stamped(event: &Event, seconds: i64) -> Event {
    let mut json: serde_json::Value = serde_json::from_str(event.raw().get()).unwrap();
    let begun: foretop::api::Timestamp = "2026-07-02T09:00:00Z".parse().unwrap();
    let at = begun + jiff::SignedDuration::from_secs(seconds);
    json["created_at"] = at.to_string().into();
    serde_json::from_str(&json.to_string()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn clocks_that_differ_or_are_set_back_do_not_change_the_order() {
    let (bytes, events, session) = recorded().await;
    let stored: Vec<EventId> = events.iter().filter_map(|event| event.id.clone()).collect();
    // All an hour behind what the stream said, or only the newest one, after the clock was set.
    for skewed_from in [0, events.len() - 1] {
        let stamp = |(place, event): (usize, &Event)| {
            let behind = if place >= skewed_from { 3600 } else { 0 };
            stamped(event, i64::try_from(place).unwrap() - behind)
        };
        let mut listed: Vec<Event> = events.iter().enumerate().map(stamp).collect();
        listed.reverse();
        // Learnt from an earlier page, as it is when a clock is set while somebody watches.
        let mut direction = Direction::NewestFirst;
        let listed = oldest_first(listed, &mut direction);
        let ids: Vec<EventId> = listed.iter().filter_map(|event| event.id.clone()).collect();
        assert_eq!(ids, stored, "skewed from {skewed_from}");
        let mut timeline = streamed(&session.key, &frames(&bytes));
        timeline.close_stream();
        timeline.set_situation(false, HashSet::new());
        timeline.apply_window(window(&listed));
        assert_eq!(shown(&timeline), fresh(&listed), "skewed from {skewed_from}");
    }
}

/// A person on the way through a proxy, in a session that rests.
async fn through_a_proxy() -> (Stage, SessionRef, FaultProxy, Person) {
    let stage = Stage::open().await;
    let session = stage.session(&stage.agent().await, "night-shift").await;
    stage.client.send_input(&session, &crate::stage::say("/slow 0\n/say ready")).await.unwrap();
    let proxy = FaultProxy::before(&stage.server.url()).await;
    let mut person = Person::at(&stage, proxy.url.clone(), (120, 36));
    person.sees_text("ready").await;
    person.press("<enter> i");
    person.sees_text("new turn").await;
    (stage, session, proxy, person)
}

/// How often the message was stored.
async fn stored(stage: &Stage, text: &str) -> usize {
    let events = stage.events("/v2/agents/rehearsal/sessions/night-shift", true).await;
    events.iter().filter(|event| event["messages"][0]["content"] == text).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_screen_ends_up_whole_after_cuts_and_sends_once() {
    // Before the head of the answer, inside it, between frames, inside one.
    for cut in [0, 30, 300, 900] {
        let (stage, _session, proxy, mut person) = through_a_proxy().await;
        proxy.judge(
            move |line| {
                if line.starts_with("POST") { Fault::CutAfter(cut) } else { Fault::Pass }
            },
        );
        let said = "/slow 5\n/say alpha beta gamma delta omega";
        person.paste(said);
        person.press("<enter>");
        let whole = |screen: &str| screen.matches("alpha beta gamma delta omega").count() == 2;
        // Once in what was said, once in the answer.
        person.sees("question and answer", whole).await;
        assert_eq!((proxy.count("POST"), stored(&stage, said).await), (1, 1), "cut after {cut}");
        person.press("<esc>");
        person.leaves().await;
    }
}

/// The rows of the session that is open, from the heading of its pane on.
fn rows(screen: &str) -> Vec<String> {
    let beside = screen.lines().filter_map(|line| Some(line.split_once('│')?.1.trim_end()));
    // The first are the heading and what changes with time; what is said last is below.
    let rows = beside.skip(3).filter(|row| !row.trim().is_empty() && !row.contains("events"));
    // Which row has the cursor, and whether its pane has the keyboard, is no part of what happened.
    rows.map(|row| row.replace(['▏', '▌'], " ")).collect()
}

/// Numbers that look as if they were drawn, the same ones each time.
fn drawn(state: &AtomicUsize) -> usize {
    let next = |state: usize| state.wrapping_mul(1_103_515_245).wrapping_add(12_345) % (1 << 31);
    let drawn = state.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |state| Some(next(state)));
    next(drawn.unwrap_or_default()) / 64
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_whose_link_is_cut_at_random_ends_as_a_fresh_load_shows_it() {
    let (stage, _session, proxy, mut person) = through_a_proxy().await;
    let seed = AtomicUsize::new(4_411);
    proxy.judge(move |line| {
        let cut = drawn(&seed);
        match line.split(' ').next() {
            // Anywhere in a reply, which is some 3 KB.
            Some("POST") => Fault::CutAfter(cut % 3_500),
            Some("GET") if cut.is_multiple_of(9) => Fault::CutAfter(cut % 700),
            _ => Fault::Pass,
        }
    });
    for turn in 1..=6 {
        let said = format!(
            "/slow 1\n/call web_get {{\"url\": \"x{turn}\"}}\n/say alpha {turn} \
             beta {turn} gamma {turn} delta {turn} omega"
        );
        person.paste(&said);
        person.press("<enter>");
        let whole = format!("delta {turn} omega");
        person.sees("question and answer", |screen| screen.matches(&whole).count() == 2).await;
        assert_eq!((proxy.count("POST"), stored(&stage, &said).await), (turn, 1));
    }
    proxy.judge(|_| Fault::Pass);
    person.press("<esc> G");
    let mut newcomer = Person::at(&stage, stage.server.url(), (120, 36));
    newcomer.sees_text("delta 6 omega").await;
    newcomer.press("<enter> G");
    let wanted =
        newcomer.sees("the end", |screen| screen.matches("delta 6 omega").count() == 2).await;
    let wanted = rows(&wanted);
    assert!(wanted.len() > 15, "{wanted:?}");
    person
        .sees(&format!("what a fresh load shows: {wanted:#?}"), |screen| rows(screen) == wanted)
        .await;
    newcomer.leaves().await;
    person.leaves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_half_open_stream_does_not_hide_what_polling_finds() {
    let (stage, _session, proxy, mut person) = through_a_proxy().await;
    proxy.judge(
        |line| {
            if line.starts_with("POST") { Fault::SilentAfter(700) } else { Fault::Pass }
        },
    );
    person.paste("/slow 1\n/say the answer that no frame brings");
    person.press("<enter>");
    let whole = |screen: &str| screen.matches("answer that no frame brings").count() == 2;
    person.sees("question and answer", whole).await;
    // Given up as dead: nothing is called live any more.
    person.sees("polled data", |screen| screen.contains("polled ")).await;
    assert_eq!(proxy.count("POST"), 1);
    drop(stage);
    person.press("<esc>");
    person.leaves().await;
}

const BAD_GATEWAY: &str = "HTTP/1.1 502 X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_502_is_said_and_passes_and_repeats_no_message() {
    let (stage, _session, proxy, mut person) = through_a_proxy().await;
    proxy.judge(|_| Fault::Reply(BAD_GATEWAY.to_owned()));
    person.paste("/say never sent");
    person.press("<enter>");
    person.sees_text("LINK LOST").await;
    person.sees_text("R tries now").await;
    let posts = proxy.count("POST");
    proxy.judge(|_| Fault::Pass);
    person.sees("the link again", |screen| !screen.contains("LINK LOST")).await;
    assert_eq!((posts, stored(&stage, "/say never sent").await), (1, 0));
    person.press("<esc>");
    person.leaves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_outlast_a_short_storm_and_a_slow_link() {
    let stage = Stage::open().await;
    let session = stage.session(&stage.agent().await, "night-shift").await;
    let proxy = FaultProxy::before(&stage.server.url()).await;
    let key = Credentials::api_key(stage.server.token().reveal()).unwrap();
    let client = Client::new(&proxy.url, key).unwrap();
    let left = Arc::new(AtomicUsize::new(2));
    let storm = Arc::clone(&left);
    proxy.judge(move |_| {
        let fails = storm.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
        if fails.is_ok() { Fault::Reply(BAD_GATEWAY.to_owned()) } else { Fault::Pass }
    });
    assert_eq!(client.get_session(&session).await.unwrap().key, session.key);
    assert_eq!(proxy.count("GET"), 3);
    // What was done is not done twice, although its answer was lost.
    proxy.judge(|line| if line.starts_with("DELETE") { Fault::CutAfter(0) } else { Fault::Pass });
    let lost = client.delete_session(&session).await;
    assert!(lost.is_err() || proxy.count("DELETE") > 1);
    proxy.judge(|_| Fault::Pass);
    assert_eq!(client.get_session(&session).await.unwrap_err().status(), Some(404));

    let session = stage.session(&"rehearsal".into(), "slow-link").await;
    proxy.judge(|_| Fault::Slow(7, Duration::from_millis(1)));
    let mut stream =
        client.stream_input(&session, &crate::stage::say("/say piece by piece")).await.unwrap();
    let mut text = String::new();
    while let Some(frame) = stream.next().await {
        if let Frame::Only(foretop::api::frame::StreamOnly::AgentText(chunk)) = frame.unwrap() {
            text.push_str(&chunk.content);
        }
    }
    assert_eq!(text, "piece by piece");
    proxy.judge(|_| Fault::Refuse);
    assert!(client.get_session(&session).await.unwrap_err().is_outage());
}
