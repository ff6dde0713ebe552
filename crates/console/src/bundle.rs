//! What the sources in `ui` were built to. Written by `ui/build/pack.mjs`; do not edit.
//!
//! Invariant: it names every file of `dist`, and `scripts/check` keeps it so.

use crate::assets::Asset;

/// The page.
pub(crate) const PAGE: &str = include_str!("../dist/index.html");

/// Names what the page says, as an `ETag`.
pub(crate) const PAGE_TAG: &str = "\"b654dc3bd3d1fc2dcf02434aacd4032c\"";

/// What the page loads.
pub(crate) static ASSETS: [Asset; 3] = [
    Asset {
        path: "/assets/index-BnQRUAk6.js",
        content_type: "text/javascript; charset=utf-8",
        brotli: include_bytes!("../dist/assets/index-BnQRUAk6.js.br"),
        gzip: include_bytes!("../dist/assets/index-BnQRUAk6.js.gz"),
    },
    Asset {
        path: "/assets/index-BvCQwCpx.css",
        content_type: "text/css; charset=utf-8",
        brotli: include_bytes!("../dist/assets/index-BvCQwCpx.css.br"),
        gzip: include_bytes!("../dist/assets/index-BvCQwCpx.css.gz"),
    },
    Asset {
        path: "/assets/openId-zs56FXeJ.js",
        content_type: "text/javascript; charset=utf-8",
        brotli: include_bytes!("../dist/assets/openId-zs56FXeJ.js.br"),
        gzip: include_bytes!("../dist/assets/openId-zs56FXeJ.js.gz"),
    },
];
