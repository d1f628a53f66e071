/* What lies under the map: tiles of a server the plan names, or tiles that are in this file. Its row in the legend
   switches it, its source is always told, and without a network the map is whole but for it. */
(function () {
  'use strict';
  const gisplan = window.gisplan, h = gisplan.h;
  const QUIET = 0.75;       // the plan is to be read, not the ground
  const MOST = 400;         // images that are kept
  const PATIENCE = 6;       // tiles that may fail before the first has come; then nobody is there

  gisplan.words({
    basemap: ['底图', 'Basemap'], basemapOpacity: ['底图不透明度', 'Basemap opacity'],
    noNetwork: ['没有网络，暂不显示底图。', 'No network: the basemap is not shown.'],
    noAnswer: ['没有应答，已停止请求；重新勾选可再试：', 'No answer, so it is asked no longer; tick again to retry: '],
    notServed: ['只答复由网站发布的网页，本文件是直接打开的：', 'Answers only pages from a web server; this one was opened as a file: '],
    gcj02: ['GCJ-02，已逐片移正', 'GCJ-02, moved tile by tile']
  });

  const kind = bytes => bytes[0] === 0x89 ? 'image/png' : bytes[0] === 0xff ? 'image/jpeg' : 'image/webp';

  /* Where an image is to be had: find(z, x, y) → {url, up}; up > 0 means the tile so many zooms above, of which a part
     lies here. Null: nowhere. */
  function server(source) {
    return (z, x, y) => ({ up: 0, url: L.Util.template(source.url, {
      z, x, y, '-y': Math.pow(2, z) - 1 - y, s: source.subdomains[(x + y) % Math.max(1, source.subdomains.length)] || ''
    }) });
  }

  /* The tiles in this file, unpacked once for all maps of the page. */
  const stores = {};
  function store(source) {
    if (stores[source.tiles]) return stores[source.tiles];
    const element = document.getElementById(source.tiles), letters = atob(element.textContent);
    const bytes = new Uint8Array(letters.length), starts = [0], at = new Map(), urls = [];
    element.textContent = '';
    for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
    source.lengths.forEach(length => starts.push(starts[starts.length - 1] + length));
    const key = (z, x, y) => z + '/' + x + '/' + y;
    for (let i = 0; i < source.index.length; i += 4) at.set(key(source.index[i], source.index[i + 1], source.index[i + 2]), source.index[i + 3]);
    const url = k => {
      const part = bytes.subarray(starts[k], starts[k + 1]);
      return urls[k] || (urls[k] = URL.createObjectURL(new Blob([part], { type: kind(part) })));
    };
    return (stores[source.tiles] = (z, x, y) => {
      for (let up = 0; z - up >= source.min; up++) {
        const found = at.get(key(z - up, x >> up, y >> up));
        if (found !== undefined) return { url: url(found), up };
      }
      return null;
    });
  }

  /* Draws tiles of whole zooms onto canvases of the zoom that is seen: their edges are put on pixels of the screen, so
     that no ground shows between them, and displaced ones are laid between where their edges truly are. */
  const Ground = L.GridLayer.extend({
    options: { pane: 'gp-basemap', tileSize: 256, noWrap: true, keepBuffer: 1, updateWhenZooming: false, updateWhenIdle: false, maxZoom: 21 },

    initialize: function (source, options) {
      L.setOptions(this, options);
      this.source = source;
      this.find = source.tiles ? store(source) : server(source);
      this.images = new Map();
      this.waiting = new Map();
    },

    /* As in canvas.js: tiles at the zoom they are seen at, old ones until the new are there. */
    _setView: function (center, zoom, noPrune, noUpdate) {
      this._exact = zoom;
      if (!gisplan.printing) this.whole = Math.round(zoom);     // paper shows the tiles that the screen had
      L.GridLayer.prototype._setView.call(this, center, zoom, noPrune, noUpdate);
    },
    _clampZoom: function () { return this._exact; },
    _pruneTiles: function () {
      if (this._noTilesToLoad()) { L.GridLayer.prototype._pruneTiles.call(this); return; }
      Object.keys(this._tiles).forEach(key => {
        const tile = this._tiles[key];
        if (!tile.current && Math.abs(tile.coords.z - this._tileZoom) > 2) this._removeTile(key);
      });
    },

    /* The image of an address, at once when it is there already; null when it cannot be had. */
    image: function (url, use) {
      let held = this.images.get(url);
      if (held) { this.images.delete(url); this.images.set(url, held); }       // the latest last
      if (held && held.complete) { use(held.naturalWidth ? held : null); return; }
      if (!held) {
        held = document.createElement('img');
        this.images.set(url, held);
        if (this.images.size > MOST) this.images.delete(this.images.keys().next().value);
        held.addEventListener('load', () => this.fire('came'));
        held.addEventListener('error', () => { this.images.delete(url); this.fire('failed'); });
        held.src = url;
      }
      held.addEventListener('load', () => use(held));
      held.addEventListener('error', () => use(null));
    },

    /* Pixel of a zoom where the tiles have it → where it truly is; the other way with back. */
    moved: function (x, y, zoom, back) {
      if (this.source.datum !== 'gcj02') return L.point(x, y);
      const at = this._map.unproject(L.point(x, y), zoom), [lon, lat] = (back ? gisplan.toGcj02 : gisplan.fromGcj02)(at.lng, at.lat);
      return this._map.project(L.latLng(lat, lon), zoom);
    },

    /* True edges of a tile in pixels of its zoom. Edges are measured at their middles, so neighbours share them. */
    edges: function (x, y, zoom) {
      const a = x * 256, b = y * 256;
      return L.bounds(
        L.point(this.moved(a, b + 128, zoom).x, this.moved(a + 128, b, zoom).y),
        L.point(this.moved(a + 256, b + 128, zoom).x, this.moved(a + 128, b + 256, zoom).y));
    },

    /* Tiles that touch a canvas, as [x, y, zoom]. */
    under: function (coords) {
      const zoom = Math.min(this.source.max, Math.max(this.source.min, this.whole)), k = Math.pow(2, zoom - coords.z), out = [];
      if (zoom - coords.z > 3 || (!this.source.tiles && zoom - coords.z > 1)) return out;       // a heap of tiny tiles
      const box = L.bounds([]), last = Math.pow(2, zoom) - 1, cell = v => Math.min(last, Math.max(0, Math.floor(v / 256)));
      [[0, 0], [1, 0], [0, 1], [1, 1]].forEach(([i, j]) => box.extend(this.moved((coords.x + i) * 256 * k, (coords.y + j) * 256 * k, zoom, true)));
      const spare = this.source.datum === 'gcj02' ? 3 : 0;
      for (let x = cell(box.min.x - spare); x <= cell(box.max.x + spare - 1e-6); x++) {
        for (let y = cell(box.min.y - spare); y <= cell(box.max.y + spare - 1e-6); y++) out.push([x, y, zoom]);
      }
      return out;
    },

    createTile: function (coords, done) {
      const tile = document.createElement('canvas'), ratio = gisplan.printing ? 2 : Math.min(2, window.devicePixelRatio || 1);
      tile.width = tile.height = Math.round(256 * ratio);
      const parts = this.under(coords), context = tile.getContext('2d');
      let left = parts.length + 1;
      const one = () => {
        if (--left || !this.waiting.has(tile)) return;
        this.waiting.delete(tile);
        done(null, tile);
      };
      this.waiting.set(tile, coords);
      parts.forEach(([x, y, zoom]) => {
        const found = this.find(zoom, x, y), k = Math.pow(2, coords.z - zoom), corner = L.point(coords.x, coords.y).multiplyBy(256);
        if (!found) { one(); return; }
        const box = this.edges(x, y, zoom), from = box.min.multiplyBy(k).subtract(corner).multiplyBy(ratio).round();
        const size = box.max.multiplyBy(k).subtract(corner).multiplyBy(ratio).round().subtract(from);
        this.image(found.url, image => {
          if (image) {
            const part = image.naturalWidth / Math.pow(2, found.up), cut = v => (v - (v >> found.up << found.up)) * part;
            context.drawImage(image, cut(x), cut(y), part, part, from.x, from.y, size.x, size.y);
          }
          one();
        });
      });
      if (gisplan.printing) paper(tile, context);
      requestAnimationFrame(one);            // Leaflet wants to have the tile before it is told that it is done
      return tile;
    },

    _removeTile: function (key) {
      if (this._tiles[key]) this.waiting.delete(this._tiles[key].el);
      L.GridLayer.prototype._removeTile.call(this, key);
    },

    /* Paper cannot wait: what has not come by now is left out. */
    hurry: function () {
      this.redraw();
      this.waiting.forEach((coords, tile) => this._tileReady(coords, null, tile));
      this.waiting.clear();
    }
  });

  /* A canvas drawn for paper is printed stroke by stroke (see canvas.js); a picture of it as it is seen. */
  function paper(tile, context) {
    const copy = document.createElement('canvas');
    copy.width = tile.width; copy.height = tile.height;
    copy.getContext('2d').drawImage(tile, 0, 0);
    context.clearRect(0, 0, tile.width, tile.height);
    context.drawImage(copy, 0, 0);
  }

  /* Why it cannot be had now: a word, or null. */
  function trouble(view, base) {
    if (!base.hosts.length) return null;
    if (base.served && document.baseURI.slice(0, 5) === 'file:') return 'notServed';
    if (navigator.onLine === false) return 'noNetwork';
    return view.basemap.silent ? 'noAnswer' : null;
  }

  function side(view, one) {
    if (one.basemap) return one.basemap;
    const pane = one.map.createPane('gp-basemap');
    pane.style.zIndex = 150;                       // under all that is ours
    pane.style.pointerEvents = 'none';
    const layers = view.config.basemap.sources.map(source => new Ground(source)), state = view.basemap;
    layers.forEach(layer => {
      layer.on('came', () => { state.came = true; });
      layer.on('failed', () => {
        if (!state.came && ++state.failed >= PATIENCE && !state.silent) { state.silent = true; view.set({}); sync(view); }
      });
    });
    const told = h('div', { class: 'leaflet-control gp-attribution' });
    one.map.getContainer().querySelector('.leaflet-bottom.leaflet-right').append(told);
    return (one.basemap = { pane, layers, told });
  }

  /* Bring every map in line with what the reader chose and the network allows. */
  function sync(view) {
    const base = view.config.basemap, state = view.basemap, on = state.on && !trouble(view, base);
    view.sides.forEach(one => {
      const { pane, layers, told } = side(view, one);
      pane.style.opacity = state.alpha;
      layers.forEach(layer => {
        if (on && !one.map.hasLayer(layer)) one.map.addLayer(layer);
        if (!on && one.map.hasLayer(layer)) one.map.removeLayer(layer);
      });
      told.hidden = !on;
      const displaced = base.sources.some(source => source.datum === 'gcj02');
      told.textContent = view.say(base.attribution) + (displaced ? ' · ' + view.word('gcj02') : '');
    });
  }

  function print(view, on) {
    if (on) view.sides.forEach(one => one.basemap && one.basemap.layers.forEach(layer => { if (one.map.hasLayer(layer)) layer.hurry(); }));
  }

  function row(view) {
    const base = view.config.basemap, state = view.basemap, why = trouble(view, base);
    const change = on => { Object.assign(state, { on, silent: false, failed: 0 }); sync(view); view.set({}); };
    const name = view.say(base.label);
    const head = h('div', { class: 'gp-layer-head' }, h('label', {},
      h('input', { type: 'checkbox', id: view.id('basemap'), checked: state.on, onchange: e => change(e.target.checked) }),
      h('span', {}, name && name !== view.word('basemap') ? view.word('basemap') + ' · ' + name : view.word('basemap'))));
    const slider = h('label', { class: 'gp-alpha' }, h('span', {}, view.word('basemapOpacity')),
      h('input', { type: 'range', id: view.id('basemap-alpha'), min: 0.1, max: 1, step: 0.05, value: state.alpha,
        oninput: e => { state.alpha = Number(e.target.value); sync(view); } }));
    const hint = why && h('p', { class: 'gp-hint', role: 'status' }, view.word(why), why === 'noNetwork' ? '' : base.hosts.slice(0, 3).join(', '));
    return h('div', { class: 'gp-layer gp-basemap' + (state.on ? '' : ' gp-off') }, head, state.on && hint, state.on && !why && slider);
  }

  gisplan.parts.push({
    name: 'basemap',
    open(view) {
      if (!view.config.basemap) return;
      view.basemap = { on: true, alpha: QUIET, failed: 0, came: false, silent: false };
      ['online', 'offline'].forEach(name => window.addEventListener(name, () => { sync(view); view.set({}); }));
    },
    print,
    // Once the map has found its place: tiles of another would be asked for in vain.
    painted(view) { if (view.config.basemap) Promise.resolve().then(() => sync(view)); },
    legend(view, box) { if (view.config.basemap) box.append(row(view)); }
  });
})();
