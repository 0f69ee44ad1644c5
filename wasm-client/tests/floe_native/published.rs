//! FLOE's published answers. They are not copied into the project: where their folder is missing, the test says so.

use std::path::{Path, PathBuf};

use claimcheck_client::floe::Error;
use claimcheck_client::secret::Secret32;
use claimcheck_protocol::floe::{FloeError, FloeParams};
use data_encoding::HEXLOWER_PERMISSIVE;

use crate::files::{open_file, open_pieces};

const AAD: &[u8] = b"This is AAD";
const ANSWERS: [(&str, u32, u8); 5] = [
    ("cpp_GCM256_IV256_64", 64, 20),
    ("cpp_GCM256_IV256_4K", 4096, 20),
    ("cpp_rotation", 40, 2),
    ("java_lastSegAligned", 40, 20),
    ("java_lastSegEmpty", 40, 20),
];

fn folder() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/kats");
    let folder = std::env::var_os("CLAIMCHECK_KATS").map_or(beside, PathBuf::from).join("floe");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("FLOE's published answers are not here ({}); set CLAIMCHECK_KATS", folder.display());
    None
}

fn read(folder: &Path, name: &str) -> Vec<u8> {
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    HEXLOWER_PERMISSIVE.decode(text.trim().as_bytes()).unwrap()
}

#[test]
fn all_published_answers_open() {
    let Some(folder) = folder() else { return };
    let key = Secret32::from_bytes([0; 32]);
    for (name, enc_seg_len, rotation) in ANSWERS {
        let params = FloeParams::new(enc_seg_len, rotation).unwrap();
        let sealed = read(&folder, &format!("{name}_ct.txt"));
        let plain = read(&folder, &format!("{name}_pt.txt"));
        assert_eq!(open_pieces(params, &key, AAD, &sealed).as_ref(), Ok(&plain), "{name}");
        if name == "java_lastSegEmpty" {
            let refused = Err(Error::Shape(FloeError::EmptyLastSegment));
            assert_eq!(open_file(params, &key, AAD, &sealed), refused, "FLOE allows it, a manifest does not");
        } else {
            assert_eq!(open_file(params, &key, AAD, &sealed), Ok(plain), "{name} by chunks");
        }
    }
    let known: Vec<String> = ANSWERS.iter().map(|(name, ..)| format!("{name}_ct.txt")).collect();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(!name.ends_with("_ct.txt") || known.contains(&name), "{name} is not tested");
    }
}
