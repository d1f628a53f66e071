/* Inflate (RFC 1950 and 1951): for browsers without DecompressionStream, such as those built on Chromium before 80, and
   for a column that is asked for before its turn to be unpacked has come. */
(function () {
  'use strict';
  const gisplan = window.gisplan = window.gisplan || {};
  const BASE = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
  const EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
  const FAR = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
    8193, 12289, 16385, 24577];
  const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
  const FAST = 10;          // codes up to this many bits are looked up at once

  /* Canonical Huffman code: how many codes of each length, the symbols in order, and a list of what the next bits mean
     (symbol and length in one number; 0 where the code is longer). */
  function code(lengths) {
    const count = new Uint16Array(16), symbols = new Uint16Array(lengths.length), at = new Uint16Array(16);
    const fast = new Uint16Array(1 << FAST);
    lengths.forEach(l => { count[l]++; });
    count[0] = 0;
    for (let l = 1; l < 16; l++) at[l] = at[l - 1] + count[l - 1];
    lengths.forEach((l, symbol) => { if (l) symbols[at[l]++] = symbol; });
    for (let l = 1, value = 0, k = 0; l <= FAST; l++, value <<= 1) {
      for (let left = count[l]; left; left--, value++, k++) {
        let mirrored = 0;
        for (let b = 0; b < l; b++) mirrored |= (value >> b & 1) << l - 1 - b;
        for (let j = mirrored; j < 1 << FAST; j += 1 << l) fast[j] = symbols[k] << 4 | l;
      }
    }
    return { count, symbols, fast };
  }
  const fixed = [code(Array.from({ length: 288 }, (_, i) => i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8)), code(new Array(30).fill(5))];

  gisplan.inflate = function (input) {
    let at = 2, hold = 0, held = 0, out = new Uint8Array(input.length * 4), size = 0;
    // Four bytes may be taken ahead; whoever wants more wants what was cut off.
    const fill = n => {
      if (at > input.length + 4) throw new Error('the map data is damaged');
      while (held < n) { hold |= input[at++] << held; held += 8; }
    };
    const bits = n => {
      fill(n);
      const v = hold & (1 << n) - 1;
      hold >>>= n; held -= n;
      return v;
    };
    const symbol = table => {
      fill(15);
      const known = table.fast[hold & (1 << FAST) - 1];
      if (known) { hold >>>= known & 15; held -= known & 15; return known >>> 4; }
      let value = 0, first = 0, index = 0;
      for (let l = 1; l < 16; l++) {
        value |= hold & 1;
        hold >>>= 1; held--;
        const n = table.count[l];
        if (value - first < n) return table.symbols[index + value - first];
        index += n; first = first + n << 1; value <<= 1;
      }
      throw new Error('the map data is damaged');
    };
    const room = n => {
      if (size + n <= out.length) return;
      const bigger = new Uint8Array(Math.max(out.length * 2, size + n));
      bigger.set(out); out = bigger;
    };
    for (let last = 0; !last;) {
      last = bits(1);
      const type = bits(2);
      if (type === 0) {
        at -= held >> 3;                              // whole bytes that were taken ahead
        hold = held = 0;
        const n = input[at] | input[at + 1] << 8;
        at += 4; room(n);
        out.set(input.subarray(at, at + n), size);
        size += n; at += n;
        continue;
      }
      let tables = fixed;
      if (type === 2) {
        const nl = bits(5) + 257, nd = bits(5) + 1, nc = bits(4) + 4, short = new Array(19).fill(0), lengths = [];
        for (let i = 0; i < nc; i++) short[ORDER[i]] = bits(3);
        const how = code(short);
        while (lengths.length < nl + nd) {
          const s = symbol(how);
          if (s < 16) { lengths.push(s); continue; }
          const value = s === 16 ? lengths[lengths.length - 1] : 0;
          for (let n = s === 16 ? 3 + bits(2) : s === 17 ? 3 + bits(3) : 11 + bits(7); n; n--) lengths.push(value);
        }
        tables = [code(lengths.slice(0, nl)), code(lengths.slice(nl))];
      }
      for (let s; (s = symbol(tables[0])) !== 256;) {
        if (s < 256) { room(1); out[size++] = s; continue; }
        const n = BASE[s - 257] + bits(EXTRA[s - 257]), d = symbol(tables[1]), far = FAR[d] + bits(d < 4 ? 0 : (d >> 1) - 1);
        room(n);
        for (const end = size + n; size < end; size++) out[size] = out[size - far];
      }
    }
    return out.subarray(0, size);
  };
})();
