//! Chunks of work: lines of text that any queue can hand out, and the units that they stand for.

use super::unit::UnitId;
use std::fmt;
use std::str::FromStr;

/// Longest chunk in bytes, far below what an argument of a command may have.
const LONGEST: usize = 8192;

/// Units of one part whose numbers follow each other.
///
/// ```
/// use rtrl_lab::study::UnitRange;
/// let part = "cases/a b/staleness/pairs".to_string();
/// let range = UnitRange { part, first: 3, last: 5 };
/// assert_eq!(range.to_string(), "cases/a%20b/staleness/pairs-0003..0005");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitRange {
    /// The units' names up to the number.
    pub part: String,
    /// The first number.
    pub first: usize,
    /// The last number.
    pub last: usize,
}

/// Units that one worker does at a time, for a study, its data and a program that are as they were.
///
/// Its text is one word: a fingerprint, a colon, and ranges of units with commas between them. A
/// blank in the name of a case is written as `%20`.
///
/// ```
/// use rtrl_lab::study::Chunk;
/// let text = "00112233445566ff:cases/tanh/staleness/pairs-0000..0003,violations/a/b-0001";
/// let chunk: Chunk = text.parse().unwrap();
/// assert_eq!((chunk.units(), chunk.ranges[1].last), (5, 1));
/// assert_eq!(chunk.to_string(), text);
/// assert!("cases/tanh/staleness/pairs-0000".parse::<Chunk>().is_err(), "it names no fingerprint");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// What study, data and program must still be.
    pub fingerprint: String,
    /// The units.
    pub ranges: Vec<UnitRange>,
}

impl fmt::Display for UnitRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:04}", self.part.replace(' ', "%20"), self.first)?;
        if self.last > self.first { write!(f, "..{:04}", self.last) } else { Ok(()) }
    }
}

impl fmt::Display for Chunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.fingerprint)?;
        for (number, range) in self.ranges.iter().enumerate() {
            let comma = if number > 0 { "," } else { "" };
            write!(f, "{comma}{range}")?;
        }
        Ok(())
    }
}

impl FromStr for Chunk {
    type Err = String;

    /// Reads the text up to a tab: what stands behind it on the line of a chunk is for people.
    fn from_str(line: &str) -> Result<Self, String> {
        let text = line.split('\t').next().unwrap_or("").trim();
        if text.len() > 4 * LONGEST {
            return Err(format!("it has {} bytes", text.len()));
        }
        let (fingerprint, ranges) = text.split_once(':').ok_or("it has no colon behind a fingerprint")?;
        let hexadecimal = fingerprint.len() == FINGERPRINT && fingerprint.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !hexadecimal {
            return Err(format!("it does not begin with a fingerprint of {FINGERPRINT} hexadecimal digits"));
        }
        let ranges: Result<Vec<UnitRange>, String> = ranges.split(',').map(str::parse).collect();
        Ok(Chunk { fingerprint: fingerprint.to_string(), ranges: ranges? })
    }
}

impl FromStr for UnitRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let none = || format!("`{text}` names no units, as `cases/CASE/CLAIM/PART-0000..0003` does");
        let (part, numbers) = text.rsplit_once('-').ok_or_else(none)?;
        let number = |text: &str| text.parse::<usize>().map_err(|_| none());
        let (first, last) = match numbers.split_once("..") {
            Some((first, last)) => (number(first)?, number(last)?),
            None => (number(numbers)?, number(numbers)?),
        };
        if last < first {
            return Err(none());
        }
        Ok(UnitRange { part: part.replace("%20", " "), first, last })
    }
}

/// Hexadecimal digits of a chunk's fingerprint.
pub(super) const FINGERPRINT: usize = 16;

impl Chunk {
    /// Units in all.
    ///
    /// ```
    /// # use rtrl_lab::study::Chunk;
    /// let text = "00112233445566ff:violations/staleness/pairs-0010..0019";
    /// assert_eq!(text.parse::<Chunk>().unwrap().units(), 10);
    /// ```
    pub fn units(&self) -> usize {
        self.ranges.iter().map(|range| (range.last - range.first).saturating_add(1)).fold(0, usize::saturating_add)
    }
}

