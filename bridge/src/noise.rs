//! What a server sends where only MCP messages belong: counts it, and keeps the first line and the last few, for the
//! error of a call or a start that fails. Decides nothing about a message, and hides secrets only when it is asked.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::secret::{Secrets, kept_for};

/// How many of the last lines are kept, and how much of each is shown, in bytes.
const MAX_KEPT: usize = 3;
const MAX_SHOWN: usize = 200;

/// The noise of one server, over all its connections. Clones share it. Takes a few KiB at most.
#[derive(Clone)]
pub(crate) struct Noise(Arc<Mutex<Heard>>);

#[derive(Default)]
struct Heard {
    place: &'static str,
    count: u64,
    first: Option<Vec<u8>>,
    /// With the number of each, from 1 on.
    last: VecDeque<(u64, Vec<u8>)>,
    /// The start of a line whose end has not come: it may never come.
    open: Vec<u8>,
}

/// Lines that are no MCP messages, as an error shows them: nothing where there are none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StrayLines {
    /// Where they came.
    place: &'static str,
    /// How many came.
    pub count: u64,
    /// At most three of them, and one that has no end so far, of at most 200 bytes each. Control characters are
    /// replaced.
    pub shown: Vec<String>,
}

impl Noise {
    /// The noise of a process.
    pub(crate) fn on_stdout() -> Self {
        Self::at("on stdout")
    }

    /// The noise in bodies of HTTP.
    pub(crate) fn in_answers() -> Self {
        Self::at("in its answers")
    }

    fn at(place: &'static str) -> Self {
        Self(Arc::new(Mutex::new(Heard {
            place,
            ..Heard::default()
        })))
    }

    /// One more line, or what stands for one.
    pub(crate) fn heard(&self, line: &[u8]) {
        let line = line[..line.len().min(kept_for(MAX_SHOWN))].to_vec();
        let mut heard = self.lock();
        heard.count += 1;
        if heard.first.is_none() {
            heard.first = Some(line.clone());
        }
        if heard.last.len() == MAX_KEPT {
            heard.last.pop_front();
        }
        let number = heard.count;
        heard.last.push_back((number, line));
    }

    /// What has come of a line that has no end so far.
    pub(crate) fn open(&self, line: &[u8]) {
        let mut heard = self.lock();
        // The start of a long message stays the same while the rest comes.
        if heard.open.len() < kept_for(MAX_SHOWN) {
            heard.open.clear();
            let kept = line.len().min(kept_for(MAX_SHOWN));
            heard.open.extend_from_slice(&line[..kept]);
        }
    }

    /// The line has come to its end.
    pub(crate) fn closed(&self) {
        self.lock().open.clear();
    }

    /// How many lines came so far.
    pub(crate) fn count(&self) -> u64 {
        self.lock().count
    }

    /// What came after so many lines.
    pub(crate) fn since(&self, count: u64, secrets: &Secrets) -> StrayLines {
        let heard = self.lock();
        if heard.count == count && heard.open.is_empty() {
            return StrayLines::default();
        }
        let mut lines: Vec<&[u8]> = heard
            .last
            .iter()
            .filter(|(number, _)| *number > count)
            .map(|(_, line)| line.as_slice())
            .collect();
        let mut count = heard.count.saturating_sub(count);
        // The first line of all says best what a program is that is no server.
        if let Some(first) = &heard.first
            && count == heard.count
            && count > u64::try_from(MAX_KEPT).unwrap_or(u64::MAX)
        {
            lines[0] = first;
        }
        let mut shown: Vec<String> = lines.into_iter().map(|line| shown(line, secrets)).collect();
        if !heard.open.is_empty() {
            count += 1;
            let line = self::shown(&heard.open, secrets);
            shown.push(format!(
                "{line} (this line has no end: a message ends with a newline)"
            ));
        }
        StrayLines {
            place: heard.place,
            count,
            shown,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn shown(line: &[u8], secrets: &Secrets) -> String {
    // UTF-16, as a shell of Windows writes it, is shown as what it says.
    if line.starts_with(b"\xff\xfe")
        || line
            .iter()
            .skip(1)
            .step_by(2)
            .take(8)
            .all(|byte| *byte == 0)
            && line.len() > 3
    {
        let text: Vec<u8> = line
            .iter()
            .copied()
            .filter(|byte| !matches!(byte, 0 | 0xff | 0xfe))
            .collect();
        return format!("{} (UTF-16)", secrets.sanitize(&text, MAX_SHOWN));
    }
    secrets.sanitize(line, MAX_SHOWN)
}

impl StrayLines {
    /// The same, with the names of secrets in their places.
    pub(crate) fn without(self, secrets: &Secrets) -> Self {
        Self {
            shown: self
                .shown
                .iter()
                .map(|line| secrets.hide_words(line))
                .collect(),
            ..self
        }
    }
}

/// Shows nothing where there is nothing, else a block of lines that starts on a new one.
impl fmt::Display for StrayLines {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.shown.is_empty() {
            return Ok(());
        }
        write!(
            formatter,
            "\n{}, where only MCP messages belong",
            self.place
        )?;
        if self.count > u64::try_from(self.shown.len()).unwrap_or(u64::MAX) {
            write!(formatter, " ({} lines in all)", self.count)?;
        }
        write!(formatter, ":")?;
        for line in &self.shown {
            write!(formatter, "\n  {line}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn since(noise: &Noise, count: u64) -> String {
        noise.since(count, &Secrets::default()).to_string()
    }

    #[test]
    fn first_line_and_the_last_are_kept_of_any_number() {
        let noise = Noise::on_stdout();
        assert_eq!(since(&noise, 0), "");
        for number in 1..=1000 {
            noise.heard(format!("line {number}").as_bytes());
        }
        assert_eq!(
            since(&noise, 0),
            "\non stdout, where only MCP messages belong (1000 lines in all):\n  line 1\n  line 999\n  line 1000"
        );
        assert_eq!(
            since(&noise, 999),
            "\non stdout, where only MCP messages belong:\n  line 1000"
        );
        assert_eq!(since(&noise, 1000), "");
    }

    #[test]
    fn long_line_is_kept_in_part_and_one_of_utf_16_is_shown_as_text() {
        let noise = Noise::on_stdout();
        noise.heard(&vec![b'x'; 1 << 20]);
        assert!(
            noise
                .lock()
                .first
                .as_ref()
                .is_some_and(|line| line.len() < 2048)
        );
        assert_eq!(noise.since(0, &Secrets::default()).shown, ["x".repeat(200)]);
        noise.heard(b"\xff\xfeh\0i\0\r\0");
        let shown = noise.since(1, &Secrets::default()).shown;
        assert_eq!(shown, ["hi (UTF-16)"]);
    }

    #[test]
    fn line_without_an_end_is_shown_until_its_end_comes() {
        let noise = Noise::on_stdout();
        noise.open(b"{\"jsonrpc\":");
        noise.open(b"{\"jsonrpc\":\"2.0\"");
        assert_eq!(
            since(&noise, 0),
            "\non stdout, where only MCP messages belong:\n  {\"jsonrpc\":\"2.0\" (this line has no end: a message \
             ends with a newline)"
        );
        noise.closed();
        assert_eq!(since(&noise, 0), "");
    }
}
