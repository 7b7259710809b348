// A thread is started before anyone knows what it shall do, since loading its code takes longer than finding that out. Its
// setup comes once, on a port of its own, which is all that it is born with.

import { once } from 'node:events';
import type { MessagePort } from 'node:worker_threads';

/** @param port the thread's workerData */
export async function receiveSetup<Setup>(port: MessagePort): Promise<Setup> {
  const [setup] = await once(port, 'message');
  port.close();
  return setup;
}
