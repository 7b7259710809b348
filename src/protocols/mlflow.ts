// MLflow scoring servers: paths.

import type { Protocol } from './protocol.ts';
import { reading, Unreadable } from './unreadable.ts';

const unread = () =>
  reading(() => {
    throw new Unreadable('bodies of this protocol are not read yet');
  });

export const mlflow = {
  name: 'mlflow',
  /**
   * Every MLflow server listens on the same `/invocations`, which names no model: in front of the gate a model stands at
   * `/{model}/invocations`. Give the version a URL with the path `/invocations`; that exact target is then called.
   */
  defaultPaths: (model) => [`/${encodeURIComponent(model)}/invocations`],
  isDecision: (method, path) => method === 'POST' && path.endsWith('/invocations'),
  readRequest: unread,
  readResponse: unread,
} satisfies Protocol;
