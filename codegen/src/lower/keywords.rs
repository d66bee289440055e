//! One JSON Schema object, read once: the keywords that shape a value, each in its field. Covers draft-04 to 2020-12.
//! Decides nothing and follows no references.

use serde_json::{Map, Value};

/// The keywords of one schema object. Keywords of a wrong type count as absent if that means the same.
#[derive(Clone, Copy)]
pub(super) struct Keywords<'a> {
    /// The object itself; its address is its identity.
    pub(super) map: &'a Map<String, Value>,
    pub(super) reference: Option<&'a Value>,
    pub(super) all_of: Option<&'a Value>,
    pub(super) any_of: Option<&'a Value>,
    pub(super) one_of: Option<&'a Value>,
    pub(super) ty: Option<&'a Value>,
    pub(super) enumeration: Option<&'a Value>,
    pub(super) constant: Option<&'a Value>,
    pub(super) properties: Option<&'a Map<String, Value>>,
    pub(super) pattern_properties: Option<&'a Map<String, Value>>,
    pub(super) additional: Option<&'a Value>,
    pub(super) required: Option<&'a [Value]>,
    pub(super) items: Option<&'a Value>,
    pub(super) prefix_items: Option<&'a [Value]>,
    pub(super) additional_items: Option<&'a Value>,
    pub(super) min_items: Option<u64>,
    pub(super) max_items: Option<u64>,
    pub(super) minimum: Option<&'a Value>,
    pub(super) maximum: Option<&'a Value>,
    pub(super) exclusive_minimum: Option<&'a Value>,
    pub(super) exclusive_maximum: Option<&'a Value>,
    pub(super) description: Option<&'a str>,
    /// Whether a `$ref` led here.
    pub(super) referred: bool,
    /// The first keyword whose requirement no WIT type expresses.
    pub(super) inexpressible: Option<&'a str>,
    /// The first keyword that counts as absent because its value is of a wrong type, and that value.
    pub(super) ill_typed: Option<(&'a str, &'a Value)>,
    /// Whether it has a reference that depends on the path of evaluation, which is not followed.
    pub(super) dynamic: bool,
    /// The cost of examining the object, so that examining a large one a thousand times is bounded.
    pub(super) weight: usize,
    /// Whether it has a keyword that only documentation mentions: `default`, `pattern`, `minLength` and the like.
    pub(super) noted: bool,
    /// Whether it has a keyword that constrains values, beyond `$ref` and annotations.
    pub(super) structural: bool,
}

impl<'a> Keywords<'a> {
    pub(super) fn read(map: &'a Map<String, Value>) -> Self {
        let mut out = Self {
            map,
            reference: None,
            all_of: None,
            any_of: None,
            one_of: None,
            ty: None,
            enumeration: None,
            constant: None,
            properties: None,
            pattern_properties: None,
            additional: None,
            required: None,
            items: None,
            prefix_items: None,
            additional_items: None,
            min_items: None,
            max_items: None,
            minimum: None,
            maximum: None,
            exclusive_minimum: None,
            exclusive_maximum: None,
            description: None,
            referred: false,
            inexpressible: None,
            ill_typed: None,
            dynamic: false,
            weight: 1,
            noted: false,
            structural: false,
        };
        for (key, value) in map {
            out.weight += weight(key);
            out.keyword(key, value);
        }
        out
    }

    /// Whether every value is valid: `{"description": "..."}` means `{}`, which means `true`.
    pub(super) fn says_nothing(&self) -> bool {
        !self.structural && !self.dynamic && self.reference.is_none()
    }

