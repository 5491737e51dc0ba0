"""Our rules of recurrence, which libical expands, beside python3-dateutil's, on random rules. The seed is printed; PULIH_SEED
repeats it."""

import datetime
import os
import random
import subprocess

from build import program
from dateutil.rrule import rrulestr

RULES = 6000
EPOCH = datetime.date(1970, 1, 1)
WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


def day(date):
    return (date - EPOCH).days


def date(day):
    return EPOCH + datetime.timedelta(days=day)


def some(random, values, most):
    return ",".join(str(value) for value in random.sample(values, random.randint(1, min(most, len(values)))))


def signed(most):
    return [*range(-most, 0), *range(1, most + 1)]


def accepted_rule(random):
    """Any rule of what services/scheduling/README.md says is accepted, but for its end."""
    frequency = random.choice(["DAILY", "WEEKLY", "MONTHLY"])
    parts = {"FREQ": frequency}
    if random.random() < 0.5:
        parts["INTERVAL"] = random.choice([1, 2, 2, 3, 4, 5, 6, 8, 12, 24, 53, 365, 366])
    if random.random() < 0.5:
        parts["WKST"] = random.choice(["MO", "SU"])
    if frequency != "MONTHLY" and random.random() < 0.7:
        parts["BYDAY"] = some(random, WEEKDAYS, 7)
    if frequency == "MONTHLY" and random.random() < 0.8:
        kind = random.choice(["BYMONTHDAY", "NUMBERED", "PLAIN", "BYSETPOS"])
        if kind == "BYMONTHDAY":
            parts["BYMONTHDAY"] = some(random, signed(28), 6)
        elif kind == "NUMBERED":
            parts["BYDAY"] = some(random, [f"{n}{name}" for n in signed(4) for name in WEEKDAYS], 5)
        else:
            parts["BYDAY"] = some(random, WEEKDAYS, 7)
        if kind == "BYSETPOS":
            parts["BYSETPOS"] = some(random, signed(4 * len(parts["BYDAY"].split(","))), 4)
    by_day = "BYDAY" in parts or "BYMONTHDAY" in parts
    if parts.get("INTERVAL", 1) == 1 and (by_day or frequency != "MONTHLY") and random.random() < 0.3:
        parts["BYMONTH"] = some(random, range(1, 13), 5)
    if frequency == "DAILY" and "BYDAY" in parts and parts.get("INTERVAL", 1) % 7 == 0:
        del parts["BYDAY"]
    return parts


def random_case(random):
    """(start, minute, from, until, rule); days."""
    parts = accepted_rule(random)
    start = day(datetime.date(random.randint(2019, 2027), 1, 1)) + random.randrange(366)
    minute = random.randrange(24 * 60)
    since = start + random.choice([-10, 0, 0, random.randrange(1500)])
    until = since + random.choice([random.randrange(80), random.randrange(1500)])
    end = random.random()
    if end < 0.3:
        parts["COUNT"] = random.choice([1, 2, 5, random.randint(1, 300)])
    elif end < 0.6:
        last = start + random.randrange(-3, 1200)
        parts["UNTIL"] = date(last).strftime("%Y%m%d") + random.choice(["T%02d%02d00" % divmod(minute, 60), "T000000", "T235959"])
    names = list(parts)
    random.shuffle(names)
    return start, minute, since, until, ";".join(f"{name}={parts[name]}" for name in names)


def expected_days(start, minute, since, until, rule):
    begin = datetime.datetime.combine(date(start), datetime.time(*divmod(minute, 60)))
    days = []
    for occurrence in rrulestr(rule, dtstart=begin):
        if day(occurrence.date()) > until:
            break
        days.append(day(occurrence.date()))
    return [day for day in days if day >= since]


def expand(cases):
    lines = "".join(" ".join(map(str, case)) + "\n" for case in cases)
    return subprocess.run([program("tests/tools/recurrence_tool")], input=lines, stdout=subprocess.PIPE, text=True,
                          timeout=120, check=True).stdout.splitlines()


def test_accepted_rules_have_the_days_that_dateutil_gives_them():
    seed = int(os.environ.get("PULIH_SEED", random.randrange(2**32)))
    print("seed", seed)
    generator = random.Random(seed)
    cases = [random_case(generator) for _ in range(RULES)]
    for case, found in zip(cases, expand(cases)):
        expected = " ".join(map(str, expected_days(*case)))
        assert found.strip() == expected, f"seed {seed}: {case}"
