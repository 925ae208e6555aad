/**
 * The door to a VS Code server that listens on a Unix socket. The server would talk to any page of any site that the person's browser shows,
 * and it can run programs; the door lets only its own pages in.
 */
import { createServer, request } from "node:http";
import { connect } from "node:net";
import { StepError } from "./step.mjs";

/**
 * Opens `port` on this machine alone (0: any free one) for the server behind `socketPath`.
 * @param {string} socketPath
 * @param {number} port
 * @returns {Promise<{ port: number, close: () => void }>}
 */
export async function openGate(socketPath, port) {
  const gate = createServer((incoming, outgoing) => {
    if (!isOwn(incoming)) return outgoing.writeHead(403).end("This address is for pages of its own only.\n");
    const { method, url: path, headers } = incoming;
    const inner = request({ socketPath, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    inner.on("error", () => outgoing.headersSent || outgoing.writeHead(502).end());
    outgoing.on("close", () => inner.destroy());
    incoming.pipe(inner);
  });
  gate.on("upgrade", (incoming, socket, head) => {
    if (!isOwn(incoming)) return socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    const inner = connect(socketPath, () => {
      const { method, url, rawHeaders } = incoming;
      const lines = rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${rawHeaders[i + 1]}`] : []));
      inner.write(`${[`${method} ${url} HTTP/1.1`, ...lines].join("\r\n")}\r\n\r\n`);
      inner.write(head);
      inner.pipe(socket).pipe(inner);
    });
    for (const [end, other] of [
      [inner, socket],
      [socket, inner],
    ])
      end.on("error", () => other.destroy()).on("close", () => other.destroy());
  });
  await new Promise((resolve, reject) => {
    const refuse = (/** @type {Error} */ { message }) =>
      reject(new StepError("Open the port", message, "choose another one, for example: PORT=8124 npm start"));
    gate.once("error", refuse).listen(port, "127.0.0.1", () => resolve(undefined));
  });
  const close = () => {
    gate.close();
    gate.closeAllConnections();
  };
  return { port: /** @type {import("node:net").AddressInfo} */ (gate.address()).port, close };
}

/**
 * Whether a request names this machine, as a page under a foreign name that resolves to it does not, and comes from no other site's page.
 * @param {import("node:http").IncomingMessage} incoming
 */
function isOwn({ headers: { host = "", origin } }) {
  return /^(localhost|127\.0\.0\.1)(:\d+)?$/.test(host) && (origin === undefined || origin === `http://${host}`);
}
