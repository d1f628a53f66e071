/* A map inside a stranger's page: it takes its width from its own box, and may stand there more than once. */
(function () {
  'use strict';
  const gisplan = window.gisplan;
  const taken = {};

  /* Draw into an element of class gp-fragment. The element's ids are those of its content, so a second copy of it
     must find its own: the first gives its map another id as soon as it has it. */
  gisplan.fragment = function (root, draw, widths) {
    const box = root.querySelector('.folium-map'), id = box.id;
    root.dataset.widths = JSON.stringify(widths);
    narrow(root);
    draw();
    taken[id] = (taken[id] || 0) + 1;
    box.id = id + '_' + taken[id];
  };

  /* The classes that stand for @media (max-width: …px). */
  function narrow(root) {
    JSON.parse(root.dataset.widths).forEach(most => root.classList.toggle('gp-upto-' + most, root.clientWidth <= most));
  }

  gisplan.parts.push({
    name: 'fragment',
    open(view) {
      const root = view.config.embedded && view.root.closest('.gp-fragment');
      if (!root) return;
      const fitted = () => {
        narrow(root);
        view.sides.forEach(side => side.map.invalidateSize({ animate: false }));
      };
      let seen = root.clientWidth + 'x' + root.clientHeight;
      // A map that was hidden (a closed tab of the host, say) is laid out and fitted when it first has a size.
      let blind = !root.clientWidth || !root.clientHeight;
      const changed = () => {
        const now = root.clientWidth + 'x' + root.clientHeight;
        if (now === seen) return;
        seen = now;
        if (!root.clientWidth || !root.clientHeight) return;
        fitted();
        if (blind && !view.placed) view.fit();
        blind = false;
      };
      if (window.ResizeObserver) new window.ResizeObserver(changed).observe(root);
      else window.addEventListener('resize', changed);
    }
  });
})();
