//! Log lines as JSON objects. The values are escaped like lines of the text format, so that a program can print them
//! safely.

use std::fmt;

use mcp_bridge::text;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::Record;
use tracing::{Event, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime as Now};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

/// An event as one line.
pub(super) struct Lines;

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut time = String::new();
        Now.format_time(&mut Writer::new(&mut time))?;
        let mut line = Map::new();
        line.insert("timestamp".to_owned(), time.into());
        line.insert("level".to_owned(), event.metadata().level().as_str().into());
        line.insert("fields".to_owned(), values(event).into());
        line.insert("target".to_owned(), event.metadata().target().into());
        let scope = context.event_scope().into_iter();
        let spans: Vec<Value> = scope
            .flat_map(|scope| scope.from_root())
            .map(|span| {
                let extensions = span.extensions();
                let fields = extensions.get::<FormattedFields<N>>();
                let mut span_line = fields
                    .map(|fields| read(&fields.fields))
                    .unwrap_or_default();
                span_line.insert("name".to_owned(), span.name().into());
                span_line.into()
            })
            .collect();
        if let Some(current) = spans.last() {
            line.insert("span".to_owned(), current.clone());
            line.insert("spans".to_owned(), spans.into());
        }
        writeln!(writer, "{}", Value::Object(line))
    }
}

/// The fields of a span as one object.
pub(super) struct Fields;

impl<'writer> FormatFields<'writer> for Fields {
    fn format_fields<R: RecordFields>(
        &self,
        mut writer: Writer<'writer>,
        fields: R,
    ) -> fmt::Result {
        write!(writer, "{}", Value::Object(values(&fields)))
    }

    fn add_fields(
        &self,
        current: &'writer mut FormattedFields<Self>,
        fields: &Record<'_>,
    ) -> fmt::Result {
        let mut all = read(&current.fields);
        all.extend(values(fields));
        current.fields = Value::Object(all).to_string();
        Ok(())
    }
}

/// What `Fields` wrote.
fn read(fields: &str) -> Map<String, Value> {
    serde_json::from_str(fields).unwrap_or_default()
}

fn values(fields: &impl RecordFields) -> Map<String, Value> {
    let mut values = Values(Map::new());
    fields.record(&mut values);
    values.0
}

struct Values(Map<String, Value>);

impl Values {
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        let name = field.name();
        let name = name.strip_prefix("r#").unwrap_or(name);
        self.0.insert(name.to_owned(), value.into());
    }
}

impl Visit for Values {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, text::line(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let mut line = String::new();
        // Writing to a String cannot fail, and the field has no name here.
        let _ = text::field(&mut line, "message", value);
        self.put(field, line);
    }
}
