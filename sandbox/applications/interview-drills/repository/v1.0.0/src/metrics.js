'use strict';
const kept = 2000;

function createMetrics() {
  const startedAt = Date.now();
  const latencies = [];
  const routes = {};
  let requests = 0;
  let errors = 0;
  return {
    record(route, status, milliseconds) {
      requests += 1;
      if (status >= 500) errors += 1;
      latencies[(requests - 1) % kept] = milliseconds;
      routes[route] ??= { requests: 0, errors: 0 };
      routes[route].requests += 1;
      if (status >= 500) routes[route].errors += 1;
    },
    read() {
      const sorted = [...latencies].sort((a, b) => a - b);
      const percentile = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
      return {
        uptimeSeconds: (Date.now() - startedAt) / 1000,
        requests,
        errors,
        errorRate: requests === 0 ? 0 : errors / requests,
        latencyMs: { p50: percentile(0.5), p95: percentile(0.95), p99: percentile(0.99), max: sorted.at(-1) ?? 0 },
        routes,
      };
    },
  };
}

module.exports = { createMetrics };
