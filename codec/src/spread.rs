//! The host memory of a guest's value, in proportion to what Wasmtime counts when it reads the value. Wasmtime counts a
//! slot per value and the bytes of each text. The allocator also provides memory for names of fields, cases and flags,
//! for short texts, and for lists of fewer than four. Never looks at a value.

use wasmtime::component::Val;
use wasmtime::component::types::{ComponentFunc, Type};

/// Bytes of memory per four counted bytes. [`Spread::TYPED`] is for the contract's own types, whose worst case is a
/// list of texts of one byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spread(usize);

impl Spread {
    /// 24 bytes of a text and the 32 that the allocator gives for its one byte, of which 25 are counted.
    pub const TYPED: Self = Self(9);

    /// For types that are not examined completely.
    pub const WORST: Self = Self(256);

    /// For all parameters and results of a function.
    pub fn of(function: &ComponentFunc) -> Self {
        let mut walk = Walk {
            left: TYPES,
            worst: Self::TYPED,
        };
        for ty in function
            .params()
            .map(|(_, ty)| ty)
            .chain(function.results())
        {
            // The value itself exists once. Values that can be many are in a list, and counted there.
            walk.weight(&ty);
        }
        if walk.left == 0 {
            Self::WORST
        } else {
            walk.worst
        }
    }

    /// How much may be counted for the arguments of one call if the limit of a call is `transfer`: Wasmtime reads them
    /// in one step, during which no deadline is checked.
    #[must_use]
    #[inline]
    pub fn at_once(self, transfer: usize) -> usize {
        /// Of values of types that this host declares: some 30 ms where they are many short texts. The largest file
        /// fits. A user who raises the limit gets more, and a deadline that is kept less exactly.
        const DECLARED: usize = 20 << 20;
        /// The memory for values of any type, in bytes: some 25 ms of allocating.
        const MADE: usize = 48 << 20;
        if self == Self::TYPED {
            DECLARED.max(transfer / 2)
        } else {
            self.fitting(MADE)
        }
    }

    /// How much may be counted for a value that must fit into this many bytes.
    #[inline]
    pub fn fitting(self, bytes: usize) -> usize {
        // This runs at each crossing of a run: a division by a constant is a multiplication.
        if self == Self::TYPED {
            bytes / Self::TYPED.0 * 4
        } else {
            bytes / self.0 * 4
        }
    }
}

/// The most types of one function that are examined; each use counts.
const TYPES: usize = 20_000;

/// A value among others, or in a box of its own.
const SLOT: usize = size_of::<Val>();
/// The allocator's overhead, and its smallest block.
const BLOCK: usize = 16;
const SHORT: usize = 32;

/// The memory of a value of a type, and what is counted for it. If values differ, this is the one with the most memory
/// per counted byte.
#[derive(Clone, Copy)]
struct Weight {
    bytes: usize,
    counted: usize,
}

impl Weight {
    const PLAIN: Self = Self {
        bytes: SLOT,
        counted: SLOT,
    };

    fn spread(self) -> Spread {
        Spread(self.bytes.saturating_mul(4).div_ceil(self.counted))
    }

    fn worse(self, other: Self) -> Self {
        if other.spread() > self.spread() {
            other
        } else {
            self
        }
    }

    fn and(self, bytes: usize, counted: usize) -> Self {
        Self {
            bytes: self.bytes.saturating_add(bytes),
            counted: self.counted.saturating_add(counted),
        }
    }
}

struct Walk {
    left: usize,
    worst: Spread,
}

impl Walk {
    /// Of the many values of a list, each is like this.
    fn see(&mut self, weight: Weight) {
        self.worst = self.worst.max(weight.spread());
    }

