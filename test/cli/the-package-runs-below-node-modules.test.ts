// Node strips no types below node_modules: what an installed package names must be JavaScript that the build makes.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

test('the command of the package is built from a script with a hashbang, before it is packed', () => {
  const { bin, files, scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  expect(bin.headgate).toMatch(/^dist\/.*\.js$/);
  const source = join(ROOT, bin.headgate.replace(/^dist/, 'src').replace(/\.js$/, '.ts'));
  expect(readFileSync(source, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  expect(files).toContain('dist');
  expect(scripts.prepack).toBe('npm run build');
  for (const file of files.filter((file: string) => file !== 'dist'))
    expect(existsSync(join(ROOT, file)), file).toBe(true);
});
