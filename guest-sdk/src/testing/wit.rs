//! Values of generated types, without their types: `#[derive(Native)]` writes and reads them. Names are Rust's, as
//! `wit-bindgen` makes them from labels.

use crate::contract::bindings::types::ToolResult;

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub enum Wit {
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(String),
    List(Vec<Wit>),
    Tuple(Vec<Wit>),
    /// In the order of the type.
    Record(Vec<(String, Wit)>),
    /// Of a variant or an enum.
    Case(String, Option<Box<Wit>>),
    Option(Option<Box<Wit>>),
    ToolResult(Box<ToolResult>),
}

/// A type whose values can be converted to [`Wit`].
pub trait ToWit {
    fn to_wit(&self) -> Wit;
}

/// A type whose values can be converted from [`Wit`].
pub trait FromWit: Sized {
    fn from_wit(value: Wit) -> Result<Self, String>;
}

impl Wit {
    /// The case and its payload.
    pub fn case(self) -> Result<(String, Option<Box<Wit>>), String> {
        match self {
            Self::Case(case, payload) => Ok((case, payload)),
            other => Err(other.unexpected("a case")),
        }
    }

    /// The fields, to be taken out one by one.
    pub fn record(self) -> Result<Vec<(String, Wit)>, String> {
        match self {
            Self::Record(fields) => Ok(fields),
            other => Err(other.unexpected("a record")),
        }
    }

    fn unexpected(&self, expected: &str) -> String {
        format!("the skill's type has {expected} where there is {self:?}")
    }
}

/// Takes one field out. An optional one may be absent.
pub fn field<T: FromWit>(fields: &mut Vec<(String, Wit)>, name: &str) -> Result<T, String> {
    let value = match fields.iter().position(|(known, _)| known == name) {
        Some(at) => fields.swap_remove(at).1,
        None => Wit::Option(None),
    };
    T::from_wit(value).map_err(|why| format!("`{name}`: {why}"))
}

pub fn no_case<T>(case: &str) -> Result<T, String> {
    Err(format!("the skill's type has no case `{case}`"))
}

macro_rules! integers {
    ($($int:ty),*) => {$(
        impl ToWit for $int {
            fn to_wit(&self) -> Wit {
                Wit::Int(i128::from(*self))
            }
        }

        impl FromWit for $int {
            fn from_wit(value: Wit) -> Result<Self, String> {
                match value {
                    Wit::Int(int) => <$int>::try_from(int)
                        .map_err(|_| format!("`{int}` does not fit in {}", stringify!($int))),
                    other => Err(other.unexpected("a whole number")),
                }
            }
        }
    )*};
}

integers!(u8, u16, u32, u64, i8, i16, i32, i64);

macro_rules! scalars {
    ($($ty:ty => $case:ident, $what:literal;)*) => {$(
        impl ToWit for $ty {
            fn to_wit(&self) -> Wit {
                Wit::$case(self.clone().into())
            }
        }

        impl FromWit for $ty {
            fn from_wit(value: Wit) -> Result<Self, String> {
                match value {
                    Wit::$case(value) => Ok(value),
                    other => Err(other.unexpected($what)),
                }
            }
        }
    )*};
}

scalars! {
    bool => Bool, "a boolean";
    String => Text, "a string";
}

impl ToWit for f64 {
    fn to_wit(&self) -> Wit {
        Wit::Float(*self)
    }
}

impl FromWit for f64 {
    fn from_wit(value: Wit) -> Result<Self, String> {
        match value {
            Wit::Float(float) => Ok(float),
            other => Err(other.unexpected("a number")),
        }
    }
}

impl ToWit for str {
    fn to_wit(&self) -> Wit {
        Wit::Text(self.to_owned())
    }
}

impl ToWit for () {
    fn to_wit(&self) -> Wit {
        Wit::Tuple(Vec::new())
    }
}

impl<T: ToWit> ToWit for [T] {
    fn to_wit(&self) -> Wit {
        Wit::List(self.iter().map(ToWit::to_wit).collect())
    }
}

impl<T: ToWit> ToWit for Vec<T> {
    fn to_wit(&self) -> Wit {
        self.as_slice().to_wit()
    }
}

impl<T: FromWit> FromWit for Vec<T> {
    fn from_wit(value: Wit) -> Result<Self, String> {
        match value {
            Wit::List(items) => items.into_iter().map(T::from_wit).collect(),
            other => Err(other.unexpected("a list")),
        }
    }
}

impl<T: ToWit> ToWit for Option<T> {
    fn to_wit(&self) -> Wit {
        Wit::Option(self.as_ref().map(|value| Box::new(value.to_wit())))
    }
}

impl<T: FromWit> FromWit for Option<T> {
    fn from_wit(value: Wit) -> Result<Self, String> {
        match value {
            Wit::Option(None) => Ok(None),
            Wit::Option(Some(value)) => T::from_wit(*value).map(Some),
            // What may be null for the skill and never is.
            value => T::from_wit(value).map(Some),
        }
    }
}

macro_rules! tuples {
    ($(($($item:ident),+))*) => {$(
        #[allow(non_snake_case, reason = "a type parameter and its value have one name")]
        impl<$($item: ToWit),+> ToWit for ($($item,)+) {
            fn to_wit(&self) -> Wit {
                let ($($item,)+) = self;
                Wit::Tuple(vec![$($item.to_wit()),+])
            }
        }

        #[allow(non_snake_case, reason = "a type parameter and its value have one name")]
        impl<$($item: FromWit),+> FromWit for ($($item,)+) {
            fn from_wit(value: Wit) -> Result<Self, String> {
                let Wit::Tuple(items) = value else {
                    return Err(value.unexpected("a tuple"));
                };
                let length = items.len();
                let mut items = items.into_iter();
                $(
                    let $item = match items.next() {
                        Some(item) => $item::from_wit(item)?,
                        None => return Err(format!("a tuple of {length} is too short")),
                    };
                )+
                Ok(($($item,)+))
            }
        }
    )*};
}

// Up to the longest tuple of the code generator: longer arrays of fixed length are lists.
tuples! {
    (A) (A, B) (A, B, C) (A, B, C, D) (A, B, C, D, E) (A, B, C, D, E, F) (A, B, C, D, E, F, G)
    (A, B, C, D, E, F, G, H) (A, B, C, D, E, F, G, H, I) (A, B, C, D, E, F, G, H, I, J)
    (A, B, C, D, E, F, G, H, I, J, K) (A, B, C, D, E, F, G, H, I, J, K, L)
}

impl FromWit for ToolResult {
    fn from_wit(value: Wit) -> Result<Self, String> {
        match value {
            Wit::ToolResult(result) => Ok(*result),
            other => Err(other.unexpected("a whole tool result")),
        }
    }
}