    fn keyword(&mut self, key: &'a str, value: &'a Value) {
        let mut structural = true;
        if self.ill_typed.is_none() && is_ill_typed(key, value) {
            self.ill_typed = Some((key, value));
        }
        match key {
            "type" => self.ty = Some(value),
            "description" => {
                self.description = value.as_str();
                structural = false;
            }
            "properties" => {
                self.properties = value.as_object();
                self.weight += names(self.properties);
            }
            "required" => {
                self.required = value.as_array().map(Vec::as_slice);
                self.weight += each(value);
            }
            "items" => self.items = Some(value),
            "enum" => {
                self.enumeration = Some(value);
                self.weight += each(value);
            }
            "const" => {
                self.constant = Some(value);
                self.weight += one(value);
            }
            "anyOf" => self.any_of = Some(value),
            "oneOf" => self.one_of = Some(value),
            "allOf" => self.all_of = Some(value),
            "$ref" => {
                self.reference = Some(value);
                self.weight += one(value);
                structural = false;
            }
            "additionalProperties" => self.additional = Some(value),
            "patternProperties" => {
                self.pattern_properties = value.as_object();
                self.weight += names(self.pattern_properties);
            }
            "prefixItems" => self.prefix_items = value.as_array().map(Vec::as_slice),
            "additionalItems" => self.additional_items = Some(value),
            "minItems" => self.min_items = count(value),
            "maxItems" => self.max_items = count(value),
            "minimum" => self.minimum = Some(value),
            "maximum" => self.maximum = Some(value),
            "exclusiveMinimum" => self.exclusive_minimum = Some(value),
            "exclusiveMaximum" => self.exclusive_maximum = Some(value),
            "propertyNames" if says_only_string(value) => {}
            "not"
            | "if"
            | "dependencies"
            | "dependentSchemas"
            | "dependentRequired"
            | "unevaluatedProperties"
            | "unevaluatedItems"
            | "propertyNames"
            | "contains" => {
                // Generators write `false` and `{}` to state that nothing more is meant.
                if value.as_object().is_none_or(|object| !object.is_empty()) && !value.is_boolean()
                {
                    self.inexpressible = self.inexpressible.or(Some(key));
                }
            }
            "$dynamicRef" | "$recursiveRef" => self.dynamic = true,
            _ if is_note(key) => {
                self.noted = true;
                structural = false;
            }
            // The rest are places for definitions, titles, or keywords outside JSON Schema.
            _ => structural = false,
        }
        self.structural |= structural;
    }
}

/// Whether the keyword has a value of a wrong type. `null`, `required: false` and PHP's empty list for an empty object
/// say nothing.
fn is_ill_typed(key: &str, value: &Value) -> bool {
    match key {
        "required" => !(value.is_array() || matches!(value, Value::Null | Value::Bool(false))),
        "properties" | "patternProperties" => match value {
            Value::Array(list) => !list.is_empty(),
            value => !(value.is_object() || value.is_null()),
        },
        _ => false,
    }
}

/// Long names are copied, and count by the line.
fn weight(text: &str) -> usize {
    1 + text.len() / 64
}

/// The weight of a value that is one text.
fn one(value: &Value) -> usize {
    value.as_str().map_or(0, weight)
}

/// The weight of a list of values.
fn each(values: &Value) -> usize {
    let values = values.as_array().into_iter().flatten();
    values.map(|value| value.as_str().map_or(1, weight)).sum()
}

fn names(map: Option<&Map<String, Value>>) -> usize {
    map.into_iter()
        .flat_map(Map::keys)
        .map(|name| weight(name))
        .sum()
}

fn count(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| {
        let float = value.as_f64()?;
        // `minItems: 2.0` is as valid as `2`.
        (float.fract() == 0.0)
            .then(|| format!("{float:.0}").parse().ok())
            .flatten()
    })
}

fn says_only_string(value: &Value) -> bool {
    value.as_object().is_some_and(|object| {
        object.len() == 1 && object.get("type").is_some_and(|ty| ty == "string")
    })
}

/// Whether documentation uses the keyword.
fn is_note(key: &str) -> bool {
    matches!(
        key,
        "default"
            | "pattern"
            | "format"
            | "minLength"
            | "maxLength"
            | "multipleOf"
            | "uniqueItems"
            | "contentEncoding"
            | "contentMediaType"
            | "deprecated"
            | "readOnly"
            | "writeOnly"
            | "minProperties"
            | "maxProperties"
    )
}
