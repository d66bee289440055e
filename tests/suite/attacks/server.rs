//! A server as a whole is bounded, not each message.
