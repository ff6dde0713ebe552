// Bundles the page into ../page.html, ../page.js.gz and ../page.css.gz, and lists what went into it in ../LICENCES.txt.
// The same sources and lock file give the same bytes.

import { copyFileSync, existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const { outputFiles, metafile } = await build({
  entryPoints: ['page.jsx'],
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2020',
  outdir: 'out',
  write: false,
  metafile: true,
  legalComments: 'none',
  define: { 'process.env.NODE_ENV': '"production"' },
});

const withoutFonts = (css) => css.replaceAll(/@font-face\{[^}]*\}/g, '');
for (const { path, text } of outputFiles) {
  const [name, content] = path.endsWith('.css') ? ['page.css', withoutFonts(text)] : ['page.js', text];
  writeFileSync(join('..', `${name}.gz`), gzipSync(content, { level: 9 }));
}
copyFileSync('page.html', join('..', 'page.html'));

// ---- The licences of what is in the bundle.

const packages = new Map();
for (const input of Object.keys(metafile.inputs)) {
  const folder = input.match(/^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//)?.[1];
  if (!folder || packages.has(folder)) continue;
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  packages.set(folder, { name, version, license });
}
const notices = [...packages].sort(([, a], [, b]) => (a.name < b.name ? -1 : 1)).map(([folder, { name, version, license }]) => {
  const file = existsSync(folder) && readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file ? readFileSync(join(folder, file), 'utf8') : '';
  const copyright = text.split('\n').filter((line) => /^\s*copyright (?!holders)/i.test(line)).map((line) => `  ${line.trim()}`);
  return [`${name} ${version}: ${license}`, ...copyright].join('\n');
});
const mit = readFileSync('node_modules/react/LICENSE', 'utf8').split('\n').slice(3).join('\n').trim();
writeFileSync(
  join('..', 'LICENCES.txt'),
  `Packages bundled into page.js.gz and page.css.gz, with their licences.\n\n${notices.join('\n')}\n\n` +
    `The text of the MIT licence, which most of them are under, is:\n\n${mit}\n`,
);
