//! `list`: what there is.

use super::Failure;
use super::told::answer;
use crate::claims;
use crate::data::kind as data;
use crate::network::{activation, kind, loss};
use crate::training::method;
use clap::builder::PossibleValuesParser;
use serde_json::{Map, Value, json};

/// Every list.
const LISTS: [&str; 6] = ["claims", "cells", "activations", "losses", "data", "methods"];

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  rtrl-lab list\n  rtrl-lab list claims\n  rtrl-lab list --json")]
pub(super) struct Options {
    /// One list alone
    #[arg(value_parser = PossibleValuesParser::new(LISTS))]
    pub of: Option<String>,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

/// Runs `list`.
pub(super) fn run(options: &Options) -> Result<u8, Failure> {
    let claims: Vec<(&str, &str)> = claims::ALL.into_iter().map(|claim| (claim.id(), claim.statement())).collect();
    let activations: Vec<(&str, String)> = activation::ALL
        .into_iter()
        .map(|a| {
            let smooth = if a.is_smooth() { "" } else { ", not twice continuously differentiable" };
            (a.name(), format!("sup |σ'| = {:.4}, sup |σ''| = {:.3}{smooth}", a.slope_bound(), a.curvature_bound()))
        })
        .collect();
    let cells: Vec<(&str, &str)> = kind::ALL.into_iter().map(|kind| (kind.name(), kind.formula())).collect();
    let methods: Vec<(&str, &str)> = method::ALL.into_iter().map(|kind| (kind.id(), kind.words())).collect();
    let known: Vec<(&str, String)> =
        data::ALL.into_iter().map(|kind| (kind.name(), format!("{}\n{:27}{}", kind.formula(), "", kind.known()))).collect();
    let data: Vec<(&str, &str)> = known.iter().map(|(name, words)| (*name, words.as_str())).collect();
    let losses: Vec<(&str, &str)> = loss::ALL.into_iter().map(|loss| (loss.name(), loss.formula())).collect();
    let activations: Vec<(&str, &str)> = activations.iter().map(|(name, words)| (*name, words.as_str())).collect();
    let lists = LISTS.into_iter().zip([claims, cells, activations, losses, data, methods]);
    let wanted: Vec<(&str, Vec<(&str, &str)>)> = lists.filter(|(name, _)| options.of.as_deref().is_none_or(|of| of == *name)).collect();
    if options.json {
        let names = |(list, rows): &(&str, Vec<(&str, &str)>)| (list.to_string(), json!(rows.iter().map(|(name, _)| *name).collect::<Vec<_>>()));
        let mut all: Map<String, Value> = wanted.iter().map(names).collect();
        let words = |(list, rows): &(&str, Vec<(&str, &str)>)| {
            let rows: Map<String, Value> =
                rows.iter().map(|(name, words)| (name.to_string(), json!(words.split_whitespace().collect::<Vec<_>>().join(" ")))).collect();
            (list.to_string(), Value::Object(rows))
        };
        all.insert("words".into(), Value::Object(wanted.iter().map(words).collect()));
        answer(Value::Object(all))?;
        return Ok(0);
    }
    let mut text = String::new();
    for (title, rows) in &wanted {
        text.push_str(title);
        rows.iter().for_each(|(name, words)| text.push_str(&format!("\n  {name:<25}{words}")));
        text.push_str("\n\n");
    }
    answer(text.trim_end())?;
    Ok(0)
}
