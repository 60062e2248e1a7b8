//! The page of a comparison of methods: losses, gradients and fidelity, and what each costs.

use super::drawing::drawing;
use super::format::number;
use super::style::head;
use super::table::table as sheet;
use crate::figures::{Axis, Figure, FigureError, Layer, Mark, Panel, Role};
use crate::study::{ComparedCase, ComparedMethod, Comparison, Paired, StableSteps};
use maud::{DOCTYPE, Markup, html};

/// Curves of the online loss, a figure a case, and one across the cases where there are several.
pub(crate) fn comparison_figures(comparison: &Comparison) -> Vec<Figure> {
    let mut figures: Vec<Figure> =
        comparison.cases.iter().filter(|case| case.methods.iter().any(|method| !method.curve.is_empty())).map(curves).collect();
    if comparison.cases.len() > 1 {
        figures.extend(across(comparison));
    }
    figures
}

fn role(index: usize) -> Role {
    if index == 0 { Role::Measured } else { Role::Rival(u8::try_from(index - 1).unwrap_or(u8::MAX)) }
}

fn axis(label: &str, values: impl Iterator<Item = f64>) -> Axis {
    let positive = values.fold((true, false), |(all, any), value| (all && value > 0.0, any || value.is_finite()));
    if positive == (true, true) { Axis::log(label) } else { Axis::linear(label) }
}

fn curves(case: &ComparedCase) -> Figure {
    let line = |(index, method): (usize, &ComparedMethod)| Layer::Line {
        label: method.method.clone(),
        role: role(index),
        points: method.curve.iter().map(|(t, loss)| [*t as f64, *loss]).collect(),
    };
    let drawn: Vec<(usize, &ComparedMethod)> = case.methods.iter().enumerate().filter(|(_, method)| !method.curve.is_empty()).collect();
    let values = || drawn.iter().flat_map(|(_, method)| method.curve.iter().map(|(_, loss)| *loss));
    let lost: usize = case.methods.iter().map(|method| method.diverged).sum();
    Figure {
        id: format!("{}-learning", case.case),
        title: "How the online loss falls, method by method".into(),
        caption: format!("Case {}: mean online loss over seeds along the run, at the parameters before each update.", case.case),
        panels: vec![Panel {
            title: case.case.clone(),
            x: Axis::linear("steps"),
            y: axis("online loss", values()),
            layers: drawn.iter().copied().map(line).collect(),
            note: (lost > 0).then(|| format!("{lost} runs that left the finite numbers are left out")),
        }],
    }
}

/// The loss of the last steps and the gradient's norm of every method, against the cases in order.
fn across(comparison: &Comparison) -> Option<Figure> {
    let names: Vec<&String> = comparison.cases.first()?.methods.iter().map(|method| &method.method).collect();
    let panel = |title: &str, of: &dyn Fn(&ComparedMethod) -> &Paired| {
        let points = |name: &String| -> Vec<Mark> {
            let found = |(x, case): (usize, &ComparedCase)| {
                let method = case.methods.iter().find(|method| method.method == *name)?;
                let [value, low, high] = of(method).mean?;
                Some(Mark { x: (x + 1) as f64, y: value, interval: Some([low, high]) })
            };
            comparison.cases.iter().enumerate().filter_map(found).collect()
        };
        let layers: Vec<Layer> = names
            .iter()
            .enumerate()
            .map(|(index, name)| Layer::Points { label: name.to_string(), role: role(index), points: points(name) })
            .collect();
        let lows = comparison.cases.iter().flat_map(|case| &case.methods).filter_map(|method| of(method).mean.map(|mean| mean[1]));
        Panel {
            title: title.into(),
            x: Axis::named("case", comparison.cases.iter().map(|case| case.case.as_str())),
            y: axis(title, lows),
            layers,
            note: None,
        }
    };
    Some(Figure {
        id: "across-cases".into(),
        title: "Across the cases".into(),
        caption: format!(
            "Means over seeds with their intervals. Cases: {}.",
            comparison.cases.iter().map(|case| case.case.as_str()).collect::<Vec<_>>().join(", ")
        ),
        panels: vec![
            panel("online loss of the last steps", &|method| &method.online_loss),
            panel("squared gradient norm at the end", &|method| &method.gradient_square),
        ],
    })
}

