// The shape of one version: where it is, how it is watched, how it is spoken to.

import { z } from 'zod';
import { endpointUrl } from './endpoint.ts';
import { bearerToken, duration, headerName, oneOrMany, secret, target, whole, words } from './quantities.ts';

const healthSchema = z.strictObject({
  path: target().describe('Asked with GET; 2xx is healthy.'),
  interval: duration('2s').prefault('2s').describe('Time between two checks of an endpoint.'),
  timeout: duration('1s').prefault('1s').describe('For one check.'),
  healthy: whole(1, 100).prefault(2).describe('Good checks in a row that bring an endpoint back.'),
  unhealthy: whole(1, 100).prefault(3).describe('Bad checks in a row that take an endpoint out.'),
});

const authSchema = z.discriminatedUnion(
  'type',
  [
    z.strictObject({
      type: z.literal('bearer').describe('authorization: Bearer TOKEN'),
      token: bearerToken().describe('The token; best a reference to the environment.'),
    }),
    z.strictObject({
      type: z.literal('header').describe('A header with a fixed value.'),
      name: headerName().describe('Name of the header.'),
      value: secret().describe('Its value; best a reference to the environment.'),
    }),
  ],
  { error: 'this is no known type of auth; use bearer or header' },
);

export const tlsSchema = z.strictObject({
  ca: words().optional().describe('PEM file with the authorities to trust. Default: those of the system.'),
  cert: words().optional().describe('PEM file with the client certificate.'),
  key: words().optional().describe('PEM file with its private key.'),
  serverName: words().optional().describe('Name to ask for and to verify. Default: the host of the URL.'),
  verify: z.boolean().prefault(true).describe('Whether the certificate of the server is verified.'),
});

export const versionSchema = z.strictObject({
  url: oneOrMany(endpointUrl())
    .optional()
    .describe(
      'One URL or several. Without a path the path of the request is kept; with one, that exact target is asked.',
    ),
  balance: z.enum(['leastBusy', 'roundRobin']).prefault('leastBusy').describe('Which of several URLs is asked.'),
  health: healthSchema.optional().describe('Active health checks. Default: none.'),
  auth: authSchema.optional().describe('Credentials for the upstream. Default: none.'),
  tls: tlsSchema.optional().describe('TLS towards the upstream, for https URLs.'),
  connections: whole(1, 65_535).prefault(128).describe('Connections per URL and thread.'),
  revision: words().optional().describe('Lineage, shown in the catalog: the code.'),
  run: words().optional().describe('Lineage, shown in the catalog: the training run.'),
});

export type RawVersion = z.output<typeof versionSchema>;
