#!/usr/bin/env python3
"""An integrator's consumer of Onus's events: reads a topic from its beginning to its end of now, and checks
what the contract promises of it. It knows nothing of Onus but the published schemas.

usage: consumer.py BROKERS TOPIC SCHEMA_FOLDER [ACCOUNT_ID]

Prints one JSON object: {"events": n, "duplicates": n, "types": {type: n}, "subjects": n, "complaints": [...]}.
"""

import json
import pathlib
import re
import sys
import uuid

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition
from jsonschema import Draft202012Validator, FormatChecker

MAX_BYTES = 64 * 1024
REQUIRED = ["content-type", "ce_specversion", "ce_id", "ce_source", "ce_subject", "ce_type", "ce_time",
            "ce_dataschema", "ce_sequence", "ce_partitionkey"]
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
TRACEPARENT = re.compile(r"^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")


def validators(folder):
    found = {}
    for path in pathlib.Path(folder).glob("dev.onus.*.json"):
        schema = json.loads(path.read_text("utf-8"))
        Draft202012Validator.check_schema(schema)
        found[schema["$id"]] = Draft202012Validator(schema, format_checker=FormatChecker())
    return found


def records(brokers, topic):
    """Every record from the beginning to the end that the topic has now, partition by partition in order."""
    consumer = Consumer({
        "bootstrap.servers": brokers,
        "group.id": f"contract-{uuid.uuid4()}",
        "enable.auto.commit": False,
        "enable.partition.eof": True,
    })
    try:
        partitions = consumer.list_topics(topic, timeout=20).topics[topic].partitions
        consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in partitions])
        open_partitions = set(partitions)
        while open_partitions:
            message = consumer.poll(20)
            if message is None:
                raise RuntimeError(f"partitions {open_partitions} of {topic} were not read to their end")
            if message.error() is None:
                yield message
            elif message.error().code() == KafkaError._PARTITION_EOF:
                open_partitions.discard(message.partition())
            else:
                raise RuntimeError(str(message.error()))
    finally:
        consumer.close()


class Check:
    """What was seen so far, and what is wrong with it."""

    def __init__(self, schemas):
        self.schemas = schemas
        self.complaints = []
        self.first = {}
        self.last_sequence = {}
        self.last_revision = {}
        self.duplicates = 0
        self.types = {}

    def complain(self, what, why):
        if len(self.complaints) < 50:
            self.complaints.append(f"{what}: {why}")

    def take(self, message, headers):
        name = headers.get("ce_id", f"offset {message.offset()}")
        value = message.value()
        for header in REQUIRED:
            if not headers.get(header):
                self.complain(name, f"no header {header}")
        if headers.get("ce_specversion") != "1.0" or headers.get("content-type") != "application/json":
            self.complain(name, "is no CloudEvent 1.0 with JSON in binary mode")
        if not TIME.match(headers.get("ce_time", "")):
            self.complain(name, f"ce_time {headers.get('ce_time')} is no UTC time")
        if "ce_traceparent" in headers and not TRACEPARENT.match(headers["ce_traceparent"]):
            self.complain(name, f"ce_traceparent {headers['ce_traceparent']} is none")
        if message.key().decode() != headers.get("ce_partitionkey"):
            self.complain(name, "the record's key is not its partition key")
        if value is None:
            return
        if len(value) > MAX_BYTES:
            self.complain(name, f"{len(value)} bytes")
        repeat = (value, headers.get("ce_type"), headers.get("ce_time"))
        if name in self.first:
            self.duplicates += 1
            if self.first[name] != repeat:
                self.complain(name, "came twice and differs")
            return
        self.first[name] = repeat
        self.types[headers["ce_type"]] = self.types.get(headers["ce_type"], 0) + 1
        data = json.loads(value)
        validator = self.schemas.get(headers.get("ce_dataschema"))
        if validator is None:
            self.complain(name, f"nobody knows its schema {headers.get('ce_dataschema')}")
        else:
            for error in validator.iter_errors(data):
                self.complain(name, f"{error.json_path} {error.message}")
            if validator.schema["title"] != headers["ce_type"]:
                self.complain(name, "its schema is another type's")
        if headers["ce_type"].startswith("dev.onus.ticket."):
            self.ticket_event(name, headers, data)

    def ticket_event(self, name, headers, data):
        ticket = headers["ce_subject"]
        sequence = int(headers["ce_sequence"])
        expected = self.last_sequence.get(ticket, 0) + 1
        if sequence != expected:
            self.complain(name, f"sequence {sequence} follows {expected - 1}")
        self.last_sequence[ticket] = sequence
        if headers["ce_id"] != f"{ticket}-{sequence}" or data["sequence"] != sequence:
            self.complain(name, "id, sequence and data do not agree")
        if headers["ce_source"] != f"/accounts/{data['accountId']}/tickets" or data["ticketId"] != ticket:
            self.complain(name, "source, subject and data do not agree")
        if headers["ce_type"] != f"dev.onus.ticket.{data['type']}.v1":
            self.complain(name, "type and data do not agree")
        if data["type"] == "responsibility.changed":
            before = self.last_revision.get(ticket, 0)
            if data["revision"] != before + 1:
                self.complain(name, f"revision {data['revision']} follows {before}")
            self.last_revision[ticket] = data["revision"]


def main():
    brokers, topic, folder = sys.argv[1:4]
    account = sys.argv[4] if len(sys.argv) > 4 else None
    check = Check(validators(folder))
    for message in records(brokers, topic):
        headers = {name: value.decode() for name, value in message.headers() or []}
        if account is None or headers.get("ce_source", "").startswith(f"/accounts/{account}/"):
            check.take(message, headers)
    print(json.dumps({
        "events": len(check.first),
        "duplicates": check.duplicates,
        "types": check.types,
        "subjects": len(check.last_sequence),
        "complaints": check.complaints,
    }))


main()
