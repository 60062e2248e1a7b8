//! `phase`: where contraction ends, over the strength of the recurrence and the memory of the data.

use super::bars::Bar;
use super::told::answer;
use super::{Failure, written};
use crate::data::InputError;
use crate::report::phase_figure;
use crate::study::{PhaseMap, PhasePlan, RATES, config::Config, write_whole};
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  rtrl-lab phase experiments/theory.toml --out runs/phase")]
pub(super) struct Options {
    /// A study whose data are `var` and whose cell is `elman`
    pub study: PathBuf,
    /// Factors of the recurrent matrix B
    #[arg(long, value_name = "S,…", value_delimiter = ',', default_value = "0.5,0.75,1,1.25,1.5,1.75,2,2.5,3,4,5,6")]
    pub scales: Vec<f64>,
    /// Spectral radii of the data
    #[arg(long, value_name = "R,…", value_delimiter = ',', default_value = "0,0.3,0.6,0.8,0.9,0.95")]
    pub memories: Vec<f64>,
    /// Chains, as in the budget of derivative_moments
    #[arg(long, default_value_t = 128)]
    pub chains: usize,
    /// Steps of each
    #[arg(long, default_value_t = 200)]
    pub steps: usize,
    /// The case, where the study has several [default: the first]
    #[arg(long)]
    pub case: Option<String>,
    /// A folder for phase.json and the figure
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Replace what is there
    #[arg(long)]
    pub force: bool,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

impl Options {
    fn plan(&self) -> Result<PhasePlan, InputError> {
        let rising = |values: &[f64]| values.windows(2).all(|pair| pair[0] < pair[1]);
        if self.scales.len() < 2 || !rising(&self.scales) || self.scales.iter().any(|s| !s.is_finite() || *s <= 0.0) {
            return Err(InputError::new("--scales", "an edge lies between two factors", "give at least two positive factors, rising"));
        }
        if self.memories.is_empty() || !rising(&self.memories) || self.memories.iter().any(|m| !(0.0..1.0).contains(m)) {
            return Err(InputError::new("--memories", "the data must be stationary", "give spectral radii from 0 up to below 1, rising"));
        }
        if self.chains < 32 || self.steps < 40 {
            return Err(InputError::new("--chains, --steps", "too few to see a rate", "give at least 32 chains and 40 steps"));
        }
        let bounds = [
            ("--chains", self.chains, 1_000_000),
            ("--steps", self.steps, 1_000_000),
            ("--chains × --steps", self.chains.saturating_mul(self.steps), 1_000_000_000),
            ("--scales", self.scales.len(), 1_000),
            ("--memories", self.memories.len(), 1_000),
        ];
        if let Some((argument, value, most)) = bounds.into_iter().find(|(_, value, most)| value > most) {
            return Err(InputError::new(argument, format!("{value} is more than a map can do"), format!("give at most {most}")));
        }
        Ok(PhasePlan { scales: self.scales.clone(), memories: self.memories.clone(), chains: self.chains, steps: self.steps })
    }
}

/// Runs `phase`.
pub(super) fn run(options: &Options) -> Result<u8, Failure> {
    let plan = options.plan()?;
    let (config, index) = Config::read(&options.study)?;
    let base = options.study.parent().unwrap_or(Path::new("."));
    if let Some(folder) = options.out.as_ref().filter(|folder| folder.join("phase.json").exists() && !options.force) {
        return Err(InputError::new(folder.display().to_string(), "the folder holds a map", "name another, or replace it with --force").into());
    }
    let bar = Bar::over(plan.scales.len() * plan.memories.len());
    let map = PhaseMap::measure((&config, &index), base, options.case.as_deref(), &plan, || bar.one_more())?;
    bar.finish();
    let text = serde_json::to_string_pretty(&map).map_err(|error| Failure::Machine(error.to_string()))?;
    if let Some(folder) = &options.out {
        written::figure(folder, &phase_figure(&map))?;
        write_whole(&folder.join("phase.json"), format!("{text}\n").as_bytes())?;
    }
    if options.json {
        answer(&text)?;
    } else {
        answer(format!("case {}: the factor of B at which each rate reaches 1", map.case))?;
        answer(format!("{:>7}  {}", "memory", RATES.map(|rate| format!("{rate:>22}")).join(" ")))?;
        for memory in &plan.memories {
            let cells = map.edges.iter().filter(|edge| edge.memory == *memory).map(|edge| match (edge.scale, edge.lower, edge.upper) {
                (None, ..) => format!("{:>22}", "beyond"),
                (Some(scale), Some(low), Some(high)) if low < high => format!("{:>22}", format!("{scale:.3} [{low:.3}, {high:.3}]")),
                (Some(scale), ..) => format!("{:>22}", format!("{scale:.3}")),
            });
            answer(format!("{memory:>7}  {}", cells.collect::<Vec<_>>().join(" ")))?;
        }
    }
    Ok(0)
}
