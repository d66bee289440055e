//! Guests that yield, and when each gives its thread back or stops.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::cell::Cell;
use std::sync::atomic::AtomicUsize;

use super::*;

/// Yields once: wakes itself, and waits.
async fn step() {
    let mut yielded = false;
    std::future::poll_fn(|cx| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

fn account(time: Option<Duration>) -> Account {
    Account::new(usize::MAX, time.map(|time| Instant::now() + time))
}

/// Counts how often the task is woken.
#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_guest_that_yields_for_a_short_time_goes_on_at_once() {
    let account = account(None);
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&wakes));
    let guest = pin!(in_turns(&account, async {
        step().await;
        step().await;
        Ok(7)
    }));
    let polled = guest.poll(&mut Context::from_waker(&waker));
    assert!(matches!(polled, Poll::Ready(Ok(7))));
    assert_eq!(wakes.0.load(Ordering::Relaxed), 0);
}

#[test]
fn a_guest_that_yields_on_and_on_gives_the_thread_back_and_asks_for_it() {
    let account = account(None);
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&wakes));
    let mut guest = pin!(in_turns::<()>(&account, async {
        loop {
            step().await;
        }
    }));
    for turn in 1..4 {
        let began = Instant::now();
        let polled = guest.as_mut().poll(&mut Context::from_waker(&waker));
        assert!(polled.is_pending());
        assert!(began.elapsed() >= TURN);
        assert_eq!(wakes.0.load(Ordering::Relaxed), turn);
    }
}

#[test]
fn a_guest_past_its_deadline_does_not_go_on() {
    let account = account(Some(Duration::ZERO));
    let steps = Cell::new(0);
    let mut guest = pin!(in_turns::<()>(&account, async {
        loop {
            steps.set(steps.get() + 1);
            step().await;
        }
    }));
    let polled = guest.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    let Poll::Ready(Err(error)) = polled else {
        panic!("it goes on");
    };
    assert!(error.is::<DeadlinePassed>());
    assert_eq!(steps.get(), 1);
}

#[test]
fn a_guest_that_waits_is_woken_by_what_it_waits_for_from_any_thread() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let account = account(None);
    let (send, receive) = tokio::sync::oneshot::channel();
    let sender = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(20));
        send.send(5).unwrap();
    });
    let got = runtime.block_on(in_turns(&account, async {
        step().await;
        let got = receive.await.unwrap();
        step().await;
        Ok(got)
    }));
    assert_eq!(got.unwrap(), 5);
    sender.join().unwrap();
}

#[test]
fn a_guest_that_has_used_up_what_the_runtime_grants_a_task_gives_the_thread_back() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let account = account(None);
    let began = Instant::now();
    let polls = Cell::new(0);
    let counted = std::future::poll_fn(|_| {
        polls.set(polls.get() + 1);
        Poll::<()>::Pending
    });
    // Each of these answers uses up a part of what the runtime grants for one poll.
    let guest = in_turns(&account, async {
        for _ in 0..10_000 {
            coop::consume_budget().await;
        }
        Ok(())
    });
    runtime.block_on(async {
        tokio::select! {
            biased;
            () = counted => {}
            done = guest => done.unwrap(),
        }
    });
    assert!(polls.get() > 50, "{} polls", polls.get());
    assert!(began.elapsed() < Duration::from_secs(1));
}
