//! What every page begins and ends with: its head, its style sheet and its script.

use crate::figures::{Theme, page_colours};
use maud::{Markup, PreEscaped, html};

/// The head of a page with that title.
pub(super) fn head(title: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            title { (title) }
            style { (PreEscaped(sheet())) }
        }
    }
}

/// System fonts, light and dark, readable on a phone and on paper; colours of figures are those of
/// the ground.
fn sheet() -> String {
    include_str!("style.css").replace("/*light*/", &page_colours(Theme::Light)).replace("/*dark*/", &page_colours(Theme::Dark))
}

/// What sorts and filters; a page says the same without it.
pub(super) fn script() -> Markup {
    html! { script { (PreEscaped(include_str!("page.js"))) } }
}
