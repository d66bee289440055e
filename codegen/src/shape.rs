//! The one description of a tool from which both the WIT text and the host's codec are made. Knows neither JSON Schema
//! nor WIT syntax. Borrows names and texts from the tool if possible: a catalog of a thousand tools has tens of
//! thousands of them, and copying them would take longer than all other work.

use std::borrow::Cow;

/// One tool of a server as a WIT function: its parameter, its result, and what the types do not express.
#[derive(Debug, Clone, PartialEq)]
pub struct Function<'t> {
    /// The WIT label, for example `get-issue`.
    pub label: Cow<'t, str>,
    /// The tool's name on the wire, for example `getIssue`.
    pub tool: &'t str,
    /// The shape of the whole `arguments` object; `None` if the tool takes no arguments.
    pub params: Option<Shape<'t>>,
    /// The result of a call that did not fail.
    pub returns: Returns<'t>,
    /// Everything that the schema states and the types do not express.
    pub losses: Vec<Loss>,
}

/// The success type of a tool's function.
#[derive(Debug, Clone, PartialEq)]
pub enum Returns<'t> {
    /// No `outputSchema`: the function returns `mcp:tools/types.tool-result`.
    ToolResult,
    /// The shape of `structuredContent`.
    Structured(Shape<'t>),
    /// `structuredContent` is `{"<key>": T}` and the function returns `T` (FastMCP wraps scalars so).
    Wrapped {
        /// The only property of the wrapper, `result` with FastMCP.
        key: &'t str,
        /// The shape of the value inside.
        shape: Shape<'t>,
    },
}

/// The shape of a JSON value, as far as WIT can express it.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape<'t> {
    /// Any JSON value, carried as text (`mcp:tools/types.json`), and what is known of it.
    Json(Loose),
    /// `true` or `false`.
    Bool,
    /// A whole number within the bounds of a WIT integer type.
    Int(Int),
    /// Any JSON number, as `f64`.
    Float,
    /// A string.
    String,
    /// A string out of a closed set.
    Enum(Box<Enum<'t>>),
    /// The shape or `null`: `option<T>`.
    Nullable(Box<Shape<'t>>),
    /// An array of one shape.
    List(Box<Shape<'t>>),
    /// An object whose keys are data: `list<tuple<string, T>>`.
    Map(Box<Shape<'t>>),
    /// An array of fixed length: `tuple<...>`.
    Tuple(Vec<Shape<'t>>),
    /// An object whose keys are known.
    Record(Box<Record<'t>>),
    /// One of several shapes that can be told apart.
    Variant(Box<Variant<'t>>),
}

/// What a schema says of a value that is `json` in WIT. Only declarations for people use it: the codec takes any value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loose {
    /// The values besides `null`.
    pub known: Known,
    /// Whether `null` is valid beside them.
    pub nullable: bool,
}

/// The values that a [`Loose`] allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Every value.
    Any,
    /// No value.
    Never,
    /// Every array.
    Array,
    /// Every object.
    Object,
    /// The object without properties.
    Empty,
    /// The object that contains this value, so many [`Shape::Record`]s and [`Shape::Map`]s further out than the
    /// nearest.
    Again(usize),
}

/// The WIT integer types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each is the WIT type of that name")]
pub enum Int {
    U8,
    U16,
    U32,
    U64,
    S8,
    S16,
    S32,
    S64,
}

/// An object with known properties.
#[derive(Debug, Clone, PartialEq)]
pub struct Record<'t> {
    /// The WIT type name, for example `create-issue-params`.
    pub name: Cow<'t, str>,
    /// The object's own description.
    pub docs: Option<&'t str>,
    /// In the order of the schema.
    pub fields: Vec<Field<'t>>,
    /// For objects that allow further properties of one shape: the label of the map field that holds them, and the
    /// shape of each.
    pub rest: Option<(Cow<'t, str>, Shape<'t>)>,
    /// Whether the schema allows further properties of any kind explicitly. WIT does not express it.
    pub open: bool,
}

/// One property of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Field<'t> {
    /// The property's name in JSON.
    pub wire: &'t str,
    /// The WIT label.
    pub label: Cow<'t, str>,
    /// The shape of its value when the property is present.
    pub shape: Shape<'t>,
    /// `false`: the property may be absent, and its WIT type is `option<T>`. An optional field
    /// of a nullable shape is one `option<T>`: `none` is written as absent, and `null` is read as `none`.
    pub required: bool,
    /// Description, default, bounds: text for people. It is owned where facts about the value stand on its last line.
    pub docs: Option<Cow<'t, str>>,
    /// The only valid values, where the schema lists numbers or booleans; WIT does not express it. Empty: no list.
    pub only: Vec<&'t serde_json::Value>,
    /// Whether the schema says `deprecated`.
    pub deprecated: bool,
}

/// A closed set of strings.
#[derive(Debug, Clone, PartialEq)]
pub struct Enum<'t> {
    /// The WIT type name.
    pub name: Cow<'t, str>,
    /// In the order of the schema.
    pub cases: Vec<EnumCase<'t>>,
}

/// One member of an [`Enum`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnumCase<'t> {
    /// The string in JSON.
    pub wire: &'t str,
    /// The WIT label.
    pub label: Cow<'t, str>,
}

