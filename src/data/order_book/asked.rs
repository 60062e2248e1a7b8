//! What is seen of a book and what is asked about it.

/// What a network is asked about a book.
///
/// ```
/// use rtrl_lab::data::BookTarget;
/// assert_eq!(BookTarget::named("fill"), Some(BookTarget::Fill));
/// assert_eq!(BookTarget::named("price"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookTarget {
    /// Whether the next move of the mid price is up.
    NextMove,
    /// Whether an order put last into the best bid queue is taken before the mid price moves.
    Fill,
    /// What the next event does to the mid price: down, nothing, up.
    NextEvent,
}

impl BookTarget {
    /// Their words, in the order of the variants.
    pub(super) const WORDS: [&'static str; 3] = ["next-move", "fill", "next-event"];

    /// The target that a word names.
    ///
    /// ```
    /// use rtrl_lab::data::BookTarget;
    /// assert_eq!(BookTarget::named("next-move"), Some(BookTarget::NextMove));
    /// ```
    pub fn named(word: &str) -> Option<BookTarget> {
        let place = Self::WORDS.iter().position(|known| *known == word)?;
        Some([BookTarget::NextMove, BookTarget::Fill, BookTarget::NextEvent][place])
    }
}

/// What a network sees of a book.
///
/// ```
/// use rtrl_lab::data::BookInput;
/// assert_eq!(BookInput::named("imbalance"), Some(BookInput::Imbalance));
/// assert_eq!((BookInput::BidQueues.len(), BookInput::Spread.len()), (5, 1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookInput {
    /// `ln S`, the spread in ticks.
    Spread,
    /// `ln b − 1`, the orders at the best bid.
    Bid,
    /// `ln a − 1`, the orders at the best ask.
    Ask,
    /// `(b − a)/(b + a)`.
    Imbalance,
    /// `ln(1 + all bids) − 3`.
    BidDepth,
    /// `ln(1 + all asks) − 3`.
    AskDepth,
    /// `ln(1 + q) − 1` of the five best distances from the opposite quote, bids.
    BidQueues,
    /// The same of the asks.
    AskQueues,
}

impl BookInput {
    pub(super) const ALL: [(BookInput, &'static str); 8] = [
        (BookInput::Spread, "spread"),
        (BookInput::Bid, "bid"),
        (BookInput::Ask, "ask"),
        (BookInput::Imbalance, "imbalance"),
        (BookInput::BidDepth, "bid-depth"),
        (BookInput::AskDepth, "ask-depth"),
        (BookInput::BidQueues, "bid-queues"),
        (BookInput::AskQueues, "ask-queues"),
    ];

    /// The input that a word names.
    ///
    /// ```
    /// use rtrl_lab::data::BookInput;
    /// assert_eq!(BookInput::named("spread"), Some(BookInput::Spread));
    /// ```
    pub fn named(word: &str) -> Option<BookInput> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(input, _)| *input)
    }

    /// Numbers that it comes to.
    ///
    /// ```
    /// assert_eq!(rtrl_lab::data::BookInput::AskQueues.len(), 5);
    /// ```
    #[expect(clippy::len_without_is_empty, reason = "an input is never empty")]
    pub fn len(self) -> usize {
        if matches!(self, BookInput::BidQueues | BookInput::AskQueues) { QUEUES } else { 1 }
    }

    pub(super) fn write(self, book: &[f64], out: &mut [f64]) {
        let depth = (book.len() - 1) / 2;
        let (spread, (bids, asks)) = (book[0] as usize, book[1..].split_at(depth));
        let (bid, ask) = (bids[spread - 1], asks[spread - 1]);
        let depth_of = |side: &[f64]| libm::log1p(side.iter().sum::<f64>()) - 3.0;
        match self {
            BookInput::Spread => out[0] = libm::log(book[0]),
            BookInput::Bid => out[0] = libm::log(bid) - 1.0,
            BookInput::Ask => out[0] = libm::log(ask) - 1.0,
            BookInput::Imbalance => out[0] = (bid - ask) / (bid + ask),
            BookInput::BidDepth => out[0] = depth_of(bids),
            BookInput::AskDepth => out[0] = depth_of(asks),
            BookInput::BidQueues => out.iter_mut().zip(bids).for_each(|(x, queue)| *x = libm::log1p(*queue) - 1.0),
            BookInput::AskQueues => out.iter_mut().zip(asks).for_each(|(x, queue)| *x = libm::log1p(*queue) - 1.0),
        }
    }

    /// The largest sizes of its numbers.
    pub(super) fn bound(self, depth: usize, capacity: usize) -> f64 {
        let (depth, capacity) = (depth as f64, capacity as f64);
        match self {
            BookInput::Spread => libm::log(depth),
            BookInput::Bid | BookInput::Ask => 1.0_f64.max(libm::log(capacity) - 1.0),
            BookInput::Imbalance => 1.0,
            BookInput::BidDepth | BookInput::AskDepth => 3.0_f64.max(libm::log1p(depth * capacity) - 3.0),
            BookInput::BidQueues | BookInput::AskQueues => 1.0_f64.max(libm::log1p(capacity) - 1.0),
        }
    }
}

/// Queues of a side that an input shows.
pub(super) const QUEUES: usize = 5;
