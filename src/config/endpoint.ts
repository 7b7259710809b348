// The URL of a version: where to connect, and what to ask for there. A URL may hold a secret in its query, so no problem
// here shows one.

import { z } from 'zod';
import type { EndpointPlan } from './plan.ts';

const PARTS = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]*)([^#]*)(#.*)?$/s;
const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/**
 * No path, or a bare slash (the same by RFC 3986 section 6.2.3): the request's own target is kept. With a path: that exact
 * target, byte for byte.
 */
export function endpointUrl() {
  return z
    .string({ error: 'this is not a URL; write it like http://127.0.0.1:9101' })
    .meta({ pattern: '^https?://' })
    .transform((text, context): EndpointPlan => {
      const endpoint = parseEndpoint(text);
      if (typeof endpoint !== 'string') return endpoint;
      context.addIssue({ code: 'custom', message: endpoint });
      return z.NEVER;
    });
}

/** The endpoint, or `problem; remedy`. */
function parseEndpoint(text: string): EndpointPlan | string {
  const parts = PARTS.exec(text);
  if (parts === null) return 'this is not a URL; write it like http://127.0.0.1:9101';
  const [, scheme = '', authority = '', target = '', fragment] = parts;
  if (authority.includes('@')) return 'the URL holds a user or a password; use `auth` for credentials';
  const protocol = `${scheme.toLowerCase()}:`;
  const defaultPort = DEFAULT_PORTS[protocol];
  if (defaultPort === undefined) return 'the scheme of the URL is not spoken; use http or https';
  if (fragment !== undefined) return 'the URL has a fragment; remove what follows the #';
  if (!/^[\x21-\x7e]*$/.test(target)) return 'the URL holds spaces or characters beyond ASCII; percent-encode them';
  const url = URL.parse(`${protocol}//${authority}`);
  if (url === null || url.hostname === '')
    return 'the URL has no valid host and port; write it like http://127.0.0.1:9101';
  if (url.port === '0') return 'no server listens on port 0; name its port';
  const path = target === '' || target === '/' ? null : target.startsWith('/') ? target : `/${target}`;
  return { origin: `${protocol}//${url.hostname}:${url.port === '' ? defaultPort : url.port}`, path };
}
