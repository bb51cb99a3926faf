//! A font for letters that the bundled one lacks: the one given, or one found where systems keep fonts.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::Failure;
use crate::diagnostics::Diagnostic;
use crate::report::chart::{MoreLetters, lacking};

/// Names of fonts with Hangul that read well in print, the best first; every other font comes after them.
const PREFERRED: [&str; 9] = [
    "pretendard",
    "notosanskr",
    "notosanscjk",
    "sourcehansans",
    "nanumbarungothic",
    "nanumgothic",
    "applesdgothicneo",
    "malgun",
    "nanum",
];

/// Where fonts are kept: freedesktop's folders, macOS's, Windows's. The user's come from the environment.
fn folders() -> Vec<PathBuf> {
    #[expect(
        clippy::disallowed_methods,
        reason = "where a user's fonts are, only the environment says"
    )]
    let of_user = |name: &str, below: &str| {
        let folder = std::env::var_os(name).filter(|folder| !folder.is_empty())?;
        Some(Path::new(&folder).join(below))
    };
    let own = [
        of_user("XDG_DATA_HOME", "fonts"),
        of_user("HOME", ".local/share/fonts"),
        of_user("HOME", ".fonts"),
        of_user("HOME", "Library/Fonts"),
        of_user("WINDIR", "Fonts"),
    ];
    let shared = [
        "/usr/local/share/fonts",
        "/usr/share/fonts",
        "/Library/Fonts",
        "/System/Library/Fonts",
    ];
    own.into_iter()
        .flatten()
        .chain(shared.map(PathBuf::from))
        .collect()
}

/// Every font file below the folders, those with a preferred name first, then by name.
fn files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in folders() {
        gather(&folder, 6, &mut found);
    }
    found.sort_by_cached_key(|path| (rank(path), path.clone()));
    found.dedup();
    found
}

fn gather(folder: &Path, depth: u32, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let ending = path.extension().and_then(OsStr::to_str).unwrap_or_default();
        if path.is_dir() && depth > 0 {
            gather(&path, depth - 1, found);
        } else if ["ttf", "otf", "ttc", "otc"].contains(&ending.to_ascii_lowercase().as_str()) {
            found.push(path);
        }
    }
}

/// Where in the order a file comes: by its family, upright and regular before all else of it.
fn rank(path: &Path) -> (usize, bool) {
    let name = stem(path).to_ascii_lowercase().replace([' ', '-', '_'], "");
    let family = PREFERRED.iter().position(|family| name.starts_with(family));
    let is_other = [
        "bold", "light", "thin", "black", "italic", "medium", "mono", "serif",
    ]
    .iter()
    .any(|face| name.contains(face));
    (family.unwrap_or(PREFERRED.len()), is_other)
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// The bold face beside a regular one, as its maker names it.
fn bold_of(path: &Path) -> Option<PathBuf> {
    let name = stem(path);
    let ending = path.extension()?.to_string_lossy().into_owned();
    let short = name.strip_suffix("Regular").unwrap_or(&name);
    let names = ["Bold", "-Bold", "bd", "-SemiBold"].map(|bold| format!("{short}{bold}.{ending}"));
    let beside = names.into_iter().map(|name| path.with_file_name(name));
    beside.into_iter().find(|path| path.is_file())
}

fn read(path: &Path) -> Result<Option<MoreLetters>, std::io::Error> {
    let regular = fs::read(path)?;
    let bold = bold_of(path).map(fs::read).transpose()?;
    Ok(MoreLetters::read(regular, bold))
}

/// What texts need beside the bundled font: nothing, the font `given`, or the first of the system's that has every
/// letter. `must` says whether it is an error if none has.
pub(super) fn letters(
    texts: &str,
    given: Option<&Path>,
    must: bool,
    quiet: bool,
) -> Result<Option<MoreLetters>, Failure> {
    let Some(first) = lacking(texts, None) else {
        return given.map_or(Ok(None), |path| open(path).map(Some));
    };
    if let Some(path) = given {
        let font = open(path)?;
        return match lacking(texts, Some(&font)) {
            None => Ok(Some(font)),
            Some(letter) => Err(Diagnostic::new(format!(
                "the font `{}` has no `{letter}` ({})",
                path.display(),
                letter.escape_unicode()
            ))
            .hint(
                "give a font that has every letter of the report, such as Noto Sans KR for Korean",
            )
            .into()),
        };
    }
    for path in files() {
        // What cannot be read, or is no font, is not the one looked for.
        let Ok(Some(font)) = read(&path) else {
            continue;
        };
        if font.has(first) && lacking(texts, Some(&font)).is_none() {
            return Ok(Some(font));
        }
    }
    let message = format!(
        "no font of this system has every letter of the report; the first missing is `{first}` ({})",
        first.escape_unicode()
    );
    let problem = Diagnostic::new(message).hint(
        "install one (Debian, Ubuntu: fonts-nanum or fonts-noto-cjk; Fedora: google-noto-sans-cjk-fonts) or give one \
         with --font FILE",
    );
    if must {
        return Err(problem.into());
    }
    crate::cli::warn(&problem, quiet);
    Ok(None)
}

/// The font of a file.
fn open(path: &Path) -> Result<MoreLetters, Failure> {
    let font = read(path).map_err(|error| Failure::file("read", path, &error))?;
    font.ok_or_else(|| {
        Diagnostic::new(format!("`{}` is no font", path.display()))
            .hint("--font takes a TrueType or OpenType file (.ttf, .otf, .ttc)")
            .into()
    })
}