/// A comparison as one HTML file.
///
/// # Errors
/// [`FigureError`] where a figure cannot be drawn.
pub(crate) fn comparison_page(comparison: &Comparison) -> Result<String, FigureError> {
    let figures: Result<Vec<Markup>, FigureError> = comparison_figures(comparison).iter().map(|figure| drawing(figure, Some(""))).collect();
    let figures = figures?;
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            (head(&format!("{}: methods compared", comparison.study)))
            body {
                header {
                    h1 { "Methods side by side: " (comparison.study) }
                    p {
                        "Every method was run on the same " (comparison.seeds) " networks, data and noise, with the optimiser " code { (comparison.optimiser) } ". Intervals are of means over seeds; differences are taken seed by seed "
                        "against the first method. Fidelity of the gradient, stationarity and loss are three results, and need not agree."
                    }
                }
                main {
                    @for case in &comparison.cases {
                        h2 { (case.case) } (table(case)) (held_out(case)) (beside_best(case))
                        @for stable in comparison.stability.iter().filter(|stable| stable.case == case.case) { p { (stability_words(stable)) } }
                        (published(case, &comparison.source)) (cosines(case))
                    }
                    @for figure in &figures { (figure) }
                }
                footer { p { "Written by rtrl-lab " (env!("CARGO_PKG_VERSION")) ". " code { "rtrl-lab train STUDY --check FOLDER" } " does the runs again and holds every number against this page's." } }
            }
        }
    };
    Ok(markup.into_string())
}

/// What runs of one step size showed of a case, in a sentence, with a warning where the schedule
/// begins near the edge.
pub(crate) fn stability_words(stable: &StableSteps) -> String {
    let seen = match (stable.stable(), stable.unstable()) {
        (Some(low), Some(high)) => format!("steps up to {} were stable in every seed, {} in some seed not", number(low), number(high)),
        (Some(low), None) => format!("every step was stable, up to {}", number(low)),
        (None, Some(high)) => format!("no step was stable in every seed; {} was the smallest that some seed did not bear", number(high)),
        (None, None) => "undefined, since the loss of the weights that learning begins with is zero or no number".into(),
    };
    let undefined = stable.found.len() - stable.defined().count();
    let some = if undefined > 0 && undefined < stable.found.len() { format!(" Undefined in {undefined} of the seeds.") } else { String::new() };
    let warning = if stable.is_near() { " Warning: that is more than half of what every seed bore." } else { "" };
    format!(
        "Stable steps of {}, runs of {} steps of one size from {} seeds: {seen}. The schedule begins with {}.{some}{warning}",
        stable.method,
        stable.steps,
        stable.found.len(),
        number(stable.first)
    )
}

fn mean(paired: &Paired) -> String {
    paired.mean.map_or("undefined".into(), |[value, low, high]| format!("{} [{}, {}]", number(value), number(low), number(high)))
}

fn difference(paired: &Paired) -> String {
    paired
        .difference
        .map_or("undefined".into(), |[value, low, high]| format!("{} [{}, {}]: {}", number(value), number(low), number(high), paired.word()))
}

fn table(case: &ComparedCase) -> Markup {
    let heads = [
        "method",
        "online loss",
        "difference of it",
        "loss at rest",
        "difference of it",
        "‖∇J‖² at rest",
        "difference of it",
        "diverged",
        "parameters",
        "flops a step",
    ];
    let caption = html! {
        (case.steps) " steps. Online loss: mean over the last steps, while parameters move. At rest: at the last parameters, over stretches of their own; squared gradient norms, whose noise bias is taken off, are medians over seeds, all else means."
    };
    let row = |(index, method): (usize, &ComparedMethod)| {
        let pair = |paired: &Paired| [html! { (mean(paired)) }, html! { @if index == 0 { "the first" } @else { (difference(paired)) } }];
        let numbers = [&method.online_loss, &method.stationary_loss, &method.gradient_square].into_iter().flat_map(pair);
        let counts = [html! { (method.diverged) }, html! { (method.parameters) }, html! { (number(method.flops)) }];
        std::iter::once(html! { (method.method) }).chain(numbers).chain(counts).collect()
    };
    sheet("compared", &caption, &heads, case.methods.iter().enumerate().map(row).collect())
}

