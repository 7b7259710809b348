// The live view as text: two golden frames, and bounds that hold for every size.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLiveScreen, plainLine } from '../../src/commands/demo/screen.ts';
import { bar, lineText, renderFrame } from '../../src/commands/demo/view.ts';
import { story } from './story-at.ts';

const frame = (name: keyof typeof story, columns: number, rows: number): string =>
  `${renderFrame(story[name], { columns, rows })
    .map((line) => lineText(line).trimEnd())
    .join('\n')}\n`;

describe('the live view', () => {
  it.each([
    ['steady', 100, 24],
    ['drifting', 100, 24],
    ['drifting', 80, 18],
  ] as const)('%s on %i x %i', async (name, columns, rows) => {
    await expect(frame(name, columns, rows)).toMatchFileSnapshot(`../golden/demo-${name}-${columns}x${rows}.txt`);
  });

  it('never exceeds the terminal', () => {
    fc.assert(
      fc.property(fc.constantFrom('steady', 'drifting'), fc.nat(240), fc.nat(80), (name, columns, rows) => {
        const lines = renderFrame(story[name], { columns, rows });
        expect(lines.length).toBeLessThanOrEqual(rows);
        for (const line of lines) expect(lineText(line).length).toBeLessThanOrEqual(columns);
      }),
    );
  });

  it('keeps drifting features where there is no room for all', () => {
    const short = frame('drifting', 100, 16);
    expect(short).toContain('amount');
    expect(short).toMatch(/and \d more/);
    expect(short).not.toContain('country');
  });

  it('says so where the admin API does not answer', () => {
    const lines = renderFrame(
      { ...story.steady, trouble: 'The admin API did not answer: refused' },
      { columns: 80, rows: 24 },
    );
    expect(lines.map(lineText).join('\n')).toContain('did not answer');
  });

  it('shows something before the first answer', () => {
    const lines = renderFrame({ ...story.steady, model: null, shadows: [], drift: null }, { columns: 80, rows: 24 });
    expect(lines.map(lineText).join('\n')).toContain('waiting for the first rows');
  });

  it('draws bars to the eighth of a column', () => {
    expect(bar(0, 4)).toBe('    ');
    expect(bar(0.5, 4)).toBe('██  ');
    expect(bar(1 / 32, 4)).toBe('▏   ');
    expect(bar(7, 4)).toBe('████');
  });
});

describe('the screen', () => {
  it('gives the terminal back once, and draws nothing afterwards', () => {
    const written: string[] = [];
    const screen = createLiveScreen({ columns: 80, rows: 24, write: (text) => written.push(text) }, false);
    screen.show(story.steady);
    screen.close();
    screen.close();
    screen.show(story.steady);
    expect(written).toHaveLength(3);
    expect(written[0]).toContain('\u001b[?1049h');
    expect(written[2]).toContain('\u001b[?1049l');
  });

  it('has a line for those without a terminal', () => {
    expect(plainLine(story.steady)).toBe(
      ' 12 s  march (champion) 2221  april (challenger) 247  may (shadow) 1240  drift steady',
    );
    expect(plainLine(story.drifting)).toContain(
      'DRIFT amount psi 6.31 (looks like x100), fraud_probability psi 1.70 (median',
    );
  });
});
