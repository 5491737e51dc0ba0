select language, sessions
from scheduling.read_calendar_feed(:token)
