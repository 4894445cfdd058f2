// The line to the server: JSON out; JSON and binary frames in.

/** Read a binary frame: the length of its header, the header, then the arrays that it lists. */
export function decode(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  let start = 4 + length;
  for (const [name, type, shape] of header.parts) {
    const size = shape.reduce((a, b) => a * b, 1);
    const bytes = type === "f4" ? 4 * size : size;
    // A typed array has to begin at a multiple of its size, so floats are copied out.
    header[name] = type === "f4"
      ? new Float32Array(buffer.slice(start, start + bytes))
      : new Uint8Array(buffer, start, bytes);
    start += bytes;
  }
  return header;
}

/** Open the line. `hear` has a function for each kind of message, and `open`, `frame`, `closed`. */
export function connect(hear) {
  const address = `ws://${location.host}/socket`;
  const socket = new WebSocket(address);
  socket.binaryType = "arraybuffer";
  socket.addEventListener("open", () => hear.open());
  socket.addEventListener("close", (event) => hear.closed(event.reason));
  socket.addEventListener("message", ({ data }) => {
    if (typeof data !== "string") {
      hear.frame(decode(data));
      return;
    }
    const message = JSON.parse(data);
    hear[message.is]?.(message);
  });
  return (message) => {
    if (socket.readyState !== WebSocket.OPEN) return false;
    socket.send(JSON.stringify(message));
    return true;
  };
}
