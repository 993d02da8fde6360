"""Kafka: consumer, producer, topics, and which installation they belong to.

The only modules that import Faust, aiokafka and kafka-python.
"""
