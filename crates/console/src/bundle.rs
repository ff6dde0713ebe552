//! What the sources in `ui` were built to. Written by `ui/build/pack.mjs`; do not edit.
//!
//! Invariant: it names every file of `dist`, and `scripts/check` keeps it so.

use crate::assets::Asset;

/// The page.
pub(crate) const PAGE: &str = include_str!("../dist/index.html");

/// Names what the page says, as an `ETag`.
pub(crate) const PAGE_TAG: &str = "\"40d3029225f3ef6185bc0e73010cfb91\"";

/// What the page loads.
pub(crate) static ASSETS: [Asset; 3] = [
    Asset {
        path: "/assets/index-1dWPknLk.js",
        content_type: "text/javascript; charset=utf-8",
        brotli: include_bytes!("../dist/assets/index-1dWPknLk.js.br"),
        gzip: include_bytes!("../dist/assets/index-1dWPknLk.js.gz"),
    },
    Asset {
        path: "/assets/index-NiHT5mw8.css",
        content_type: "text/css; charset=utf-8",
        brotli: include_bytes!("../dist/assets/index-NiHT5mw8.css.br"),
        gzip: include_bytes!("../dist/assets/index-NiHT5mw8.css.gz"),
    },
    Asset {
        path: "/assets/openId-zs56FXeJ.js",
        content_type: "text/javascript; charset=utf-8",
        brotli: include_bytes!("../dist/assets/openId-zs56FXeJ.js.br"),
        gzip: include_bytes!("../dist/assets/openId-zs56FXeJ.js.gz"),
    },
];
