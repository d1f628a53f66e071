/* Turns the inert block of a layer into typed arrays. Nothing is turned into one object per feature: with hundreds of
   thousands of parcels that alone would take seconds and a gigabyte. The layout is described in payload.py. */
(function () {
  'use strict';
  const gisplan = window.gisplan = window.gisplan || {};
  // Coordinates are kept as web-mercator pixels at this zoom, relative to the layer's middle, so that 32 bits do.
  const ZOOM = 20, WORLD = 256 * Math.pow(2, ZOOM);
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

  const SHAPES = ['kind', 'chains', 'lengths', 'corners', 'stepx', 'stepy'];
  const SMALL = 20000;      // layers of fewer features are unpacked whole before they are drawn
  const NO_DAY = -2147483648;
  const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });      // a mark at the head of a text is part of it
  const dayText = day => new Date(day * 864e5).toISOString().slice(0, 10);

  class Table {
    constructor(head, packed) {
      if (head.format !== 'gisplan-map' || head.version !== 2) throw new Error('unknown map data');
      this.head = head; this.meta = head.meta; this.n = head.n;
      this.packed = packed; this.raw = {}; this.made = {};
      this.columns = {};
      head.columns.forEach(c => { this.columns[c.key] = c; });
    }

    static async open(bytes) {
      const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
      const head = JSON.parse(utf8.decode(await unpack(bytes.subarray(4, 4 + size))));
      const table = new Table(head, bytes.subarray(4 + size)), others = Object.keys(head.sections).filter(s => !SHAPES.includes(s));
      const first = (head.meta.colourings || [])[0], soon = [];       // what the first sight of the map needs
      [first && first.column, head.meta.size].forEach(key => {
        if (key) soon.push(...[table.columns[key].data, table.columns[key].null].filter(Boolean));
      });
      await table.load(SHAPES.concat(head.n <= SMALL ? others : soon));
      table.readGeometry();
      SHAPES.forEach(name => { delete table.raw[name]; });
      // The other columns wait until the map can be seen; `rest` says when all are there.
      table.rest = (head.n <= SMALL ? Promise.resolve() : gisplan.painted().then(() => table.load(others)))
        .then(() => { table.packed = null; });
      return table;
    }

    cut(name) {
      const place = this.head.sections[name];
      return this.packed.subarray(place[0], place[0] + place[1]);
    }

    load(names) {
      return Promise.all(names.map(async name => {
        if (this.raw[name]) return;
        const bytes = await unpack(this.cut(name));
        if (!this.raw[name]) this.raw[name] = bytes;
      }));
    }

    section(name) { return this.raw[name] || (this.raw[name] = gisplan.inflate(this.cut(name))); }

    /* Whole numbers of a section, folded ones unfolded; 32-bit numbers where that is enough. */
    ints(name, signed) {
      const place = this.head.sections[name], n = place[2], planes = place[3], u = this.section(name);
      if (planes > 4) {
        const wide = this.wide(u, n, planes);
        return signed ? wide.map(v => v % 2 ? -(v + 1) / 2 : v / 2) : wide;
      }
      const out = new Int32Array(n);
      for (let p = 0; p < planes; p++) {
        const from = p * n, shift = 8 * p;
        for (let i = 0; i < n; i++) out[i] |= u[from + i] << shift;
      }
      if (signed) for (let i = 0; i < n; i++) out[i] = (out[i] >>> 1) ^ -(out[i] & 1);
      return out;
    }

    wide(u, n, planes) {
      const out = new Float64Array(n);
      for (let p = 0; p < planes; p++) {
        const from = p * n, times = Math.pow(256, p);
        for (let i = 0; i < n; i++) out[i] += u[from + i] * times;
      }
      return out;
    }

    bit(name, row) { return (this.section(name)[row >> 3] >> (row & 7) & 1) === 1; }

    /* Something made of a column once, and kept. */
    once(what, key, make) {
      const name = what + ' ' + key;
      if (!(name in this.made)) this.made[name] = make();
      return this.made[name];
    }

    /* Whole number behind one value, above its column's base. */
    whole(c, row) {
      if (c.steps) return this.running(c)[row];
      const place = this.head.sections[c.data], n = place[2], u = this.section(c.data);
      let number = 0;
      for (let p = place[3] - 1; p >= 0; p--) number = number * 256 + u[p * n + row];
      return number;
    }

    running(c) {
      return this.once('run', c.key, () => {
        const run = Float64Array.from(this.ints(c.data, true));
        for (let i = 1; i < run.length; i++) run[i] += run[i - 1];
        return run;
      });
    }

    /* One attribute of one feature; null when it is missing. */
    value(key, row) {
      const c = this.columns[key];
      if (c.null && this.bit(c.null, row)) return null;
      if (c.type === 'bool') return this.bit(c.data, row);
      if (c.type === 'cat') return this.list(c)[this.whole(c, row)];
      if (c.type === 'str') return this.spelled(c, row);
      if (c.type === 'float' && c.scale === null) return this.double(c, row, new DataView(new ArrayBuffer(8)));
      const number = this.whole(c, row) + c.base;
      if (c.type === 'id') return c.head + String(number).padStart(c.width, '0');
      if (c.type === 'date') return dayText(number);
      return c.scale ? number / TENTH[c.scale] : number;
    }

    double(c, row, view) {
      const u = this.section(c.data), n = this.n;
      for (let p = 0; p < 8; p++) view.setUint8(p, u[p * n + row]);
      return view.getFloat64(0, true);
    }

    list(c) { return this.once('list', c.key, () => JSON.parse(utf8.decode(this.section(c.list)))); }

    spelled(c, row) {
      const starts = this.once('starts', c.key, () => {
        const lengths = this.ints(c.lengths), out = new Uint32Array(this.n + 1);
        for (let i = 0; i < this.n; i++) out[i + 1] = out[i] + lengths[i];
        return out;
      });
      const u = this.section(c.data), end = starts[row + 1];
      if (!c.letters) return utf8.decode(u.subarray(starts[row], end));
      const letters = this.once('letters', c.key, () => Array.from(this.ints(c.letters), p => String.fromCodePoint(p)));
      let text = '';
      for (let j = starts[row]; j < end; j++) text += letters[u[j] < 224 ? u[j] : 224 + (u[j] - 224) * 256 + u[++j]];
      return text;
    }

    /* ---- whole columns, for colouring and filtering: made once, in typed arrays ---- */

    /* Numbers, NaN where missing; flags as 0 and 1; null when the column holds none. */
    numbers(key) {
      const c = this.columns[key];
      if (['int', 'float', 'bool'].indexOf(c.type) < 0) return null;
      return this.once('numbers', key, () => {
        let out;
        if (c.type === 'bool') out = Float64Array.from({ length: this.n }, (_, row) => this.bit(c.data, row) ? 1 : 0);
        else if (c.scale === null) {
          const view = new DataView(new ArrayBuffer(8));
          out = new Float64Array(this.n);
          for (let i = 0; i < this.n; i++) out[i] = this.double(c, i, view);
        } else {
          out = this.wholes(c);
          const by = TENTH[c.scale];
          for (let i = 0; i < this.n; i++) out[i] = (out[i] + c.base) / by;
        }
        return this.without(c, out, NaN);
      });
    }

    wholes(c) {
      if (c.steps) return this.running(c).slice();
      const place = this.head.sections[c.data];
      return this.wide(this.section(c.data), place[2], place[3]);
    }

    without(c, out, missing) {
      if (!c.null) return out;
      const gone = this.section(c.null);
      for (let i = 0; i < this.n; i++) if (gone[i >> 3] >> (i & 7) & 1) out[i] = missing;
      return out;
    }

    /* Days since 1970-01-01, gisplan.NO_DAY where missing; null when the column holds no dates. */
    days(key) {
      const c = this.columns[key];
      if (c.type !== 'date') return null;
      return this.once('days', key, () => this.without(c, Int32Array.from(this.wholes(c), v => v + c.base), NO_DAY));
    }

    /* The different values of a column and the number of each row's; `missing` is the number of none. */
    codes(key) {
      const c = this.columns[key];
      return this.once('codes', key, () => {
        if (c.type === 'cat') {
          const values = this.list(c), kind = values.length > 65534 ? Uint32Array : Uint16Array;
          return { codes: this.without(c, kind.from(this.wholes(c)), values.length), values, missing: values.length };
        }
        const numbers = new Map(), codes = new Uint32Array(this.n), absent = [];
        for (let i = 0; i < this.n; i++) {
          const v = this.value(key, i);
          if (v === null) { absent.push(i); continue; }
          let code = numbers.get(v);
          if (code === undefined) { code = numbers.size; numbers.set(v, code); }
          codes[i] = code;
        }
        absent.forEach(i => { codes[i] = numbers.size; });
        return { codes, values: Array.from(numbers.keys()), missing: numbers.size };
      });
    }

    readGeometry() {
      const head = this.head, grid = Math.pow(10, head.digits), n = this.n;
      const lengths = this.ints('lengths'), chains = lengths.length, tokens = this.ints('corners');
      const sx = this.ints('stepx', true), sy = this.ints('stepy', true);
      const box = head.bounds || [0, 0, 0, 0];
      this.kind = Uint8Array.from(this.ints('kind'));
      this.ox = mercatorX((box[0] + box[2]) / 2);
      this.oy = mercatorY((box[1] + box[3]) / 2);
      const corners = tokens.length, fresh = sx.length;
      const X = this.X = new Float32Array(corners), Y = this.Y = new Float32Array(corners);
      // Mercator's y from a table with linear interpolation: within a millimetre, and no logarithm per vertex.
      const south = Math.floor(box[1] * grid) - 1, step = Math.max(1, (Math.ceil(box[3] * grid) + 1 - south) / 4096);
      const table = new Float64Array(4099);
      for (let i = 0; i < 4099; i++) table[i] = mercatorY(Math.min(89.99, (south + i * step) / grid)) - this.oy;
      // Of every corner that is new: where it lies, in steps of the grid from the first, and where it stands.
      const wide = Math.max(box[2] - box[0], box[3] - box[1]) * grid > 2e9, Kind = wide ? Float64Array : Int32Array;
      const gx = new Kind(fresh), gy = new Kind(fresh), at = new Uint32Array(fresh);
      const ends = this.chainAt = new Uint32Array(chains + 1), x0 = head.origin[0], y0 = head.origin[1];
      let v = 0, count = 0, last = 0, first = 0;
      for (let c = 0; c < chains; c++) {
        let near = first;
        for (const end = v + lengths[c]; v < end; v++) {
          const token = tokens[v];
          if (token === 0) {
            const x = (count ? gx[near] : 0) + sx[count], y = (count ? gy[near] : 0) + sy[count];
            const t = Math.max(0, (y0 + y - south) / step), cell = t | 0;
            X[v] = ((x0 + x) / grid + 180) / 360 * WORLD - this.ox;
            Y[v] = table[cell] + (table[cell + 1] - table[cell]) * (t - cell);
            gx[count] = x; gy[count] = y; at[count] = v;
            near = count++;
          } else {
            near = last - 1 + ((token - 1 >>> 1) ^ -(token - 1 & 1));
            X[v] = X[at[near]]; Y[v] = Y[at[near]];
          }
          last = near;
          if (v === ends[c]) first = near;
        }
        ends[c + 1] = v;
      }
      const per = this.ints('chains'), firsts = this.rowAt = new Uint32Array(n + 1);
      for (let i = 0; i < n; i++) firsts[i + 1] = firsts[i] + per[i];
      const B = this.box = new Float32Array(4 * n).fill(NaN);   // NaN: no geometry, found by no question
      for (let i = 0; i < n; i++) {
        const from = ends[firsts[i]], to = ends[firsts[i + 1]];
        if (from === to) continue;
        let west = Infinity, north = Infinity, east = -Infinity, low = -Infinity;
        for (let j = from; j < to; j++) {
          if (X[j] < west) west = X[j];
          if (X[j] > east) east = X[j];
          if (Y[j] < north) north = Y[j];
          if (Y[j] > low) low = Y[j];
        }
        B[4 * i] = west; B[4 * i + 1] = north; B[4 * i + 2] = east; B[4 * i + 3] = low;
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

  gisplan.decode = bytes => Table.open(bytes);
  const tables = {};
  /* The table of a block, decoded once however many layers draw it. */
  gisplan.table = function (id) {
    if (!tables[id]) {
      const element = document.getElementById(id), packed = fromBase64(element.textContent);
      element.textContent = '';                       // the text is not needed twice
      tables[id] = gisplan.decode(packed);
    }
    return tables[id];
  };
  Object.assign(gisplan, { ZOOM, NO_DAY, mercatorX, mercatorY, latitude, dayText });
})();
