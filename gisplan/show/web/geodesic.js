/* Lengths and areas on the ellipsoid of CGCS2000 (GRS 80; that of WGS 84 differs by 0.1 mm). Points are [longitude, latitude] in degrees. */
(function () {
  'use strict';
  const gisplan = window.gisplan;
  const A = 6378137, F = 1 / 298.257222101, B = A * (1 - F), E2 = F * (2 - F), E = Math.sqrt(E2), RAD = Math.PI / 180;

  /* Metres along the geodesic (Vincenty's inverse series; not for points on opposite sides of the earth). */
  gisplan.distance = function (p, q) {
    const l = (q[0] - p[0]) * RAD, u1 = Math.atan((1 - F) * Math.tan(p[1] * RAD)), u2 = Math.atan((1 - F) * Math.tan(q[1] * RAD));
    const s1 = Math.sin(u1), c1 = Math.cos(u1), s2 = Math.sin(u2), c2 = Math.cos(u2);
    let lambda = l, sinSigma = 0, cosSigma = 1, sigma = 0, cos2Alpha = 1, middle = 0;
    for (let k = 0; k < 100; k++) {
      const a = c2 * Math.sin(lambda), b = c1 * s2 - s1 * c2 * Math.cos(lambda);
      sinSigma = Math.sqrt(a * a + b * b);
      if (sinSigma === 0) return 0;
      cosSigma = s1 * s2 + c1 * c2 * Math.cos(lambda);
      sigma = Math.atan2(sinSigma, cosSigma);
      const sinAlpha = c1 * c2 * Math.sin(lambda) / sinSigma;
      cos2Alpha = 1 - sinAlpha * sinAlpha;
      middle = cos2Alpha > 1e-14 ? cosSigma - 2 * s1 * s2 / cos2Alpha : 0;      // along the equator there is no such angle
      const c = F / 16 * cos2Alpha * (4 + F * (4 - 3 * cos2Alpha)), before = lambda;
      lambda = l + (1 - c) * F * sinAlpha * (sigma + c * sinSigma * (middle + c * cosSigma * (2 * middle * middle - 1)));
      if (Math.abs(lambda - before) < 1e-13) break;
    }
    const k2 = cos2Alpha * (A * A - B * B) / (B * B);
    const big = 1 + k2 / 16384 * (4096 + k2 * (k2 * (320 - 175 * k2) - 768)), small = k2 / 1024 * (256 + k2 * (k2 * (74 - 47 * k2) - 128));
    const less = small * sinSigma * (middle + small / 4 * (cosSigma * (2 * middle * middle - 1) - small / 6 * middle * (4 * sinSigma * sinSigma - 3) * (4 * middle * middle - 3)));
    return B * big * (sigma - less);
  };

  /* The sphere with the ellipsoid's surface, and the latitude on it that keeps areas. */
  const q = sine => (1 - E2) * (sine / (1 - E2 * sine * sine) + Math.log((1 + E * sine) / (1 - E * sine)) / (2 * E));
  const POLE = q(1), R2 = A * A * POLE / 2;
  const authalic = latitude => Math.asin(Math.max(-1, Math.min(1, q(Math.sin(latitude * RAD)) / POLE)));

  /* Square metres inside a ring of points; the last joins the first. Of a ring that crosses itself this is no area. */
  gisplan.area = function (ring) {
    let sum = 0;
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const t1 = Math.tan(authalic(ring[j][1]) / 2), t2 = Math.tan(authalic(ring[i][1]) / 2), d = Math.tan((ring[i][0] - ring[j][0]) * RAD / 2);
      sum += 2 * Math.atan2(d * (t1 + t2), 1 + t1 * t2);      // between the edge, as a great circle, and the equator
    }
    return Math.abs(sum) * R2;
  };

  /* Whether two sides of a ring cross or lie on each other. */
  gisplan.crossing = function (ring) {
    const n = ring.length, turn = (a, b, c) => Math.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]));
    const on = (a, b, c) => Math.min(a[0], b[0]) <= c[0] && c[0] <= Math.max(a[0], b[0]) && Math.min(a[1], b[1]) <= c[1] && c[1] <= Math.max(a[1], b[1]);
    for (let i = 0; i < n; i++) for (let j = i + 2; j < n; j++) {
      if (i === 0 && j === n - 1) continue;
      const a = ring[i], b = ring[i + 1], c = ring[j], d = ring[(j + 1) % n];
      const abc = turn(a, b, c), abd = turn(a, b, d), cda = turn(c, d, a), cdb = turn(c, d, b);
      if (abc !== abd && cda !== cdb) return true;
      if ((!abc && on(a, b, c)) || (!abd && on(a, b, d)) || (!cda && on(c, d, a)) || (!cdb && on(c, d, b))) return true;
    }
    return false;
  };

  /* Metres on the ground that one pixel of the map is at a latitude: the mean of east-west and north-south, which differ by up to 0.7 %. */
  gisplan.metresPerPixel = function (latitude, zoom) {
    const s = Math.sin(latitude * RAD), w = Math.sqrt(1 - E2 * s * s), across = A / w, along = A * (1 - E2) / (w * w * w);
    return (across + along) / 2 * Math.cos(latitude * RAD) * 2 * Math.PI / (256 * Math.pow(2, zoom));
  };
})();
