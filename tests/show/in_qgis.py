"""Run by QGIS's own Python: open a GeoPackage, say what each layer opened with, and render one of them.

in_qgis.py FILE PICTURE LAYER: prints JSON.
"""

import json
import os
import sys

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from qgis.core import (  # type: ignore[import-not-found]
    QgsApplication,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize  # type: ignore[import-not-found]
from qgis.PyQt.QtGui import QColor  # type: ignore[import-not-found]
from qgis.PyQt.QtXml import QDomDocument  # type: ignore[import-not-found]

file, picture, wanted = sys.argv[1:]
app = QgsApplication([], False)
app.initQgis()
out = {}
for name in ("zones", "parcels"):
    layer = QgsVectorLayer(f"{file}|layername={name}", name, "ogr")
    assert layer.isValid(), name
    renderer = layer.renderer()
    own, numbers, titles = layer.listStylesInDatabase()[:3]  # this layer's come first
    numbers, titles = numbers[:own], titles[:own]
    told = {
        "renderer": renderer.type(),
        "legend": [i.label() for i in renderer.legendSymbolItems()],
        "aliases": {f.name(): layer.attributeDisplayName(k) for k, f in enumerate(layer.fields())},
        "labels": layer.labelsEnabled(),
        "styles": titles,
    }
    others = {}
    for number, title in list(zip(numbers, titles, strict=False))[:4]:
        qml, error = layer.getStyleFromDatabase(number)
        document = QDomDocument()
        document.setContent(qml)
        fine, why = layer.importNamedStyle(document)
        counts = layer.countSymbolFeatures()
        if counts is not None:
            counts.waitForFinished()
        items = layer.renderer().legendSymbolItems()
        others[title] = {
            "fine": bool(fine) and not why,
            "type": layer.renderer().type(),
            "counts": {i.label(): layer.featureCount(i.ruleKey()) for i in items},
        }
    told["others"] = others
    out[name] = told

layer = QgsVectorLayer(f"{file}|layername={wanted}", wanted, "ogr")
settings = QgsMapSettings()
settings.setLayers([layer])
settings.setBackgroundColor(QColor(255, 255, 255))
settings.setOutputSize(QSize(900, 700))
settings.setExtent(layer.extent().buffered(50))
settings.setDestinationCrs(layer.crs())
job = QgsMapRendererParallelJob(settings)
job.start()
job.waitForFinished()
job.renderedImage().save(picture)
sys.stdout.write(json.dumps(out, ensure_ascii=False) + "\n")
sys.stdout.flush()
os._exit(0)  # taking QGIS down in order crashes some of its versions
