//! `calibrate`: coverage of every interval and error rates of every verdict, against exact answers.

use super::Failure;
use comfy_table::{Table, presets};
use rtrl_lab::calibration::{CoverageRow, VerdictRow, coverage, trials, verdict_rates};
use rtrl_lab::data::InputError;
use rtrl_lab::random::Address;
use serde_json::{Value, json};
use std::path::PathBuf;

#[derive(clap::Args)]
pub struct Options {
    /// Independent repeats of a light trial
    #[arg(long, default_value_t = 2000)]
    pub repeats: usize,
    /// Independent repeats of a heavy trial, one of which takes a good part of a second
    #[arg(long, default_value_t = 400)]
    pub heavy_repeats: usize,
    /// Seeds of every designed violation and of every healthy case
    #[arg(long, default_value_t = 100)]
    pub verdicts: usize,
    /// Only the trials and verdicts whose name contains one of these, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
    pub only: Vec<String>,
    /// Seed of all noise
    #[arg(long, default_value_t = 20_261_124)]
    pub seed: u64,
    /// Write the rows as JSON into this file as well
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Print the rows as JSON
    #[arg(long)]
    pub json: bool,
}

/// Runs `calibrate`; exit code 1 where a row misses its bounds.
pub fn run(options: &Options) -> Result<u8, Failure> {
    if options.repeats < 20 || options.heavy_repeats < 20 || options.verdicts < 1 {
        return Err(InputError::new("--repeats", "so few repeats measure no coverage", "give at least 20, and at least 1 for --verdicts").into());
    }
    let address = Address::root(options.seed).within("calibrate");
    let mut rows = Vec::new();
    let wanted = |name: &str| options.only.is_empty() || options.only.iter().any(|part| name.contains(part.as_str()));
    let chosen: Vec<_> = trials().into_iter().filter(|trial| wanted(&trial.case)).collect();
    if chosen.is_empty() && !wanted("verdicts") {
        return Err(
            InputError::new("--only", "no trial has such a name", "give a part of a name in the first column of the table, or `verdicts`").into()
        );
    }
    for trial in chosen {
        eprintln!("{}", trial.case);
        rows.extend(coverage(&trial, if trial.heavy { options.heavy_repeats } else { options.repeats }, address));
    }
    let verdicts = if wanted("verdicts") {
        eprintln!("verdicts");
        verdict_rates(options.verdicts, options.seed)
    } else {
        Vec::new()
    };
    let passed = rows.iter().all(CoverageRow::passes) && verdicts.iter().all(|row| row.passes);
    let cases: Result<Vec<Value>, serde_json::Error> =
        rows.iter().map(serde_json::to_value).chain(verdicts.iter().map(serde_json::to_value)).collect();
    let answer = json!({ "cases": cases.map_err(|error| Failure::Machine(error.to_string()))?, "passed": passed });
    let text = serde_json::to_string_pretty(&answer).map_err(|error| Failure::Machine(error.to_string()))?;
    if let Some(path) = &options.out {
        std::fs::write(path, format!("{text}\n"))?;
    }
    if options.json {
        println!("{text}");
    } else {
        println!("{}\n{}", coverages(&rows), errors(&verdicts));
        println!("{}", if passed { "every row is within its bounds" } else { "rows marked with ! are outside their bounds" });
    }
    Ok(u8::from(!passed))
}

fn coverages(rows: &[CoverageRow]) -> String {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY).set_header([
        "case",
        "estimator",
        "level",
        "coverage",
        "99.9 % interval",
        "undefined",
        "bias",
        "width",
        "",
    ]);
    for row in rows {
        table.add_row([
            row.case.clone(),
            row.estimator.clone(),
            format!("{:.2}", row.level),
            row.coverage.map_or("—".into(), |coverage| format!("{coverage:.4}")),
            format!("[{:.3}, {:.3}]", row.coverage_lower, row.coverage_upper),
            format!("{} of {}", row.undefined, row.repeats),
            format!("{:+.1e}", row.bias),
            row.width.map_or("one-sided".into(), |width| format!("{width:.1e}")),
            if row.passes() { String::new() } else { "!".into() },
        ]);
    }
    table.to_string()
}

fn errors(rows: &[VerdictRow]) -> String {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY).set_header(["claim", "case", "repeats", "supported", "contradicted or premise failed", ""]);
    for row in rows {
        let share = |value: f64, upper: f64| format!("{value:.3} (< {upper:.3})");
        table.add_row([
            row.claim.clone(),
            row.case.clone(),
            row.repeats.to_string(),
            share(row.supported, row.supported_upper),
            share(row.contradicted, row.contradicted_upper),
            if row.passes { String::new() } else { "!".into() },
        ]);
    }
    table.to_string()
}
