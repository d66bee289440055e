//! The functions of the engine that the prelude is given. A script never sees the object that has them.

use std::cell::OnceCell;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use rquickjs::{Array, Ctx, Exception, Function, IntoJs, Object, Result, TypedArray, Value};

use crate::{
    bindings::mcp::tools::log::{self, Level},
    engine, files, own, random, state, timers, url,
};

thread_local! {
    static BEGUN: OnceCell<(Instant, SystemTime)> = const { OnceCell::new() };
}

/// Makes the object.
pub(crate) fn object<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    object.set_prototype(None)?;
    macro_rules! set {
        ($($name:literal: $function:expr),* $(,)?) => {
            $(object.set($name, Function::new(ctx.clone(), $function)?)?;)*
        };
    }
    set! {
        "log": write_log,
        "timer": set_timer,
        "cancel": timers::cancel,
        "now": now,
        "origin": origin,
        "random": |ctx: Ctx<'js>| random::number(&ctx),
        "uuid": |ctx: Ctx<'js>| random::uuid(&ctx),
        "randomBytes": random_bytes,
        "encode": encode,
        "encodeSome": encode_some,
        "decode": decode,
        "decodeUtf8": decode_utf8,
        "urlParse": url::parse,
        "urlGet": url::get,
        "urlSet": url::set,
        "queryParse": url::query_parse,
        "queryWrite": url::query_write,
        "readFile": files::read,
        "readTextFile": files::read_text,
        "listDir": files::list,
        "writeFile": files::write,
        "stateGet": state::get,
        "stateSet": state::set,
        "stateDelete": state::delete,
        "stateList": state::list,
        "stateSwap": state::swap,
    }
    Ok(object)
}

/// Throws an error with a code, of an interface of the host.
pub(crate) fn host_error(ctx: &Ctx<'_>, name: &str, code: &str, message: &str) -> rquickjs::Error {
    match engine::hook(ctx, "hostError")
        .and_then(|make| make.call::<_, Value>((name, code, message)))
    {
        Ok(error) => ctx.throw(error),
        Err(error) => error,
    }
}

/// The bytes of an array that the prelude made.
pub(crate) fn bytes(ctx: &Ctx<'_>, array: &TypedArray<'_, u8>) -> Result<Vec<u8>> {
    #[allow(
        unsafe_code,
        reason = "SAFETY: the bytes are copied before any JavaScript runs"
    )]
    let bytes = unsafe { array.as_bytes() };
    bytes
        .map(<[u8]>::to_vec)
        .ok_or_else(|| Exception::throw_type(ctx, "the buffer is detached"))
}

/// Begins to count the time of the run.
pub(crate) fn begin() {
    now();
}

fn now() -> f64 {
    BEGUN.with(|begun| {
        begun
            .get_or_init(|| (Instant::now(), SystemTime::now()))
            .0
            .elapsed()
            .as_secs_f64()
            * 1000.0
    })
}

fn origin() -> f64 {
    let begun = BEGUN.with(|begun| begun.get_or_init(|| (Instant::now(), SystemTime::now())).1);
    begun
        .duration_since(UNIX_EPOCH)
        .map_or(0.0, |since| since.as_secs_f64() * 1000.0)
}

fn write_log(level: String, message: String, fields: Vec<Vec<String>>) {
    let level = match level.as_str() {
        "trace" => Level::Trace,
        "debug" => Level::Debug,
        "warn" => Level::Warn,
        "error" => Level::Error,
        _ => Level::Info,
    };
    let fields: Vec<_> = fields
        .into_iter()
        .filter_map(|pair| <[String; 2]>::try_from(pair).ok())
        .map(|[name, value]| (name, value))
        .collect();
    log::log(level, &message, &fields);
}

fn set_timer(ctx: Ctx<'_>, id: u32, ms: u32) -> Result<()> {
    if timers::set(id, ms) {
        return Ok(());
    }
    Err(Exception::throw_range(
        &ctx,
        &format!("more than {} timers wait", timers::MOST),
    ))
}

fn random_bytes<'js>(ctx: Ctx<'js>, count: usize) -> Result<TypedArray<'js, u8>> {
    TypedArray::new(ctx.clone(), random::bytes(&ctx, count)?)
}

fn encode<'js>(ctx: Ctx<'js>, text: String) -> Result<TypedArray<'js, u8>> {
    TypedArray::new(ctx, text.into_bytes())
}

/// As much of the text as fits: how many UTF-16 units were read, and the bytes.
fn encode_some<'js>(ctx: Ctx<'js>, text: String, room: usize) -> Result<Array<'js>> {
    let end = text.floor_char_boundary(room);
    let read = text[..end].encode_utf16().count();
    let bytes = TypedArray::new(ctx.clone(), &text.as_bytes()[..end])?;
    own::array(&ctx, [read.into_js(&ctx)?, bytes.into_value()])
}

/// The text, whether bytes were wrong, and the bytes of a character that is not complete yet.
fn decode<'js>(
    ctx: Ctx<'js>,
    encoding: String,
    array: TypedArray<'js, u8>,
    more: bool,
) -> Result<Array<'js>> {
    let bytes = bytes(&ctx, &array)?;
    let (text, wrong, rest) = match encoding.as_str() {
        "latin1" => (
            bytes.iter().map(|byte| windows_1252(*byte)).collect(),
            false,
            0,
        ),
        "utf-16le" => utf16(&bytes, more),
        _ => utf8(&bytes, more),
    };
    let rest = TypedArray::new(ctx.clone(), &bytes[bytes.len() - rest..])?;
    own::array(
        &ctx,
        [text.into_js(&ctx)?, wrong.into_js(&ctx)?, rest.into_value()],
    )
}

fn decode_utf8(ctx: Ctx<'_>, array: TypedArray<'_, u8>) -> Result<Option<String>> {
    Ok(String::from_utf8(bytes(&ctx, &array)?).ok())
}

fn utf8(bytes: &[u8], more: bool) -> (String, bool, usize) {
    let rest = match std::str::from_utf8(bytes) {
        Ok(text) => return (text.to_owned(), false, 0),
        Err(_) if !more => 0,
        // The last character may go on in the next bytes.
        Err(_) => (1..=3.min(bytes.len()))
            .find(|count| {
                std::str::from_utf8(&bytes[bytes.len() - count..])
                    .is_err_and(|error| error.valid_up_to() == 0 && error.error_len().is_none())
            })
            .unwrap_or(0),
    };
    let whole = &bytes[..bytes.len() - rest];
    (
        String::from_utf8_lossy(whole).into_owned(),
        std::str::from_utf8(whole).is_err(),
        rest,
    )
}

fn utf16(bytes: &[u8], more: bool) -> (String, bool, usize) {
    let mut units: Vec<u16> = bytes
        .chunks_exact(2)
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
        .collect();
    let mut rest = bytes.len() % 2;
    if more
        && units
            .last()
            .is_some_and(|unit| (0xd800..0xdc00).contains(unit))
    {
        units.pop();
        rest += 2;
    }
    let mut wrong = rest == 1 && !more;
    let mut text: String = char::decode_utf16(units)
        .map(|unit| {
            unit.unwrap_or_else(|_| {
                wrong = true;
                char::REPLACEMENT_CHARACTER
            })
        })
        .collect();
    if !more && rest == 1 {
        text.push(char::REPLACEMENT_CHARACTER);
        rest = 0;
    }
    (text, wrong, rest)
}

/// The characters that Windows has where Latin-1 has controls.
fn windows_1252(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž',
        '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}',
        'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}
