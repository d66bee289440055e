//! Random numbers from the host, which seeds them for each run.

use std::cell::Cell;

use rquickjs::{Ctx, Exception, Result};

thread_local! {
    /// None until the script asks for the first number: a snapshot must hold no seed.
    static SEED: Cell<Option<u64>> = const { Cell::new(None) };
}

/// The next number for `Math.random`: at least 0 and less than 1, with 53 random bits (SplitMix64).
pub(crate) fn number(ctx: &Ctx<'_>) -> Result<f64> {
    let seed = match SEED.get() {
        Some(seed) => seed,
        None => getrandom::u64().map_err(|error| unavailable(ctx, error))?,
    }
    .wrapping_add(0x9e37_79b9_7f4a_7c15);
    SEED.set(Some(seed));
    let mut bits = seed;
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^= bits >> 31;
    #[allow(clippy::cast_precision_loss, reason = "53 bits fit")]
    let whole = (bits >> 11) as f64;
    Ok(whole / 9_007_199_254_740_992.0)
}

/// So many random bytes.
pub(crate) fn bytes(ctx: &Ctx<'_>, count: usize) -> Result<Vec<u8>> {
    let mut bytes = vec![0; count];
    getrandom::fill(&mut bytes).map_err(|error| unavailable(ctx, error))?;
    Ok(bytes)
}

/// A version 4 UUID (RFC 9562).
pub(crate) fn uuid(ctx: &Ctx<'_>) -> Result<String> {
    let bytes = bytes(ctx, 16)?;
    let mut text = String::with_capacity(36);
    for (at, byte) in bytes.iter().enumerate() {
        let byte = match at {
            6 => byte & 0x0f | 0x40,
            8 => byte & 0x3f | 0x80,
            _ => *byte,
        };
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    Ok(text)
}

fn unavailable(ctx: &Ctx<'_>, error: getrandom::Error) -> rquickjs::Error {
    Exception::throw_message(ctx, &format!("the host gives no random numbers: {error}"))
}
