/* Paper has its own size: the map is laid out for it, kept on the same ground, and painted before it is taken. */
(function () {
  'use strict';
  const gisplan = window.gisplan;

  gisplan.parts.push({
    name: 'print',
    heads: [{ id: 'print', word: 'print', absent: view => view.config.embedded || view.config.framed, press: () => window.print() }],
    open(view) {
      if (view.config.embedded) return;
      window.addEventListener('beforeprint', () => printing(view, true));
      window.addEventListener('afterprint', () => printing(view, false));
    }
  });

  let seen = null;
  function printing(view, on) {
    if (on === Boolean(gisplan.printing)) return;
    const b = view.config.bounds;
    if (on) seen = view.sides.map(side => side.map.getBounds());
    const whole = seen[0].contains([[b[1], b[0]], [b[3], b[2]]]);
    gisplan.printing = on;
    document.body.classList.toggle('gp-print', on);
    view.render();
    view.sides.forEach((side, k) => {
      side.map.invalidateSize({ animate: false });
      if (!whole) side.map.fitBounds(seen[k], { animate: false });
    });
    if (whole) view.fit();
    view.tell('print', on);
    view.sides.forEach(side => {
      side.labels.draw();
      side.eachLayer(l => { if (side.map.hasLayer(l)) l.redraw(); });
    });
    gisplan.flush();
  }
})();
