//! Rows of text in columns of minimal width, within the width of the terminal.

use std::borrow::Cow;

use super::out;

/// Formats the rows, with two spaces between columns and no trailing spaces. On a terminal that is too narrow, as many
/// of the last columns of each row as have to go to lines of their own.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    fitted(rows, out::width())
}

fn fitted(rows: &[Vec<String>], width: Option<usize>) -> String {
    // A name from outside does not end the line of its row.
    let rows: Vec<Vec<Cow<'_, str>>> = rows
        .iter()
        .map(|row| {
            row.iter()
                .map(|cell| mcp_bridge::text::line(cell))
                .collect()
        })
        .collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        })
        .collect();
    let width = width.unwrap_or(usize::MAX);
    let beside = (1..=columns)
        .rev()
        .find(|count| fits(&widths[..*count], width));
    let beside = beside.unwrap_or(1);
    let mut text = String::new();
    for row in &rows {
        let (first, rest) = row.split_at(beside.min(row.len()));
        text.push_str(line(first, &widths).trim_end());
        text.push('\n');
        let rest = rest.iter().map(|cell| &**cell);
        let rest: Vec<&str> = rest.filter(|cell| !cell.is_empty()).collect();
        let lengths: Vec<usize> = rest.iter().map(|cell| cell.chars().count()).collect();
        let between = match fits(&lengths, width.saturating_sub(2)) {
            true => "  ",
            false => "\n  ",
        };
        if !rest.is_empty() {
            text.push_str(&format!("  {}\n", rest.join(between)));
        }
    }
    text
}

/// Whether cells of these widths fit beside each other.
fn fits(widths: &[usize], width: usize) -> bool {
    widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1) <= width
}

fn line(cells: &[Cow<'_, str>], widths: &[usize]) -> String {
    let padded = cells.iter().zip(widths);
    let padded: Vec<String> = padded
        .map(|(cell, width)| format!("{cell:<width$}"))
        .collect();
    padded.join("  ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: [&str; 3]) -> Vec<String> {
        cells.map(str::to_owned).to_vec()
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        assert_eq!(
            fitted(&[row(["a", "é", "c"]), row(["long", "", ""])], None),
            "a     é  c\nlong\n"
        );
    }

    #[test]
    fn a_cell_stays_within_its_line() {
        let rows = [row(["a\nb\u{1b}[31m", "c", ""]), row(["d", "e", ""])];
        let shown = "a\\u{a}b\\u{1b}[31m  c\nd                  e\n";
        assert_eq!(fitted(&rows, None), shown);
    }

    #[test]
    fn the_last_column_goes_below_where_the_terminal_is_too_narrow() {
        let rows = [row(["memory", "256MiB", "the default"]), row(["x", "", ""])];
        assert_eq!(
            fitted(&rows, Some(20)),
            "memory  256MiB\n  the default\nx\n"
        );
        assert_eq!(fitted(&rows, Some(27)), "memory  256MiB  the default\nx\n");
    }

    #[test]
    fn as_many_columns_go_below_as_have_to() {
        let rows = [row(["a-long-name", "ready", "2"]), row(["b", "failed", ""])];
        assert_eq!(
            fitted(&rows, Some(15)),
            "a-long-name\n  ready  2\nb\n  failed\n"
        );
        assert_eq!(
            fitted(&rows, Some(8)),
            "a-long-name\n  ready\n  2\nb\n  failed\n"
        );
    }
}
