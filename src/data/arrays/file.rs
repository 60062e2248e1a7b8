//! A file of one array or an archive of several, looked at before it is read.

use super::header::Header;
use crate::data::InputError;
use ndarray::{ArrayD, IxDyn, ShapeBuilder};
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use zip::ZipArchive;

/// One array of a file: its name and, where it is one, its shape.
///
/// ```
/// let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
/// ndarray_npy::write_npy(&path, &ndarray::array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]).unwrap();
/// let file = rtrl_lab::data::arrays::ArrayFile::open(&path, "save it again").unwrap();
/// let saved = &file.arrays()[0];
/// assert_eq!((saved.name.as_str(), saved.shape()), ("", Ok(&[2, 3][..])));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedArray {
    /// Name in the archive, without `.npy`; empty for a file of one array.
    pub name: String,
    header: Result<Header, String>,
}

impl SavedArray {
    /// The shape, or in words why it is no array of numbers.
    ///
    /// ```
    /// let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    /// ndarray_npy::write_npy(&path, &ndarray::Array3::<f32>::zeros((4, 1, 0))).unwrap();
    /// let file = rtrl_lab::data::arrays::ArrayFile::open(&path, "save it again").unwrap();
    /// assert_eq!(file.arrays()[0].shape(), Ok(&[4, 1, 0][..]));
    /// ```
    pub fn shape(&self) -> Result<&[usize], &str> {
        self.header.as_ref().map(|header| header.shape.as_slice()).map_err(String::as_str)
    }

    /// Name and shape in words.
    pub(crate) fn described(&self) -> String {
        match self.shape() {
            Ok(shape) => format!("{} {}", self.name, shape_in_words(shape)),
            Err(_) => self.name.clone(),
        }
    }
}

/// A shape as `(3, 4)`.
pub(super) fn shape_in_words(shape: &[usize]) -> String {
    let lengths: Vec<String> = shape.iter().map(usize::to_string).collect();
    format!("({}{})", lengths.join(", "), if shape.len() == 1 { "," } else { "" })
}

/// An open `.npy` or `.npz` file.
///
/// Opening reads headers alone. An array is read by [`ArrayFile::read`], after its shape has been
/// compared with the bytes that are there and with a limit, so that neither a false
/// shape nor a compressed mountain of zeros takes memory.
///
/// ```
/// let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
/// let mut npz = ndarray_npy::NpzWriter::new(std::fs::File::create(&path).unwrap());
/// npz.add_array("h", &ndarray::array![1.5, -2.0]).unwrap();
/// npz.finish().unwrap();
/// let mut file = rtrl_lab::data::arrays::ArrayFile::open(&path, "save it again").unwrap();
/// assert_eq!(file.read("h", 16).unwrap(), ndarray::array![1.5, -2.0].into_dyn());
/// ```
pub struct ArrayFile {
    place: String,
    arrays: Vec<SavedArray>,
    source: Source,
}

enum Source {
    One(BufReader<File>),
    Several(ZipArchive<BufReader<File>>),
}

/// Most arrays of an archive that are looked at.
const MOST_ARRAYS: usize = 1000;

impl ArrayFile {
    /// Opens a file and reads the headers of its arrays.
    ///
    /// ```
    /// use rtrl_lab::data::arrays::ArrayFile;
    /// let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    /// std::fs::write(&path, "1,2,3").unwrap();
    /// let refused = ArrayFile::open(&path, "save it by np.save").err().unwrap();
    /// assert_eq!(refused.remedy, "save it by np.save");
    /// ```
    ///
    /// # Errors
    /// [`InputError`] with `remedy` for a file that cannot be opened or is neither form.
    pub fn open(path: &Path, remedy: &str) -> Result<ArrayFile, InputError> {
        let place = path.display().to_string();
        let refused = |problem: String| InputError::new(&place, problem, remedy);
        let file = File::open(path).map_err(|error| refused(format!("the file cannot be read ({error})")))?;
        let about = file.metadata().map_err(|error| refused(format!("the file cannot be read ({error})")))?;
        if !about.is_file() {
            return Err(refused("this is not a file of its own".into()));
        }
        let mut file = BufReader::new(file);
        let mut magic = Vec::new();
        (&mut file).take(4).read_to_end(&mut magic).and_then(|_| file.seek(SeekFrom::Start(0))).map_err(|error| refused(error.to_string()))?;
        if !magic.starts_with(b"PK") {
            let header = Header::read(&mut file).and_then(|header| whole(header, about.len()));
            let header = header.map_err(refused)?;
            let arrays = vec![SavedArray { name: String::new(), header: Ok(header) }];
            return Ok(ArrayFile { place, arrays, source: Source::One(file) });
        }
        let mut archive = ZipArchive::new(file).map_err(|error| refused(format!("this is no NPZ file ({error})")))?;
        if archive.len() > MOST_ARRAYS {
            return Err(refused(format!("it holds {} arrays, more than the {MOST_ARRAYS} that are looked at", archive.len())));
        }
        let arrays = (0..archive.len()).map(|index| looked_at(&mut archive, index)).collect();
        Ok(ArrayFile { place, arrays, source: Source::Several(archive) })
    }

