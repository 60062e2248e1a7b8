//! The class that an audit gives to series of every kind that can be generated, and to the recorded
//! ones where they are present.

use rtrl_lab::data::audit::Audit;
use rtrl_lab::data::recorded::{Missing, Reading, Table};
use rtrl_lab::data::section::{KeyIndex, Keys, Located};
use rtrl_lab::data::{DataProcess, SeriesClass, kind};
use rtrl_lab::markov::Walk;
use rtrl_lab::random::{Noise, RngKey};
use std::path::Path;

/// Rows of a series.
const ROWS: usize = 5000;

/// Series of a kind, and how many may be of another class: where the class is right in 95 of 100,
/// more are wrong with chance below 1e-5. `RTRL_LAB_AUDITS=200` asks for more series, of which 95
/// in 100 have to be right as they are counted.
fn series_of_a_kind() -> (usize, usize) {
    match std::env::var("RTRL_LAB_AUDITS").ok().and_then(|count| count.parse().ok()) {
        Some(count) => (count, count / 20),
        None => (16, 7),
    }
}

fn series(process: &dyn DataProcess, rows: usize, key: RngKey) -> Vec<f64> {
    let mut start = vec![0.0; process.state_len()];
    process.start(1.0, 0, 1, &mut Noise::at(key.stream(1)), &mut start);
    let mut walk = Walk::from(process, start);
    let mut noise = Noise::at(key.stream(2));
    let burn_in = 500;
    walk.advance(burn_in, &mut noise);
    let mut input = vec![0.0; process.inputs()];
    (0..rows)
        .map(|_| {
            walk.step_on(&mut noise);
            process.input(walk.state(), &mut input);
            input[0]
        })
        .collect()
}

fn made(kind: &dyn kind::DataKind, text: &str) -> std::sync::Arc<dyn DataProcess> {
    let (index, values) = (KeyIndex::default(), toml::from_str(text).unwrap());
    let keys = Keys { at: Located { index: &index, section: "data" }, values: &values, base: Path::new(".") };
    kind.make(keys).unwrap_or_else(|error| panic!("{error}")).process
}

/// Counts of classes over series of a process.
fn counts(process: &dyn DataProcess, seed: u64) -> Vec<(SeriesClass, usize)> {
    let mut counts: Vec<(SeriesClass, usize)> = SeriesClass::ALL.map(|class| (class, 0)).to_vec();
    for index in 0..series_of_a_kind().0 {
        let key = RngKey::root(seed).replicate(index);
        let audit = Audit::of(&series(process, ROWS, key), key).expect("a series that can be audited");
        counts.iter_mut().find(|(class, _)| *class == audit.class).expect("a class").1 += 1;
    }
    counts
}

fn told(counts: &[(SeriesClass, usize)]) -> String {
    counts.iter().filter(|(_, count)| *count > 0).map(|(class, count)| format!("{} {count}", class.words())).collect::<Vec<_>>().join(", ")
}

#[test]
fn every_kind_of_data_has_the_class_that_it_states() {
    let slow = "transition = [[0.999, 0.001], [0.001, 0.999]]\nmeans = [[1.0], [-1.0]]\nnoise = 0.5\ntarget = [1.0, -1.0]";
    let stable = "alpha = 1.5";
    let stated = kind::ALL.into_iter().filter_map(|kind| Some((kind, kind.example(), kind.class()?)));
    let others = [("hidden-markov", slow, SeriesClass::RegimeChanging), ("heavy-tailed-ar", stable, SeriesClass::HeavyTailed)];
    let others = others.into_iter().map(|(name, text, class)| (kind::named(name).unwrap(), text, class));
    let mut failed = Vec::new();
    for (kind, text, class) in stated.chain(others) {
        let process = made(kind, text);
        let found = counts(&*process, 1);
        println!("{:<20} {:<18} {}", kind.name(), class.words(), told(&found));
        let right = found.iter().find(|(seen, _)| *seen == class).map_or(0, |(_, count)| *count);
        let (count, wrong) = series_of_a_kind();
        if count - right > wrong {
            failed.push(format!("{}: {right} of {count} are {}", kind.name(), class.words()));
        }
    }
    assert!(failed.is_empty(), "{failed:?}");
}

/// What the page of the recorded series says of them, in the words of their description.
#[test]
fn the_twelve_records_have_the_classes_of_their_description() {
    use SeriesClass::{Cyclostationary, HeavyTailed, RegimeChanging, Stationary, UnitRoot};
    let expected = [
        ("santafe_laser.csv", "intensity", Stationary),
        ("ecg_mitbih_208.csv", "ecg_mv", RegimeChanging),
        ("sunspots_monthly.csv", "sunspots", Stationary),
        ("ETTh1.csv", "OT", RegimeChanging),
        ("vic_electricity_halfhourly.csv", "demand", Cyclostationary),
        ("metro_traffic_hourly.csv", "traffic_volume", Cyclostationary),
        ("bike_sharing_hourly.csv", "users", Cyclostationary),
        ("gas_turbine_emission.csv", "NOX", RegimeChanging),
        ("machine_temperature_5min.csv", "temperature", RegimeChanging),
        ("twitter_volume_5min.csv", "aapl", HeavyTailed),
        ("oil_prices_daily.csv", "brent", UnitRoot),
        ("lob_bitstamp_btcusd_2015.csv", "bid_price_1", UnitRoot),
    ];
    let mut failed = Vec::new();
    for (file, column, class) in expected {
        let Some(path) = crate::common::data::recorded(file) else { continue };
        let reading = Reading::plain(Missing::Previous);
        let table = Table::read(&path, &[column.to_string()], reading).unwrap_or_else(|error| panic!("{error}"));
        let audit = Audit::of(&table.columns[0], RngKey::root(1)).expect("a record that can be audited");
        let also: Vec<&str> = audit.also.iter().map(|class| class.words()).collect();
        println!(
            "{file:<32} {:<16} also {also:?}; memory {:.0}, season {} ({:.2}), drift {:.2} (p {:.3}), tail {:.1?}",
            audit.class.words(),
            audit.memory,
            audit.season.period,
            audit.season.share,
            audit.drift.beyond_resampling,
            audit.drift.p_value,
            audit.tail.index
        );
        if audit.class != class {
            failed.push(format!("{file}: {} and not {}", audit.class.words(), class.words()));
        }
    }
    assert!(failed.is_empty(), "{failed:?}");
}
