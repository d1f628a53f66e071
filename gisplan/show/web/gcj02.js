/* GCJ-02, the displaced datum of several Chinese tile servers: the public approximation of its offset, both ways. */
(function () {
  'use strict';
  const gisplan = window.gisplan = window.gisplan || {};
  const A = 6378245, EE = 0.00669342162296594323, RAD = Math.PI / 180;
  const series = (v, ...waves) => waves.reduce((sum, [size, period]) => sum + size * Math.sin(Math.PI * v / period), 0);

  /* [lon, lat] of WGS 84 → where GCJ-02 has that place; the same outside China's box. */
  gisplan.toGcj02 = function (lon, lat) {
    if (!(lon >= 72.004 && lon <= 137.8347 && lat >= 0.8293 && lat <= 55.8271)) return [lon, lat];
    const x = lon - 105, y = lat - 35, wave = Math.PI * x;
    const common = 20 * Math.sin(6 * wave) + 20 * Math.sin(2 * wave);
    const north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x)) +
      2 / 3 * (common + series(y, [20, 1], [40, 3], [160, 12], [320, 30]));
    const east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x)) +
      2 / 3 * (common + series(x, [20, 1], [40, 3], [150, 12], [300, 30]));
    const s = Math.sin(lat * RAD), m = 1 - EE * s * s, root = Math.sqrt(m);
    return [lon + east / (A / root * Math.cos(lat * RAD)) / RAD, lat + north / (A * (1 - EE) / (m * root)) / RAD];
  };

  /* Back again: what is wrong shrinks 100-fold and more with every round. */
  gisplan.fromGcj02 = function (lon, lat) {
    let a = lon, b = lat;
    for (let round = 0; round < 5; round++) {
      const [c, d] = gisplan.toGcj02(a, b);
      a += lon - c; b += lat - d;
    }
    return [a, b];
  };
})();
