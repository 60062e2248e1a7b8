//! Tables that fit a terminal: one below the other, each with the names of the rows.

use comfy_table::{Table, presets};

/// Width that every terminal has.
const WIDTH: usize = 80;

/// The columns in as many tables as eighty letters ask for. The first column, which names the rows,
/// begins each of them.
pub(super) fn tables<const N: usize>(heads: [&str; N], rows: &[[String; N]]) -> Vec<Table> {
    // A blank stands on each side of a cell.
    let wide: [usize; N] =
        std::array::from_fn(|at| 2 + rows.iter().map(|row| row[at].as_str()).chain([heads[at]]).map(|cell| cell.chars().count()).max().unwrap_or(0));
    let mut blocks: Vec<Vec<usize>> = Vec::new();
    let mut taken = WIDTH;
    for (at, width) in wide.iter().enumerate().skip(1) {
        match blocks.last_mut() {
            Some(block) if taken + width <= WIDTH => block.push(at),
            _ => {
                blocks.push(vec![0, at]);
                taken = wide[0];
            }
        }
        taken += width;
    }
    let table = |block: &Vec<usize>| {
        let mut table = Table::new();
        table.load_preset(presets::NOTHING).set_header(block.iter().map(|at| heads[*at]));
        for row in rows {
            table.add_row(block.iter().map(|at| &row[*at]));
        }
        table
    };
    blocks.iter().map(table).collect()
}

#[cfg(test)]
mod tests {
    use super::{WIDTH, tables};

    #[test]
    fn every_column_stands_in_one_table_that_fits() {
        let row = ["RTRL".to_string(), "a".repeat(30), "b".repeat(30), "c".repeat(30), "d".into()];
        let told: Vec<String> = tables(["method", "one", "two", "three", "four"], &[row]).iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 2);
        assert!(told.iter().all(|table| table.contains("RTRL") && table.lines().all(|line| line.chars().count() <= WIDTH)), "{told:?}");
        for (head, at) in [("one", 0), ("two", 0), ("three", 1), ("four", 1)] {
            assert!(told[at].contains(head) && !told[1 - at].contains(head), "{told:?}");
        }
    }
}
