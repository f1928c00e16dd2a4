// Preloaded into ganache: block times come from Date.now(), which steps back when the machine's clock is
// set. Here it waits instead until the machine's clock has caught up.
const now = Date.now;
let last = 0;
Date.now = () => (last = Math.max(last, now()));
