/* Paper has its own size and its own scale: the map is laid out for it, set to a round ratio, and painted before it is taken. */
(function () {
  'use strict';
  const gisplan = window.gisplan, h = gisplan.h;
  const SIZES = { A4: [297, 210], A3: [420, 297] }, MARGIN = 8, PIXEL = 25.4 / 96;     // millimetres
  const ROUND = [1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 7.5, 8], RATIOS = [500, 1000, 2000, 5000, 10000, 20000, 25000, 50000, 100000];

  gisplan.words({
    paper: ['纸张', 'Paper'], landscape: ['横向', 'landscape'], portrait: ['纵向', 'portrait'], turned: ['方向', 'Orientation'], ratio: ['比例尺', 'Scale'],
    fitted: ['整数比例，容纳当前视图', 'round, showing what is seen'], printNow: ['打印', 'Print'], atFull: ['按 100% 打印', 'when printed at 100 %'],
    dataOf: ['评价时点', 'Data as of'], printed: ['制图日期', 'Drawn'], source: ['资料说明', 'Data'], projected: ['网络墨卡托投影显示', 'shown in web Mercator']
  });

  gisplan.parts.push({
    name: 'print',
    heads: [{ id: 'print', word: 'print', absent: view => view.config.embedded || view.config.framed, press: view => choose(view) }],
    open(view) {
      view.paper = { size: 'A4', wide: true, ratio: 0 };
      view.foot = h('footer', { class: 'gp-foot' });
      view.panel.append(view.foot);
      if (view.config.embedded) return;
      // A style sheet cannot know the choice, so the page's size stands in one of its own.
      view.sheet = document.head.appendChild(h('style'));
      setPaper(view, {});
      window.addEventListener('beforeprint', () => printing(view, true));
      window.addEventListener('afterprint', () => printing(view, false));
    }
  });

  function setPaper(view, change) {
    Object.assign(view.paper, change);
    view.sheet.textContent = '@page { size: ' + millimetres(view.paper).map(v => v + 'mm').join(' ') + '; margin: ' + MARGIN + 'mm; }';
  }
  const millimetres = paper => paper.wide ? SIZES[paper.size] : SIZES[paper.size].slice().reverse();

  function choose(view) {
    const paper = view.paper;
    gisplan.ask(view, 'print', box => {
      const radio = (name, value, label, on, change) => h('label', {}, h('input', { type: 'radio', name: view.id(name), id: view.id(name + '-' + value), checked: on, onchange: () => setPaper(view, change) }), label);
      const now = h('button', { type: 'button', class: 'gp-main', id: view.id('print-now'), onclick: () => window.print() }, view.word('printNow'));
      box.append(
        h('fieldset', {}, h('legend', {}, view.word('paper')), Object.keys(SIZES).map(size => radio('paper', size, size, paper.size === size, { size }))),
        h('fieldset', {}, h('legend', {}, view.word('turned')), radio('turned', 'landscape', view.word('landscape'), paper.wide, { wide: true }), radio('turned', 'portrait', view.word('portrait'), !paper.wide, { wide: false })),
        h('label', { class: 'gp-field' }, h('span', {}, view.word('ratio')), h('select', { id: view.id('ratio'), onchange: e => setPaper(view, { ratio: Number(e.target.value) }) },
          [h('option', { value: 0, selected: !paper.ratio }, view.word('fitted'))].concat(RATIOS.map(r => h('option', { value: r, selected: paper.ratio === r }, '1:' + gisplan.count(r)))))),
        h('div', { class: 'gp-row' }, now));
      return now;
    });
  }

  /* Ratio of ground to paper at the middle of a map, and the zoom that gives a ratio. */
  gisplan.ratio = map => gisplan.metresPerPixel(map.getCenter().lat, map.getZoom()) * 1000 / PIXEL;
  const zoomFor = (map, ratio) => Math.log2(gisplan.metresPerPixel(map.getCenter().lat, 0) * 1000 / PIXEL / ratio);
  const roundUp = ratio => {
    const ten = Math.pow(10, Math.floor(Math.log10(ratio)));
    return (ROUND.find(r => r * ten >= ratio * 0.9999) || 10) * ten;
  };

  let seen = null;
  function printing(view, on) {
    if (on === Boolean(gisplan.printing)) return;
    const b = view.config.bounds, whole = [[b[1], b[0]], [b[3], b[2]]], maps = view.sides.map(side => side.map);
    if (on) seen = maps.map(map => ({ bounds: map.getBounds(), center: map.getCenter(), zoom: map.getZoom(), snap: map.options.zoomSnap, all: map.getBounds().contains(whole) }));
    gisplan.printing = on;
    [document.documentElement, document.body].forEach(e => e.classList.toggle('gp-print', on));
    view.render();
    if (on) sheet(view); else unsheet(view);
    maps.forEach((map, k) => {
      map.options.zoomSnap = on ? 0 : seen[k].snap;
      map.invalidateSize({ animate: false });
      if (!on) { map.setView(seen[k].center, seen[k].zoom, { animate: false }); return; }
      map.fitBounds(seen[k].all ? whole : seen[k].bounds, { padding: seen[k].all ? [14, 14] : [0, 0], animate: false });
      if (view.paper.ratio && !seen[k].all) map.setView(seen[k].center, map.getZoom(), { animate: false });
      map.setView(map.getCenter(), zoomFor(map, view.paper.ratio || roundUp(gisplan.ratio(map))), { animate: false });
    });
    if (on) foot(view);
    view.tell('print', on);
    view.sides.forEach(side => {
      side.labels.draw();
      side.eachLayer(l => { if (side.map.hasLayer(l)) l.redraw(); });
    });
    gisplan.flush();
  }

  /* Lay out the sheet: the legend beside or below the map in as few columns as hold it; what is too long goes to a sheet of its own. */
  function sheet(view) {
    const root = view.root, paper = view.paper, [wide, high] = millimetres(paper).map(v => Math.floor((v - 2 * MARGIN) / PIXEL) - 3);
    const classes = root.classList, body = view.body;
    const presets = view.config.presets || [], preset = presets.find(p => p.id === view.state.preset);
    const kind = preset ? view.say(preset.label) : view.side.zoned ? view.say(view.indicator.label) : '';
    if (kind) view.head.append(h('p', { class: 'gp-kind' }, kind));
    root.style.width = wide + 'px';
    root.style.height = high + 'px';
    classes.add('gp-sheet', paper.wide ? 'gp-wide' : 'gp-tall');
    foot(view);
    const columns = n => { body.style.columnCount = n; view.panel.style.flexBasis = paper.wide ? 230 * n + 40 + 'px' : 'auto'; };
    let n = 1;
    if (paper.wide) {
      const most = Math.max(1, Math.floor((wide * 0.5 - 40) / 230)), over = () => body.scrollHeight > body.clientHeight + 1 || body.scrollWidth > body.clientWidth + 1;
      columns(n);
      while (over() && n < most) columns(++n);
      if (!over()) return;
    } else {
      n = Math.floor(wide / 220);
      columns(n);
      if (view.panel.offsetHeight <= high * 0.42) return;
    }
    classes.add('gp-apart');
    view.panel.style.flexBasis = '';
    body.style.columnCount = Math.floor(wide / 250);
    root.insertBefore(view.head, view.stage);
    root.insertBefore(view.foot, view.panel);
    view.stage.style.height = high - view.head.offsetHeight - view.foot.offsetHeight - 4 + 'px';
  }

  function unsheet(view) {
    view.root.classList.remove('gp-sheet', 'gp-wide', 'gp-tall', 'gp-apart');
    view.panel.insertBefore(view.head, view.form);
    view.panel.append(view.foot);
    view.foot.textContent = '';
    [view.root, view.body, view.panel, view.stage].forEach(e => e.removeAttribute('style'));
  }

  /* Scale, source and dates: a sheet without them is a picture, not a map. */
  function foot(view) {
    const paper = view.paper, word = key => view.word(key), day = new Date(), two = v => String(v).padStart(2, '0'), map = view.map;
    const ratio = gisplan.ratio(map), shown = Number(ratio.toPrecision(3)), en = view.state.lang === 'en';
    view.foot.textContent = '';
    view.foot.append(
      h('p', { class: 'gp-ratio' }, h('b', {}, word('ratio') + ' 1:' + gisplan.count(shown)), h('span', {}, paper.size + ' ' + word(paper.wide ? 'landscape' : 'portrait') + (en ? ', ' : '，') + word('atFull'))),
      view.config.notes.length ? h('p', {}, word('source') + (en ? ': ' : '：') + view.config.notes.map(note => view.say(note)).join(' ')) : '',
      h('p', {}, [view.config.as_of ? word('dataOf') + ' ' + view.config.as_of : '', word('printed') + ' ' + day.getFullYear() + '-' + two(day.getMonth() + 1) + '-' + two(day.getDate()), word('projected'), 'gisplan'].filter(Boolean).join(' · ')));
  }
})();
