/* Measuring on the map: points by mouse, finger or keyboard; length along the line and the area it encloses, on the ellipsoid. */
(function () {
  'use strict';
  const gisplan = window.gisplan, h = gisplan.h;

  gisplan.words({
    measure: ['量测长度和面积', 'Measure length and area'], length: ['长度', 'Length'], enclosed: ['围合面积', 'Area enclosed'], perimeter: ['周长', 'Perimeter'],
    undo: ['撤销一点', 'Undo'], finish: ['完成', 'Finish'], clear: ['清除', 'Clear'], crossed: ['边线相交，面积无意义', 'Sides cross: no area'],
    howHand: ['点击地图加点，双击或回车结束，退格撤销，Esc 取消。', 'Click to add points. Double-click or Enter ends, Backspace undoes, Esc cancels.'],
    howKeys: ['方向键移动地图，回车在十字处加点，原处再按回车结束，退格撤销，Esc 取消。', 'Arrow keys move the map, Enter sets a point at the cross, Enter again there ends. Backspace undoes, Esc cancels.'],
    pointsSet: ['个点', 'points'], ended: ['量测完成', 'Measured'], ellipsoidal: ['椭球面上量算', 'on the ellipsoid']
  });

  const ruler = () => {
    const icon = gisplan.svg('svg', { viewBox: '0 0 20 20', width: 18, height: 18, class: 'gp-icon', 'aria-hidden': 'true' });
    icon.append(gisplan.svg('path', { d: 'M2.5 13.5 L13.5 2.5 L17.5 6.5 L6.5 17.5 Z M5.5 10.5 l2 2 M8 8 l1.3 1.3 M10.5 5.5 l2 2' }));
    return icon;
  };

  gisplan.parts.push({
    name: 'measure',
    tools: [{ id: 'measure', word: 'measure', glyph: ruler, pressed: view => view.measure.on, press: (view, event) => view.measure.on ? view.measure.stop() : view.measure.start(event.detail === 0) }],
    open(view) { view.measure = new Measure(view); },
    painted(view) { view.measure.show(); },
    rendered(view) { view.measure.tell(); }
  });

  class Measure {
    constructor(view) {
      Object.assign(this, { view, points: [], on: false, byKeys: false, sheets: new Map() });
      this.box = view.over(h('section', { class: 'gp-measure', id: view.id('measure-box'), hidden: true }));
      this.how = h('p', {});
      this.result = h('output', { 'aria-live': 'polite' });
      this.row = h('div', { class: 'gp-row' });
      this.box.append(this.result, this.how, this.row);
      this.cross = view.over(h('div', { class: 'gp-cross', hidden: true }));
      view.map.getContainer().addEventListener('keydown', e => this.key(e), true);
      view.map.on('mousemove', () => { if (this.on && this.byKeys && !view.map._animatingZoom) this.hand(false); });
    }

    start(byKeys) {
      this.points = [];
      this.on = true;
      this.hand(byKeys);
      this.view.tell('picked', null, null);
      this.view.mark(null);
      this.take(true);
      this.show();
      this.view.renderMap();
      this.view.map.getContainer().focus({ preventScroll: true });
    }

    take(on) {
      this.view.sides.forEach(side => {
        side.map.gisplan.taken = on ? (latlng, event) => this.clicked(latlng, event) : null;
        side.map.gisplan.leave();
        if (on) side.map.doubleClickZoom.disable(); else side.map.doubleClickZoom.enable();
        side.map.getContainer().classList.toggle('gp-measuring', on);
      });
    }

    /* Points come to an end; what was measured stays until it is cleared. */
    end() {
      if (this.points.length < 2) { this.stop(); return; }
      this.on = false;
      this.hand(false);
      // The click that ends must not choose the parcel under it.
      setTimeout(() => { if (!this.on) this.take(false); }, 0);
      this.show();
      this.view.renderMap();
    }

    stop() {
      this.on = false;
      this.points = [];
      this.take(false);
      this.hand(false);
      this.show();
      this.view.renderMap();
    }

    hand(byKeys) {
      this.byKeys = byKeys;
      this.cross.hidden = !(this.on && byKeys);
      this.tell();
    }

    add(latlng) {
      const last = this.points[this.points.length - 1], here = this.view.map.latLngToContainerPoint(latlng);
      if (last && this.view.map.latLngToContainerPoint(last).distanceTo(here) < 4) return false;
      this.points.push(latlng);
      this.show();
      return true;
    }

    clicked(latlng, event) {
      this.hand(false);
      const second = event.originalEvent && event.originalEvent.detail > 1;
      // A double click is two clicks at one place: the first set the point, the second ends.
      if (!this.add(latlng) && second) this.end();
    }

    undo() { this.points.pop(); this.show(); }

    key(e) {
      if (!this.on || e.target.tagName === 'BUTTON' && (e.key === 'Enter' || e.key === ' ')) return;
      if (/^Arrow/.test(e.key)) { this.hand(true); return; }
      if (e.key === 'Enter') { if (!this.byKeys || !this.add(this.view.map.getCenter())) this.end(); }
      else if (e.key === 'Backspace' || e.key === 'Delete') this.undo();
      else if (e.key === 'Escape') this.stop();
      else return;
      e.preventDefault();
      e.stopPropagation();
    }

    get ring() { return this.points.map(p => [p.lng, p.lat]); }

    /* Draw the line on every map. */
    show() {
      const inks = this.view.inks, maps = this.view.sides.map(side => side.map);
      this.sheets.forEach((sheet, map) => { sheet.remove(); if (maps.indexOf(map) < 0) this.sheets.delete(map); });
      maps.forEach(map => {
        const sheet = L.layerGroup(), quiet = { interactive: false }, n = this.points.length;
        if (n > 1) {
          if (n > 2) sheet.addLayer(L.polygon(this.points, Object.assign({ stroke: false, fillColor: inks.marked, fillOpacity: 0.14 }, quiet)));
          sheet.addLayer(L.polyline(this.points, Object.assign({ color: inks.halo, weight: 6, opacity: 1 }, quiet)));
          sheet.addLayer(L.polyline(this.points, Object.assign({ color: inks.marked, weight: 2.5 }, quiet)));
          if (n > 2) sheet.addLayer(L.polyline([this.points[n - 1], this.points[0]], Object.assign({ color: inks.marked, weight: 1.5, dashArray: '3 5' }, quiet)));
        }
        this.points.forEach(p => sheet.addLayer(L.circleMarker(p, Object.assign({ radius: 4, weight: 2, color: inks.marked, fillColor: inks.ground, fillOpacity: 1 }, quiet))));
        this.sheets.set(map, sheet.addTo(map));
      });
      this.tell();
    }

    /* Write what was measured, and how to go on. */
    tell() {
      const view = this.view, lang = view.state.lang, n = this.points.length, ring = this.ring, word = key => view.word(key);
      this.box.hidden = !this.on && !n;
      this.box.setAttribute('aria-label', word('measure'));
      this.how.textContent = this.on ? word(this.byKeys ? 'howKeys' : 'howHand') : word('ended') + ' · ' + word('ellipsoidal');
      const rows = [], line = (name, figure, more) => rows.push(h('div', {}, h('span', {}, word(name)), h('b', {}, figure)), more ? h('small', {}, more) : '');
      if (n > 1) {
        let length = 0;
        for (let k = 1; k < n; k++) length += gisplan.distance(ring[k - 1], ring[k]);
        line('length', gisplan.metres(length));
        if (n > 2) {
          line('perimeter', gisplan.metres(length + gisplan.distance(ring[n - 1], ring[0])));
          if (gisplan.crossing(ring)) line('enclosed', '—', word('crossed'));
          else {
            const area = gisplan.area(ring), unit = name => ' ' + gisplan.unit(name, lang);
            line('enclosed', gisplan.count(area) + ' m²', gisplan.hectares(area) + unit('ha') + ' · ' + gisplan.mu(area, area) + unit('mu'));
          }
        }
      } else if (n === 1) rows.push(h('div', {}, h('span', {}, '1 ' + (lang === 'en' ? 'point' : word('pointsSet')))));
      // The same words again would be read out again.
      const text = rows.map(r => r.textContent || '').join('|');
      if (text !== this.said) { this.said = text; this.result.textContent = ''; this.result.append(...rows.filter(Boolean)); }
      const button = (id, name, press, enabled, main) => h('button', { type: 'button', id: view.id('measure-' + id), class: main ? 'gp-main' : null, disabled: !enabled, onclick: press }, word(name));
      const focus = document.activeElement && document.activeElement.id;
      this.row.textContent = '';
      this.row.append(...(this.on ? [button('finish', 'finish', () => this.end(), n > 1, true), button('undo', 'undo', () => this.undo(), n > 0)] : []),
        button('clear', this.on ? 'close' : 'clear', () => this.stop(), true));
      const again = focus && focus !== (document.activeElement && document.activeElement.id) && document.getElementById(focus);
      if (again && this.row.contains(again)) again.focus();
    }
  }

  /* A length as it is read: metres to the decimetre, then kilometres. */
  gisplan.metres = value => value < 1000 ? gisplan.fixed(value, 1) + ' m' : gisplan.fixed(value / 1000, 3) + ' km';
})();
