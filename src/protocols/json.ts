// Any JSON over HTTP: paths.

import type { Protocol } from './protocol.ts';
import { reading, Unreadable } from './unreadable.ts';

const unread = () =>
  reading(() => {
    throw new Unreadable('bodies of this protocol are not read yet');
  });

export const json = {
  name: 'json',
  defaultPaths: (model) => [`/${encodeURIComponent(model)}`],
  isDecision: (method) => method === 'POST' || method === 'PUT' || method === 'PATCH',
  readRequest: unread,
  readResponse: unread,
} satisfies Protocol;
