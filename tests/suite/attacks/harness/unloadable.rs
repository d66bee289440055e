//! Components that are rejected before a run.

use std::time::Duration;

use super::{Bounds, PATIENCE, Taken, alone, is_chosen, judge};
use crate::attacks::{MIB, attack};
use crate::cli::Host;
use crate::hostile::components as wat;

/// A name, and the component.
type Case = (&'static str, fn() -> Vec<u8>);

fn all() -> Vec<Case> {
    vec![
        ("past the size limit", || wat::zeroes((64 << 20) + 1)),
        ("50 MB of nothing", || wat::zeroes(50_000_000)),
        ("100,000 functions", || wat::functions(100_000)),
        ("a type nested 5,000 deep", || wat::deep_type(5_000)),
        ("types used by many functions inside", || {
            wat::uses_types(17, 800)
        }),
        ("a component that is cut", || {
            let mut cut = wat::recurses();
            cut.truncate(cut.len() / 2);
            cut
        }),
        ("no component", || b"\x7fELF".repeat(1 << 20)),
    ]
}

/// The largest component is 64 MiB, and is in memory once while it is looked at.
const PEAK: u64 = 64 * MIB + 16 * MIB;

#[test]
fn hostile_components_that_do_not_load_take_no_more_than_the_largest_one() {
    let _alone = alone();
    let host = Host::new();
    let run = |bytes: &[u8]| {
        let path = host.file("skill.wasm", bytes);
        let path = path.to_str().unwrap();
        attack(&host, &["run", path, "--invoke", "f()"], PATIENCE)
    };
    // The first run compiles it.
    run(&wat::nothing());
    let nothing = run(&wat::nothing());
    assert_eq!(nothing.code, Some(0), "{}", nothing.stderr);
    let bounds = Bounds {
        peak: PEAK,
        run: None,
        wall: Duration::from_secs(10),
        cpu: Duration::from_secs(10),
    };
    let mut excess = Vec::new();
    for (name, bytes) in all().into_iter().filter(|(name, _)| is_chosen(name)) {
        let bytes = bytes();
        excess.extend(judge(name, &bounds, || {
            let ran = run(&bytes);
            assert_ne!(ran.code, Some(0), "{name}: it is to be refused");
            assert!(ran.stderr.contains("error:"), "{name}: {}", ran.stderr);
            Taken::of(&ran, &nothing)
        }));
    }
    assert!(excess.is_empty(), "{}", excess.join("\n"));
}
