//! A figure on a page: its panels flow, its legend is one, and its colours are the page's.

use crate::figures::{Figure, FigureError};
use maud::{Markup, PreEscaped, html};

/// The figure with its caption; `folder` is where its files lie, seen from the page, if there are
/// any: the page links to them.
///
/// # Errors
/// [`FigureError`] where it cannot be drawn.
pub(super) fn drawing(figure: &Figure, folder: Option<&str>) -> Result<Markup, FigureError> {
    let (panels, legend) = (figure.panel_svgs()?, figure.legend_svgs()?);
    Ok(html! {
        figure {
            p class="question" { (figure.title) }
            div class={ "panels" @if panels.len() == 1 { " single" } } { @for panel in &panels { (PreEscaped(panel)) } }
            @if !legend.is_empty() { ul class="legend" { @for (sample, label) in &legend { li { (PreEscaped(sample)) " " (label) } } } }
            figcaption {
                (figure.caption)
                @if let Some(folder) = folder {
                    " " span class="files" { "Files: " @for form in ["svg", "pdf", "png", "csv"] { a href={ (folder) (figure.id) "." (form) } download { (form.to_uppercase()) } " " } }
                }
            }
        }
    })
}
