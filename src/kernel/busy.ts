// A question that is refused since too many wait already, or since what it asks for is on its way: worth asking again later.

export class Busy extends Error {}
