//! A table of words and numbers in the forms that a text takes: Markdown and LaTeX.

use super::terminal::{estimate, margin};
use crate::study::{ComparedMethod, Comparison, Paired, StudyOutcome};

/// What a table is written as.
///
/// ```
/// use rtrl_lab::report::{Sheet, SheetForm};
/// let sheet = Sheet {
///     caption: "Rates".into(),
///     heads: vec!["claim".into(), "rate".into()],
///     rows: vec![vec!["hidden_contraction".into(), "0.80 [0.79, 0.81]".into()]],
/// };
/// let text = sheet.text(SheetForm::Markdown);
/// assert!(text.ends_with("| hidden_contraction | 0.80 [0.79, 0.81] |\n"));
/// assert!(sheet.text(SheetForm::Latex).contains(r"hidden\_contraction & 0.80 [0.79, 0.81] \\"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SheetForm {
    /// A table of GitHub's Markdown, its caption as a line before it.
    Markdown,
    /// A `table` with the rules of the package `booktabs`.
    Latex,
}

/// A table: caption, heads, and rows as long as the heads.
///
/// ```
/// use rtrl_lab::report::{Sheet, SheetForm};
/// let rows = vec![vec!["a | b".to_string()]];
/// let sheet = Sheet { caption: "One column".into(), heads: vec!["x".into()], rows };
/// assert!(sheet.text(SheetForm::Markdown).ends_with("| a \\| b |\n"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// What it shows.
    pub caption: String,
    /// Heads of its columns.
    pub heads: Vec<String>,
    /// Its rows.
    pub rows: Vec<Vec<String>>,
}

impl Sheet {
    /// The table as text, with a line break at its end.
    ///
    /// ```
    /// use rtrl_lab::report::{Sheet, SheetForm};
    /// let (heads, rows) = (vec!["share".into()], vec![vec!["5 %".into()]]);
    /// let sheet = Sheet { caption: String::new(), heads, rows };
    /// assert!(sheet.text(SheetForm::Latex).contains(r"5 \% \\"));
    /// ```
    pub fn text(&self, form: SheetForm) -> String {
        match form {
            SheetForm::Markdown => self.markdown(),
            SheetForm::Latex => self.latex(),
        }
    }

    fn markdown(&self) -> String {
        let line = |cells: &[String]| {
            let cells: Vec<String> = cells.iter().map(|cell| cell.replace('\\', "\\\\").replace('|', "\\|").replace('\n', " ")).collect();
            format!("| {} |\n", cells.join(" | "))
        };
        let rule = format!("|{}\n", "---|".repeat(self.heads.len()));
        let rows: String = self.rows.iter().map(|row| line(row)).collect();
        format!("{}\n\n{}{rule}{rows}", self.caption, line(&self.heads))
    }

    fn latex(&self) -> String {
        let line = |cells: &[String]| format!("    {} \\\\\n", cells.iter().map(|cell| escaped(cell)).collect::<Vec<_>>().join(" & "));
        let rows: String = self.rows.iter().map(|row| line(row)).collect();
        format!(
            "\\begin{{table}}\n  \\caption{{{}}}\n  \\begin{{tabular}}{{{}}}\n    \\toprule\n{}    \\midrule\n{rows}    \\bottomrule\n  \\end{{tabular}}\n\\end{{table}}\n",
            escaped(&self.caption),
            "l".repeat(self.heads.len()),
            line(&self.heads)
        )
    }
}

/// A text as LaTeX takes it: signs that mean something there, the few signs of mathematics that
/// tables hold, and powers of ten.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for (at, sign) in text.char_indices() {
        let word = match sign {
            '\\' => r"\textbackslash{}",
            '{' => r"\{",
            '}' => r"\}",
            '&' => r"\&",
            '%' => r"\%",
            '$' => r"\$",
            '#' => r"\#",
            '_' => r"\_",
            '~' => r"\textasciitilde{}",
            '^' => r"\textasciicircum{}",
            '<' => "$<$",
            '>' => "$>$",
            '±' => r"$\pm$",
            '−' => "$-$",
            '×' => r"$\times$",
            '≤' => r"$\leq$",
            '≥' => r"$\geq$",
            '∞' => r"$\infty$",
            '‖' => r"$\Vert$",
            '∇' => r"$\nabla$",
            '²' => "$^2$",
            'τ' => r"$\tau$",
            'α' => r"$\alpha$",
            'θ' => r"$\theta$",
            'λ' => r"$\lambda$",
            'σ' => r"$\sigma$",
            '–' => "--",
            '—' => "---",
            // A minus before a number; elsewhere it is a hyphen.
            '-' if starts_number(text, at) => "$-$",
            _ => {
                out.push(sign);
                continue;
            }
        };
        out.push_str(word);
    }
    powers(&out)
}

