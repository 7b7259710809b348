// Where the live view goes: redrawn in place on a terminal's alternate screen, or one line every few seconds where there is
// no terminal. Always gives the terminal back as it was.

import { styleText } from 'node:util';
import { featureRows, type Story } from './story.ts';
import { type Ink, type Line, renderFrame, type Span } from './view.ts';

export interface Screen {
  /** At most every `redrawMs`, with the newest story. */
  show(story: Story): void;
  readonly redrawMs: number;
  /** Give the terminal back. Safe to call twice. */
  close(): void;
}

/** What a screen needs of process.stdout. */
export interface Terminal {
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

type Style = Parameters<typeof styleText>[0];

const STYLES: Readonly<Record<Ink, Style>> = {
  plain: 'reset',
  dim: 'gray',
  bold: 'bold',
  good: 'green',
  warn: 'yellow',
  bad: 'red',
  accent: 'cyan',
  alarm: ['bgRed', 'whiteBright', 'bold'],
  brand: ['inverse', 'bold'],
};

const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

export function createLiveScreen(terminal: Terminal, colours: boolean): Screen {
  const paint = ({ text, ink }: Span): string =>
    colours && ink !== 'plain' ? styleText(STYLES[ink], text, { validateStream: false }) : text;
  const draw = (line: Line): string => line.map(paint).join('') + CLEAR_LINE;
  let open = true;
  terminal.write(ENTER);
  return {
    redrawMs: 250,
    show(story) {
      if (!open) return;
      const lines = renderFrame(story, { columns: terminal.columns ?? 80, rows: terminal.rows ?? 24 });
      terminal.write(HOME + lines.map(draw).join('\r\n') + CLEAR_BELOW);
    },
    close() {
      if (!open) return;
      open = false;
      terminal.write(LEAVE);
    },
  };
}

export function createPlainScreen(terminal: Terminal): Screen {
  return {
    redrawMs: 5000,
    show: (story) => terminal.write(`${plainLine(story)}\n`),
    close() {},
  };
}

/** One moment on one line. */
export function plainLine(story: Story): string {
  const seconds = `${Math.round(story.elapsedMs / 1000)} s`.padStart(5);
  if (story.trouble !== null) return `${seconds}  ${story.trouble}`;
  const traffic = (story.model?.traffic ?? []).map(
    (row) => `${row.version} (${row.role}) ${row.total}${row.errors > 0 ? ` errors ${row.errors}` : ''}`,
  );
  const drifting = featureRows(story.drift)
    .filter((row) => row.status === 'drifting')
    .map((row) => `${row.feature} psi ${row.psi?.toFixed(2) ?? '-'}${row.hint === null ? '' : ` (${row.hint})`}`);
  const drift =
    story.drift === null
      ? 'drift unknown'
      : drifting.length === 0
        ? `drift ${story.drift.status}`
        : `DRIFT ${drifting.join(', ')}`;
  return `${seconds}  ${traffic.join('  ')}  ${drift}`;
}
