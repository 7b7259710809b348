// What the data port answers that is not a decision: health for load balancers that look at the port they send to, and a
// problem for everything else. Off the hot path, hence Hono.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { problemJson } from '../../errors.ts';
import { decisionIdOf } from '../../http/decision-id.ts';
import type { Clock } from '../../kernel/clock.ts';

export interface FrontFacts {
  readonly clock: Clock;
  readonly draining: () => boolean;
  readonly noModel: () => void;
}

export type Front = (request: IncomingMessage, response: ServerResponse) => void;

export function createFront(facts: FrontFacts): Front {
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.get('/healthz', (c) => c.json({ status: 'alive' }));
  app.get('/readyz', (c) => (facts.draining() ? c.json({ status: 'draining' }, 503) : c.json({ status: 'ready' })));
  app.notFound((c) => {
    facts.noModel();
    const detail = `${c.req.method} ${c.req.path.slice(0, 200)}.`;
    const { rawHeaders } = c.env.incoming;
    const decisionId = decisionIdOf(rawHeaders, facts.clock.wall());
    return c.body(problemJson({ code: 'no_model', detail }, decisionId), 404, {
      'content-type': 'application/problem+json',
      'headgate-error': 'no_model',
      'headgate-decision': decisionId,
    });
  });
  const listener = getRequestListener(app.fetch, {
    overrideGlobalObjects: false,
    // HTTP/1.0 health checks may come without a host.
    hostname: 'localhost',
  });
  return (request, response) => {
    if (facts.draining()) response.setHeader('connection', 'close');
    // Rejections are the listener's own to answer; what reaches here is a broken socket.
    listener(request, response).catch(() => response.destroy());
  };
}
