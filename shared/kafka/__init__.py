"""Kafka: consumer, producer, topics, and the installation that owns them.

The only modules that import Faust, aiokafka and kafka-python.
"""
