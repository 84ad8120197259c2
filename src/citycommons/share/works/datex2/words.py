"""Words of DATEX II for ours; both directions of the same tables."""

from citycommons.core.works import Effect, WorksState, WorkType

NAMESPACES = {
    "d2": "http://datex2.eu/schema/3/d2Payload",
    "com": "http://datex2.eu/schema/3/common",
    "loc": "http://datex2.eu/schema/3/locationReferencing",
    "sit": "http://datex2.eu/schema/3/situation",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "cc": "urn:citycommons:works:1",
}
OWN = "{urn:citycommons:works:1}"
TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
LONGEST = 1024  # characters of a String and of a value of a MultilingualString

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
STATUS = {  # _OperatorActionStatusEnum; `coordinated` has no word of its own
    WorksState.PROPOSED: "requested",
    WorksState.COORDINATED: "requested",
    WorksState.PERMITTED: "approved",
    WorksState.ACTIVE: "implemented",
    WorksState.CLOSED: "beingTerminated",
    WorksState.CANCELLED: "rejected",
}
STATES = {
    "requested": WorksState.PROPOSED,
    "approved": WorksState.PERMITTED,
    "beingImplemented": WorksState.ACTIVE,
    "implemented": WorksState.ACTIVE,
    "terminationRequested": WorksState.ACTIVE,
    "beingTerminated": WorksState.CLOSED,
    "rejected": WorksState.CANCELLED,
}
SEVERITY = {Effect.CLOSED: "high", Effect.ONE_WAY: "medium", Effect.LANES: "medium"}

MANAGEMENT = {  # _RoadOrCarriagewayOrLaneManagementTypeEnum, and its extended value
    Effect.CLOSED: ("roadClosed", ""),
    Effect.LANES: ("laneClosures", ""),
    Effect.ONE_WAY: ("_extended", "createOneDirectionWay"),
    Effect.TURN_BAN: ("other", ""),  # said in the extension of the record
    Effect.NEW_LINK: ("newRoadworksLayout", ""),
    Effect.PARKING: ("_extended", "parkingProhibitionInOperation"),
}
EFFECTS = {
    "roadClosed": Effect.CLOSED,
    "carriagewayClosures": Effect.CLOSED,
    "overnightClosures": Effect.CLOSED,
    "intermittentShortTermClosures": Effect.CLOSED,
    "closedPermanentlyForTheWinter": Effect.CLOSED,
    "laneClosures": Effect.LANES,
    "doNotUseSpecifiedLanesOrCarriageways": Effect.LANES,
    "singleAlternateLineTraffic": Effect.LANES,
    "laneNotInOperation": Effect.LANES,
    "laneRestrictionInOperation": Effect.LANES,
    "createOneDirectionWay": Effect.ONE_WAY,
    "newRoadworksLayout": Effect.NEW_LINK,
    "parkingProhibitionInOperation": Effect.PARKING,
    "waitingProhibitionInOperation": Effect.PARKING,
}

BANDS = (  # _DelayBandEnum: up to so many minutes
    (1.0, "negligible"),
    (10.0, "upToTenMinutes"),
    (30.0, "betweenTenMinutesAndThirtyMinutes"),
    (60.0, "betweenThirtyMinutesAndOneHour"),
    (180.0, "betweenOneHourAndThreeHours"),
    (360.0, "betweenThreeHoursAndSixHours"),
)

MAINTENANCE = {  # _RoadMaintenanceTypeEnum; what it has no word for is `roadworks`
    WorkType.MAINTENANCE: "maintenanceWork",
    WorkType.MINOR_REPAIR: "repairWork",
    WorkType.ROADSIDE: "roadsideWork",
    WorkType.OVERHEAD: "overheadWorks",
    WorkType.BELOW_ROAD: "installationWork",
    WorkType.SURFACE: "resurfacingWork",
    WorkType.PAINTING: "roadMarkingWork",
}
TYPES = {word: kind for kind, word in MAINTENANCE.items()}
