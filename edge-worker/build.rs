//! Tells the Worker which migrations there are, so that `/healthz` can say which ones the database lacks.

use std::error::Error;
use std::fs;

const FOLDER: &str = "../migrations";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={FOLDER}");
    let mut names = Vec::new();
    for entry in fs::read_dir(FOLDER)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".sql") {
            names.push(name);
        }
    }
    names.sort();
    println!("cargo::rustc-env=MIGRATIONS={}", names.join(","));
    Ok(())
}
