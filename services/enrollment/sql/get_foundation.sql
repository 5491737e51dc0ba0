select name, version
from enrollment.foundation
