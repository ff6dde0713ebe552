// Turns what Vite built (build/out) into what is committed and embedded (../dist): the page as it is, and each asset
// compressed twice, since every browser takes one of the two. With --check it compares instead, and says what differs:
// what stands in the files is compared and not how it was compressed, which another Node may do otherwise.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, brotliDecompressSync, constants, gunzipSync, gzipSync } from 'node:zlib';

const BYTES_MAX = 250 * 1024;
const here = dirname(fileURLToPath(import.meta.url));
const built = join(here, 'out');
const packed = join(here, '../../dist');
const tableFile = join(here, '../../src/bundle.rs');

const brotli = (bytes) =>
  brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  });
const gzip = (bytes) => gzipSync(bytes, { level: 9 });

/** The page and its assets as the crate embeds them, in the form that rustfmt gives. */
function table(page, assets) {
  const tag = createHash('sha256').update(page).digest('hex').slice(0, 32);
  const rows = assets.map(({ name }) => {
    const type = name.endsWith('.css') ? 'text/css' : 'text/javascript';
    return [
      '    Asset {',
      `        path: "/assets/${name}",`,
      `        content_type: "${type}; charset=utf-8",`,
      `        brotli: include_bytes!("../dist/assets/${name}.br"),`,
      `        gzip: include_bytes!("../dist/assets/${name}.gz"),`,
      '    },',
    ].join('\n');
  });
  return `//! What the sources in \`ui\` were built to. Written by \`ui/build/pack.mjs\`; do not edit.
//!
//! Invariant: it names every file of \`dist\`, and \`scripts/check\` keeps it so.

use crate::assets::Asset;

/// The page.
pub(crate) const PAGE: &str = include_str!("../dist/index.html");

/// Names what the page says, as an \`ETag\`.
pub(crate) const PAGE_TAG: &str = "\\"${tag}\\"";

/// What the page loads.
pub(crate) static ASSETS: [Asset; ${assets.length}] = [
${rows.join('\n')}
];
`;
}

const page = readFileSync(join(built, 'index.html'));
const documents = readFileSync(join(here, 'documents.json'));
const licences = readFileSync(join(built, 'LICENCES.txt'));
const assets = readdirSync(join(built, 'assets'))
  .sort()
  .map((name) => ({ name, bytes: readFileSync(join(built, 'assets', name)) }));

const compressed = assets.map(({ name, bytes }) => ({ name, brotli: brotli(bytes), gzip: gzip(bytes) }));
const size = (kind) => page.length + compressed.reduce((sum, asset) => sum + asset[kind].length, 0);
console.log(`the bundle: ${size('brotli')} bytes by brotli, ${size('gzip')} by gzip`);
if (size('gzip') > BYTES_MAX) {
  console.error(`the bundle is larger than ${BYTES_MAX} bytes`);
  process.exit(1);
}

if (process.argv.includes('--check')) {
  const wanted = new Map([
    ['index.html', page],
    ['LICENCES.txt', licences],
    ['documents.json', documents],
  ]);
  for (const { name, bytes } of assets) for (const end of ['br', 'gz']) wanted.set(`assets/${name}.${end}`, bytes);
  const found = ['index.html', 'LICENCES.txt', 'documents.json', ...readdirSync(join(packed, 'assets')).map((name) => `assets/${name}`)];
  const differing = [...new Set([...wanted.keys(), ...found])].filter((name) => {
    if (!wanted.has(name) || !found.includes(name)) return true;
    const bytes = readFileSync(join(packed, name));
    const plain = name.endsWith('.br') ? brotliDecompressSync(bytes) : name.endsWith('.gz') ? gunzipSync(bytes) : bytes;
    return !plain.equals(wanted.get(name));
  });
  if (readFileSync(tableFile, 'utf8') !== table(page, assets)) differing.push('../src/bundle.rs');
  if (differing.length > 0) {
    console.error(`crates/console/dist is not what its sources give: run scripts/console\n  ${differing.join('\n  ')}`);
    process.exit(1);
  }
} else {
  rmSync(packed, { recursive: true, force: true });
  mkdirSync(join(packed, 'assets'), { recursive: true });
  writeFileSync(join(packed, 'index.html'), page);
  writeFileSync(join(packed, 'LICENCES.txt'), licences);
  writeFileSync(join(packed, 'documents.json'), documents);
  writeFileSync(tableFile, table(page, assets));
  for (const asset of compressed) {
    writeFileSync(join(packed, 'assets', `${asset.name}.br`), asset.brotli);
    writeFileSync(join(packed, 'assets', `${asset.name}.gz`), asset.gzip);
  }
}
