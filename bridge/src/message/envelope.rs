//! Finds which request a message answers when the message itself cannot be parsed: too long, too
//! deep, or not what MCP allows. Reads in one pass, in a few hundred bytes of memory, any size of input.

use std::mem;

use rmcp::model::RequestId;

/// No key that is looked for and no id is longer than this, in bytes.
pub(super) const MAX_TOKEN: usize = 128;

/// The top level of one JSON-RPC message, as far as it has been scanned.
#[derive(Debug, Default)]
pub(crate) struct Envelope {
    depth: usize,
    string: Option<Escape>,
    /// The scalar at the top level that is being read: a key, or the value of `key`.
    token: Vec<u8>,
    key: Vec<u8>,
    id: Option<RequestId>,
    /// The id as it was written, where it is none that a request can have.
    odd_id: Vec<u8>,
    has_long_id: bool,
    is_call: bool,
    is_answer: bool,
    names_version: bool,
}

/// Whether the last character of the string was a backslash.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Escape {
    No,
    Yes,
}

impl Envelope {
    /// Goes on with the next part of the message.
    pub(crate) fn scan(&mut self, part: &[u8]) {
        for &byte in part {
            match (self.string, byte) {
                (Some(Escape::Yes), _) => self.string = Some(Escape::No),
                (Some(Escape::No), b'\\') => self.string = Some(Escape::Yes),
                (Some(Escape::No), b'"') => self.string = None,
                (Some(Escape::No), _) => {}
                (None, b'"') => self.string = Some(Escape::No),
                (None, b'{' | b'[') => {
                    self.depth += 1;
                    continue;
                }
                (None, b'}' | b']') => {
                    if self.depth == 1 {
                        self.end_of_value();
                    }
                    self.depth = self.depth.saturating_sub(1);
                    continue;
                }
                (None, b':') if self.depth == 1 => {
                    self.key = mem::take(&mut self.token);
                    self.is_answer |= matches!(self.key.as_slice(), br#""result""# | br#""error""#);
                    continue;
                }
                (None, b',') if self.depth == 1 => {
                    self.end_of_value();
                    continue;
                }
                (None, b' ' | b'\t' | b'\r' | b'\n') => continue,
                (None, _) => {}
            }
            if self.depth == 1 && self.token.len() < MAX_TOKEN {
                self.token.push(byte);
            }
        }
    }

    /// The request that this message answers. Only what has a `result` or an `error` answers anything. A message with
    /// a `method` is a request or a notification of the server's own, whose ids have nothing to do with ours.
    pub(crate) fn answered_request(&self) -> Option<RequestId> {
        self.id.clone().filter(|_| self.is_answer())
    }

    /// Whether it has a `result` or an `error`, and no `method`.
    pub(crate) fn is_answer(&self) -> bool {
        self.is_answer && !self.is_call
    }

    /// Whether it has a member `jsonrpc`, which a line of a log has not.
    pub(crate) fn names_version(&self) -> bool {
        self.names_version
    }

    /// Whether it breaks off.
    pub(crate) fn is_open(&self) -> bool {
        self.depth > 0
    }

    /// The id as it was written, where it is neither a number nor a text. Empty where it has none.
    pub(crate) fn odd_id(&self) -> &[u8] {
        &self.odd_id
    }

    /// Whether an id of it is longer than any that is kept here.
    pub(crate) fn has_long_id(&self) -> bool {
        self.has_long_id
    }

    /// Whether it has a `method`.
    pub(crate) fn is_call(&self) -> bool {
        self.is_call
    }

    fn end_of_value(&mut self) {
        let value = mem::take(&mut self.token);
        match mem::take(&mut self.key).as_slice() {
            br#""id""# => {
                self.has_long_id |= value.len() >= MAX_TOKEN;
                self.id = serde_json::from_slice(&value).ok();
                if self.id.is_none() {
                    self.odd_id = value;
                }
            }
            br#""jsonrpc""# => self.names_version = true,
            br#""method""# => self.is_call = true,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(message: &str) -> Option<RequestId> {
        let whole = {
            let mut envelope = Envelope::default();
            envelope.scan(message.as_bytes());
            envelope.answered_request()
        };
        let mut envelope = Envelope::default();
        for byte in message.bytes() {
            envelope.scan(&[byte]);
        }
        assert_eq!(envelope.answered_request(), whole, "parts must not matter");
        whole
    }

    #[test]
    fn id_is_found_before_and_after_the_result() {
        assert_eq!(
            answered(r#"{"jsonrpc":"2.0","id":7,"result":{}}"#),
            Some(RequestId::Number(7))
        );
        assert_eq!(
            answered(r#"{"result":[{"id":1}], "id" : 7 }"#),
            Some(RequestId::Number(7))
        );
        assert_eq!(
            answered(r#"{"id":"a","error":{}}"#),
            Some(RequestId::String("a".into()))
        );
    }

    #[test]
    fn id_inside_a_string_or_deeper_is_not_taken() {
        assert_eq!(answered(r#"{"result":"\",\"id\":1,","x":{"id":2}}"#), None);
        assert_eq!(answered(r#"[{"id":2}]"#), None);
        assert_eq!(answered(r#"{"id":null,"result":{}}"#), None);
    }

    #[test]
    fn message_that_breaks_off_still_tells_its_id() {
        assert_eq!(
            answered(r#"{"id":7,"result":{"a":["#),
            Some(RequestId::Number(7))
        );
        assert_eq!(answered(r#"{"id":7"#), None, "the number may go on");
    }

    #[test]
    fn answer_is_known_before_its_end() {
        let mut envelope = Envelope::default();
        envelope.scan(br#"{"id":7,"#);
        assert_eq!(envelope.answered_request(), None, "it may be a call");
        envelope.scan(br#""result":["#);
        assert_eq!(envelope.answered_request(), Some(RequestId::Number(7)));
    }

    #[test]
    fn call_of_the_server_answers_nothing() {
        assert_eq!(answered(r#"{"id":7,"method":"roots/list"}"#), None);
    }

    #[test]
    fn what_has_neither_result_nor_error_answers_nothing() {
        assert_eq!(answered(r#"{"jsonrpc":"2.0","id":7}"#), None);
        assert_eq!(answered(r#"{"level":30,"id":7,"msg":"result"}"#), None);
    }

    #[test]
    fn id_that_no_request_can_have_is_kept_as_it_was_written() {
        let mut envelope = Envelope::default();
        envelope.scan(br#"{"jsonrpc":"2.0","id":[7],"result":1}"#);
        assert!(envelope.names_version() && envelope.is_answer() && !envelope.is_open());
        let mut envelope = Envelope::default();
        envelope.scan(br#"{"id":true,"result":{"a":1"#);
        assert_eq!(envelope.odd_id(), b"true");
        assert!(envelope.is_open());
    }

    #[test]
    fn long_scalars_are_not_kept() {
        let id = format!(r#"{{"id":"{}","result":{{}}}}"#, "a".repeat(1000));
        assert_eq!(answered(&id), None);
    }
}
