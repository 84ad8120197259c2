"""The face of CKAN: its Action API at `/api/3/action`, and the DataStore's dump."""

from citycommons.web.faces.ckan.door import Ckan

__all__ = ["Ckan"]
