//! Refuses sources that nest too deeply, before they are parsed: the parser recurses, so that depth costs memory. An
//! estimate by a light scan; that the stack suffices does not depend on it.

use crate::scan::{Kind, scan};

/// Levels of brackets, operators and statements in each other.
pub(crate) const LEVELS: usize = 4_000;

/// What is open around a token.
#[derive(Default)]
struct Level {
    /// Operators, and words that something has to follow, since the last separator.
    pending: usize,
    /// The brackets of `if (...)`: a statement has to follow.
    is_head: bool,
}

/// The byte where a source becomes too deep.
// Long: one arm for each kind of token.
pub(crate) fn too_deep(text: &str) -> Option<usize> {
    let mut open = vec![Level::default()];
    let mut depth = 0_usize;
    let mut before = Before::Nothing;
    let mut newline = false;
    for token in scan(text) {
        let word = &text[token.start..token.end];
        let level = open.last_mut()?;
        // A word that begins a line, or follows a block, begins a statement: unless the one before goes on in it.
        if token.kind == Kind::Word
            && ((newline && before == Before::Value) || before == Before::Block)
            && !continues(word)
        {
            depth -= level.pending;
            level.pending = 0;
        }
        let next = match token.kind {
            Kind::Newline | Kind::Comment => {
                newline |= token.kind == Kind::Newline;
                continue;
            }
            Kind::Word if wants_more(word) => {
                level.pending += 1;
                depth += 1;
                if is_head(word) {
                    Before::Head
                } else {
                    Before::Operator
                }
            }
            Kind::Word => Before::Value,
            Kind::Quoted => {
                level.pending += 1;
                depth += 1;
                Before::Value
            }
            Kind::Mark('(' | '[' | '{') => {
                depth += 1;
                open.push(Level {
                    pending: 0,
                    is_head: before == Before::Head,
                });
                Before::Operator
            }
            Kind::Mark(char @ (')' | ']' | '}')) => {
                let is_head = level.is_head;
                // What closes nothing is an error of the parser.
                let pending = level.pending;
                if open.len() > 1 {
                    depth -= pending + 1;
                    open.pop();
                }
                if let Some(outer) = open.last_mut() {
                    outer.pending += 1;
                    depth += 1;
                }
                match char {
                    _ if is_head => Before::Operator,
                    '}' => Before::Block,
                    _ => Before::Value,
                }
            }
            Kind::Mark(',' | ';') => {
                depth -= level.pending;
                level.pending = 0;
                Before::Operator
            }
            Kind::Mark(_) => {
                level.pending += 1;
                depth += 1;
                Before::Operator
            }
        };
        if depth > LEVELS {
            return Some(token.start);
        }
        before = next;
        newline = false;
    }
    None
}

/// What the token before was.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    Value,
    Block,
    Operator,
    /// `if`, `while`: brackets follow, and then a statement.
    Head,
}

/// Words with which a statement does not begin.
fn continues(word: &str) -> bool {
    matches!(
        word,
        "else"
            | "catch"
            | "finally"
            | "while"
            | "in"
            | "instanceof"
            | "of"
            | "as"
            | "satisfies"
            | "extends"
            | "is"
            | "implements"
    )
}

/// Words that something has to follow.
fn wants_more(word: &str) -> bool {
    continues(word)
        || is_head(word)
        || matches!(
            word,
            "typeof"
                | "void"
                | "delete"
                | "await"
                | "new"
                | "do"
                | "return"
                | "throw"
                | "yield"
                | "async"
                | "function"
                | "class"
                | "case"
                | "keyof"
                | "infer"
                | "unique"
                | "readonly"
                | "asserts"
                | "try"
                | "export"
                | "default"
        )
}

fn is_head(word: &str) -> bool {
    matches!(word, "if" | "while" | "for" | "with" | "switch")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_side_by_side_is_not_deep() {
        for piece in [
            "const a = [1, 2].map((x) => x + 1)\n",
            "if (a) { b() } else if (c) d()\n",
            "function f(a) { return a.b.c(1) }",
            "import { a } from \"mcp:b\"\nfoo()\n",
            "type A = { b: string\n c: number\n }\n",
            "// ((((((\n",
            "f({ a: [1, 2, { b: \"(((\" }] });",
            "while (a)\n  b()\nlet c: string\n",
        ] {
            let text = piece.repeat(3_000);
            let at = too_deep(&text).map(|at| at / piece.len());
            assert_eq!(at, None, "{piece}");
        }
    }

    #[test]
    fn what_nests_is_deep() {
        for piece in [
            "(",
            "[",
            "{",
            "!",
            "- ",
            "a=>",
            "a?",
            "a.b+",
            "a.",
            "if(a)",
            "if(a)\n",
            "else if (a) b\n",
            "x:",
            "new ",
            "typeof ",
            "await ",
            "`${",
            "<",
            "async()=>{",
            "f(a,",
            "[a,",
            "class{a=",
            "do\n",
            "`` ",
            "()",
            "{a:",
        ] {
            assert!(too_deep(&piece.repeat(LEVELS + 1)).is_some(), "{piece}");
        }
    }
}
