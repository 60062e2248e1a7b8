//! `list`: what there is.

use super::Failure;
use super::told::answer;
use crate::claims;
use crate::data::kind as data;
use crate::network::{activation, kind, loss};
use crate::training::method;

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  rtrl-lab list\n  rtrl-lab list --json")]
pub(super) struct Options {
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
    if options.json {
        let names = |list: &[(&str, &str)]| list.iter().map(|(name, _)| name.to_string()).collect::<Vec<_>>();
        let activations: Vec<&str> = activations.iter().map(|(name, _)| *name).collect();
        answer(serde_json::json!({
            "claims": names(&claims), "cells": names(&cells), "activations": activations, "losses": names(&losses), "data": names(&data), "methods": names(&methods)
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
    show("cells", &mut cells.iter().copied());
    show("activations", &mut activations.iter().map(|(name, words)| (*name, words.as_str())));
    show("losses", &mut losses.iter().copied());
    show("data", &mut data.iter().copied());
    show("methods", &mut methods.iter().copied());
    answer(text.trim_end())?;
    Ok(0)
}
