/** A session passes requests and replies line by line, in order, and says how it ended. The probe echoes each line. */
import assert from "node:assert/strict";
import { QuireError } from "../host/api/errors.js";
import { ServeProcess } from "../host/node/serve-process.js";
import { probeModule } from "./helpers/probe.js";
import { testOnRuntimes } from "./helpers/runtimes.js";

const ended = (error: unknown): boolean => error instanceof QuireError && error.code === "SESSION_ENDED";

testOnRuntimes("replies come one by one, or pipelined in order", async (_t, runtime) => {
  const session = new ServeProcess(runtime, null, ["copy"], { module: probeModule(), timeoutMs: 30_000 });
  assert.deepEqual(await session.request({ op: "get", key: "é" }), { op: "get", key: "é" });
  const numbers = Array.from({ length: 500 }, (_, n) => n);
  assert.deepEqual(await Promise.all(numbers.map((n) => session.request(n))), numbers);
  await assert.rejects(session.requestText("{"), (error) => error instanceof QuireError && error.code === "BAD_REPLY");
  assert.equal(await session.close(), 0);
  await assert.rejects(session.request(1), ended);
});

testOnRuntimes("a module that ends leaves no request waiting", async (_t, runtime) => {
  const session = new ServeProcess(runtime, null, ["exit", "3"], { module: probeModule(), timeoutMs: 30_000 });
  await assert.rejects(session.request(1), ended);
  assert.equal(await session.close(), 3);
});

testOnRuntimes("a killed session is gone", async (_t, runtime) => {
  const session = new ServeProcess(runtime, null, ["copy"], { module: probeModule() });
  assert.equal(await session.request(1), 1);
  await session.kill();
  await assert.rejects(session.request(2), ended);
});
