#!/usr/bin/env python3
"""Follows the tickets of an Onus account: who is responsible for each, as events tell it.

Needs `pip install confluent-kafka==2.16.1`.

  KAFKA_BROKERS=localhost:9092 ACCOUNT=<id> STATE=state.json GROUP=my-consumer python3 consumer.py

It deduplicates, keeps the order of each ticket, and goes on where it was after any restart: what it knows is
written before Kafka is told that it was read, and an event that comes again is known by its sequence.
"""

import json
import os
import re
import signal

from confluent_kafka import Consumer, KafkaException

BROKERS = os.environ.get("KAFKA_BROKERS", "localhost:9092")
TOPIC = os.environ.get("TOPIC", "onus.ticket-events.v1")
GROUP = os.environ.get("GROUP", "onus-example")
STATE = os.environ.get("STATE", "state.json")
ACCOUNT = os.environ.get("ACCOUNT")
TICKET_EVENT = re.compile(r"^dev\.onus\.ticket\..+\.v1$")


def load():
    try:
        with open(STATE, encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return {}


def save(tickets):
    """All or nothing: a process that dies while it writes leaves the file that was there."""
    with open(f"{STATE}.new", "w", encoding="utf-8") as file:
        json.dump(tickets, file)
    os.replace(f"{STATE}.new", STATE)


def handle(tickets, headers, value):
    # Ignore what you do not know: events and fields are added within a version.
    if not TICKET_EVENT.match(headers.get("ce_type", "")):
        return
    if ACCOUNT and headers["ce_source"] != f"/accounts/{ACCOUNT}/tickets":
        return
    ticket_id = headers["ce_subject"]
    sequence = int(headers["ce_sequence"])
    ticket = tickets.get(ticket_id, {"sequence": 0, "revision": 0, "departmentId": "", "agentId": None})
    if sequence <= ticket["sequence"]:
        return  # It came before.
    if sequence > ticket["sequence"] + 1:
        raise RuntimeError(f"{ticket_id}: {sequence} follows {ticket['sequence']}")
    ticket["sequence"] = sequence
    event = json.loads(value)
    if event["type"] == "responsibility.changed":
        ticket["revision"] = event["revision"]
        ticket["departmentId"] = event["to"]["departmentId"]
        ticket["agentId"] = event["to"]["agentId"]
    tickets[ticket_id] = ticket
    print(ticket_id, sequence, flush=True)


def main():
    running = True

    def stop(*_):
        nonlocal running
        running = False

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    tickets = load()
    consumer = Consumer({
        "bootstrap.servers": BROKERS,
        "group.id": GROUP,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "session.timeout.ms": 10000,
    })
    consumer.subscribe([TOPIC])
    try:
        while running:
            messages = consumer.consume(500, timeout=0.5)
            for message in messages:
                if message.error():
                    raise KafkaException(message.error())
                headers = {name: text.decode() for name, text in message.headers() or []}
                if message.value() is not None:
                    handle(tickets, headers, message.value())
            if messages:
                save(tickets)
                consumer.commit(asynchronous=False)
    finally:
        consumer.close()


main()