/// A choice between shapes.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant<'t> {
    /// The WIT type name.
    pub name: Cow<'t, str>,
    /// In the order of the schema; the first case whose test holds is the value's case.
    pub cases: Vec<VariantCase<'t>>,
}

/// One arm of a [`Variant`].
#[derive(Debug, Clone, PartialEq)]
pub struct VariantCase<'t> {
    /// The WIT label.
    pub label: String,
    /// The arm's shape. `None` if the arm is the JSON value `null`.
    pub shape: Option<Shape<'t>>,
    /// How a JSON value of this arm is recognised.
    pub test: Test,
}

/// How the arms of a [`Variant`] are distinguished.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// By JSON type alone.
    Type(JsonType),
    /// An object whose property `key` is one of `values`.
    Tag {
        /// The discriminating property.
        key: String,
        /// The JSON strings, numbers or booleans it may hold in this arm.
        values: Vec<serde_json::Value>,
    },
    /// An object that has all of these properties.
    Keys(Vec<String>),
}

/// The JSON types, with integers separate from other numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each is the JSON type of that name")]
pub enum JsonType {
    Null,
    Bool,
    Integer,
    Number,
    String,
    Array,
    Object,
}

/// Something that a schema states and the generated type does not express.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// A JSON pointer into the tool's definition, for example `/inputSchema/properties/filter`.
    pub at: String,
    /// What is lost, and what replaces it.
    pub why: String,
}

impl Function<'_> {
    /// Whether no part of the function's types is [`Shape::Json`].
    #[must_use]
    pub fn is_typed(&self) -> bool {
        let returns = match &self.returns {
            Returns::ToolResult => true,
            Returns::Structured(shape) | Returns::Wrapped { shape, .. } => shape.is_typed(),
        };
        returns && self.params.as_ref().is_none_or(Shape::is_typed)
    }
}

impl Shape<'_> {
    /// Whether no part of the shape is [`Shape::Json`].
    #[must_use]
    pub fn is_typed(&self) -> bool {
        match self {
            Self::Json(_) => false,
            Self::Bool | Self::Int(_) | Self::Float | Self::String | Self::Enum(_) => true,
            Self::Nullable(shape) | Self::List(shape) | Self::Map(shape) => shape.is_typed(),
            Self::Tuple(shapes) => shapes.iter().all(Self::is_typed),
            Self::Record(record) => {
                let rest = record
                    .rest
                    .as_ref()
                    .is_none_or(|(_, shape)| shape.is_typed());
                rest && record.fields.iter().all(|field| field.shape.is_typed())
            }
            Self::Variant(variant) => variant
                .cases
                .iter()
                .all(|case| case.shape.as_ref().is_none_or(Self::is_typed)),
        }
    }
}

impl Field<'_> {
    /// The facts at the end of the documentation: default, bounds and the like.
    #[must_use]
    pub fn facts(&self) -> Option<&str> {
        match self.docs.as_ref()? {
            Cow::Owned(docs) => docs.lines().next_back(),
            Cow::Borrowed(_) => None,
        }
    }
}

impl Loose {
    /// Every value.
    pub const ANY: Self = Self::of(Known::Any);

    /// These values, without `null` unless they include it.
    #[must_use]
    pub const fn of(known: Known) -> Self {
        Self {
            known,
            nullable: false,
        }
    }
}

impl Int {
    /// The WIT keyword.
    #[must_use]
    pub fn keyword(self) -> &'static str {
        match self {
            Self::U8 => "u8",
            Self::U16 => "u16",
            Self::U32 => "u32",
            Self::U64 => "u64",
            Self::S8 => "s8",
            Self::S16 => "s16",
            Self::S32 => "s32",
            Self::S64 => "s64",
        }
    }

    /// The smallest and the largest value.
    #[must_use]
    pub fn range(self) -> (i128, i128) {
        match self {
            Self::U8 => (0, u8::MAX.into()),
            Self::U16 => (0, u16::MAX.into()),
            Self::U32 => (0, u32::MAX.into()),
            Self::U64 => (0, u64::MAX.into()),
            Self::S8 => (i8::MIN.into(), i8::MAX.into()),
            Self::S16 => (i16::MIN.into(), i16::MAX.into()),
            Self::S32 => (i32::MIN.into(), i32::MAX.into()),
            Self::S64 => (i64::MIN.into(), i64::MAX.into()),
        }
    }
}
