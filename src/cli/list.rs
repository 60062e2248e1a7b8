//! `list`: what there is.

use super::Failure;
use super::told::answer;
use rtrl_lab::claims;
use rtrl_lab::network::activation;

#[derive(clap::Args)]
pub struct Options {
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

const DATA: [(&str, &str); 3] = [
    ("var", "vector autoregression D' = Φ D + noise"),
    ("nonlinear-ar", "saturating autoregression D' = Φ tanh(g D)/g + noise"),
    ("recorded", "columns of a CSV file, played in a cycle"),
];
const CELLS: [(&str, &str); 2] =
    [("elman", "S' = σ(N^-β B S + W X + b)"), ("diagonal", "S' = σ(a ∘ S + W X + b), whose derivatives are exact at the size of the parameters")];
const METHODS: [(&str, &str); 4] = [
    ("rtrl", "real-time recurrent learning"),
    ("rolling-tbptt", "the last τ steps recomputed at the current parameters"),
    ("rolling-stale-tbptt", "the last τ steps as stored"),
    ("block-tbptt", "blocks of τ steps, one update a block"),
];

/// Runs `list`.
pub fn run(options: &Options) -> Result<u8, Failure> {
    let claims: Vec<(&str, &str)> = claims::ALL.into_iter().map(|claim| (claim.id(), claim.statement())).collect();
    let activations: Vec<(&str, String)> =
        activation::ALL.into_iter().map(|a| (a.name(), format!("sup |σ'| = {}, sup |σ''| = {:.3}", a.slope_bound(), a.curvature_bound()))).collect();
    if options.json {
        let names = |list: &[(&str, &str)]| list.iter().map(|(name, _)| name.to_string()).collect::<Vec<_>>();
        let activations: Vec<&str> = activations.iter().map(|(name, _)| *name).collect();
        answer(serde_json::json!({
            "claims": names(&claims), "cells": names(&CELLS), "activations": activations, "data": names(&DATA), "methods": names(&METHODS)
        }))?;
        return Ok(0);
    }
    let mut text = String::new();
    let mut show = |title: &str, rows: &mut dyn Iterator<Item = (&str, &str)>| {
        text.push_str(title);
        rows.for_each(|(name, words)| text.push_str(&format!("\n  {name:<25}{words}")));
        text.push_str("\n\n");
    };
    show("claims", &mut claims.iter().copied());
    show("cells", &mut CELLS.into_iter());
    show("activations", &mut activations.iter().map(|(name, words)| (*name, words.as_str())));
    show("data", &mut DATA.into_iter());
    show("methods", &mut METHODS.into_iter());
    answer(text.trim_end())?;
    Ok(0)
}
