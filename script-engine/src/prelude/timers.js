// `setTimeout` and its like. The engine waits, and calls `fire`.
(function (native, p, hooks) {
  const callbacks = new p.Map();
  const LONGEST = 0xffffffff;
  let last = 0;

  const milliseconds = (delay, least) => {
    const ms = p.floor(p.Number(delay));
    if (!(ms > least)) return least;
    return ms > LONGEST ? LONGEST : ms;
  };

  const start = (name, callback, delay, list, repeat) => {
    if (typeof callback !== "function") throw new p.TypeError(p.concat("`", name, "` takes a function"));
    const ms = milliseconds(delay, repeat ? 1 : 0);
    last += 1;
    p.mapSet(callbacks, last, { callback, list, repeat, ms });
    native.timer(last, ms);
    return last;
  };

  const clear = (id) => {
    if (p.mapDelete(callbacks, id)) native.cancel(id);
  };

  hooks.fire = (id) => {
    const timer = p.mapGet(callbacks, id);
    if (timer === undefined) return;
    if (timer.repeat) native.timer(id, timer.ms);
    else p.mapDelete(callbacks, id);
    p.apply(timer.callback, undefined, timer.list);
  };

  const globals = {
    setTimeout: (callback, delay, ...list) => start("setTimeout", callback, delay, list, false),
    setInterval: (callback, delay, ...list) => start("setInterval", callback, delay, list, true),
    clearTimeout: clear,
    clearInterval: clear,
  };
  for (const name of p.keys(globals)) {
    p.hidden(globalThis, name, globals[name]);
  }
})
