"""Calls a service that is built on tests/tools/serve_lines.c."""

import itertools
import json
import os
import subprocess

from build import program


class Lines:
    """One instance of the service. `call` waits for its answer; `call_all` has all in flight at once."""

    def __init__(self, path, **settings):
        self.process = subprocess.Popen([program(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env={**os.environ, "ASAN_OPTIONS": "detect_leaks=1", **settings})
        self.numbers = itertools.count(1)

    def call(self, method, caller, **message):
        return self.call_all([(method, caller, message)])[0]

    def call_all(self, calls):
        """(reason, response or the field to blame) of each."""
        numbers = [next(self.numbers) for _ in calls]
        for number, (method, caller, message) in zip(numbers, calls):
            print(json.dumps({"call": number, "method": method, "user": str(caller.user), "roles": caller.roles,
                              "prison": str(caller.prison), "message": message}, default=str), file=self.process.stdin)
        self.process.stdin.flush()
        answers = {}
        for _ in calls:
            line = self.process.stdout.readline()
            assert line, "the service ended"
            answer = json.loads(line)
            answers[answer["call"]] = (answer["reason"], answer["response"] if answer["reason"] == "OK" else answer["field"])
        return [answers[number] for number in numbers]

    def finish(self):
        """Its exit status once all is answered: also the sanitizers' verdict."""
        self.process.stdin.close()
        return self.process.wait(timeout=30)
