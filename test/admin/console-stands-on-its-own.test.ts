import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { CONSOLE_FILES } from '../../src/admin/console/files.ts';
import { serve } from './served.ts';

test('the page loads nothing but its own files, and every file it names is served', async () => {
  const { get } = await serve();
  const seen = new Set<string>();
  const queue = ['/'];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const answer = await get(path);
    expect(answer.status, path).toBe(200);
    const text = await answer.text();
    const foreign = (text.match(/https?:\/\/[^\s"'`)]+/g) ?? []).filter((url) => url !== 'http://www.w3.org/2000/svg');
    expect(foreign, path).toEqual([]);
    for (const [, name] of text.matchAll(/(?:src|href)(?:="|: ')(\/console\/[\w.-]+)/g)) queue.push(name ?? '');
    for (const [, name] of text.matchAll(/from '\.\/([\w-]+\.js)'/g)) queue.push(`/console/${name}`);
  }
  expect([...seen].sort()).toEqual([...CONSOLE_FILES.keys()].sort());
});

test('nothing in the page needs what the content security policy forbids', async () => {
  const { get } = await serve();
  for (const path of CONSOLE_FILES.keys()) {
    const text = await (await get(path)).text();
    expect(text, path).not.toMatch(/<script(?![^>]*src=)|\son\w+="|style="|innerHTML|'style'|eval\(|new Function/);
  }
});

test('an unchanged file is not sent again', async () => {
  const { get } = await serve();
  const first = await get('/console/console.css');
  expect(first.headers.get('content-type')).toBe('text/css; charset=utf-8');
  const etag = first.headers.get('etag') ?? '';
  expect((await get('/console/console.css', { headers: { 'if-none-match': etag } })).status).toBe(304);
  expect((await get('/console/console.css', { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
});

test('the scripts of the page are sound to the compiler', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '--noEmit', '-p', 'src/admin/console'], {
    cwd: root,
  });
});

test('what the console asks for each second is small, however many models there are', async () => {
  const { createFixtureView } = await import('./fixture-view.ts');
  const names = Array.from({ length: 400 }, (_, i) => `model-${i}`);
  const { get } = await serve(null, createFixtureView(names));
  const text = await (await get('/api/v1/live?model=model-17')).text();
  expect(text.length).toBeLessThan(100_000);
  expect(JSON.parse(text)).toMatchObject({ selected: { model: { name: 'model-17' } } });
});

test('a model that is gone gives way to the first one', async () => {
  const { get } = await serve();
  const live = await (await get('/api/v1/live?model=gone')).json();
  expect(live).toMatchObject({ at: '2023-11-14T22:13:20.000Z', selected: { model: { name: 'credit-default' } } });
});
