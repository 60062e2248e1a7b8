//! `--dry-run`: what a study will take, before it takes it.

use super::Failure;
use super::bars::Bar;
use super::told::answer;
use crate::study::{ClaimForecast, Prepared};
use comfy_table::{Table, presets};
use indicatif::HumanDuration;
use std::time::Duration;

/// Says units, time, disk and memory by claim, and all together.
pub(super) fn tell(prepared: &Prepared, json: bool) -> Result<u8, Failure> {
    let threads = rayon::current_num_threads();
    let bar = Bar::over(0);
    let claims = prepared.forecast(&bar);
    bar.finish();
    let claims = claims?;
    let seconds = claims.iter().map(|claim| claim.seconds).sum::<f64>() / threads as f64;
    let disk: f64 = claims.iter().map(|claim| claim.disk).sum();
    let units: usize = claims.iter().map(|claim| claim.units).sum();
    let memory = prepared.memory(threads);
    if json {
        let claims: Vec<_> = claims.iter().map(as_json).collect();
        let (hours, bytes) = (seconds / 3600.0, memory.predicted);
        answer(serde_json::json!({ "threads": threads, "units": units, "hours": hours, "disk": disk, "memory": bytes, "claims": claims }))?;
        return Ok(0);
    }
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(["claim", "units", "time of one thread", "records", "memory"]);
    for claim in &claims {
        table.add_row(row(claim));
    }
    let all = in_words(seconds * threads as f64);
    table.add_row(["all".into(), units.to_string(), all, in_megabytes(disk), in_megabytes(memory.predicted as f64)]);
    answer(table)?;
    let on = if threads == 1 { "one thread".into() } else { format!("{threads} threads") };
    let at_most = if prepared.is_sequential() { "at most, since some budgets may end early: " } else { "" };
    answer(format!("{at_most}about {} on {on}, the report aside; most of the memory is for {}", in_words(seconds), memory.largest))?;
    Ok(0)
}

fn row(claim: &ClaimForecast) -> [String; 5] {
    [claim.place.clone(), claim.units.to_string(), in_words(claim.seconds), in_megabytes(claim.disk), in_megabytes(claim.memory)]
}

fn as_json(claim: &ClaimForecast) -> serde_json::Value {
    serde_json::json!({
        "claim": claim.place,
        "units": claim.units,
        "seconds": claim.seconds,
        "disk": claim.disk,
        "memory": claim.memory,
    })
}

fn in_words(seconds: f64) -> String {
    if seconds < 10.0 { format!("{seconds:.1} s") } else { HumanDuration(Duration::from_secs_f64(seconds)).to_string() }
}

fn in_megabytes(bytes: f64) -> String {
    format!("{:.1} MB", bytes / 1e6)
}
