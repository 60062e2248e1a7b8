//! Unit-root and stationarity tests of the recorded series against the table that comes with them;
//! said to be skipped where that folder is missing.

use crate::common::data::recorded;
use rtrl_lab::stats::{augmented_dickey_fuller, kpss};
use std::path::Path;

/// One row of the table: file, columns whose mean is the series, whether it is differenced, ADF and
/// KPSS as printed with their lags.
struct Row {
    file: &'static str,
    columns: &'static [&'static str],
    differenced: bool,
    adf: (&'static str, usize),
    kpss: (&'static str, usize),
}

const MID: &[&str] = &["bid_price_1", "ask_price_1"];

const fn row(
    file: &'static str,
    columns: &'static [&'static str],
    differenced: bool,
    adf: (&'static str, usize),
    kpss: (&'static str, usize),
) -> Row {
    Row { file, columns, differenced, adf, kpss }
}

/// The table "Tests of the target series" of the folder's README: statsmodels 0.15.0,
/// `adfuller(x, regression="c", autolag="AIC")`, `kpss(x, regression="c", nlags="auto")`.
const TABLE: [Row; 24] = [
    row("lob_bitstamp_btcusd_2015.csv", MID, false, ("-1.73", 34), ("3.042", 56)),
    row("lob_bitstamp_btcusd_2015.csv", MID, true, ("-18.05", 33), ("0.409", 13)),
    row("santafe_laser.csv", &["intensity"], false, ("-14.15", 37), ("0.013", 212)),
    row("santafe_laser.csv", &["intensity"], true, ("-27.15", 38), ("0.009", 120)),
    row("ecg_mitbih_208.csv", &["ecg_mv"], false, ("-5.84", 45), ("0.284", 85)),
    row("ecg_mitbih_208.csv", &["ecg_mv"], true, ("-28.18", 46), ("0.009", 101)),
    row("sunspots_monthly.csv", &["sunspots"], false, ("-9.57", 27), ("0.441", 31)),
    row("sunspots_monthly.csv", &["sunspots"], true, ("-8.65", 23), ("0.008", 54)),
    row("ETTh1.csv", &["OT"], false, ("-3.49", 44), ("9.462", 77)),
    row("ETTh1.csv", &["OT"], true, ("-26.38", 44), ("0.017", 47)),
    row("vic_electricity_halfhourly.csv", &["demand"], false, ("-5.17", 44), ("2.113", 71)),
    row("vic_electricity_halfhourly.csv", &["demand"], true, ("-45.94", 44), ("0.003", 39)),
    row("metro_traffic_hourly.csv", &["traffic_volume"], false, ("-16.30", 44), ("0.840", 23)),
    row("metro_traffic_hourly.csv", &["traffic_volume"], true, ("-25.33", 44), ("0.009", 98)),
    row("bike_sharing_hourly.csv", &["users"], false, ("-7.03", 42), ("19.251", 38)),
    row("bike_sharing_hourly.csv", &["users"], true, ("-29.74", 44), ("0.012", 278)),
    row("gas_turbine_emission.csv", &["NOX"], false, ("-6.51", 43), ("1.193", 67)),
    row("gas_turbine_emission.csv", &["NOX"], true, ("-26.79", 43), ("0.043", 240)),
    row("machine_temperature_5min.csv", &["temperature"], false, ("-7.37", 20), ("0.472", 91)),
    row("machine_temperature_5min.csv", &["temperature"], true, ("-30.31", 21), ("0.007", 56)),
    row("twitter_volume_5min.csv", &["aapl"], false, ("-23.15", 16), ("0.206", 60)),
    row("twitter_volume_5min.csv", &["aapl"], true, ("-29.56", 43), ("0.005", 153)),
    row("oil_prices_daily.csv", &["brent"], false, ("-2.23", 30), ("10.256", 58)),
    row("oil_prices_daily.csv", &["brent"], true, ("-16.45", 29), ("0.031", 11)),
];

/// The mean of the named columns, rows with an empty field left out.
fn series(path: &Path, columns: &[&str]) -> Vec<f64> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let headers = reader.headers().unwrap().clone();
    let places: Vec<usize> = columns.iter().map(|column| headers.iter().position(|header| header == *column).unwrap()).collect();
    let mean = |record: csv::StringRecord| {
        let values: Option<Vec<f64>> = places.iter().map(|place| record[*place].parse().ok()).collect();
        values.map(|values| values.iter().sum::<f64>() / values.len() as f64)
    };
    reader.records().filter_map(|record| mean(record.unwrap())).collect()
}

#[test]
fn the_tests_agree_with_the_table_of_the_recorded_series() {
    let mut wrong = Vec::new();
    for Row { file, columns, differenced, adf, kpss: expected } in TABLE {
        // A file that is missing alone is said by its name; `stationarity_reference` compares with
        // the same library on made series.
        let Some(path) = recorded(file) else { continue };
        let level = series(&path, columns);
        let values = if differenced { level.windows(2).map(|pair| pair[1] - pair[0]).collect() } else { level };
        let (unit_root, stationary) = (augmented_dickey_fuller(&values).unwrap(), kpss(&values).unwrap());
        let ours = ((format!("{:.2}", unit_root.statistic), unit_root.lag), (format!("{:.3}", stationary.statistic), stationary.lag));
        let table = ((adf.0.to_string(), adf.1), (expected.0.to_string(), expected.1));
        if ours != table {
            wrong.push(format!("{file} {columns:?} differenced {differenced}: {ours:?}, in the table {table:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