    /// The arrays, in the order of the file.
    ///
    /// ```
    /// # let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    /// # let mut npz = ndarray_npy::NpzWriter::new(std::fs::File::create(&path).unwrap());
    /// # ["weights", "bias"].map(|name| npz.add_array(name, &ndarray::array![1.0]).unwrap());
    /// # npz.finish().unwrap();
    /// let file = rtrl_lab::data::arrays::ArrayFile::open(&path, "save it again").unwrap();
    /// let names: Vec<&str> = file.arrays().iter().map(|array| array.name.as_str()).collect();
    /// assert_eq!(names, ["weights", "bias"]);
    /// ```
    pub fn arrays(&self) -> &[SavedArray] {
        &self.arrays
    }

    /// Whether the file is an archive.
    pub(crate) fn is_archive(&self) -> bool {
        matches!(self.source, Source::Several(_))
    }

    /// The array called `name`, if there is one.
    ///
    /// ```
    /// # let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    /// # let mut npz = ndarray_npy::NpzWriter::new(std::fs::File::create(&path).unwrap());
    /// # npz.add_array("h", &ndarray::Array2::<f64>::zeros((3, 2))).unwrap();
    /// # npz.finish().unwrap();
    /// let file = rtrl_lab::data::arrays::ArrayFile::open(&path, "save it again").unwrap();
    /// assert_eq!(file.named("h").unwrap().shape(), Ok(&[3, 2][..]));
    /// assert!(file.named("h.npy").is_none());
    /// ```
    pub fn named(&self, name: &str) -> Option<&SavedArray> {
        self.arrays.iter().find(|array| array.name == name)
    }

    /// Reads the array called `name` (empty for a file of one array) as 64-bit floats, in row-major
    /// order.
    ///
    /// ```
    /// let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    /// ndarray_npy::write_npy(&path, &ndarray::array![[1i32, 2], [3, 4]].t()).unwrap();
    /// let mut file = rtrl_lab::data::arrays::ArrayFile::open(&path, "save it again").unwrap();
    /// assert_eq!(file.read("", 32).unwrap(), ndarray::array![[1.0, 3.0], [2.0, 4.0]].into_dyn());
    /// // Four numbers take 32 bytes.
    /// assert!(file.read("", 31).is_err());
    /// ```
    ///
    /// # Errors
    /// [`InputError`] for an array that is not there, is no array of numbers, takes more than
    /// `limit` bytes as 64-bit floats, is cut off, or holds whole numbers that a float
    /// does not hold exactly.
    pub fn read(&mut self, name: &str, limit: u64) -> Result<ArrayD<f64>, InputError> {
        let refused = |problem: String| {
            let error = InputError::new(&self.place, problem, "save numbers, in NumPy by np.save or np.savez of x.astype(np.float64)");
            if name.is_empty() { error } else { error.on(name) }
        };
        let index = self.arrays.iter().position(|array| array.name == name).ok_or_else(|| refused("there is no such array".into()))?;
        let header = self.arrays[index].header.clone().map_err(refused)?;
        let numbers = header.data / header.element.bytes as u64;
        if numbers.saturating_mul(8) > limit {
            let problem = format!("its shape {} takes {} bytes, more than may be taken here ({limit})", shape_in_words(&header.shape), 8 * numbers);
            return Err(refused(problem));
        }
        let bytes = match &mut self.source {
            Source::One(file) => file.seek(SeekFrom::Start(header.len)).map_err(|error| error.to_string()).and_then(|_| exactly(file, header.data)),
            Source::Several(archive) => archive.by_index(index).map_err(|error| error.to_string()).and_then(|mut entry| {
                Header::read(&mut entry)?;
                let bytes = exactly(&mut entry, header.data)?;
                // Reading to the end also checks the archive's own checksum.
                let beyond = entry.read(&mut [0]).map_err(|error| format!("it cannot be read ({error})"))?;
                if beyond == 0 { Ok(bytes) } else { Err("it goes on after its last number".to_string()) }
            }),
        };
        let bytes = bytes.map_err(refused)?;
        let values: Option<Vec<f64>> = bytes.chunks_exact(header.element.bytes).map(|raw| header.element.value(raw)).collect();
        let values = values.ok_or_else(|| refused("it holds a whole number that a 64-bit float does not hold exactly".into()))?;
        let array = ArrayD::from_shape_vec(IxDyn(&header.shape).set_f(header.fortran), values).map_err(|error| refused(error.to_string()))?;
        Ok(array.as_standard_layout().into_owned())
    }
}

/// Name and header of an entry; its declared size must be that of the shape.
fn looked_at(archive: &mut ZipArchive<BufReader<File>>, index: usize) -> SavedArray {
    let name = archive.name_for_index(index).unwrap_or_default().to_string();
    let header = archive.by_index(index).map_err(|error| format!("it cannot be unpacked ({error})")).and_then(|mut entry| {
        let declared = entry.size();
        whole(Header::read(&mut entry)?, declared)
    });
    SavedArray { name: name.strip_suffix(".npy").unwrap_or(&name).to_string(), header }
}

/// Holds a header against the number of bytes that are there.
fn whole(header: Header, there: u64) -> Result<Header, String> {
    match header.len.checked_add(header.data) {
        Some(needed) if needed == there => Ok(header),
        _ => Err(format!(
            "its shape {} takes {} bytes, and there are {}",
            shape_in_words(&header.shape),
            header.data,
            there.saturating_sub(header.len)
        )),
    }
}

/// So many bytes and no memory for more than there are.
fn exactly(reader: &mut impl Read, bytes: u64) -> Result<Vec<u8>, String> {
    let mut read = Vec::new();
    reader.take(bytes).read_to_end(&mut read).map_err(|error| format!("it cannot be read ({error})"))?;
    if read.len() as u64 == bytes { Ok(read) } else { Err("it is cut off".into()) }
}
