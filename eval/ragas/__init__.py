"""ragas's metrics over a file of answers, with our chat model and our encoder.

ragas lives in an environment of its own (`make ragas`) and is driven as a process, `worker.py`: it asks this process
for whatever a model must say, over its pipes. Nothing here imports it.
"""
