// The protocol of a model whose bodies nobody reads: calls are counted, compared by status and captured as bytes.

import type { Protocol, Reading } from './protocol.ts';

const UNREAD: Reading = { kind: 'unreadable', why: 'protocol raw reads no bodies' };

/** Last path segments that servers of every kind use for health and metadata. */
const NOT_A_DECISION =
  /\/(?:health|healthz|ready|readyz|live|livez|ping|metrics|metadata|version|status|openapi\.json)$/;

export const raw = {
  name: 'raw',
  /** No server of a known kind stands behind it: the model's own name. */
  defaultPaths: (model) => [`/${encodeURIComponent(model)}`],
  /** GET counts too, since such a model may take its features from the query; well-known health and metadata paths do not. */
  isDecision: (method, path) =>
    method === 'POST' || method === 'PUT' || method === 'PATCH' || (method === 'GET' && !NOT_A_DECISION.test(path)),
  readRequest: () => UNREAD,
  readResponse: () => UNREAD,
  looksAt: { request: null, response: null },
} satisfies Protocol;
