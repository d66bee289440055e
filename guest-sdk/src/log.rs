//! Structured events for the person who runs the skill. They never reach its result.
//!
//! [`trace!`], [`debug!`], [`info!`], [`warn!`] and [`error!`] take fields first, then a message as `format!` does. A
//! field is a name and anything that is [`Display`]:
//!
//! ```no_run
//! use mcp_guest_sdk::log;
//!
//! let (pages, repository) = (3, "owner/name");
//! log::info!("listing commits");
//! log::info!(pages = pages, more = false, "listed the commits of `{repository}`");
//! ```

use std::fmt::{Arguments, Display};

use crate::host::log as host;

pub use crate::bindings::log::Level;

#[doc(inline)]
pub use crate::{
    __log_debug as debug, __log_error as error, __log_info as info, __log_trace as trace,
    __log_warn as warn,
};

/// One event, as the macros write it.
pub fn event(level: Level, message: Arguments<'_>, fields: &[(&str, &dyn Display)]) {
    let fields: Vec<(String, String)> = fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.to_string()))
        .collect();
    host::log(level, &message.to_string(), &fields);
}

/// An event of the level `Trace`: every step, for the author.
#[doc(hidden)]
#[macro_export]
macro_rules! __log_trace { ($($event:tt)+) => { $crate::__log_event!($crate::log::Level::Trace, $($event)+) }; }

/// An event of the level `Debug`: what helps to find a fault.
#[doc(hidden)]
#[macro_export]
macro_rules! __log_debug { ($($event:tt)+) => { $crate::__log_event!($crate::log::Level::Debug, $($event)+) }; }

/// An event of the level `Info`: progress.
#[doc(hidden)]
#[macro_export]
macro_rules! __log_info { ($($event:tt)+) => { $crate::__log_event!($crate::log::Level::Info, $($event)+) }; }

/// An event of the level `Warn`: the result may be less than it should be.
#[doc(hidden)]
#[macro_export]
macro_rules! __log_warn { ($($event:tt)+) => { $crate::__log_event!($crate::log::Level::Warn, $($event)+) }; }

/// An event of the level `Error`: something was lost.
#[doc(hidden)]
#[macro_export]
macro_rules! __log_error { ($($event:tt)+) => { $crate::__log_event!($crate::log::Level::Error, $($event)+) }; }

#[doc(hidden)]
#[macro_export]
macro_rules! __log_event {
    ($level:expr, $($name:ident = $value:expr,)* $message:literal $($arguments:tt)*) => {
        $crate::log::event(
            $level,
            ::core::format_args!($message $($arguments)*),
            &[$((::core::stringify!($name), &$value as &dyn ::core::fmt::Display)),*],
        )
    };
}
