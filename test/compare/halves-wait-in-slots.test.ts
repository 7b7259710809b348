// What waits for its other half behaves as a map in the order of arrival would, whatever comes and goes, and in whichever buckets.

import { expect, test } from 'vitest';
import { createWaitingHalves } from '../../src/compare/waiting-halves.ts';
import { createSeededRandom } from '../../src/kernel/random.ts';

interface Half {
  readonly cells: number;
  readonly name: string;
}

test('slots that are used again hold what a map would, within the same bounds', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = createSeededRandom(seed);
    const below = (n: number): number => Math.floor(random() * n);
    const bounds = { halvesMax: 1 + below(8), cellsMax: 20, ttlMs: 50, seed };
    let nowMs = 0;
    const left: string[] = [];
    const halves = createWaitingHalves<Half>(
      bounds,
      () => nowMs,
      ({ name }) => left.push(name),
    );
    const map = new Map<string, { half: Half; since: number }>();
    const leftMap: string[] = [];
    const lose = (id: string): void => {
      leftMap.push(map.get(id)?.half.name ?? '');
      map.delete(id);
    };
    const cellsOf = (): number => [...map.values()].reduce((sum, { half }) => sum + half.cells, 0);
    for (let step = 0; step < 2000; step++) {
      nowMs += below(10);
      const key = { model: `m${below(2)}`, decisionId: `d${below(12)}` };
      const id = `${key.model} ${key.decisionId}`;
      const known = map.get(id);
      switch (below(4)) {
        case 0:
          if (known !== undefined && nowMs - known.since > bounds.ttlMs) lose(id);
          expect(halves.get(key)).toBe(map.get(id)?.half);
          break;
        case 1: {
          const half = { cells: 1 + below(10), name: `${step}` };
          halves.hold(key, half);
          map.set(id, { half, since: known?.since ?? nowMs });
          while (map.size > bounds.halvesMax || cellsOf() > bounds.cellsMax) lose(map.keys().next().value ?? '');
          break;
        }
        case 2:
          halves.drop(key);
          map.delete(id);
          break;
        default:
          halves.sweep();
          for (const [old, { since }] of map) if (nowMs - since > bounds.ttlMs) lose(old);
      }
      expect(halves.size).toBe(map.size);
      expect(left.length).toBe(leftMap.length);
    }
    expect(left).toEqual(leftMap);
    expect(left.length).toBeGreaterThan(0);
  }
}, 30_000);
