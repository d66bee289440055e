//! The script of a run with its lines numbered, and those marked that may have made the calls that wait. Colours no
//! syntax.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::text;

/// Lines that are shown.
const LINES: usize = 2_000;

/// Bytes of one line.
const LINE: usize = 2_000;

/// Lines around a marked one that stand open.
const AROUND: usize = 12;

pub(super) fn section(script: &str, asking: &BTreeSet<u32>) -> Markup {
    // The script says which line is which: `\n`, `\r\n` or a lone `\r`.
    let whole = script.replace("\r\n", "\n").replace('\r', "\n");
    let lines: Vec<&str> = whole.lines().collect();
    let is_asking = |at: usize| u32::try_from(at).is_ok_and(|at| asking.contains(&at));
    let first = (1..=lines.len()).find(|at| is_asking(*at));
    // So that the line that asks is among those that are shown.
    let from = first.map_or(0, |at| if at > LINES { at - 1 - AROUND } else { 0 });
    let kept = lines.len().min(from + LINES) - from;
    html! {
        section aria-labelledby="source" {
            h2 #source { "What the script does" }
            @match (asking.len(), first) {
                (0, _) | (_, None) => {}
                (1, Some(at)) => { p { "Line " (at) " asks." } }
                (many, Some(_)) => { p { (many) " lines may ask: they call the tool with such arguments." } }
            }
            @if from > 0 { p.soft { "Lines 1 to " (from) " are not shown." } }
            div.scroll role="region" aria-label="Script" tabindex="0" {
                table.source {
                    @for (at, line) in lines.iter().enumerate().skip(from).take(kept) {
                        tr class=[is_asking(at + 1).then_some("asks")] {
                            td { (at + 1) }
                            td.marker { @if is_asking(at + 1) { "▶ asks" } }
                            td { (text::block(line, LINE)) }
                        }
                    }
                }
            }
            @if lines.len() > from + kept { p.soft { (lines.len() - from - kept) " more lines are not shown." } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_asks_is_marked_in_words_and_a_script_is_no_html() {
        let html = section(
            "let a = 1;\n<script>alert(1)</script>\n",
            &BTreeSet::from([2]),
        );
        let html = html.into_string();
        assert!(html.contains("Line 2 asks."), "{html}");
        assert_eq!(html.matches("▶ asks").count(), 1);
        assert!(!html.contains("<script>"), "{html}");
    }

    #[test]
    fn a_long_script_shows_the_line_that_asks_and_says_what_is_missing() {
        let long = "x\n".repeat(10_000);
        let html = section(&long, &BTreeSet::from([9_000])).into_string();
        assert!(html.contains("Lines 1 to 8987 are not shown."));
        assert!(html.contains("▶ asks"));
        assert!(html.len() < 300_000, "{}", html.len());
        let html = section(&long, &BTreeSet::new()).into_string();
        assert!(html.contains("8000 more lines are not shown."));
    }
}