/// A chunk with what it will take.
///
/// ```
/// use rtrl_lab::study::PlannedChunk;
/// let chunk = "00112233445566ff:violations/staleness/pairs-0000..0001".parse().unwrap();
/// let planned = PlannedChunk { chunk, seconds: 1.25, memory: 64_000_000 };
/// let line = "00112233445566ff:violations/staleness/pairs-0000..0001\t1.2 s\t64 MB";
/// assert_eq!(planned.to_string(), line);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedChunk {
    /// The units.
    pub chunk: Chunk,
    /// Seconds of one thread, by a measured unit of every part.
    pub seconds: f64,
    /// Bytes of a worker with one thread, counted.
    pub memory: u64,
}

impl fmt::Display for PlannedChunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\t{:.1} s\t{:.0} MB", self.chunk, self.seconds, (self.memory as f64 / 1e6).ceil())
    }
}

/// What a unit takes.
#[derive(Clone, Copy)]
pub(super) struct Planned {
    pub seconds: f64,
    pub memory: u64,
}

/// Units in their order, cut where a chunk would take longer than `seconds` or its text be too
/// long.
pub(super) fn cut<'a>(units: impl Iterator<Item = (&'a UnitId, Planned)>, fingerprint: &str, seconds: f64) -> Vec<PlannedChunk> {
    let mut chunks: Vec<PlannedChunk> = Vec::new();
    let mut length = 0;
    for (id, unit) in units {
        let part = part_of(id);
        let fits = chunks.last().is_some_and(|last| last.seconds + unit.seconds <= seconds && length + part.len() < LONGEST);
        if !fits {
            let chunk = Chunk { fingerprint: fingerprint.to_string(), ranges: Vec::new() };
            chunks.push(PlannedChunk { chunk, seconds: 0.0, memory: 0 });
            length = 0;
        }
        let Some(last) = chunks.last_mut() else { continue };
        last.seconds += unit.seconds;
        last.memory = last.memory.max(unit.memory);
        match last.chunk.ranges.last_mut() {
            Some(range) if range.part == part && range.last + 1 == id.index => range.last = id.index,
            _ => {
                // Blanks are written in three bytes, and numbers behind the part.
                length += 3 * part.len() + 24;
                last.chunk.ranges.push(UnitRange { part, first: id.index, last: id.index });
            }
        }
    }
    chunks
}

/// A unit's name up to its number.
pub(super) fn part_of(unit: &UnitId) -> String {
    let name = unit.to_string();
    name.rsplit_once('-').map_or_else(String::new, |(part, _)| part.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(part: &'static str, index: usize) -> UnitId {
        UnitId { case: Some("a case".into()), claim: "staleness", part, index }
    }

    #[test]
    fn chunks_hold_what_fits_and_read_back() {
        let ids: Vec<UnitId> = [0, 1, 2, 5, 6].map(|index| unit("pairs", index)).into_iter().chain([unit("walks", 0)]).collect();
        let planned = |seconds| cut(ids.iter().map(|id| (id, Planned { seconds: 1.0, memory: id.index as u64 })), "00112233445566ff", seconds);
        let text = |seconds| planned(seconds).iter().map(|planned| planned.chunk.to_string()).collect::<Vec<_>>();
        let own = |ranges: &str| format!("00112233445566ff:{}", ranges.replace("pairs", "cases/a%20case/staleness/pairs"));
        assert_eq!(text(4.0), [own("pairs-0000..0002,pairs-0005"), own("pairs-0006,cases/a%20case/staleness/walks-0000")]);
        // A unit that is longer than a chunk may be has one of its own.
        assert_eq!(text(0.5).len(), 6);
        assert_eq!(planned(4.0).iter().map(|planned| (planned.seconds, planned.memory)).collect::<Vec<_>>(), [(4.0, 5), (2.0, 6)]);
        for text in text(100.0) {
            assert_eq!(text.parse::<Chunk>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_chunk_is_said() {
        for (text, why) in [
            ("", "no colon"),
            ("a:b-1", "hexadecimal"),
            ("00112233445566ff:", "names no units"),
            ("00112233445566ff:violations/staleness/pairs", "names no units"),
            ("00112233445566ff:violations/staleness/pairs-3..1", "names no units"),
            ("00112233445566ff:violations/staleness/pairs-99999999999999999999", "names no units"),
        ] {
            assert!(text.parse::<Chunk>().unwrap_err().contains(why), "{text}");
        }
        let all: Chunk = format!("00112233445566ff:a-0..{}", usize::MAX).parse().unwrap();
        assert_eq!(all.units(), usize::MAX);
    }
}
