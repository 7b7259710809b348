// A capture in a temporary folder, with its segments read back. Folders are removed when the test file ends.

import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { type Capture, type CaptureOptions, createCapture } from '../../src/capture/capture.ts';
import type { CaptureRow } from '../../src/capture/row.ts';
import type { Damage } from '../../src/capture/segments/frame.ts';
import { readSegment } from '../../src/capture/segments/read-segment.ts';

const folders: string[] = [];
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'headgate-'));
  folders.push(folder);
  return folder;
}

export interface Opened {
  readonly capture: Capture;
  readonly data: string;
  readonly reports: string[];
}

let starts = 0;

/** Each call is a new process to the capture: another start, the same host. */
export async function openCapture(changes: Partial<CaptureOptions> = {}): Promise<Opened> {
  const data = changes.data ?? (await temporaryFolder());
  const reports: string[] = [];
  starts += 1;
  const capture = await createCapture({
    data,
    process: { host: 'test-host', pid: process.pid, startedAt: 1_700_000_000_000 + starts, isAlive: () => false },
    wall: () => Date.now(),
    now: () => performance.now(),
    report: (message) => reports.push(message),
    ...changes,
  });
  return { capture, data, reports };
}

/** Every row under a data folder, segment by segment in the order of their names, bodies as text. */
export async function rowsUnder(data: string, damage: Damage[] = []): Promise<CaptureRow[]> {
  const folder = join(data, 'captures');
  const rows: CaptureRow[] = [];
  for (const name of (await readdir(folder)).sort()) {
    for await (const row of readSegment(join(folder, name), (found) => damage.push(found))) rows.push(row);
  }
  return rows;
}

export function text(bytes: Uint8Array | null | undefined): string | null {
  return bytes == null ? null : Buffer.from(bytes).toString('utf8');
}
