"""What each role is called and does, in words; one place for all pages."""

from citycommons.core.types import Role
from citycommons.web.language import N_

ROLE_NAMES = {
    Role.READER: N_("Reader"),
    Role.DATA_OFFICER: N_("Data officer"),
    Role.DATA_MANAGER: N_("Data manager"),
    Role.DATA_PROTECTION_OFFICER: N_("Data protection officer"),
    Role.ADMINISTRATOR: N_("Administrator"),
    Role.COUNCIL: N_("Council member or auditor"),
    Role.ROADWORKS_PLANNER: N_("Road works planner"),
    Role.ROADWORKS_CONTRACTOR: N_("Road works contractor"),
    Role.ROADWORKS_COORDINATOR: N_("Road works coordinator"),
}
ROLE_DUTIES = {
    Role.READER: N_("reads internal data"),
    Role.DATA_OFFICER: N_("describes and publishes data"),
    Role.DATA_MANAGER: N_("describes, publishes and withdraws data"),
    Role.DATA_PROTECTION_OFFICER: N_("decides on personal data, reads the audit log"),
    Role.ADMINISTRATOR: N_("does everything but decide on personal data"),
    Role.COUNCIL: N_("reads goals, costs and what is proven, and the audit log; changes nothing"),
    Role.ROADWORKS_PLANNER: N_("proposes works in the road, and changes them"),
    Role.ROADWORKS_CONTRACTOR: N_("says when works in the road begin and end"),
    Role.ROADWORKS_COORDINATOR: N_("weighs works against one another, and permits them"),
}
