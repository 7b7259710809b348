// The admin side on a free port, for tests.

import { afterEach } from 'vitest';
import { createAdminServer } from '../../src/admin/server.ts';
import { createManualClock } from '../../src/kernel/clock.ts';
import { createFixtureView, type FixtureView } from './fixture-view.ts';

export interface Served {
  readonly view: FixtureView;
  readonly origin: string;
  readonly port: number;
  readonly faults: Error[];
  get(path: string, options?: RequestInit): Promise<Response>;
}

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()));
});

export async function serve(
  token: string | null = null,
  view: FixtureView = createFixtureView(),
  host = '127.0.0.1',
): Promise<Served> {
  const faults: Error[] = [];
  const report = (error: Error): void => void faults.push(error);
  const server = await createAdminServer({
    view,
    host,
    port: 0,
    token,
    clock: createManualClock(),
    report,
  });
  open.push(server.close);
  const origin = `http://127.0.0.1:${server.port}`;
  return { view, origin, port: server.port, faults, get: (path, options = {}) => fetch(`${origin}${path}`, options) };
}
