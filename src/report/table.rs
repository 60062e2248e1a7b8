//! Tables of a page: rows with their heads, and on a narrow screen a card a row.

use maud::{Markup, html};

/// A table whose first column names its rows; `class` is that of the style sheet.
pub(super) fn table(class: &str, caption: &Markup, heads: &[&str], rows: Vec<Vec<Markup>>) -> Markup {
    written(&format!("cards {class}"), caption, heads, rows)
}

/// A table of many rows, which scrolls on a narrow screen: a card a row would be a page without
/// end.
pub(super) fn long_table(class: &str, caption: &Markup, heads: &[&str], rows: Vec<Vec<Markup>>) -> Markup {
    written(class, caption, heads, rows)
}

fn written(class: &str, caption: &Markup, heads: &[&str], rows: Vec<Vec<Markup>>) -> Markup {
    scrolling(&html! {
        table class=(class) {
            @if !caption.0.is_empty() { caption { (caption) } }
            thead { tr { @for head in heads { th scope="col" { (head) } } } }
            tbody {
                @for row in rows {
                    tr {
                        @for (column, cell) in row.iter().enumerate() {
                            @if column == 0 { th scope="row" { (cell) } }
                            @else { td data-label=(heads.get(column).unwrap_or(&"")) { (cell) } }
                        }
                    }
                }
            }
        }
    })
}

/// What scrolls sideways by itself where the screen is narrower, by keyboard too.
pub(super) fn scrolling(table: &Markup) -> Markup {
    html! { div class="scroll" tabindex="0" role="group" aria-label="Table that scrolls sideways" { (table) } }
}
