//! What the sources in `ui` were built to. Written by `ui/build/pack.mjs`; do not edit.
//!
//! Invariant: it names every file of `dist`, and `scripts/check` keeps it so.

use crate::assets::Asset;

/// The page.
pub(crate) const PAGE: &str = include_str!("../dist/index.html");

/// Names what the page says, as an `ETag`.
pub(crate) const PAGE_TAG: &str = "\"8448e3bdf2065d2073d2af593196e8d1\"";

/// What the page loads.
pub(crate) static ASSETS: [Asset; 2] = [
    Asset {
        path: "/assets/index-DXtkvAKS.css",
        content_type: "text/css; charset=utf-8",
        brotli: include_bytes!("../dist/assets/index-DXtkvAKS.css.br"),
        gzip: include_bytes!("../dist/assets/index-DXtkvAKS.css.gz"),
    },
    Asset {
        path: "/assets/index-RhPJEJ2P.js",
        content_type: "text/javascript; charset=utf-8",
        brotli: include_bytes!("../dist/assets/index-RhPJEJ2P.js.br"),
        gzip: include_bytes!("../dist/assets/index-RhPJEJ2P.js.gz"),
    },
];
