//! `figures`: the figures of a run as a paper or a talk needs them.

use super::Failure;
use super::folder::Weighed;
use super::told::{answer, remark};
use crate::data::InputError;
use crate::figures::{Figure, FigureError, Style, Theme, Width};
use crate::report::study_figures;
use crate::study::write_whole;
use clap::ValueEnum;
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(after_help = "Examples:
  rtrl-lab figures runs/default --out paper --width 8.5 --font 8 --no-title --form pdf
  rtrl-lab figures runs/default tanh-geometric_ergodicity --out talk --dark --form png,svg")]
pub(super) struct Options {
    /// A run folder
    pub run: PathBuf,
    /// Figures by the names of their files [default: all]
    pub names: Vec<String>,
    /// Folder of the figures
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Width in centimetres; letters are then in points [default: that of a screen]
    #[arg(long, value_name = "CM")]
    pub width: Option<f64>,
    /// Columns of panels [default: two where they find room]
    #[arg(long, value_name = "N")]
    pub columns: Option<usize>,
    /// Size of the letters
    #[arg(long, value_name = "SIZE", default_value_t = Style::default().font)]
    pub font: f64,
    /// Leave out the question above the panels
    #[arg(long)]
    pub no_title: bool,
    /// Leave out the legend
    #[arg(long)]
    pub no_legend: bool,
    /// Light marks on a dark ground
    #[arg(long)]
    pub dark: bool,
    /// What is written, separated by commas
    #[arg(long, value_name = "FORM,…", value_delimiter = ',', default_values = ["pdf", "svg", "png", "csv"])]
    pub form: Vec<Form>,
    /// Folder that the study's data files are relative to [default: as when it was run]
    #[arg(long, value_name = "DIR")]
    pub base: Option<PathBuf>,
}

/// What a figure can be written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    Pdf,
    Svg,
    Png,
    /// The data behind it
    Csv,
}

/// Every form of a figure.
pub(super) const ALL: [Form; 4] = [Form::Pdf, Form::Svg, Form::Png, Form::Csv];

impl Form {
    /// File name and bytes of a figure in this form.
    pub(super) fn of(self, figure: &Figure, style: &Style) -> Result<(String, Vec<u8>), FigureError> {
        let (ending, bytes) = match self {
            Form::Pdf => ("pdf", figure.pdf(style)?),
            Form::Svg => ("svg", figure.svg(style)?.into_bytes()),
            Form::Png => ("png", figure.png(style)?),
            Form::Csv => ("csv", figure.csv()?),
        };
        Ok((format!("{}.{ending}", figure.id), bytes))
    }
}

/// Widths and sizes of letters that a figure can be set in, in centimetres and in points or pixels.
const WIDTHS: (f64, f64) = (3.0, 120.0);
const LETTERS: (f64, f64) = (3.0, 72.0);

/// Runs `figures`.
pub(super) fn run(options: &Options) -> Result<u8, Failure> {
    let style = style(options)?;
    let outcome = Weighed::of(&options.run, options.base.as_deref())?.outcome;
    let whole = study_figures(&outcome);
    let all: Vec<&Figure> = outcome.cases.iter().flat_map(|case| &case.figures).chain(&whole).collect();
    if let Some(name) = options.names.iter().find(|name| all.iter().all(|figure| figure.id != **name)) {
        let known = all.iter().map(|figure| figure.id.as_str()).collect::<Vec<_>>().join(", ");
        return Err(InputError::new(name, "the run has no figure of this name", format!("name one of {known}")).into());
    }
    let mut written = 0;
    for figure in all.into_iter().filter(|figure| options.names.is_empty() || options.names.contains(&figure.id)) {
        for form in &options.form {
            let (name, bytes) = form.of(figure, &style).map_err(|error| Failure::Machine(error.to_string()))?;
            let path = options.out.join(name);
            write_whole(&path, &bytes)?;
            answer(path.display())?;
            written += 1;
        }
    }
    remark(format!("{written} files in {}", options.out.display()));
    Ok(0)
}

fn style(options: &Options) -> Result<Style, InputError> {
    let within = |name: &str, value: f64, (low, high): (f64, f64)| {
        let refused = || InputError::new(name, format!("{value} is no size that letters could be read at"), format!("give {low} to {high}"));
        if (low..=high).contains(&value) { Ok(value) } else { Err(refused()) }
    };
    let width = options.width.map(|cm| within("--width", cm, WIDTHS)).transpose()?;
    if options.columns == Some(0) {
        return Err(InputError::new("--columns", "0 columns hold no panel", "give at least 1"));
    }
    Ok(Style {
        width: width.map_or(Width::Screen, Width::Centimetres),
        columns: options.columns,
        font: within("--font", options.font, LETTERS)?,
        title: !options.no_title,
        legend: !options.no_legend,
        theme: if options.dark { Theme::Dark } else { Theme::Light },
    })
}
