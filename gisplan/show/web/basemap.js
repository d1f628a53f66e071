/* What lies under the map: tiles of a server the plan names, or tiles that are in this file. Its row in the legend
   switches it, its source is always told, and without a network the map is whole but for it. */
(function () {
  'use strict';
  const gisplan = window.gisplan, h = gisplan.h;
  const QUIET = 0.75;       // the plan is to be read, not the ground
  const PATIENCE = 6;       // tiles that may fail before the first has come; then nobody is there

  gisplan.words({
    basemap: ['底图', 'Basemap'], basemapOpacity: ['底图不透明度', 'Basemap opacity'],
    noNetwork: ['没有网络，暂不显示底图。', 'No network: the basemap is not shown.'],
    noAnswer: ['没有应答，已停止请求；重新勾选可再试：', 'No answer, so it is asked no longer; tick again to retry: '],
    notServed: ['只答复由网站发布的网页，本文件是直接打开的：', 'Answers only pages from a web server; this one was opened as a file: '],
    gcj02: ['GCJ-02，已逐片移正', 'GCJ-02, moved tile by tile']
  });

  /* A grid of tiles that are displaced: each is laid between where its edges truly are, so that neighbours meet. */
  const displaced = Grid => Grid.extend({
    _true: function (x, y, z) {
      const at = this._map.unproject(L.point(x, y), z), [lon, lat] = gisplan.fromGcj02(at.lng, at.lat);
      return this._map.project(L.latLng(lat, lon), z);
    },
    _edges: function (coords) {
      const size = this.getTileSize(), x = coords.x * size.x, y = coords.y * size.y, z = coords.z;
      const middle = [x + size.x / 2, y + size.y / 2];
      return L.bounds(
        L.point(this._true(x, middle[1], z).x, this._true(middle[0], y, z).y).round(),
        L.point(this._true(x + size.x, middle[1], z).x, this._true(middle[0], y + size.y, z).y).round());
    },
    _getTilePos: function (coords) { return this._edges(coords).min.subtract(this._level.origin); },
    _addTile: function (coords, container) {
      Grid.prototype._addTile.call(this, coords, container);
      const tile = this._tiles[this._tileCoordsToKey(coords)].el, size = this._edges(coords).getSize();
      tile.style.width = size.x + 'px';
      tile.style.height = size.y + 'px';
    },
    /* Which tiles are wanted is asked where they think they are. */
    _getTiledPixelBounds: function (center) {
      const seen = Grid.prototype._getTiledPixelBounds.call(this, center), z = this._tileZoom, out = L.bounds([]);
      [seen.min, seen.max, seen.getTopRight(), seen.getBottomLeft()].forEach(corner => {
        const at = this._map.unproject(corner, z), [lon, lat] = gisplan.toGcj02(at.lng, at.lat);
        out.extend(this._map.project(L.latLng(lat, lon), z));
      });
      return out;
    }
  });

  const kind = bytes => bytes[0] === 0x89 ? 'image/png' : bytes[0] === 0xff ? 'image/jpeg' : 'image/webp';

  /* The tiles in this file, unpacked once for all maps of the page: image(z, x, y) → {url, …} or null. */
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
    return (stores[source.tiles] = (z, x, y) => at.has(key(z, x, y)) ? url(at.get(key(z, x, y))) : null);
  }

  const Held = L.GridLayer.extend({
    initialize: function (source, options) {
      L.setOptions(this, options);
      this._find = store(source);
      this._least = source.min;
    },
    /* The tile itself, or the part of the one above it that lies here. */
    createTile: function (coords, done) {
      const { x, y, z } = coords;
      let up = 0, url = this._find(z, x, y);
      while (!url && z - up > this._least) { up++; url = this._find(z - up, x >> up, y >> up); }
      const image = document.createElement('img');
      image.alt = '';
      if (!url) { done(null, image); return image; }
      const tile = up ? document.createElement('canvas') : image;
      image.onload = () => {
        if (up) {
          const part = image.naturalWidth / Math.pow(2, up), cut = v => (v - (v >> up << up)) * part;
          tile.width = tile.height = 256;
          tile.getContext('2d').drawImage(image, cut(x), cut(y), part, part, 0, 0, 256, 256);
        }
        done(null, tile);
      };
      image.onerror = () => done(new Error('tile'), tile);
      image.src = url;
      return tile;
    }
  });

  /* Ground that the tiles in the file cover, on their own grid. */
  function extent(map, source) {
    const out = L.latLngBounds([]), low = source.index.length ? source.min : 0;
    for (let i = 0; i < source.index.length; i += 4) {
      if (source.index[i] !== low) continue;
      [0, 1].forEach(one => out.extend(map.unproject(L.point((source.index[i + 1] + one) * 256, (source.index[i + 2] + one) * 256), low)));
    }
    return out;
  }

  function make(map, source) {
    const options = { pane: 'gp-basemap', maxZoom: 21, maxNativeZoom: source.max, noWrap: true, keepBuffer: 1 };
    const Grid = source.tiles ? Held : L.TileLayer, Layer = source.datum === 'gcj02' ? displaced(Grid) : Grid;
    if (source.tiles) return new Layer(source, Object.assign(options, { minNativeZoom: source.min, bounds: extent(map, source) }));
    return new Layer(source.url, Object.assign(options, { minZoom: source.min, subdomains: source.subdomains }));
  }

  /* Why it cannot be had now: a word, or null. */
  function trouble(view, base) {
    if (!base.hosts.length) return null;
    if (base.served && document.baseURI.slice(0, 5) === 'file:') return 'notServed';
    if (navigator.onLine === false) return 'noNetwork';
    return view.basemap.silent ? 'noAnswer' : null;
  }

  /* A tile for later: Leaflet empties the image of one that it takes away. */
  const kept = tile => ({ coords: tile.coords, el: tile.el.tagName === 'CANVAS' ? tile.el : tile.el.cloneNode() });

  function side(view, one) {
    if (one.basemap) return one.basemap;
    const pane = one.map.createPane('gp-basemap');
    pane.style.zIndex = 150;                       // under all that is ours
    pane.style.pointerEvents = 'none';
    const layers = view.config.basemap.sources.map(source => make(one.map, source)), state = view.basemap;
    layers.forEach(layer => {
      layer.on('tileload', () => { state.came = true; });
      layer.on('load', () => { if (!gisplan.printing) layer.seen = Object.keys(layer._tiles).map(key => kept(layer._tiles[key])); });
      layer.on('tileerror', () => {
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

  /* Paper cannot wait for tiles: those that were on the screen are drawn once more, where they lie now. A picture of a
     canvas is printed as it is seen, a canvas is not (see canvas.js). */
  function sheet(map, layers) {
    const size = map.getSize(), pages = [0, 1].map(() => h('canvas', { width: size.x * 2, height: size.y * 2 }));
    const context = pages[0].getContext('2d'), corner = map.getPixelBounds().min;
    context.scale(2, 2);
    layers.forEach(layer => (layer.seen || []).forEach(tile => {
      const box = layer._edges ? layer._edges(tile.coords) : L.bounds(tile.coords.scaleBy(L.point(256, 256)), tile.coords.add([1, 1]).scaleBy(L.point(256, 256)));
      const k = map.getZoomScale(map.getZoom(), tile.coords.z), at = box.min.multiplyBy(k).subtract(corner), wide = box.getSize().multiplyBy(k);
      if (tile.el.naturalWidth || tile.el.tagName === 'CANVAS') context.drawImage(tile.el, at.x, at.y, wide.x, wide.y);
    }));
    pages[1].getContext('2d').drawImage(pages[0], 0, 0);
    pages[1].className = 'gp-sheet';
    pages[1].style.width = size.x + 'px';
    pages[1].style.height = size.y + 'px';
    L.DomUtil.setPosition(pages[1], map.containerPointToLayerPoint([0, 0]));
    return pages[1];
  }

  function print(view, on) {
    view.sides.forEach(one => {
      if (!one.basemap) return;
      const { pane, layers } = one.basemap, old = pane.querySelector('.gp-sheet');
      if (old) old.remove();
      if (on) pane.append(sheet(one.map, layers.filter(layer => one.map.hasLayer(layer))));
    });
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
    painted(view) { if (view.config.basemap) sync(view); },
    legend(view, box) { if (view.config.basemap) box.append(row(view)); }
  });
})();
