//! What the sources in `ui` were built to. Written by `ui/build/pack.mjs`; do not edit.
//!
//! Invariant: it names every file of `dist`, and `scripts/check` keeps it so.

use crate::assets::Asset;

/// The page.
pub(crate) const PAGE: &str = include_str!("../dist/index.html");

/// Names what the page says, as an `ETag`.
pub(crate) const PAGE_TAG: &str = "\"74b0112b1d99cc7d5b5623db6f8fca7c\"";

/// What the page loads.
pub(crate) static ASSETS: [Asset; 3] = [
    Asset {
        path: "/assets/index-5Nq9W8FX.css",
        content_type: "text/css; charset=utf-8",
        brotli: include_bytes!("../dist/assets/index-5Nq9W8FX.css.br"),
        gzip: include_bytes!("../dist/assets/index-5Nq9W8FX.css.gz"),
    },
    Asset {
        path: "/assets/index-Cu5g9-X1.js",
        content_type: "text/javascript; charset=utf-8",
        brotli: include_bytes!("../dist/assets/index-Cu5g9-X1.js.br"),
        gzip: include_bytes!("../dist/assets/index-Cu5g9-X1.js.gz"),
    },
    Asset {
        path: "/assets/openId-zs56FXeJ.js",
        content_type: "text/javascript; charset=utf-8",
        brotli: include_bytes!("../dist/assets/openId-zs56FXeJ.js.br"),
        gzip: include_bytes!("../dist/assets/openId-zs56FXeJ.js.gz"),
    },
];
