select purpose, text_version, indonesian, english
from enrollment.consent_text
order by purpose, text_version desc
