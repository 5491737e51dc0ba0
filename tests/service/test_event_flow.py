"""A producer and two consumers, real processes on a real database, with this test for a hub that loses batches."""

import os
import random
import subprocess
import threading
import time

import psycopg2
import pytest
from build import program
from listener import SCHEMA

EVENTS = 120


class Side:
    """event_lines. `send` and `lines` are the hub's side of it."""

    def __init__(self, kind, url, took_line=lambda line: None):
        self.process = subprocess.Popen([program("tests/tools/event_lines"), kind], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True,
                                        env={**os.environ, "PULIH_TEST_DATABASE": url})
        self.took_line = took_line
        self.thread = threading.Thread(target=self.read)
        self.thread.start()

    def read(self):
        for line in self.process.stdout:
            self.took_line(line)

    def send(self, line="\n"):
        try:
            self.process.stdin.write(line)
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # it was killed, and is about to be started again

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.thread.join()

    def finish(self):
        self.process.stdin.close()
        status = self.process.wait(timeout=30)
        self.thread.join()
        return status


class Flow:
    """The hub between them; loses every third batch to each consumer while it is `lossy`."""

    def __init__(self, postgres, database):
        self.urls = {role: postgres.url(database, f"pulih_{role}") for role in ("scheduling", "notifications")}
        self.database = psycopg2.connect(postgres.url(database))
        self.database.autocommit = True
        self.dice = random.Random(int(os.environ.get("PULIH_SEED", "1")))
        self.lossy = True
        self.consumers = [Side("consume", self.urls["notifications"]) for _ in range(2)]
        self.producer = Side("produce", self.urls["scheduling"], self.carry)

    def carry(self, line):
        for consumer in list(self.consumers):
            if not self.lossy or self.dice.randrange(3):
                consumer.send(line)

    def ask(self, text):
        with self.database.cursor() as cursor:
            cursor.execute(text)
            return cursor.fetchall()

    def write(self, open_transactions):
        """Events in overlapping transactions that commit out of order."""
        open_transactions.append(psycopg2.connect(self.urls["scheduling"]))
        for connection in self.dice.sample(open_transactions, min(2, len(open_transactions))):
            with connection.cursor() as cursor:
                cursor.execute("select event.emit('scheduling.session_changed', null, gen_random_uuid(), 1)")
        if len(open_transactions) > 4 or self.dice.randrange(2):
            connection = open_transactions.pop(self.dice.randrange(len(open_transactions)))
            connection.commit()
            connection.close()
            self.producer.send()

    def applied(self):
        return self.ask("select transaction::text, id from listener.effect order by number")

    def written(self):
        return self.ask("select transaction::text, id from event.log where producer = 'scheduling' "
                        "order by transaction, id")


@pytest.fixture
def flow(postgres, database):
    with psycopg2.connect(postgres.url(database)) as connection, connection.cursor() as cursor:
        cursor.execute(SCHEMA)
    flow = Flow(postgres, database)
    yield flow
    statuses = [side.finish() for side in [flow.producer, *flow.consumers]]
    assert statuses == [0, 0, 0]


def until(seconds, condition):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


def test_each_event_takes_effect_once_and_in_order_through_losses_and_kills(flow):
    open_transactions = []
    for number in range(EVENTS):
        flow.write(open_transactions)
        if number % 40 == 20:
            index = flow.dice.randrange(2)
            flow.consumers[index].kill()
            flow.consumers[index] = Side("consume", flow.urls["notifications"])
        if number == EVENTS // 2:
            flow.producer.kill()
            flow.producer = Side("produce", flow.urls["scheduling"], flow.carry)
    for connection in open_transactions:
        connection.commit()
        connection.close()
    flow.lossy = False
    flow.producer.send()
    until(30, lambda: len(flow.applied()) >= len(flow.written()))
    assert flow.applied() == flow.written()
    assert len(flow.applied()) > EVENTS

    # And from then on a change arrives at once.
    with psycopg2.connect(flow.urls["scheduling"]) as connection, connection.cursor() as cursor:
        cursor.execute("select event.emit('scheduling.session_changed', null, gen_random_uuid(), 1)")
    flow.producer.send()
    assert until(2, lambda: flow.applied() == flow.written())
