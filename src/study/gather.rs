//! Records of one study gathered from several runs: all that a report needs, or none.

use super::engine::Unit;
use super::store::{RunDirectory, StoreError};
use super::unit::UnitId;

/// Largest number of shares that a missing share is recognised among.
const SHARES: usize = 64;

/// Refuses where units are held by none of the runs, saying how many, which, and whether they are
/// one share.
pub(super) fn complete(units: &[Unit<'_>], runs: &[RunDirectory]) -> Result<(), StoreError> {
    let lacking = |unit: &UnitId| !runs.iter().any(|run| run.lists(unit));
    let missing: Vec<usize> = units.iter().enumerate().filter(|(_, unit)| lacking(&unit.id)).map(|(number, _)| number).collect();
    let Some(first) = missing.first() else { return Ok(()) };
    let share = share(&missing, units.len());
    let which = share.map_or_else(String::new, |(k, n)| format!(", which are share {k}/{n}"));
    let what = format!("{} of {} records are missing{which}; the first is {}", missing.len(), units.len(), units[*first].id);
    let remedy = match share {
        Some((k, n)) => format!("name the run of `--shard {k}/{n}` too, go on with `rtrl-lab verify` in this folder, or take --interim"),
        None => "name the runs of the other shares too, go on with `rtrl-lab verify` in this folder, or take --interim".to_string(),
    };
    let path = runs.first().map_or_else(String::new, |run| run.root().display().to_string());
    Err(StoreError::Missing { path, what, remedy })
}

/// K and N where the missing units are those whose number is K modulo N, counted from 1.
fn share(missing: &[usize], units: usize) -> Option<(usize, usize)> {
    let first = *missing.first()?;
    (2..=SHARES).filter(|shares| first < *shares).find_map(|shares| {
        let theirs = missing.iter().all(|number| number % shares == first);
        (theirs && missing.len() == (units - first).div_ceil(shares)).then_some((first + 1, shares))
    })
}

/// Reads every record of several runs once, so that nothing is written where one of them is whole
/// nowhere.
pub(super) fn whole(units: &[Unit<'_>], runs: &[RunDirectory]) -> Result<(), StoreError> {
    for unit in units {
        if !runs.iter().any(|run| run.held(&unit.id).is_some()) {
            let listed = runs.iter().find(|run| run.lists(&unit.id));
            listed.map_or(Ok(()), |run| run.read_record(&unit.id).map(|_| ()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn a_missing_share_is_told_from_units_that_are_missing_here_and_there() {
        let of = |k: usize, n: usize| (0..20).filter(|number| number % n == k - 1).collect::<Vec<_>>();
        assert_eq!(share(&of(2, 3), 20), Some((2, 3)));
        assert_eq!(share(&of(1, 2), 20), Some((1, 2)));
        assert_eq!(share(&of(2, 3)[1..], 20), None);
        assert_eq!(share(&[0, 1, 2], 20), None);
    }
}
