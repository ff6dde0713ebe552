//! What the sources in `ui` were built to. Written by `ui/build/pack.mjs`; do not edit.
//!
//! Invariant: it names every file of `dist`, and `scripts/check` keeps it so.

use crate::assets::Asset;

/// The page.
pub(crate) const PAGE: &str = include_str!("../dist/index.html");

/// Names what the page says, as an `ETag`.
pub(crate) const PAGE_TAG: &str = "\"03873254f4ec0218d08f100e35f30720\"";

/// What the page loads.
pub(crate) static ASSETS: [Asset; 3] = [
    Asset {
        path: "/assets/index-BmpHvB2D.css",
        content_type: "text/css; charset=utf-8",
        brotli: include_bytes!("../dist/assets/index-BmpHvB2D.css.br"),
        gzip: include_bytes!("../dist/assets/index-BmpHvB2D.css.gz"),
    },
    Asset {
        path: "/assets/index-req0bgk7.js",
        content_type: "text/javascript; charset=utf-8",
        brotli: include_bytes!("../dist/assets/index-req0bgk7.js.br"),
        gzip: include_bytes!("../dist/assets/index-req0bgk7.js.gz"),
    },
    Asset {
        path: "/assets/openId-zs56FXeJ.js",
        content_type: "text/javascript; charset=utf-8",
        brotli: include_bytes!("../dist/assets/openId-zs56FXeJ.js.br"),
        gzip: include_bytes!("../dist/assets/openId-zs56FXeJ.js.gz"),
    },
];
