//! `export`: a study's network as an NPZ file that studies and other tools read.

use super::Failure;
use super::told::answer;
use crate::data::InputError;
use crate::study::{BudgetScale, Study, config::Config, write_whole};
use ndarray::Array2;
use ndarray_npy::NpzWriter;
use std::io::Cursor;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  rtrl-lab export mine.toml --out network.npz")]
pub(super) struct Options {
    /// A study
    pub study: PathBuf,
    /// The NPZ file: one array a block, by rows, under the names that [network.parameters] reads
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// The case, where the study has several [default: the first]
    #[arg(long)]
    pub case: Option<String>,
    /// Replace the file
    #[arg(long)]
    pub force: bool,
    /// Print the shapes as JSON
    #[arg(long)]
    pub json: bool,
}

/// Runs `export`.
pub(super) fn run(options: &Options) -> Result<u8, Failure> {
    let place = options.study.display().to_string();
    let (config, index) = Config::read(&options.study)?;
    let study = Study::build(&config, &index, options.study.parent().unwrap_or(Path::new(".")), BudgetScale::Full, &[])?;
    let found = study.cases.iter().find(|case| options.case.as_ref().is_none_or(|name| *name == case.case.name));
    let case = &found.ok_or_else(|| InputError::new(&place, "there is no such case", "see the [case.NAME] sections of the study").on("--case"))?.case;
    let out = options.out.display().to_string();
    if options.out.exists() && !options.force {
        return Err(InputError::new(out, "the file exists", "name another, or replace it with --force").into());
    }
    let failed = |error: &dyn std::fmt::Display| Failure::Machine(format!("{out}: {error}"));
    let mut bytes = Cursor::new(Vec::new());
    let mut npz = NpzWriter::new(&mut bytes);
    let parameters = case.network.parameters();
    let layout = case.network.layout();
    for block in layout.blocks() {
        let values = Array2::from_shape_vec((block.rows, block.columns), block.values(&parameters)).map_err(|error| failed(&error))?;
        npz.add_array(block.name, &values).map_err(|error| failed(&error))?;
    }
    npz.finish().map_err(|error| failed(&error))?;
    write_whole(&options.out, bytes.get_ref())?;
    if options.json {
        let shapes: serde_json::Map<String, serde_json::Value> =
            layout.blocks().iter().map(|block| (block.name.to_string(), serde_json::json!([block.rows, block.columns]))).collect();
        answer(serde_json::to_string_pretty(&shapes).map_err(|error| failed(&error))?)?;
    } else {
        let names: Vec<String> = layout.blocks().iter().map(|block| format!("{} ({} × {})", block.name, block.rows, block.columns)).collect();
        answer(format!("wrote {out}, case {}: {}", case.name, names.join(", ")))?;
    }
    Ok(0)
}
