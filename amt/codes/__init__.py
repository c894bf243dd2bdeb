"""The codes of errors between us and a Management Engine; their sentences are the protocol's."""

from amt.codes import answering as answering  # declares its entries
from amt.codes import setting_up as setting_up
from amt.codes.reaching import NOT_SET_UP as NOT_SET_UP