/// Whether the hyphen at `at` is the sign of a number.
fn starts_number(text: &str, at: usize) -> bool {
    let before = text[..at].chars().next_back();
    let after = text[at + 1..].chars().next();
    before.is_none_or(|c| " [(".contains(c)) && after.is_some_and(|c| c.is_ascii_digit())
}

/// `2.5e-9` as a power of ten.
fn powers(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('e') {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        let exponent: String = after.char_indices().take_while(|(i, c)| c.is_ascii_digit() || (*i == 0 && *c == '-')).map(|(_, c)| c).collect();
        let is_power = before.ends_with(|c: char| c.is_ascii_digit()) && exponent.ends_with(|c: char| c.is_ascii_digit());
        out.push_str(before);
        if is_power {
            out.push_str(&format!("$\\times 10^{{{exponent}}}$"));
            rest = &after[exponent.len()..];
        } else {
            out.push('e');
            rest = after;
        }
    }
    out + rest
}

/// The verdicts of a run, a table a case.
pub(crate) fn verdict_sheets(outcome: &StudyOutcome) -> Vec<Sheet> {
    let heads: Vec<String> = ["claim", "verdict", "quantity", "estimate", "threshold"].map(String::from).to_vec();
    let sheet = |case: &crate::study::CaseOutcome| Sheet {
        caption: format!(
            "Study {}, case {}, seed {}: estimates with {} % intervals, held against thresholds that were stated in advance.",
            outcome.name,
            case.case.name,
            outcome.seed,
            100.0 * outcome.level
        ),
        heads: heads.clone(),
        rows: case
            .verdicts
            .iter()
            .map(|verdict| {
                let quantity = verdict.estimate.as_ref().map_or("—".into(), |estimate| estimate.name.clone());
                vec![verdict.id.clone(), verdict.verdict.word().replace('_', " "), quantity, estimate(verdict), margin(verdict)]
            })
            .collect(),
    };
    outcome.cases.iter().map(sheet).collect()
}

/// What a comparison of methods found, a table a case.
pub(crate) fn comparison_sheets(comparison: &Comparison) -> Vec<Sheet> {
    let shown = |paired: &Paired| paired.mean.map_or("undefined".into(), |[value, low, high]| super::interval(value, low, high));
    let heads: Vec<String> = ["method", "online loss", "loss at rest", "‖∇J‖² at rest", "diverged", "flops a step"].map(String::from).to_vec();
    let row = |method: &ComparedMethod| {
        let [online, rest, square] = [&method.online_loss, &method.stationary_loss, &method.gradient_square].map(shown);
        vec![method.method.clone(), online, rest, square, method.diverged.to_string(), super::number(method.flops)]
    };
    let sheet = |case: &crate::study::ComparedCase| Sheet {
        caption: format!(
            "Study {}, case {}: {} steps, {} seeds, which all methods share; means over seeds (squared gradient norms: medians) with intervals.",
            comparison.study, case.case, case.steps, comparison.seeds
        ),
        heads: heads.clone(),
        rows: case.methods.iter().map(row).collect(),
    };
    comparison.cases.iter().map(sheet).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_cell_is_a_command_of_latex() {
        assert_eq!(escaped("a_b & 5 % of {x}"), r"a\_b \& 5 \% of \{x\}");
        assert_eq!(escaped("-2.5e-9 [-3.0e-9, 1.0e3]"), r"$-$2.5$\times 10^{-9}$ [$-$3.0$\times 10^{-9}$, 1.0$\times 10^{3}$]");
        assert_eq!(escaped("block-tbptt, the rest"), "block-tbptt, the rest");
        assert_eq!(escaped("‖∇J‖² ≤ 1"), r"$\Vert$$\nabla$J$\Vert$$^2$ $\leq$ 1");
    }

    #[test]
    fn a_bar_in_a_cell_ends_no_cell() {
        let sheet = Sheet { caption: "c".into(), heads: vec!["a".into()], rows: vec![vec!["x | y".into()]] };
        assert_eq!(sheet.text(SheetForm::Markdown), "c\n\n| a |\n|---|\n| x \\| y |\n");
    }
}
