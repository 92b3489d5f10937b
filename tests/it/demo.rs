//! The demo is the world that the manual speaks of, and the same one each time.

use std::collections::BTreeMap;

use foretop::internals::server::Options;
use serde_json::Value;

use crate::stage::Stage;

const SEED: u64 = 7;

pub async fn demo() -> Stage {
    demo_of(SEED).await
}

async fn demo_of(seed: u64) -> Stage {
    let with = |options: &mut Options| options.demo_seed = Some(seed);
    Stage::with(tempfile::tempdir().unwrap(), with).await
}

/// Events without what a clock puts into them.
fn timeless(events: &[Value]) -> Vec<Value> {
    let strip = |event: &Value| {
        let mut event = event.clone();
        event.as_object_mut().unwrap().retain(|name, _| !name.ends_with("_at"));
        event
    };
    events.iter().map(strip).collect()
}

/// A session that rests, before and after it is spoken to.
async fn course(stage: &Stage, session: &str) -> Vec<Value> {
    let mut all = timeless(&stage.events(session, true).await);
    stage.say(session, "/say One thing.").await;
    stage.say(session, "What does the hotel pay, and until when?").await;
    all.extend(timeless(&stage.events(session, true).await));
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seed_repeats_to_the_event_and_another_one_does_not() {
    let session = "/v2/agents/support/sessions/quote-7731";
    let (one, two, other) = tokio::join!(demo(), demo(), demo_of(SEED + 1));
    let first = course(&one, session).await;
    // Others that speak meanwhile, and requests in between, change nothing.
    two.say("/v2/agents/support/sessions/quote-7730", "And the lamps?").await;
    assert_eq!(first, course(&two, session).await);
    assert_ne!(first, course(&other, session).await);
    let ids: BTreeMap<&str, usize> = first.iter().fold(BTreeMap::new(), |mut ids, event| {
        *ids.entry(event["id"].as_str().unwrap()).or_default() += 1;
        ids
    });
    // What was there before is listed twice, and nothing else.
    assert!(ids.values().all(|count| *count <= 2), "{ids:?}");
}
