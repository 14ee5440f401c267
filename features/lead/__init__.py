"""One lead in memory at one moment: what is known, what can be measured on its events, how it is read
from what was sent.
"""
