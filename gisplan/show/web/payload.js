/* Turns the inert block of a layer into typed arrays. Nothing is turned into one object per feature: with hundreds of
   thousands of parcels that alone would take seconds and a gigabyte. The layout is described in payload.py. */
(function () {
  'use strict';
  const gisplan = window.gisplan = window.gisplan || {};
  // Coordinates are kept as web-mercator pixels at this zoom, relative to the layer's middle, so that 32 bits do.
  const ZOOM = 20, WORLD = 256 * Math.pow(2, ZOOM);
  const TEXT = new TextDecoder('utf-8', { ignoreBOM: true });      // a mark at the head of a text is part of it
  const TENTH = [1, 10, 100, 1000, 1e4, 1e5, 1e6, 1e7, 1e8];

  const mercatorX = lon => (lon + 180) / 360 * WORLD;
  const mercatorY = lat => {
    const s = Math.sin(lat * Math.PI / 180);
    return (0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI)) * WORLD;
  };
  const latitude = y => {
    const n = Math.PI - 2 * Math.PI * y / WORLD;
    return 180 / Math.PI * Math.atan(0.5 * (Math.exp(n) - Math.exp(-n)));
  };

  function fromBase64(text) {
    if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
    const letters = atob(text), bytes = new Uint8Array(letters.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
    return bytes;
  }

  async function unpack(bytes) {
    if (typeof DecompressionStream === 'undefined') return gisplan.inflate(bytes);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  class Table {
    constructor(bytes) {
      const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
      const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + size)));
      if (head.format !== 'gisplan-map' || head.version !== 1) throw new Error('unknown map data');
      this.head = head; this.meta = head.meta; this.n = head.n;
      this.bytes = bytes.subarray(4 + size);
      this.columns = {};
      head.columns.forEach(c => { this.columns[c.key] = c; });
      this.readGeometry();
    }

    /* Whole numbers of a section, up to 32 bits each. */
    ints(name, signed) {
      const place = this.head.sections[name], at = place[0], n = place[1], planes = place[2];
      const u = this.bytes, out = new Int32Array(n);
      for (let p = 0; p < planes; p++) {
        const from = at + p * n, shift = 8 * p;
        for (let i = 0; i < n; i++) out[i] |= u[from + i] << shift;
      }
      if (signed) for (let i = 0; i < n; i++) out[i] = (out[i] >>> 1) ^ -(out[i] & 1);
      return out;
    }

    bit(name, row) {
      return (this.bytes[this.head.sections[name][0] + (row >> 3)] >> (row & 7) & 1) === 1;
    }

    /* One attribute of one feature; null when it is missing. */
    value(key, row) {
      const c = this.columns[key];
      if (c.null && this.bit(c.null, row)) return null;
      const place = this.head.sections[c.data], at = place[0], n = place[1];
      if (c.type === 'bool') return this.bit(c.data, row);
      if (c.type === 'str') {
        if (!c.starts) {
          const lengths = this.ints(c.lengths);
          c.starts = new Uint32Array(n + 1);
          for (let i = 0; i < n; i++) c.starts[i + 1] = c.starts[i] + lengths[i];
        }
        return TEXT.decode(this.bytes.subarray(at + c.starts[row], at + c.starts[row + 1]));
      }
      if (c.type === 'float' && c.scale === null) {
        const view = new DataView(new ArrayBuffer(8));
        for (let p = 0; p < 8; p++) view.setUint8(p, this.bytes[at + p * n + row]);
        return view.getFloat64(0, true);
      }
      let number = 0;
      for (let p = place[2] - 1; p >= 0; p--) number = number * 256 + this.bytes[at + p * n + row];
      if (c.type === 'cat') return c.values[number];
      number += c.base;
      if (c.type === 'date') return new Date(number * 864e5).toISOString().slice(0, 10);
      return c.scale ? number / TENTH[c.scale] : number;
    }

    /* A column of numbers; NaN where there is none. */
    numbers(key) {
      const c = this.columns[key];
      if (!c.numbers) c.numbers = Float64Array.from({ length: this.n }, (_, row) => { const v = this.value(key, row); return v === null ? NaN : v; });
      return c.numbers;
    }

    readGeometry() {
      const head = this.head, grid = Math.pow(10, head.digits), n = this.n;
      const lengths = this.ints('lengths'), chains = lengths.length;
      const hx = this.ints('headx', true), hy = this.ints('heady', true);
      const sx = this.ints('stepx', true), sy = this.ints('stepy', true);
      const box = head.bounds || [0, 0, 0, 0];
      this.kind = Uint8Array.from(this.ints('kind'));
      this.ox = mercatorX((box[0] + box[2]) / 2);
      this.oy = mercatorY((box[1] + box[3]) / 2);
      const vertices = sx.length + chains;
      const X = this.X = new Float32Array(vertices), Y = this.Y = new Float32Array(vertices);
      // Mercator's y from a table with linear interpolation: within a millimetre, and no logarithm per vertex.
      const south = Math.floor(box[1] * grid) - 1, step = Math.max(1, (Math.ceil(box[3] * grid) + 1 - south) / 4096);
      const table = new Float64Array(4099);
      for (let i = 0; i < 4099; i++) table[i] = mercatorY(Math.min(89.99, (south + i * step) / grid)) - this.oy;
      const ends = this.chainAt = new Uint32Array(chains + 1);
      let v = 0, s = 0, ax = head.origin[0], ay = head.origin[1];
      for (let c = 0; c < chains; c++) {
        ax += hx[c]; ay += hy[c];
        let x = ax, y = ay;
        for (let j = 0; j < lengths[c]; j++) {
          if (j) { x += sx[s]; y += sy[s]; s++; }
          const t = Math.max(0, (y - south) / step), cell = t | 0;
          X[v] = (x / grid + 180) / 360 * WORLD - this.ox;
          Y[v] = table[cell] + (table[cell + 1] - table[cell]) * (t - cell);
          v++;
        }
        ends[c + 1] = v;
      }
      const per = this.ints('chains'), first = this.rowAt = new Uint32Array(n + 1);
      for (let i = 0; i < n; i++) first[i + 1] = first[i] + per[i];
      const B = this.box = new Float32Array(4 * n).fill(NaN);   // NaN: no geometry, found by no question
      for (let i = 0; i < n; i++) {
        const from = ends[first[i]], to = ends[first[i + 1]];
        if (from === to) continue;
        let x0 = Infinity, y0 = Infinity, x1 = -Infinity, y1 = -Infinity;
        for (let j = from; j < to; j++) {
          if (X[j] < x0) x0 = X[j];
          if (X[j] > x1) x1 = X[j];
          if (Y[j] < y0) y0 = Y[j];
          if (Y[j] > y1) y1 = Y[j];
        }
        B[4 * i] = x0; B[4 * i + 1] = y0; B[4 * i + 2] = x1; B[4 * i + 3] = y1;
      }
      this.visit = grid32(B, n);
      const every = Math.max(1, Math.floor(n / 999)), sizes = [];
      for (let i = 0; i < n; i += every) if (B[4 * i] <= B[4 * i + 2]) sizes.push(Math.max(B[4 * i + 2] - B[4 * i], B[4 * i + 3] - B[4 * i + 1]));
      this.typical = sizes.sort((a, b) => a - b)[sizes.length >> 1] || 0;
    }

    /* Chains of one feature as Leaflet wants them. */
    latlngs(row) {
      const out = [];
      for (let c = this.rowAt[row]; c < this.rowAt[row + 1]; c++) {
        const chain = [];
        for (let j = this.chainAt[c]; j < this.chainAt[c + 1]; j++) {
          chain.push([latitude(this.Y[j] + this.oy), (this.X[j] + this.ox) / WORLD * 360 - 180]);
        }
        out.push(chain);
      }
      return out;
    }
  }

  /* An even grid over the boxes of all features, about 32 in a cell. A feature is entered in the cell of its
     north-west corner only; those larger than a cell are asked every time. Returns visit(x0, y0, x1, y1, use). */
  function grid32(B, n) {
    let x0 = Infinity, y0 = Infinity, x1 = -Infinity, y1 = -Infinity;
    for (let i = 0; i < n; i++) {
      if (!(B[4 * i] <= B[4 * i + 2])) continue;
      x0 = Math.min(x0, B[4 * i]); y0 = Math.min(y0, B[4 * i + 1]);
      x1 = Math.max(x1, B[4 * i]); y1 = Math.max(y1, B[4 * i + 1]);
    }
    if (x0 === Infinity) return () => {};
    const cell = Math.max(Math.sqrt((x1 - x0 + 1) * (y1 - y0 + 1) / Math.max(1, n / 32)), (x1 - x0) / 4096, (y1 - y0) / 4096, 1);
    const nx = Math.floor((x1 - x0) / cell) + 1, ny = Math.floor((y1 - y0) / cell) + 1;
    const large = [], key = new Int32Array(n).fill(-1), at = new Uint32Array(nx * ny + 1);
    for (let i = 0; i < n; i++) {
      const w = B[4 * i + 2] - B[4 * i], h = B[4 * i + 3] - B[4 * i + 1];
      if (!(w >= 0)) continue;
      if (w > cell || h > cell) { large.push(i); continue; }
      key[i] = Math.floor((B[4 * i] - x0) / cell) + nx * Math.floor((B[4 * i + 1] - y0) / cell);
      at[key[i] + 1]++;
    }
    for (let c = 0; c < nx * ny; c++) at[c + 1] += at[c];
    const next = at.slice(), rows = new Uint32Array(at[nx * ny]);
    for (let i = 0; i < n; i++) if (key[i] >= 0) rows[next[key[i]]++] = i;
    return function (a, b, c, d, use) {
      const hit = i => { if (B[4 * i] <= c && B[4 * i + 2] >= a && B[4 * i + 1] <= d && B[4 * i + 3] >= b) use(i); };
      large.forEach(hit);
      const left = Math.max(0, Math.floor((a - x0) / cell) - 1), right = Math.min(nx - 1, Math.floor((c - x0) / cell));
      const top = Math.max(0, Math.floor((b - y0) / cell) - 1), bottom = Math.min(ny - 1, Math.floor((d - y0) / cell));
      for (let r = top; r <= bottom; r++) for (let s = left; s <= right; s++) {
        for (let k = at[r * nx + s]; k < at[r * nx + s + 1]; k++) hit(rows[k]);
      }
    };
  }

  const tables = {};
  /* The table of a block, decoded once however many layers draw it. */
  gisplan.table = function (id) {
    if (!tables[id]) {
      const element = document.getElementById(id), packed = fromBase64(element.textContent);
      element.textContent = '';                       // the text is not needed twice
      tables[id] = unpack(packed).then(bytes => new Table(bytes));
    }
    return tables[id];
  };
  Object.assign(gisplan, { ZOOM, mercatorX, mercatorY, latitude });
})();
