//! Structured events for the person who runs the skill. They never reach its result.
//!
//! [`trace!`], [`debug!`], [`info!`], [`warn!`] and [`error!`] take fields first, then a message as `format!` does. As
//! with the crate `tracing`, a field is `name = value`, or a variable alone; its value is anything that is [`Display`],
//! and with `?` before it anything that is [`Debug`]:
//!
//! ```
//! use mcp_guest_sdk::log;
//!
//! # let host = mcp_guest_sdk::testing::Host::new();
//! # host.scope(|| {
//! let (pages, repository) = (3, "owner/name");
//! log::info!("listing commits");
//! log::info!(pages, more = false, labels = ?["a", "b"], "listed the commits of `{repository}`");
//! # });
//! # let fields = [("pages", "3"), ("more", "false"), ("labels", r#"["a", "b"]"#)];
//! # assert_eq!(host.log()[1].fields, fields.map(|(name, value)| (name.to_owned(), value.to_owned())));
//! # assert_eq!(host.log()[1].message, "listed the commits of `owner/name`");
//! ```

use std::fmt::{Arguments, Display};

use crate::host::log as host;

pub use crate::contract::bindings::log::Level;

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
    ($level:expr, $($event:tt)+) => { $crate::__log_fields!($level, [] $($event)+) };
}

/// Takes the fields one by one, up to the message.
#[doc(hidden)]
#[macro_export]
macro_rules! __log_fields {
    ($level:expr, [$($field:expr,)*] $message:literal $($arguments:tt)*) => {
        $crate::log::event(
            $level,
            ::core::format_args!($message $($arguments)*),
            &[$($field),*],
        )
    };
    ($level:expr, [$($field:expr,)*] $name:ident = ?$value:expr, $($rest:tt)+) => {
        $crate::__log_fields!($level, [$($field,)* $crate::__log_field!($name, ::core::format_args!("{:?}", $value)),] $($rest)+)
    };
    ($level:expr, [$($field:expr,)*] $name:ident = %$value:expr, $($rest:tt)+) => {
        $crate::__log_fields!($level, [$($field,)* $crate::__log_field!($name, $value),] $($rest)+)
    };
    ($level:expr, [$($field:expr,)*] $name:ident = $value:expr, $($rest:tt)+) => {
        $crate::__log_fields!($level, [$($field,)* $crate::__log_field!($name, $value),] $($rest)+)
    };
    ($level:expr, [$($field:expr,)*] ?$name:ident, $($rest:tt)+) => {
        $crate::__log_fields!($level, [$($field,)* $crate::__log_field!($name, ::core::format_args!("{:?}", $name)),] $($rest)+)
    };
    ($level:expr, [$($field:expr,)*] %$name:ident, $($rest:tt)+) => {
        $crate::__log_fields!($level, [$($field,)* $crate::__log_field!($name, $name),] $($rest)+)
    };
    ($level:expr, [$($field:expr,)*] $name:ident, $($rest:tt)+) => {
        $crate::__log_fields!($level, [$($field,)* $crate::__log_field!($name, $name),] $($rest)+)
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __log_field {
    ($name:ident, $value:expr) => {
        (
            ::core::stringify!($name),
            &$value as &dyn ::core::fmt::Display,
        )
    };
}
