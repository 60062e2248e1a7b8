//! The command as a user runs it: its words, its files, its pages, its errors. One program, so that
//! the tests are linked once; `cargo test --test commands cli::` runs one file.

mod common;

mod absurd_sizes;
mod bad_input;
mod book;
mod cli;
mod cli_words;
mod closed_streams;
mod determinism;
mod diagnose_command;
mod distance_command;
mod exact_claims;
mod exact_units;
mod faults;
mod figures;
mod frozen;
mod given_networks;
mod memory;
mod mutated_runs;
mod mutations;
mod phase;
mod real_data;
mod recorded_series;
mod recorded_shaping;
mod records;
mod run_folders;
mod schemas;
mod sequential;
mod series_files;
mod shown_text;
mod side_by_side;
mod sketch;
mod train_command;
mod workers;
