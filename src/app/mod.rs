//! The machine over the model: messages in, a changed model and effects out.
//!
//! Owns what keys mean and how the model answers to the world. It does no IO, reads no clock and
//! draws no randomness: time arrives with each message. Start with [`update::Machine`]. The
//! invariant: the same messages at the same times make the same model and the same effects.

pub mod action;
pub mod effect;
pub mod msg;
pub mod permit;
pub mod recording;
pub mod scope;
pub mod update;

pub use action::Action;
pub use effect::Effect;
pub use msg::Msg;
