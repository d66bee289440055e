//! What one input may take: bytes that are allocated at once, and processor time. An input that takes more is a crash.
//!
//! Owns the allocator of the process. It counts what all threads of the process allocate in Rust; what is mapped is not
//! counted: linear memories, stacks, compiled code. Knows nothing of what the target does.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};

/// What one input may take.
pub struct Budget {
    /// Bytes that are allocated at once, beside what was there before.
    pub bytes: usize,
    /// Processor time of the whole process.
    pub time: Duration,
}

impl Budget {
    /// Does the work. The allocation that goes over the budget fails, which ends the process where it is made; more
    /// processor time than there is ends it afterwards, and the `-timeout` of libFuzzer ends what does not come back.
    pub fn spend<T>(&self, work: impl FnOnce() -> T) -> T {
        let before = LIVE.load(Ordering::SeqCst);
        PEAK.store(before, Ordering::SeqCst);
        MOST.store(before.saturating_add(self.bytes), Ordering::SeqCst);
        let start = processor_time();
        let done = work();
        let time = processor_time().saturating_sub(start);
        let most = MOST.swap(usize::MAX, Ordering::SeqCst);
        let bytes = PEAK.load(Ordering::SeqCst).saturating_sub(before);
        // Code that goes on after an allocation has failed has asked for too much all the same.
        assert_ne!(
            most,
            usize::MAX,
            "the input takes more memory than {}",
            self.bytes
        );
        assert!(
            time <= self.time,
            "the input takes {time:?} of processor time, and may take {:?}",
            self.time
        );
        record(bytes, self.bytes, time);
        done
    }
}

/// Says so where an input takes a quarter more of its budget than any before, so that the figures are seen.
fn record(bytes: usize, most: usize, time: Duration) {
    static BYTES: AtomicUsize = AtomicUsize::new(0);
    static MILLIS: AtomicUsize = AtomicUsize::new(0);
    let percent = bytes.saturating_mul(100) / most.max(1);
    let millis = usize::try_from(time.as_millis()).unwrap_or(usize::MAX);
    for (known, now) in [(&BYTES, percent), (&MILLIS, millis)] {
        let before = known.load(Ordering::Relaxed);
        if now > before + before / 4 {
            known.store(now, Ordering::Relaxed);
            eprintln!("so far the most: {bytes} bytes ({percent} % of the budget), {millis} ms");
        }
    }
}

fn processor_time() -> Duration {
    let Timespec { tv_sec, tv_nsec } = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = u64::try_from(tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(tv_nsec).unwrap_or_default())
}

/// Bytes that are allocated now, and the most since the input began.
static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
/// What [`LIVE`] may become. No bound before an input begins, after it has ended, and once it was exceeded.
static MOST: AtomicUsize = AtomicUsize::new(usize::MAX);

struct Counted;

#[global_allocator]
static ALLOCATOR: Counted = Counted;

impl Counted {
    /// Counts the bytes, if there is room for them.
    fn take(bytes: usize) -> bool {
        let live = LIVE.fetch_add(bytes, Ordering::Relaxed) + bytes;
        let most = MOST.load(Ordering::Relaxed);
        if live <= most {
            PEAK.fetch_max(live, Ordering::Relaxed);
            return true;
        }
        LIVE.fetch_sub(bytes, Ordering::Relaxed);
        // From here on there is no bound, so that the process can say why it ends.
        if MOST.swap(usize::MAX, Ordering::SeqCst) != usize::MAX {
            eprintln!(
                "the input takes more memory than its budget: {bytes} bytes are asked for, {live} would be in use and may be {most}"
            );
        }
        false
    }
}

#[allow(
    unsafe_code,
    reason = "an allocator is an unsafe trait; this one hands every call to that of the system as it is"
)]
// SAFETY: layouts and pointers go to `System` unchanged, and a null pointer is what an allocator returns for a failure.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !Self::take(layout.size()) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if !Self::take(layout.size()) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's promise.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if size > layout.size() && !Self::take(size - layout.size()) {
            return std::ptr::null_mut();
        }
        LIVE.fetch_sub(layout.size().saturating_sub(size), Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }
}
