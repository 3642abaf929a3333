//! What pages load: style, one script and an icon, each under a name that changes with its bytes, so that browsers keep
//! it for good.

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use sha2::{Digest as _, Sha256};

use super::Failure;

/// A file that is built in.
struct Asset {
    name: &'static str,
    media_type: &'static str,
    bytes: &'static [u8],
}

const STYLE: Asset =
    Asset { name: "nhsuk.css", media_type: "text/css; charset=utf-8", bytes: include_bytes!("assets/nhsuk.css") };
const OWN_STYLE: Asset =
    Asset { name: "chat.css", media_type: "text/css; charset=utf-8", bytes: include_bytes!("assets/chat.css") };
const SCRIPT: Asset =
    Asset { name: "chat.js", media_type: "text/javascript; charset=utf-8", bytes: include_bytes!("assets/chat.js") };
const ICON: Asset = Asset { name: "icon.svg", media_type: "image/svg+xml", bytes: include_bytes!("assets/icon.svg") };

/// Where pages find what they load.
#[derive(Debug, Clone)]
pub(super) struct Assets {
    pub style: String,
    pub own_style: String,
    pub script: String,
    pub icon: String,
}

impl Default for Assets {
    fn default() -> Self {
        Assets { style: place(&STYLE), own_style: place(&OWN_STYLE), script: place(&SCRIPT), icon: place(&ICON) }
    }
}

/// Gives a file to a browser.
pub(super) async fn give(Path(file): Path<String>) -> Response {
    let asked = format!("/assets/{file}");
    match [STYLE, OWN_STYLE, SCRIPT, ICON].into_iter().find(|asset| place(asset) == asked) {
        Some(asset) => {
            let kept = "public, max-age=31536000, immutable";
            ([(CONTENT_TYPE, asset.media_type), (CACHE_CONTROL, kept)], asset.bytes).into_response()
        }
        None => Failure::NotFound.into_response(),
    }
}

fn place(asset: &Asset) -> String {
    let digest = format!("{:x}", Sha256::digest(asset.bytes));
    let (stem, ending) = asset.name.rsplit_once('.').unwrap_or((asset.name, ""));
    format!("/assets/{stem}-{}.{ending}", &digest[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_loaded_from_elsewhere() {
        for asset in [STYLE, OWN_STYLE, SCRIPT, ICON] {
            let text = String::from_utf8(asset.bytes.to_vec()).expect("it is text");
            let text = text.replace("http://www.w3.org/2000/svg", "");
            for foreign in ["http:", "https:", "url(", "@font-face", "@import", "Frutiger", "src=\"//"] {
                assert!(!text.contains(foreign), "{}: {foreign}", asset.name);
            }
        }
    }
}
