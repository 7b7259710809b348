// What counts as this machine itself: the configuration asks before it lets the admin side go without a token, the admin side
// before it believes a Host header. One answer for both, so that no address is local to one and foreign to the other.

import { BlockList, isIP } from 'node:net';

const ADDRESSES = new BlockList();
ADDRESSES.addSubnet('127.0.0.0', 8, 'ipv4');
ADDRESSES.addAddress('::1', 'ipv6');

/** @param host a name or an address, without a port; IPv6 in brackets or without */
export function isLoopback(host: string): boolean {
  const plain = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  if (plain === 'localhost') return true;
  const family = isIP(plain);
  return family !== 0 && !plain.includes('%') && ADDRESSES.check(plain, family === 4 ? 'ipv4' : 'ipv6');
}
