// Why a TLS handshake with another server failed, in words, and which key of the configuration to look at. Codes are those of
// OpenSSL and of node:tls; where a transport hides them behind EPROTO, its message still names the reason.

const REASONS: readonly (readonly [RegExp, string])[] = [
  [
    /^(?:CERT_HAS_EXPIRED|CERT_NOT_YET_VALID)$/,
    'the certificate of the endpoint is not valid at this time; renew it, or set the clock',
  ],
  [
    /^(?:UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_CHAIN_|INVALID_CA|CERT_UNTRUSTED|CERT_REJECTED|CERT_SIGNATURE_FAILURE)/,
    'no trusted authority has signed the certificate of the endpoint; name its authority in tls.ca',
  ],
  [
    /^ERR_TLS_CERT_ALTNAME_/,
    'the certificate of the endpoint is for another name; name it in tls.serverName, or correct the URL',
  ],
  [
    /ALERT|alert/,
    'the endpoint refused the handshake, as it does without a client certificate that it trusts; see tls.cert and tls.key',
  ],
  [
    /WRONG_VERSION_NUMBER|wrong version number|PACKET_LENGTH_TOO_LONG|packet length too long/,
    'the endpoint does not speak TLS; write http in its URL, or correct the port',
  ],
  [/^ERR_(?:SSL|TLS)_/, 'TLS with the endpoint failed'],
];

/** @returns the reason, its code in brackets; null where the error is not one of TLS */
export function handshakeFailure(error: Error, code: string): string | null {
  // OpenSSL's own words are in messages only beside this code; other messages may hold anything.
  const text = code === 'EPROTO' ? error.message : code;
  const found = REASONS.find(([pattern]) => pattern.test(text));
  return found === undefined ? null : `${found[1]} (${code})`;
}
