"""What several test folders share. Helpers beside this file are imported by their plain names: `import town`."""

import pytest
import town
from hypothesis import settings

# How long an example takes says more of what else the machine does than of the code.
settings.register_profile("gisplan", deadline=None)
settings.load_profile("gisplan")


@pytest.fixture(scope="session")
def town_result(tmp_path_factory):
    """The town, measured in the plane, so that every figure is the pencil's."""
    from gisplan.study import evaluate

    return evaluate(town.write(tmp_path_factory.mktemp("town")))


@pytest.fixture
def measured_town(tmp_path):
    """Function that writes a town with the changes it is given and measures it."""
    from gisplan.study import evaluate

    return lambda **changes: evaluate(town.write(tmp_path, **changes))
