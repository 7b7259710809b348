// A change of content is told however it comes about: edited in place, replaced by an editor's rename, swapped below a
// ConfigMap's `..data` link. Folder events alone are tested with a poll too slow to help, the poll alone with events lost.

import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { filesToWatch, loadPlan } from '../../src/config/load.ts';
import { type FileWatch, type WatchOptions, watchFiles } from '../../src/config/watch.ts';
import { createManualClock } from '../../src/kernel/clock.ts';

const EVENTS_ONLY = { debounceMs: 5, pollMs: 600_000 };

let folder: string;
let watcher: FileWatch | undefined;
let changes = 0;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'headgate-watch-'));
  changes = 0;
});
afterEach(() => {
  watcher?.close();
  rmSync(folder, { recursive: true });
});

async function start(files: () => readonly string[], options: WatchOptions): Promise<void> {
  watcher = watchFiles(
    files,
    () => {
      changes++;
    },
    options,
  );
  await watcher.ready;
}

const told = (count: number) => vi.waitFor(() => expect(changes).toBe(count), { timeout: 5000, interval: 2 });

describe('a watched file', () => {
  it('edited in place is told, again and again', async () => {
    const file = join(folder, 'a.yaml');
    writeFileSync(file, '0');
    await start(() => [file], EVENTS_ONLY);
    for (let count = 1; count <= 5; count++) {
      writeFileSync(file, `content ${count}`);
      await told(count);
    }
  });

  it('replaced by rename is told, again and again', async () => {
    const file = join(folder, 'a.yaml');
    writeFileSync(file, '0');
    await start(() => [file], EVENTS_ONLY);
    for (let count = 1; count <= 5; count++) {
      writeFileSync(join(folder, '.a.swp'), `content ${count}`);
      renameSync(join(folder, '.a.swp'), file);
      await told(count);
    }
  });

  it('moved aside and written anew is told once', async () => {
    const file = join(folder, 'a.yaml');
    writeFileSync(file, '0');
    await start(() => [file], EVENTS_ONLY);
    for (let count = 1; count <= 3; count++) {
      renameSync(file, `${file}~`);
      writeFileSync(file, `content ${count}`);
      await told(count);
    }
  });

  it('below a ConfigMap is told at every swap of its link', async () => {
    const file = join(folder, 'a.yaml');
    const publish = (version: number) => {
      mkdirSync(join(folder, `..${version}`));
      writeFileSync(join(folder, `..${version}`, 'a.yaml'), `content ${version}`);
      symlinkSync(`..${version}`, join(folder, '..data_tmp'));
      renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
      if (version > 0) rmSync(join(folder, `..${version - 1}`), { recursive: true });
    };
    publish(0);
    symlinkSync('..data/a.yaml', file);
    await start(() => [file], EVENTS_ONLY);
    for (let version = 1; version <= 6; version++) {
      publish(version);
      await told(version);
    }
  });

  it('written with the same content is not told', async () => {
    const file = join(folder, 'a.yaml');
    writeFileSync(file, 'same');
    await start(() => [file], EVENTS_ONLY);
    for (let round = 0; round < 3; round++) {
      writeFileSync(join(folder, 'new'), 'same');
      renameSync(join(folder, 'new'), file);
    }
    writeFileSync(join(folder, 'beside'), 'not watched');
    writeFileSync(file, 'other');
    await told(1);
  });

  it('gone for a moment is not told, gone for good is', async () => {
    const file = join(folder, 'a.yaml');
    const clock = createManualClock();
    let looks = 0;
    writeFileSync(file, 'same');
    const files = () => {
      looks++;
      return [file];
    };
    await start(files, { debounceMs: 2, pollMs: 2, goneMs: 1000, clock });
    const looked = async () => {
      const before = looks;
      await vi.waitFor(() => expect(looks).toBeGreaterThan(before + 3), { timeout: 5000, interval: 2 });
    };
    unlinkSync(file);
    await looked();
    clock.advance(999);
    await looked();
    expect(changes).toBe(0);
    writeFileSync(file, 'same');
    await looked();
    unlinkSync(file);
    await looked();
    expect(changes).toBe(0);
    clock.advance(1000);
    await told(1);
    writeFileSync(file, 'same');
    await told(2);
  });

  it('in a folder that was removed and made anew is told', async () => {
    const inner = join(folder, 'inner');
    const file = join(inner, 'a.yaml');
    mkdirSync(inner);
    writeFileSync(file, '0');
    await start(() => [file], { debounceMs: 5, pollMs: 20 });
    for (let count = 1; count <= 3; count++) {
      rmSync(inner, { recursive: true });
      mkdirSync(inner);
      writeFileSync(file, `content ${count}`);
      await told(count);
    }
  });

  it('is told no more once the watch is closed', async () => {
    const file = join(folder, 'a.yaml');
    const other = join(folder, 'b.yaml');
    writeFileSync(file, '0');
    writeFileSync(other, '0');
    await start(() => [file], EVENTS_ONLY);
    watcher?.close();
    let others = 0;
    const second = watchFiles(
      () => [other],
      () => {
        others++;
      },
      EVENTS_ONLY,
    );
    await second.ready;
    writeFileSync(file, '1');
    writeFileSync(other, '1');
    await vi.waitFor(() => expect(others).toBe(1), { timeout: 5000, interval: 2 });
    second.close();
    expect(changes).toBe(0);
  });
});

describe('an included pattern', () => {
  it('tells of a file that appears, changes and disappears', async () => {
    const main = join(folder, 'main.yaml');
    const team = join(folder, 'models/team.yaml');
    mkdirSync(join(folder, 'models'));
    writeFileSync(join(folder, 'models/first.yaml'), model('first', 1));
    writeFileSync(main, 'include: models/*.yaml\n');
    let result = loadPlan(main, { env: {}, serial: 1 });
    const names = () => (result.kind === 'plan' ? result.plan.models.map(({ name }) => name) : result.problems);
    watcher = watchFiles(
      () => filesToWatch(result),
      () => {
        result = loadPlan(main, { env: {}, serial: 2 });
        changes++;
      },
      { debounceMs: 5, pollMs: 20, goneMs: 20 },
    );
    await watcher.ready;
    writeFileSync(team, model('second', 2));
    await vi.waitFor(() => expect(names()).toEqual(['first', 'second']), { timeout: 5000, interval: 2 });
    writeFileSync(team, model('third', 2));
    await vi.waitFor(() => expect(names()).toEqual(['first', 'third']), { timeout: 5000, interval: 2 });
    rmSync(team);
    await vi.waitFor(() => expect(names()).toEqual(['first']), { timeout: 5000, interval: 2 });
  });
});

function model(name: string, port: number): string {
  return `models: { ${name}: { versions: { only: { url: "http://127.0.0.1:${port}" } } } }\n`;
}
