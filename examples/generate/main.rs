//! Writes the usage files of `examples/`: `cargo run --example generate-examples`.

mod stories;

use std::path::Path;

fn main() -> std::io::Result<()> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    for file in stories::all().into_iter().chain(stories::of_a_week()) {
        let path = project.join(file.path);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&path, &file.text)?;
    }
    Ok(())
}
