"""What programs may ask of goals, as OpenAPI describes it."""

from collections.abc import Callable

from citycommons.web.openapi_shapes import JsonObject

Told = Callable[..., JsonObject]
_JSON = {"application/json": {"schema": {"type": "object"}}}


def paths(operation: Told, parameter: Told) -> JsonObject:
    """Operations by path and method; made by the functions that describe all others."""
    goal = parameter("id", "Id of a goal.", where="path", example="fewer-crashes")
    measurement = parameter("measurement", "Id of one of its measurements.", where="path")
    kept = parameter("kept", "Id of one of its appraisals.", where="path")
    told = {
        "/goals": ("goals", "Problems, objectives and where they stand.", [], ()),
        "/goals/{id}": (
            "goal",
            "One objective: question, baseline, measurements, benefits, costs, appraisal.",
            [goal],
            ("404",),
        ),
        "/goals/{id}/measurements/{measurement}": (
            "measurement",
            "One measurement, computed again now from the very versions that it read.",
            [goal, measurement],
            ("404", "503"),
        ),
        "/goals/{id}/appraisals/{kept}": (
            "appraisal",
            "One appraisal as it was kept, with its ranges and inputs.",
            [goal, kept],
            ("404",),
        ),
    }
    return {
        path: {"get": operation(id, summary, parameters, _JSON, *errors)}
        for path, (id, summary, parameters, errors) in told.items()
    }
