"""The machines, who may do what with them, what was asked of them and what was done."""

from devices.models import lookups as lookups
from devices.models.agent import Agent, EnrolmentToken
from devices.models.audit import AuditEntry
from devices.models.comment import Comment
from devices.models.device import Device, DeviceQuerySet
from devices.models.fact import FactName, InventoryFact
from devices.models.folder import Folder
from devices.models.host import HostReport, InventoryChange
from devices.models.job import Attempt, Job, JobItem, JobItemQuerySet, JobQuerySet
from devices.models.message import Message, MessageQuerySet
from devices.models.rights import Assignment
from devices.models.search import SavedSearch, SavedSearchQuerySet
from devices.models.server import Server
from devices.models.setting import Setting
from devices.models.sign_in_link import SignInLink
from devices.models.user import User

__all__ = [
    "Agent",
    "Assignment",
    "Attempt",
    "AuditEntry",
    "Comment",
    "Device",
    "DeviceQuerySet",
    "EnrolmentToken",
    "FactName",
    "Folder",
    "HostReport",
    "InventoryChange",
    "InventoryFact",
    "Job",
    "JobItem",
    "JobItemQuerySet",
    "JobQuerySet",
    "Message",
    "MessageQuerySet",
    "SavedSearch",
    "SavedSearchQuerySet",
    "Server",
    "Setting",
    "SignInLink",
    "User",
]
