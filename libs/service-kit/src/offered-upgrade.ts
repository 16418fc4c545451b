import { IncomingMessage } from 'node:http';

/**
 * A request that may offer another protocol. Only WebSocket is taken up; any other, such as the `h2c` that some clients put
 * into every request, is an offer that may be passed over (RFC 9110, section 7.8), and the request is answered as it is.
 * Node asks this property, and would otherwise hand over the bare connection, which nobody answers.
 */
export class RequestWithOffer extends IncomingMessage {
  /** What the parser found; Node sets it. */
  offered: boolean | null | undefined;

  get upgrade(): boolean {
    if (!this.offered) return false;
    return this.method === 'CONNECT' || this.headers.upgrade?.toLowerCase() === 'websocket';
  }

  set upgrade(offered: boolean | null) {
    this.offered = offered;
  }
}
