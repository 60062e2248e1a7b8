//! How a unit of a gated cell goes on: its gates and its rule.

/// Which hidden values a gate reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hidden {
    /// None.
    None,
    /// Those of all units.
    All,
}

/// One pre-activation of every unit: which values it reads, and the names of its blocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gate {
    pub hidden: Hidden,
    pub input: bool,
    pub bias: bool,
    /// Of the weights on hidden values, on inputs, and of the bias.
    pub names: [&'static str; 3],
}

/// What units do in one step; entry e of kind k stands at `k · E + e`.
pub(super) struct UnitStep<'a> {
    /// Receives the next numbers (ROWS × E).
    pub next: &'a mut [f64],
    /// Receives `∂next_r/∂u_g` (ROWS × gates × E).
    pub slopes: &'a mut [f64],
    /// Receives `∂next_r/∂s_q` at fixed `u` (ROWS × ROWS × E).
    pub direct: &'a mut [f64],
}

/// Bounds on how one unit's next numbers depend on its gates and its own numbers, on a set that the
/// steps keep to: at every moment they are below one of the corners in a whole row.
pub(super) struct Bounded {
    pub corners: Vec<Corner>,
}

/// Bounds that hold together.
pub(super) struct Corner {
    /// `|∂next_r/∂u_g|` (ROWS × gates).
    pub slopes: Vec<f64>,
    /// `|∂next_r/∂s_q|` (ROWS × ROWS).
    pub direct: Vec<f64>,
}

/// How units go on from their pre-activations `u`, one a gate, and their own numbers `s`.
pub(super) trait UnitRule: Clone + Send + Sync + 'static {
    /// The cell's name on a page.
    const NAME: &'static str;
    /// Its activations, in words.
    const NONLINEARITY: &'static str;
    /// Numbers of a unit, of which the first is the one that others see.
    const ROWS: usize;
    /// Numbers of a unit that the readout sees.
    const VISIBLE: usize = 1;
    /// The gates.
    const GATES: &'static [Gate];

    /// One step of E units, each from its own entries alone: `u` (gates × E), which is used up, and
    /// `s` (ROWS × E).
    fn units(&self, u: &mut [f64], s: &[f64], out: UnitStep<'_>);

    /// Bounds for unit `unit`, where `reach(g, unit)` is the largest `|u_g|` for hidden values
    /// within `[−1, 1]`, a set that the steps keep to and that draws every state in, in the end at
    /// a rate no larger than the certified one; `None` of a rule without such bounds.
    fn comparison(&self, _reach: &dyn Fn(usize, usize) -> f64, _unit: usize) -> Option<Bounded> {
        None
    }

    /// Of units that do not see each other and are linear in their own numbers: the rate of one in
    /// the Euclidean norm, from its biases gate by gate.
    fn separate_rate(&self, _bias: &dyn Fn(usize) -> f64) -> Option<f64> {
        None
    }
}

/// Room that the steps of a thread share.
pub(super) fn with_room<T>(len: usize, work: impl FnOnce(&mut [f64]) -> T) -> T {
    thread_local!(static ROOM: std::cell::Cell<Vec<f64>> = const { std::cell::Cell::new(Vec::new()) });
    let mut room = ROOM.take();
    if room.len() < len {
        room.resize(len, 0.0);
    }
    let answer = work(&mut room[..len]);
    ROOM.set(room);
    answer
}
