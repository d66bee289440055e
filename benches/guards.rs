//! The cost of each guard, in bare Wasmtime, so that nothing else changes with it: on a short run, which is mostly
//! instantiation, and in long computation, where fuel and epochs add instructions.
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench may panic")]

use std::cell::OnceCell;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use criterion::{Criterion, criterion_group, criterion_main};
use mcp_benches::{Bare, Bench, Guards, component, take_turns};
use wasmtime::{Engine, Instance, Module, Store, StoreLimits, TypedFunc};

const NONE: Guards = Guards {
    fuel: false,
    yields: false,
    epoch: false,
    limiter: false,
};

const EACH: [(&str, Guards); 6] = [
    ("none", NONE),
    ("fuel", Guards { fuel: true, ..NONE }),
    (
        "epoch",
        Guards {
            epoch: true,
            ..NONE
        },
    ),
    (
        "limiter",
        Guards {
            limiter: true,
            ..NONE
        },
    ),
    (
        "host",
        Guards {
            fuel: true,
            yields: true,
            limiter: true,
            ..NONE
        },
    ),
    (
        "all",
        Guards {
            fuel: true,
            epoch: true,
            limiter: true,
            ..NONE
        },
    ),
];

/// A million iterations of a loop that mixes a number: the tightest loop of guest code.
const WORK: &str = r#"(module
  (memory 1)
  (func (export "work") (result i64)
    (local $left i32) (local $value i64)
    (local.set $left (i32.const 1000000))
    (loop $again
      (local.set $value
        (i64.add (i64.const 1) (i64.mul (local.get $value) (i64.const 6364136223846793005))))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $again (local.get $left)))
    (local.get $value)))"#;

fn run(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let component = component("two-calls");
    let mut group = criterion.benchmark_group("guards/run");
    let mut runs = EACH.map(|(name, guards)| {
        let bare = Bare::pooled(&component, guards);
        let runtime = &runtime;
        let run = move |runs| {
            runtime.block_on(bare.run_two_calls(runs));
        };
        (name, run)
    });
    take_turns(&mut group, 100, &mut runs.each_mut().map(bench));
    group.finish();
}

fn work(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("guards/work");
    let expected = OnceCell::new();
    let mut runs = EACH.map(|(name, guards)| {
        let engine = Engine::new(&guards.config()).unwrap();
        let module = Module::new(&engine, wat::parse_str(WORK).unwrap()).unwrap();
        let mut store = Store::new(&engine, Limits::default());
        guards.put_on(&mut store);
        let instance = polled(Instance::new_async(&mut store, &module, &[])).unwrap();
        let work: TypedFunc<(), i64> = instance.get_typed_func(&mut store, "work").unwrap();
        let expected = &expected;
        let run = move |runs| {
            for _ in 0..runs {
                let value = polled(work.call_async(&mut store, ())).unwrap();
                assert_eq!(*expected.get_or_init(|| value), value);
            }
        };
        (name, run)
    });
    take_turns(&mut group, 1, &mut runs.each_mut().map(bench));
    group.finish();
}

/// Polls a guest at once when it has yielded, as the host does in one turn, with a look at the clock.
fn polled<T>(guest: impl Future<Output = T>) -> T {
    let mut guest = pin!(guest);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(done) = guest.as_mut().poll(&mut context) {
            return done;
        }
        black_box(Instant::now());
    }
}

fn bench<'a, F: FnMut(u32)>((name, run): &'a mut (&'static str, F)) -> Bench<'a> {
    (name, run)
}

#[derive(Default)]
struct Limits(StoreLimits);

impl AsMut<StoreLimits> for Limits {
    fn as_mut(&mut self) -> &mut StoreLimits {
        &mut self.0
    }
}

criterion_group!(benches, run, work);
criterion_main!(benches);
