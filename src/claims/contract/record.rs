//! What one unit of work leaves behind: named arrays of numbers, and nothing that cannot be
//! recomputed from the study.

use crate::claims::Name;
use crate::stats::Undefined;
use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A two-dimensional array of numbers, by rows; NaN and infinities are written as text, since JSON
/// has no word for them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub columns: usize,
    /// The values.
    #[serde(with = "numbers")]
    pub values: Vec<f64>,
}

/// The named arrays of one unit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Arrays by name.
    pub series: BTreeMap<String, Series>,
}

impl Record {
    /// Adds an array by rows; `columns` must divide the number of values.
    pub fn with(mut self, name: Name, columns: usize, values: Vec<f64>) -> Self {
        let rows = values.len().checked_div(columns).unwrap_or(0);
        assert_eq!(rows * columns, values.len(), "series {name} is a whole number of rows");
        self.series.insert(name.to_string(), Series { rows, columns, values });
        self
    }
}

/// The records of one part of a claim, in the order of their units.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Part(pub Vec<Record>);

impl Part {
    /// The rows of the array `name` of every unit, one below the other.
    ///
    /// # Errors
    /// [`Undefined`] where a unit lacks the array or its width differs: the records are not of this
    /// study.
    pub fn stacked(&self, name: Name) -> Result<Array2<f64>, Undefined> {
        let missing = || Undefined::because(format!("the records hold no consistent series `{name}`"));
        let mut values = Vec::new();
        let mut shape = (0, None);
        for record in &self.0 {
            let series = record.series.get(name.as_str()).ok_or_else(missing)?;
            if *shape.1.get_or_insert(series.columns) != series.columns || series.values.len() != series.rows * series.columns {
                return Err(missing());
            }
            shape.0 += series.rows;
            values.extend_from_slice(&series.values);
        }
        Array2::from_shape_vec((shape.0, shape.1.unwrap_or(0)), values).map_err(|_| missing())
    }
}

/// The records of a claim in one case, by part.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Records(pub BTreeMap<String, Part>);

impl Records {
    /// The part called `name`; empty where there is none.
    pub fn part(&self, name: &str) -> Part {
        self.0.get(name).cloned().unwrap_or_default()
    }
}

/// The rows of a matrix as vectors.
pub(in crate::claims) fn rows(matrix: ArrayView2<f64>) -> Vec<Vec<f64>> {
    matrix.rows().into_iter().map(|row| row.to_vec()).collect()
}

/// Numbers as JSON numbers, and NaN, inf, -inf as text.
mod numbers {
    use serde::de::{Error, SeqAccess, Visitor};
    use serde::ser::SerializeSeq;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(values: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(Some(values.len()))?;
        for value in values {
            if value.is_finite() {
                sequence.serialize_element(value)?;
            } else {
                sequence.serialize_element(&value.to_string())?;
            }
        }
        sequence.end()
    }

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Number(f64),
        Text(String),
    }

    struct Numbers;

    impl<'de> Visitor<'de> for Numbers {
        type Value = Vec<f64>;

        fn expecting(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
            formatter.write_str("a list of numbers")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Vec<f64>, A::Error> {
            let mut values = Vec::new();
            while let Some(written) = sequence.next_element::<Written>()? {
                values.push(match written {
                    Written::Number(number) => number,
                    Written::Text(text) => text.parse().map_err(|_| A::Error::custom(format!("`{text}` is no number")))?,
                });
            }
            Ok(values)
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
        deserializer.deserialize_seq(Numbers)
    }
}
