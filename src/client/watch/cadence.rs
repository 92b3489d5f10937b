//! How often each kind of question is wanted.

use jiff::SignedDuration;

use super::{Ask, lanes};

/// The shortest wait between two asks, and the longest that a still session stretches it to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cadence {
    pub(super) base: SignedDuration,
    pub(super) longest: SignedDuration,
}

const fn between(base_ms: i64, longest_ms: i64) -> Cadence {
    Cadence {
        base: SignedDuration::from_millis(base_ms),
        longest: SignedDuration::from_millis(longest_ms),
    }
}

/// A session that parks again is known within three seconds: this, and two answers.
const LIVELY: i64 = 2_000;
/// However many pages there are, and however little may be spent.
const LONGEST_WALK: SignedDuration = SignedDuration::from_secs(60);
/// A little less than a second, so that asking again within one is sure.
const OPEN_TAIL: i64 = 950;

/// The lane and cadence of an ask about the open session.
pub(super) fn of_open(ask: &Ask, running: bool) -> (usize, Cadence) {
    match ask {
        Ask::Tail(_) if running => (lanes::NOW, between(OPEN_TAIL, OPEN_TAIL)),
        Ask::Tail(_) => (lanes::NOW, between(OPEN_TAIL, 4_000)),
        Ask::Calls(_) => (lanes::NOW, between(2_000, 2_000)),
        Ask::Visible(_) => (lanes::OPEN, between(5_000, 10_000)),
        Ask::Deep(_) => (lanes::OPEN, between(120_000, 960_000)),
        _ if running => (lanes::OPEN, between(2_000, 2_000)),
        _ => (lanes::OPEN, between(4_000, 16_000)),
    }
}

/// The same of a session that is not open, by its place among the newest.
pub(super) fn of_session(newest: bool, running: bool) -> (usize, Cadence) {
    match (newest, running) {
        (true, true) => (lanes::NEWEST, between(5_000, 27_000)),
        (true, false) => (lanes::NEWEST, between(10_000, 27_000)),
        (false, true) => (lanes::REST, between(10_000, 60_000)),
        (false, false) => (lanes::REST, between(60_000, 960_000)),
    }
}

/// The same of a session that waited for somebody before, and is on no page that is read often.
pub(super) fn of_close_session() -> (usize, Cadence) {
    (lanes::NOW, between(LIVELY, LIVELY))
}

/// The same of the first page of an agent with newest sessions, or such as waited before, where
/// `count` agents have some. Whatever happens in them shows there, so that one request tells it of all.
pub(super) fn of_lively_list(count: usize) -> Cadence {
    // All of them together cost two requests a second at most.
    let shared = i64::try_from(count).unwrap_or(i64::MAX).saturating_mul(500);
    between(shared.max(LIVELY), shared.max(LIVELY))
}

/// The same of what lies behind the first pages, where some of the newest are there or some that waited
/// before: `pages` requests tell it of all.
pub(super) fn of_lively_walk(pages: usize, rate: f64) -> Cadence {
    // A quarter of what may be spent.
    let seconds = f64::from(u32::try_from(pages).unwrap_or(u32::MAX)) * 4.0 / rate;
    let round = SignedDuration::try_from_secs_f64(seconds).unwrap_or(LONGEST_WALK);
    let round = round.clamp(SignedDuration::from_millis(LIVELY), LONGEST_WALK);
    Cadence { base: round, longest: round }
}

/// The same of a listing, page by page.
pub(super) fn of_list(ask: &Ask) -> Cadence {
    match ask {
        Ask::Agents => between(30_000, 120_000),
        // The first page is where new sessions turn up wherever the service lists those first.
        Ask::Sessions(_) => between(3_000, 12_000),
        _ => between(10_000, 60_000),
    }
}
