/* Zone names on the map. Names that would cover a larger zone's name stay away until the map is nearer. */
(function () {
  'use strict';
  const gisplan = window.gisplan, h = gisplan.h;
  const MOST = 150;

  gisplan.labels = function (map, table, pick) {
    const pane = map.createPane('gp-labels');
    pane.style.zIndex = 450;
    const rows = Array.from({ length: table.n }, (_, i) => i)
      .filter(i => table.value('x', i) !== null)
      .map(i => ({ i, at: L.latLng(table.value('y', i), table.value('x', i)), size: extent(i), name: String(table.value('name', i) || '') }))
      .sort((a, b) => b.size - a.size);
    let about = () => ({ figure: '', dark: false });

    function extent(i) {
      return (table.box[4 * i + 2] - table.box[4 * i]) * (table.box[4 * i + 3] - table.box[4 * i + 1]);
    }

    function draw() {
      if (map._animatingZoom) return;
      pane.textContent = '';
      const size = map.getSize(), taken = [];
      let shown = 0;
      for (const row of rows) {
        if (shown >= MOST) break;
        const p = map.latLngToContainerPoint(row.at);
        if (p.x < 0 || p.y < 0 || p.x > size.x || p.y > size.y) continue;
        const { figure, dark } = about(row.i);
        const wide = Math.max(width(row.name, 13), width(figure, 13)) / 2 + 4, high = figure ? 19 : 11;
        if (taken.some(t => Math.abs(t.x - p.x) < t.wide + wide && Math.abs(t.y - p.y) < t.high + high)) continue;
        taken.push({ x: p.x, y: p.y, wide, high });
        const at = map.latLngToLayerPoint(row.at);
        const label = h('div', { class: dark ? 'gp-label gp-light' : 'gp-label', onclick: e => { L.DomEvent.stop(e); pick(row.i); } },
          h('span', {}, row.name), figure && h('b', {}, figure));
        L.DomUtil.setPosition(label, at);
        pane.append(label);
        shown++;
      }
    }

    // Chinese characters are as wide as the type size, others about 0.56 of it: near enough to keep names apart.
    function width(text, px) {
      let sum = 0;
      for (const c of text) sum += c > '\u2e7f' ? px : px * 0.56;
      return sum;
    }

    map.on('zoomstart', () => { pane.textContent = ''; });
    map.on('moveend zoomend resize', draw);
    return { draw, set(f) { about = f; draw(); } };
  };
})();
