//! Checks that the starts and answers of a recording can have happened in their order.

use super::format::Line;

/// When a call began and was answered.
pub(crate) struct Timed {
    pub(crate) n: usize,
    pub(crate) began: Option<u64>,
    pub(crate) ended: Option<u64>,
    pub(crate) is_answered: bool,
}

impl Line {
    pub(super) fn timed(&self) -> Timed {
        Timed {
            n: self.n,
            began: self.began,
            ended: self.ended,
            is_answered: self.answer.is_some(),
        }
    }
}

/// Checks that the events of all calls are numbered 1, 2, 3 and so on, each once, that calls start in the order of
/// their lines, and that no call is answered before it starts. `Err` has the call, from 1, and what is wrong with it.
pub(crate) fn check(calls: impl Iterator<Item = Timed>) -> Result<(), (usize, String)> {
    let mut events: Vec<(u64, usize)> = Vec::with_capacity(calls.size_hint().0.saturating_mul(2));
    let mut latest = 0;
    for call in calls {
        let wrong = |why: String| Err((call.n, why));
        match (call.began, call.ended, call.is_answered) {
            (None, None, _) => continue,
            (None, Some(_), _) => return wrong("it has `ended` and no `began`".to_owned()),
            (Some(_), None, true) => return wrong("it has an answer and no `ended`".to_owned()),
            (Some(_), Some(_), false) => return wrong("it has `ended` and no answer".to_owned()),
            (Some(_), None, false) | (Some(_), Some(_), true) => {}
        }
        let began = call.began.unwrap_or_default();
        if began <= latest {
            return wrong(match latest {
                0 => "it begins at 0, and events are numbered from 1".to_owned(),
                latest => format!("it begins at {began}, and the call before it at {latest}"),
            });
        }
        latest = began;
        events.push((began, call.n));
        match call.ended {
            Some(ended) if ended < began => {
                return wrong(format!(
                    "it begins at {began} and is answered before, at {ended}"
                ));
            }
            Some(ended) if ended > began => events.push((ended, call.n)),
            Some(_) | None => {}
        }
    }
    events.sort_unstable();
    for (expected, (event, n)) in (1..).zip(events) {
        if event != expected {
            let why = match event < expected {
                true => format!("{event} is the number of another start or answer too"),
                false => format!("it waits for {event}, and nothing is numbered {expected}"),
            };
            return Err((n, why));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::Map;
    use serde_json::value::RawValue;

    use super::*;

    fn calls(events: &[(Option<u64>, Option<u64>)]) -> Vec<Line> {
        let lines = events.iter().zip(1..);
        let lines = lines.map(|(&(began, ended), n)| Line {
            n,
            call: Map::new(),
            began,
            ended,
            answer: ended.map(|_| RawValue::NULL.to_owned()),
        });
        lines.collect()
    }

    fn wrong(events: &[(u64, u64)]) -> String {
        let events: Vec<_> = events
            .iter()
            .map(|&(began, ended)| (Some(began), Some(ended)))
            .collect();
        match check(calls(&events).iter().map(Line::timed)) {
            Ok(()) => String::new(),
            Err((n, why)) => format!("{n}: {why}"),
        }
    }

    #[test]
    fn a_possible_order_of_events_is_accepted() {
        for events in [
            &[][..],
            &[(Some(1), Some(1)), (Some(2), Some(3))],
            &[(Some(1), Some(4)), (Some(2), Some(3)), (Some(5), None)],
            // Written by hand.
            &[(None, None), (Some(1), Some(1)), (None, None)],
        ] {
            assert_eq!(
                check(calls(events).iter().map(Line::timed)),
                Ok(()),
                "{events:?}"
            );
        }
    }

    #[test]
    fn an_impossible_order_of_events_is_rejected() {
        for (events, why) in [
            (
                &[(0, 0)][..],
                "1: it begins at 0, and events are numbered from 1",
            ),
            (
                &[(u64::MAX, u64::MAX)],
                "1: it waits for 18446744073709551615, and nothing is numbered 1",
            ),
            (
                &[(1, u64::MAX)],
                "1: it waits for 18446744073709551615, and nothing is numbered 2",
            ),
            (&[(1, 0)], "1: it begins at 1 and is answered before, at 0"),
            (
                &[(1, 1), (3, 3)],
                "2: it waits for 3, and nothing is numbered 2",
            ),
            (
                &[(1, 2), (2, 3)],
                "2: 2 is the number of another start or answer too",
            ),
            (
                &[(2, 2), (1, 1)],
                "2: it begins at 1, and the call before it at 2",
            ),
        ] {
            assert_eq!(wrong(events), why);
        }
    }

    #[test]
    fn an_answer_and_its_event_come_together() {
        let mut unanswered = calls(&[(Some(1), Some(2))]);
        unanswered[0].answer = None;
        assert!(
            check(unanswered.iter().map(Line::timed))
                .is_err_and(|(_, why)| why == "it has `ended` and no answer")
        );
        assert!(check(calls(&[(None, Some(1))]).iter().map(Line::timed)).is_err());
    }
}
