// A caller's address as it is recorded and forwarded.

/** IPv4 without its IPv6 mapping. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
