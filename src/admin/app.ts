// The admin side as one Hono app: guards first, then the console's files, the API, its document, and the answers for what
// is not there. Nothing here knows where the numbers come from: that is view.ts.

import { OpenAPIHono } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import type { Clock } from '../kernel/clock.ts';
import { addApi } from './api.ts';
import { CONSOLE_FILES, consoleAnswer } from './console/files.ts';
import { checkHost, type GuardOptions, protectiveHeaders, refuseCrossSite, requireToken } from './guard.ts';
import { problemAnswer, someOf } from './problem.ts';
import * as routes from './routes.ts';
import type { AdminView } from './view.ts';

export interface AppOptions extends GuardOptions {
  readonly view: AdminView;
  readonly clock: Clock;
  /** A fault of the admin side itself; the caller gets a 500 without its text. */
  readonly report: (error: Error) => void;
}

const BODY_BYTES_MAX = 1024 ** 2;

export function createApp(options: AppOptions): OpenAPIHono {
  const app = new OpenAPIHono({
    defaultHook: (result) => {
      if (result.success) return undefined;
      const issues = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
      return problemAnswer('bad_request', `${someOf(issues)}. /openapi.json describes each route.`);
    },
  });
  app.use(protectiveHeaders);
  app.use(checkHost(options));
  for (const path of ['/metrics', '/openapi.json', '/api/*']) app.use(path, requireToken(options), neverKept);
  app.on(['POST', 'PUT', 'PATCH', 'DELETE'], '*', refuseCrossSite, boundedBody);

  for (const path of CONSOLE_FILES.keys()) app.get(path, (c) => consoleAnswer(path, c.req.header('if-none-match')));
  addApi(app, options.view, options.clock);
  // Written once, when the first caller wants it: it takes some milliseconds and never changes.
  let known: Document | undefined;
  const document = (): Document => {
    known ??= documentOf(app, options);
    return known;
  };
  app.openAPIRegistry.registerPath(routes.documentRoute);
  app.get('/openapi.json', (c) => c.body(JSON.stringify(document()), 200, { 'content-type': 'application/json' }));

  app.notFound((c) => notThere(document(), c.req.method, c.req.path));
  app.onError((error) => {
    options.report(error);
    return problemAnswer('internal', 'The log says more. Decisions are not affected.');
  });
  return app;
}

const neverKept: MiddlewareHandler = async (c, next) => {
  await next();
  c.header('cache-control', 'no-store');
};

/**
 * A body is taken within bounds, and kept for the route that reads it. (Hono's own bodyLimit rebuilds the request by the global
 * class, which fails on one without a length as long as node-server leaves the globals alone.)
 */
const boundedBody: MiddlewareHandler = async (c, next) => {
  const tooLarge = () =>
    problemAnswer('body_too_large', `Send at most ${BODY_BYTES_MAX} bytes.`, { connection: 'close' });
  if (Number(c.req.header('content-length') ?? 0) > BODY_BYTES_MAX) return tooLarge();
  if (c.req.header('transfer-encoding') !== undefined && c.req.raw.body !== null) {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of c.req.raw.body) {
      bytes += chunk.length;
      if (bytes > BODY_BYTES_MAX) return tooLarge();
      chunks.push(chunk);
    }
    c.req.bodyCache.text = Buffer.concat(chunks).toString('utf8');
  }
  return next();
};

type Document = ReturnType<OpenAPIHono['getOpenAPI31Document']>;

function documentOf(app: OpenAPIHono, { token }: GuardOptions): Document {
  if (token !== null)
    app.openAPIRegistry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' });
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title: 'Headgate admin API', version: '1', license: { name: 'Apache-2.0' } },
    ...(token === null ? {} : { security: [{ token: [] }] }),
  });
}

/** 405 where the path takes another method, else 404 with the paths that there are. */
function notThere({ paths = {} }: Document, method: string, path: string): Response {
  for (const [template, item] of Object.entries(paths)) {
    const pattern = new RegExp(`^${template.replaceAll('.', '\\.').replace(/\{[^}]+\}/g, '[^/]+')}$`);
    if (!pattern.test(path)) continue;
    const allow = Object.keys(item).map((each) => each.toUpperCase());
    return problemAnswer('method_not_allowed', `${path} takes ${allow.join(', ')}, not ${method}.`, {
      allow: allow.join(', '),
    });
  }
  const there = someOf(['/', ...Object.keys(paths)]);
  return problemAnswer('not_found', `${JSON.stringify(path.slice(0, 200))} is not served. There are ${there}.`);
}
