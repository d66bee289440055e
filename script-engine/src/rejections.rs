//! Promises that were rejected and that nothing has handled so far.

use std::cell::RefCell;

use rquickjs::{Ctx, Persistent, Value};

/// So many are kept with what they were rejected with. The rest is counted.
const KEPT: usize = 50;

thread_local! {
    static REJECTIONS: RefCell<Rejections> = const { RefCell::new(Rejections { kept: Vec::new(), others: 0 }) };
}

struct Rejections {
    kept: Vec<(Persistent<Value<'static>>, Persistent<Value<'static>>)>,
    others: usize,
}

/// The engine calls this for each rejection without a handler, and again when it gets one.
pub(crate) fn track<'js>(ctx: Ctx<'js>, promise: Value<'js>, reason: Value<'js>, handled: bool) {
    let promise = Persistent::save(&ctx, promise);
    REJECTIONS.with_borrow_mut(|rejections| {
        if !handled {
            if rejections.kept.len() < KEPT {
                rejections
                    .kept
                    .push((promise, Persistent::save(&ctx, reason)));
            } else {
                rejections.others += 1;
            }
        } else if let Some(at) = rejections
            .kept
            .iter()
            .position(|(kept, _)| *kept == promise)
        {
            rejections.kept.remove(at);
        } else {
            rejections.others = rejections.others.saturating_sub(1);
        }
    });
}

/// Forgets a promise whose rejection is reported in another way.
pub(crate) fn ignore(promise: &Persistent<Value<'static>>) {
    REJECTIONS.with_borrow_mut(|rejections| rejections.kept.retain(|(kept, _)| kept != promise));
}

/// Takes what the first unhandled rejection carries, and how many there are.
pub(crate) fn take() -> Option<(Persistent<Value<'static>>, usize)> {
    REJECTIONS.with_borrow_mut(|rejections| {
        let count = rejections.kept.len() + rejections.others;
        rejections
            .kept
            .drain(..)
            .next()
            .map(|(_, reason)| (reason, count))
    })
}
