/* A Leaflet grid layer that draws a table on canvas tiles. Styles are per class, so a new colouring only repaints. */
(function () {
  'use strict';
  const gisplan = window.gisplan;
  const SMALL = 3;          // device pixels; below this a parcel is a dot and a path is not worth its time
  const FILL = gisplan.FILL = 0.74;   // the standard land-use colours are loud; the legend shows them as mixed here
  const BATCH = 400;        // features per path: longer paths fill more slowly
  const NONE = '#bfbfbf', GHOST = '#9aa4ab';
  const DASHES = { dashed: [3, 2.2], dotted: [0.1, 2.4] };    // in widths of the line; round ends make dots of the latter
  const HATCHED = '#c3c9cd';    // what a hatched parcel is where there is no room for hatching

  /* One queue for all layers: about 12 ms of drawing per frame keeps dragging smooth however much there is to draw. */
  const queue = [];
  let running = false, waiting = [];
  function work() {
    const start = performance.now();
    while (queue.length && performance.now() - start < 12) queue.shift()();
    if (queue.length) { requestAnimationFrame(work); return; }
    running = false;
    waiting.splice(0).forEach(done => done());
  }
  function later(job) {
    queue.push(job);
    if (!running) { running = true; requestAnimationFrame(work); }
  }
  gisplan.flush = () => { while (queue.length) queue.shift()(); };        // printing cannot wait for frames
  gisplan.painted = () => new Promise(done => {
    waiting.push(done);
    if (!running) { running = true; requestAnimationFrame(work); }
  });

  function hatch(context, ratio, inks) {
    const size = 8 * ratio, tile = document.createElement('canvas');
    tile.width = tile.height = size;
    const c = tile.getContext('2d');
    c.fillStyle = inks.hatch[0]; c.fillRect(0, 0, size, size);
    c.strokeStyle = inks.hatch[1]; c.lineWidth = 1.3 * ratio;
    c.beginPath();
    [-size, 0, size].forEach(d => { c.moveTo(d - ratio, size + ratio); c.lineTo(d + size + ratio, -ratio); });
    c.stroke();
    return context.createPattern(tile, 'repeat');
  }

  const word32 = color => {
    const v = parseInt(color.slice(1), 16);
    return (v & 255) << 16 | v & 0xff00 | v >> 16;      // canvas pixels are stored blue first
  };

  const Layer = L.GridLayer.extend({
    options: { tileSize: 256, updateWhenZooming: false, updateWhenIdle: false, keepBuffer: 1, noWrap: true, maxZoom: 21 },

    initialize: function (id, options) {
      L.setOptions(this, options);
      this.id = id;
      this.ready = gisplan.table(id).then(table => {
        this.table = table;
        this.style = Object.assign(this.plainStyle(), this.style);
        this.restyle();
        return this;
      });
    },

    plainStyle: function () {
      const meta = this.table.meta, first = (meta.colourings || [])[0];
      const colours = first ? gisplan.colouring(this.table, first.id, 'natural') : { codes: new Uint16Array(this.table.n), colors: [], weights: [], hatched: -1 };
      const inks = gisplan.INKS.light;
      // mask: 0 for each row that is filtered out; such rows are faint outlines (ghost) or nothing at all
      return Object.assign({ mask: null, ghost: true, alpha: FILL, inks, stroke: inks.outline, width: 1, halo: false, fill: meta.kind !== 'zone' }, colours);
    },

    setStyle: function (change) {
      const style = this.style || (this.style = {}), fresh = Object.keys(change).some(key => style[key] !== change[key]);
      Object.assign(style, change);
      if (fresh) this.restyle();            // with two maps, what stays as it was is not painted again
      return this;
    },

    /* Repaint in place: taking the tiles away first would make the map flash. */
    restyle: function () {
      if (!this._map || !this.table) return;
      Object.keys(this._tiles).forEach(key => {
        const tile = this._tiles[key];
        if (tile.due) return;                 // it waits already, and will be drawn as things are then
        tile.due = true;
        later(() => {
          tile.due = false;
          if (this._tiles[key] === tile) this.draw(tile.el, tile.coords);
        });
      });
    },

    onAdd: function (map) {
      L.GridLayer.prototype.onAdd.call(this, map);
      gisplan.listen(map, this, true);
    },
    onRemove: function (map) {
      gisplan.listen(map, this, false);
      L.GridLayer.prototype.onRemove.call(this, map);
    },

    /* Leaflet draws tiles at whole zooms and stretches them; ours are drawn at the zoom they are seen at. */
    _setView: function (center, zoom, noPrune, noUpdate) {
      this._exact = zoom;
      L.GridLayer.prototype._setView.call(this, center, zoom, noPrune, noUpdate);
    },
    _clampZoom: function () { return this._exact; },
    /* Old tiles stay until all new ones are painted, else the map would go blank at every zoom. */
    _pruneTiles: function () {
      if (this._noTilesToLoad()) { L.GridLayer.prototype._pruneTiles.call(this); return; }
      Object.keys(this._tiles).forEach(key => {
        const tile = this._tiles[key];
        if (!tile.current && Math.abs(tile.coords.z - this._tileZoom) > 2) this._removeTile(key);   // no more than a blur
      });
    },

    createTile: function (coords, done) {
      const tile = document.createElement('canvas'), size = this.getTileSize();
      tile.ratio = gisplan.printing ? 2 : Math.min(2, window.devicePixelRatio || 1);
      tile.width = Math.round(size.x * tile.ratio); tile.height = Math.round(size.y * tile.ratio);
      later(() => {
        // Zooming on and on leaves jobs behind for zooms that nobody will see.
        if (this._map && this.table && coords.z === this._tileZoom) (gisplan.printing ? this.print : this.draw).call(this, tile, coords);
        done(null, tile);
      });
      return tile;
    },

    /* Chromium prints a canvas drawn in beforeprint as a record of its strokes, neither clipped nor cleared as on the
       screen. A picture of a canvas stays a picture; at other ratios than 2 there would be gaps between the tiles. */
    print: function (tile, coords) {
      const sheet = document.createElement('canvas');
      sheet.width = tile.width; sheet.height = tile.height; sheet.ratio = tile.ratio;
      this.draw(sheet, coords);
      tile.getContext('2d').drawImage(sheet, 0, 0);
    },

    draw: function (tile, coords) {
      const T = this.table, S = this.style, B = T.box, context = tile.getContext('2d');
      const scale = Math.pow(2, coords.z - gisplan.ZOOM), k = scale * tile.ratio, size = this.getTileSize().x;
      const x0 = coords.x * size / scale - T.ox, y0 = coords.y * size / scale - T.oy, span = size / scale, reach = 12 / scale;
      context.clearRect(0, 0, tile.width, tile.height);
      const groups = [], small = [], ghosts = [], mask = S.mask;
      T.visit(x0 - reach, y0 - reach, x0 + span + reach, y0 + span + reach, i => {
        const code = S.codes[i], out = Boolean(mask) && !mask[i];
        if (out && !S.ghost) return;
        if (T.kind[i] === 3 && Math.max(B[4 * i + 2] - B[4 * i], B[4 * i + 3] - B[4 * i + 1]) * k < SMALL) small.push(i);
        else if (out) ghosts.push(i);
        else (groups[code] || (groups[code] = [])).push(i);
      });
      const pen = { context, k, x0, y0, ratio: tile.ratio, zoom: coords.z };
      const kind = T.meta.kind;
      if (S.fill && small.length) this.dots(pen, small, tile);        // takes the whole tile, so it comes first
      if (ghosts.length) this.ghosts(pen, ghosts);
      if (kind === 'point') this.points(pen, groups);
      else if (kind === 'line') this.lines(pen, groups);
      else this.polygons(pen, groups, small, tile);
    },

    trace: function (pen, i) {
      const T = this.table, c = pen.context, closed = T.kind[i] === 3;
      for (let g = T.rowAt[i]; g < T.rowAt[i + 1]; g++) {
        let j = T.chainAt[g];
        const end = T.chainAt[g + 1];
        c.moveTo((T.X[j] - pen.x0) * pen.k, (T.Y[j] - pen.y0) * pen.k);
        for (j++; j < end; j++) c.lineTo((T.X[j] - pen.x0) * pen.k, (T.Y[j] - pen.y0) * pen.k);
        if (closed) c.closePath();
      }
    },

    each: function (pen, rows, use) {
      for (let a = 0; a < rows.length; a += BATCH) {
        pen.context.beginPath();
        for (let b = a; b < Math.min(a + BATCH, rows.length); b++) this.trace(pen, rows[b]);
        use(pen.context);
      }
    },

    /* What is filtered out, below the rest. */
    ghosts: function (pen, rows) {
      const T = this.table, c = pen.context;
      c.strokeStyle = GHOST; c.globalAlpha = 0.45; c.lineWidth = 0.7 * pen.ratio;
      if (T.meta.kind !== 'point') this.each(pen, rows, one => one.stroke());
      else rows.forEach(i => {
        for (let j = T.chainAt[T.rowAt[i]]; j < T.chainAt[T.rowAt[i + 1]]; j++) {
          c.beginPath();
          c.arc((T.X[j] - pen.x0) * pen.k, (T.Y[j] - pen.y0) * pen.k, 2.5 * pen.ratio, 0, 7);
          c.stroke();
        }
      });
      c.globalAlpha = 1;
    },

    polygons: function (pen, groups, small, tile) {
      const S = this.style, c = pen.context;
      c.lineJoin = 'round';
      if (S.fill) groups.forEach((rows, code) => {
        c.fillStyle = code === S.hatched ? hatch(c, pen.ratio, S.inks) : S.colors[code] || NONE;
        c.globalAlpha = S.alpha;
        this.each(pen, rows, one => one.fill());      // rings are oriented, so overlaps stay filled and holes open
      });
      c.globalAlpha = 1;
      if (S.halo) groups.forEach(rows => {
        c.strokeStyle = S.inks.halo; c.lineWidth = (S.width + 2.6) * pen.ratio;
        this.each(pen, rows, one => one.stroke());
      });
      // Outlines of parcels fade out where they would be all one sees.
      const thin = S.halo ? 1 : Math.min(1, Math.max(0, (this.table.typical * pen.k / pen.ratio - 5) / 12));
      if (!S.stroke || !thin) return;
      c.strokeStyle = S.stroke; c.lineWidth = S.width * pen.ratio * (S.halo ? 1 : 0.45 + 0.55 * thin);
      c.globalAlpha = S.halo ? 1 : thin * (S.faint || 0.8);
      groups.forEach(rows => this.each(pen, rows, one => one.stroke()));
      c.globalAlpha = 1;
    },

    /* Parcels of a pixel or two are written as pixels; those filtered out first, so that they hide no other. */
    dots: function (pen, rows, tile) {
      const T = this.table, S = this.style, B = T.box, w = tile.width, mask = S.mask;
      const image = pen.context.createImageData(w, w), pixels = new Uint32Array(image.data.buffer);
      const shade = (color, alpha) => (word32(color) | Math.round(alpha * 255) << 24) >>> 0;
      const palette = S.colors.map(color => shade(color || NONE, S.alpha)), ghost = shade(GHOST, 0.22), none = shade(NONE, S.alpha);
      if (S.hatched >= 0) palette[S.hatched] = shade(HATCHED, S.alpha);
      for (let out = mask ? 1 : 0; out >= 0; out--) {
        for (let r = 0; r < rows.length; r++) {
          const i = rows[r];
          if (mask && Boolean(mask[i]) === Boolean(out)) continue;
          const code = S.codes[i], color = out ? ghost : code < palette.length ? palette[code] : none;
          const a = Math.max(0, Math.floor((B[4 * i] - pen.x0) * pen.k)), b = Math.min(w - 1, Math.floor((B[4 * i + 2] - pen.x0) * pen.k));
          const c = Math.max(0, Math.floor((B[4 * i + 1] - pen.y0) * pen.k)), d = Math.min(w - 1, Math.floor((B[4 * i + 3] - pen.y0) * pen.k));
          for (let y = c; y <= d; y++) for (let x = a; x <= b; x++) pixels[y * w + x] = color;
        }
      }
      pen.context.putImageData(image, 0, 0);
    },

    lines: function (pen, groups) {
      const S = this.style, c = pen.context;
      const grow = Math.min(2.2, Math.max(0.55, Math.pow(2, (pen.zoom - 15) / 2)));
      c.lineJoin = c.lineCap = 'round';
      // Light edges of all lines first, so that crossings run through; the first class is drawn last, on top.
      [1, 0].forEach(edge => {
        for (let code = groups.length - 1; code >= 0; code--) {
          if (!groups[code]) continue;
          const width = Math.max(0.8, (S.weights[code] || 1) * grow), dash = DASHES[(S.dashes || [])[code]];
          c.strokeStyle = edge ? S.inks.casing : S.colors[code] || NONE;
          c.lineWidth = (width + (edge ? 1.8 : 0)) * pen.ratio;
          // The light edge has no gaps, so that those of the line are seen on any ground.
          c.setLineDash(dash && !edge ? dash.map(part => part * Math.max(1.6, width) * pen.ratio) : []);
          c.lineCap = dash && dash[0] > 1 ? 'butt' : 'round';
          this.each(pen, groups[code], one => one.stroke());
        }
      });
      c.setLineDash([]);
    },

    radius: function (code, zoom) {
      const grow = Math.min(1.5, Math.max(0.6, Math.pow(2, (zoom - 15) / 3)));
      return (3.6 + 1.2 * (this.style.weights[code] || 1)) * grow;
    },
    points: function (pen, groups) {
      const T = this.table, S = this.style, c = pen.context;
      for (let code = groups.length - 1; code >= 0; code--) {
        const r = this.radius(code, pen.zoom) * pen.ratio;
        (groups[code] || []).forEach(i => {
          for (let j = T.chainAt[T.rowAt[i]]; j < T.chainAt[T.rowAt[i + 1]]; j++) {
            c.beginPath();
            c.arc((T.X[j] - pen.x0) * pen.k, (T.Y[j] - pen.y0) * pen.k, r, 0, 7);
            c.fillStyle = S.colors[code] || NONE; c.fill();
            c.strokeStyle = S.inks.rim; c.lineWidth = 1.6 * pen.ratio; c.stroke();
          }
        });
      }
    },

    /* The feature under a place, the last drawn one, or -1. */
    pick: function (latlng) {
      const T = this.table;
      if (!T) return -1;
      const x = gisplan.mercatorX(latlng.lng) - T.ox, y = gisplan.mercatorY(latlng.lat) - T.oy;
      const zoom = this._map.getZoom(), pixel = Math.pow(2, gisplan.ZOOM - zoom), kind = T.meta.kind;
      const reach = (kind === 'point' ? 12 : kind === 'line' ? 7 : 0) * pixel;
      const mask = this.style.mask;
      let best = -1, near = Infinity;
      T.visit(x - reach, y - reach, x + reach, y + reach, i => {
        if (mask && !mask[i]) return;                   // what is filtered out is not there
        if (T.kind[i] === 3) { if (this.inside(i, x, y)) { best = i; near = 0; } return; }
        const d = this.distance(i, x, y) / pixel, limit = T.kind[i] === 1 ? this.radius(this.style.codes[i], zoom) + 3 : 6;
        if (d <= limit && d <= near) { best = i; near = d; }
      });
      return best;
    },

    inside: function (i, x, y) {
      const T = this.table;
      let turns = 0;
      for (let g = T.rowAt[i]; g < T.rowAt[i + 1]; g++) {
        const from = T.chainAt[g], to = T.chainAt[g + 1];
        for (let a = from, b = to - 1; a < to; b = a++) {
          const ya = T.Y[a], yb = T.Y[b];
          if (ya > y === yb > y) continue;
          if (x < (T.X[b] - T.X[a]) * (y - ya) / (yb - ya) + T.X[a]) turns += yb > ya ? 1 : -1;
        }
      }
      return turns !== 0;
    },

    distance: function (i, x, y) {
      const T = this.table;
      let best = Infinity;
      for (let g = T.rowAt[i]; g < T.rowAt[i + 1]; g++) {
        for (let j = T.chainAt[g]; j < T.chainAt[g + 1]; j++) {
          const last = j + 1 === T.chainAt[g + 1] || T.kind[i] === 1;
          const dx = last ? 0 : T.X[j + 1] - T.X[j], dy = last ? 0 : T.Y[j + 1] - T.Y[j], length = dx * dx + dy * dy;
          const t = length ? Math.max(0, Math.min(1, ((x - T.X[j]) * dx + (y - T.Y[j]) * dy) / length)) : 0;
          best = Math.min(best, Math.hypot(T.X[j] + t * dx - x, T.Y[j] + t * dy - y));
        }
      }
      return best;
    }
  });

  gisplan.layer = (id, options) => new Layer(id, options);
})();
