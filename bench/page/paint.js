// Runs in a measured page before its own scripts: keeps what the browser says about its painting.
globalThis.painted = (() => {
  const kept = { shift: 0, inputs: [], usable: null };

  function observe(type, each, options = {}) {
    new PerformanceObserver((list) => list.getEntries().forEach(each)).observe({
      type,
      buffered: true,
      ...options,
    });
  }

  observe("layout-shift", ({ value, hadRecentInput }) => {
    if (!hadRecentInput) kept.shift += value;
  });
  // From the press to the next picture; the browser rounds to 8 ms and leaves out what is quicker than 16.
  observe("event", ({ duration, interactionId }) => { if (interactionId > 0) kept.inputs.push(duration); }, {
    durationThreshold: 16,
  });

  /** Note when something to press is drawn for the first time. */
  function look() {
    if (document.querySelector("main button.primary") === null) requestAnimationFrame(look);
    else requestAnimationFrame(() => { kept.usable = performance.now(); });
  }
  requestAnimationFrame(look);

  return {
    kept,
    first: () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? null,
  };
})();
