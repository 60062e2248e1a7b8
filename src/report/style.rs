//! What every page begins with: its head and style sheet.

use maud::{Markup, PreEscaped, html};

/// The head of a page with that title.
pub(super) fn head(title: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            title { (title) }
            style { (PreEscaped(SHEET)) }
        }
    }
}

/// System fonts, light and dark, readable on a phone and on paper.
const SHEET: &str = "
:root { --ink: #1b1f24; --paper: #ffffff; --soft: #57606a; --line: #d0d7de; --wash: #f6f8fa; --link: #0550ae;
  --good: #116329; --bad: #a40e26; --open: #7d4e00; --odd: #6639ba; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --paper: #0d1117; --soft: #9ea7b3; --line: #30363d; --wash: #161b22; --link: #79b8ff;
  --good: #56d364; --bad: #ff7b72; --open: #e3b341; --odd: #d2a8ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.2rem 4rem; max-width: 68rem; color: var(--ink); background: var(--paper);
  font: 1rem/1.55 system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .4rem; }
h2 { font-size: 1.4rem; margin: 2.6rem 0 .6rem; padding-bottom: .2rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1.1rem; margin: 2rem 0 .3rem; }
p, li { max-width: 46rem; }
a { color: var(--link); }
code { font-family: ui-monospace, 'DejaVu Sans Mono', monospace; font-size: .9em; }
nav ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; }
.scroll { overflow-x: auto; margin: .8rem 0; }
table { border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); padding-bottom: .3rem; }
th, td { text-align: left; padding: .32rem .8rem .32rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
thead th { border-bottom: 2px solid var(--line); white-space: nowrap; }
.word { font-weight: 650; white-space: nowrap; }
.supported { color: var(--good); } .contradicted { color: var(--bad); } .inconclusive, .premise_failed, .slow { color: var(--open); } .undefined { color: var(--odd); }
.claim { border-left: 4px solid var(--line); padding: .1rem 0 .1rem 1rem; margin: 1.4rem 0; }
.claim.supported { border-color: var(--good); } .claim.contradicted { border-color: var(--bad); } .claim.undefined { border-color: var(--odd); }
.claim.inconclusive, .claim.premise_failed, .claim.slow { border-color: var(--open); }
.claim > * { color: var(--ink); }
figure { margin: 1rem 0; padding: .6rem; background: #ffffff; border: 1px solid var(--line); border-radius: 6px; }
figure svg { width: 100%; height: auto; display: block; }
figcaption { color: #57606a; font-size: .9rem; padding: .3rem .4rem 0; }
details { margin: .6rem 0; } summary { cursor: pointer; color: var(--link); }
.answers dt { font-weight: 650; margin-top: .9rem; } .answers dd { margin: .1rem 0 0 0; padding-left: 1rem; border-left: 4px solid var(--link); }
.answers dd p { margin: .2rem 0; color: var(--soft); }
.note { background: var(--wash); border: 1px solid var(--line); border-radius: 6px; padding: .6rem 1rem; }
footer { margin-top: 3rem; color: var(--soft); font-size: .9rem; border-top: 1px solid var(--line); padding-top: .8rem; }
@media print { body { max-width: none; } details { display: block; } figure, .claim { break-inside: avoid; } }
";
