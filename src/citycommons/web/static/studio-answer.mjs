// Asking: the answer comes line by line, rough first; a later question ends the one before.
let running = null;

export async function ask(address, told) {
  running?.abort();
  const own = new AbortController();
  running = own;
  const began = performance.now();
  try {
    const answer = await fetch(address, { signal: own.signal, headers: { accept: "application/x-ndjson, application/problem+json" } });
    if (!answer.ok) {
      const problem = await answer.json().catch(() => ({}));
      told({ stage: "failed", words: problem.detail ?? problem.title ?? String(answer.status) });
      return;
    }
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (own !== running) return;
      rest += value ?? "";
      const lines = rest.split("\n");
      rest = lines.pop();
      for (const line of lines) if (line) told({ ...JSON.parse(line), waited: performance.now() - began });
      if (done) break;
    }
  } catch (error) {
    if (error.name !== "AbortError") told({ stage: "failed", words: "" });
  } finally {
    if (own === running) running = null;
  }
}
