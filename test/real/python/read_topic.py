"""Every message of a topic, as a line of JSON each: partition, offset, key, headers, and the value as it stands.
Usage: ADDRESS TOPIC [HEADERS]; with HEADERS, where values are long, the value is left out."""

import json
import sys

from kafka import KafkaConsumer, TopicPartition

address, topic, *rest = sys.argv[1:]
has_values = "HEADERS" not in rest
consumer = KafkaConsumer(bootstrap_servers=address, enable_auto_commit=False)
partitions = [TopicPartition(topic, p) for p in sorted(consumer.partitions_for_topic(topic) or [])]
consumer.assign(partitions)
consumer.seek_to_beginning(*partitions)
ends = consumer.end_offsets(partitions)
while any(consumer.position(p) < ends[p] for p in partitions):
    for records in consumer.poll(timeout_ms=1000).values():
        for r in records:
            headers = {name: value.decode() for name, value in r.headers}
            print(json.dumps({"partition": r.partition, "offset": r.offset, "key": r.key.decode(), "headers": headers, "value": r.value.decode() if has_values else ""}))
