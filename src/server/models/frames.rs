//! Frames that cannot be read, where the library passes over them: what they held is missing in the answer,
//! and nobody would know.
//!
//! Start with [`Frames::are_whole`].

use std::sync::atomic::{AtomicBool, Ordering};

use genai::chat::{ChatFrameSink, FrameCtx, RawFrameRef};
use serde::de::IgnoredAny;

#[derive(Default)]
pub(super) struct Frames {
    broken: AtomicBool,
}

impl Frames {
    pub(super) fn are_whole(&self) -> bool {
        !self.broken.load(Ordering::Acquire)
    }
}

impl ChatFrameSink for Frames {
    fn on_frame(&self, _: &FrameCtx, frame: RawFrameRef<'_>) {
        let data = frame.data.trim();
        // Some gateways end every stream like chat completions.
        let is_read =
            data.is_empty() || data == "[DONE]" || serde_json::from_str::<IgnoredAny>(data).is_ok();
        if !is_read {
            self.broken.store(true, Ordering::Release);
        }
    }
}
