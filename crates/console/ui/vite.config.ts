// Builds the console into build/out, from where `build/pack.mjs` makes what is committed in ../dist.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** The folder of the package that a module belongs to, if it is not ours. */
function packageOf(module: string): string | undefined {
  if (!module.includes('node_modules')) return undefined;
  let folder = dirname(module.replace(/^\0/u, '').replace(/\?.*$/u, ''));
  for (; folder.includes('node_modules'); folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest) && 'version' in JSON.parse(readFileSync(manifest, 'utf8'))) return folder;
  }
  return undefined;
}

/** Writes LICENCES.txt: whose work is in the bundle, and on what terms. */
function licences(): Plugin {
  return {
    name: 'licences',
    generateBundle(_, bundle) {
      const modules = Object.values(bundle).flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []));
      const folders = [...new Set(modules.map(packageOf).filter((folder) => folder !== undefined))].sort();
      const texts = folders.map((folder) => {
        const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
        const file = readdirSync(folder).find((one) => /^licen[cs]e/iu.test(one));
        const text = file === undefined ? '' : `\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
        return `${name} ${version}: ${license}\n${text}`;
      });
      this.emitFile({ type: 'asset', fileName: 'LICENCES.txt', source: texts.join(`\n${'-'.repeat(72)}\n\n`) });
    },
  };
}

export default defineConfig({
  plugins: [react(), licences()],
  build: {
    outDir: 'build/out',
    emptyOutDir: true,
    target: 'es2022',
    // The policy forbids `data:` scripts and styles, and a preloading script would be inline.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rollupOptions: {
      output: {
        entryFileNames: 'assets/[name]-[hash].js',
        chunkFileNames: 'assets/[name]-[hash].js',
        assetFileNames: 'assets/[name]-[hash][extname]',
      },
    },
  },
});
