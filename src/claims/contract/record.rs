//! What one unit of work leaves behind: named arrays of numbers, and nothing that cannot be
//! recomputed from the study.

use crate::claims::Name;
use crate::stats::Undefined;
use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A two-dimensional array of numbers, by rows; NaN and infinities are written as text, since JSON
/// has no word for them.
///
/// ```
/// use rtrl_lab::claims::Series;
/// let series = Series { rows: 1, columns: 2, values: vec![1.5, f64::INFINITY] };
/// let text = serde_json::to_string(&series).unwrap();
/// assert_eq!(text, r#"{"rows":1,"columns":2,"values":[1.5,"inf"]}"#);
/// assert_eq!(serde_json::from_str::<Series>(&text).unwrap(), series);
/// ```
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
///
/// ```
/// use rtrl_lab::claims::{Name, Record};
/// let (size, distance) = (Name::new("size"), Name::new("distance"));
/// let record = Record::default().with(size, 1, vec![3.0]).with(distance, 2, vec![1.0, 0.5]);
/// assert_eq!(record.series.keys().collect::<Vec<_>>(), ["distance", "size"]);
/// assert_eq!(record.series["distance"].values[1], 0.5);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Arrays by name.
    pub series: BTreeMap<String, Series>,
}

impl Record {
    /// Adds an array by rows; `columns` must divide the number of values.
    ///
    /// ```
    /// use rtrl_lab::claims::{Name, Record};
    /// let record = Record::default().with(Name::new("path"), 2, vec![0.0; 6]);
    /// assert_eq!((record.series["path"].rows, record.series["path"].columns), (3, 2));
    /// ```
    pub fn with(mut self, name: Name, columns: usize, values: Vec<f64>) -> Self {
        let rows = values.len().checked_div(columns).unwrap_or(0);
        assert_eq!(rows * columns, values.len(), "series {name} is a whole number of rows");
        self.series.insert(name.to_string(), Series { rows, columns, values });
        self
    }
}

/// The records of one part of a claim, in the order of their units.
///
/// ```
/// use rtrl_lab::claims::{Name, Part, Record};
/// let unit = |rows: usize| Record::default().with(Name::new("path"), 3, vec![1.0; 3 * rows]);
/// let part = Part(vec![unit(1), unit(4)]);
/// assert_eq!(part.stacked(Name::new("path")).unwrap().dim(), (5, 3));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Part(pub Vec<Record>);

impl Part {
    /// The rows of the array `name` of every unit, one below the other.
    ///
    /// ```
    /// use rtrl_lab::claims::{Name, Part, Record};
    /// let unit = |value, columns| Record::default().with(Name::new("a"), columns, vec![value; 2]);
    /// let stacked = Part(vec![unit(1.0, 2), unit(5.0, 2)]).stacked(Name::new("a")).unwrap();
    /// assert_eq!(stacked, ndarray::arr2(&[[1.0, 1.0], [5.0, 5.0]]));
    /// assert!(Part(vec![unit(1.0, 2), unit(5.0, 1)]).stacked(Name::new("a")).is_err());
    /// ```
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
///
/// ```
/// use rtrl_lab::claims::{measure, named};
/// let claim = named("data_ergodicity").unwrap();
/// let records = measure(claim, &claim.violation(1));
/// assert_eq!(records.0.keys().collect::<Vec<_>>(), ["pairs"]);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Records(pub BTreeMap<String, Part>);

impl Records {
    /// The part called `name`; empty where there is none.
    ///
    /// ```
    /// use rtrl_lab::claims::{Part, Record, Records};
    /// let pairs = Part(vec![Record::default(); 2]);
    /// let records = Records([("pairs".to_string(), pairs.clone())].into());
    /// assert_eq!((records.part("pairs"), records.part("singles").0.len()), (&pairs, 0));
    /// ```
    pub fn part(&self, name: &str) -> &Part {
        static EMPTY: Part = Part(Vec::new());
        self.0.get(name).unwrap_or(&EMPTY)
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