    fn weight(&mut self, ty: &Type) -> Weight {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 {
            return Weight::PLAIN;
        }
        match ty {
            Type::String => Weight::PLAIN.and(SHORT, 1),
            Type::List(list) => {
                let item = self.weight(&list.ty());
                self.see(item);
                self.room(1, SLOT, [item])
            }
            Type::Map(map) => {
                let items = [self.weight(&map.key()), self.weight(&map.value())];
                let all = items[0].and(items[1].bytes, items[1].counted);
                self.see(all);
                self.room(1, 2 * SLOT, items)
            }
            Type::FixedLengthList(list) => {
                let item = self.weight(&list.ty());
                self.see(item);
                self.room(1, SLOT, [item])
            }
            Type::Tuple(tuple) => {
                let items: Vec<_> = tuple.types().map(|ty| self.weight(&ty)).collect();
                self.room(items.len(), SLOT, items)
            }
            Type::Record(record) => {
                let (mut names, mut items) = (0, Vec::new());
                for field in record.fields() {
                    names += field.name.len();
                    items.push(self.weight(&field.ty));
                }
                let fields = items.len();
                let record = self.room(fields, size_of::<(String, Val)>(), items);
                record.and(fields * SHORT + names, names)
            }
            Type::Variant(variant) => {
                self.cases(variant.cases().map(|case| (case.name.len(), case.ty)))
            }
            Type::Enum(cases) => self.cases(cases.names().map(|name| (name.len(), None))),
            Type::Option(option) => self.unnamed([Some(option.ty())]),
            Type::Result(result) => self.unnamed([result.ok(), result.err()]),
            Type::Flags(flags) => {
                let (mut count, mut names) = (0_usize, 0);
                for name in flags.names() {
                    count += 1;
                    names += name.len();
                }
                let room = count.next_power_of_two().max(4) * size_of::<String>();
                Weight::PLAIN.and(room + BLOCK + count * SHORT + names, names)
            }
            // Numbers and handles.
            _ => Weight::PLAIN,
        }
    }

    /// A value that holds these in a block with room for four at least.
    fn room(
        &mut self,
        count: usize,
        size: usize,
        items: impl IntoIterator<Item = Weight>,
    ) -> Weight {
        let block = Weight::PLAIN.and(count.max(4) * size + BLOCK, 0);
        items.into_iter().fold(block, |all, item| {
            // The slot is in the block.
            all.and(item.bytes.saturating_sub(SLOT), item.counted)
        })
    }

    fn cases<'t>(&mut self, cases: impl Iterator<Item = (usize, Option<Type>)> + 't) -> Weight {
        let mut worst = Weight::PLAIN;
        for (name, ty) in cases {
            let case = Weight::PLAIN.and(SHORT + name, name);
            let case = match ty {
                None => case,
                Some(ty) => {
                    let payload = self.weight(&ty);
                    case.and(BLOCK + payload.bytes, payload.counted)
                }
            };
            worst = worst.worse(case);
        }
        worst
    }

    fn unnamed(&mut self, cases: impl IntoIterator<Item = Option<Type>>) -> Weight {
        let mut worst = Weight::PLAIN;
        for ty in cases.into_iter().flatten() {
            let payload = self.weight(&ty);
            worst = worst.worse(Weight::PLAIN.and(BLOCK + payload.bytes, payload.counted));
        }
        worst
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use wasmtime::component::Component;
    use wasmtime::component::types::ComponentItem;

    use super::*;

    /// Of a function that takes a list of this.
    fn spread(ty: &str) -> Spread {
        let text = format!(
            "(component
                (type $t' {ty})
                (export $t \"t\" (type $t'))
                (core module $m (memory (export \"memory\") 1)
                  (func (export \"realloc\") (param i32 i32 i32 i32) (result i32) (i32.const 0))
                  (func (export \"f\") (param i32 i32)))
                (core instance $i (instantiate $m))
                (func (export \"f\") (param \"a\" (list $t)) (canon lift (core func $i \"f\")
                  (memory (core memory $i \"memory\")) (realloc (core func $i \"realloc\")))))"
        );
        let component =
            Component::new(&wasmtime::Engine::default(), wat::parse_str(text).unwrap()).unwrap();
        let ty = component.component_type();
        let Some(ComponentItem::ComponentFunc(ty)) =
            ty.get_export(component.engine(), "f").map(|item| item.ty)
        else {
            panic!("`f` is a function");
        };
        Spread::of(&ty)
    }

    #[test]
    fn a_type_whose_values_take_more_than_is_counted_has_less_room() {
        assert_eq!(spread("u8"), Spread::TYPED);
        assert_eq!(spread("string"), Spread::TYPED);
        // Four fields of 56 bytes where one is, its name, and a slot: of that, two slots and a letter are counted.
        let record = spread("(record (field \"a\" bool))");
        assert!((Spread(16)..Spread(24)).contains(&record), "{record:?}");
        // Of a flag only the letters are counted.
        let flags: Vec<_> = ('a'..='z').map(|name| format!("\"{name}\"")).collect();
        let flags = spread(&format!("(flags {})", flags.join(" ")));
        assert!((Spread(100)..Spread(160)).contains(&flags), "{flags:?}");
        assert_eq!(flags.fitting(usize::MAX / 8), usize::MAX / 8 / flags.0 * 4);
    }

    #[test]
    fn types_without_end_are_not_looked_at_to_their_end() {
        let mut ty = "(tuple u8 u8)".to_owned();
        for _ in 0..14 {
            ty = format!("(tuple {ty} {ty})");
        }
        assert_eq!(spread(&ty), Spread::WORST);
    }
}
