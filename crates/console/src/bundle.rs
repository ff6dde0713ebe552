//! What the sources in `ui` were built to. Written by `ui/build/pack.mjs`; do not edit.
//!
//! Invariant: it names every file of `dist`, and `scripts/check` keeps it so.

use crate::assets::Asset;

/// The page.
pub(crate) const PAGE: &str = include_str!("../dist/index.html");

/// Names what the page says, as an `ETag`.
pub(crate) const PAGE_TAG: &str = "\"beca0b3b23de3e350166fd3b783580ae\"";

/// What the page loads.
pub(crate) static ASSETS: [Asset; 3] = [
    Asset {
        path: "/assets/index-CTuFSSLk.js",
        content_type: "text/javascript; charset=utf-8",
        brotli: include_bytes!("../dist/assets/index-CTuFSSLk.js.br"),
        gzip: include_bytes!("../dist/assets/index-CTuFSSLk.js.gz"),
    },
    Asset {
        path: "/assets/index-d5LAIDP1.css",
        content_type: "text/css; charset=utf-8",
        brotli: include_bytes!("../dist/assets/index-d5LAIDP1.css.br"),
        gzip: include_bytes!("../dist/assets/index-d5LAIDP1.css.gz"),
    },
    Asset {
        path: "/assets/openId-zs56FXeJ.js",
        content_type: "text/javascript; charset=utf-8",
        brotli: include_bytes!("../dist/assets/openId-zs56FXeJ.js.br"),
        gzip: include_bytes!("../dist/assets/openId-zs56FXeJ.js.gz"),
    },
];