/// What the methods lose on rows that they never saw.
fn held_out(case: &ComparedCase) -> Markup {
    let Some(held) = &case.held_out else { return html! {} };
    let caption = html! {
        "On the " (held.rows) " rows at the end of the record that were held out, in their order, at the last parameters; nothing is learnt there. The constant answer is the best one to the rows before."
    };
    let row = |method: &ComparedMethod| {
        let numbers = [mean(&method.held_out_loss), difference(&method.held_out_loss), known(&method.held_out_accuracy)];
        std::iter::once(html! { (method.method) }).chain(numbers.map(|text| html! { (text) })).collect()
    };
    let constant = [held.constant.map_or("—".into(), number), "—".into(), held.constant_accuracy.map_or("—".into(), number)];
    let last = std::iter::once(html! { "one constant answer" }).chain(constant.map(|text| html! { (text) })).collect();
    let rows = case.methods.iter().map(row).chain([last]).collect();
    sheet("held-out", &caption, &["answer", "loss", "against the first", "accuracy"], rows)
}

/// How far the methods are from one constant answer and, where it is known, from the best there is.
fn beside_best(case: &ComparedCase) -> Markup {
    let Some(best) = &case.best else { return html! {} };
    let is_known = best.loss.mean.is_some();
    let caption = html! {
        @if is_known {
            "Beside the exact chances of the target given the whole state of the data, which no method can pass, and one constant answer; at rest, on the same steps. Excess: loss less that of the exact chances. "
        } @else { "Beside one constant answer; at rest, on the rows that were learnt from. " }
        "Accuracy: share of steps at which the likeliest class came; ties count as their share."
    };
    let cells =
        |name: &str, texts: [String; 3]| -> Vec<Markup> { std::iter::once(html! { (name) }).chain(texts.map(|text| html! { (text) })).collect() };
    let exact = is_known.then(|| cells("exact chances", [mean(&best.loss), "0".into(), known(&best.accuracy)]));
    let row = |method: &ComparedMethod| cells(&method.method, [mean(&method.stationary_loss), known(&method.excess), known(&method.accuracy)]);
    let constant = cells("one constant answer", [mean(&best.constant), "—".into(), known(&best.constant_accuracy)]);
    let rows = exact.into_iter().chain(case.methods.iter().map(row)).chain([constant]).collect();
    sheet("best", &caption, &["answer", "loss", "excess", "accuracy"], rows)
}

/// A mean where there is one to tell.
fn known(paired: &Paired) -> String {
    if paired.seeds == 0 { "—".into() } else { mean(paired) }
}

fn published(case: &ComparedCase, source: &str) -> Markup {
    let spread = |[mean, deviation]: [f64; 2], seeds: usize| format!("{} ± {} ({seeds} seeds)", number(mean), number(deviation));
    let row = |method: &ComparedMethod| {
        let beside = method.published.as_ref()?;
        let said = |[value, low, high]: [f64; 3]| format!("{} [{}, {}]: {}", number(value), number(low), number(high), beside.word());
        Some(vec![
            html! { (method.method) },
            html! { (spread([beside.mean, beside.deviation], beside.seeds)) },
            html! { (beside.ours.map_or("undefined".into(), |ours| spread(ours, method.online_loss.seeds))) },
            html! { (beside.difference.map_or("undefined".into(), said)) },
        ])
    };
    let rows: Vec<Vec<Markup>> = case.methods.iter().filter_map(row).collect();
    let caption = html! {
        "Online losses beside published ones, mean ± standard deviation over seeds, in their units; the interval of the difference is that of two samples. Published: " (source)
    };
    html! { @if !rows.is_empty() { (sheet("published", &caption, &["method", "published", "here", "difference"], rows)) } }
}

/// Cosines with the exact gradient, by block.
fn cosines(case: &ComparedCase) -> Markup {
    let blocks: Vec<&String> = case.methods.first().map_or(Vec::new(), |method| method.cosines.keys().collect());
    let heads: Vec<&str> = std::iter::once("method").chain(blocks.iter().map(|block| block.as_str())).chain(["relative error"]).collect();
    let caption = html! {
        "Mean cosine of each method's gradient with the exact one of the same steps, over the last steps, by block; and the root mean square of its error \
         in the recurrent parameters, relative to the exact gradient."
    };
    let row = |method: &ComparedMethod| {
        let cosine = |block: &&String| html! { (method.cosines.get(*block).map_or("undefined".into(), mean)) };
        std::iter::once(html! { (method.method) }).chain(blocks.iter().map(cosine)).chain([html! { (mean(&method.gradient_error)) }]).collect()
    };
    html! { @if !blocks.is_empty() { (sheet("cosines", &caption, &heads, case.methods.iter().map(row).collect())) } }
}
