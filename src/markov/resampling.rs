//! Which members of a population go on.

/// Systematic resampling: the parents of the next population, in rising order, from one uniform
/// number and how many children each member is to have on average (M in all for M members).
///
/// Member i has `⌊n_i⌋` or `⌈n_i⌉` children: M equidistant places are laid on the cumulated shares.
/// A place that rounding of their sum leaves open goes to the last member with a share.
///
/// ```
/// use rtrl_lab::markov::systematic;
/// assert_eq!(systematic(0.25, [1.5, 0.0, 1.0, 1.5].into_iter()), [0, 0, 2, 3]);
/// ```
pub fn systematic(uniform: f64, shares: impl ExactSizeIterator<Item = f64>) -> Vec<usize> {
    let count = shares.len();
    let (mut parents, mut cumulated, mut last) = (Vec::with_capacity(count), 0.0, 0);
    for (index, share) in shares.enumerate() {
        cumulated += share;
        if share > 0.0 {
            last = index;
        }
        while parents.len() < count && uniform + parents.len() as f64 <= cumulated {
            parents.push(index);
        }
    }
    parents.resize(count, last);
    parents
}
