//! Weight files: what is read, and that no file, however broken, does more than fail by name.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its material has failed")]

mod support;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use pellucid_nets::weights::{Part, Problem, StoredType, Weights, WeightsError};

const NAME: &str = "folder/file.safetensors";

fn file(header: &str, data: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), data].concat()
}

fn open(bytes: Vec<u8>) -> Result<Weights, WeightsError> {
    Weights::from_bytes(Path::new(NAME), bytes)
}

/// The error of a file that must not open; it names the file.
fn refused(bytes: Vec<u8>) -> WeightsError {
    let error = open(bytes).unwrap_err();
    assert!(error.to_string().contains(NAME), "{error}");
    error
}

fn one(dtype: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let length = data.len();
    let header =
        format!(r#"{{"a":{{"dtype":"{dtype}","shape":{shape},"data_offsets":[0,{length}]}}}}"#);
    file(&header, data)
}

fn values(weights: &Weights, key: &str) -> Vec<f32> {
    weights.plain(key).unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

#[test]
fn every_element_type_is_converted() {
    let halves = [0x00, 0x3c, 0x00, 0xc0];
    let cases: [(&str, StoredType, &[u8]); 10] = [
        ("F64", StoredType::F64, &[1f64, -2.0].map(f64::to_le_bytes).concat()),
        ("F32", StoredType::F32, &[1f32, -2.0].map(f32::to_le_bytes).concat()),
        ("F16", StoredType::F16, &halves),
        ("BF16", StoredType::BF16, &[0x80, 0x3f, 0x00, 0xc0]),
        ("F8_E4M3", StoredType::F8E4M3, &[0x38, 0xc0]),
        ("F8_E5M2", StoredType::F8E5M2, &[0x3c, 0xc0]),
        ("I64", StoredType::I64, &[1i64, -2].map(i64::to_le_bytes).concat()),
        ("I32", StoredType::I32, &[1i32, -2].map(i32::to_le_bytes).concat()),
        ("I16", StoredType::I16, &[1i16, -2].map(i16::to_le_bytes).concat()),
        ("I8", StoredType::I8, &[1, 0xfe]),
    ];
    for (name, stored, data) in cases {
        let weights = open(one(name, "[2]", data)).unwrap();
        assert_eq!(weights.dtype("a"), Some(stored));
        assert_eq!(values(&weights, "a"), [1.0, -2.0], "{name}");
        for dtype in [DType::F16, DType::BF16, DType::F64] {
            let tensor = weights.tensor("a", &[2], dtype, &Device::Cpu).unwrap();
            assert_eq!(tensor.dtype(), dtype);
        }
    }
}

#[test]
fn every_cut_of_a_file_is_refused() {
    let whole = one("F32", "[2]", &[0; 8]);
    for length in 0..whole.len() {
        assert!(open(whole[..length].to_vec()).is_err(), "{length} bytes");
    }
    assert!(open(whole).is_ok());
    assert!(matches!(*refused(Vec::new()).problem, Problem::Truncated { .. }));
}

#[test]
fn every_flipped_byte_is_either_harmless_or_refused() {
    let whole = one("F32", "[2]", &[0; 8]);
    for index in 0..whole.len() {
        for bit in 0..8 {
            let mut bytes = whole.clone();
            bytes[index] ^= 1 << bit;
            if let Ok(weights) = open(bytes) {
                for key in weights.keys() {
                    weights.plain(key).unwrap();
                }
            }
        }
    }
}

#[test]
fn absurd_headers_are_refused() {
    let long = [&u64::MAX.to_le_bytes()[..], b"{}"].concat();
    assert!(matches!(*refused(long).problem, Problem::HeaderTooLong(u64::MAX)));
    let longer_than_file = [&1000u64.to_le_bytes()[..], b"{}"].concat();
    assert!(matches!(*refused(longer_than_file).problem, Problem::Truncated { .. }));
    for header in ["", "[]", "null", "{", r#"{"a":1}"#, r#"{"a":{}}"#, "{}{}", "\u{feff}{}"] {
        assert!(matches!(*refused(file(header, &[])).problem, Problem::Header(_)), "{header}");
    }
    let deep = "[".repeat(100_000);
    assert!(matches!(*refused(file(&deep, &[])).problem, Problem::Header(_)));
    let not_text = [&2u64.to_le_bytes()[..], &[0xff, 0xfe]].concat();
    assert!(matches!(*refused(not_text).problem, Problem::Header(_)));
}

#[test]
fn a_broken_tensor_is_named() {
    let entry = |dtype: &str, shape: &str, offsets: &str| {
        let entry = format!(r#"{{"dtype":"{dtype}","shape":{shape},"data_offsets":{offsets}}}"#);
        let error = refused(file(&format!(r#"{{"bad.weight":{entry}}}"#), &[0; 8]));
        assert_eq!(error.key.as_deref(), Some("bad.weight"), "{error}");
        *error.problem
    };
    assert!(matches!(entry("F33", "[2]", "[0,8]"), Problem::ElementType(_)));
    assert!(matches!(entry("F32", "[3]", "[0,8]"), Problem::Offsets(_)));
    assert!(matches!(entry("F32", "[2]", "[8,0]"), Problem::Offsets(_)));
    assert!(matches!(entry("F32", "[3]", "[0,12]"), Problem::Truncated { .. }));
    assert!(matches!(entry("F32", "[4611686018427387905]", "[0,4]"), Problem::Offsets(_)));
    let huge = "[18446744073709551615,18446744073709551615]";
    assert!(matches!(entry("F32", huge, "[0,8]"), Problem::Offsets(_)));
    assert!(matches!(entry("F32", "[0,1099511627777]", "[0,0]"), Problem::Offsets(_)));
}

#[test]
fn the_same_key_twice_is_refused() {
    let entry = r#"{"dtype":"U8","shape":[1],"data_offsets":"#;
    let error = refused(file(&format!(r#"{{"a":{entry}[0,1]}},"a":{entry}[1,2]}}}}"#), &[0; 2]));
    assert!(matches!(*error.problem, Problem::Duplicate));
    assert_eq!(error.key.as_deref(), Some("a"));
}

#[test]
fn tensors_that_share_bytes_are_refused() {
    let entry = r#"{"dtype":"U8","shape":[2],"data_offsets":"#;
    let error = refused(file(&format!(r#"{{"a":{entry}[0,2]}},"b":{entry}[1,3]}}}}"#), &[0; 3]));
    assert!(error.to_string().contains("`b`") && error.to_string().contains("`a`"), "{error}");
}

#[test]
fn a_file_without_tensors_and_odd_metadata_are_fine() {
    assert_eq!(open(file("{}", &[])).unwrap().keys().count(), 0);
    let weights = open(file(
        r#"{"__metadata__":{"format":"pt","x":[1,{}]},"a":{"dtype":"F32","shape":[0,4],"data_offsets":[0,0]}}"#,
        &[],
    ))
    .unwrap();
    assert_eq!(weights.metadata(), BTreeMap::from([("format".to_owned(), "pt".to_owned())]));
    assert_eq!(weights.plain("a").unwrap().dims(), [0, 4]);
}

#[test]
fn numbers_that_are_none_are_reported_by_key() {
    let tensor = |values: &[f32]| Tensor::from_vec(values.to_vec(), values.len(), &Device::Cpu);
    let weights = Weights::from_tensors(BTreeMap::from([
        ("m.bad".to_owned(), tensor(&[1.0, f32::NAN]).unwrap()),
        ("m.good".to_owned(), tensor(&[0.0, 1.0]).unwrap()),
        ("m.huge".to_owned(), tensor(&[f32::INFINITY]).unwrap()),
    ]));
    assert_eq!(weights.under("m").non_finite().unwrap(), ["m.bad", "m.huge"]);
}

#[test]
fn an_error_says_what_is_expected_and_what_is_there() {
    let weights =
        open(one("F32", "[2]", &[0; 8])).unwrap().renamed(|key| Some(format!("x.y.{key}")));
    let read =
        |key: &str| weights.under("x").under("y").tensor(key, &[3], DType::F32, &Device::Cpu);
    assert_eq!(
        read("a").unwrap_err().to_string(),
        format!("{NAME}: `x.y.a`: expected shape [3], found [2]")
    );
    assert_eq!(read("b").unwrap_err().to_string(), format!("{NAME}: `x.y.b`: no such tensor"));
}

#[test]
fn ones_at_the_end_of_a_shape_do_not_count() {
    let weights = open(one("U8", "[2,1,1]", &[3, 4])).unwrap();
    let tensor = weights.tensor("a", &[2], DType::F32, &Device::Cpu).unwrap();
    assert_eq!(tensor.to_vec1::<f32>().unwrap(), [3.0, 4.0]);
    assert!(weights.tensor("a", &[1, 2], DType::F32, &Device::Cpu).is_err());
}

#[test]
fn parts_of_a_tensor_have_names_of_their_own() {
    let weights = open(one("U8", "[2,3]", &[1, 2, 3, 4, 5, 6])).unwrap();
    let relaid = weights
        .relaid(|_| {
            vec![
                ("second".to_owned(), Part::Rows { index: 1, of: 2 }),
                ("turned".to_owned(), Part::Transposed),
            ]
        })
        .unwrap();
    assert_eq!(relaid.shape("turned"), Some(&[3, 2][..]));
    assert_eq!(values(&relaid, "second"), [4.0, 5.0, 6.0]);
    assert_eq!(values(&relaid, "turned"), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
    let third = |_: &str| vec![("x".to_owned(), Part::Rows { index: 0, of: 4 })];
    assert!(matches!(*weights.relaid(third).unwrap_err().problem, Problem::Part(_)));
}

#[test]
fn a_mapped_file_reads_as_one_in_memory_does() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&one("F16", "[2]", &[0x00, 0x3c, 0x00, 0xc0])).unwrap();
    assert_eq!(values(&Weights::open(file.path()).unwrap(), "a"), [1.0, -2.0]);
    assert!(matches!(
        *Weights::open(Path::new("no such file")).unwrap_err().problem,
        Problem::Io(_)
    ));
}

#[test]
fn a_pytorch_file_is_read_without_being_run() {
    let Some(folder) = support::shared("fixtures/units/09_lora_ti/embeddings") else { return };
    let path = folder.join("ti_a1111.pt");
    let weights = Weights::open(&path).unwrap();
    assert_eq!(weights.keys().collect::<Vec<_>>(), ["string_to_param.*"]);
    assert_eq!(weights.shape("string_to_param.*"), Some(&[2, 32][..]));
    assert!(weights.non_finite().unwrap().is_empty());
    let whole = std::fs::read(&path).unwrap();
    for length in 0..whole.len() {
        assert!(open(whole[..length].to_vec()).is_err(), "{length} bytes");
    }
    for index in 0..whole.len() {
        for flip in [1, 0x80, 0xff] {
            let mut bytes = whole.clone();
            bytes[index] ^= flip;
            if let Ok(weights) = open(bytes) {
                for key in weights.keys() {
                    let _ = weights.plain(key);
                }
            }
        }
    }
}

/// A stored zip archive as PyTorch writes it, with one storage of two floats.
fn pytorch(pickle: &[u8]) -> Vec<u8> {
    let members: [(&str, &[u8]); 2] =
        [("x/data.pkl", pickle), ("x/data/0", &[0, 0, 128, 63, 0, 0, 0, 192])];
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, data) in members {
        let place = (bytes.len() as u32).to_le_bytes();
        let size = (data.len() as u32).to_le_bytes();
        let name_length = (name.len() as u32).to_le_bytes();
        let sizes = [size, size, name_length].concat();
        directory.extend([b"PK\x01\x02", &[0; 16][..], &sizes, &[0; 10], &place].concat());
        directory.extend(name.as_bytes());
        bytes.extend([b"PK\x03\x04", &[0; 14][..], &sizes, name.as_bytes(), data].concat());
    }
    let (start, length) = (bytes.len() as u32, directory.len() as u32);
    bytes.extend(directory);
    let counts = [0, 0, 0, 0, 2, 0, 2, 0];
    let places = [length.to_le_bytes(), start.to_le_bytes()].concat();
    bytes.extend([&b"PK\x05\x06"[..], &counts, &places, &[0; 2]].concat());
    bytes
}

#[test]
fn a_pickle_that_would_run_something_only_holds_a_name() {
    // What `os.system("…")` looks like in a pickle.
    let error = refused(pytorch(b"\x80\x02cos\nsystem\nX\x04\0\0\0echo\x85R."));
    assert!(error.to_string().contains("no tensors"), "{error}");
}

#[test]
fn a_pickle_that_doubles_itself_stays_small() {
    // Each step makes a pair of the last pair twice: 2^200000 leaves if anybody expanded them.
    let mut pickle = b"\x80\x02N".to_vec();
    for _ in 0..200_000 {
        pickle.extend(b"q\0h\0\x86");
    }
    pickle.push(b'.');
    assert!(matches!(*refused(pytorch(&pickle)).problem, Problem::Format(_)));
}

#[test]
fn a_pickled_tensor_must_lie_in_its_storage() {
    let tensor = |offset: u8, size: u8, stride: u8| {
        let mut pickle = b"\x80\x02}X\x01\0\0\0actorch._utils\n_rebuild_tensor_v2\n((".to_vec();
        pickle.extend(
            b"X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\0\x30X\x03\0\0\0cpuK\x02tQ",
        );
        pickle.extend([b'K', offset, b'K', size, 0x85, b'K', stride, 0x85, 0x89]);
        pickle.extend(b"}tRs.");
        open(pytorch(&pickle))
    };
    assert_eq!(values(&tensor(0, 2, 1).unwrap(), "a"), [1.0, -2.0]);
    assert_eq!(values(&tensor(1, 1, 1).unwrap(), "a"), [-2.0]);
    for (offset, size, stride) in [(0, 3, 1), (1, 2, 1), (255, 1, 1), (0, 2, 2)] {
        let error = tensor(offset, size, stride).unwrap_err();
        assert!(error.to_string().contains("`a`"), "{error}");
    }
}
