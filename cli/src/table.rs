//! Rows of text in columns of minimal width, within the width of the terminal.

use std::borrow::Cow;

use super::out;

/// Formats the rows, with two spaces between columns and no trailing spaces. On a terminal that is too narrow, the last
/// column of each row goes to a line of its own.
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
    let whole = widths.iter().sum::<usize>() + 2 * columns.saturating_sub(1);
    let breaks = columns > 1 && width.is_some_and(|width| whole > width);
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            if breaks && column + 1 == columns {
                line.truncate(line.trim_end().len());
                line.push_str("\n  ");
                line.push_str(cell);
            } else {
                line.push_str(&format!("{cell:<width$}  "));
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
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
}
