// TensorFlow Serving REST and KServe v1: paths.

import type { Protocol } from './protocol.ts';
import { reading, Unreadable } from './unreadable.ts';

const unread = () =>
  reading(() => {
    throw new Unreadable('bodies of this protocol are not read yet');
  });

export const tfserving = {
  name: 'tfserving',
  /** The verb shares the model's segment, so each verb is a path of its own. */
  defaultPaths: (model) => {
    const path = `/v1/models/${encodeURIComponent(model)}`;
    return [path, `${path}:predict`, `${path}:classify`, `${path}:regress`, `${path}:explain`];
  },
  isDecision: (method, path) => method === 'POST' && /(?::|%3[Aa])(?:predict|classify|regress)$/.test(path),
  readRequest: unread,
  readResponse: unread,
} satisfies Protocol;
