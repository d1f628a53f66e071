/* A second map: beside the first or over it, drawn from the same tables or from those of another run.
   Both follow each other at every step; what one shows is its own. */
(function () {
  'use strict';
  const gisplan = window.gisplan, h = gisplan.h;
  const STEP = 2, LEAP = 10, WAYS = ['off', 'beside', 'swipe'];

  gisplan.words({
    compareTool: ['对比', 'Compare two maps'], compareAs: ['对比方式', 'Compare'], off: ['关闭', 'Off'], beside: ['并排', 'Side by side'], swipe: ['卷帘', 'Swipe'],
    thisMap: ['地图 A', 'Map A'], otherMap: ['地图 B', 'Map B'], handle: ['卷帘位置：左侧为 A，右侧为 B', 'Swipe: A on the left, B on the right'],
    swap: ['A、B 对换', 'Swap A and B'], same: ['0（不变）', '0 (no change)'], points: ['个百分点', 'pp'], difference: ['差值', 'Change'],
    zoneFigure: ['指标', 'Zones'], lessThan: ['差值 = 本次 − 对照', 'Change = this run − the other']
  });

  /* What a map is called: its letter, and its run where the page has two. */
  gisplan.sideName = function (view, k) {
    const runs = view.config.runs, side = view.sides[k];
    return runs && side ? 'AB'[k] + ' · ' + view.say(runs[side.run].label) : view.word(k ? 'otherMap' : 'thisMap');
  };
  /* What a difference is made of. */
  gisplan.differenceName = view => view.word('lessThan') + (view.state.lang === 'en' ? ': ' : '：')
    + view.say(view.config.runs[0].label) + ' − ' + view.say(view.config.runs[1].label);

  gisplan.parts.push({
    name: 'compare',
    tools: [{
      id: 'compare', glyph: '◫', word: 'compareTool', absent: view => !view.config.indicators.length && !view.layers.length,
      pressed: view => view.compared.way !== 'off', press: view => menu(view, view.compared.menu.hidden)
    }],
    open(view) {
      view.compared = { way: 'off', at: 50, menu: view.over(h('form', { class: 'gp-choices', hidden: true })) };
      view.compared.menu.addEventListener('keydown', e => {
        if (e.key !== 'Escape') return;
        menu(view, false);
        view.element('compare').focus();
      });
      view.map.on('click', () => menu(view, false));
      if (view.config.runs) gisplan.compare(view, 'beside');
    },
    painted(view) { names(view); if (!view.compared.menu.hidden) choices(view); },
    print(view) { names(view); }
  });

  function menu(view, open) {
    view.compared.menu.hidden = !open;
    if (!open) return;
    choices(view);
    const chosen = view.compared.menu.querySelector('input:checked');
    if (chosen) chosen.focus();
  }

  function choices(view) {
    const box = view.compared.menu, focus = document.activeElement && document.activeElement.id;
    box.textContent = '';
    box.append(h('fieldset', {}, h('legend', {}, view.word('compareAs')), WAYS.map(way => h('label', {},
      h('input', { type: 'radio', name: view.id('compare-way'), id: view.id('compare-' + way), checked: view.compared.way === way, onchange: () => gisplan.compare(view, way) }),
      view.word(way)))));
    if (view.compared.way !== 'off' && !view.config.runs) {
      box.append(h('button', { type: 'button', id: view.id('swap'), onclick: () => swap(view) }, view.word('swap')));
    }
    const again = focus && document.getElementById(focus);
    if (again && box.contains(again)) again.focus();
  }

  function swap(view) {
    const [a, b] = view.sides, on = side => side.layers.map(l => side.map.hasLayer(l)), seen = view.sides.map(on);
    const presets = [a.preset, b.preset];
    [a.look, b.look] = [b.look, a.look];
    [a.preset, b.preset] = [presets[1], presets[0]];
    view.sides.forEach((side, k) => side.layers.forEach((l, i) => {
      if (seen[1 - k][i]) side.map.addLayer(l); else side.map.removeLayer(l);
    }));
    view.colour({});
  }

  /* Show one map, or two in one of the WAYS. Gives a promise that the maps are there. */
  gisplan.compare = function (view, way) {
    const state = view.compared;
    state.way = way;
    if (way === 'off') { part(view); return Promise.resolve(); }
    // A second call may come while the other run is being unpacked: there is one second map all the same.
    const ready = view.sides[1] ? Promise.resolve() : state.coming || (state.coming = join(view));
    return ready.then(() => {
      state.coming = null;
      if (state.way === 'off') { part(view); return; }
      arrange(view);
    });
  };

  function join(view) {
    const first = view.side, run = view.config.runs ? 1 : 0, drawn = run ? view.others : [first.zones].concat(first.layers);
    // New layers over the tables that are there: nothing is unpacked twice.
    const again = zone => drawn.filter(l => (l.table.meta.kind === 'zone') === zone).map(l => gisplan.layer(l.id));
    const zones = again(true)[0], layers = again(false);
    return Promise.all([zones.ready].concat(layers.map(l => l.ready))).then(() => {
      const box = h('div', { class: 'folium-map gp-second', tabindex: 0 }), from = first.map;
      view.stage.append(box);
      const options = { zoomControl: false, attributionControl: false, fadeAnimation: false, zoomSnap: from.options.zoomSnap, minZoom: from.options.minZoom, maxZoom: from.options.maxZoom, crs: from.options.crs };
      const map = L.map(box, options).setView(from.getCenter(), from.getZoom(), { animate: false });
      zones.addTo(map);
      const look = Object.assign({}, first.look, { colourings: Object.assign({}, first.look.colourings), preset: first.preset });
      if (run && look.mode === 'difference') look.mode = 'indicator';
      layers.forEach(l => {
        const meta = l.table.meta, twin = first.layer(meta.id);
        if (!meta.colourings.some(c => c.id === look.colourings[meta.id])) look.colourings[meta.id] = meta.colourings[0].id;
        if (!twin || from.hasLayer(twin)) map.addLayer(l);
      });
      const side = new gisplan.Side(view, map, zones, layers, look, run);
      view.sides.push(side);
      view.listen(side);
      map.on('click', () => menu(view, false));
      side.loose = follow(from, map);
      // Controls and scale stay above both maps.
      view.stage.append(from.getContainer().querySelector('.leaflet-control-container'));
      view.tell('joined', side);
    });
  }

  function part(view) {
    const side = view.sides[1], state = view.compared;
    if (!side) { if (view.opened) view.render(); return; }
    const seen = view.map.getBounds();
    view.tell('parted', side);
    side.loose();
    view.sides.pop();
    side.map.remove();
    side.map.getContainer().remove();
    view.map.getContainer().append(view.stage.querySelector('.leaflet-control-container'));
    if (state.handle) { state.handle.remove(); state.handle = null; }
    view.root.classList.remove('gp-beside', 'gp-swipe');
    (state.names || []).forEach(n => n.remove());
    state.names = null;
    settle(view, seen);
    view.render();
    view.paint();
  }

  function arrange(view) {
    const state = view.compared, swipe = state.way === 'swipe', seen = view.map.getBounds();
    view.root.classList.toggle('gp-beside', !swipe);
    view.root.classList.toggle('gp-swipe', swipe);
    if (swipe && !state.handle) state.handle = grip(view);
    if (!swipe && state.handle) { state.handle.remove(); state.handle = null; }
    if (!state.names) {
      state.names = [0, 1].map(() => h('div', { class: 'gp-map-name', 'aria-hidden': 'true' }));
      view.stage.append(state.names[0], state.names[1]);
    }
    place(view, state.at);
    settle(view, seen);
    view.render();
    view.paint();
  }

  /* After the room for the maps changed: the whole stays whole, and a nearer view keeps its middle. */
  function settle(view, seen) {
    const b = view.config.bounds, center = seen.getCenter(), zoom = view.map.getZoom(), second = view.sides[1];
    view.sides.forEach(side => side.map.invalidateSize({ animate: false, pan: false }));
    if (seen.contains([[b[1], b[0]], [b[3], b[2]]])) view.fit(); else view.map.setView(center, zoom, { animate: false });
    // Laid out anew, so that both stand on the same pixel.
    if (second) second.map.setView(view.map.getCenter(), view.map.getZoom(), { animate: false, reset: true });
  }

  /* Names of the maps stand on the maps: with the handle between them, or in the middle of each. */
  function names(view) {
    const state = view.compared;
    if (state.names) state.names.forEach((n, k) => { n.textContent = view.config.runs ? gisplan.sideName(view, k) : 'AB'[k]; });
    if (!state.handle) return;
    state.handle.setAttribute('aria-label', view.word('handle'));
    place(view, state.at);
  }

  function place(view, at) {
    const state = view.compared, second = view.sides[1].map.getContainer(), cut = 'inset(0 0 0 ' + at + '%)';
    state.at = at;
    second.style.clipPath = state.way === 'swipe' ? cut : '';
    view.stage.style.setProperty('--gp-at', at + '%');
    if (!state.handle) return;
    state.handle.setAttribute('aria-valuenow', String(Math.round(at)));
    state.handle.setAttribute('aria-valuetext', 'A ' + Math.round(at) + '% · B ' + Math.round(100 - at) + '%');
  }

  function grip(view) {
    const handle = h('div', { class: 'gp-handle', id: view.id('handle'), role: 'slider', tabindex: 0, 'aria-valuemin': 0, 'aria-valuemax': 100, 'aria-orientation': 'horizontal' },
      h('i', { 'aria-hidden': 'true' }, '⇔'));
    const move = at => place(view, Math.min(100, Math.max(0, at)));
    handle.addEventListener('keydown', e => {
      const at = view.compared.at;
      const to = { ArrowLeft: at - STEP, ArrowDown: at - STEP, ArrowRight: at + STEP, ArrowUp: at + STEP, PageDown: at - LEAP, PageUp: at + LEAP, Home: 0, End: 100 }[e.key];
      if (to === undefined) return;
      e.preventDefault(); e.stopPropagation();
      move(to);
    });
    handle.addEventListener('pointerdown', e => { handle.setPointerCapture(e.pointerId); e.preventDefault(); handle.focus(); });
    handle.addEventListener('pointermove', e => {
      if (!handle.hasPointerCapture(e.pointerId)) return;
      const box = view.stage.getBoundingClientRect();
      move((e.clientX - box.left) / box.width * 100);
    });
    view.over(handle);
    return handle;
  }

  /* Keep two maps on the same ground: whichever the reader moves leads, and the other does the same in the same frame.
     What the other tells while it is led is no news. Gives what ends it. */
  function follow(one, two) {
    let leading = null;
    const ends = [[one, two], [two, one]].map(([from, to]) => {
      const level = () => Math.abs(from.getZoom() - to.getZoom()) < 1e-9;
      // The pixel of the world in the middle of a map: exact, where a centre in degrees would be rounded again.
      const middle = map => map.getPixelBounds().min.add(map.getSize().divideBy(2));
      const pan = () => {
        const step = middle(from).subtract(middle(to)).trunc();     // half a pixel is left between maps of odd sizes
        if (step.x || step.y) to._rawPanBy(step);
      };
      const heard = {
        zoomanim: e => { to._stop(); to._moveStart(true, false)._animateZoom(e.center, e.zoom, true, e.noUpdate); },
        // A pinch zooms step by step, without an animation.
        zoom: e => { if (e.pinch) to._move(from.getCenter(), from.getZoom(), { pinch: true, round: false }); },
        move: () => { if (level()) { pan(); to.fire('move'); } },
        moveend: () => {
          if (level()) { pan(); to.fire('moveend'); } else to.setView(from.getCenter(), from.getZoom(), { animate: false });
        }
      };
      Object.keys(heard).forEach(name => {
        const follow = heard[name];
        heard[name] = e => {
          if (leading || (to._animatingZoom && from._animatingZoom)) return;
          leading = from;
          try { follow(e); } finally { leading = null; }
        };
      });
      from.on(heard);
      return () => from.off(heard);
    });
    return () => ends.forEach(end => end());
  }
})();
