//! The order of units of work: one of every part first, which tells what the others cost, and then
//! the dearest ones, so that all threads end together.

use std::collections::VecDeque;
use std::time::Duration;

/// Units waiting, by part; units of one part cost about the same.
pub(super) struct Queue {
    parts: Vec<Part>,
    threads: usize,
    /// Seconds of all units done.
    spent: f64,
}

struct Part {
    waiting: VecDeque<usize>,
    started: usize,
    measured: usize,
    spent: f64,
}

impl Part {
    /// Seconds of a unit, once one has been measured.
    fn cost(&self) -> Option<f64> {
        (self.measured > 0).then(|| self.spent / self.measured as f64)
    }
}

/// A unit that has been given out: its number and that of its part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket {
    pub unit: usize,
    part: usize,
}

impl Queue {
    /// Of units numbered from 0 on, given part after part, for so many threads.
    pub(super) fn of(parts: Vec<Vec<usize>>, threads: usize) -> Self {
        let part = |units: Vec<usize>| Part { waiting: units.into(), started: 0, measured: 0, spent: 0.0 };
        Queue { parts: parts.into_iter().map(part).collect(), threads: threads.max(1), spent: 0.0 }
    }

    /// The next unit: of the first part that none has been taken of, else of the dearest part.
    pub(super) fn next(&mut self) -> Option<Ticket> {
        let open = || self.parts.iter().enumerate().filter(|(_, part)| !part.waiting.is_empty());
        let first = open().find(|(_, part)| part.started == 0);
        // A part whose first unit is still under way may be the dearest.
        let cost = |part: &Part| part.cost().unwrap_or(f64::INFINITY);
        let dearest = || {
            open().fold(None, |best: Option<(usize, &Part)>, (index, part)| match best {
                Some((_, other)) if cost(other) >= cost(part) => best,
                _ => Some((index, part)),
            })
        };
        let (index, _) = first.or_else(dearest)?;
        let part = &mut self.parts[index];
        part.started += 1;
        part.waiting.pop_front().map(|unit| Ticket { unit, part: index })
    }

    /// A unit is done; one that was there already took no time and tells nothing.
    pub(super) fn done(&mut self, ticket: Ticket, took: Option<Duration>) {
        let part = &mut self.parts[ticket.part];
        if let Some(took) = took {
            part.measured += 1;
            part.spent += took.as_secs_f64();
            self.spent += took.as_secs_f64();
        }
    }

    /// Share of the work that is done and the time that the rest will take; `None` until every part
    /// has been measured.
    pub(super) fn ahead(&self) -> Option<(f64, Duration)> {
        let mut left = 0.0;
        for part in &self.parts {
            // What is under way counts as half done.
            let under_way = part.started.saturating_sub(part.measured) as f64;
            match part.cost() {
                Some(cost) => left += cost * (part.waiting.len() as f64 + 0.5 * under_way),
                None if part.waiting.is_empty() && part.started == 0 => {}
                None => return None,
            }
        }
        let all = self.spent + left;
        let share = if all > 0.0 { self.spent / all } else { 1.0 };
        Some((share, Duration::from_secs_f64(left / self.threads as f64)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(queue: &mut Queue) -> usize {
        queue.next().unwrap().unit
    }

    #[test]
    fn one_of_every_part_goes_first_and_then_the_dearest() {
        let mut queue = Queue::of(vec![vec![0, 1, 2], vec![3, 4, 5], vec![6]], 2);
        let first: Vec<Ticket> = (0..3).map(|_| queue.next().unwrap()).collect();
        assert_eq!(first.iter().map(|ticket| ticket.unit).collect::<Vec<_>>(), [0, 3, 6]);
        assert!(queue.ahead().is_none());
        for (ticket, seconds) in first.into_iter().zip([1, 10, 4]) {
            queue.done(ticket, Some(Duration::from_secs(seconds)));
        }
        // 2 units of 1 s and 2 of 10 s are left, for two threads.
        assert_eq!(queue.ahead(), Some((15.0 / 37.0, Duration::from_secs(11))));
        assert_eq!([take(&mut queue), take(&mut queue), take(&mut queue), take(&mut queue)], [4, 5, 1, 2]);
        assert!(queue.next().is_none());
    }

    #[test]
    fn a_part_that_is_still_being_measured_is_not_passed_over_and_records_that_are_there_cost_nothing() {
        let mut queue = Queue::of(vec![vec![0, 1], vec![2, 3]], 1);
        let (slow, quick) = (queue.next().unwrap(), queue.next().unwrap());
        queue.done(quick, Some(Duration::from_secs(1)));
        assert_eq!(take(&mut queue), 1);
        queue.done(slow, None);
        assert!(queue.ahead().is_none(), "nothing is known of the first part");
    }
}
