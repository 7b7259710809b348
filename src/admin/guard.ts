// Who may ask the admin side, and from where: the token, the host a browser believes it talks to, the site a request comes
// from, and the headers that keep a page of another site out of the console.

import { createHash, timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import { isLoopback } from '../http/loopback.ts';
import { problemAnswer } from './problem.ts';

export interface GuardOptions {
  /** Null: everybody who can connect may ask. */
  readonly token: string | null;
  /** The address that is bound. */
  readonly host: string;
}

/** Nothing is loaded from anywhere else, nothing runs inline, and nobody may frame the page. */
export const protectiveHeaders: MiddlewareHandler = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'"],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
  xFrameOptions: 'DENY',
  referrerPolicy: 'no-referrer',
  // TLS is not ended here.
  strictTransportSecurity: false,
});

/**
 * Against DNS rebinding: a page of another site may make its own name point to this machine, and would then be of one origin
 * with the console. Where a token is asked for, that page has none; otherwise the name must be a loopback one, or the very
 * address that is bound.
 */
export function checkHost({ token, host }: GuardOptions): MiddlewareHandler {
  const bound = bare(host);
  return async (c, next) => {
    const named = hostName(c.req.header('host') ?? '');
    if (token === null && !isLoopback(named) && bare(named) !== bound) {
      return problemAnswer(
        'host_unknown',
        `The request is for ${JSON.stringify(named)}. Ask for localhost, or set admin.token to allow any name.`,
      );
    }
    return next();
  };
}

function hostName(header: string): string {
  const colon = header.lastIndexOf(':');
  const name = colon > header.lastIndexOf(']') && colon >= 0 ? header.slice(0, colon) : header;
  return name.toLowerCase();
}

function bare(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
}

/** Bearer (RFC 6750), compared in constant time. */
export function requireToken({ token }: GuardOptions): MiddlewareHandler {
  if (token === null) return (_, next) => next();
  const wanted = digest(token);
  const challenge = { 'www-authenticate': 'Bearer realm="headgate"' };
  return async (c, next) => {
    const given = /^Bearer +(\S+) *$/i.exec(c.req.header('authorization') ?? '')?.[1];
    if (given === undefined) {
      return problemAnswer(
        'token_missing',
        'Send `authorization: Bearer TOKEN` with the value of admin.token.',
        challenge,
      );
    }
    if (!timingSafeEqual(digest(given), wanted)) {
      return problemAnswer('token_wrong', 'Compare it with admin.token in the configuration.', challenge);
    }
    return next();
  };
}

/** Equal lengths, whatever was sent. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/**
 * What changes something must not come from a page of another site. Browsers say where a request comes from (Sec-Fetch-Site,
 * Origin); other callers say nothing, and are let through. A body must be JSON, which no form of another site can send unasked.
 */
export const refuseCrossSite: MiddlewareHandler = async (c, next) => {
  const site = c.req.header('sec-fetch-site');
  const origin = c.req.header('origin');
  const sameSite = site === undefined || site === 'same-origin' || site === 'none';
  const sameOrigin = origin === undefined || originHost(origin) === (c.req.header('host') ?? '').toLowerCase();
  if (!sameSite || !sameOrigin) {
    return problemAnswer('cross_site', 'Use the console of this gate, or call the API from a program.');
  }
  const type = c.req.header('content-type');
  if (type !== undefined && !/^application\/(json|[\w.+-]+\+json)\s*(;|$)/i.test(type)) {
    return problemAnswer(
      'content_type',
      `It came as ${JSON.stringify(type)}. Send application/json, or no body at all.`,
    );
  }
  return next();
};

function originHost(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).host : '';
}
