//! Benches that take turns: a machine that is slow for a second slows all of them, and their ratios stay.

use std::time::{Duration, Instant};

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, SamplingMode};

const WARM_UP: Duration = Duration::from_secs(1);

/// One bench: its name, and a function that runs it this many times.
pub type Bench<'a> = (&'a str, &'a mut dyn FnMut(u32));

/// Measures all of them, with `runs` runs per turn. Short runs need some consecutive ones, as outside of measurements.
pub fn take_turns(group: &mut BenchmarkGroup<'_, WallTime>, runs: u32, benches: &mut [Bench<'_>]) {
    // In a test run, each bench only has to work.
    if std::env::args().any(|argument| argument == "--bench") {
        let start = Instant::now();
        while start.elapsed() < WARM_UP {
            for (_, run) in &mut *benches {
                turn(runs, run);
            }
        }
    }
    group.sampling_mode(SamplingMode::Flat);
    // That leaves one call, from whose duration Criterion chooses the runs per sample.
    group.warm_up_time(Duration::from_nanos(1));
    let mut samples = Vec::new();
    for index in 0..benches.len() {
        let (mut is_warm_up, mut sample) = (true, 0);
        group.bench_function(benches[index].0, |bencher| {
            bencher.iter_custom(|wanted| {
                let wanted = u32::try_from(wanted).unwrap();
                if std::mem::take(&mut is_warm_up) {
                    return turn(wanted, benches[index].1);
                }
                // The first bench decides the length of a sample, and each other bench has its own sample from the same
                // turns.
                if samples.len() == sample {
                    samples.push(Sample::of(wanted.div_ceil(runs), runs, benches));
                }
                sample += 1;
                samples[sample - 1].time(index, wanted)
            });
        });
    }
}

/// The durations of some turns.
struct Sample {
    /// The duration of each bench.
    times: Vec<Duration>,
    /// The number of runs of each bench.
    runs: u32,
}

impl Sample {
    fn of(turns: u32, runs: u32, benches: &mut [Bench<'_>]) -> Self {
        let mut times = vec![Duration::ZERO; benches.len()];
        for _ in 0..turns {
            for (time, (_, run)) in times.iter_mut().zip(&mut *benches) {
                *time += turn(runs, run);
            }
        }
        let runs = turns * runs;
        Self { times, runs }
    }

    /// The time of so many runs of one bench.
    fn time(&self, index: usize, runs: u32) -> Duration {
        self.times[index].mul_f64(f64::from(runs) / f64::from(self.runs))
    }
}

fn turn(runs: u32, run: &mut dyn FnMut(u32)) -> Duration {
    let start = Instant::now();
    run(runs);
    start.elapsed()
}
