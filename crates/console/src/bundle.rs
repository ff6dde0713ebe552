//! What the sources in `ui` were built to. Written by `ui/build/pack.mjs`; do not edit.
//!
//! Invariant: it names every file of `dist`, and `scripts/check` keeps it so.

use crate::assets::Asset;

/// The page.
pub(crate) const PAGE: &str = include_str!("../dist/index.html");

/// Names what the page says, as an `ETag`.
pub(crate) const PAGE_TAG: &str = "\"9a2004cdd1af597da72c1c0a16caa840\"";

/// What the page loads.
pub(crate) static ASSETS: [Asset; 3] = [
    Asset {
        path: "/assets/index-BmpHvB2D.css",
        content_type: "text/css; charset=utf-8",
        brotli: include_bytes!("../dist/assets/index-BmpHvB2D.css.br"),
        gzip: include_bytes!("../dist/assets/index-BmpHvB2D.css.gz"),
    },
    Asset {
        path: "/assets/index-CsgU8fGi.js",
        content_type: "text/javascript; charset=utf-8",
        brotli: include_bytes!("../dist/assets/index-CsgU8fGi.js.br"),
        gzip: include_bytes!("../dist/assets/index-CsgU8fGi.js.gz"),
    },
    Asset {
        path: "/assets/openId-zs56FXeJ.js",
        content_type: "text/javascript; charset=utf-8",
        brotli: include_bytes!("../dist/assets/openId-zs56FXeJ.js.br"),
        gzip: include_bytes!("../dist/assets/openId-zs56FXeJ.js.gz"),
    },
];
