"""Rows that are filtered out are faint or gone, and cannot be picked; small ones without data are plain grey."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

# The parcels' layer, and the colour of the canvas at a place of the map.
TOOLS = """
window.findLayer = () => Object.keys(window).map(k => window[k])
  .find(l => l instanceof L.GridLayer && l.table && l.table.meta.kind === 'polygon');
window.middle = row => {
  const t = findLayer().table, b = t.box;
  return L.latLng(gisplan.latitude((b[4 * row + 1] + b[4 * row + 3]) / 2 + t.oy),
    ((b[4 * row] + b[4 * row + 2]) / 2 + t.ox) / (256 * Math.pow(2, gisplan.ZOOM)) * 360 - 180);
};
// A copy is read, since a canvas that is read itself would be drawn in another way from then on.
window.inside = (el, x, y, w, h) => {
  const copy = document.createElement('canvas'), c = copy.getContext('2d', { willReadFrequently: true });
  copy.width = el.width; copy.height = el.height;
  c.drawImage(el, 0, 0);
  return c.getImageData(x, y, w, h).data;
};
window.shade = (latlng, dx, dy) => {
  const layer = findLayer(), p = layer._map.latLngToLayerPoint(latlng).add([dx || 0, dy || 0]);
  for (const key of Object.keys(layer._tiles)) {
    const el = layer._tiles[key].el, at = L.DomUtil.getPosition(el).add(L.DomUtil.getPosition(el.parentNode));
    const x = p.x - at.x, y = p.y - at.y;
    if (x >= 0 && y >= 0 && x < 256 && y < 256) return Array.from(inside(el, x, y, 1, 1));
  }
};
window.styled = async change => { findLayer().setStyle(change); await gisplan.painted(); };
"""


@pytest.fixture
def tab(opened, page):
    found = opened(page)
    found.evaluate(f"() => {{ {TOOLS} }}")
    return found


def test_masked_rows_cannot_be_picked_and_are_not_filled(tab):
    found = tab.evaluate(
        """async () => {
          const layer = findLayer(), row = 20, at = middle(row), out = {};
          out.before = [layer.pick(at), shade(at)];
          const mask = new Uint8Array(layer.table.n).fill(1); mask[row] = 0;
          for (const ghost of [true, false]) { await styled({ mask, ghost }); out[ghost] = [layer.pick(at), shade(at)]; }
          out.neighbour = layer.pick(middle(row + 1));
          await styled({ mask: null, ghost: true });
          out.after = [layer.pick(at), shade(at)];
          return out;
        }"""
    )
    assert found["before"][0] == 20 and found["before"][1][3] > 100
    assert found["true"] == [-1, [0, 0, 0, 0]] and found["false"] == [-1, [0, 0, 0, 0]]
    assert found["neighbour"] == 21
    assert found["after"] == found["before"]


def inked(tab, **style):
    """Pixels of the canvas that are drawn at all, and the strongest of them."""
    return tab.evaluate(
        """async ([ghost, keep]) => {
          const layer = findLayer(), mask = new Uint8Array(layer.table.n).fill(keep);
          await styled({ mask, ghost });
          let count = 0, most = 0;
          Object.keys(layer._tiles).forEach(key => {
            const data = inside(layer._tiles[key].el, 0, 0, 256, 256);
            for (let k = 3; k < data.length; k += 4) if (data[k]) { count++; most = Math.max(most, data[k]); }
          });
          return [count, most];
        }""",
        [style["ghost"], style["keep"]],
    )


def test_ghosts_are_faint_outlines_and_without_them_nothing_is_drawn(tab):
    whole, strongest = inked(tab, ghost=True, keep=1)
    ghosts, faint = inked(tab, ghost=True, keep=0)
    assert inked(tab, ghost=False, keep=0) == [0, 0]
    assert 0 < ghosts < whole / 3 and faint < strongest * 0.7


@pytest.mark.parametrize("far", [4.5, 5.5])
def test_parcels_of_a_pixel_are_masked_as_well_and_plain_grey_without_data(tab, far):
    tab.evaluate(
        "far => { const m = findLayer()._map; m.setZoom(m.getZoom() - far, { animate: false }); return gisplan.painted(); }",
        far,
    )
    count, strongest = inked(tab, ghost=True, keep=1)
    ghosts, faint = inked(tab, ghost=True, keep=0)
    assert inked(tab, ghost=False, keep=0) == [0, 0]
    assert 0 < ghosts <= count and faint < strongest * 0.5
    grey = tab.evaluate(
        """async () => {
          const layer = findLayer(), n = layer.table.n, colors = ['#ff0000', '#00ff00'];
          await styled({ mask: null, codes: new Uint16Array(n).fill(1), colors, hatched: 1, alpha: 1, stroke: null });
          return shade(middle(100));
        }"""
    )
    assert grey == [0xC3, 0xC9, 0xCD, 255]
