//! What the sources in `ui` were built to. Written by `ui/build/pack.mjs`; do not edit.
//!
//! Invariant: it names every file of `dist`, and `scripts/check` keeps it so.

use crate::assets::Asset;

/// The page.
pub(crate) const PAGE: &str = include_str!("../dist/index.html");

/// Names what the page says, as an `ETag`.
pub(crate) const PAGE_TAG: &str = "\"8acbd6b8742994ab2f42e8a970f57310\"";

/// What the page loads.
pub(crate) static ASSETS: [Asset; 3] = [
    Asset {
        path: "/assets/index-QWGDAt_k.css",
        content_type: "text/css; charset=utf-8",
        brotli: include_bytes!("../dist/assets/index-QWGDAt_k.css.br"),
        gzip: include_bytes!("../dist/assets/index-QWGDAt_k.css.gz"),
    },
    Asset {
        path: "/assets/index-stymNbSX.js",
        content_type: "text/javascript; charset=utf-8",
        brotli: include_bytes!("../dist/assets/index-stymNbSX.js.br"),
        gzip: include_bytes!("../dist/assets/index-stymNbSX.js.gz"),
    },
    Asset {
        path: "/assets/openId-zs56FXeJ.js",
        content_type: "text/javascript; charset=utf-8",
        brotli: include_bytes!("../dist/assets/openId-zs56FXeJ.js.br"),
        gzip: include_bytes!("../dist/assets/openId-zs56FXeJ.js.gz"),
    },
];
